"""DOP853: order, error control, bits across interruptions, and every way in which a run can end."""

import math

import numpy as np
import pytest
from numba import njit
from scipy.integrate import solve_ivp
from scipy.integrate._ivp import dop853_coefficients
from scipy.special import ellipj

from solvable.integrators import dop853, dop853_tableau, status
from solvable.integrators.compile import kernel
from solvable.integrators.signatures import FIELD, LOSS, signature_of

NO_DATA = np.zeros(8)
FOREVER = 10**7


@kernel(signature_of(FIELD))
def rigid_body(y, data, out):
    out[0], out[1], out[2] = y[1] * y[2], -y[0] * y[2], -0.51 * y[0] * y[1]


@kernel(signature_of(FIELD))
def pendulum(y, data, out):
    out[0], out[1] = y[1], -math.sin(y[0])


@kernel(signature_of(FIELD))
def scalar(y, data, out):
    """One of several scalar fields, by ``data[0]``."""
    x = y[0]
    if data[0] == 0.0:
        out[0] = x * x
    elif data[0] == 1.0:
        out[0] = x
    elif data[0] == 2.0:
        out[0] = 1.0 if x < 1.0 else math.nan
    elif data[0] == 3.0:
        out[0] = -math.copysign(1.0, x)
    elif data[0] == 4.0:
        out[0] = math.exp(x) * (math.exp(-2.0 * x) - 1.0)
    elif data[0] == 5.0:
        out[0] = math.nan
    else:
        out[0] = -x


@kernel(signature_of(FIELD))
def relaxation(y, data, out):
    """A slow angle, and a component that follows its sine at the rate ``data[0]``."""
    out[0] = 1.0
    out[1] = data[0] * (math.sin(y[0]) - y[1])


@kernel(signature_of(FIELD))
def network(theta, data, out):
    """Primal flow of the diagonal network: n, then X by rows, then y."""
    n, d = int(data[0]), theta.shape[0] // 2
    for j in range(2 * d):
        out[j] = 0.0
    for i in range(n):
        r = -data[8 + n * d + i]
        for j in range(d):
            r += data[8 + i * d + j] * (theta[j] ** 2 - theta[d + j] ** 2)
        for j in range(d):
            g = 2.0 * r * data[8 + i * d + j] / n
            out[j] -= g * theta[j]
            out[d + j] += g * theta[d + j]


@kernel(signature_of(LOSS))
def square(y, data):
    return y[0] * y[0]


def start(y, **options):
    y = np.array(y, dtype=float)
    return y, status.new_control(**options), np.zeros(dop853.work_size(len(y)))


def advance(field, run, target, rtol=1e-8, atol=0.0, data=NO_DATA, until=-1.0, limit=math.inf, steps=FOREVER):
    y, control, work = run
    tolerance = np.full(len(y), atol)
    return dop853.advance(
        field.compiled, square.compiled, y, data, control, work, target, rtol, tolerance, until, limit, steps
    )


def value(field, run, target, rtol=1e-8, atol=0.0, data=NO_DATA):
    y, control, work = run
    out = np.empty_like(y)
    code = dop853.evaluate(field.compiled, y, data, control, work, target, rtol, np.full(len(y), atol), out)
    assert code == status.RUNNING
    return out


def scalar_run(kind, y0, **options):
    return start([y0], **options), np.array([float(kind)])


def test_coefficients_are_those_of_scipy():
    np.testing.assert_array_equal(dop853_tableau.A, dop853_coefficients.A[:12, :12])
    np.testing.assert_array_equal(dop853_tableau.B, dop853_coefficients.B)
    np.testing.assert_array_equal(dop853_tableau.E3, dop853_coefficients.E3[:12])
    np.testing.assert_array_equal(dop853_tableau.E5, dop853_coefficients.E5[:12])


_attempt = dop853.attempt


