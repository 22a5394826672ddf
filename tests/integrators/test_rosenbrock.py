"""Rodas5P: order, stability at infinity, linear algebra, stiff classics, and bits across interruptions."""

import math

import numpy as np
import pytest
from numba import njit
from scipy.integrate import solve_ivp
from scipy.special import ellipj

from solvable.integrators import rosenbrock, rosenbrock_jacobian, rosenbrock_linear, status
from solvable.integrators.compile import kernel
from solvable.integrators.signatures import FIELD, JACOBIAN, LOSS, signature_of

NO_DATA = np.zeros(8)
FOREVER = 10**6


@kernel(signature_of(FIELD))
def rigid_body(y, data, out):
    out[0], out[1], out[2] = y[1] * y[2], -y[0] * y[2], -0.51 * y[0] * y[1]


@kernel(signature_of(JACOBIAN))
def rigid_body_jacobian(y, data, out):
    out[0, 0], out[0, 1], out[0, 2] = 0.0, y[2], y[1]
    out[1, 0], out[1, 1], out[1, 2] = -y[2], 0.0, -y[0]
    out[2, 0], out[2, 1], out[2, 2] = -0.51 * y[1], -0.51 * y[0], 0.0


@kernel(signature_of(FIELD))
def van_der_pol(y, data, out):
    out[0], out[1] = y[1], 1e3 * (1.0 - y[0] ** 2) * y[1] - y[0]


@kernel(signature_of(JACOBIAN))
def van_der_pol_jacobian(y, data, out):
    out[0, 0], out[0, 1] = 0.0, 1.0
    out[1, 0], out[1, 1] = -2e3 * y[0] * y[1] - 1.0, 1e3 * (1.0 - y[0] ** 2)


@kernel(signature_of(FIELD))
def robertson(y, data, out):
    slow, fast, gain = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    out[0], out[1], out[2] = fast - slow, slow - fast - gain, gain


@kernel(signature_of(FIELD))
def decay(y, data, out):
    for i in range(y.shape[0]):
        out[i] = data[i] * y[i]


@kernel(signature_of(JACOBIAN))
def decay_jacobian(y, data, out):
    out[:] = 0.0
    for i in range(y.shape[0]):
        out[i, i] = data[i]


@kernel(signature_of(FIELD))
def bounded(y, data, out):
    out[0] = 1.0 if y[0] < 1.0 else math.nan


@kernel(signature_of(LOSS))
def square(y, data):
    return y[0] * y[0]


def start(y, **options):
    y = np.array(y, dtype=float)
    return y, status.new_control(**options), np.zeros(rosenbrock.work_size(len(y)))


def advance(system, run, target, rtol=1e-8, atol=0.0, data=NO_DATA, until_loss=-1.0, steps=FOREVER):
    field, jacobian = system
    y, control, work = run
    tolerance = np.broadcast_to(atol, len(y)).astype(float)
    return rosenbrock.advance(
        field.compiled, jacobian.compiled, square.compiled, y, data, control, work, target, rtol, tolerance,
        until_loss, math.inf, steps,
    )  # fmt: skip


def value(system, run, target, rtol=1e-8, atol=0.0, data=NO_DATA):
    field, jacobian = system
    y, control, work = run
    out = np.empty_like(y)
    tolerance = np.broadcast_to(atol, len(y)).astype(float)
    code = rosenbrock.evaluate(field.compiled, jacobian.compiled, y, data, control, work, target, rtol, tolerance, out)
    assert code == status.RUNNING
    return out


RIGID = (rigid_body, rigid_body_jacobian)
OSCILLATOR = (van_der_pol, van_der_pol_jacobian)
DECAY = (decay, decay_jacobian)

_attempt = rosenbrock.attempt
_factor, _solve = rosenbrock_linear.factor, rosenbrock_linear.solve
_difference = rosenbrock_jacobian.finite_difference_jacobian


@njit
def fixed_steps(field, jacobian, y, data, K, h, count, atol):
    J, M = np.empty((len(y), len(y))), np.empty((len(y), len(y)))
    error = 0.0
    for _ in range(count):
        field(y, data, K[8])
        jacobian(y, data, J)
        error = _attempt(field, y, data, K, J, M, False, h, 0.0, atol)
        y[:] = K[11]
    return error


