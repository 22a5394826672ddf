"""Frequencies of events: the exact interval, its coverage, and what the sequential test with it may get wrong.

Probabilities are sums over the binomial distribution, with no sample.
"""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from solvable import claim, verify
from solvable.claims import Verdict
from solvable.claims.errors import ClaimError
from solvable.claims.proportions import binomial_interval, proportion
from solvable.claims.sequential import Plan, student_interval
from solvable.claims.statistics import statistic
from solvable.claims.verdicts import Agreement

PROBABILITIES = [0.0, 1e-4, 0.003, 0.02, 0.3, 0.5, 0.97, 1.0]


def ends(interval):
    middle = interval.mean + interval.offset
    return middle - interval.half_width, middle + interval.half_width


@pytest.mark.parametrize("level", [0.05, 1e-4])
@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (3, 64), (40, 64), (0, 8192), (4000, 8192)])
def test_the_interval_is_that_of_clopper_and_pearson(k, n, level):
    interval = binomial_interval(k, n, level)
    exact = binomtest(k, n).proportion_ci(1 - level, method="exact")
    np.testing.assert_allclose(ends(interval), (exact.low, exact.high), rtol=1e-9, atol=1e-15)
    assert interval.mean == k / n


@pytest.mark.parametrize("level", [0.1, 1e-4])
@pytest.mark.parametrize("n", [5, 64, 300])
def test_the_interval_covers_at_every_probability(n, level):
    lows, highs = np.array([ends(binomial_interval(k, n, level)) for k in range(n + 1)]).T
    for p in PROBABILITIES:
        missed = binom.pmf(np.arange(n + 1), n, p) @ ((p < lows - 1e-15) | (p > highs + 1e-15))
        assert missed <= level


def test_students_interval_does_not():
    """64 replicas of an event of probability 0.02: more than a quarter of the samples are all zeros, of no width."""
    counts = np.arange(65)
    missed = [abs(student_interval(np.repeat([1.0, 0.0], [k, 64 - k]), 1e-4).mean - 0.02) for k in counts]
    widths = [student_interval(np.repeat([1.0, 0.0], [k, 64 - k]), 1e-4).half_width for k in counts]
    assert binom.pmf(counts, 64, 0.02) @ (np.array(missed) > widths) > 0.25


def decisions(p, predicted, margin, plan):
    """Probabilities of (acceptance, rejection) by the sequential test of `proportion`, stage by stage."""
    alive, size = np.array([1.0]), 0
    found = {Agreement.INSIDE: 0.0, Agreement.OUTSIDE: 0.0}
    for stage in range(1, plan.stages + 1):
        more = plan.first * 2 ** (stage - 1) - size
        size += more
        alive = np.convolve(alive, binom.pmf(np.arange(more + 1), more, p))
        for k in np.flatnonzero(alive):
            agreement = binomial_interval(int(k), size, plan.level / (stage * (stage + 1))).compare(predicted, margin)
            if agreement in found:
                found[agreement] += alive[k]
                alive[k] = 0.0
    return found[Agreement.INSIDE], found[Agreement.OUTSIDE]


@pytest.mark.parametrize("predicted", [0.02, 0.4, 0.9])
def test_wrong_decisions_are_as_rare_as_the_level_at_the_boundary(predicted):
    plan, margin = Plan(32, 5, 0.1), 0.05
    for p in (predicted - margin, predicted + margin):
        if 0 <= p <= 1:
            inside, _ = decisions(p + np.sign(p - predicted) * 1e-12, predicted, margin, plan)
            _, outside = decisions(p - np.sign(p - predicted) * 1e-12, predicted, margin, plan)
            assert 0 < inside + outside <= plan.level


@pytest.mark.parametrize("predicted", [0.02, 0.4, 0.95])
def test_clear_cases_are_decided(predicted):
    plan, margin = Plan(64), 0.05
    assert decisions(predicted, predicted, margin, plan)[0] > 1 - 1e-3
    for p in (predicted - 2 * margin, predicted + 2 * margin):
        if 0 <= p <= 1:
            assert decisions(p, predicted, margin, plan)[1] > 1 - 1e-3


def test_the_enumeration_is_the_test():
    """The same events through `proportion`: the frequency of its decisions against their probability."""
    plan, runs, chance = Plan(16, 3, 0.3), 2000, 1e-9
    drawn = np.random.default_rng(1).random((runs, 64)) < 0.45
    seen = [proportion(lambda a, c, row=row: row[a : a + c], 0.2, 0.15, {}, plan).agreement for row in drawn]
    expected = dict(zip((Agreement.INSIDE, Agreement.OUTSIDE), decisions(0.45, 0.2, 0.15, plan), strict=True))
    for agreement, probability in expected.items():
        assert binom.ppf(chance, runs, probability) <= seen.count(agreement) <= binom.isf(chance, runs, probability)
    assert min(expected.values()) > 1e-4


def test_a_claim_about_a_proportion():
    def sampler(first, count):
        return np.random.default_rng(0).random(first + count)[first:] < 0.3

    @claim("me2026-third", statement="$x$", source="me", rivals=("half",))
    def third(lab):
        lab.proportion(sampler, 0.3, 0.1, rivals={"half": 0.5})

    report = verify(third)
    (evidence,) = report[0].outcomes[0].evidence
    assert (report[0].verdict, evidence.kind) == (Verdict.VERIFIED, "proportion")
    assert list(evidence.numbers) == ["measured", "predicted", "half width", "replicas", "events"]
    assert evidence.numbers["events"] == np.sum(sampler(0, int(evidence.numbers["replicas"])))


def test_a_rare_event_is_not_taken_for_one_that_never_occurs():
    """No event in any of the replicas, and a margin below what so many of them can tell."""
    evidence = proportion(lambda first, count: np.zeros(count, bool), 0.0, 1e-3, {"one in 500": 2e-3}, Plan(64))
    assert evidence.agreement is Agreement.OPEN
    assert not evidence.rivals[0].rejected


@pytest.mark.parametrize("value", [False, 0.0, 1])
def test_means_of_truth_values_are_sent_here(value):
    with pytest.raises(ClaimError, match="is a proportion"):
        statistic(lambda first, count: np.full(count, value), 0.0, 1.0, {}, Plan(64))


def test_what_is_no_proportion_is_refused():
    with pytest.raises(ClaimError, match=r"truth values, got 0\.5"):
        proportion(lambda first, count: np.full(count, 0.5), 0.5, 0.1, {}, Plan(64))
    with pytest.raises(ClaimError, match=r"predicted must be a probability, from 0 to 1, got 1\.5"):
        proportion(lambda first, count: np.ones(count), 1.5, 0.1, {}, Plan(64))
