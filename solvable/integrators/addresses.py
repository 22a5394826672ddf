"""Compiled functions by their addresses: a field made of another field.

A solver receives its field, Jacobian and loss as first-class functions and nothing else. A field that is built on the
field of *any* model (momentum, gradient regularization) therefore finds that one by its address, which travels in the
data vector (below 2^53, hence exact as a float64). So N models and M such fields are N + M compilations.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compile import Kernel
from .signatures import CURVATURE, FIELD, JACOBIAN, LOSS


def address_of(kernel: Kernel) -> float:
    """The address of a kernel, compiling it if need be; kernels live as long as the process."""
    (result,) = kernel.compiled.overloads.values()
    return float(result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name))


def _reader(function_type: Any) -> Any:
    """An intrinsic ``address (int64) -> function`` of this first-class type."""

    @intrinsic
    def function_at(typingctx, address):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            function = cgutils.create_struct_proxy(function_type)(context, builder)
            function.c_addr = builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))
            return function._getvalue()

        return function_type(types.int64), codegen

    return function_at


field_at = _reader(FIELD)
jacobian_at = _reader(JACOBIAN)
curvature_at = _reader(CURVATURE)
loss_at = _reader(LOSS)
