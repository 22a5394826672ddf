"""``solvable doctor``: what is installed, where compiled code goes, how many cores there are.

Exit 1 if something is missing without which nothing runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CORE = ("numpy", "scipy", "sympy", "numba", "llvmlite", "matplotlib", "rich", "threadpoolctl")
EXTRAS = {
    "test": ("pytest", "hypothesis", "mpmath", "sklearn"),
    "sweep": ("xarray", "zarr", "adaptive"),
    "cluster": ("distributed", "loky", "mpi4py"),
    "demo": ("marimo",),
    "convex": ("cvxpy", "clarabel"),
    "bench": ("jax", "diffrax", "torch"),
}
BROKEN = "BROKEN"


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("doctor", help="versions, threads, caches, extras")
    parser.add_argument("--clean-cache", action="store_true", help="remove compiled code that no current source uses")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the findings, one a line."""
    if args.clean_cache:
        from ..integrators.compile import cache_folder
        from .cache import remove_old

        removed = remove_old(cache_folder())
        print("\n".join([f"removed {folder.path} ({folder})" for folder in removed] or ["no old folders"]))
        return 0
    broken = False
    for name, finding in findings():
        print(f"{name:<16}{finding}", flush=True)
        broken = broken or finding.startswith(BROKEN)
    return int(broken)


def findings() -> Iterator[tuple[str, str]]:
    """Name and finding; a finding that starts with BROKEN is one without which nothing runs."""
    import platform

    yield "solvable", f"{_version('solvable')} in {Path(__file__).parent.parent}"
    yield "python", f"{platform.python_version()} ({sys.executable})"
    yield "machine", f"{platform.system()} {platform.machine()}"
    for name in CORE:
        yield name, _import(name)
    yield from _threads()
    yield from _cache()
    for name in ("derivations", "figures"):
        yield name, _sibling(name)
    for extra, names in EXTRAS.items():
        there = [name for name in names if find_spec(name) is not None]
        absent = [name for name in names if name not in there]
        parts = [f"{' '.join(there)} present"] * bool(there) + [f"{' '.join(absent)} absent"] * bool(absent)
        yield f"extra {extra}", ", ".join(parts)


def _import(name: str) -> str:
    try:
        import_module(name)
    except Exception as error:  # an installation can fail to import in any way
        return f"{BROKEN}: {' '.join(str(error).split())}"
    return _version(name)


def _version(name: str) -> str:
    # Half of what every command would import at its start.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "version unknown"


def _threads() -> Iterator[tuple[str, str]]:
    from ..claims.executors import usable_cores

    asked = os.environ.get("SOLVABLE_THREADS")
    yield "cores", f"{usable_cores()} usable of {os.cpu_count()}"
    try:
        from threadpoolctl import threadpool_info

        from ..common.blas import one_blas_thread
        from ..dynamics.driving import thread_count
    except ImportError as error:
        yield "threads", f"{BROKEN}: {error}"
        return
    yield "threads", f"{thread_count()} for ensembles (SOLVABLE_THREADS {'is ' + asked if asked else 'is not set'})"
    with one_blas_thread():  # which loads the BLAS that compiled code calls
        pass
    for pool in threadpool_info():
        if pool["user_api"] == "blas":
            detail = f"{pool['internal_api']} {pool['version']} ({pool.get('architecture')})"
            yield "BLAS", f"{detail}, {pool['num_threads']} threads, {Path(pool['filepath']).name}"


def _cache() -> Iterator[tuple[str, str]]:
    try:
        from llvmlite.binding import get_host_cpu_name

        from ..integrators.compile import cache_folder, cache_parent, source_hash
    except ImportError as error:
        yield "compiler", f"{BROKEN}: {error}"
        return
    from .cache import measure, old_folders

    try:
        folder = cache_folder()
    except OSError as error:
        yield "cache", f"{BROKEN}: no folder can be written, not even a temporary one: {error}"
        return
    kept = "writable" if folder.parent == cache_parent() else "TEMPORARY: the usual folder cannot be written"
    yield "cache", f"{folder} ({kept})"
    yield "source hash", f"{source_hash()} (compiled for {get_host_cpu_name()})"
    yield "cached", str(measure(folder))
    old = old_folders(folder)
    size = sum(entry.size for entry in old) / 1e6
    yield "old caches", f"{len(old)} folders, {size:.1f} MB" + (" (solvable doctor --clean-cache)" if old else "")


def _sibling(name: str) -> str:
    from .siblings import sibling

    try:
        sibling(name)
    except Exception as error:  # a foreign package may fail in any way
        return " ".join(str(error).split())
    return "ours"