@njit
def fixed_steps(field, y, data, K, h, count, atol):
    for _ in range(count):
        field(y, data, K[0])
        _attempt(field, y, data, K, h, 0.0, atol)
        y[:] = K[14]


def test_order_is_eight():
    sn, cn, dn, _ = ellipj(6.0, 0.51)
    errors = []
    for count in (12, 24):
        y = np.array([0.0, 1.0, 1.0])
        K = np.zeros((dop853.ROWS, 3))
        fixed_steps(rigid_body.compiled, y, NO_DATA, K, 6.0 / count, count, np.ones(3))
        errors.append(np.max(np.abs(y - [sn, cn, dn])))
    assert dop853.Y_NEW == 14
    assert errors[1] > 1e-13  # above rounding, so that the slope means something
    assert math.log2(errors[0] / errors[1]) == pytest.approx(8.0, abs=0.5)


@pytest.mark.parametrize("rtol", [1e-5, 1e-8, 1e-11])
def test_error_follows_the_tolerance(rtol):
    run = start([0.0, 1.0, 1.0])
    assert advance(rigid_body, run, 20.0, rtol, rtol) == status.RUNNING
    error = np.max(np.abs(value(rigid_body, run, 20.0, rtol, rtol) - ellipj(20.0, 0.51)[:3]))
    assert rtol / 1e3 < error < 10 * rtol


def test_network_from_tiny_weights_agrees_with_scipy():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((5, 8))
    y = X[:, 0] - X[:, 1] / 2
    theta0 = np.full(16, 1e-6)

    def reference(_, z):
        g = X.T @ (X @ (z[:8] ** 2 - z[8:] ** 2) - y) / 5
        return np.concatenate([-2 * z[:8] * g, 2 * z[8:] * g])

    expected = solve_ivp(reference, (0, 15), theta0, method="DOP853", rtol=1e-12, atol=1e-25).y[:, -1]
    run, data = start(theta0), np.concatenate([[5.0], np.zeros(7), X.ravel(), y])
    assert advance(network, run, 15.0, 1e-9, data=data) == status.RUNNING
    np.testing.assert_allclose(value(network, run, 15.0, 1e-9, data=data), expected, rtol=1e-7)


def test_bits_do_not_depend_on_saves_budgets_or_interruptions():
    straight = start([1.0, 0.0], detect_stiffness=True)
    assert advance(pendulum, straight, 40.0) == status.RUNNING
    final = value(pendulum, straight, 40.0)
    rng = np.random.default_rng(1)
    y, control, work = start([1.0, 0.0], detect_stiffness=True)
    for target in [*np.sort(rng.uniform(0.0, 40.0, 60)), 40.0]:
        while True:
            steps = int(rng.integers(1, 3))
            run = (y.copy(), control.copy(), rng.standard_normal(work.shape))  # work carries nothing over
            code = advance(pendulum, run, target, steps=steps)
            y, control, work = run
            value(pendulum, run, target)
            if code != status.BUDGET:
                break
    np.testing.assert_array_equal(y, straight[0])
    np.testing.assert_array_equal(control, straight[1])
    np.testing.assert_array_equal(value(pendulum, run, 40.0), final)


def test_evaluate_is_as_accurate_as_the_run_anywhere_and_changes_nothing():
    run = start([0.0, 1.0, 1.0])
    advance(rigid_body, run, 5.0, 1e-9, 1e-9)
    before = (run[0].copy(), run[1].copy())
    for t in (run[1][status.T], 5.0, 5.5, 12.0):  # the last ones need several substeps
        np.testing.assert_allclose(value(rigid_body, run, t, 1e-9, 1e-9), ellipj(t, 0.51)[:3], atol=1e-8)
    np.testing.assert_array_equal(run[0], before[0])
    np.testing.assert_array_equal(run[1], before[1])


