"""The claims about random, wide and small ReLU networks see a wrong constant, and data that their theorems exclude."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict


def doubled(original):
    return lambda *args, **given: 2 * original(*args, **given)


def doubled_function(original):
    """Of a point, twice the value; its kernel as it is."""

    def wrong(*args, **given):
        right = original(*args, **given)
        return type("Wrong", (), {"__call__": lambda self, t: 2 * right(t), "kernel": staticmethod(right.kernel)})()

    return wrong


def twice_the_ridge(original):
    return lambda x, y, ridge=0.0: original(x, y, ridge=2 * ridge)


def twice_the_clock(original):
    return lambda x, y, start, t: original(x, y, start, 2 * t)


def twice_the_growth(original):
    return lambda x, y: [limit._replace(value=2 * limit.value) for limit in original(x, y)]


def opposite_directions(original):
    """The limits half a turn away."""
    return lambda x, y: [limit._replace(angle=limit.angle + np.pi) for limit in original(x, y)]


MUTATIONS = [
    ("kubo2019", "_walk", doubled, "kubo2019-bridge"),
    ("kubo2019", "_expected", doubled, "kubo2019-gaps"),
    ("kubo2019_training", "_wide_limit", doubled, "kubo2019-gaps-stay"),
    ("jacot2018", "tangent_kernel_interpolant", doubled_function, "jacot2018-wide-network"),
    ("williams2019", "random_feature_interpolant", doubled_function, "williams2019-feature-spline"),
    ("williams2019", "_squared", doubled, "williams2019-norm"),
    ("williams2019", "_natural", lambda f: lambda x, y: f(x, 2 * y), "williams2019-natural-spline"),
    ("heiss2019", "random_feature_interpolant", twice_the_ridge, "heiss2019-adapted-spline"),
    ("luo2021", "relative_change_exponent", doubled, "luo2021-exponents"),
    ("maennel2018", "extremal_directions", twice_the_growth, "maennel2018-quantized"),
    ("maennel2018", "extremal_directions", opposite_directions, "maennel2018-quantized"),
    ("boursier2022", "orthogonal_pair_flow", twice_the_clock, "boursier2022-logistic"),
    ("boursier2022", "_least", doubled, "boursier2022-least-norm"),
    ("williams2019_motion", "_velocity", doubled, "williams2019-knot-velocity"),
    ("williams2019_motion", "_growth", doubled, "williams2019-delta"),
    ("williams2019_pinned", "_kept", doubled, "williams2019-flow-balance"),
    ("williams2019_pinned", "_fraction", doubled, "williams2019-pinned-knots"),
]


@pytest.mark.parametrize(
    ("paper", "name", "mutate", "claim_id"), MUTATIONS, ids=[f"{m[3]}-{m[1]}-{m[2].__name__}" for m in MUTATIONS]
)
def test_a_doubled_constant_is_refuted(monkeypatch, paper, name, mutate, claim_id):
    module = importlib.import_module(f"solvable.claims.papers.{paper}")
    monkeypatch.setattr(module, name, mutate(getattr(module, name)))
    assert solvable.verify(claim_id)[claim_id].verdict is Verdict.REFUTED


CLAIMS = sorted({m[3] for m in MUTATIONS})
AWKWARD = {
    "repeated inputs": ([0.0, 0.0, 1.0], [1.0, -1.0, 1.0]),
    "one sample": ([0.5], [1.0]),
    "far inputs": ([0.0, 1.0, 1e4], [1.0, -1.0, 1.0]),
    "targets that are 0": ([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]),
    "different lengths": ([-1.0, 0.0, 1.0], [1.0, -1.0]),
}


@pytest.mark.parametrize("claim_id", CLAIMS)
@pytest.mark.parametrize("case", AWKWARD)
def test_data_outside_the_hypotheses_are_not_applicable(claim_id, case):
    x, y = (np.array(values) for values in AWKWARD[case])
    assert solvable.verify(claim_id, data={"x": x, "y": y})[claim_id].verdict is Verdict.NOT_APPLICABLE


SAMPLES = (
    "williams2019-norm",
    "williams2019-delta",
    "williams2019-knot-velocity",
    "williams2019-flow-balance",
    "williams2019-pinned-knots",
    "heiss2019-adapted-spline",
)


@pytest.mark.parametrize("claim_id", SAMPLES)
def test_samples_of_a_user_are_verified_in_any_order(claim_id):
    data = {"x": np.array([0.9, -1.1, 0.2, -0.4]), "y": np.array([0.7, -0.5, 0.9, 0.4])}
    assert solvable.verify(claim_id, data=data)[claim_id].verdict is Verdict.VERIFIED


def test_inputs_of_different_shapes_are_not_applicable():
    for claim_id in ("kubo2019-bridge", "kubo2019-gaps"):
        data = {"x0": np.ones(3), "x1": np.zeros(2)}
        assert solvable.verify(claim_id, data=data)[claim_id].verdict is Verdict.NOT_APPLICABLE


def test_orthogonal_samples_far_apart_in_size_are_learned_along_logistic_curves():
    data = {"x": np.array([-0.05, 20.0]), "y": np.array([300.0, -100.0])}
    assert solvable.verify("boursier2022-logistic", data=data)["boursier2022-logistic"].verdict is Verdict.VERIFIED
