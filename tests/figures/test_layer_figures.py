"""The figures of linear layers: their numbers against integration by SciPy, quadrature, other formulas, and rivals."""

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.linalg import expm

from figures import deep_singular_values, riccati_solution


def test_aligned_modes_are_learned_in_turn_and_sharper_with_depth(arrays_of):
    found, strengths = arrays_of("deep-singular-values"), deep_singular_values.STRENGTHS
    widths = []
    rows = zip(
        deep_singular_values.DEPTHS, *(found[key] for key in ("unit", "escape", "measured", "mode")), strict=True
    )
    for depth, unit, escape, measured, mode in rows:
        times = found["clock"] * unit
        paths = {
            speed: solve_ivp(
                lambda _, u, depth=depth, speed=speed: speed * u ** (2 - 2 / depth) * (strengths - u),
                (0, times[-1]), [deep_singular_values.SCALE] * 3, t_eval=times, rtol=1e-10, atol=1e-13,
            ).y.T
            for speed in (depth, 1)
        }  # fmt: skip
        np.testing.assert_allclose(mode, paths[depth], rtol=1e-7)
        np.testing.assert_allclose(measured, mode, atol=1e-6)
        assert np.abs(measured - paths[1]).max() > 0.5  # the rival without the factor N
        halves, starts, ends = (
            np.array([np.interp(part * s, u, times) for s, u in zip(strengths, measured.T, strict=True)])
            for part in (0.5, 0.1, 0.75)
        )
        assert np.all(np.diff(halves) > 0)
        np.testing.assert_allclose(halves, escape, rtol=0.1)
        widths.append((ends - starts)[:2] / halves[:2])
    assert np.all(np.diff(widths, axis=0) < 0)


def test_modes_in_random_directions_follow_the_equation_of_the_product(arrays_of):
    found = arrays_of("deep-singular-values")
    model, frames = deep_singular_values.network(deep_singular_values.TURNED_DEPTH)
    target = frames[-1] * deep_singular_values.STRENGTHS @ frames[0].T
    start = deep_singular_values.turned(model, target)
    assert max(np.abs(D).max() for D in model.imbalance(start)) < 1e-15
    assert np.linalg.det(model.predictor(start) @ target.T) > 0
    times = found["turned_time"][::50]
    done = solve_ivp(
        lambda _, theta: -model.gradient(theta), (0, times[-1]), start, t_eval=times, rtol=1e-9, atol=1e-12
    )
    layers = np.linalg.svd([model.predictor(theta) for theta in done.y.T], compute_uv=False)
    np.testing.assert_allclose(found["turned_theory"][::50], layers, rtol=1e-5)
    np.testing.assert_allclose(found["turned"], found["turned_theory"], rtol=1e-6)
    assert np.abs(found["turned"] - found["turned_mode"]).max() > 0.5  # the rival: as if aligned


def test_waiting_grows_like_a_power_of_the_scale_or_its_logarithm(arrays_of):
    found = arrays_of("deep-singular-values")
    scales, fine = found["scale"], found["fine_scale"]
    for depth, half, theory, escape in zip(
        deep_singular_values.DEPTHS, found["half"], found["fine_half"], found["fine_escape"], strict=True
    ):
        power = 2 / depth - 1
        # dt = du / (N u^{1 - power} (1 - u)), in the variable log u
        expected = [
            quad(lambda x, power=power: np.exp(power * x) / (1 - np.exp(x)), np.log(u), np.log(0.5))[0] for u in scales
        ]
        np.testing.assert_allclose(half, np.array(expected) / depth, rtol=1e-4)
        np.testing.assert_allclose(np.exp(np.interp(np.log(scales), np.log(fine), np.log(theory))), half, rtol=1e-2)
        assert escape[0] == pytest.approx(theory[0], rel=0.01)
        slopes = np.diff(np.log(half)) / np.diff(np.log(scales))
        if depth == 2:
            np.testing.assert_allclose(np.diff(half), np.log(scales[0] / scales[1]) / 2, rtol=0.15)
        else:
            assert slopes[-1] == pytest.approx(power, abs=0.01)


def test_balanced_layers_follow_the_exact_solution(arrays_of):
    found, Y = arrays_of("riccati-solution"), riccati_solution.TARGET
    for level, measured, exact, rival in zip(
        found["level"], *(found[key] for key in ("measured", "exact", "rival")), strict=True
    ):
        W1, W2 = riccati_solution.start(level)
        np.testing.assert_allclose(W2.T @ W2 - W1 @ W1.T, level * np.eye(2), atol=1e-14)
        assert np.linalg.det(W2 @ W1) * np.linalg.det(Y) > 0
        assert np.abs(measured - exact).max() < 1e-11
        for rate, solution in ((level, exact), (0.0, rival)):
            F = np.block([[-rate / 2 * np.eye(2), Y.T], [Y, rate / 2 * np.eye(2)]])
            Q = np.vstack([W1.T, W2])
            for k in (10, 40):
                P, R = np.split(expm(found["time"][k] * np.block([[-F, np.eye(4)], [np.zeros((4, 4)), F]]))
                                @ np.vstack([np.eye(4), Q @ Q.T]), 2)  # fmt: skip
                np.testing.assert_allclose(solution[k], (R @ np.linalg.inv(P))[2:, :2], atol=1e-11)
        difference = np.abs(measured - rival).max()
        assert difference < 1e-11 if level == 0 else difference > 0.05


def test_every_integration_leaves_the_saddle_of_an_obstructed_start(arrays_of):
    found, Y = arrays_of("riccati-solution"), riccati_solution.TARGET
    W1, W2 = riccati_solution.start(0.0, mirrored=True)
    assert np.linalg.det(W2 @ W1) * np.linalg.det(Y) < 0
    weakest, until, times = np.linalg.svd(Y)[1][-1], float(found["until"]), found["late"]
    assert riccati_solution.value(found["late_exact"])[-1] == pytest.approx(weakest**2 / 2, rel=1e-12)
    assert np.abs(found["late_measured"][:, -1] - Y).max() < 1e-6
    leaving = []
    for product in found["late_measured"]:
        error = riccati_solution.largest(product - found["late_exact"])
        growing = (error > 1e-4) & (error < 0.01)  # what single steps leave is smaller
        slope = np.polyfit(times[growing], np.log(error[growing]), 1)[0]
        assert slope == pytest.approx(2 * weakest, rel=0.05)  # the rival, that of the weights: half of it
        leaving.append(times[np.argmax(error > found["late_theory"][-1] / 2)])
    assert leaving[0] < until - 5
    assert leaving[-1] == pytest.approx(until, abs=3)
    half = np.interp(until, times, found["late_theory"])
    assert half == pytest.approx(found["late_theory"][-1] / 2, rel=0.02)
