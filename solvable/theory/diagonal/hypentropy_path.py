r"""The minima of the hyperbolic entropy along a sweep of scales, as analytic functions of ``s = log a``.

Without a shift and with one scale for all coordinates, ``beta = 2 a sinh xi`` and ``w = 2 a cosh xi``, ``xi = X^T nu``,
are functions of s with

    beta' = beta + w xi',        w' = w + beta xi',        X beta = y .

Power series in ``t = s / h`` follow order by order. With ``beta = sum_k beta_k t^k``, and so on,

    k beta_k = h beta_(k-1) + sum_{i=1..k} i xi_i w_(k-i),      and      X beta_k = 0  for k > 0

is a linear equation for ``xi_k = X^T nu_k``. Its matrix is ``X diag(w_0) X^T`` for every k, that of Newton's method;
``nu_1`` is the tangent of the path, and each further order costs a product of a matrix and a vector.

A sweep is solved at the even integers around each s (h = 2). The polynomial that has the first K coefficients of nu at
both of them,

    sum_k  h_k(t) nu_k(left) + (-1)^k h_k(1 - t) nu_k(right),      h_k(t) = (1-t)^K t^k sum_{i < K-k} C(K+i-1, i) t^i,

errs in between by about ``(h / 2r)^(2K)``, r the distance of the nearest singularity in the complex plane (1.6 or more
where it was measured). So a sweep costs little more than its corners, whatever the number of scales.
"""

from __future__ import annotations

from math import comb

import numpy as np

from .hypentropy_newton import from_interpolant, from_multipliers, gram, inverses, primal, times
from .hyperbolic import scaled_cosh

SPACING, TERMS = 2.0, 20
ORDERS = np.arange(TERMS)
CHOICES = np.array([comb(TERMS + i - 1, i) for i in ORDERS], dtype=float)
RESIDUAL, DISTANCE = 1e-12, 1e-11
"""A member with a larger residual, relative to y, or whose xi seems to be further off, takes Newton steps."""


@np.errstate(all="ignore")
def swept(X: np.ndarray, y: np.ndarray, scales: np.ndarray, interpolant: np.ndarray) -> np.ndarray:
    """The points ``(R, d)`` at scalar `scales` ``(R,)``, each a logarithm; `interpolant` is where Newton begins."""
    order = np.argsort(scales)
    scales, below = scales[order], np.floor(scales[order] / SPACING)
    corners = np.unique(np.concatenate([below, below + 1]))  # so that the right neighbor of a corner is the next
    full = np.broadcast_to(SPACING * corners[:, None], (corners.size, X.shape[1]))
    series, change = _expanded(X, y, full, from_interpolant(X, y, full, np.zeros(full.shape), interpolant))
    blend = _blend(scales / SPACING - below)
    full = np.broadcast_to(scales[:, None], (scales.size, X.shape[1]))
    first = np.searchsorted(below, corners)
    intervals = [(k, slice(*first[k : k + 2])) for k in range(corners.size - 1)]
    nu, off = np.empty((scales.size, y.size)), np.empty(full.shape)
    for k, members in intervals:
        nu[members] = times(series[k : k + 2].reshape(-1, y.size).T, blend[members])
    point = primal(full, times(X.T, nu))
    miss = y - times(X, point)
    for k, members in intervals:
        off[members] = times(change[k].T, miss[members])
    near = (np.abs(miss).max(axis=1) <= RESIDUAL * np.abs(y).max()) & (np.abs(off).max(axis=1) <= DISTANCE)
    if not near.all():
        full = full[~near]
        point[~near] = primal(full, times(X.T, from_multipliers(X, y, full, nu[~near])))
    found = np.empty_like(point)
    found[order] = point
    return found


def _expanded(X: np.ndarray, y: np.ndarray, log_a: np.ndarray, nu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients ``(R, TERMS, n)`` of nu, and the matrices ``(R, n, d)`` from a residual to a change of xi."""
    xi = times(X.T, nu)
    series, rate = np.empty((nu.shape[0], TERMS, nu.shape[1])), np.empty((TERMS, *xi.shape))  # rate[k] is k xi_k
    pair = np.empty((TERMS, 2, *xi.shape))  # beta_k and w_k
    swapped = pair[:, ::-1]
    pair[0] = primal(log_a, xi), scaled_cosh(log_a, xi)
    inverse = inverses(gram(X, pair[0, 1]))
    change = inverse @ X
    series[:, 0] = nu + times(inverse, y - times(X, pair[0, 0]))  # a last Newton step, at no cost
    for k in range(1, TERMS):
        lower = SPACING * pair[k - 1] + np.einsum("krd,kprd->prd", rate[1:k], swapped[k - 1 : 0 : -1])
        slope = -times(change, lower[0])
        rate[k] = times(X.T, slope)
        pair[k] = (lower + rate[k] * swapped[0]) / k
        series[:, k] = slope / k
    return series, change


def _blend(t: np.ndarray) -> np.ndarray:
    """``h_k(t)``, then ``(-1)^k h_k(1 - t)``, ``(R, 2 TERMS)``, for t in [0, 1)."""
    sides = np.stack([t, 1 - t])[..., None]
    powers = sides**ORDERS
    shares = np.cumsum(CHOICES * powers, axis=-1)[..., ::-1] * powers * (1 - sides) ** TERMS
    return np.concatenate([shares[0], (-1.0) ** ORDERS * shares[1]], axis=1)