def rigid_error(count):
    y, K = np.array([0.0, 1.0, 1.0]), np.zeros((rosenbrock.VECTORS, 3))
    estimate = fixed_steps(*(f.compiled for f in RIGID), y, NO_DATA, K, 3.0 / count, count, np.ones(3))
    return np.max(np.abs(y - ellipj(3.0, 0.51)[:3])), estimate


def test_order_is_five_with_an_embedded_four():
    assert (rosenbrock.F0, rosenbrock.Y_NEW) == (8, 11)
    (coarse, coarse_estimate), (fine, fine_estimate) = rigid_error(40), rigid_error(80)
    assert fine > 1e-13
    assert math.log2(coarse / fine) == pytest.approx(5.0, abs=0.3)
    assert math.log2(coarse_estimate / fine_estimate) == pytest.approx(5.0, abs=0.4)  # local error of order 4


def test_fast_modes_vanish_at_once():
    y, K = np.array([1.0]), np.zeros((rosenbrock.VECTORS, 1))
    fixed_steps(decay.compiled, decay_jacobian.compiled, y, np.array([-1e10]), K, 1.0, 1, np.ones(1))
    assert abs(y[0]) < 1e-7


@njit
def factor_and_solve(J, shift, symmetric, b):
    m = len(b)
    M, pivots, inverse = np.empty((m, m)), np.empty(m), np.empty(m)
    kind = _factor(J, M, shift, symmetric, pivots, inverse)
    if kind != 0:
        _solve(M, kind, pivots, inverse, b)
    return kind


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 7, 8, 9, 33, 66])
def test_linear_systems(m):
    rng = np.random.default_rng(m)
    b = rng.standard_normal(m)
    shifted = np.roll(np.diag(rng.uniform(1, 2, m)), 1, axis=0)  # zero diagonal: pivots needed
    for J in (rng.standard_normal((m, m)), shifted):
        x = b.copy()
        shift = 0.0 if m > 1 else 3.0
        assert factor_and_solve(J, shift, False, x) == rosenbrock_linear.LU
        np.testing.assert_allclose(x, np.linalg.solve(shift * np.eye(m) - J, b), rtol=1e-9, atol=1e-11)
    J = -J @ J.T
    x = b.copy()
    assert factor_and_solve(J, 0.5, True, x) == rosenbrock_linear.CHOLESKY
    np.testing.assert_allclose(x, np.linalg.solve(0.5 * np.eye(m) - J, b), rtol=1e-9, atol=1e-11)
    x = b.copy()
    assert factor_and_solve(-J, 0.5, True, x) == rosenbrock_linear.LU  # not definite: falls back
    np.testing.assert_allclose(x, np.linalg.solve(0.5 * np.eye(m) + J, b), rtol=1e-9, atol=1e-11)
    assert factor_and_solve(np.eye(m), 1.0, True, x) == rosenbrock_linear.FAILED
    assert factor_and_solve(np.full((m, m), np.nan), 1.0, True, x) == rosenbrock_linear.FAILED


def test_van_der_pol():
    def function(_, y):
        return [y[1], 1e3 * (1 - y[0] ** 2) * y[1] - y[0]]

    exact = solve_ivp(function, (0, 1200.0), [2.0, 0.0], method="Radau", rtol=1e-11, atol=1e-12).y[:, -1]
    for options, system in (
        ({}, OSCILLATOR),
        ({"finite_differences": True}, (van_der_pol, rosenbrock_jacobian.no_jacobian)),
    ):
        run = start([2.0, 0.0], **options)
        assert advance(system, run, 1200.0, 1e-7, 1e-7) == status.RUNNING
        np.testing.assert_allclose(value(system, run, 1200.0, 1e-7, 1e-7), exact, rtol=1e-5)
        assert run[1][status.N_STEPS] < 1500  # the stability limit of an explicit method is about 1e6 steps


