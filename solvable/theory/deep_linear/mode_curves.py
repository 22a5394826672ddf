r"""A mode of a deep linear network at a given time: the time of `solvable.theory.deep_linear.modes`, inverted.

The unknown is the clock tau of the logistic curve through u0, on which ``(s-u)/u`` is multiplied by ``exp(-sign(s)
tau)``: u and ``s - u`` both follow from it to relative accuracy, at the start as well as near the target. The time

    t(tau) = int_0^tau u^{-(1-2/N)} / (N |s|) dtau'

increases with it, linearly for N = 2. A root is kept in a bracket, to which Newton's steps are confined: ``t'`` changes
by orders of magnitude where the mode escapes from zero, or falls from far above the target. A first guess comes from
the asymptotics of t where it rises, a power on one side and a straight line on the other, and from the flow to
``s = 0`` where it falls.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import psi

from .modes import mode_arguments, mode_time, primitive

_LONGEST = 1400.0  # from one end of floating point to the other
_ITERATIONS = 200


def deep_scalar_mode(u0: Any, target: Any, depth: Any, t: Any) -> np.ndarray:
    """``u(t)`` of the flow ``u' = N |u|^{2-2/N} (s - u)``: the inverse of `deep_scalar_time`.

    Args:
        u0: initial product, nonzero; broadcasts with target and t.
        target: s, any sign.
        depth: N >= 2 factors.
        t: times >= 0.

    Raises:
        ValueError: u0 = 0, t < 0, a depth that is not an integer >= 2, shapes that do not broadcast, an iteration that
            does not converge.

    Source: Saxe et al., arXiv:1312.6120 (N = 2); derived in `solvable.theory.deep_linear.modes`.

    >>> np.round(deep_scalar_mode(1e-2, 1.0, 4, [0.0, 4.0, 6.0, 1e6]), 6).tolist()
    [0.01, 0.180562, 0.991985, 1.0]
    """
    N, (start, times, s) = mode_arguments(depth, u0=u0, t=t, target=target)
    if np.any(times < 0):
        raise ValueError(f"t must be >= 0, got {float(times.min()):g}")
    mirror = np.sign(start)
    start, s = mirror * start, mirror * s
    flat, power = s == 0, 2.0 - 2.0 / N
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        decayed = start * (1.0 + N * power * times * start**power) ** (-1.0 / power)
        level = np.where(flat, 1.0, s)
        curved = _logistic(start, level, _clock(start, times, level, N))[0]
    if not np.all(np.isfinite(np.where(flat, decayed, curved))):
        raise ValueError("u0 and target must have quotients within the range of floats: a value is not determined")
    return mirror * np.where(flat, decayed, curved)


def _logistic(u0: np.ndarray, s: np.ndarray, clock: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u and s - u at this time of the clock."""
    gap, turn = s - u0, -np.sign(s) * clock
    scale = s / np.where(
        gap > 0, u0 + gap * np.exp(turn), s + gap * np.expm1(turn)
    )  # two ways of the same, no difference
    u = u0 * scale
    return u, np.where(s < 0, s - u, gap * np.exp(turn) * scale)


def _clock(u0: np.ndarray, t: np.ndarray, s: np.ndarray, N: int) -> np.ndarray:
    """tau at the time t."""
    if N == 2:
        return 2.0 * np.abs(s) * t
    c, gap = 1.0 - 2.0 / N, s - u0
    low, tau, high = _bracket(u0, t, s, N)
    unsettled = np.ones(t.shape, dtype=bool)
    for _ in range(_ITERATIONS):
        tau = np.where(unsettled & ~((tau > low) & (tau < high)), np.sqrt(low) * np.sqrt(high), tau)
        u, gap_now = _logistic(u0, s, tau)
        reached = mode_time(u0, gap, u, gap_now, s, N)
        low, high = np.where(unsettled & (reached <= t), tau, low), np.where(unsettled & ~(reached <= t), tau, high)
        # Newton for log t as a function of log tau, which is nearly straight also where t is a power or exponential.
        miss = np.log(reached / t)
        better = tau * np.exp(-miss * reached * N * np.abs(s) * u**c / tau)
        # At the target u stands still wherever the root is: only near the root that says that it is found.
        still = (np.abs(miss) < 0.1) & (np.abs(np.expm1(tau - better) * gap_now / s) <= 5e-16)
        tau = np.where(unsettled, better, tau)
        unsettled &= (np.abs(reached - t) > 2e-15 * t) & ~still & (high - low > 5e-16 * high)
        if not np.any(unsettled):
            break
    if np.any(unsettled & ~(np.abs(miss) < 1e-9)):
        worst = np.unravel_index(int(np.argmax(unsettled & ~(np.abs(miss) < 1e-9))), t.shape)
        raise ValueError(
            f"t must be a time at which the mode can be resolved, got {t[worst]:g} from u0 = {u0[worst]:g}"
        )
    return np.clip(np.where(np.isnan(tau), low, tau), low, high)


def _bracket(u0: np.ndarray, t: np.ndarray, s: np.ndarray, N: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bounds of tau and a guess between them: u lies between u0 and the target, and for ``s < 0`` below the flow of
    ``s = 0``, which is the guess where u falls."""
    c, power, size = 1.0 - 2.0 / N, 2.0 - 2.0 / N, np.abs(s)
    first, last = N * size * t * u0**c, N * size * t * size**c  # tau if u stayed at u0, or at the target
    fallen = np.expm1(np.log1p(N * power * t * u0**power) / power)  # u0/u - 1 for s = 0
    low = np.where(s > 0, np.minimum(first, last), np.log1p(size / (u0 + size) * fallen))
    high = np.minimum(np.where(s > 0, np.maximum(first, last), first), _LONGEST)
    low = np.minimum(np.maximum(low, np.finfo(float).tiny), high)
    tau = np.where(u0 < s, _guess(u0, t, s, N), np.log1p(size / u0 * fallen))
    return low, np.clip(tau, low, high), high


def _guess(u0: np.ndarray, t: np.ndarray, s: np.ndarray, N: int) -> np.ndarray:
    """tau from the leading terms of the time, for u0 < s."""
    c = 1.0 - 2.0 / N
    T = N * s ** (1.0 + c) * (sum(primitive(u0, s - u0, s, N)) + t)
    late = T + 1.0 / c - psi(1.0) + psi(1.0 - c)
    return np.where(c * T < -1.0, -np.log(-c * T) / c, late) + np.log((s - u0) / u0)
