"""Time averages: the autocorrelation time, the rule of the batches, coverage, and what is refused."""

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import binom

from solvable.claims import autocorrelation_time, batch_means, student_interval
from solvable.claims.sequential import Plan
from solvable.claims.time_averages import FEWEST, LENGTH, MOST, time_average
from solvable.claims.verdicts import Agreement


def autoregression(seed, size, coefficient=0.9):
    """AR(1) of variance 1 in its stationary law; autocorrelation time (1 + c) / (1 - c)."""
    shocks = np.random.default_rng([11, seed]).standard_normal(size)
    shocks[1:] *= np.sqrt(1 - coefficient**2)
    return lfilter([1.0], [1.0, -coefficient], shocks)


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.9, 0.97])
def test_autocorrelation_time_of_an_autoregression(coefficient):
    """Standard error of one estimate: time * sqrt(2 (2 W + 1) / N) at the window W = 5 times (Sokal)."""
    exact, size, runs = (1 + coefficient) / (1 - coefficient), 100_000, 20
    measured = np.mean([autocorrelation_time(autoregression(k, size, coefficient)) for k in range(runs)])
    error = exact * np.sqrt(2 * (10 * exact + 3) / size / runs)
    assert abs(measured - exact) < 6 * error + exact * 10 * exact / size  # the mean of the sample is removed


def test_autocorrelation_time_by_direct_summation():
    x = autoregression(0, 3000)
    centered = x - x.mean()
    total = 1.0
    for k in range(1, x.size):
        total += 2 * (centered[k:] @ centered[:-k]) / (centered @ centered)
        if k >= 5 * total:
            break
    assert autocorrelation_time(x) == pytest.approx(total, rel=1e-10)


def test_series_without_positive_correlation_count_as_independent():
    assert autocorrelation_time(np.tile([1.0, -1.0], 500)) == 1.0
    assert autocorrelation_time(np.full(100, 0.3)) == 1.0


@pytest.mark.parametrize("coefficient", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("batches", [FEWEST, MOST])
def test_the_variance_of_the_shortest_batches_is_not_too_small(coefficient, batches):
    """Exact second moments: the expected estimate is below the variance of the mean, inflated it is above."""
    time = (1 + coefficient) / (1 - coefficient)
    length = int(np.ceil(LENGTH * time))

    def variance(size):
        """Of the mean of `size` values."""
        k = np.arange(1, size)
        return (1 + 2 * np.sum((1 - k / size) * coefficient**k)) / size

    of_mean = variance(batches * length)
    estimate = (variance(length) - of_mean) / (batches - 1)
    assert 0.95 * of_mean < estimate < of_mean < estimate * (1 + time / length) < 1.05 * of_mean


def test_coverage_of_batch_means_and_of_the_naive_interval():
    """1000 runs of 600 autocorrelation times: batch means miss at most with their level, independence always does."""
    runs, level = 1000, 0.05
    missed = naive = refused = 0
    for k in range(runs):
        x = autoregression(k, 600 * 19)
        found = batch_means(x, level)
        refused += not np.isfinite(found.interval.half_width)
        missed += abs(found.interval.mean) > found.interval.half_width
        interval = student_interval(x, level)
        naive += abs(interval.mean) > interval.half_width
    assert missed <= binom.isf(1e-9, runs, level)
    assert refused <= binom.isf(1e-9, runs, 0.01)
    assert naive > 0.5 * runs


def test_the_rule_of_the_batches():
    for size in (2_000, 5_000, 9_000, 20_000, 100_000):
        found = batch_means(autoregression(1, size), 0.1)
        if size < FEWEST * LENGTH * found.time:
            assert (found.batches, found.length, found.interval.half_width) == (0, 0, np.inf)
            assert found.note == "the run is shorter than 400 autocorrelation times"
        else:
            assert FEWEST <= found.batches <= MOST
            assert found.length >= LENGTH * found.time
            assert np.isfinite(found.interval.half_width)
    assert batch_means(autoregression(1, 2_000), 0.1).batches == 0
    assert batch_means(autoregression(1, 100_000), 0.1).batches == MOST


def test_the_interval_is_students_of_the_batch_means_with_a_larger_variance():
    x = autoregression(2, 30_000)
    found = batch_means(x, 0.01)
    means = [np.mean(x[k : k + found.length]) for k in range(x.size - 50 * found.length, x.size, found.length)]
    student = student_interval(np.array(means), 0.01)
    assert (found.batches, len(means)) == (50, 50)
    assert found.interval.mean == pytest.approx(student.mean, rel=1e-12)
    widened = student.half_width * np.sqrt(1 + found.time / found.length)
    assert found.interval.half_width == pytest.approx(widened, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_random_walk_is_refused(seed):
    walk = np.cumsum(np.random.default_rng(seed).standard_normal(50_000))
    assert batch_means(walk, 0.1).interval.half_width == np.inf


def test_a_slow_motion_below_fast_noise_is_refused():
    """White noise of variance 1 and an autoregression of variance 0.05 with time 3999: hidden from the window."""
    refused = 0
    for seed in range(100):
        x = np.random.default_rng(seed).standard_normal(20_000) + np.sqrt(0.05) * autoregression(seed, 20_000, 0.9995)
        found = batch_means(x, 0.1)
        refused += found.interval.half_width == np.inf
    assert refused >= 90


def sampler_of(series):
    return lambda first, count: series[first : first + count]


def test_second_moment_of_a_correlated_run():
    """The mean of x^2 is 1, its correlations c^(2k)."""
    series = autoregression(3, 4096 * 2**5, 0.97) ** 2
    evidence = time_average(sampler_of(series), 1.0, 0.2, {"half": 0.5, "twice": 2.0}, Plan(4096, 6))
    assert evidence.agreement is Agreement.INSIDE
    assert all(rival.rejected for rival in evidence.rivals)
    assert evidence.kind == "time average"
    assert 20 < evidence.numbers["autocorrelation time"] < 50  # 32.8
    assert evidence.numbers["batches"] * evidence.numbers["batch length"] <= evidence.numbers["values"]


def test_the_run_is_continued_not_drawn_again():
    asked = []

    def sampler(first, count):
        asked.append((first, count))
        return 0.97 + np.random.default_rng(first).standard_normal(count)

    time_average(sampler, 0.0, 1.0, {"blind": 0.9}, Plan(1000, 4))
    assert asked == [(0, 1000), (1000, 1000), (2000, 2000), (4000, 4000)]


def test_a_run_that_is_too_short_stays_open():
    series = autoregression(0, 4096, 0.99)  # 21 autocorrelation times
    evidence = time_average(sampler_of(series), 0.0, 100.0, {"far": 1e6}, Plan(1024, 3))
    assert evidence.agreement is Agreement.OPEN
    assert evidence.note == "the run is shorter than 400 autocorrelation times"
    assert not evidence.rivals[0].rejected


def test_values_that_are_not_finite_refute():
    evidence = time_average(lambda first, count: np.full(count, np.inf), 0.0, 1.0, {}, Plan(100))
    assert evidence.agreement is Agreement.OUTSIDE
    assert evidence.note == "100 of 100 values are not finite"


@pytest.mark.parametrize("series", [np.zeros((2, 3)), [1.0], [1.0, np.nan], "x"])
def test_bad_series(series):
    with pytest.raises(ValueError, match="series must") as caught:
        autocorrelation_time(series)
    assert "\n" not in str(caught.value)
