r"""One mode of a deep linear network: the product of ``N = depth`` equal factors, in time.

If every layer carries the factor ``u^{1/N}`` of a mode of strength s, gradient flow on ``(u - s)^2 / 2`` reads

    u' = N |u|^{2-2/N} (s - u).

u keeps its sign, and ``(u, s) -> (-u, -s)`` is a symmetry: let ``u > 0``. With ``c = 1 - 2/N, p = 1 + c, b = 1 - c``
and ``x = u/|s|`` the time between two values is ``t = [T(x_1) - T(x_0)] / (N |s|^p)``, where by partial fractions, with
``Phi(b, x) = 2F1(1, b; 1+b; x)/b = sum_k x^k/(k+b)`` and ``sigma = sign s``,

    x < 2/3 (x < 1 if s < 0):   T = -sigma x^{-c}/c + x^b Phi(b, sigma x) - [s < 0] pi/sin(pi c),
    x > 2   (x > 1 if s < 0):   T = x^{-p} Phi(p, sigma/x) - [s > 0] pi cot(pi c),
    between, s > 0:             T = -log|z| - sum_{k>0} binom(c, k) z^k/k - 1/c - gamma - psi(b),    z = (s-u)/u,

so that no precision is lost near the target if ``s - u`` is exact, as it is for two floats nearby. For s = 0, ``T =
u^{-p}/p``; for N = 2, ``T = -sigma log|z|``, the logistic curve. Two values so near that T would cancel are joined by
Gauss quadrature of ``du / (N u^p (s-u))``.

**Escape.** From ``u_0 << s`` the first term rules: u leaves zero at ``t = u_0^{-(1-2/N)} / ((N-2) s)``, at N = 2 at
``log(s/u_0) / (2 s)``: a power of the initial scale instead of its logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import binom, hyp2f1, psi

from ...common.checks import broadcast, integer, real_array

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_TERMS = np.arange(1, 56)  # of a power series at 1/2


def deep_scalar_time(u0: Any, u: Any, target: Any, depth: Any) -> np.ndarray:
    """Time that the flow ``u' = N |u|^{2-2/N} (s - u)`` takes from u0 to u.

    Args:
        u0, u: products, of one sign, both on one side of the target; broadcast with it.
        target: s, any sign.
        depth: N >= 2 factors.

    Returns:
        times, of the broadcast shape: infinite at the target, negative where u lies behind u0.

    Raises:
        ValueError: values of different sign or zero, or on different sides of the target; a depth that is not an
        integer
            >= 2; shapes that do not broadcast.

    Source: Saxe et al., arXiv:1312.6120 (N = 2); derived in this module.

    >>> times = deep_scalar_time(1e-8, [0.5, 1.0], 1.0, 4)
    >>> round(float(times[0]), 4), float(times[1])
    (4999.7335, inf)
    """
    N, (start, end, s) = mode_arguments(depth, u0=u0, u=u, target=target)
    mirror = np.sign(start)
    start, end, s = mirror * start, mirror * end, mirror * s
    if np.any(end <= 0):
        raise ValueError("u0 and u must have the same sign and be nonzero: the flow does not cross zero")
    if np.any(np.sign(s - start) * np.sign(s - end) < 0) or np.any((start == s) & (end != s)):
        raise ValueError("u0 and u must lie on the same side of target: the flow does not cross it")
    times = mode_time(start, s - start, end, s - end, s, N)
    if np.any(np.isnan(times)):
        raise ValueError("u0, u and target must have quotients within the range of floats: a time is not determined")
    return times


def escape_time(u0: Any, target: Any, depth: Any) -> np.ndarray:
    """The leading law, for small u0, of the time at which a mode leaves zero.

    Args:
        u0: initial product, of the sign of the target and smaller.
        target: s; broadcasts with u0.
        depth: N >= 2.

    Raises:
        ValueError: a start that is not between zero and the target; as for `deep_scalar_time`.

    Source: derived in `solvable.theory.deep_linear.modes`.

    >>> float(escape_time(1e-8, 1.0, 4)), round(float(escape_time(1e-8, 1.0, 2)), 4)
    (5000.0, 9.2103)
    """
    N, (start, s) = mode_arguments(depth, u0=u0, target=target)
    x = np.divide(start, s, out=np.zeros_like(s), where=s != 0)
    if not np.all((x > 0) & (x < 1)):
        raise ValueError("u0 must lie strictly between 0 and target: from elsewhere there is nothing to escape from")
    if N == 2:
        return -np.log(x) / (2.0 * np.abs(s))
    return np.abs(start) ** (2.0 / N - 1.0) / ((N - 2.0) * np.abs(s))


def mode_arguments(depth: Any, **values: Any) -> tuple[int, tuple[np.ndarray, ...]]:
    N = integer("depth", depth, minimum=2)
    arrays = {name: real_array(name, value) for name, value in values.items()}
    if np.any(arrays["u0"] == 0):
        raise ValueError("u0 must be nonzero, got 0: the flow stays there")
    return N, broadcast(**arrays)


def mode_time(u0: np.ndarray, gap0: np.ndarray, u1: np.ndarray, gap1: np.ndarray, s: np.ndarray, N: int) -> np.ndarray:
    """From u0 to u1, both > 0, with ``gap = s - u`` given to relative accuracy."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        near = (np.abs(np.log(u1 / u0)) < 0.5) & ((np.abs(np.log(gap1 / gap0)) < 0.5) | (u0 == u1))
        power = 2.0 - 2.0 / N
        (later, shift1), (earlier, shift0) = primitive(u1, gap1, s, N), primitive(u0, gap0, s, N)
        far = (later - earlier) + (shift1 - shift0)
        step = u1 - u0
        share = (_NODES + 1.0) / 2.0 * step[..., None]
        inside = N * (u0[..., None] + share) ** power * (gap0[..., None] - share)
        close = step * np.sum(np.where(step[..., None] == 0, 0.0, _WEIGHTS / 2.0 / inside), axis=-1)
    return np.where(near, close, far)


