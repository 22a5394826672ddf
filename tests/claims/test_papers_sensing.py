"""The claims about matrix sensing see a wrong constant in their predictions, and take data of the user's."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict


def twice_the_scale(original):
    return lambda A, y, alpha: original(A, y, alpha=2 * alpha)


def twice_the_clock(original):
    return lambda rate, *args, **given: original(lambda t, s: 2 * rate(t, s), *args, **given)


def twice_the_exponent(original):
    def wrong(*args):
        found = original(*args)
        return replace(found, exponent=2 * found.exponent)

    return wrong


def twice_the_rank_one(original):
    def wrong(*args):
        found = original(*args)
        return replace(found, rank_one=2 * found.rank_one)

    return wrong


def half_the_traces(original):
    def wrong(*args):
        found = original(*args)
        return replace(found, rank_one=found.rank_one / 2, least_trace=found.least_trace / 2)

    return wrong


def selecting_twice_the_matrix(original):
    def wrong(*args):
        found = original(*args)
        return found._replace(chosen=replace(found.chosen, point=2 * found.chosen.point))

    return wrong


def twice_the_objective(original):
    def wrong(*args):
        found = original(*args)
        return found._replace(chosen=replace(found.chosen, objective=2 * found.chosen.objective))

    return wrong


def from_the_root(original):
    """From the root of the scale, so that the exponent is half as large."""
    return lambda model, start, **given: original(model, start / np.sqrt(np.max(start)), **given)


def measured_twice(original):
    """Twice the matrix that label noise ends at."""

    def wrong(*args, **given):
        run = original(*args, **given)
        return SimpleNamespace(final=run.final, predictor=lambda: 2 * run.predictor())

    return wrong


def measuring_twice(original):
    """Measurements of twice the square."""
    return lambda A, *args, **given: original(np.sqrt(2) * A, *args, **given)


def other_axes(original):
    """Eigenvectors in another order than the eigenvalues."""

    def wrong(A):
        axes, eigenvalues = original(A)
        return axes[:, ::-1], eigenvalues

    return wrong


MUTATIONS = [
    ("gunasekar2017", "entropy_minimum", twice_the_scale, "gunasekar2017-entropy"),
    ("gunasekar2017", "solve_ivp", twice_the_clock, "gunasekar2017-conjugation"),
    ("gunasekar2017", "sensing_limit", from_the_root, "gunasekar2017-rate"),
    ("gunasekar2017", "joint_eigenbasis", other_axes, "gunasekar2017-rate"),
    ("li2020", "noncommuting_completion", twice_the_exponent, "li2020-contamination"),
    ("li2020", "noncommuting_completion", twice_the_rank_one, "li2020-rank-not-trace"),
    ("li2020", "noncommuting_completion", half_the_traces, "li2020-not-monotone"),
    ("blanc2019_sensing", "simulate", measured_twice, "blanc2019-sensing-trace"),
    ("blanc2019_sensing", "simulate", measured_twice, "blanc2019-sensing-nuclear"),
    ("blanc2019_gaussian", "MatrixSensing", measuring_twice, "blanc2019-gaussian-measurements"),
    ("ding2022", "bilinear", selecting_twice_the_matrix, "ding2022-flat-minima"),
    ("ding2022", "bilinear", twice_the_objective, "ding2022-flat-minima"),
    ("amelunxen2014_matrices", "statistical_dimension", "doubled", "amelunxen2014-psd"),
    ("amelunxen2014_matrices", "statistical_dimension", "doubled", "amelunxen2014-nuclear"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


def test_the_rate_where_the_flow_empties_a_direction_below_rounding():
    """Seed 4015: an eigenvalue of X falls to 1e-60; in another basis rounding refilled it, and turned the slope."""
    assert solvable.verify("gunasekar2017-rate", seed=4015)["gunasekar2017-rate"].verdict is Verdict.VERIFIED


def verdict_on(tmp_path, claim_id, **arrays):
    file = tmp_path / "data.npz"
    np.savez(file, **arrays)
    result = solvable.verify(claim_id, data=file)[claim_id]
    return result.verdict, str(result)


DIAGONAL = np.array([np.diag([1.0, 2.0, -1.0, 0.5]), np.diag([0.3, -1.0, 1.0, 2.0])])


@pytest.mark.parametrize("claim_id", ["gunasekar2017-entropy", "gunasekar2017-conjugation"])
def test_commuting_measurements_of_the_users(tmp_path, claim_id):
    verdict, text = verdict_on(tmp_path, claim_id, A=DIAGONAL, y=DIAGONAL @ np.ones(4) @ np.ones(4))
    assert verdict is Verdict.VERIFIED, text


CROSSED = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
WITHOUT = {
    "do not commute": ("gunasekar2017-entropy", {"A": CROSSED, "y": np.ones(2)}),
    "not square": ("gunasekar2017-entropy", {"A": np.ones((2, 2, 3)), "y": np.ones(2)}),
    "y too long": ("gunasekar2017-entropy", {"A": DIAGONAL, "y": np.ones(3)}),
    "nothing attains y": ("gunasekar2017-entropy", {"A": np.stack([np.eye(3)] * 2), "y": np.array([1.0, 2.0])}),
    "nothing semidefinite attains y": ("gunasekar2017-entropy", {"A": np.eye(3)[None], "y": np.array([-1.0])}),
    "U of other rows": ("gunasekar2017-conjugation", {"A": DIAGONAL, "y": np.ones(2), "U": np.ones((3, 1))}),
    "unique dual": ("gunasekar2017-rate", {"A": DIAGONAL[:1], "y": np.ones(1)}),
    "entry too large": ("li2020-rank-not-trace", {"epsilon": np.array(0.7)}),
    "one matrix only": ("blanc2019-sensing-trace", {"A": np.eye(1)[None], "y": np.ones(1)}),
    "weights alike": ("blanc2019-sensing-trace", {"A": np.eye(3)[None], "y": np.ones(1)}),
    "rectangular": ("blanc2019-sensing-trace", {"A": np.ones((2, 2, 3)), "y": np.ones(2)}),
    "one entry": ("blanc2019-sensing-nuclear", {"A": np.ones((1, 2, 3)), "y": np.ones(1)}),
    "flat without choice": ("ding2022-flat-minima", {"A": np.ones((1, 1, 1)), "y": np.ones(1)}),
    "wide factors": (
        "blanc2019-gaussian-measurements",
        {"U": np.ones((2, 3)), "left": np.ones((2, 1)), "right": np.ones((3, 1))},
    ),
    "full rank": ("amelunxen2014-psd", {"U": np.eye(3)}),
    "rivals at the same place": ("amelunxen2014-psd", {"U": np.eye(10)[:, :1]}),
    "no common rank": ("amelunxen2014-nuclear", {"U": np.ones((4, 1)), "V": np.ones((4, 2))}),
}


@pytest.mark.parametrize("case", WITHOUT)
def test_data_without_the_hypotheses_do_not_apply(tmp_path, case):
    claim_id, arrays = WITHOUT[case]
    verdict, text = verdict_on(tmp_path, claim_id, **arrays)
    assert verdict is Verdict.NOT_APPLICABLE, text
