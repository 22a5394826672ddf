"""Extrapolation in the step size: the fit against NumPy and SciPy, its test, the choice of step sizes, misuse."""

import numpy as np
import pytest
from scipy.stats import binom, chi2, ttest_1samp

from solvable.claims.errors import ClaimError
from solvable.claims.extrapolations import PolynomialFit, extrapolation
from solvable.claims.sequential import CHECK_LEVEL, Plan, student_interval
from solvable.claims.verdicts import Agreement

H = 0.4 * 2.0 ** -np.arange(4)


def noisy(mean, spread=0.0, seed=0, controls=False):
    """A sampler with the given mean(h); the noise of a replica is its own at every step size."""

    def sampler(step, first, count):
        # One stream a step size, read from its beginning: a draw is a function of (step, replica).
        rng = np.random.default_rng([seed, int(1e9 * step)])
        z = rng.standard_normal((first + count, 2))[first:]
        values = mean(step) + spread * z[:, 0]
        return np.stack([values + 50 * step * z[:, 1], z[:, 1] + step], axis=1) if controls else values

    return sampler


def run(sampler, predicted=1.0, margin=0.1, rivals=(), step_sizes=H, plan=None, **options):
    return extrapolation(sampler, step_sizes, predicted, margin, dict(rivals), plan or Plan(64), **options)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_coefficients_are_those_of_polyfit(order):
    rng = np.random.default_rng(0)
    h, y, spreads = 0.3 * 2.0 ** -np.arange(6), rng.standard_normal(6), rng.uniform(0.5, 2.0, 6)
    fit = PolynomialFit.at(h, spreads, order)
    low, high = (np.polynomial.polynomial.polyfit(h, y, k, w=1 / spreads) for k in (order, order + 1))
    np.testing.assert_allclose(fit.rows @ y, low, rtol=1e-8)
    assert fit.shift @ y == pytest.approx(high[0] - low[0], rel=1e-7)
    assert fit.contrasts.shape == (5 - order, 6)
    np.testing.assert_allclose(fit.contrasts @ np.vander(h, order + 1), 0.0, atol=1e-13)


def test_one_contrast_is_students_test():
    rng = np.random.default_rng(1)
    fit = PolynomialFit.at(H, np.ones(4), 2)
    sample = rng.standard_normal((30, 4))
    assert fit.p_value(sample) == pytest.approx(ttest_1samp(sample @ fit.contrasts[0], 0.0).pvalue, rel=1e-9)


def test_many_replicas_give_the_chi_square_of_the_fit():
    rng = np.random.default_rng(2)
    h, spreads, M = 0.3 * 2.0 ** -np.arange(6), np.arange(1.0, 7.0), 100_000
    sample = 1 + 2 * h - h**2 + spreads * rng.standard_normal((M, 6))
    mean = sample.mean(axis=0)
    fitted = np.polynomial.polynomial.polyval(h, np.polynomial.polynomial.polyfit(h, mean, 2, w=1 / spreads))
    square = np.sum(M * (mean - fitted) ** 2 / spreads**2)
    assert PolynomialFit.at(h, spreads, 2).p_value(sample) == pytest.approx(chi2.sf(square, 3), rel=0.05)


def test_a_true_polynomial_fails_the_fit_at_the_level_of_the_check():
    rng = np.random.default_rng(3)
    h = 2.0 ** -np.arange(6)
    fit = PolynomialFit.at(h, np.ones(6), 2)
    failed = sum(fit.p_value(1 + h + rng.standard_normal((64, 6))) < CHECK_LEVEL for _ in range(3000))
    assert binom.ppf(1e-9, 3000, CHECK_LEVEL) <= failed <= binom.isf(1e-9, 3000, CHECK_LEVEL)


def test_exact_data_are_extrapolated_exactly():
    evidence = run(noisy(lambda h: 1 + 3 * h - 7 * h**2), margin=1e-9, rivals={"half": 0.5})
    numbers = evidence.numbers
    assert evidence.agreement is Agreement.INSIDE
    assert evidence.rivals[0].rejected
    assert numbers["measured"] == pytest.approx(1.0, abs=1e-12)
    assert numbers["first order"] == pytest.approx(3.0, abs=1e-10)
    assert (numbers["step sizes"], numbers["replicas"], numbers["pilot"]) == (4, 64, 64)
    assert run(noisy(lambda h: 1 + 3 * h - 7 * h**2 + 5 * h**3), margin=1e-9).agreement is Agreement.OPEN


