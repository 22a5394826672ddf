"""Compiled fields against the NumPy road of the models, and Jacobians against central differences."""

import numpy as np
import pytest

from solvable import (
    DeepLinearNetwork,
    DiagonalLinearNetwork,
    LinearRegression,
    MatrixSensing,
    ScalarFactorization,
    SinglePointNetwork,
    UnivariateReLUNetwork,
)
from solvable.dynamics.factors import multiplicative_data
from solvable.integrators.signatures import WEIGHT_DECAY


def regression(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


def matrices(d0, n, dL, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((d0, n)), rng.standard_normal((dL, n))


def sensing(n, d1, d2, rank, symmetric):
    rng = np.random.default_rng(7)
    return MatrixSensing(rng.standard_normal((n, d1, d2)), rng.standard_normal(n), rank, symmetric)


MODELS = {
    "squares": DiagonalLinearNetwork(*regression(4, 7)),
    "tall": DiagonalLinearNetwork(*regression(9, 3)),
    "one sample": DiagonalLinearNetwork(*regression(1, 5)),
    "one feature": DiagonalLinearNetwork(*regression(3, 1)),
    "depth 3": DiagonalLinearNetwork(*regression(4, 5), depth=3),
    "depth 6": DiagonalLinearNetwork(*regression(4, 5), depth=6),
    "product": DiagonalLinearNetwork(*regression(4, 5), parametrization="product"),
    "linear": LinearRegression(*regression(5, 3)),
    "scalar": ScalarFactorization(target=-1.3),
    "scalar 4": ScalarFactorization(target=0.7, depth=4),
    "tanh": SinglePointNetwork([0.8, -1.1], 0.9, width=3),
    "deep": DeepLinearNetwork(*matrices(3, 4, 2), widths=[5, 4]),
    "deep, fewer samples": DeepLinearNetwork(*matrices(4, 2, 3), widths=2),
    "deep, many samples": DeepLinearNetwork(*matrices(2, 19, 3), widths=[1, 3, 2]),
    "deep, one output": DeepLinearNetwork(*matrices(3, 3, 1), widths=[3, 3]),
    "deep and wide": DeepLinearNetwork(*0.1 * np.stack(matrices(26, 3, 26)), widths=23),
    "wide layer": DeepLinearNetwork(*matrices(24, 26, 24), widths=()),
    "one layer": DeepLinearNetwork(*matrices(3, 4, 2), widths=()),
    "one tanh": SinglePointNetwork(2.0, -0.4, width=1),
    "sigmoid": SinglePointNetwork([0.8, -1.1, 0.3], 0.9, width=4, activation="sigmoid"),
    "sensing": sensing(5, 3, 3, None, True),
    "one measurement": sensing(1, 1, 1, None, True),
    "sensing, low rank": sensing(9, 11, 11, 2, True),
    "sensing, wide": sensing(6, 9, 9, None, True),
    "sensing, asymmetric": sensing(4, 2, 5, None, False),
    "sensing, asymmetric, low rank": sensing(3, 9, 4, 1, False),
}
RELU = {
    "relu": UnivariateReLUNetwork([0.8, -1.1, 0.3], [0.9, -0.2, 0.4], width=4),
    "one relu": UnivariateReLUNetwork([0.8], [0.9], width=1, skip=True),
    "relu and line": UnivariateReLUNetwork([0.8, -1.1, 0.3, 0.0], [0.9, -0.2, 0.4, 1.0], width=5, skip=True),
    "relu and bias": UnivariateReLUNetwork([0.8, -1.1, 0.3, 0.0], [0.9, -0.2, 0.4, 1.0], width=5, output_bias=True),
}
ALL = MODELS | RELU


@pytest.fixture(params=ALL.values(), ids=ALL.keys())
def model(request):
    return request.param


@pytest.fixture(params=MODELS.values(), ids=MODELS.keys())
def smooth(request):
    """A model with a flow."""
    return request.param


def columns(model):
    """Eight columns of parameters, of both signs and one of them zero in the first entry."""
    theta = np.random.default_rng(3).standard_normal((model.n_params, 8))
    theta[0, 0] = 0.0
    return theta


@pytest.fixture
def tile(model):
    return columns(model)


def scratch_of(compiled, width):
    return np.full(max(1, compiled.scratch * width), np.nan)


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)


def test_residuals(model, tile):
    compiled = model.compiled()
    out = np.full((model.n_samples * model.n_outputs, 8), np.nan)
    compiled.residuals(tile, compiled.data, scratch_of(compiled, 8), out)
    close(out.T, model.residuals(tile.T))


def test_pullback_is_the_transposed_jacobian(model, tile):
    compiled = model.compiled()
    weights = np.random.default_rng(4).standard_normal((model.n_samples * model.n_outputs, 8))
    out = np.full((model.n_params, 8), np.nan)
    compiled.pullback(tile, weights, compiled.data, scratch_of(compiled, 8), out)
    for b in range(8):
        close(out[:, b], model.jacobian(tile[:, b]).T @ weights[:, b])


def test_example(model, tile):
    compiled = model.compiled()
    for theta in tile.T:
        J, r = model.jacobian(theta), model.residuals(theta)
        for i in range(r.size):
            out = np.full(model.n_params, np.nan)
            close(compiled.example(np.ascontiguousarray(theta), i, compiled.data, out), r[i])
            close(out, J[i])


@pytest.mark.parametrize("width", [1, 3, 8, 16])
def test_curvature_is_the_hessian_times_a_vector(model, width):
    compiled = model.compiled()
    theta, vector = np.random.default_rng(6).standard_normal((2, model.n_params, width))
    out = np.full((model.n_params, width), np.nan)
    compiled.curvature(theta, vector, compiled.data, scratch_of(compiled, width), out)
    for b in range(width):
        close(out[:, b], model.hessian(theta[:, b]) @ vector[:, b])


def test_columns_that_fill_a_tile_up(model):
    """A tile ends with copies of its last column: their answers are copies as well."""
    compiled, rows = model.compiled(), model.n_samples * model.n_outputs
    rng = np.random.default_rng(8)
    theta, weights = rng.standard_normal((model.n_params, 8)), rng.standard_normal((rows, 8))
    r, g = np.full((rows, 8), np.nan), np.full((model.n_params, 8), np.nan)
    theta[:, 3:], weights[:, 3:6], weights[:, 6:] = theta[:, 3:4], weights[:, 3:4], weights[:, 6:7]
    compiled.residuals(theta, compiled.data, scratch_of(compiled, 8), r)
    compiled.pullback(theta, weights, compiled.data, scratch_of(compiled, 8), g)
    assert np.array_equal(r[:, 3:], np.repeat(r[:, 3:4], 5, axis=1))
    close(r[:, 2:4].T, model.residuals(theta[:, 2:4].T))
    for b, like in enumerate((0, 1, 2, 3, 3, 3, 6, 6)):
        close(g[:, b], model.jacobian(theta[:, b]).T @ weights[:, b])
        assert np.array_equal(g[:, b], g[:, like])


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.n_outputs > 1])
def test_sample_takes_the_outputs_of_a_sample_together(name):
    model, rng = MODELS[name], np.random.default_rng(7)
    compiled, theta, q = model.compiled(), rng.standard_normal(model.n_params), model.n_outputs
    J, r, noise = model.jacobian(theta), model.residuals(theta), rng.standard_normal(q)
    for i in range(model.n_samples):
        own, out = slice(i * q, (i + 1) * q), np.full(model.n_params, np.nan)
        square = compiled.sample(theta, i, noise, compiled.data, out)
        close(square, np.sum((r[own] - noise) ** 2))
        close(out, J[own].T @ (r[own] - noise))


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.compiled().condensed])
def test_condensed_data_have_the_same_loss_and_gradient(name, request):
    model = MODELS[name]
    whole, few = model.compiled(), model.compiled().condensed
    theta = np.random.default_rng(3).standard_normal((model.n_params, 8))
    out, slope = np.full((few.n_residuals, 8), np.nan), np.full((model.n_params, 8), np.nan)
    assert few.n_residuals < whole.n_residuals
    few.residuals(theta, few.data, scratch_of(few, 8), out)
    close(np.sum(out**2, axis=0) / (2 * model.n_samples), model.loss(theta.T))
    few.pullback(theta, out / model.n_samples, few.data, scratch_of(few, 8), slope)
    close(slope.T, [model.gradient(column) for column in theta.T])
    for column in np.ascontiguousarray(theta.T):
        few.flow(column, few.data, first := np.full(model.n_params, np.nan))
        whole.flow(column, whole.data, second := np.full(model.n_params, np.nan))
        close(first, second)
        close(few.loss(column, few.data), model.loss(column))


