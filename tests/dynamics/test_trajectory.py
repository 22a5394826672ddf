"""What a trajectory says about itself."""

import numpy as np
import pytest

from solvable import GradientDescent, GradientFlow, LinearRegression, ScalarFactorization, Status, simulate

MODEL = LinearRegression([[1.0, 0.0], [0.5, 1.0], [0.0, 2.0]], [1.0, 2.0, 3.0])


def test_every_status_has_a_message():
    assert {s.name for s in Status} == {"CONVERGED", "HORIZON", "DIVERGED", "NONFINITE", "INTERRUPTED", "UNRESOLVED"}
    assert len({s.message for s in Status}) == len(Status)


def test_final_loss_and_predictor():
    run = simulate(MODEL, GradientDescent(0.1), [0.3, 0.2], steps=5, save=3)
    assert run.final_loss == run.loss[-1] == MODEL.loss(run.final)
    assert np.array_equal(run.predictor(), run.theta)
    assert np.array_equal(run.predictor([1.0, 2.0]), [1.0, 2.0])


def test_nothing_remains_of_a_finished_run():
    assert simulate(MODEL, GradientDescent(0.1), [0.3, 0.2], steps=5).remaining == 0
    assert simulate(MODEL, GradientFlow(), [0.3, 0.2], time=5.0).remaining == 0
    assert simulate(MODEL, GradientDescent(0.1), np.ones((3, 2)), steps=5).remaining.tolist() == [0, 0, 0]


def test_representations():
    run = simulate(MODEL, GradientDescent(0.1), [0.3, 0.2], steps=5)
    text = repr(run)
    assert text.startswith(
        "Trajectory(GradientDescent(step_size=0.1, weight_decay=0.0) on LinearRegression(n=3, p=2): 2 saved, "
    )
    assert "horizon at t = 0.5" in text
    assert "GradientDescent" in run._repr_html_()
    crowd = simulate(ScalarFactorization(), GradientDescent([0.1, 5.0]), [3.0, 1.0], steps=50)
    assert "1 horizon, 1 diverged" in repr(crowd)


@pytest.mark.parametrize("members", [1, 2])
def test_ensemble_status_is_an_array_of_statuses(members):
    run = simulate(MODEL, GradientDescent(0.1), np.ones((members, 2)), steps=5)
    assert run.status.shape == (members,)
    assert all(isinstance(s, Status) for s in run.status)
