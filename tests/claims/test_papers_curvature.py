"""The claims about the curvature of ReLU networks of one variable see a wrong constant in their predictions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict


def reversed_verdict(original):
    return lambda *args, **given: original(*args, **given)._replace(holds=not original(*args, **given).holds)


def twice_the_strength(original):
    return lambda x, y, weight, strength: original(x, y, weight, 2 * strength)


def twice_the_objective(original):
    def wrong(*args, **given):
        found = original(*args, **given)
        return dataclasses.replace(found, objective=2 * found.objective)

    return wrong


def twice_the_point(original):
    def wrong(*args, **given):
        found = original(*args, **given)
        return dataclasses.replace(found, point=2 * found.point)

    return wrong


def twice_the_jump(original):
    return lambda x, c: (original(x, c)[0], 2 * original(x, c)[1])


def twice_the_factor(original):
    return lambda x, y, seen: original(x, y, seen, factor=4)


MUTATIONS = [
    ("savarese2019", "cost_of", "doubled", "savarese2019-function-cost"),
    ("savarese2019", "representation_cost", "doubled", "savarese2019-representation-cost"),
    ("ergen2020", "penalized_curvature", twice_the_strength, "ergen2020-lasso-of-knots"),
    ("hanin2021", "representation_cost", "doubled", "hanin2021-least-curvature"),
    ("hanin2021", "minimizes_curvature", reversed_verdict, "hanin2021-least-curvature"),
    ("debarre2020", "fewest_knots", "doubled", "debarre2020-fewest-knots"),
    ("boursier2023", "least_curvature", twice_the_objective, "boursier2023-bias-penalty"),
    ("boursier2023_sparsest", "least_curvature", twice_the_point, "boursier2023-sparsest"),
    ("boursier2023_sparsest", "fewest_knots", "doubled", "boursier2023-sparsest"),
    ("boursier2023_sparsest", "pair", twice_the_jump, "boursier2023-sparsest"),
    ("boursier2023_fours", "fewest_knots", "doubled", "boursier2023-four-in-a-row"),
    ("boursier2023_fours", "extra", twice_the_factor, "boursier2023-four-in-a-row"),
    ("boursier2023", "penalized_curvature", twice_the_strength, "boursier2023-descent"),
    ("mulayoff2021", "stable_curvature_bound", "doubled", "mulayoff2021-threshold"),
    ("mulayoff2021", "sharpness_lower_bound", "doubled", "mulayoff2021-sharpness"),
    ("blanc2019_relu", "exact_change", "doubled", "blanc2019-relu-balance"),
    ("blanc2019_relu", "regularizer", "doubled", "blanc2019-relu-balance"),
    ("blanc2019_turning", "turning_rate", "doubled", "blanc2019-relu-turning"),
    ("blanc2019_turning", "regularizer", "doubled", "blanc2019-relu-turning"),
    ("blanc2019_flattening", "drift", "doubled", "blanc2019-relu-flattening"),
    ("blanc2019_flattening", "turning_rate", "doubled", "blanc2019-relu-flattening"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


ON_DATA = sorted({mutation[3] for mutation in MUTATIONS})

PROBLEMS = {
    "a line": (np.arange(6.0), 2 * np.arange(6.0) + 1),
    "an input twice": (np.array([0.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 3.0, 2.0])),
    "one sample": (np.array([0.5]), np.array([1.0])),
    "two samples": (np.array([0.0, 1.0]), np.array([0.0, 1.0])),
    "labels that do not fit": (np.arange(5.0), np.arange(4.0)),
}


@pytest.mark.parametrize("claim_id", ON_DATA)
@pytest.mark.parametrize("name", PROBLEMS)
def test_data_that_do_not_meet_the_hypotheses(tmp_path, claim_id, name):
    file = tmp_path / "data.npz"
    np.savez(file, x=PROBLEMS[name][0], y=PROBLEMS[name][1])
    result = solvable.verify(claim_id, data=file)[claim_id]
    assert result.verdict is Verdict.NOT_APPLICABLE, str(result)


SHAPES = {
    "unsorted": (np.array([0.9, -1.5, -0.2, 0.3, -1.0, 1.6]), np.array([1.4, 1.0, -0.5, 0.1, -0.2, 0.9])),
    "convex": (np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), np.array([1.0, 0.2, 0.0, 0.2, 1.0])),
    "far and small": (1e3 + np.arange(5.0), 1e-3 * np.array([0.0, 1.0, -1.0, 2.0, 0.0])),
}


@pytest.mark.parametrize("claim_id", ON_DATA)
@pytest.mark.parametrize("name", SHAPES)
def test_data_of_all_shapes_get_a_verdict(tmp_path, claim_id, name):
    file = tmp_path / "data.npz"
    np.savez(file, x=SHAPES[name][0], y=SHAPES[name][1])
    result = solvable.verify(claim_id, data=file)[claim_id]
    assert result.verdict in (Verdict.VERIFIED, Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE), str(result)
