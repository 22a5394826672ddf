r"""From a formula to machine code: common subexpressions, one Python file, one compiled signature.

The components of a modified field share most of their products. Named once (``cse``) they become a straight-line
program of a few hundred multiplications, which is printed as a Python function, kept in a file named by its content,
and compiled by numba for

    void(theta, data, out),        contiguous float64 vectors.

Results are written after everything is read, so that theta and out may be the same vector. Coefficients are printed
as floats, since exact numerators may exceed any machine integer. Contraction to fused multiply-add is allowed;
reassociation is not.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import sympy
from sympy.printing.pycode import PythonCodePrinter

from derivations.cache import remembered_source

_lock = threading.RLock()
_FITS = 2**53


class _FloatPrinter(PythonCodePrinter):
    """Python code in which every number that is not a small integer is a float."""

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return f"({float(expr)!r})"

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return str(int(expr)) if abs(int(expr)) < _FITS else f"({float(expr)!r})"


def field_source(
    field: Sequence[sympy.Expr], params: Sequence[sympy.Symbol], data: Sequence[sympy.Symbol], offset: int
) -> str:
    """Python source of ``field(theta, data, out)``.

    Args:
        field: expressions in params and data.
        params, data: symbols read from ``theta[0], ...`` and from ``data[offset], ...``.

    Raises:
        ValueError: a symbol is none of these.

    >>> x = sympy.Symbol("x")
    >>> print(field_source([-x / 3], [x], [], 0).splitlines()[-2].strip())
    r0 = -(0.3333333333333333)*p0
    """
    names = {s: sympy.Symbol(f"p{i}") for i, s in enumerate(params)}
    names |= {s: sympy.Symbol(f"d{i}") for i, s in enumerate(data)}
    written = [e.xreplace(names) for e in field]
    unknown = sorted({s.name for e in written for s in e.free_symbols} - {s.name for s in names.values()})
    if unknown:
        raise ValueError(f"no number and no place in data for {', '.join(unknown)}")
    shared, results = sympy.cse(written, symbols=(sympy.Symbol(f"c{i}") for i in range(10**9)), optimizations=None)
    printer = _FloatPrinter({"fully_qualified_modules": True})
    lines = ["import math", "", "", "def field(theta, data, out):"]
    lines += [f"    p{i} = theta[{i}]" for i in range(len(params))]
    lines += [f"    d{i} = data[{offset + i}]" for i in range(len(data))]
    lines += [f"    {name} = {printer.doprint(e)}" for name, e in shared]
    lines += [f"    r{i} = {printer.doprint(e)}" for i, e in enumerate(results)]
    lines += [f"    out[{i}] = r{i}" for i in range(len(results))]
    return "\n".join(lines) + "\n"


def compile_field(formula: str, source: Callable[[], str]) -> Any:
    """The numba dispatcher of a field, compiled for its one signature or loaded from the cache.

    Args:
        formula: text that determines the source, as long as this module is what it is.
        source: makes the source.
    """
    generator = Path(__file__).read_text(encoding="utf-8")
    return _compiled(remembered_source(f"{generator}\n{sympy.__version__}\n{formula}", source))


@cache
def _compiled(path: Path) -> Any:
    import numba

    vector = numba.types.Array(numba.types.float64, 1, "C")
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz"}}
    with _lock:  # numba keeps what it makes beside the source, which lies in a folder of ours
        return numba.njit(numba.types.void(vector, vector, vector), **options)(_load(path).field)


def _load(path: Path) -> ModuleType:
    name = f"derivations_generated_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # numba unpickles a cached function by the name of its module
    specification.loader.exec_module(module)
    return module
