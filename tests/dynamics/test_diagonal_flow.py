"""The two stages of the diagonal flow: one trajectory, whichever stage is asked."""

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, GradientFlow, Status, simulate
from solvable.dynamics.diagonal_flow import DUAL, DiagonalFlow
from solvable.dynamics.flow_stepper import EXPLICIT
from solvable.dynamics.stepper import Tile


@pytest.mark.parametrize("kind", ["squares", "product"])
@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize(("n", "d"), [(6, 9), (9, 4)])
@pytest.mark.parametrize("at", [0.0, 2.0, 20.0])
def test_a_hand_over_changes_nothing(problem, n, d, decay, kind, at):
    """Forced at any time, the dual form continues what the factors would have done."""
    model = DiagonalLinearNetwork(*problem(n, d, noise=0.2), parametrization=kind)
    rng = np.random.default_rng(3)
    theta = np.concatenate(model.to_network(*(rng.uniform(0.1, 0.6, (2, d)) * np.sign(rng.standard_normal((2, d))))))

    def stepper():
        lane = np.zeros(1, dtype=np.int64)
        return DiagonalFlow(model, Tile(theta[None], lane, lane, 0, None), GradientFlow(1e-10, weight_decay=decay))

    def after(flow, time):
        while flow.advance(time, 100) != 0:
            pass
        out = np.empty(flow.size)
        assert flow.evaluate(time, out) == 0
        return out, flow.ledger(time)

    explicit, dual = stepper(), stepper()
    if at:
        after(dual, at)
    dual.hand_over()
    assert (explicit.stage, dual.stage) == (EXPLICIT, DUAL)
    a, ledger_a = after(explicit, 40.0)
    b, ledger_b = after(dual, 40.0)
    assert explicit.stage == EXPLICIT
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-7)
    for name in ledger_a:
        np.testing.assert_allclose(ledger_a[name], ledger_b[name], rtol=0, atol=1e-7)


def test_signs_survive_the_dual_form(problem):
    model = DiagonalLinearNetwork(*problem(6, 9))
    signs = np.sign(np.random.default_rng(0).standard_normal(18))
    run = simulate(model, GradientFlow(), 1e-3 * signs, time=1e4)
    assert run.state["stage"][0] == DUAL
    assert np.array_equal(np.sign(run.final), signs)
    plain = simulate(model, GradientFlow(), 1e-3 * np.ones(18), time=1e4)
    np.testing.assert_allclose(run.predictor(run.final), plain.predictor(plain.final), rtol=1e-8, atol=1e-12)


def test_saved_points_inside_the_dual_stage(problem):
    model = DiagonalLinearNetwork(*problem(6, 9))
    saves = np.array([1.0, 100.0, 1000.0, 5000.0])
    run = simulate(model, GradientFlow(), model.init(scale=1e-3), time=1e4, save=saves)
    for theta, t in zip(run.theta, saves, strict=True):
        assert np.array_equal(simulate(model, GradientFlow(), model.init(scale=1e-3), time=t).final, theta)


def test_a_balanced_start_is_exactly_zero_and_flows_are_odd_in_the_labels(problem):
    X, y = problem(4, 17)  # whole eights, and one more
    horizon = {"time": 5.0}
    still = simulate(DiagonalLinearNetwork(X, 0 * y), GradientFlow(), np.full(34, 0.3), until_loss=0.0, **horizon)
    assert (still.status, still.step[-1]) == (Status.CONVERGED, 0)
    ends = []
    for sign in (1, -1):
        model = DiagonalLinearNetwork(X, sign * y)
        ends.append(model.predictor(simulate(model, GradientFlow(), model.init(scale=3.0), **horizon).final))
    assert np.array_equal(ends[0], -ends[1])
