"""`simulate`: what it refuses, what it saves, what its clock says."""

import numpy as np
import pytest

from solvable import (
    SGD,
    DiagonalLinearNetwork,
    Flow,
    GradientDescent,
    GradientFlow,
    LinearRegression,
    ScalarFactorization,
    Status,
    simulate,
)

MODEL = LinearRegression([[1.0, 0.0], [0.5, 1.0], [0.0, 2.0]], [1.0, 2.0, 3.0])
START = [0.3, 0.2]
DESCENT, FLOW = GradientDescent(0.1), GradientFlow()
DONE = simulate(MODEL, DESCENT, START, steps=3)
TWO = GradientDescent([0.1, 0.2])


@pytest.mark.parametrize(
    ("model", "dynamics", "theta0", "options", "message"),
    [
        (MODEL, DESCENT, START, {}, "exactly one of steps and time must be given"),
        (MODEL, DESCENT, START, {"steps": 1, "time": 1.0}, "exactly one of steps and time must be given"),
        (MODEL, FLOW, START, {"steps": 5}, "time must be given for GradientFlow, which has no steps"),
        (MODEL, DESCENT, START, {"steps": -1}, "steps must be an integer from 0 to"),
        (MODEL, DESCENT, START, {"steps": 1.5}, "steps must be an integer from 0 to 9007199254740992, got float 1.5"),
        (MODEL, DESCENT, START, {"steps": "many"}, "steps must be an integer"),
        (MODEL, DESCENT, START, {"steps": [1, 2]}, r"steps must be one number, .* 1 members, got shape \(2,\)"),
        (MODEL, TWO, START, {"steps": [1, 2, 3]}, r"steps must be one number, or one for each of the 2 members"),
        (MODEL, FLOW, START, {"time": [[1.0]]}, r"time must be one number, or one for each of the 1 members"),
        (MODEL, DESCENT, START, {"time": -1.0}, "time must be >= 0, got -1"),
        (MODEL, FLOW, START, {"time": -1.0}, "time must be >= 0, got -1"),
        (MODEL, FLOW, START, {"time": np.nan}, "time must be finite"),
        (MODEL, DESCENT, START, {"time": np.inf}, "time must be finite"),
        (MODEL, DESCENT, START, {"time": 1e30}, "time must be less than 9.0072e[+]15 steps"),
        (MODEL, DESCENT, START, {"time": "long"}, "time must be a real number"),
        (MODEL, DESCENT, [0.3, np.nan], {"steps": 1}, r"theta0 must be finite, but entry \(1,\) is nan"),
        (MODEL, FLOW, [np.inf, 0.3], {"time": 1.0}, "theta0 must be finite"),
        (MODEL, DESCENT, [0.3], {"steps": 1}, r"theta0 must have 2 parameters for this model, got shape \(1,\)"),
        (MODEL, DESCENT, [[0.3]], {"steps": 1}, "theta0 must have 2 parameters"),
        (MODEL, DESCENT, 0.3, {"steps": 1}, r"theta0 must be 1-dimensional or 2-dimensional, got shape \(\)"),
        (MODEL, DESCENT, [[[0.3, 0.2]]], {"steps": 1}, "theta0 must be 1-dimensional or 2-dimensional"),
        (MODEL, DESCENT, np.zeros((0, 2)), {"steps": 1}, "theta0 must have at least one member"),
        (MODEL, DESCENT, "start", {"steps": 1}, "theta0 must be an array of real numbers"),
        (MODEL, DESCENT, None, {"steps": 1}, "theta0 must be given, such as .*, or a trajectory as resume"),
        (MODEL, DESCENT, [1j, 0.3], {"steps": 1}, "theta0 must be an array of real numbers"),
        (MODEL, TWO, np.ones((3, 2)), {"steps": 1}, "theta0 has 3 members, but the hyperparameters have 2"),
        (MODEL, "descent", START, {"steps": 1}, "dynamics must be an optimizer or a flow .*, got 'descent'"),
        (MODEL, GradientDescent, START, {"steps": 1}, "dynamics must be an optimizer or a flow"),
        ("model", DESCENT, START, {"steps": 1}, "model must be a model such as LinearRegression.X, y., got str"),
        (MODEL, DESCENT, START, {"steps": 1, "seed": -1}, "seed must be an integer from 0 to 18446744073709551615"),
        (MODEL, DESCENT, START, {"steps": 1, "seed": 2**64}, "seed must be an integer from 0 to"),
        (MODEL, DESCENT, START, {"steps": 1, "seed": 0.5}, "seed must be an integer from 0 to"),
        (MODEL, DESCENT, START, {"steps": 1, "seed": None}, "seed must be an integer from 0 to"),
        (MODEL, DESCENT, START, {"steps": 1, "replica": -1}, "replica must be an integer from 0 to 4294967295, got -1"),
        (MODEL, DESCENT, START, {"steps": 1, "replica": 2**32}, "replica must be an integer from 0 to"),
        (MODEL, TWO, START, {"steps": 1, "replica": [1, 2, 3]}, "replica must be an integer in .*, or one for each"),
        (MODEL, TWO, START, {"steps": 1, "replica": [0.5, 1]}, "replica must be an integer"),
        (MODEL, TWO, START, {"steps": 1, "replica": 2**32 - 1}, "replica must be an integer from 0 to 4294967294"),
        (MODEL, DESCENT, START, {"steps": 1, "until_loss": -1.0}, "until_loss must be >= 0, got -1"),
        (MODEL, DESCENT, START, {"steps": 1, "until_loss": np.nan}, "until_loss must be finite"),
        (MODEL, DESCENT, START, {"steps": 9, "save": [3, 2]}, "save must hold increasing numbers"),
        (MODEL, DESCENT, START, {"steps": 9, "save": [0, 10]}, r"save must lie between 0 and 9 \(steps\), got 0 to 10"),
        (MODEL, DESCENT, START, {"steps": 9, "save": [0.5]}, "save must hold whole steps"),
        (MODEL, DESCENT, START, {"time": 0.9, "save": [0.5, 2.0]}, r"save must lie between 0 and 0.9 \(time\)"),
        (MODEL, FLOW, START, {"time": 0.9, "save": [-0.5]}, r"save must lie between 0 and 0.9 \(time\)"),
        (MODEL, FLOW, START, {"time": 0.9, "save": 0}, "save must be an integer >= 1"),
        (MODEL, DESCENT, START, {"steps": 1, "resume": DONE}, "theta0 must be left out where resume is given"),
        (MODEL, DESCENT, START, {"steps": 1, "progress": 1}, "progress must be True, False or a function, got 1"),
        (MODEL, DESCENT, None, {"steps": 1, "resume": "run.npz"}, "resume must be a Trajectory, got str"),
        (MODEL, GradientDescent(0.2), None, {"steps": 1, "resume": DONE}, "dynamics must be .*step_size=0.1"),
        (MODEL, SGD(0.1), None, {"steps": 1, "resume": DONE}, "dynamics must be the one of the trajectory to resume"),
        (LinearRegression(MODEL.X, -MODEL.y), DESCENT, None, {"steps": 1, "resume": DONE}, "model must be the one of"),
        (MODEL, DESCENT, None, {"steps": 1, "resume": DONE, "seed": 5}, "seed must be the one of .*, 0, got 5"),
        (MODEL, DESCENT, None, {"steps": 1, "resume": DONE, "replica": 5}, "replica must be the one of .*, 0"),
        (MODEL, DESCENT, None, {"steps": 5, "resume": DONE, "save": [2, 4]}, "save must lie between 3 and 8"),
        (MODEL, DESCENT, None, {"time": 0.5, "resume": DONE, "save": [0.1]}, "save must lie between 0.3 and 0.8"),
    ],
)  # fmt: skip
def test_bad_arguments(model, dynamics, theta0, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        simulate(model, dynamics, theta0, **options)
    assert "\n" not in str(caught.value)


def test_bad_flows():
    for arguments, message in (
        ({"rtol": 0.0}, "rtol must be > 0"),
        ({"rtol": 1e-17}, r"rtol must be in \[1e-14, 1\), got 1e-17"),
        ({"rtol": 1.0}, r"rtol must be in \[1e-14, 1\)"),
        ({"atol": -1.0}, "atol must be >= 0"),
        ({"weight_decay": -1.0}, "weight_decay must be >= 0"),
        ({"method": "euler"}, "method must be one of 'auto', 'explicit', 'implicit'"),
    ):
        with pytest.raises(ValueError, match=message):
            GradientFlow(**arguments)
    with pytest.raises(ValueError, match="field must be a numba-compiled function"):
        Flow(lambda theta, data, out: None)


# --- what is saved


def test_start_and_end_are_kept_by_default():
    run = simulate(MODEL, DESCENT, START, steps=50)
    assert run.theta.shape == (2, 2)
    assert run.step.tolist() == [0, 50]
    assert run.theta[0].tolist() == START
    assert np.array_equal(run.theta[-1], run.final)


def test_saving_does_not_change_the_run():
    whole = simulate(MODEL, DESCENT, START, steps=500, save=np.arange(501))
    for save in (None, 1, 7, [3, 499, 500], 10_000):
        run = simulate(MODEL, DESCENT, START, steps=500, save=save)
        assert np.array_equal(run.theta, whole.theta[run.step])
        assert np.array_equal(run.final, whole.final)
        assert run.step[-1] == 500
    assert run.step.tolist() == list(range(501))


@pytest.mark.parametrize(
    ("steps", "save", "kept"), [(0, None, [0, 0]), (1, 5, [0, 1]), (4, 5, [0, 1, 2, 3, 4]), (0, 3, [0])]
)
def test_small_horizons(steps, save, kept):
    run = simulate(MODEL, DESCENT, START, steps=steps, save=save)
    assert run.step.tolist() == kept
    assert run.status is Status.HORIZON


def test_exactly_the_times_that_were_asked_for():
    """Even where two of them fall on the same step."""
    times = np.array([0.0, 0.1, 0.12, 0.5, 1.0])
    run = simulate(MODEL, DESCENT, START, time=1.0, save=times)
    assert run.step.tolist() == [0, 1, 1, 5, 10]
    np.testing.assert_allclose(run.time, [0, 0.1, 0.1, 0.5, 1.0])
    flow = simulate(MODEL, FLOW, START, time=1.0, save=times)
    assert flow.time.tolist() == times.tolist()


def test_the_last_time_asked_for_is_the_last_step():
    """round(1 / 0.3) = 3 steps end at 0.9; a save at the horizon is still allowed."""
    run = simulate(MODEL, GradientDescent(0.3), START, time=1.0, save=[0.5, 1.0])
    assert run.step.tolist() == [2, 3]


def test_steps_from_time_are_rounded_member_by_member():
    h = np.array([0.1, 0.03, 0.7, 2.5])
    run = simulate(MODEL, GradientDescent(h * 0.1), START, time=0.1, save=None)
    assert run.step[-1].tolist() == [10, 33, 1, 0]
    assert run.time.shape == (2, 4)
    np.testing.assert_allclose(run.time[-1], run.step[-1] * h * 0.1, rtol=1e-15)
    for k in range(4):
        alone = simulate(MODEL, GradientDescent(h[k] * 0.1), START, time=0.1)
        assert np.array_equal(alone.final, run.final[k])


def test_clock_shapes():
    same = simulate(MODEL, DESCENT, np.ones((3, 2)), steps=10, save=4)
    assert same.time.shape == same.step.shape == (4,)
    differ = simulate(MODEL, TWO, START, steps=10, save=4)
    assert differ.time.shape == (4, 2)
    assert differ.step.shape == (4,)
    np.testing.assert_allclose(differ.time, differ.step[:, None] * [0.1, 0.2])
    flows = simulate(MODEL, FLOW, [[0.3, 0.2], [3.0, -2.0]], time=1.0, save=4)
    assert flows.time.shape == (4,)
    by_time = simulate(MODEL, TWO, START, time=2.0, save=[0.0, 1.0, 2.0])
    assert by_time.step.tolist() == [[0, 0], [10, 5], [20, 10]]
    assert by_time.time.shape in ((3,), (3, 2))


def test_members_may_have_their_own_horizon():
    run = simulate(MODEL, DESCENT, np.ones((3, 2)), steps=[0, 2, 7], save=5)
    assert run.step[-1].tolist() == [0, 2, 7]
    for k, steps in enumerate((0, 2, 7)):
        assert np.array_equal(run.final[k], simulate(MODEL, DESCENT, [1.0, 1.0], steps=steps).final)


def test_shapes_of_single_runs_and_ensembles():
    single = simulate(MODEL, DESCENT, START, steps=4, save=3)
    assert (single.theta.shape, single.loss.shape, single.final.shape) == ((3, 2), (3,), (2,))
    one = simulate(MODEL, DESCENT, [START], steps=4, save=3)
    assert (one.theta.shape, one.loss.shape, one.final.shape) == ((3, 1, 2), (3, 1), (1, 2))
    assert one.status.shape == (1,)
    broadcast = simulate(MODEL, GradientDescent([0.1]), START, steps=4)
    assert broadcast.final.shape == (1, 2)
    assert isinstance(single.status, Status)


def test_a_run_that_ends_early_has_fewer_rows():
    model = ScalarFactorization()
    run = simulate(model, GradientDescent(0.5), [30.0, 0.1], steps=100, save=np.arange(0, 101, 2))
    assert run.status is Status.DIVERGED
    assert run.step.tolist() == [*range(0, run.step[-1], 2), run.step[-1]]
    pair = simulate(model, GradientDescent(0.5), [[30.0, 0.1], [1.0, 1.0]], steps=100, save=np.arange(0, 101, 2))
    assert pair.theta.shape == (51, 2, 2)
    rows = run.step.size
    assert np.array_equal(pair.theta[:rows, 0], run.theta)
    assert (pair.theta[rows:, 0] == run.final).all()
    assert (pair.step[rows:, 0] == run.step[-1]).all()
    assert pair.step[-1, 1] == 100


@pytest.mark.parametrize("members", [None, 50])
def test_the_loss_is_half_the_mean_square(problem, members):
    """Relative 1e-15, from the residuals that NumPy gives at the reported parameters."""
    X, y = problem(20, 40, noise=0.3)
    model = DiagonalLinearNetwork(X, y)
    theta = model.init(scale=0.3) if members is None else np.tile(model.init(scale=0.3), (members, 1))
    for dynamics in (GradientDescent(0.01), SGD(0.001, 3)):
        run = simulate(model, dynamics, theta, steps=300, save=5)
        r = model.residuals(run.theta)
        exact = np.sum(r**2, axis=-1, dtype=np.longdouble) / 40
        np.testing.assert_allclose(run.loss, exact.astype(float), rtol=1e-15)
        u, v = run.theta[..., :40], run.theta[..., 40:]
        by_hand = np.sum(((u * u - v * v) @ X.T - y) ** 2, axis=-1) / 40
        np.testing.assert_allclose(run.loss, by_hand, rtol=1e-13)


def test_provenance_says_where_it_came_from():
    run = simulate(MODEL, TWO, START, steps=3, seed=5, replica=9, until_loss=0.1)
    record = run.provenance
    assert record["seed"] == 5
    assert record["replica"] == 9
    assert record["until_loss"] == 0.1
    assert record["model"] == "LinearRegression(n=3, p=2)"
    assert record["model_fingerprint"] == MODEL.fingerprint()
    assert record["dynamics"].startswith("GradientDescent(step_size=[0.1 .. 0.2]*2")
    picked = simulate(MODEL, TWO, START, steps=3, replica=[7, 2])
    assert picked.provenance["replica"] == [7, 2]


def test_fields_with_one_name_and_different_code_are_different_dynamics():
    from numba import njit

    def make(factor):
        def field(theta, data, out):
            for k in range(theta.size):
                out[k] = -factor * theta[k]

        return Flow(njit(field))

    assert make(1.0).fingerprint() == make(1.0).fingerprint()
    assert make(1.0).fingerprint() != make(2.0).fingerprint()


def test_progress_is_told_what_is_done(capsys):
    told = []
    simulate(MODEL, DESCENT, np.ones((140, 2)), steps=3, progress=lambda *pieces: told.append(pieces))
    assert told == [(1, 3), (2, 3), (3, 3)]
    simulate(MODEL, DESCENT, START, steps=3, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "simulate: 1/1\n"
    simulate(MODEL, DESCENT, START, steps=3)
    assert capsys.readouterr().err == ""


def test_theta0_is_neither_changed_nor_shared():
    theta = np.ones((2, 2))
    run = simulate(MODEL, DESCENT, theta, steps=3)
    assert (theta == 1).all()
    assert not np.shares_memory(run.theta, theta)