def test_loss(model, tile):
    compiled = model.compiled()
    for theta in tile.T:
        assert compiled.loss(np.ascontiguousarray(theta), compiled.data) == pytest.approx(model.loss(theta), rel=1e-13)


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_flow_descends_the_regularized_loss(smooth, decay):
    compiled, model = smooth.compiled(), smooth
    data = compiled.data.copy()
    data[WEIGHT_DECAY] = decay
    for theta in columns(model).T:
        out = np.full(model.n_params, np.nan)
        compiled.flow(np.ascontiguousarray(theta), data, out)
        close(out, -model.gradient(theta) - decay * theta)


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_jacobian_of_the_flow_is_minus_the_hessian(smooth, decay):
    compiled, model = smooth.compiled(), smooth
    data = compiled.data.copy()
    data[WEIGHT_DECAY] = decay
    for theta in columns(model).T:
        out = np.full((model.n_params, model.n_params), np.nan)
        compiled.flow_jacobian(np.ascontiguousarray(theta), data, out)
        close(out, -model.hessian(theta) - decay * np.eye(model.n_params))


@pytest.mark.parametrize("name", ["squares", "product", "tall"])
def test_flow_with_gathered_residuals(name):
    """The state (u, v, sigma): sigma' = r / n, and the Jacobian has its rows, by central differences."""
    model = MODELS[name]
    compiled, data = model.compiled(), multiplicative_data(model)
    data[WEIGHT_DECAY] = 0.2
    state = np.random.default_rng(5).standard_normal(model.n_params + model.n_samples)
    plus, minus = np.split(state[: model.n_params], 2)
    theta = np.concatenate(model.to_network(plus, minus))
    out = np.full(state.size, np.nan)
    compiled.flow(state, data, out)
    close(out[model.n_params :], model.residuals(theta) / model.n_samples)
    slope = np.split(-model.gradient(theta) - 0.2 * theta, 2)
    close(out[: model.n_params], np.concatenate(model.to_multiplicative(*slope)))

    jacobian = np.full((state.size, state.size), np.nan)
    compiled.flow_jacobian(state, data, jacobian)
    for k in range(state.size):
        step = np.zeros_like(state)
        step[k] = 1e-5
        high, low = np.empty_like(state), np.empty_like(state)
        compiled.flow(state + step, data, high)
        compiled.flow(state - step, data, low)
        np.testing.assert_allclose(jacobian[:, k], (high - low) / 2e-5, rtol=1e-6, atol=1e-8)
