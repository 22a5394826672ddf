"""The machine: what it is, and how to keep the work on one core of it."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

CORE = ("solvable", "numpy", "scipy", "numba")


def core_name() -> str:
    """The design of the processor as LLVM names it, such as ``znver4``: ratios depend on it, not on the clock."""
    from llvmlite.binding import get_host_cpu_name

    return str(get_host_cpu_name())


def describe_machine(rivals: Iterable[str] = ()) -> dict[str, str]:
    """Processor, system, versions, load."""
    names = [*CORE, *sorted(set(rivals) - set(CORE))]
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "processor": f"{_processor_name()} ({core_name()}), {os.cpu_count()} cores, one used",
        "system": f"{platform.system()} {platform.machine()}, python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in names),
        "load": f"{load} processes were running at the start",
    }


def _processor_name() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """One thread for ensembles and one for BLAS, inside the block."""
    from ...common.blas import one_blas_thread

    before = os.environ.get("SOLVABLE_THREADS")
    os.environ["SOLVABLE_THREADS"] = "1"
    try:
        with one_blas_thread():
            yield
    finally:
        if before is None:
            del os.environ["SOLVABLE_THREADS"]
        else:
            os.environ["SOLVABLE_THREADS"] = before
