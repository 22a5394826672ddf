"""The figures of diagonal networks: their numbers against theory, known constants and enumeration."""

import numpy as np
import pytest

from figures import module_of, sparse_recovery


def test_the_path_approaches_its_limit_with_the_scale(arrays_of):
    found = arrays_of("saddle-staircase")
    X, y = module_of("saddle-staircase").problem()
    assert found["jump"][1] == pytest.approx(1 / np.abs(X.T @ y / len(y)).max(), rel=1e-12)
    assert found["first_deactivation"] in found["jump"]
    middles = [*(found["jump"][:-1] + found["jump"][1:]) / 2, found["tau"][-1]]
    moments = [int(np.argmin(np.abs(found["tau"] - tau))) for tau in middles]
    gaps = np.abs(found["path"][:, moments] - found["saddle"]).max(axis=(1, 2))
    assert np.all(np.diff(gaps) < 0)
    assert gaps[-1] < 1e-3
    scaled = found["distance"] * -found["power"]
    np.testing.assert_allclose(scaled[-3:], scaled[-1], rtol=0.02)  # the rival 1/log^2 would double it each time
    np.testing.assert_allclose(X @ found["saddle"][-1], y, atol=1e-12)


def test_gain_of_descent_is_on_the_support_and_that_of_sgd_is_not(arrays_of):
    found = arrays_of("gain-shape")
    active = int(found["active"])
    np.testing.assert_allclose(found["descent"][:, 0], found["descent"][:, 1], rtol=1e-9)  # the formula is exact
    measured, theory = found["stochastic"].transpose(1, 0, 2)
    error = np.abs(measured.mean(axis=1) / theory.mean(axis=1) - 1)
    assert np.all(np.diff(error) > 0)  # leading order in the step
    assert error[0] < 0.05
    small = {"descent": found["descent"][0, 0], "stochastic": measured[0]}
    for gain, flow in zip(small.values(), found["flow"], strict=True):
        np.testing.assert_allclose(gain.mean(), flow.mean(), rtol=0.05)
    share = {name: gain[:active].mean() / gain[active:].mean() for name, gain in small.items()}
    assert share["descent"] > 8
    assert share["stochastic"] < 2


def test_descent_ends_inside_the_edge_where_theory_says(arrays_of):
    found = arrays_of("edge-of-stability")
    assert np.all(found["level"][:, :, -1] < 1)
    assert np.all(found["level"][1:, :, -1] > 0.99)
    np.testing.assert_allclose(found["level"][:, :, -1], found["end"][:, :1] * [1, 1], rtol=1e-4)
    assert found["flow_level"][-1] == pytest.approx(1, rel=1e-6)  # the unit of the step sizes
    largest = found["level"].max(axis=(1, 2))
    assert largest[0] < 1 < largest[1] < largest[2]
    for time, loss, (_, rate) in zip(found["time"], found["loss"], found["end"], strict=True):
        late = (loss[0] < 1e-9) & (loss[0] > 1e-18)
        assert -np.polyfit(time[0, late], np.log(loss[0, late]), 1)[0] == pytest.approx(rate, rel=0.02)


def test_the_staircase_is_the_boundary_of_what_is_recovered():
    from solvable.theory import least_l1

    rows, signs = sparse_recovery.draw_problem(np.random.default_rng(7))
    counts = np.array([10, 20, 30, 40, 50])
    most = sparse_recovery.most_recovered(rows, signs, counts)
    for n, largest in zip(counts, most, strict=True):
        for k in counts:
            b = sparse_recovery.sparse(signs, k)
            recovered = np.abs(least_l1(rows[:n], rows[:n] @ b).point - b).max() < 1e-6
            assert recovered == (k <= largest)


def test_recovery_changes_at_the_threshold(arrays_of):
    found = arrays_of("sparse-recovery")
    d = sparse_recovery.DIMENSION
    success, share = found["success"], found["count"] / d
    assert np.all(np.diff(success, axis=0) >= 0)  # more samples never hurt
    assert np.all(np.diff(success, axis=1) <= 0)
    # Mean and spread over the draws of the share of n that are too small; the change is within the next cell.
    failing, odd = 1 - success, 2 * np.arange(share.size)[:, None] + 1
    change = failing.mean(axis=0) + 0.5 / share.size
    error = np.sqrt(((odd * failing).sum(axis=0) / share.size**2 - failing.mean(axis=0) ** 2) / sparse_recovery.TRIALS)
    allowed = 4 * error + 1 / share.size
    threshold = np.interp(share, found["sparsity"], found["threshold"])
    assert np.all(np.abs(change - threshold) < allowed)
    rival = 2 * share * np.log(1 / share)
    assert np.any((np.abs(change - rival) > allowed)[share < 0.3])
    measured, theory = found["error"]
    np.testing.assert_allclose(measured, theory, rtol=1e-3)
    above = found["samples"] / d > found["cut"] + 0.1
    assert np.all(np.diff(measured[:, above], axis=0) < 0)


def test_gradient_regularization_is_richer_but_not_always_sparser(arrays_of):
    found = arrays_of("regularization-richness")
    gain, excess = found["gain"], found["excess"]
    np.testing.assert_allclose(gain[:, :, 0], gain[:, :, 1], rtol=1e-9)  # the formula is exact
    np.testing.assert_allclose(excess[:, :, 0], excess[:, :, 1], atol=1e-4)
    assert np.all(np.diff(gain[:, :, 0], axis=-1) > 0)  # in every draw
    centered, shifted = excess[:, :, 0].mean(axis=1)
    assert np.all(np.diff(centered) > 0)
    assert np.all(np.diff(shifted) < 0)
    assert centered[0] > 0 > shifted[0]
    assert np.all(excess[:, :, 2].mean(axis=1) < 0)  # what the mean of the gain alone would do


def test_label_noise_follows_the_central_path_to_the_weighted_norm(arrays_of):
    from scipy.optimize import linprog

    found = arrays_of("label-noise-path")
    X, y = module_of("label-noise-path").problem()
    weights = np.mean(X**2, axis=0)
    solved = linprog(np.tile(weights, 2), A_eq=np.hstack([X, -X]), b_eq=y, bounds=(0, None)).x
    np.testing.assert_allclose(found["weighted"], np.subtract(*np.split(solved, 2)), atol=1e-6)
    theory = found["theory"][np.searchsorted(found["fine"], found["clock"] - 1e-9)]
    errors = np.abs(found["path"] - theory).max(axis=(1, 2))
    # Of first order in the step; what is left of one path is the noise of its gain.
    assert errors[1] < 0.5 * errors[0]
    assert errors[1] < 0.02
    np.testing.assert_allclose(found["path"] @ X.T, np.broadcast_to(y, (*found["path"].shape[:2], y.size)), atol=1e-6)
    last = found["path"][:, -1]
    assert np.all(np.abs(last - found["weighted"]).max(axis=1) < 1e-4)
    assert np.all(np.abs(last - found["plain"]).max(axis=1) > 0.5)
