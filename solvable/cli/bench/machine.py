"""The machine: what it is, how to keep the work on one core of it, and how fast that core can be."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

PEAK_SIZE = 384
PEAK_SECONDS = 0.03


def describe_machine() -> dict[str, str]:
    """Processor, system, versions, load."""
    from llvmlite.binding import get_host_cpu_name

    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "processor": f"{_processor_name()} ({get_host_cpu_name()}), {os.cpu_count()} cores, one used",
        "system": f"{platform.system()} {platform.machine()}, python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("solvable", "numpy", "scipy", "numba")),
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


class PeakLoop:
    """Multiply-adds per second that this core reaches now: a matrix product that fits its cache."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.left, self.right = rng.standard_normal((2, PEAK_SIZE, PEAK_SIZE))
        self.out = np.empty((PEAK_SIZE, PEAK_SIZE))

    def flops_per_second(self) -> float:
        """One sample, of about 30 ms."""
        count, began = 0, time.process_time()
        spent = 0.0
        while spent < PEAK_SECONDS:
            for _ in range(4):
                np.matmul(self.left, self.right, out=self.out)
            count += 4
            spent = time.process_time() - began
        return 2.0 * PEAK_SIZE**3 * count / spent
