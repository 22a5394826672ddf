"""Fields around the field of a model: values and Jacobian against NumPy, for every model."""

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, LinearRegression, ResidualModel, ScalarFactorization
from solvable.dynamics.forced_flow import compose
from solvable.integrators.addresses import address_of
from solvable.integrators.rosenbrock_jacobian import no_jacobian

rng = np.random.default_rng(0)
X, y = rng.standard_normal((4, 5)), rng.standard_normal(4)
MODELS = {
    "squares": DiagonalLinearNetwork(X, y),
    "product": DiagonalLinearNetwork(X, y, parametrization="product"),
    "depth 4": DiagonalLinearNetwork(X, y, depth=4),
    "linear": LinearRegression(X, y),
    "scalar": ScalarFactorization(target=-1.3),
    "scalar 4": ScalarFactorization(target=0.7, depth=4),
    "user": ResidualModel(
        lambda w: np.array([w[0] * w[1] - 1.0, w[1] - w[2] ** 2]),
        lambda w: np.array([[w[1], w[0], 0.0], [0.0, 1.0, -2 * w[2]]]),
        n_params=3,
        n_samples=2,
    ),
}


def force(model, theta, decay, strength, ascent):
    g = model.gradient(theta)
    bend = (model.gradient(theta + ascent * g) - g) / ascent if ascent else model.hessian(theta) @ g
    return -(g + strength * bend) - decay * theta


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize(("strength", "ascent"), [(0.0, 0.0), (0.0, 0.1), (0.2, 0.0), (0.2, 0.1), (0.2, -0.1)])
@pytest.mark.parametrize("name", MODELS)
def test_force_inertia_and_loss(name, strength, ascent, decay):
    model = MODELS[name]
    p = model.n_params
    tolerance = {"rtol": 1e-8 if name == "user" else 1e-12, "atol": 1e-8 if name == "user" else 1e-13}
    theta, omega = np.random.default_rng(1).standard_normal((2, p))
    expected = force(model, theta, decay, strength, ascent)
    if strength:
        functions, data = compose(model, decay, 0.0, strength, ascent)
        out = np.full(p, np.nan)
        functions["flow"](theta, data, out)
        np.testing.assert_allclose(out, expected, **tolerance)
        assert functions["loss"](theta, data) == pytest.approx(model.loss(theta), rel=1e-13)
    functions, data = compose(model, decay, 0.7, strength, ascent)
    state, out = np.concatenate([theta, omega]), np.full(2 * p, np.nan)
    functions["flow"](state, data, out)
    np.testing.assert_allclose(out, np.concatenate([(omega - theta) / 0.7, expected]), **tolerance)
    assert functions["loss"](state, data) == pytest.approx(model.loss(theta), rel=1e-13)


@pytest.mark.parametrize("name", MODELS)
def test_jacobian_of_inertia(name):
    model = MODELS[name]
    p = model.n_params
    functions, data = compose(model, 0.3, 0.7, 0.0, 0.0)
    if name == "user":
        assert functions["flow_jacobian"] is no_jacobian
        return
    state = np.random.default_rng(2).standard_normal(2 * p)
    jacobian, eye = np.full((2 * p, 2 * p), np.nan), np.eye(p)
    functions["flow_jacobian"](state, data, jacobian)
    lower = -model.hessian(state[:p]) - 0.3 * eye
    np.testing.assert_allclose(jacobian, np.block([[-eye / 0.7, eye / 0.7], [lower, 0 * eye]]), rtol=1e-12, atol=1e-12)


def test_addresses_survive_a_float():
    address = address_of(MODELS["linear"].compiled().flow)
    assert address == int(address) > 0
    assert address < 2.0**53
    assert address == address_of(MODELS["linear"].compiled().flow)
