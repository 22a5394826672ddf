"""Calling a function of the user's by its address: no compilation of ours depends on whose function it is.

The address travels in the data vector of the model (below 2^53, hence exact as a float64), and one intrinsic turns it
into a call ``void(int64, int64, int64)``. So the kernels in ``fields.user`` are compiled once, are cached on disk
like all others, and serve every function: a compiled one through ``numba.cfunc``, a plain Python one through a ctypes
callback that takes the GIL for the call. An exception in Python cannot cross compiled code; it is kept, NaN is
returned, and the caller raises it afterwards (``Failure.check``).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, is_jitted

PROTOTYPE = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


@intrinsic
def call_address(typingctx, address, first, second, third):  # type: ignore[no-untyped-def]
    """Call the function ``void(int64, int64, int64)`` at `address`."""
    signature = types.void(types.int64, types.int64, types.int64, types.int64)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        word = ir.IntType(64)
        function_type = ir.FunctionType(ir.VoidType(), [word, word, word])
        builder.call(builder.inttoptr(arguments[0], function_type.as_pointer()), list(arguments[1:]))
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def pointer_at(typingctx, address):  # type: ignore[no-untyped-def]
    """A pointer to float64 at `address`."""
    signature = types.CPointer(types.float64)(types.int64)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return signature, codegen


class Failure:
    """The first exception that a function of the user's raised."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def check(self) -> None:
        """Raise it, once."""
        error, self.error = self.error, None
        if error is not None:
            raise error


class Callback:
    """``function(theta)``, of a given shape, at an ``address`` that compiled code calls with (theta, size, out)."""

    def __init__(self, function: Callable[..., Any], name: str, shape: tuple[int, ...], failure: Failure) -> None:
        if is_jitted(function):
            self.native: Any = _compiled(function, int(np.prod(shape)))
            self.address = float(self.native.address)
        else:
            self.native = _interpreted(function, name, shape, failure)
            self.address = float(ctypes.cast(self.native, ctypes.c_void_p).value or 0)


def _compiled(function: Any, size: int) -> Any:
    @numba.cfunc(types.void(types.int64, types.int64, types.int64))
    def direct(theta_address, parameters, out_address):
        theta = numba.carray(pointer_at(theta_address), parameters)
        out = numba.carray(pointer_at(out_address), size)
        out[:] = np.asarray(function(theta.copy())).ravel()

    return direct


def _interpreted(function: Callable[..., Any], name: str, shape: tuple[int, ...], failure: Failure) -> Any:
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

    return PROTOTYPE(callback)
