r"""Completing a 2 x 2 matrix whose norm must diverge: no norm is minimized.

Observe ``W_12 = W_21 = 1`` and ``W_22 = 0`` of ``W = W_N ... W_1``; ``W_11`` is free. Let ``l = (1/2) sum r^2`` over
the three entries, ``L = l/3`` the loss of the models: the flow of L takes three times as long as that of l. All times
here are those of L. Balanced flow keeps the sign of det W. If it is positive, ``W_11 W_22 > W_12 W_21``, and with ``e =
sqrt(2 l) < 1``

    |W_11| >= (1 - e)^2/e = 1/e - 2 + e:

fitting drives the free entry to infinity, and with it every norm, although completions of small norm exist.

**Growth.** Far out W is nearly of rank one, ``(x, w; w, w^2/x)``, and the loss left at ``x = W_11`` is ``l = 1/(2
x^2)``. Along the top singular direction ``x' = -N x^{2-2/N} dl/dx / 3``, so that

    x' = (N/3) x^{-1-2/N},      x -> ( 2 (N+1) t/3 )^{N/(2(N+1))},      L -> 1/(6 x^2).

**Two layers, positive definite W.** ``3 W' = -(G W + W G)`` with ``G = (0, r; r, v)``, ``r = W_12 - 1``, ``v = W_22``,
is closed in r, log v and log det:

    3 (log det)' = -2 v,     3 (log v)' = -2 (r w/v + v),     3 r' = -(r (v + x) + v w),
    w = 1 + r,     x = (det + w^2)/v.

det sinks like ``exp(-2 int v/3)``, below the rounding of W itself, and a simulation of W or of its factors crosses to
det < 0 and converges. Its logarithm does not.

**Determinant.** The second singular value ``s = det/x`` obeys ``s' = -(N/3) s^{2-2/N}/x``. Along the growth law
``int dt/x = t/((1-g) x)``, ``g = N/(2(N+1))``, so that

    log det -> -(t^2/2)^{1/3} (N = 2),      det -> x ( (N-2) t / (3 (1-g) x) )^{-N/(N-2)} (N > 2):

a stretched exponential for two layers, the powers ``t^{-3/2}, t^{-4/5}`` for three and four.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

from ...common.checks import integer, positive_array, real_array
from ..deep_linear.end_to_end import instants


class CompletionPath(NamedTuple):
    """Shapes ``(T,)`` each: the entries of W, ``log det W``, and ``L = [2 (W_12 - 1)^2 + W_22^2]/6``."""

    w11: np.ndarray
    w12: np.ndarray
    w22: np.ndarray
    log_det: np.ndarray
    loss: np.ndarray


def completion_growth(depth: Any, t: Any) -> np.ndarray:
    """The law ``(2 (N+1) t/3)^{N/(2(N+1))}`` that ``W_11`` follows for large t.

    Args:
        depth: N >= 2.
        t: times > 0, any shape.

    Raises:
        ValueError: t <= 0, a depth that is not an integer >= 2.

    Source: divergence: Razin and Cohen, arXiv:2005.06398; the law is derived in this module.

    >>> round(float(completion_growth(2, 3e5)), 4)
    84.3433
    """
    N, times = integer("depth", depth, minimum=2), positive_array("t", t)
    return (2.0 * (N + 1) * times / 3.0) ** (N / (2.0 * (N + 1)))


def completion_bound(loss: Any) -> np.ndarray:
    """``1/e - 2 + e`` with ``e = sqrt(6 L)``: what ``|W_11|`` cannot be below where det W > 0; 0 from ``L = 1/6`` on.

    Args:
        loss: L > 0, any shape.

    Raises:
        ValueError: L <= 0.

    Source: Razin and Cohen, arXiv:2005.06398 (theorem number unverified); derived in this module.

    >>> completion_bound([1 / 600, 0.5]).round(12).tolist()
    [8.1, 0.0]
    """
    e = np.sqrt(6.0 * positive_array("loss", loss))
    return np.where(e < 1.0, (1.0 - e) ** 2 / e, 0.0)


def completion_log_det(depth: Any, t: Any) -> np.ndarray:
    """The law that ``log det W`` follows for large t: a power of t for two layers, the logarithm of one for more.

    Args:
        depth: N >= 2.
        t: times > 0, any shape.

    Raises:
        ValueError: as for `completion_growth`.

    Source: derived in this module.

    >>> completion_log_det(2, [2e3, 2e6]).round(2).tolist(), round(float(np.exp(completion_log_det(4, 3e5))), 6)
    ([-125.99, -12599.21], 0.000143)
    """
    N, times = integer("depth", depth, minimum=2), positive_array("t", t)
    if N == 2:
        return -np.cbrt(times * times / 2.0)
    x, share = completion_growth(N, times), 1.0 - N / (2.0 * (N + 1))
    return np.log(x) - N / (N - 2.0) * np.log((N - 2.0) * times / (3.0 * share * x))


def completion_flow(W0: Any, t: Any) -> CompletionPath:
    """The flow of two balanced layers, or of ``U V^T`` from U = V, from a positive definite product.

    ``U U^T`` with symmetrized measurements follows the same path twice as fast.

    Args:
        W0: the product at time 0, symmetric positive definite, shape ``(2, 2)``.
        t: times >= 0, not falling, shape ``(T,)``.

    Raises:
        ValueError: a start that is not symmetric positive definite, falling times, or an integration that fails.

    Source: derived in this module.

    >>> path = completion_flow([[1.0, 0.0], [0.0, 1.0]], [0.0, 3e3])
    >>> path.w11.round(4).tolist(), path.log_det.round(1).tolist()
    ([1.0, 17.9257], [0.0, -167.5])
    """
    W, t = real_array("W0", W0, ndim=2), instants(t)
    if W.shape != (2, 2) or W[0, 1] != W[1, 0] or not (W[1, 1] > 0 and W[0, 0] * W[1, 1] > W[0, 1] ** 2):
        raise ValueError(f"W0 must be symmetric positive definite of shape (2, 2), got {W.tolist()}")
    start = np.array([W[0, 1] - 1.0, np.log(W[1, 1]), np.log(W[0, 0] * W[1, 1] - W[0, 1] ** 2)])
    states = np.tile(start[:, None], (1, t.size))
    if t[-1] > 0:
        at, where = np.unique(t, return_inverse=True)
        try:
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                done = solve_ivp(
                    _velocity, (0.0, t[-1]), start, t_eval=at, method="Radau", jac=_jacobian, rtol=1e-11, atol=1e-13
                )
        except (ValueError, np.linalg.LinAlgError, FloatingPointError) as error:
            raise ValueError(
                f"W0 must not be so nearly singular that the integration fails, got {W.tolist()}: {error}"
            ) from None
        if not done.success:
            raise ValueError(f"t must end before the integration fails: {done.message}")
        states = done.y[:, where]
    r, v = states[0], np.exp(states[1])
    w = 1.0 + r
    return CompletionPath((np.exp(states[2]) + w * w) / v, w, v, states[2], (2.0 * r * r + v * v) / 6.0)


def _velocity(_: float, state: np.ndarray) -> np.ndarray:
    r, v = state[0], np.exp(state[1])
    w = 1.0 + r
    x = (np.exp(state[2]) + w * w) / v
    return np.array([-(r * (v + x) + v * w), -2.0 * (r * w / v + v), -2.0 * v]) / 3.0


def _jacobian(_: float, state: np.ndarray) -> np.ndarray:
    r, v = state[0], np.exp(state[1])
    w, share = 1.0 + r, np.exp(state[2]) / v
    x = share + w * w / v
    rows = [
        [-(2.0 * v + x + 2.0 * r * w / v), -(r * (v - x) + v * w), -r * share],
        [-2.0 * (w + r) / v, 2.0 * (r * w / v - v), 0.0],
        [0.0, -2.0 * v, 0.0],
    ]
    return np.array(rows) / 3.0
