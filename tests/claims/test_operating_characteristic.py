"""The operating characteristic of the sequential test in its four forms, on synthetic data with a known mean.

The margin is 1. Frequencies over the seeds 0 .. RUNS - 1 are held against the probability that theory gives, or that
bounds them, by an exact binomial quantile: a correct engine fails one comparison in 1e9. Clear cases run at the level
of the package, 1e-4, with noise such that the last stage alone decides a bias of 0 or 2 with five standard errors to
spare; what remains are the 1 % of runs in which a check of the data (control means, batches, fit) fails by chance at
the end. The boundary runs at the level 0.2, where wrong decisions are frequent enough to be counted.
"""

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import binom

from solvable.claims.declaration import claim
from solvable.claims.extrapolations import extrapolation
from solvable.claims.lab import Lab
from solvable.claims.sequential import LEVEL, Plan
from solvable.claims.statistics import statistic
from solvable.claims.time_averages import time_average
from solvable.claims.verdicts import Agreement

RUNS, LARGE, CHANCE, REMAINING = 200, 0.2, 1e-9, 0.01 + LEVEL


def at_most(count, probability, runs=RUNS):
    """Whether so many events are credible at this probability or less."""
    return count <= binom.isf(CHANCE, runs, probability)


def noise(seed, *shape):
    return np.random.default_rng([7, seed]).standard_normal(shape)


def slices(values):
    return lambda first, count: values[first : first + count]


def plain(bias, seed, level, first=64, stages=8):
    values = bias + 8 * noise(seed, first * 2 ** (stages - 1))
    return statistic(slices(values), 0.0, 1.0, {}, Plan(first, stages, level))


def controlled(bias, seed, level, first=64, stages=8):
    """A skewed control of mean 1 carries most of the noise: without it the last stage would decide nothing."""
    size = first * (2 ** (stages - 1) + 1)
    control = np.random.default_rng([8, seed]).exponential(size=size)
    rows = np.stack([bias + 30 * (control - 1) + 8 * noise(seed, size), control], axis=1)
    return statistic(slices(rows), 0.0, 1.0, {}, Plan(first, stages, level), control_mean=1.0)


def batches(bias, seed, level, first=2048, stages=6):
    """AR(1) with coefficient 0.9, autocorrelation time 19, standard deviation 4, started in its stationary law."""
    shocks = noise(seed, first * 2 ** (stages - 1))
    shocks[1:] *= np.sqrt(1 - 0.9**2)
    series = bias + 4 * lfilter([1.0], [1.0, -0.9], shocks)
    return time_average(slices(series), 0.0, 1.0, {}, Plan(first, stages, level))


def extrapolated(bias, seed, level, first=64, stages=6):
    """Four halvings; the noise has variance 8 h and is independent at the step sizes."""
    h = np.array([1.0, 0.5, 0.25, 0.125])
    errors = noise(seed, 4, first * (2 ** (stages - 1) + 1))
    values = dict(zip(h, (bias + 2 * h - 3 * h**2 + np.sqrt(8 * h) * errors.T).T, strict=True))
    return extrapolation(
        lambda step, first, count: slices(values[step])(first, count), h, 0.0, 1.0, {}, Plan(first, stages, level)
    )


FORMS = {"plain": plain, "controls": controlled, "batch means": batches, "extrapolation": extrapolated}
ONE_STAGE = {"plain": 4096, "controls": 4096, "batch means": 16384, "extrapolation": 1024}


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


def verdicts(form, bias, level, runs=RUNS, **options):
    return [FORMS[form](bias, seed, level, **options).agreement for seed in range(runs)]


def test_a_true_claim_is_accepted(form):
    assert at_most(RUNS - verdicts(form, 0.0, LEVEL).count(Agreement.INSIDE), REMAINING)


@pytest.mark.parametrize("bias", [2.0, -2.0])
def test_a_claim_off_by_twice_the_margin_is_rejected(form, bias):
    assert at_most(RUNS - verdicts(form, bias, LEVEL).count(Agreement.OUTSIDE), REMAINING)


def test_the_boundary_stays_open(form):
    """Any decision there comes from an interval that misses the truth; false acceptance from one side alone."""
    seen = verdicts(form, 1.0 + 1e-9, LARGE, stages=5)
    assert at_most(RUNS - seen.count(Agreement.OPEN), LARGE)
    assert at_most(seen.count(Agreement.INSIDE), LARGE / 2)


def test_a_single_stage_misses_with_its_level(form):
    """Stage 1 has half the level. Plain and controlled intervals are exact, the others add to their width."""
    runs = 400
    seen = verdicts(form, 1.0, LARGE, runs, first=ONE_STAGE[form], stages=1)
    decided = runs - seen.count(Agreement.OPEN)
    assert at_most(decided, LARGE / 2, runs)
    if form in ("plain", "controls"):
        assert decided >= binom.ppf(CHANCE, runs, LARGE / 2)


def test_the_tests_of_one_claim_miss_together_with_its_level():
    """Six tests at the boundary, one stage each, at half their level: each with that of the claim misses in 47 %."""
    declared = claim("me2026-six", statement="$x$", source="me")(lambda lab: None)
    decided, runs = 0, 400
    for seed in range(runs):
        lab = Lab(declared)
        for values in 1.0 + 8 * noise(seed, 6, 1024):
            lab.statistic(slices(values), 0.0, 1.0, level=LARGE, first=1024, stages=1)
        decided += any(evidence.agreement is not Agreement.OPEN for evidence in lab.evidence)
    probability = 1 - np.prod([1 - LARGE / 2 / (k * (k + 1)) for k in range(1, 7)])
    assert probability < LARGE / 2
    assert binom.ppf(CHANCE, runs, probability) <= decided <= binom.isf(CHANCE, runs, probability)
