"""The claims about the layers of deep linear networks see a wrong constant in their predictions."""

import importlib

import pytest

import solvable
from solvable.claims import Verdict


def doubled(original):
    return lambda *args, **given: 2 * original(*args, **given)


def twice_each(original):
    return lambda *args, **given: [2 * part for part in original(*args, **given)]


def twice_the_gradient(original):
    return lambda W, gradient, *rest: original(W, lambda M: 2 * gradient(M), *rest)


def twice_the_target(original):
    return lambda W1, W2, Y, t: original(W1, W2, 2 * Y, t)


MUTATIONS = [
    ("arora2019", "end_to_end_flow", twice_the_gradient, "arora2019-end-to-end"),
    ("arora2019", "singular_value_velocity", doubled, "arora2019-singular-values"),
    (
        "du2018",
        "grams",
        lambda original: lambda layers: (original(layers)[0], 2 * original(layers)[1]),
        "du2018-conservation",
    ),
    ("du2018", "balance_increments", twice_each, "du2018-exact-step"),
    ("du2018", "balance_drift", twice_each, "du2018-drift"),
    ("gatmiry2023", "deep_flatness", doubled, "gatmiry2023-flattest"),
    ("gatmiry2023", "least_weight_norm", doubled, "gatmiry2023-weight-norm"),
    ("domine2024", "balanced_two_layer", twice_the_target, "domine2024-balanced"),
    ("domine2024", "balanced_two_layer", twice_the_target, "domine2024-obstructed"),
]


@pytest.mark.parametrize(("paper", "name", "mutate", "claim_id"), MUTATIONS, ids=[m[3] for m in MUTATIONS])
def test_a_doubled_constant_is_refuted(monkeypatch, paper, name, mutate, claim_id):
    module = importlib.import_module(f"solvable.claims.papers.{paper}")
    monkeypatch.setattr(module, name, mutate(getattr(module, name)))
    assert solvable.verify(claim_id)[claim_id].verdict is Verdict.REFUTED