def primitive(u: np.ndarray, gap: np.ndarray, s: np.ndarray, N: int) -> tuple[np.ndarray, np.ndarray]:
    """``T / (N |s|^p)``, the constant of its branch apart: added, it would drown what varies far from the target."""
    c = 1.0 - 2.0 / N
    p, b, size, sign = 1.0 + c, 1.0 - c, np.abs(s), np.sign(s)
    z, x = gap / u, u / size
    if N == 2:
        logarithm = np.where(2.0 * size < u, np.log1p(-s / u), np.log(np.abs(z)))
        return np.where(s == 0, 1.0 / (2.0 * u), -logarithm / (2.0 * s)), np.zeros_like(x)
    center = np.clip(z, -0.5, 0.5)
    middle = -np.log(np.abs(z)) - np.polyval(np.append((binom(c, _TERMS) / _TERMS)[::-1], 0.0), center)
    small, large = np.minimum(x, 1.0), np.maximum(x, 1.0)
    early = -sign * x**-c / c + small**b * _lerch(b, sign * small)
    late = x**-p * _lerch(p, sign / large)
    branches = [(s > 0) & (np.abs(z) <= 0.5), x < 1]
    T = np.select(branches, [middle, early], late)
    shifts = [np.asarray(-1.0 / c + psi(1.0) - psi(b)), np.where(s < 0, -np.pi / np.sin(np.pi * c), 0.0)]
    shift = np.select(branches, shifts, np.where(s > 0, -np.pi / np.tan(np.pi * c), 0.0))
    return np.where(s == 0, u**-p / (p * N), T / (N * size**p)), np.where(s == 0, 0.0, shift / (N * size**p))


def _lerch(b: float, x: np.ndarray) -> np.ndarray:
    return hyp2f1(1.0, b, 1.0 + b, np.where(x == 1.0, 0.0, x)) / b
