r"""The stationary law of SGD on linear regression where every input is new.

Inputs ``x ~ N(0, A)`` are drawn afresh with their labels ``x . theta* + noise_std xi``, b of them a step. For a fixed
matrix S, by Isserlis' theorem ``E x x^T S x x^T = 2 A S A + tr(A S) A``, so that the batch mean has
``E A_B S A_B = (1 + 1/b) A S A + tr(A S) A / b``, and

    A S + S A - h (1 + 1/b) A S A - (h/b) tr(A S) A = (h noise_std^2 / b) A.

The right side and the trace term have the same direction: S is a multiple of ``(2 - h (1 + 1/b) A)^{-1}``, and with
``T = tr[ A (2 - h (1 + 1/b) A)^{-1} ]``

    S = (h noise_std^2 / b) / (1 - (h/b) T) (2 - h (1 + 1/b) A)^{-1},

stable in mean square exactly if ``h (1 + 1/b) lambda_max < 2`` and ``(h/b) T < 1``, by the argument of
`solvable.theory.noise.second_moments`. With one sample a step in many dimensions the second condition is the stricter
one: it bounds the step by the trace of A, not by its largest eigenvalue.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import integer, nonnegative, positive, real_array


def fresh_gaussian_covariance(A: Any, step_size: Any, noise_std: Any, batch_size: Any = 1) -> np.ndarray:
    """The covariance of theta under SGD on fresh Gaussian inputs.

    Args:
        A: covariance of the inputs, symmetric and positive semidefinite, shape ``(d, d)``.
        step_size: h > 0.
        noise_std: standard deviation >= 0 of the noise of a label.
        batch_size: samples a step, >= 1.

    Returns:
        shape ``(d, d)``; zero on the null space of A, where theta does not move.

    Raises:
        ValueError: arguments outside these ranges, or a step that is not stable in mean square.

    Source: derived in this module; formulas of this kind are the subject of arXiv:2102.05375.

    >>> fresh_gaussian_covariance([[1.0]], 0.5, 1.0).round(12).tolist()  # S = (1 - h)^2 S + 2 h^2 S + h^2
    [[1.0]]
    """
    A = real_array("A", A, ndim=2)
    if A.shape[0] != A.shape[1] or A.size == 0 or not np.allclose(A, A.T, rtol=1e-12, atol=0.0):
        raise ValueError(f"A must be a symmetric matrix, got shape {A.shape}")
    h, noise = positive("step_size", step_size), nonnegative("noise_std", noise_std)
    b = integer("batch_size", batch_size, minimum=1)
    values, vectors = np.linalg.eigh(A)
    rounding = A.shape[0] * np.finfo(float).eps * np.max(np.abs(values))
    if values[0] < -rounding:
        raise ValueError(f"A must be positive semidefinite, but it has the eigenvalue {values[0]:g}")
    inside = values > rounding
    values, vectors = values[inside], vectors[:, inside]
    left = 2.0 - h * (1.0 + 1.0 / b) * values
    if not np.all(left > 0):
        raise ValueError(
            f"step_size must be below {2.0 / ((1.0 + 1.0 / b) * values[-1]):.6g} "
            f"for stability in mean square in each direction, got {h:g}"
        )
    trace = h / b * float(np.sum(values / left))
    if not trace < 1:
        raise ValueError(f"step_size must keep (h/b) T < 1 for stability in mean square, got {h:g} with {trace:.6g}")
    return (vectors * (h * noise**2 / b / (1.0 - trace) / left)) @ vectors.T
