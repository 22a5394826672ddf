"""What label noise charges for a function, against networks that realize it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvable import PiecewiseLinear
from solvable.theory import curvature_weight, label_noise_function_cost, least_curvature


def flatness(a, w, b, x):
    """``(1/n) sum_j |grad f(x_j)|^2`` of a network with a trained affine part, from the gradients themselves."""
    total = 0.0
    for value in x:
        z = w * value + b
        active = (z > 0).astype(float)
        gradient = np.concatenate([np.maximum(z, 0.0), a * active * value, a * active, [value, 1.0]])
        total += gradient @ gradient
    return total / x.size


def balanced(f, x, sides, scale=None):
    """Neurons with the knots of f on the given sides, each at the scale of least cost, or at the given one."""
    w = np.where(sides, 1.0, -1.0)
    b = -w * f.knots
    a = f.jumps.copy()
    for k in range(w.size):
        z = w[k] * x + b[k]
        outer, inner = np.sum((1 + x**2)[z > 0]) * a[k] ** 2, np.sum(z[z > 0] ** 2)
        best = (outer / inner) ** 0.25 if inner > 0 and outer > 0 else 1e6 if outer > 0 else 1.0
        best = best if scale is None else scale[k]
        a[k], w[k], b[k] = a[k] / best, best * w[k], best * b[k]
    return a, w, b


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8), st.integers(1, 6))
def test_no_network_of_a_function_is_cheaper_and_one_attains_it(seed, n, count):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-1, 1, n))
    f = PiecewiseLinear.from_knots(rng.uniform(x[0], x[-1], count), rng.normal(size=count))
    cost = label_noise_function_cost(f, x)
    sides = [rng.random(f.knots.size) < 0.5 for _ in range(8)]
    scales = [np.exp(rng.normal(size=f.knots.size)) for _ in range(8)]
    for side, scale in zip(sides, scales, strict=True):
        assert flatness(*balanced(f, x, side), x) >= cost * (1 - 1e-12)
        assert flatness(*balanced(f, x, side, scale), x) >= cost * (1 - 1e-12)
    best = min(
        flatness(*balanced(f, x, np.array([bool(bits >> k & 1) for k in range(f.knots.size)])), x)
        for bits in range(2**f.knots.size)
    )
    assert best == pytest.approx(cost, rel=1e-9)


def test_splitting_a_neuron_changes_nothing_and_opposite_twins_cost():
    x = np.linspace(-1, 1, 5)
    f = PiecewiseLinear.from_knots([0.2], [1.0])
    a, w, b = balanced(f, x, np.array([True]))
    shares = np.sqrt([0.3, 0.7])
    assert flatness(a * shares, w * shares, b * shares, x) == pytest.approx(label_noise_function_cost(f, x), rel=1e-13)
    twins = flatness(np.append(a, -a), np.tile(w, 2), np.tile(b, 2), x)
    assert twins > np.mean(2 * (1 + x**2)) - np.mean(1 + x**2) + 1e-3


def test_affine_functions_and_the_least_interpolant():
    x = np.array([-1.2, -0.7, -0.1, 0.4, 0.8, 1.3])
    y = np.array([0.8, -0.2, -0.5, -0.1, 0.9, 0.3])
    base = np.mean(1 + x**2)
    assert label_noise_function_cost(PiecewiseLinear.through([0, 1], [2, 5]), x) == base
    dots = PiecewiseLinear.through(x, y)
    assert label_noise_function_cost(dots, x) == pytest.approx(5.37798, abs=5e-6)
    least = least_curvature(x, y, "label-noise")
    assert label_noise_function_cost(least.point, x) == pytest.approx(base + 2 / 6 * least.objective, rel=1e-14)
    assert label_noise_function_cost(least.point, x[::-1]) == label_noise_function_cost(dots, x)
    with pytest.raises(ValueError, match="x must have at least 2 entries"):
        label_noise_function_cost(dots, [0.0])


def test_connecting_the_dots_is_not_always_the_least():
    """Where the weight is convex enough over a wide gap, label noise prefers a knot inside it."""
    x, y = np.array([-1.7, -0.4, -0.3, 1.4, 3.3, 3.4]), np.array([0.72, 0.04, 0.02, 0.49, 2.72, 2.89])
    least, dots = least_curvature(x, y, "label-noise"), PiecewiseLinear.through(x, y)
    assert least.certified
    assert np.allclose(least.point.knots, [-0.4, 0.810344827586, 3.3])
    assert least.objective < dots.weighted_variation(curvature_weight(x, "label-noise")) * 0.991
    assert label_noise_function_cost(least.point, x) < label_noise_function_cost(dots, x)
