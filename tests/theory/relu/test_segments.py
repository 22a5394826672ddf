"""Expected statistics of a segment against draws of units, against 50 digits at small angles, and by their limits."""

import mpmath as mp
import numpy as np
import pytest

from solvable.theory import expected_segment_statistics

DRAWS = 300_000
CASES = {
    "one input": ([-0.7], [0.4], (1.0, 1.0, 1.0)),
    "close": ([2.0], [3.0], (0.5, 2.0, 0.3)),
    "no bias": ([0.3, -1.0, 0.2, 0.7, 2.0], [1.0, 0.4, -0.5, -1.1, 0.1], (1.0, 0.7, 0.0)),
    "unequal ends": ([1.0, 2.0], [4.0, -3.0], (2.0, 1.0, 0.5)),
}


def relu(h):
    return np.maximum(h, 0)


def draws_of_units(x0, x1, stds, t):
    """For each unit: crossing, gap, ``int Gamma^2`` and ``D(t)``, by what the functions are, not by a formula."""
    rng = np.random.default_rng(0)
    a, b = stds[0] * rng.standard_normal(DRAWS), stds[2] * rng.standard_normal(DRAWS)
    w = stds[1] * rng.standard_normal((DRAWS, len(x0)))
    h0, h1 = w @ x0 + b, w @ x1 + b
    crossing, change = (h0 > 0) != (h1 > 0), h1 - h0
    gap = np.where(crossing, a * np.abs(change), 0.0)
    share = (relu(h0) + relu(h1)) / np.where(crossing, np.abs(change), 1.0)  # of the segment, where the unit is active
    square = np.where(crossing, a**2 * (change**2 * share - (relu(h1) - relu(h0)) ** 2), 0.0)
    bent = a * (relu((1 - t) * h0 + t * h1) - (1 - t) * relu(h0) - t * relu(h1))
    return crossing, gap, square, bent


@pytest.mark.parametrize("case", CASES)
def test_expectations_are_means_over_draws(case):
    """Within five standard errors of 3e5 units."""
    x0, x1, stds = CASES[case]
    x0, x1 = np.array(x0), np.array(x1)
    options = dict(zip(("output_std", "weight_std", "bias_std"), stds, strict=True))
    segment = expected_segment_statistics(x0, x1, 1, **options)
    crossing, gap, square, _ = draws_of_units(x0, x1, stds, 0.5)
    pairs = [
        (segment.breakpoints, crossing),
        (segment.slope_variance, gap**2),
        (segment.total_variation, np.abs(gap)),
        (segment.deflection**2, square),
    ]
    for t in (0.1, 0.5, 0.8):
        pairs.append((segment.straightness(t) ** 2, draws_of_units(x0, x1, stds, t)[3] ** 2))
    for predicted, values in pairs:
        assert abs(predicted - values.mean()) < 5 * values.std() / np.sqrt(DRAWS)
    assert segment.gap_deviation**2 == pytest.approx(segment.slope_variance / segment.breakpoints, rel=1e-13)


def test_the_width_multiplies_and_a_number_is_one_input():
    one, many = (
        expected_segment_statistics(0.1, 0.9, 1),
        expected_segment_statistics([0.1], [0.9], 400, output_std=0.05),
    )
    assert many.breakpoints == pytest.approx(400 * one.breakpoints)
    assert many.gap_deviation == pytest.approx(0.05 * one.gap_deviation)
    assert many.deflection == pytest.approx(one.deflection)
    assert many.straightness([0.2, 0.7]) == pytest.approx(one.straightness([0.2, 0.7]))
    assert many.total_variation == pytest.approx(20 * one.total_variation)
    swapped = expected_segment_statistics(0.9, 0.1, 1)
    assert swapped.deflection == pytest.approx(one.deflection)
    assert swapped.straightness([0.8, 0.3]) == pytest.approx(one.straightness([0.2, 0.7]))


