r"""Exact mean spectra of finite Gaussian matrices: symmetric (GOE) and rectangular.

The N eigenvalues, or singular values, have the joint density ``prod_i w(x_i) prod_{i<j} |p(x_i) - p(x_j)|`` with

    symmetric, diagonal variance 1, off the diagonal 1/2:     p(x) = x,     w(x) = exp(-x^2/2),
    N x q, independent standard entries, q >= N:              p(x) = x^2,   w(x) = x^(q-N) exp(-x^2/2),   x > 0.

Let ``psi_0 .. psi_(N-1)`` be w times polynomials in p, orthonormal in x (Hermite and Laguerre functions), and
``E_k(x) = int sign(x - y) psi_k(y) dy / 2``. De Bruijn's formula gives the normalization as a Pfaffian, proportional
to ``Pf M`` with ``M_jk = int psi_j E_k``, for N even; for N odd M is bordered by ``int psi_j``, and E by the constant
1. A factor ``1 + e f(x_i)`` for each i changes it at the rate ``E sum_i f(x_i) = tr(M^-1 dM)/2``. Hence the mean
density

    rho(x) = sum_jk E_k(x) (M^-1)_kj psi_j(x),

to rounding. It is an entire function, and is returned as a Chebyshev series, in which integrals are exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.polynomial.chebyshev import chebint
from scipy.fft import dct, idct
from scipy.special import gammaln

TAIL = 9.0  # distance from the edge of the bulk at which the densities have fallen below rounding
BIG = 1e120

Recurrence = Callable[[int], tuple[float, float, float]]  # j -> a, b, c with  a p_(j+1) = (x - b) p_j - c p_(j-1)


def symmetric_density(N: int) -> Chebyshev:
    """Mean eigenvalue density, of integral N, of a symmetric N x N matrix (variances 1 and 1/2)."""
    edge = np.sqrt(2.0 * N) + TAIL

    def hermite(j: int) -> tuple[float, float, float]:
        return np.sqrt((j + 1) / 2.0), 0.0, np.sqrt(j / 2.0)

    def functions(x: np.ndarray) -> np.ndarray:
        return _orthonormal(N, x, -(x**2) / 2.0 - np.log(np.pi) / 4.0, hermite)

    return _density(functions, -edge, edge, 2.0 * np.sqrt(2.0 * N))


def rectangular_density(N: int, q: int) -> Chebyshev:
    """Mean density, of integral N, of the singular values of an N x q matrix of standard normal entries, N <= q."""
    a = q - N - 0.5

    def laguerre(j: int) -> tuple[float, float, float]:
        return np.sqrt((j + 1) * (j + 1 + a)), 2 * j + a + 1, np.sqrt(j * (j + a))

    def functions(x: np.ndarray) -> np.ndarray:
        log_weight = (q - N) * np.log(x) - x**2 / 2.0 + (np.log(2.0) - gammaln(a + 1.0)) / 2.0
        return _orthonormal(N, x**2, log_weight, laguerre)

    return _density(functions, 0.0, np.sqrt(N) + np.sqrt(q) + TAIL, 4.0 * np.sqrt(N))


def _orthonormal(N: int, p: np.ndarray, log_weight: np.ndarray, recurrence: Recurrence) -> np.ndarray:
    """``w p_j`` for j < N, shape (N, K); the polynomials grow where w underflows, so they carry a common exponent."""
    values = np.empty((N, p.size))
    before, here, exponent = np.zeros(p.size), np.ones(p.size), log_weight.copy()
    for j in range(N):
        with np.errstate(under="ignore"):
            values[j] = here * np.exp(exponent)
        a, b, c = recurrence(j)
        before, here = here, ((p - b) * here - c * before) / a
        large = np.maximum(np.abs(here), np.abs(before)) > BIG
        before[large], here[large] = before[large] / BIG, here[large] / BIG
        exponent[large] += np.log(BIG)
    return values


def _density(functions: Callable[[np.ndarray], np.ndarray], low: float, high: float, wavenumber: float) -> Chebyshev:
    half = (high - low) / 2.0
    K = int(half * (wavenumber + 16.0)) + 100
    nodes = np.cos(np.pi * (np.arange(K) + 0.5) / K)
    psi = functions(low + half * (nodes + 1.0))
    running = chebint(_coefficients(psi).T, scl=half, lbnd=-1).T[:, :K]
    total = np.sum(running, axis=1)
    running[:, 0] -= total / 2.0
    E = _values(running)
    moments = np.zeros(K)  # of the Chebyshev polynomials, for the weights of Fejer's quadrature
    moments[::2] = 2.0 / (1.0 - np.arange(0, K, 2) ** 2)
    weights = half * dct(moments, type=3) / K
    M = (psi * weights) @ E.T
    if psi.shape[0] % 2:
        M = np.block([[M, total[:, None]], [-total, 0.0]])
        psi, E = np.vstack([psi, np.zeros(K)]), np.vstack([E, np.ones(K)])
    rho = np.sum(E * np.linalg.solve((M - M.T) / 2.0, psi), axis=0)
    return Chebyshev(_coefficients(rho[None])[0], domain=[low, high])


def _coefficients(values: np.ndarray) -> np.ndarray:
    """Chebyshev coefficients of rows of values at the nodes."""
    series = dct(values, type=2, axis=1) / values.shape[1]
    series[:, 0] /= 2.0
    return series


def _values(series: np.ndarray) -> np.ndarray:
    """The inverse."""
    series = series * series.shape[1]
    series[:, 0] *= 2.0
    return idct(series, type=2, axis=1)
