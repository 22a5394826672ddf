r"""The first correction of backward error analysis for gradient descent.

One step ``theta - h g`` of gradient descent is, up to ``O(h^3)``, the time-h flow of a *modified* field
``f0 + h f1``. Expanding that flow, ``theta + h f0 + h^2 (f1 + f0' f0 / 2) + O(h^3)``, and matching powers of
h gives ``f0 = -g`` and ``f1 = -f0' f0 / 2 = -H g / 2``, with g the gradient and H the Hessian:

    f~ = -(g + (h/2) H g) = -grad ( L + (h/4) |grad L|^2 ).

So the step follows the plain flow with a one-step error of order h^2, and the modified one with h^3. At fixed
time the orders are one less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.checks import positive

Field = Callable[[np.ndarray], np.ndarray]


def barrett_dherin_field(gradient: Callable[[Any], Any], hessian: Callable[[Any], Any], step_size: Any) -> Field:
    """The field ``theta -> -(g + (h/2) H g)`` that gradient descent of step h follows to second order.

    Args:
        gradient: ``theta (p,) -> (p,)``.
        hessian: ``theta (p,) -> (p, p)``.
        step_size: h > 0.

    Returns:
        a callable ``theta (p,) -> (p,)``.

    Raises:
        ValueError: step_size <= 0 or not a number, or arguments that are not callable; at evaluation, shapes
            of the gradient or the Hessian that do not fit theta.

    Source: Barrett and Dherin, arXiv:2009.11162.

    >>> field = barrett_dherin_field(lambda x: 2.0 * x, lambda x: 2.0 * np.eye(1), step_size=0.1)
    >>> field(np.array([1.0])).tolist()
    [-2.2]
    """
    h = positive("step_size", step_size)
    for name, function in (("gradient", gradient), ("hessian", hessian)):
        if not callable(function):
            raise ValueError(f"{name} must be callable, got {type(function).__name__}")

    def field(theta: np.ndarray) -> np.ndarray:
        point = np.asarray(theta, dtype=np.float64)
        g, H = np.asarray(gradient(point), dtype=np.float64), np.asarray(hessian(point), dtype=np.float64)
        if g.shape != point.shape or H.shape != point.shape * 2:
            raise ValueError(
                f"gradient and hessian must return shapes {point.shape} and {point.shape * 2}, "
                f"got {g.shape} and {H.shape}"
            )
        return -(g + (h / 2.0) * (H @ g))

    return field
