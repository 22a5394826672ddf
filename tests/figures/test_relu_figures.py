"""The figures of ReLU networks of one variable: their numbers against other roads, and against rivals."""

import numpy as np
import pytest

from figures import gradient_gaps, relu_label_noise, stable_curvature, three_interpolants
from solvable import UnivariateReLUNetwork
from solvable.claims.papers.boursier2023 import by_linear_program
from solvable.theory import training_regime


def exponent(gamma, prime):
    """S of the plane, by cases."""
    if gamma <= 1:
        return gamma - 1 - 2 * max(prime, 0)
    if prime >= gamma - 1:
        return 2 * (gamma - 1 - prime)
    return min((gamma - 1 - prime) / 2, gamma - 1)


def test_measured_exponents_have_the_shades_of_the_plane(arrays_of):
    found = arrays_of("relu-phase-diagram")
    places, measured = found["place"], found["measured"]
    expected = np.array([exponent(*place) for place in places])
    np.testing.assert_allclose(measured, expected, atol=0.07)
    assert np.mean(np.abs(measured - expected)) < 0.03
    rates = np.log(found["change"][:, -1] / found["change"][:, 0]) / np.log(found["width"][-1] / found["width"][0])
    np.testing.assert_allclose(measured, rates, atol=0.02)  # powers: two widths say the same as three
    rivals = places[:, 0] - 1, places[:, 0] - 1 - 2 * places[:, 1]
    assert all(np.sum(np.abs(measured - rival) > 0.2) >= 5 for rival in rivals)
    for i, j in ((0, 0), (100, 300), (250, 20), (399, 250), (180, 399)):
        gamma, prime = found["gamma"][j], found["gamma_prime"][i]
        assert found["exponent"][i, j] == pytest.approx(exponent(gamma, prime), abs=1e-12)


def test_the_critical_line_separates_linear_from_condensed(arrays_of):
    (first, corner, last), off = arrays_of("relu-phase-diagram")["critical"], np.array([0.01, -0.01])
    for start, end in ((first, corner), (corner, last)):
        for share in (0.1, 0.9):
            point = start + share * (end - start)
            names = [str(training_regime(*place)) for place in (point - off, point, point + off)]
            assert names == ["linear", "critical", "condensed"]


def test_label_noise_follows_the_law_of_its_step_to_the_simplest_function(arrays_of):
    found = arrays_of("relu-label-noise")
    assert found["loss"].max() < 1e-6
    (R, bend), (law, bend_law), least = found["measured"], found["law"], found["least"]
    np.testing.assert_allclose(R, law, rtol=0.06)
    np.testing.assert_allclose(bend, bend_law, rtol=0.2)
    assert np.max(found["leading"][0] / R[:, 0]) > 1.4  # the rival: the law for small steps
    assert np.all(R[-1] > least[0])
    assert np.all(R[-1] < 1.02 * least[0])
    assert np.all(bend[-1] > least[1])
    assert np.all(bend[-1] < 0.3 * found["quiet"][1])
    x, y, t = relu_label_noise.X, relu_label_noise.Y, found["t"]
    between = (t > x[0]) & (t < x[-1])
    dots = np.interp(t, x, y)
    np.testing.assert_allclose(found["simplest"][between], dots[between], atol=1e-12)
    far = [np.max(np.abs(found[key][:, between] - dots[between]), axis=1) for key in ("before", "after")]
    assert np.all(far[0] > 0.4)
    assert np.all(far[1] < 0.06)
    slopes = np.diff(y) / np.diff(x)
    assert least[1] == pytest.approx(np.sum(np.abs(np.diff(slopes))), rel=1e-12)


def test_hessians_of_the_outputs_are_derivatives_of_gradients():
    model = UnivariateReLUNetwork(relu_label_noise.X, relu_label_noise.Y, 5, skip=True)
    theta = model.init(seed=3)
    shifts = 1e-6 * np.eye(theta.size)
    expected = [(model.jacobian(theta + shift) - model.jacobian(theta - shift)) / 2e-6 for shift in shifts]
    found = relu_label_noise.output_hessians(model, theta)
    np.testing.assert_allclose(found, np.moveaxis(expected, 0, -1), atol=1e-8)


def test_gaps_stay_small_in_wide_networks_and_the_output_bends(arrays_of):
    found = arrays_of("gradient-gaps")
    (start, start_errors), (end, end_errors) = found["measured"]
    laws = found["start"] ** 2
    assert np.all(np.abs(start - laws) < 5 * start_errors)
    np.testing.assert_allclose(laws[0] * found["width"], laws[0, 0] * found["width"][0], rtol=1e-12)
    ratio = end[0] / start[0]
    assert ratio[0] > 5
    assert ratio[-1] < 1.2
    growth = np.log2((ratio[-4:-1] - 1) / (ratio[-3:] - 1))
    np.testing.assert_allclose(growth, 1, atol=0.25)  # excess of order 1/m
    limit = float(found["limit"]) ** 2
    assert np.all(np.abs(end[1, -2:] - limit) < 5 * end_errors[1, -2:] + 0.05 * limit)
    assert end[1, 0] < 0.5 * limit