def test_overflowing_trial_steps_are_rejected_not_believed():
    run, data = scalar_run(4, 60.0, step=1.9)  # x' = e^-x - e^x: tanh(x/2) decays like e^(-2t)
    assert advance(scalar, run, 2.0, 1e-10, 1e-12, data) == status.RUNNING
    exact = 2 * math.atanh(math.exp(-4.0))
    assert value(scalar, run, 2.0, 1e-10, 1e-12, data)[0] == pytest.approx(exact, rel=1e-8)
    assert run[1][status.N_REJECTED] >= 8


def test_field_that_ends_is_nonfinite():
    run, data = scalar_run(2, 0.0)
    assert advance(scalar, run, 5.0, 1e-8, 1e-8, data) == status.NONFINITE
    assert run[1][status.T] == pytest.approx(1.0, abs=1e-12)
    assert run[0][0] <= 1.0
    run, data = scalar_run(5, 0.0)
    assert advance(scalar, run, 5.0, 1e-8, 1e-8, data) == status.NONFINITE
    assert run[1][status.N_STEPS] == 0


def test_blow_up_diverges():
    run, data = scalar_run(0, 1.0)
    assert advance(scalar, run, 2.0, data=data) == status.DIVERGED
    assert run[1][status.T] == pytest.approx(1.0, abs=1e-7)
    run, data = scalar_run(1, 1.0)
    assert advance(scalar, run, 1e6, data=data) == status.DIVERGED
    assert run[1][status.T] == pytest.approx(math.log(dop853.LARGEST), abs=50.0)


def test_loss_limit_diverges_and_until_loss_converges():
    run, data = scalar_run(1, 1.0)
    assert advance(scalar, run, 100.0, data=data, limit=100.0) == status.DIVERGED
    assert 100.0 < run[0][0] ** 2 < 1e5
    run, data = scalar_run(6, 1.0)
    assert advance(scalar, run, 100.0, data=data, until=1e-4) == status.CONVERGED
    assert 1e-8 < run[0][0] ** 2 <= 1e-4
    again = run[0].copy(), run[1].copy()
    assert advance(scalar, run, 200.0, data=data, until=1e-4) == status.CONVERGED
    np.testing.assert_array_equal(run[0], again[0])
    np.testing.assert_array_equal(run[1], again[1])


def test_sliding_stalls():
    run, data = scalar_run(3, 1.0)
    assert advance(scalar, run, 20.0, data=data) == status.STALLED
    assert run[1][status.T] == pytest.approx(1.0, abs=1e-6)


def test_stiffness_is_seen_where_it_is_and_only_when_asked():
    stiff, mild = np.array([1e5]), np.array([1.0])
    run = start([0.0, 1.0], detect_stiffness=True)
    assert advance(relaxation, run, 10.0, 1e-6, 1e-6, stiff) == status.STIFF
    assert run[1][status.N_STEPS] < 500
    again = run[1][status.N_STEPS]
    assert advance(relaxation, run, 10.0, 1e-6, 1e-6, stiff) == status.STIFF  # one may go on
    assert run[1][status.N_STEPS] >= again + 15
    run = start([0.0, 1.0])
    assert advance(relaxation, run, 0.05, 1e-6, 1e-6, stiff) == status.RUNNING
    run = start([0.0, 1.0], detect_stiffness=True)
    assert advance(relaxation, run, 200.0, 1e-6, 1e-6, mild) == status.RUNNING
    run = start([1.0, 0.0], detect_stiffness=True)
    assert advance(pendulum, run, 500.0) == status.RUNNING


def test_budget_counts_attempts():
    run = start([1.0, 0.0])
    assert advance(pendulum, run, 1e4, steps=37) == status.BUDGET
    assert run[1][status.N_STEPS] + run[1][status.N_REJECTED] == 37


def test_zero_component_under_pure_relative_tolerance():
    run = start([0.0, 0.0, 1.0])  # an equilibrium: every error is 0/0
    assert advance(rigid_body, run, 1e3, 1e-10) == status.RUNNING
    np.testing.assert_array_equal(value(rigid_body, run, 1e3, 1e-10), [0.0, 0.0, 1.0])
