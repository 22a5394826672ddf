"""The claims about the layers of deep linear networks see a wrong constant in their predictions."""

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict


def twice_each(original):
    return lambda *args, **given: [2 * part for part in original(*args, **given)]


def twice_the_gradient(original):
    return lambda W, gradient, *rest: original(W, lambda M: 2 * gradient(M), *rest)


def twice_the_target(original):
    return lambda W1, W2, Y, t: original(W1, W2, 2 * Y, t)


MUTATIONS = [
    ("arora2019", "end_to_end_flow", twice_the_gradient, "arora2019-end-to-end"),
    ("arora2019", "singular_value_velocity", "doubled", "arora2019-singular-values"),
    (
        "du2018",
        "grams",
        lambda original: lambda layers: (original(layers)[0], 2 * original(layers)[1]),
        "du2018-conservation",
    ),
    ("du2018", "balance_increments", twice_each, "du2018-exact-step"),
    ("du2018", "balance_drift", twice_each, "du2018-drift"),
    ("gatmiry2023", "deep_flatness", "doubled", "gatmiry2023-flattest"),
    ("gatmiry2023", "least_weight_norm", "doubled", "gatmiry2023-weight-norm"),
    ("domine2024", "balanced_two_layer", twice_the_target, "domine2024-balanced"),
    ("domine2024", "balanced_two_layer", twice_the_target, "domine2024-obstructed"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


def verdict(tmp_path, claim_id, **data):
    """Of a claim on these arrays, read from a file as a user's own."""
    np.savez(tmp_path / "data.npz", **data)
    return solvable.verify(claim_id, data=str(tmp_path / "data.npz"))[claim_id].verdict


DIAGONAL = np.diag([1.0, 0.7, 0.4])
ELSEWHERE = {
    "the mode in the middle is blocked": (DIAGONAL, 0.3 * np.eye(3), 0.3 * np.diag([1.0, -1.0, 1.0])),
    "three modes are blocked": (DIAGONAL, np.sqrt(0.1 * DIAGONAL), -np.sqrt(0.1 * DIAGONAL)),
    "not balanced": (DIAGONAL, np.eye(3), -2 * np.eye(3)),
    "not square": (np.eye(2, 3), np.eye(3), np.eye(2, 3)),
    "numbers": (np.ones((1, 1)), np.ones((1, 1)), -np.ones((1, 1))),
    "no target": (np.zeros((2, 2)), np.eye(2), np.diag([1.0, -1.0])),
}


@pytest.mark.parametrize("problem", ELSEWHERE.values(), ids=ELSEWHERE)
def test_layers_that_end_elsewhere_are_not_claimed_to_be_obstructed(tmp_path, problem):
    Y, W1, W2 = problem
    assert verdict(tmp_path, "domine2024-obstructed", Y=Y, W1=W1, W2=W2) is Verdict.NOT_APPLICABLE


def test_a_generic_start_of_another_size_and_scale_is_obstructed(tmp_path):
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    Y, W1, W2 = 1e4 * np.diag([1.0, 0.4]), 20 * turn, 20 * np.diag([1.0, -1.0])
    assert verdict(tmp_path, "domine2024-obstructed", Y=Y, W1=W1, W2=W2) is Verdict.VERIFIED


REGRESSIONS = [
    "arora2019-end-to-end",
    "arora2019-singular-values",
    "du2018-conservation",
    "du2018-drift",
    "du2018-exact-step",
]


@pytest.mark.parametrize("claim_id", REGRESSIONS)
@pytest.mark.parametrize(("d_in", "d_out", "n"), [(3, 2, 20), (1, 3, 5)])
def test_regressions_of_other_sizes_are_claimed_as_well(tmp_path, claim_id, d_in, d_out, n):
    rng = np.random.default_rng(3)
    X, Y = rng.standard_normal((d_in, n)), rng.standard_normal((d_out, n))
    assert verdict(tmp_path, claim_id, X=X, Y=Y) is Verdict.VERIFIED


@pytest.mark.parametrize("claim_id", REGRESSIONS)
def test_no_inputs_and_columns_that_differ_are_refused(tmp_path, claim_id):
    assert verdict(tmp_path, claim_id, X=np.zeros((3, 5)), Y=np.ones((2, 5))) is Verdict.NOT_APPLICABLE
    assert verdict(tmp_path, claim_id, X=np.ones((3, 5)), Y=np.ones((2, 6))) is Verdict.NOT_APPLICABLE


RANDOM = np.random.default_rng(4).standard_normal((3, 4))


@pytest.mark.parametrize(
    ("M", "expected"),
    [
        (1e-5 * RANDOM, Verdict.VERIFIED),
        (RANDOM[:2, :2], Verdict.VERIFIED),
        (np.diag([1.0, 1.0, 0.5]), Verdict.VERIFIED),
        (np.eye(3), Verdict.NOT_APPLICABLE),
        (np.diag([2.0, 2.0, 0.0]), Verdict.NOT_APPLICABLE),
        (RANDOM[:1], Verdict.NOT_APPLICABLE),
        (np.zeros((3, 3)), Verdict.NOT_APPLICABLE),
    ],
)
def test_flatness_of_products_of_other_sizes_and_scales(tmp_path, M, expected):
    assert verdict(tmp_path, "gatmiry2023-flattest", M=M) is expected