@pytest.mark.parametrize("count", [4, 6])
def test_the_half_width_is_students_plus_the_shift_under_one_more_power(count):
    """The level of the stage is divided among the sets of step sizes that might have been used."""
    sampler, h = noisy(lambda h: 1 + 2 * h, spread=0.3), 0.4 * 2.0 ** -np.arange(count)
    numbers = run(sampler, margin=9.0, step_sizes=h).numbers
    pilot = np.stack([sampler(step, 0, 64) for step in h], axis=1)
    sample = np.stack([sampler(step, 64, 64) for step in h], axis=1)
    fit = PolynomialFit.at(h, pilot.std(axis=0, ddof=1), 2)
    student = student_interval(sample @ fit.rows[0], 1e-4 / 2 / (count - 3))
    assert numbers["measured"] == pytest.approx(student.mean, rel=1e-12)
    assert numbers["half width"] == pytest.approx(student.half_width + abs(numbers["next order"]), rel=1e-12)
    assert numbers["fit"] == pytest.approx(fit.p_value(sample), rel=1e-9)


def test_replicas_may_share_their_noise_between_the_step_sizes():
    """A common error of standard deviation 30 that grows with h: of no weight in e_0, which a chi-square of
    independent errors would not see."""

    def sampler(step, first, count):
        common, own = (
            np.random.default_rng([5, k]).standard_normal(first + count)[first:] for k in (0, int(1e9 * step))
        )
        return 1 + (2 + 30 * common) * step + 0.01 * own

    shared = run(sampler, rivals={"near": 1.3})
    assert shared.agreement is Agreement.INSIDE
    assert shared.rivals[0].rejected


def test_the_largest_step_size_is_left_out_when_the_fit_fails():
    def mean(h):
        return 1 + h + 500 * h**3 * (h > 0.3)

    four = run(noisy(mean, spread=0.1))
    five = run(noisy(mean, spread=0.1), step_sizes=[*H[::-1], H[-1] / 2], plan=Plan(512))
    assert four.agreement is Agreement.OPEN
    assert "no polynomial of degree 2 fits" in four.note
    assert four.numbers["fit"] < CHECK_LEVEL
    assert five.agreement is Agreement.INSIDE
    assert five.numbers["step sizes"] == 4


def test_a_claim_about_the_leading_term_alone_is_refuted():
    """The measurement at the smallest step is within the margin of a wrong limit, its extrapolation is not."""
    evidence = run(noisy(lambda h: 1 + 2 * h, spread=0.05), predicted=1.13, margin=0.05, rivals={"limit": 1.0})
    assert abs(1 + 2 * H[-1] - 1.13) < 0.04
    assert evidence.agreement is Agreement.OUTSIDE
    assert not evidence.rivals[0].rejected


def test_controls_with_a_mean_for_each_step_size():
    sampler = noisy(lambda h: 1 + 2 * h, spread=0.05, controls=True)
    plain = run(lambda *at: sampler(*at)[:, 0], plan=Plan(64, 4))
    evidence = run(sampler, plan=Plan(64, 4), control_mean=lambda step: step)
    assert plain.agreement is Agreement.OPEN
    assert evidence.agreement is Agreement.INSIDE
    wrong = run(sampler, plan=Plan(64, 4), control_mean=lambda step: step + 1)
    assert (wrong.agreement, wrong.note) == (Agreement.OPEN, "the controls do not have the declared mean")


def test_the_same_replicas_are_asked_at_every_step_size():
    asked = []

    def sampler(step, first, count):
        asked.append((step, first, count))
        return np.random.default_rng([first, int(1e6 * step)]).standard_normal(count)

    run(sampler, predicted=30.0, margin=30.0, plan=Plan(10, 2), step_sizes=[0.1, 0.4, 0.2, 0.05])
    assert {step for step, _, _ in asked} == {0.4, 0.2, 0.1, 0.05}
    for step in (0.4, 0.2, 0.1, 0.05):
        assert [(first, count) for s, first, count in asked if s == step] == [(0, 10), (10, 10), (20, 10)]


def test_replicas_that_are_not_finite_refute_and_name_their_step_size():
    evidence = run(lambda step, first, count: np.full(count, np.nan if step == 0.2 else 1.0))
    assert evidence.agreement is Agreement.OUTSIDE
    assert evidence.note == "64 of 64 replicas at step size 0.2 are not finite"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step_sizes": [0.1, 0.2, 0.4]}, "order 2 needs at least 4 step sizes, got 3"),
        ({"step_sizes": [0.1, 0.2, 0.2, 0.4]}, "step_sizes must be distinct positive numbers"),
        ({"step_sizes": [0.0, 0.1, 0.2, 0.4]}, "step_sizes must be distinct positive numbers"),
        ({"step_sizes": 0.1}, "step_sizes must be distinct positive numbers"),
        ({"order": 0}, "order must be an integer >= 1, got 0"),
        ({"order": 1.5}, "order must be an integer >= 1, got 1.5"),
        ({"margin": 0.0}, "tolerance must be > 0"),
    ],
)
def test_misuse(options, message):
    with pytest.raises(ClaimError, match=message):
        run(noisy(lambda h: 1.0, spread=1.0), **options)


def test_a_sampler_of_the_wrong_shape_is_named_with_its_step_size():
    with pytest.raises(ClaimError, match=r"sampler\(0, 64\) at step size 0.4 must return shape \(64,\), got \(1,\)"):
        run(lambda step, first, count: np.zeros(1))
