"""The type of the functions that compiled loops receive: numba's first-class function type, handed over faster.

At every call numba asks Python for the two addresses of each function among the arguments, five calls of its own a
function. A kernel has one compilation for life and carries its addresses (``compile.Kernel``); here they are read. Any
other jitted function goes numba's way.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.experimental.function_type import FunctionModel, box_function_type, unbox_function_type
from numba.extending import NativeValue, box, register_model, unbox


class FunctionType(types.FunctionType):
    """``FunctionType(signature)``."""


register_model(FunctionType)(FunctionModel)
box(FunctionType)(box_function_type)


@unbox(FunctionType)
def _addresses(typ: Any, function: Any, c: Any) -> NativeValue:
    struct = cgutils.create_struct_proxy(typ)(c.context, c.builder)
    result = cgutils.alloca_once_value(c.builder, struct._getvalue())
    known = c.pyapi.object_getattr_string(function, "wrapper_address")
    with c.builder.if_else(cgutils.is_not_null(c.builder, known)) as (kernel, other):
        with kernel:
            struct.c_addr = c.pyapi.long_as_voidptr(known)
            struct.py_addr = c.builder.bitcast(function, c.context.get_value_type(types.voidptr))
            c.pyapi.decref(known)
            direct = c.pyapi.object_getattr_string(function, "direct_address")
            struct.jit_addr = c.pyapi.long_as_voidptr(direct)
            c.pyapi.decref(direct)
            c.builder.store(struct._getvalue(), result)
        with other:
            c.pyapi.err_clear()
            c.builder.store(unbox_function_type(typ, function, c).value, result)
    return NativeValue(c.builder.load(result))
