"""Interleaved timing: every contender in every round, with a peak loop in between.

The clock is the CPU time of the process, since a shared machine stretches the other clock. Ratios are taken within a
round, where all contenders meet the same machine, and then the median over rounds. A sample lasts at least 50 ms: the
time of helper threads is booked at ticks of the scheduler, some 4 ms apart.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from .peak import PeakLoop
from .workload import Contender, Workload

MINIMUM_ROUNDS = 3
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Measurement:
    """``seconds (rounds, contenders)`` for a unit of work, ``peak (rounds,)`` in flops a second, ``errors`` by name."""

    workload: Workload
    seconds: np.ndarray
    peak: np.ndarray
    errors: dict[str, float]

    @property
    def equal(self) -> bool:
        """Whether all answers agree to the tolerance of the workload."""
        return all(error <= self.workload.tolerance for error in self.errors.values())

    def ratios(self) -> np.ndarray:
        """Time of each contender over that of the first, ``(rounds, contenders)``."""
        return self.seconds / self.seconds[:, :1]

    def median_ratios(self) -> np.ndarray:
        """The median over rounds, ``(contenders,)``."""
        return np.asarray(np.median(self.ratios(), axis=0))

    def shares_of_peak(self) -> np.ndarray | None:
        """Share of the peak of the same round, ``(rounds, contenders)``."""
        if self.workload.flops is None:
            return None
        return self.workload.flops / self.seconds / self.peak[:, None]


def measure(workload: Workload, seconds: float) -> Measurement:
    """Check the answers, then time rounds for about `seconds`."""
    errors = {c.name: relative_difference(*c.check()) for c in workload.contenders if c.check is not None}
    peak_loop = PeakLoop()
    sample = min(SAMPLE_SECONDS, seconds)
    repeats = [_repeats(contender, sample) for contender in workload.contenders]
    peak_loop.flops_per_second()
    rounds: list[list[float]] = []
    peaks: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(rounds) < MINIMUM_ROUNDS or time.perf_counter() < deadline:
        samples = [peak_loop.flops_per_second()]
        row = []
        for contender, times in zip(workload.contenders, repeats, strict=True):
            row.append(_timed(contender, times))
            samples.append(peak_loop.flops_per_second())
        rounds.append(row)
        peaks.append(float(np.median(samples)))
    return Measurement(workload, np.array(rounds), np.array(peaks), errors)


def _timed(contender: Contender, repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        contender.run()
    return (time.process_time() - began) / (repeats * contender.units)


def _repeats(contender: Contender, seconds: float) -> int:
    """How many runs make a sample of `seconds`."""
    contender.run()  # compiles, and touches the memory
    one = _timed(contender, 1) * contender.units
    return max(1, math.ceil(seconds / max(one, 1e-6)))


def relative_difference(answer: np.ndarray, reference: np.ndarray) -> float:
    """Largest difference over the largest reference; infinite where either is not finite or shapes differ.

    >>> relative_difference(np.array([1.0, 2.5]), np.array([1.0, 2.0]))
    0.25
    """
    if answer.shape != reference.shape or not (np.isfinite(answer).all() and np.isfinite(reference).all()):
        return float("inf")
    return float(np.max(np.abs(answer - reference)) / np.max(np.abs(reference)))
