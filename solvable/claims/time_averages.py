r"""Time averages of one long correlated run, by batch means.

For a stationary series with autocorrelations :math:`\rho_k` and integrated autocorrelation time
:math:`\tau = 1 + 2 \sum_{k \ge 1} \rho_k`, the mean of N values has the variance :math:`\sigma^2 \tau / N`, as if
only :math:`N / \tau` of them were independent. The series is cut into :math:`B` batches of length :math:`\ell`; their
means are nearly independent and Gaussian when :math:`\ell \gg \tau`, and Student's interval with :math:`B - 1` degrees
of freedom needs no estimate of :math:`\tau` in its width. What is left of the correlation makes the variance of a
batch mean too small, by the factor :math:`1 - \gamma / \ell` with
:math:`\gamma = 2 \sum k \rho_k / \tau \approx \tau / 2` for a slowly decaying exponential; the variance is therefore
multiplied by :math:`1 + \tau / \ell`, more than enough.

The rule: 20 to 50 batches, each at least 20 autocorrelation times. :math:`\tau` is estimated by summing
:math:`\hat\rho_k` up to the smallest window :math:`W \ge 5 \hat\tau(W)` (Sokal), which overlooks a slow motion below
fast noise. So the batch means must also look independent: their lag-1 correlation, nearly Gaussian with variance
:math:`1/B`, must pass a one-sided test at 1 %. A run that fails either test is refused: its interval is
infinite, and the evidence stays open. The level holds asymptotically; a rare switching that the run has never shown is
invisible to any estimate from the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import real_array
from .evidence import Evidence
from .sequential import CHECK_LEVEL, Estimate, Interval, Plan, draw, sequential_test, student_interval

FIRST_STAGE = 4096
FEWEST, MOST = 20, 50
LENGTH = 20
_WINDOW = 5.0


def autocorrelation_time(series: Any) -> float:
    r"""Integrated autocorrelation time :math:`1 + 2 \sum_k \rho_k` of a stationary series ``(N,)``, in steps.

    At least 1 (a series that alternates is treated as independent), and 1 for a constant one.

    >>> autocorrelation_time(np.random.default_rng(0).standard_normal(4096)) < 1.2
    True
    """
    x = _series(series)
    x = x - x.mean()
    if not np.any(x):
        return 1.0
    length = 1 << (2 * x.size - 1).bit_length()
    power = np.abs(np.fft.rfft(x, length)) ** 2
    correlation = np.fft.irfft(power, length)[: x.size]
    times = 2 * np.cumsum(correlation / correlation[0]) - 1
    # The sum over all lags of a centered series is 0 identically, so that a window always exists.
    window = int(np.argmax(np.arange(x.size) >= _WINDOW * times))
    return max(1.0, float(times[window]))


@dataclass(frozen=True)
class BatchMeans:
    """The interval of a time average; infinite when the run is refused, and `note` says why.

    `length` is that of each of the `batches`, `time` the estimated integrated autocorrelation time.
    """

    interval: Interval
    batches: int
    length: int
    time: float
    note: str = ""


def batch_means(series: Any, level: float) -> BatchMeans:
    """The interval of the mean of a stationary series ``(N,)`` at error probability `level`.

    >>> series = np.random.default_rng(0).standard_normal(2000)
    >>> batch_means(series, 0.05).batches, batch_means(series[:200], 0.05).interval.half_width
    (50, inf)
    """
    from scipy.special import ndtri

    x = _series(series)
    time = autocorrelation_time(x)
    batches = min(MOST, int(x.size / (LENGTH * time)))
    refused = Interval(float(x.mean()), math.inf)
    if batches < FEWEST:
        return BatchMeans(refused, 0, 0, time, f"the run is shorter than {FEWEST * LENGTH} autocorrelation times")
    length = x.size // batches
    means = x[x.size - batches * length :].reshape(batches, length).mean(axis=1)
    centered = means - means.mean()
    if centered[1:] @ centered[:-1] > ndtri(1 - CHECK_LEVEL) / math.sqrt(batches) * (centered @ centered):
        return BatchMeans(refused, batches, length, time, "the batch means are correlated: a slow motion")
    return BatchMeans(student_interval(means, level, inflation=1 + time / length), batches, length, time)


def time_average(
    sampler: Callable[[int, int], Any],
    predicted: float,
    margin: float,
    rivals: Mapping[str, Any],
    plan: Plan,
    reason: str | None = None,
) -> Evidence:
    """Evidence about a stationary mean; ``sampler(first, count)`` continues one run by `count` values."""
    series = np.empty(0)

    def estimate(size: int, level: float) -> Estimate:
        nonlocal series
        series = np.concatenate([series, draw(sampler, series.size, size - series.size, unit="values")])
        found = batch_means(series, level)
        numbers = {
            "values": float(size),
            "autocorrelation time": found.time,
            "batches": float(found.batches),
            "batch length": float(found.length),
        }
        return Estimate(found.interval, numbers, found.note)

    return sequential_test("time average", estimate, predicted, margin, rivals, plan, reason)


def _series(values: Any) -> np.ndarray:
    series = real_array("series", values, ndim=1)
    if series.size < 2:
        raise ValueError(f"series must have at least 2 entries, got {series.size}")
    return series
