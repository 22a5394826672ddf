"""``solvable warmup``: compile every kernel now, so that no later run has to wait for it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..integrators.compile import Kernel


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("warmup", help="compile everything into the cache now")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def run(args: argparse.Namespace) -> int:
    """Compile and say how many and how long."""
    from ..integrators.compile import cache_folder

    folder = cache_folder()
    count, seconds = compile_all(None if args.quiet else _say)
    print(f"{count} kernels ready in {seconds:.1f} s, kept in {folder}")
    return 0


def compile_all(on_kernel: Callable[[int, int, str, float], None] | None = None) -> tuple[int, float]:
    """Compile (or load) every kernel; ``on_kernel(done, total, name, seconds)`` hears of each.

    Returns how many there are and the seconds that it took.
    """
    import time

    from ..integrators.compile import unannounced

    began = time.perf_counter()
    kernels = all_kernels()
    with unannounced():
        for done, (name, kernel) in enumerate(kernels.items(), 1):
            start = time.perf_counter()
            _ = kernel.compiled
            if on_kernel is not None:
                on_kernel(done, len(kernels), name, time.perf_counter() - start)
    return len(kernels), time.perf_counter() - began


def warm_if_cold() -> None:
    """Compile everything unless the cache holds kernels already: worker processes would each compile the same.

    Called before a pool is opened; says on stderr why the first run takes longer.
    """
    from ..integrators.compile import cache_folder

    if any(cache_folder().rglob("*.nbi")):
        return
    print("solvable: compiling all kernels (once; kept for later runs) ...", file=sys.stderr, flush=True)
    count, seconds = compile_all(_say)
    print(f"solvable: {count} kernels compiled in {seconds:.0f} s", file=sys.stderr, flush=True)


def all_kernels() -> dict[str, Kernel]:
    """Every entry point of the compiled floor, by module and name."""
    from .. import integrators
    from ..integrators.compile import Kernel

    found = {}
    for entry in walk_packages(integrators.__path__, f"{integrators.__name__}."):
        for value in vars(import_module(entry.name)).values():
            if isinstance(value, Kernel):
                place = value.__module__.removeprefix(f"{integrators.__name__}.")
                found[f"{place}.{value.py_func.__name__}"] = value
    return found


def _say(done: int, total: int, name: str, seconds: float) -> None:
    print(f"[{done}/{total}] {name} {seconds:.1f} s", file=sys.stderr, flush=True)
