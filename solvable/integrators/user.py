"""The user's own functions in the loops of this package.

Compiled functions (``numba.njit``) are called directly. A plain Python function is called through a ctypes callback,
which takes the GIL for the call: slow, but every loop works with it, and there is one loop, not two. An exception in
such a function cannot cross compiled code; it is kept, NaN is returned, and the driver raises it afterwards.

None of this can be cached on disk, since the functions are not ours: a model of the user's costs a compilation of one or
two seconds in each process.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.extending import is_jitted

from .compile import FASTMATH
from .signatures import EXAMPLE, FIELD, LOSS, PULLBACK, RESIDUALS, WEIGHT_DECAY, signature_of

INCREMENT = 6.055454452393343e-06  # cube root of the rounding unit: central differences


class Failure:
    """The first exception that a callback of the user's raised."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def check(self) -> None:
        """Raise it, once."""
        error, self.error = self.error, None
        if error is not None:
            raise error


def vector_function(function: Callable[..., Any], name: str, shape: tuple[int, ...], failure: Failure) -> Any:
    """A compiled ``f(theta, out)`` for a function of theta whose value has `shape`; `out` is flat."""
    if is_jitted(function):

        @numba.njit(nogil=True)
        def direct(theta, out):
            out[:] = np.asarray(function(theta)).ravel()

        return direct

    size = int(np.prod(shape))

    def callback(theta_address: int, parameters: int, out_address: int) -> None:
        theta = np.ctypeslib.as_array((ctypes.c_double * parameters).from_address(theta_address)).copy()
        out = np.ctypeslib.as_array((ctypes.c_double * size).from_address(out_address))
        try:
            value = np.asarray(function(theta), dtype=np.float64)
            if value.shape != shape:
                raise ValueError(f"{name} must return shape {shape}, got {value.shape}")
            out[:] = value.ravel()
        except BaseException as error:
            failure.error = failure.error or error
            out[:] = np.nan

    pointer = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)(callback)

    @numba.njit(nogil=True)
    def through(theta, out):
        pointer(theta.ctypes.data, theta.size, out.ctypes.data)

    return through


def residual_fields(
    residuals: Callable[..., Any], jacobian: Callable[..., Any] | None, n: int, p: int, failure: Failure
) -> dict[str, Any]:
    """The functions of ``signatures`` for residuals ``(n,)`` and their Jacobian ``(n, p)`` (None: differences)."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": FASTMATH}
    evaluate = vector_function(residuals, "residuals", (n,), failure)
    if jacobian is not None:
        derive = vector_function(jacobian, "jacobian", (n, p), failure)
    else:

        @numba.njit(nogil=True)
        def derive(theta, out):
            point, up, down = theta.copy(), np.empty(n), np.empty(n)
            for j in range(p):
                step = INCREMENT * max(1.0, abs(theta[j]))
                high, low = theta[j] + step, theta[j] - step
                point[j] = high
                evaluate(point, up)
                point[j] = low
                evaluate(point, down)
                point[j] = theta[j]
                for i in range(n):
                    out[i * p + j] = (up[i] - down[i]) / (high - low)

    @numba.njit(signature_of(RESIDUALS), **options)
    def residual_tile(theta, data, scratch, out):
        value = np.empty(n)
        for b in range(theta.shape[1]):
            evaluate(theta[:, b].copy(), value)
            out[:, b] = value

    @numba.njit(signature_of(PULLBACK), **options)
    def pullback(theta, weights, data, scratch, out):
        J = np.empty(n * p)
        for b in range(theta.shape[1]):
            derive(theta[:, b].copy(), J)
            for j in range(p):
                total = 0.0
                for i in range(n):
                    total += weights[i, b] * J[i * p + j]
                out[j, b] = total

    @numba.njit(signature_of(EXAMPLE), **options)
    def example(theta, i, data, out):
        value, J = np.empty(n), np.empty(n * p)
        evaluate(theta, value)
        derive(theta, J)
        out[:] = J[i * p : (i + 1) * p]
        return value[i]

    @numba.njit(signature_of(LOSS), **options)
    def loss(theta, data):
        value = np.empty(n)
        evaluate(theta, value)
        total = 0.0
        for i in range(n):
            total += value[i] * value[i]
        return total / (2.0 * n)

    @numba.njit(signature_of(FIELD), **options)
    def flow(theta, data, out):
        value, J = np.empty(n), np.empty(n * p)
        evaluate(theta, value)
        derive(theta, J)
        for j in range(p):
            total = 0.0
            for i in range(n):
                total += value[i] * J[i * p + j]
            out[j] = -total / n - data[WEIGHT_DECAY] * theta[j]

    return {"residuals": residual_tile, "pullback": pullback, "example": example, "loss": loss, "flow": flow}


def plain_field(function: Callable[..., Any], p: int, failure: Failure) -> dict[str, Any]:
    """The flow of ``theta' = F(theta)``, and a loss that is never small."""
    evaluate = vector_function(function, "function", (p,), failure)

    @numba.njit(signature_of(FIELD), nogil=True)
    def flow(theta, data, out):
        evaluate(theta, out)
        for j in range(theta.size):
            out[j] -= data[WEIGHT_DECAY] * theta[j]

    @numba.njit(signature_of(LOSS), nogil=True)
    def loss(theta, data):
        return 0.0

    return {"flow": flow, "loss": loss}
