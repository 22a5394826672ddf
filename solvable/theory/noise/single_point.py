r"""Where label noise leaves a two-layer network that fits one point.

``f = sum_j c_j phi(w_j . x)`` with both layers trained, ``X = |x|^2``, ``a_j = phi(w_j . x)``. On ``f = y`` label noise
descends ``R = |grad f|^2 = sum_j ( a_j^2 + X c_j^2 phi'^2 )``. Let neuron j carry the share ``c_j a_j`` of y, and put
``P_j = sqrt(X) |c_j a_j|``. For a given share R is least at one (c, a) up to signs, which leaves a problem in the
shares: ``sum F(P_j)`` is to be stationary with ``sum P_j = sqrt(X) |y|``.

**tanh.** ``c^2 = a^2 / (X (1 - a^4))``, ``a^2 = P / sqrt(1 + P^2)``, ``F = 2 a^2/(1 + a^2) = 2 P (sqrt(1 + P^2) - P)``.
F is concave on P > 0. Stationary points have k equally active neurons (the same multiplier means the same P), the
others at (0, 0), where R grows linearly with the share and faster than ``F'``. So every k >= 2 is a saddle with k - 1
descending directions, and the minimum is one active neuron.

**sigmoid.** ``c^2 = 1 / (X a (1 - a))``, ``a = P^2 / (1 + P^2) = F``: convex for ``P < 1/sqrt 3`` and concave beyond.
All shares have the sign of y. ``F' = 2 P/(1 + P^2)^2`` takes a value at most twice, so that there are at most two types
of neurons, one with ``a <= 1/4`` and one with ``a >= 1/4``. On ``sum dP_j = 0`` the form ``sum F''_j dP_j^2`` has as
many negative directions as there are large neurons, one less if ``sum 1/F''_j < 0``. So a minimum has at most one large
neuron; a wide network, ``sqrt(X) |y| / m < 1/sqrt 3``, can spread y evenly, where tanh concentrates it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from ...common.checks import choice, integer, positive, real

_TURN = 1.0 / np.sqrt(3.0)


class SinglePointState(NamedTuple):
    """A stationary point of R on ``f = y``, up to the order of the neurons.

    Attributes:
        outer: c_j, shape ``(width,)``; the large or active neurons first.
        hidden: a_j, shape ``(width,)``.
        regularizer: R.
        large: how many neurons are active (tanh) or have ``a > 1/4`` (sigmoid).
        unstable: the number of descending directions along ``f = y``; 0 for a local minimum.
    """

    outer: np.ndarray
    hidden: np.ndarray
    regularizer: float
    large: int
    unstable: int


def single_point_stationary(
    squared_norm: Any, target: Any, width: Any, activation: str = "tanh"
) -> list[SinglePointState]:
    """All stationary points of the limiting flow of label noise on one point, from the least regularizer up.

    Args:
        squared_norm: ``|x|^2`` > 0.
        target: y, nonzero.
        width: number of neurons m >= 1.
        activation: ``"tanh"`` or ``"sigmoid"``.

    Raises:
        ValueError: arguments outside these ranges.

    Source: Blanc et al., arXiv:1904.09080 (one point, few types of neurons); the list and the unstable directions are
        derived in this module.

    >>> [(s.large, s.unstable, round(s.regularizer, 6)) for s in single_point_stationary(1.0, 0.9, 3)]
    [(1, 0, 0.801652), (2, 1, 1.163854), (3, 2, 1.339255)]
    >>> [(s.large, s.unstable, round(s.regularizer, 6)) for s in single_point_stationary(1.0, 0.9, 3, "sigmoid")]
    [(0, 0, 0.247706)]
    """
    X, y = positive("squared_norm", squared_norm), real("target", target)
    m, total = integer("width", width, minimum=1), np.sqrt(X) * abs(y)
    choice("activation", activation, ("tanh", "sigmoid"))
    if y == 0:
        raise ValueError("target must be nonzero, got 0")
    if activation == "tanh":
        states = [_tanh(X, y, np.repeat([total / k, 0.0], [k, m - k])) for k in range(1, m + 1)]
    else:
        states = [_sigmoid(X, y, np.repeat([large, small], [k, m - k])) for k, large, small in _types(total, m)]
    return sorted(states, key=lambda state: state.regularizer)


def _tanh(X: float, y: float, P: np.ndarray) -> SinglePointState:
    k, square = int(np.sum(P > 0)), P / np.hypot(1.0, P)
    a = np.sqrt(square)
    # P = sqrt(X) c a, which is exact where 1 - a^4 cancels.
    c = np.sign(y) * np.divide(P, np.sqrt(X) * a, out=np.zeros_like(P), where=a > 0)
    return SinglePointState(c, a, float(np.sum(2.0 * square / (1.0 + square))), k, k - 1)


def _sigmoid(X: float, y: float, P: np.ndarray) -> SinglePointState:
    a = P**2 / (1.0 + P**2)
    c, large = np.sign(y) * P / (np.sqrt(X) * a), int(np.sum(P > _TURN))
    bend = 2.0 * (1.0 - 3.0 * P**2) / (1.0 + P**2) ** 3
    return SinglePointState(c, a, float(np.sum(a)), large, large - int(np.sum(1.0 / bend) < 0))


def _types(total: float, m: int) -> list[tuple[int, float, float]]:
    """Number of large neurons and the two shares, for all stationary points of the sigmoid."""
    even = total / m
    found = [(m, even, even) if even > _TURN else (0, even, even)]

    def surplus(small: float, k: int) -> float:
        return k * _partner(small) + (m - k) * small - total

    for k in range(1, m):
        # As P of the small ones grows, the sum falls from infinity and, for k < m/2, rises again to even shares.
        turn = _TURN
        if 2 * k < m:
            turn = float(minimize_scalar(surplus, bounds=(0.0, _TURN), args=(k,), method="bounded").x)
        if surplus(turn, k) < 0.0:
            low = turn / 2.0
            while surplus(low, k) < 0.0:
                low /= 2.0
            ends = [(low, turn)] + ([(turn, _TURN)] if surplus(_TURN, k) > 0.0 else [])
            roots = [brentq(surplus, *interval, args=(k,), xtol=1e-300) for interval in ends]
            found += [(k, _partner(small), small) for small in roots]
    return found


def _partner(small: float) -> float:
    """The P >= 1/sqrt 3 with the same ``F'/2 = P / (1 + P^2)^2``."""
    value = small / (1.0 + small**2) ** 2
    high = max(value ** (-1.0 / 3.0), _TURN)
    if not value < _TURN / (1.0 + _TURN**2) ** 2:
        return _TURN
    return float(brentq(lambda P: P / (1.0 + P * P) ** 2 - value, _TURN, high, xtol=1e-15, rtol=1e-15))
