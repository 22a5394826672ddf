r"""The principal flow: gradient descent with the third derivatives of the loss left out.

On a quadratic loss with Hessian A a step multiplies the distance to the minimum by ``1 - h A``, so that n steps are
exactly the time ``n h`` of the flow ``theta' = (1/h) log(1 - h A) theta``. The principal flow (Rosca et al., arXiv
2302.01952) takes the same function of the local Hessian, ``A = sum lambda_i u_i u_i^T``:

    theta' = sum_i  log(1 - h lambda_i) / (h lambda_i)  (g . u_i) u_i.

Where ``h lambda_i > 1`` the logarithm is complex; its imaginary part pi makes the sign flip from step to step, and at
whole steps the flow is real again.

In the series of the modified field of gradient descent (`solvable.theory.modified.ascent` with ``mu = 0``) this keeps
the products ``H^k g`` and drops everything with third derivatives, the first of which is ``-(h^2/12) T``, ``T = (D_g H)
g``. So for general losses one step of gradient descent minus the principal flow is ``-(h^3/12) T + O(h^4)``: it is of
second order, like the flow of ``L + (h/4)|grad L|^2``, and only its constant is another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.checks import positive, positive_array, real_array

Field = Callable[[np.ndarray], np.ndarray]


def principal_flow_field(gradient: Field, hessian: Field, step_size: Any) -> Field:
    """``sum_i log(1 - h lambda_i)/(h lambda_i) (g . u_i) u_i``, where ``h lambda_i < 1``.

    Args:
        gradient: ``theta (..., p) -> (..., p)``.
        hessian: ``theta (..., p) -> (..., p, p)``, symmetric.
        step_size: h, a number or an array that broadcasts against the leading axes of theta.

    Returns:
        a callable ``theta (..., p) -> (..., p)``.

    Raises:
        ValueError: step_size <= 0; at evaluation, where ``h lambda_i >= 1`` and the flow is not real.

    Source: Rosca et al., arXiv:2302.01952.

    >>> field = principal_flow_field(lambda x: 2 * x, lambda x: 2 * np.eye(1), 0.25)
    >>> bool(field(np.array([1.0]))[0] == np.log(0.5) / 0.25)
    True
    """
    h = positive_array("step_size", step_size)[..., None]

    def field(theta: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(hessian(theta))
        z = h * values
        if np.any(z >= 1):
            raise ValueError(f"h lambda must be < 1 for a real principal flow, got {float(np.max(z)):g}")
        weight = np.divide(np.log1p(-z), z, out=-np.ones_like(z), where=z != 0)
        along = (np.swapaxes(vectors, -1, -2) @ gradient(theta)[..., None])[..., 0]
        return (vectors @ (weight * along)[..., None])[..., 0]

    return field


def quadratic_principal_flow(hessian: Any, distance: Any, step_size: float, t: Any) -> np.ndarray:
    """``exp((t/h) log(1 - h A)) d``: the principal flow of a quadratic loss, complex where ``h A`` exceeds 1.

    Args:
        hessian: A ``(p, p)``, symmetric.
        distance: d ``(p,)``, the start minus the minimum.
        step_size: h > 0.
        t: times, a number or ``(T,)``.

    Returns:
        complex ``(p,)`` or ``(T, p)``: the distance to the minimum.

    Raises:
        ValueError: step_size <= 0, entries that are not finite, shapes that do not fit.

    Source: Rosca et al., arXiv:2302.01952.

    >>> quadratic_principal_flow([[3.0]], [1.0], 0.5, [0.5, 1.0]).round(12).ravel().real.tolist()
    [-0.5, 0.25]
    """
    A, d = real_array("hessian", hessian, ndim=2), real_array("distance", distance, ndim=1)
    t, h = real_array("t", t, ndim=(0, 1)), positive("step_size", step_size)
    if A.shape != (d.size, d.size):
        raise ValueError(f"hessian must have shape ({d.size}, {d.size}) for this distance, got {A.shape}")
    values, vectors = np.linalg.eigh(A)
    rates = np.log((1 - h * values).astype(complex)) / h
    return np.exp(np.multiply.outer(t, rates)) * (vectors.T @ d) @ vectors.T