def test_the_process_of_wide_networks_at_the_start_and_at_the_samples():
    inside = np.linspace(*gradient_gaps.ENDS, 301)
    _, before, _, _ = gradient_gaps.process(inside)
    rng = np.random.default_rng(0)
    w, b = rng.standard_normal((2, 400_000))
    pre = np.maximum(w * inside[[0, 150, 300], None] + b, 0.0)
    np.testing.assert_allclose(before[::150, ::150], 2 * pre @ pre.T / w.size, rtol=0.03)
    law = gradient_gaps_law()
    assert gradient_gaps.deflection(np.zeros(301), before) == pytest.approx(law, rel=0.015)
    _, _, mean, covariance = gradient_gaps.process(gradient_gaps.SAMPLES)
    np.testing.assert_allclose(mean, gradient_gaps.targets(), atol=0.02)
    assert np.diag(covariance).max() < 1e-3


def gradient_gaps_law():
    """``sqrt(E int Gamma^2)`` at the start: ``int Gamma_i^2 = -a_i^2 h_i(0) h_i(1)`` of neurons that change sign."""
    rng = np.random.default_rng(1)
    w, b = rng.standard_normal((2, 1_000_000))
    first, last = (w * end + b for end in gradient_gaps.ENDS)
    return np.sqrt(2 * np.mean(np.maximum(-first * last, 0.0)))


def test_descent_with_weight_decay_finds_the_cheapest_function_and_its_certificate(arrays_of):
    found = arrays_of("three-interpolants")
    t, h = found["t"], np.sqrt(1 + found["t"] ** 2)
    assert found["count"].tolist() == [[4, 3, 3], [4, 2, 3]]
    for k, (x, y) in enumerate(zip(three_interpolants.INPUTS, three_interpolants.TARGETS, strict=True)):
        connected, sparsest, cheapest = found["cost"][k]
        assert connected > sparsest * 1.005
        assert sparsest > cheapest * 1.003
        assert by_linear_program(x, y) == pytest.approx(cheapest, rel=1e-4)
        trained, size = found["trained"][k], np.ptp(y)
        np.testing.assert_allclose(trained, found["function"][k, 2], atol=1e-3 * size)
        np.testing.assert_allclose(found["function"][k, :2, np.searchsorted(t, x)].T, [y, y], atol=0.02 * size)
        p = found["p"][k]
        np.testing.assert_allclose(p, found["p_theory"][k], atol=0.03)  # descent shakes about a knot at a sample
        assert np.all(np.abs(p) < 1.005 * h)
        large = np.abs(found["bend"][k]) > 1e-3 * np.max(np.abs(found["bend"][k]))
        at, bends = found["neuron"][k, large], found["bend"][k, large]
        np.testing.assert_allclose(np.interp(at, t, p), np.sign(bends) * np.sqrt(1 + at**2), atol=0.03)
        rival = found["function"][k, 1]
        assert np.max(np.abs(trained - rival)) > 20 * np.max(np.abs(trained - found["function"][k, 2]))


def test_growing_steps_keep_the_curvature_between_the_bound_and_the_least_of_the_data(arrays_of):
    found = arrays_of("stable-curvature")
    h, t = found["step"], found["t"]
    for k, (x, y) in enumerate(stable_curvature.SETS):
        kept = found["kept"][k]
        assert np.all(found["loss"][k][kept] < 1e-8)
        assert kept.mean() > 0.7
        curvature, sharpness = found["curvature"][k], found["sharpness"][k]
        steps = np.broadcast_to(h[:, None], kept.shape)
        least = sum(mean_gradient(x, x[i]) * abs(bend) for i, bend in enumerate(np.diff(np.diff(y) / np.diff(x)), 1))
        assert found["least"][k] == pytest.approx(least, rel=1e-9)  # connecting the dots
        assert np.all(curvature[kept] >= least * (1 - 1e-6))
        assert np.all(curvature[kept] < (1 / steps - 0.5)[kept])
        assert np.any(curvature[kept] > (0.5 / steps - 0.5)[kept])  # the rival: the bound of the loss without the half
        assert np.all(sharpness[kept] > 1 + 2 * curvature[kept])
        edge = (sharpness * steps / 2)[kept]
        assert np.all(edge < 1.001)
        assert np.all(edge[steps[kept] > 0.055] > 0.85)
        before, after = (np.max(np.abs(f - found["flattest"][k])[np.abs(t) < 1.4]) for f in found["function"][k])
        assert before > 0.3
        assert after < before / 3
    last = found["kept"][0].all(axis=1).nonzero()[0][-1]
    np.testing.assert_allclose(found["curvature"][0, last], found["least"][0], rtol=0.05)


def mean_gradient(x, t):
    """g at t, of neurons that are active on the side where it is less."""
    sides = [side[side > 0] for side in (x - t, t - x)]
    return min(
        np.sum(side) / x.size * np.hypot(side.size, np.sum(t + sign * side)) / x.size
        for side, sign in zip(sides, (1, -1), strict=True)
    )
