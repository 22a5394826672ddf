r"""The second moments of SGD on linear residuals: a diagonal problem plus one of rank n.

Let ``e+ = e + b (e - e-) - h G`` with momentum b, ``G = (1/|B|) sum_{i in B} x_i (x_i.e - c_i)``, B a fresh batch of
distinct samples and c_i independent of e with ``E G = A e``, ``A = X^T X / n``. The matrix ``A_B`` of a batch has

    E[A_B S A_B] = A S A + p ( C(S) - A S A ),   C(S) = (1/n) sum_i x_i x_i^T (x_i^T S x_i),   p = (n-|B|)/(|B| (n-1)),

since two given samples share a batch with the probability ``|B| (|B|-1) / (n (n-1))``: p is the variance of the mean of
a batch over that of one sample, 1 for one example and 0 for the full batch. So the stationary moments ``S = E e e^T``
and ``P = E e e-^T`` obey closed equations. In the eigenbasis of A, ``P_jl = (a_j - b a_l) S_jl / (1 - b^2)`` with
``a = 1 + b - h lambda``, and eliminating it leaves, with N the covariance of G at e = 0 and ``x = h lambda``,

    h D0_jl S_jl = h^2 ( p (C(S) - A S A) + N )_jl,
    h D0_jl      = (1-b)/(1+b) ( (1+b) (x_j + x_l) - x_j x_l ) + b (x_j - x_l)^2 / (1 - b^2).

D0 is positive where the mean is stable, ``x < 2 (1+b)``. Let W have the columns ``x_i x_i^T``, written as vectors in an
orthonormal basis of symmetric matrices, in which ``D = D0 + h p lambda_j lambda_l`` is diagonal. Then

    ( D - (h p / n) W W^T ) S = h N,

which, after division by D, is a system of n unknowns. The map of second moments keeps the cone of covariances. So by
Perron and Frobenius its spectral radius is less than 1 exactly if the mean is stable and this matrix is positive
definite: ``(h p / n) lambda_max(W^T D^-1 W) < 1``. For the radius g itself the same holds with ``g S = map(S)``, or

    h D0_jl = (g-b)/(g+b) ( (1+b) (x_j + x_l) - x_j x_l + (g-1)(g-b^2)/g ) + g b (x_j - x_l)^2 / (g^2 - b^2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from ...common.checks import nonnegative, positive
from .modes import Modes, batch, momentum_below_one


def damping(values: np.ndarray, h: float, momentum: float, growth: float = 1.0) -> np.ndarray:
    """D0, shape ``(r, r)``."""
    b, g, x = momentum, growth, h * values
    plain = (1 + b) * np.add.outer(x, x) - np.multiply.outer(x, x) + (g - 1) * (g - b * b) / g
    split = np.subtract.outer(x, x) ** 2 * (g * b / (g * g - b * b)) if b > 0 else 0.0
    return ((g - b) / (g + b) * plain + split) / h


def residuals_of_fit(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return y - X @ np.linalg.lstsq(X, y, rcond=None)[0]


def label_noise(parts: Modes, residuals: np.ndarray, noise: float, b: int, p: float) -> np.ndarray:
    """N of label noise and of the residuals of a fit, as a vector."""
    return noise**2 / b * parts.vector(np.diag(parts.values)) + p / residuals.size * (residuals**2 @ parts.products)


def balance(parts: Modes, D: np.ndarray, gain: float, forcing: np.ndarray) -> np.ndarray | None:
    """S with ``(D - gain W W^T) S = forcing``, all vectors; None where that matrix is not positive definite.

    Args:
        D: positive, shape ``(r, r)``.
        gain: >= 0.
        forcing: shape ``(r (r+1)/2,)``.
    """
    D = parts.vector(D)
    S = forcing / D
    if gain == 0.0:
        return S
    W = parts.products
    values, vectors = np.linalg.eigh(_feedback(W, D, gain))
    if not values[-1] < 1:
        return None
    return S + gain * (vectors @ ((vectors.T @ (W @ S)) / (1.0 - values)) @ W) / D


def radius(parts: Modes, h: float, p: float, momentum: float) -> float:
    """The spectral radius of the map of second moments."""
    b, n = momentum, parts.products.shape[0]
    a = 1.0 + b - h * parts.values
    root = np.sqrt(np.maximum(a * a - 4.0 * b, 0.0))
    mean = float(np.max(np.where(a * a > 4.0 * b, (np.abs(a) + root) / 2.0, np.sqrt(b)))) ** 2
    square = h * p * np.multiply.outer(parts.values, parts.values)

    def excess(growth: float) -> float:
        D = parts.vector(damping(parts.values, h, b, growth) + square)
        return float(np.linalg.eigvalsh(_feedback(parts.products, D, h * p / n))[-1]) - 1.0

    low = mean * (1.0 + 1e-13) + 1e-300  # at the radius of the mean itself D may vanish
    if p == 0.0 or excess(low) <= 0.0:
        return mean
    high = 2.0 * max(mean, 1.0)
    while excess(high) > 0.0:
        high *= 2.0
    return float(brentq(excess, low, high, xtol=1e-300, rtol=1e-14))


def label_noise_moments(
    parts: Modes, residuals: np.ndarray, step_size: Any, noise_std: Any, batch_size: Any, momentum: Any
) -> np.ndarray:
    """S of SGD with label noise, as a vector, for given modes and residuals of the fit; refuses an unstable step."""
    n = residuals.size
    h, noise = positive("step_size", step_size), nonnegative("noise_std", noise_std)
    (b, p), beta = batch(batch_size, n), momentum_below_one(momentum)
    S = None
    if h * parts.values[0] < 2.0 * (1.0 + beta):
        D = damping(parts.values, h, beta) + h * p * np.multiply.outer(parts.values, parts.values)
        S = balance(parts, D, h * p / n, h * label_noise(parts, residuals, noise, b, p))
    if S is None:
        size = radius(parts, h, p, beta)
        raise ValueError(
            f"step_size must be stable in mean square (spectral radius of the map of second moments < 1), "
            f"got {h:g} with radius {size:.6g}"
        )
    return S


def _feedback(W: np.ndarray, D: np.ndarray, gain: float) -> np.ndarray:
    return gain * (W / D) @ W.T
