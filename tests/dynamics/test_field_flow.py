"""`Flow` of a compiled field: against closed forms, stiff or not, with the model's data at hand."""

import numpy as np
import pytest
from numba import njit

from solvable import Flow, LinearRegression, ScalarFactorization, simulate
from solvable.integrators.fields import scalar


@njit
def rotation(theta, data, out):
    out[0], out[1] = theta[1], -theta[0]


@njit
def stiff(theta, data, out):
    out[0] = -1e5 * (theta[0] - np.cos(theta[1]))
    out[1] = 1.0


@njit
def uses_data(theta, data, out):
    for k in range(theta.size):
        out[k] = -data[0] * theta[k]


def test_rotation():
    run = simulate(ScalarFactorization(), Flow(rotation), [1.0, 0.0], time=10.0, save=[1.0, 10.0])
    np.testing.assert_allclose(run.theta, [[np.cos(t), -np.sin(t)] for t in (1.0, 10.0)], rtol=0, atol=1e-8)


def test_a_stiff_field_is_handed_over_without_a_jacobian():
    """x' = -1e5 (x - cos t) follows cos t up to 1e-5; explicitly it would take about 1e6 steps."""
    run = simulate(ScalarFactorization(), Flow(stiff, rtol=1e-7), [1.0, 0.0], time=10.0)
    assert run.step[-1] < 20_000
    lag = 1 / (1 + 1e-10)
    np.testing.assert_allclose(run.final, [lag * (np.cos(10.0) + 1e-5 * np.sin(10.0)), 10.0], rtol=1e-6)


def test_the_field_sees_the_models_data():
    model = LinearRegression(np.ones((3, 2)), np.ones(3))  # data[0] is the number of samples
    run = simulate(model, Flow(uses_data), [1.0, 2.0], time=0.5)
    np.testing.assert_allclose(run.final, np.exp(-1.5) * np.array([1.0, 2.0]), rtol=1e-8)
    assert run.final_loss == model.loss(run.final)


def test_a_kernel_of_the_package_is_a_field():
    flow = simulate(ScalarFactorization(depth=3), Flow(scalar.flow), [0.3, 0.4, 0.5], time=4.0)
    from solvable import GradientFlow

    own = simulate(ScalarFactorization(depth=3), GradientFlow(), [0.3, 0.4, 0.5], time=4.0)
    np.testing.assert_allclose(flow.final, own.final, rtol=1e-8)


@pytest.mark.parametrize("field", [lambda theta, data, out: None, "field", None, 3.0])
def test_other_things_are_refused(field):
    with pytest.raises(ValueError, match="field must be a numba-compiled function void"):
        Flow(field)