def test_robertson_over_eleven_decades():
    # y -> (0, 0, 1), y0 ~ y1 2.5e5; the reference value at 1e11 is in Hairer and Wanner, volume II, IV.10
    system, atol = (robertson, rosenbrock_jacobian.no_jacobian), [1e-13, 1e-19, 1e-8]
    run = start([1.0, 0.0, 0.0], finite_differences=True)
    assert advance(system, run, 1e11, 1e-8, atol) == status.RUNNING
    found = value(system, run, 1e11, 1e-8, atol)
    assert found[0] == pytest.approx(0.2083340149701255e-07, rel=1e-4)
    assert found[1] == pytest.approx(0.8333360770334713e-13, rel=1e-4)
    assert np.sum(found) == pytest.approx(1.0, abs=1e-9)


@njit
def difference(field, y, data, out):
    f, a, b = np.empty_like(y), np.empty_like(y), np.empty_like(y)
    field(y, data, f)
    _difference(field, y, data, f, out, a, b)


def test_finite_differences_at_mixed_sizes():
    out, exact = np.empty((3, 3)), np.empty((3, 3))
    for point in ([0.3, -2.0, 1.0], [1.0, 1e-16, 1e-9], [1e-8, 2e-8, 0.0], [0.0, 0.0, 0.0]):
        y = np.array(point)
        difference(rigid_body.compiled, y, NO_DATA, out)
        rigid_body_jacobian.compiled(y, NO_DATA, exact)
        np.testing.assert_allclose(out, exact, atol=1e-7 * max(np.max(np.abs(y)), 1e-8))


def test_bits_do_not_depend_on_saves_budgets_or_interruptions():
    straight = start([2.0, 0.0])
    assert advance(OSCILLATOR, straight, 900.0, 1e-6, 1e-6) == status.RUNNING
    final = value(OSCILLATOR, straight, 900.0, 1e-6, 1e-6)
    rng = np.random.default_rng(2)
    y, control, work = start([2.0, 0.0])
    for target in [*np.sort(rng.uniform(0.0, 900.0, 20)), 900.0]:
        code = status.BUDGET
        while code == status.BUDGET:
            run = (y, control, rng.standard_normal(work.shape))
            code = advance(OSCILLATOR, run, target, 1e-6, 1e-6, steps=int(rng.integers(1, 3)))
            value(OSCILLATOR, run, target, 1e-6, 1e-6)
    assert control[status.N_REJECTED] > 0  # so that a pause between a rejection and its retry was met
    np.testing.assert_array_equal(y, straight[0])
    np.testing.assert_array_equal(control, straight[1])
    np.testing.assert_array_equal(value(OSCILLATOR, run, 900.0, 1e-6, 1e-6), final)


def test_growing_mode_with_the_symmetric_option():
    run, data = start([1e-6, 1.0], symmetric=True, step=5.0), np.array([2.0, -1.0])
    assert advance(DECAY, run, 8.0, 1e-9, 0.0, data) == status.RUNNING  # indefinite at first
    expected = [1e-6 * math.exp(16.0), math.exp(-8.0)]
    np.testing.assert_allclose(value(DECAY, run, 8.0, 1e-9, 0.0, data), expected, rtol=1e-7)


def test_ends():
    run = start([0.0])
    data = np.array([0.0])
    assert advance((bounded, decay_jacobian), run, 5.0, 1e-8, 1e-8, data) == status.NONFINITE
    assert run[1][status.T] == pytest.approx(1.0, abs=1e-12)
    run, data = start([1.0]), np.array([-1.0])
    assert advance(DECAY, run, 50.0, data=data, until_loss=1e-4) == status.CONVERGED
    assert run[0][0] <= 1e-2
    run, data = start([1.0]), np.array([1.0])
    assert advance(DECAY, run, 1e5, data=data) == status.DIVERGED
    run = start([1.0])
    assert advance(DECAY, run, 1e5, data=data, steps=11) == status.BUDGET
    assert run[1][status.N_STEPS] + run[1][status.N_REJECTED] == 11
    run = start([1.0], finite_differences=False)
    assert advance((decay, rosenbrock_jacobian.no_jacobian), run, 1.0, data=data) == status.NONFINITE