@pytest.mark.parametrize("distance", [1e-2, 1e-5, 2.0**-40])
@pytest.mark.parametrize("bias_std", [0.0, 0.8])
def test_close_inputs_keep_all_digits(distance, bias_std):
    """By the kernel of the network, whose terms cancel to the third power of the distance, in 60 digits."""
    x0, x1 = np.array([0.3, -1.2, 0.5]), np.array([0.3, -1.2, 0.5]) + distance * np.array([1.0, 0.5, -1.0])
    segment = expected_segment_statistics(x0, x1, 7, output_std=1.3, weight_std=0.6, bias_std=bias_std)
    with mp.workdps(80):
        u = [mp.mpf(0.6) * mp.mpf(float(v)) for v in x0] + [mp.mpf(bias_std)]
        v = [mp.mpf(0.6) * mp.mpf(float(v)) for v in x1] + [mp.mpf(bias_std)]

        def dot(p, q):
            return mp.fsum(i * j for i, j in zip(p, q, strict=True))

        def kernel(p, q):
            size = mp.sqrt(dot(p, p) * dot(q, q))
            theta = mp.acos(min(dot(p, q) / size, mp.mpf(1)))
            return size * (mp.sin(theta) + (mp.pi - theta) * mp.cos(theta)) / (2 * mp.pi)

        change = [j - i for i, j in zip(u, v, strict=True)]
        scale = 7 * mp.mpf(1.3) ** 2
        deflection = dot(change, change) / 2 - kernel(u, u) - kernel(v, v) + 2 * kernel(u, v)
        assert segment.deflection**2 == pytest.approx(float(scale * deflection), rel=1e-9)
        theta = mp.acos(dot(u, v) / mp.sqrt(dot(u, u) * dot(v, v)))
        assert segment.breakpoints == pytest.approx(float(7 * theta / mp.pi), rel=1e-10)
        for t in (mp.mpf("0.25"), mp.mpf("0.625")):
            inner = [i + t * j for i, j in zip(u, change, strict=True)]
            parts = [(mp.mpf(1), inner), (t - 1, u), (-t, v)]
            variance = mp.fsum(c * d * kernel(p, q) for c, p in parts for d, q in parts)
            assert segment.straightness(float(t)) ** 2 == pytest.approx(float(scale * variance), rel=1e-9)


def test_limits():
    """Gaps of close inputs at equal distances s from the origin: ``2 sigma_a^2 s^2 theta^2``. Inputs on a line through
    it, without bias: one breakpoint a unit, none if they are on the same side."""
    theta = 1e-4
    close = expected_segment_statistics([1.0, 0.0], [np.cos(theta), np.sin(theta)], 5, output_std=0.3, bias_std=0.0)
    assert close.gap_deviation**2 == pytest.approx(2 * 0.3**2 * theta**2, rel=1e-6)
    through = expected_segment_statistics(-1.0, 2.0, 9, bias_std=0.0)
    assert through.breakpoints == pytest.approx(9.0, rel=1e-15)
    # all breakpoints are at t = 1/3: D is a tent of height sqrt(9 (2/3)^2 E h_0^2)
    assert through.straightness([0.0, 1 / 6, 1 / 3, 1.0]) == pytest.approx([0.0, 1.0, 2.0, 0.0], abs=1e-7)
    same_side = expected_segment_statistics(1.0, 2.0, 9, bias_std=0.0)
    assert (same_side.breakpoints, same_side.gap_deviation) == (0.0, 0.0)
    middle = expected_segment_statistics([1.0, -1.0], [-1.0, 1.0], 4, bias_std=0.0)
    assert middle.straightness(0.5) == pytest.approx(np.sqrt(4 * 0.25 * 2.0), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_segment_statistics(1.0, 1.0, 3), r"x1 must differ from x0, got \[1.0\] twice"),
        (lambda: expected_segment_statistics([1.0], [1.0, 2.0], 3), "x0 and x1 must have the same shape"),
        (lambda: expected_segment_statistics([], [], 3), "x0 and x1 must have the same shape, not empty"),
        (lambda: expected_segment_statistics(0.0, 1.0, 0), "width must be an integer >= 1"),
        (lambda: expected_segment_statistics(0.0, 1.0, 3, bias_std=0.0), "bias_std must be > 0 if x0 or x1 is 0"),
        (lambda: expected_segment_statistics(0.0, 1.0, 3, weight_std=0.0), "weight_std must be > 0"),
        (lambda: expected_segment_statistics(0.0, 1.0, 3, output_std=-1.0), "output_std must be > 0"),
        (lambda: expected_segment_statistics(0.0, 1.0, 3, bias_std=-1.0), "bias_std must be >= 0"),
        (lambda: expected_segment_statistics(0.0, 1.0, 3).straightness(1.5), r"t must lie in \[0, 1\]"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
