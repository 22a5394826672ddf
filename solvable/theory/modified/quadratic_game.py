r"""Two players of a quadratic game: for which step sizes they settle, exactly.

Let the first player descend and the second ascend ``V = (mu/2) phi^2 + omega phi theta - (nu/2) theta^2``, with step
sizes s_1 and s_2. A step multiplies ``(phi, theta)`` by a matrix with

    simultaneous   trace 2 - s_1 mu - s_2 nu,                    determinant (1 - s_1 mu)(1 - s_2 nu) + s_1 s_2 omega^2,
    alternating    trace 2 - s_1 mu - s_2 nu - s_1 s_2 omega^2,  determinant (1 - s_1 mu)(1 - s_2 nu),

and its eigenvalues are inside the unit circle if and only if ``det < 1`` and ``|trace| < 1 + det``. As ``1 - trace +
det = s_1 s_2 (mu nu + omega^2)``, two inequalities are left, linear in s_2 for a given s_1: the pair must not spiral
out (``det < 1``) and not flip (``-trace < 1 + det``). Without damping, ``mu = nu = 0``, simultaneous players spiral out
at any step sizes, and alternating ones stay on ellipses up to ``s_1 s_2 omega^2 = 4``.

The flow settles at any damping. What it misses is the drift (`solvable.theory.modified.games`): to its first order the
field of simultaneous players has the trace ``-s_1 mu - s_2 nu - (s_1^2 mu^2 + s_2^2 nu^2)/2 + s_1 s_2 omega^2``, and
spirals out where this is positive.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import flag, positive, positive_array, real_array


def settling_steps(
    first_step: Any, damping: Any, coupling: Any, *, alternating: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The step sizes of the second player with which both settle at the equilibrium: an open interval.

    Args:
        first_step: s_1 > 0, any shape.
        damping: ``(mu, nu)``, both >= 0.
        coupling: omega > 0.
        alternating: whether the second player answers at the first one's new point.

    Returns:
        least and largest s_2, of the shape of `first_step`; the largest may be infinite, and there is none where it is
        not above the least.

    Raises:
        ValueError: arguments outside these ranges.

    Source: derived in this module; games as of arXiv:2105.13922.

    >>> [float(end) for end in settling_steps(0.5, (0.5, 0.0), 1.0)]  # slower than the other is damped
    [0.0, 0.5]
    >>> [float(end) for end in settling_steps(0.5, (0.5, 0.0), 1.0, alternating=True)]
    [0.0, 7.0]
    """
    s, (mu, nu), omega = positive_array("first_step", first_step), _damping(damping), positive("coupling", coupling)
    kept = mu * nu + (0.0 if flag("alternating", alternating) else omega**2)
    turned = mu * nu + (-(omega**2) if alternating else omega**2)
    # Both inequalities are ``constant + slope s_2 > 0``.
    inward = s * mu, nu - s * kept
    upright = 4.0 - 2.0 * s * mu, s * turned - 2.0 * nu
    least, largest = np.zeros(s.shape), np.full(s.shape, np.inf)
    for constant, slope in (inward, upright):
        with np.errstate(divide="ignore", invalid="ignore"):
            zero = -constant / slope
        least = np.where((slope > 0) & (zero > least), zero, least)
        largest = np.where((slope < 0) & (zero < largest), zero, largest)
        largest = np.where((slope == 0) & (constant <= 0), 0.0, largest)
    return least, largest


def settling_steps_of_drift(first_step: Any, damping: Any, coupling: Any) -> np.ndarray:
    """What the first-order drift makes of the largest s_2 with which simultaneous players settle.

    Args:
        first_step, damping, coupling: as of `settling_steps`.

    Returns:
        the smallest s_2 at which the two-term modified field has trace zero; infinite where there is none.

    Raises:
        ValueError: as of `settling_steps`.

    Source: derived in this module from the drift of Rosca et al., arXiv:2105.13922.

    >>> float(settling_steps_of_drift(0.5, (0.5, 0.0), 1.0))
    0.5625
    """
    s, (mu, nu), omega = positive_array("first_step", first_step), _damping(damping), positive("coupling", coupling)
    constant, slope = s * mu + (s * mu) ** 2 / 2, s * omega**2 - nu  # of constant - slope s_2 + nu^2/2 s_2^2
    with np.errstate(divide="ignore", invalid="ignore"):
        root = 2 * constant / (slope + np.sqrt(slope**2 - 2 * nu**2 * constant))
    return np.where((slope > 0) & np.isfinite(root), root, np.inf)


def _damping(damping: Any) -> tuple[float, float]:
    pair = real_array("damping", damping, ndim=1)
    if pair.shape != (2,) or not np.all(pair >= 0):
        raise ValueError(f"damping must be two numbers >= 0, one a player, got {pair.tolist()}")
    return float(pair[0]), float(pair[1])
