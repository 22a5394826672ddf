r"""Gradient flow on ``L = (T - x y)^2 / 2``, in closed form.

With ``p = x + y`` and ``m = x - y`` the flow ``x' = (T - x y) y, y' = (T - x y) x`` becomes

    p' = (T - x y) p,       m' = -(T - x y) m,       x y = (p^2 - m^2)/4,

so that ``p m = x^2 - y^2 = Q`` is conserved and neither p nor m changes sign. ``P = p^2`` obeys the Riccati
equation ``P' = 2 T P - P^2/2 + Q^2/2``. Substituting ``P = 2 f'/f`` linearizes it,
``f'' = 2 T f' + Q^2 f/4``, with exponents ``T +- R/2``, ``R = sqrt(4 T^2 + Q^2)``. With ``e = exp(-R t)`` and
``P0 = p0^2, M0 = m0^2`` the result is

    p(t) = p0 sqrt(N/D),      m(t) = m0 sqrt(D/N),
    N = (R + 2T) + (R - 2T) e + M0 (1 - e),        D = (R - 2T) + (R + 2T) e + P0 (1 - e).

All terms are >= 0; of ``R + 2T`` and ``R - 2T`` the smaller one is computed as ``Q^2`` over the larger. For
``T = Q = 0`` divide by R first: ``N = 2 + M0 t``, ``D = 2 + P0 t``. The manifold p = 0 (for T > 0) is the
stable manifold of the saddle at the origin; there p stays exactly 0.

The product ``u = x y`` alone obeys ``u' = sqrt(Q^2 + 4 u^2) (T - u)``: from u_0 to u it takes the time

    t = ( A(u) - A(u_0) )/R,      A(u) = asinh( (Q^2 + 4 T u)/(2 |Q| |T - u|) ),

which stays bounded as ``u_0 -> 0``: without balance there is no saddle to leave.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import broadcast, real_array


def scalar_flow(x0: Any, y0: Any, t: Any, target: Any = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """``(x(t), y(t))`` of the gradient flow of ``(target - x y)^2 / 2``.

    Args:
        x0, y0: initial parameters.
        t: times >= 0.
        target: T, any sign. All arguments broadcast.

    Returns:
        x and y, each of the broadcast shape.

    Raises:
        ValueError: shapes that do not broadcast, non-finite entries, t < 0.

    Source: classical (the scalar case of Saxe et al., arXiv:1312.6120); derived in this module.

    >>> x, y = scalar_flow(0.1, 0.2, 50.0, target=1.0)
    >>> round(float(x * y), 12), round(float(x**2 - y**2), 12)
    (1.0, -0.03)
    """
    given = {"x0": x0, "y0": y0, "t": t, "target": target}
    values = {name: real_array(name, value) for name, value in given.items()}
    if np.any(values["t"] < 0):
        raise ValueError(f"t must be >= 0, got {float(values['t'].min()):g}")
    x, y, times, T = broadcast(**values)
    p, m = x + y, x - y
    Q = p * m
    R = np.hypot(2.0 * T, Q)
    larger = R + 2.0 * np.abs(T)
    smaller = np.divide(Q * Q, larger, out=np.zeros_like(R), where=larger > 0)
    plus, minus = np.where(T >= 0, larger, smaller), np.where(T >= 0, smaller, larger)
    with np.errstate(under="ignore"):
        e = np.exp(-R * times)
        rise = -np.expm1(-R * times)
    flat = R == 0
    N = np.where(flat, 2.0 + m * m * times, plus + minus * e + m * m * rise)
    D = np.where(flat, 2.0 + p * p * times, minus + plus * e + p * p * rise)
    N, D = np.sqrt(N), np.sqrt(D)  # before dividing: one of them may be near the end of floating point
    p_now = np.where(p == 0, 0.0, p * np.divide(N, D, out=np.ones_like(N), where=D > 0))
    m_now = np.where(m == 0, 0.0, m * np.divide(D, N, out=np.ones_like(N), where=N > 0))
    return (p_now + m_now) / 2.0, (p_now - m_now) / 2.0


def scalar_time(u0: Any, u: Any, imbalance: Any, target: Any = 1.0) -> np.ndarray:
    """Time that the product ``x y`` takes from u0 to u along the flow of ``(target - x y)^2 / 2``.

    Args:
        u0, u: products, both on one side of the target; any sign.
        imbalance: ``Q = x^2 - y^2``, not zero (`deep_scalar_time` of depth 2 is the balanced case).
        target: T, any sign. All arguments broadcast.

    Returns:
        times, of the broadcast shape: infinite at the target, negative where u lies behind u0.

    Raises:
        ValueError: Q = 0, products on different sides of the target, shapes that do not broadcast, non-finite entries.

    Source: classical (the unbalanced scalar case of Saxe et al., arXiv:1312.6120); derived in this module.

    >>> x, y = scalar_flow(0.5, 0.0, 2.0)
    >>> round(float(scalar_time(0.0, x * y, 0.25)), 12)
    2.0
    """
    given = {"u0": u0, "u": u, "imbalance": imbalance, "target": target}
    start, end, Q, T = broadcast(**{name: real_array(name, value) for name, value in given.items()})
    if np.any(Q == 0):
        raise ValueError("imbalance must be nonzero, got 0: the balanced case is deep_scalar_time with depth 2")
    if np.any((T - start) * (T - end) < 0) or np.any((start == T) & (end != T)):
        raise ValueError("u0 and u must lie on the same side of target: the flow does not cross it")
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        later, earlier = (np.arcsinh((Q * Q + 4.0 * T * w) / (2.0 * np.abs(Q) * np.abs(T - w))) for w in (end, start))
        return np.where(start == end, 0.0, (later - earlier) / np.hypot(2.0 * T, Q))
