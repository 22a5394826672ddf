"""The claims about diagonal networks see a wrong constant in their predictions, and their hypotheses say no."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict
from solvable.claims.papers import _saddles as saddles
from solvable.theory import saddle_to_saddle


def with_twice(name, factor=2):
    """The same function with one field of what it returns doubled."""

    def mutate(original):
        def wrong(*args, **given):
            found = original(*args, **given)
            changed = {name: factor * getattr(found, name)}
            return found._replace(**changed) if hasattr(found, "_replace") else dataclasses.replace(found, **changed)

        return wrong

    return mutate


def twice_the_penalty(original):
    return lambda X, y, weights: original(X, y, 2 * weights)


def twice_the_weights(original):
    def wrong(*args):
        nodes, weights = original(*args)
        return nodes, 2 * weights

    return wrong


def twice_the_scale(original):
    """Only where the scale is given by its logarithm: the effective one."""
    return lambda X, y, log_a=None, **k: original(X, y, **k) if log_a is None else original(X, y, log_a=log_a + 1, **k)


def twice_below_the_threshold(original):
    """Twice the least l1 interpolant of few rows; the hypotheses look at its failing there, not at where it is."""
    return lambda X, y: (with_twice("point")(original) if len(X) < 10 else original)(X, y)


MUTATIONS = [
    ("pesme2023", "saddle_to_saddle", with_twice("times"), "pesme2023-path"),
    ("pesme2023", "saddle_to_saddle", with_twice("times"), "pesme2023-jump-times"),
    ("pesme2023", "saddle_to_saddle", with_twice("points"), "pesme2023-saddles"),
    ("pesme2023", "saddle_to_saddle", with_twice("points"), "pesme2023-least-squares"),
    ("berthier2025", "gauss_rule", twice_the_weights, "berthier2025-average"),
    ("berthier2025", "lasso", twice_the_penalty, "berthier2025-lasso-path"),
    ("berthier2025", "lasso", twice_the_penalty, "berthier2025-weight-decay"),
    ("berthier2025", "saddle_to_saddle", with_twice("points"), "berthier2025-monotonicity"),
    ("nacson2022", "stability_threshold", with_twice("sharpness"), "nacson2022-stability"),
    ("nacson2022", "stable_weighted_l1_bound", "halved", "nacson2022-weighted-l1"),
    ("nacson2022", "hypentropy_minimum", twice_the_scale, "nacson2022-beyond-the-flow"),
    ("nacson2022", "stability_threshold", with_twice("step_size", 1 / 2), "nacson2022-edge-of-stability"),
    ("even2023_gain", "gain_per_step_size", "doubled", "even2023-gain-shape"),
    ("even2023_gain", "gain_per_step_size", "doubled", "even2023-smaller-scale-larger-norm"),
    ("even2023_gain", "gain_stochastic_descent", with_twice("q"), "even2023-stochastic-gain"),
    ("even2023_gain", "gain_stochastic_descent", with_twice("q"), "even2023-gain-spread"),
    ("amelunxen2014", "donoho_tanner", "doubled", "amelunxen2014-threshold"),
    ("amelunxen2014", "least_l1", twice_below_the_threshold, "amelunxen2014-flow"),
    pytest.param(("amelunxen2014", "donoho_tanner_width", "doubled", "amelunxen2014-width"), marks=pytest.mark.slow),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


@pytest.mark.slow
def test_the_slow_claim_holds():
    assert solvable.verify("amelunxen2014-width")[0].verdict is Verdict.VERIFIED


LEAVING = saddles.restful(np.random.default_rng(0), 4, 8, leaving=True)
STAYING = saddles.restful(np.random.default_rng(0), 4, 8, leaving=False)
CLOSE = {"X": np.eye(2), "y": np.array([1.0, 1.0 + 1e-6])}  # two jumps that no scale of floats can tell apart
TALL = {"X": np.eye(6)[:, :4] * np.arange(1, 5), "y": np.arange(1.0, 7.0) ** 2}


@pytest.mark.parametrize(
    ("claim_id", "data", "hypothesis"),
    [
        ("berthier2025-lasso-path", LEAVING, "monotone in every coordinate"),
        ("berthier2025-monotonicity", STAYING, "returns to zero"),
        ("pesme2023-jump-times", STAYING, "returns to zero"),
        ("pesme2023-path", CLOSE, "rests long enough"),
        ("pesme2023-least-squares", STAYING, "columns are independent"),
        ("pesme2023-saddles", TALL, "can be interpolated"),
        ("nacson2022-weighted-l1", STAYING, "columns have means"),
        ("even2023-gain-spread", STAYING, "at most n/2 nonzero"),
    ],
)
def test_hypotheses_refuse(claim_id, data, hypothesis):
    (result,) = solvable.verify(claim_id, data=data)
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert hypothesis in result.worst.message


@pytest.mark.parametrize(
    ("claim_id", "data"),
    [
        ("berthier2025-lasso-path", STAYING),
        ("berthier2025-monotonicity", LEAVING),
        ("pesme2023-jump-times", LEAVING),
        ("pesme2023-path", TALL),
        ("pesme2023-least-squares", TALL),
    ],
)
def test_claims_on_given_data(claim_id, data):
    assert solvable.verify(claim_id, data=data)[0].verdict is Verdict.VERIFIED


def test_jump_times_of_an_orthogonal_design():
    """One logistic curve a coordinate: the jumps are at ``n / |x_j y_j|``."""
    X, y = np.diag([2.0, 1.0, 0.5]), np.array([1.0, -1.0, 1.0])
    path = saddle_to_saddle(X, y)
    assert saddles.has_long_rests(X, path)
    times, (coarse, fine) = saddles.inside_rests(path), saddles.at_rest(X, y, path)
    logs = coarse.log_scale, fine.log_scale
    jumps = saddles.extrapolated(saddles.crossings(times, coarse.z), saddles.crossings(times, fine.z), logs)
    np.testing.assert_allclose(jumps, [1.5, 3.0, 6.0], rtol=1e-9)
    # At finite scale they are late by log|b_j| / log(1/a) of themselves, since z_j rests at 1 + log|b_j| / log(1/a); b
    # in units of its largest entry, 2.
    late = 1 + np.log(np.abs(y / np.diag(X)) / 2) / fine.log_scale
    np.testing.assert_allclose(saddles.crossings(times, fine.z), np.array([1.5, 3.0, 6.0]) * late, rtol=1e-9)


def test_lines_meet_where_they_meet():
    rng = np.random.default_rng(1)
    corners, jumps = rng.standard_normal((2, 3)), np.array([1.0, 2.5])
    velocity = [rng.standard_normal(3), (corners[1] - corners[0]) / 1.5, rng.standard_normal(3)]
    times = np.array([[0.2, 0.6], [1.4, 2.0], [3.0, 3.5]])
    anchors = [(1.0, corners[0]), (1.0, corners[0]), (2.5, corners[1])]
    z = np.array(
        [[corner + (t - at) * v for t in pair] for pair, (at, corner), v in zip(times, anchors, velocity, strict=True)]
    )
    np.testing.assert_allclose(saddles.crossings(times, z), jumps, rtol=1e-12)
