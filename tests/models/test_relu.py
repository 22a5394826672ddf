"""Univariate ReLU networks: layout, the function, starts, almost-everywhere derivatives, refusals.

Derivatives against complex steps and finite differences: test_base; compiled fields: integrators/fields; every
optimizer against a NumPy loop: dynamics/test_optimizers; its own loops: integrators/fused.
"""

import math

import numpy as np
import pytest

from solvable import GradientDescent, ModifiedFlow, PiecewiseLinear, UnivariateReLUNetwork, simulate

X, Y = [0.7, -1.0, 0.2], [1.0, 0.5, -0.3]


def net(width=4, **kind):
    return UnivariateReLUNetwork(X, Y, width, **kind)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ({}, "a w b"),
        ({"skip": True}, "a w b c d"),
        ({"output_bias": True}, "a w b d"),
        ({"skip": True, "output_bias": True}, "a w b c d"),
    ],
)
def test_layout(kind, names):
    model = net(**kind)
    parts = model.unpack(np.arange(float(model.n_params)))
    assert " ".join(parts) == names
    assert parts["a"].tolist() == [0, 1, 2, 3]
    assert parts["w"].tolist() == [4, 5, 6, 7]
    assert parts["b"].tolist() == [8, 9, 10, 11]
    assert [float(parts[name]) for name in names.split()[3:]] == [12.0, 13.0][: model.n_params - 12]
    assert model.pack(**parts).tolist() == list(range(model.n_params))


def test_models_that_are_the_same_have_the_same_fingerprint():
    assert net(skip=True).fingerprint() == net(skip=True, output_bias=True).fingerprint()
    assert len({net(**kind).fingerprint() for kind in ({}, {"skip": True}, {"output_bias": True})}) == 3


def by_definition(model, theta, x):
    parts = {name: value.tolist() for name, value in model.unpack(theta).items()}
    value = parts.get("c", 0.0) * x + parts.get("d", 0.0)
    for a, w, b in zip(parts["a"], parts["w"], parts["b"], strict=True):
        value += a * max(w * x + b, 0.0)
    return value


@pytest.mark.parametrize("kind", [{}, {"skip": True}, {"output_bias": True}])
def test_the_function(kind):
    model = net(7, **kind)
    theta = np.random.default_rng(0).standard_normal(model.n_params)
    points = np.linspace(-3, 3, 61)
    expected = [by_definition(model, theta, x) for x in points]
    np.testing.assert_allclose(model.predict(theta, points), expected, rtol=0, atol=1e-14)
    np.testing.assert_allclose(model.predict(theta), [by_definition(model, theta, x) for x in X], rtol=0, atol=1e-14)
    np.testing.assert_allclose(model.residuals(theta), model.predict(theta) - Y, rtol=0, atol=0)
    f = model.predictor(theta)
    assert isinstance(f, PiecewiseLinear)
    np.testing.assert_allclose(f(points), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(np.sort(-theta[14:21] / theta[7:14]), f.knots, rtol=1e-15)


def test_predictors_of_many():
    model = net(skip=True)
    theta = np.random.default_rng(0).standard_normal((2, 3, model.n_params))
    found = model.predictor(theta)
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert np.array_equal(found[place].knots, model.predictor(theta[place]).knots)
    run = simulate(model, GradientDescent(0.05), model.init(), steps=20, save=[0, 10, 20])
    assert [f.distance(g, -2, 2) for f, g in zip(run.predictor(), model.predictor(run.theta), strict=True)] == [0, 0, 0]


def test_a_prediction_in_blocks_is_the_same(monkeypatch):
    from solvable.models import relu

    model = UnivariateReLUNetwork(np.linspace(-1, 1, 9), np.zeros(9), 5, output_bias=True)
    theta = np.random.default_rng(0).standard_normal((7, model.n_params))
    whole = model.predict(theta)
    for block in (1, 11, 60):
        monkeypatch.setattr(relu, "BLOCK", block)
        np.testing.assert_allclose(model.predict(theta), whole, rtol=0, atol=1e-15)


def test_a_knot_on_a_sample():
    """relu'(0) = 0: a neuron whose knot is on a sample is inactive there, whichever way it faces."""
    model = UnivariateReLUNetwork([0.5], [1.0], 2)
    theta = model.pack(a=[2.0, 3.0], w=[1.0, -1.0], b=[-0.5, 0.5])
    assert not model.jacobian(theta).any()
    assert not model.gradient(theta).any()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ({"kind": "he"}, (math.sqrt(2 / 20000), 1, 1)),
        ({"kind": "ntk"}, (20000**-0.25,) * 3),
        ({"kind": "general", "deviations": (0.1, 2.0, 0.0)}, (0.1, 2.0, 0.0)),
    ],
)
@pytest.mark.parametrize("antisymmetric", [False, True])
def test_starts(kind, expected, antisymmetric):
    model = net(20000, skip=True)
    theta = model.init(scale=3.0, seed=1, antisymmetric=antisymmetric, **kind)
    parts = model.unpack(theta)
    for name, deviation in zip("awb", expected, strict=True):
        np.testing.assert_allclose(np.std(parts[name]), 3 * deviation, rtol=0.05)
    assert parts["c"] == parts["d"] == 0
    assert np.array_equal(theta, model.init(scale=3.0, seed=1, antisymmetric=antisymmetric, **kind))
    assert not np.array_equal(theta, model.init(scale=3.0, seed=2, antisymmetric=antisymmetric, **kind))
    np.testing.assert_allclose(3 * model.init(seed=1, antisymmetric=antisymmetric, **kind), theta, rtol=1e-15)


@pytest.mark.parametrize("kind", ["he", "ntk"])
def test_antisymmetric_starts_are_zero(kind):
    model = net(400)
    theta = model.init(kind=kind, antisymmetric=True)
    f = model.predictor(theta)
    assert f.knots.size == 0
    assert f(3.0) == 0.0
    np.testing.assert_allclose(model.predict(theta), 0, atol=1e-15)
    parts = model.unpack(theta)
    np.testing.assert_array_equal(parts["a"][::2], -parts["a"][1::2])
    np.testing.assert_array_equal(parts["w"][::2], parts["w"][1::2])


def test_the_ntk_start_is_the_scaled_network_on_another_clock():
    """f = m^(-1/2) sum a' relu(w' x + b'), trained with step h' in a', w', b', is this network with h'/sqrt(m)."""
    m, h = 50, 0.4
    model = net(m)
    theta = model.init(kind="ntk", seed=4)
    a, w, b = np.split(theta * m**0.25, 3)
    x, y = model.x, model.y
    for _ in range(30):
        z = np.outer(x, w) + b
        active = np.maximum(z, 0)
        r = (active @ a / math.sqrt(m) - y) / (3 * math.sqrt(m))
        gate = (z > 0) * r[:, None]
        a, w, b = a - h * r @ active, w - h * a * (x @ gate), b - h * a * gate.sum(axis=0)
    run = simulate(model, GradientDescent(h / math.sqrt(m)), theta, steps=30)
    np.testing.assert_allclose(run.final, np.concatenate([a, w, b]) / m**0.25, rtol=0, atol=1e-13)


def test_data_in_any_order():
    order = np.array([2, 0, 1])
    model, other = net(5), UnivariateReLUNetwork(np.array(X)[order], np.array(Y)[order], 5)
    theta = model.init(seed=2)
    np.testing.assert_array_equal(other.residuals(theta), model.residuals(theta)[order])
    np.testing.assert_array_equal(other.jacobian(theta), model.jacobian(theta)[order])
    runs = [simulate(each, GradientDescent(0.05), theta, steps=500).final for each in (model, other)]
    np.testing.assert_allclose(*runs, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: UnivariateReLUNetwork([0, 1, 0], [1, 2, 3], 3), "x must have no repeated entry, got 0 more than once"),
        (lambda: UnivariateReLUNetwork([0.0, -0.0], [1, 2], 3), "x must have no repeated entry"),
        (lambda: UnivariateReLUNetwork([0, 1], [1, 2, 3], 3), r"one entry a sample, got shapes \(2,\) and \(3,\)"),
        (lambda: UnivariateReLUNetwork([], [], 3), "one entry a sample"),
        (lambda: UnivariateReLUNetwork([[0.0]], [1.0], 3), "x must be 1-dimensional"),
        (lambda: UnivariateReLUNetwork([math.nan], [1.0], 3), "x must be finite"),
        (lambda: net(0), "width must be an integer >= 1, got 0"),
        (lambda: net(2.5), "width must be an integer >= 1, got float 2.5"),
        (lambda: net(skip=1), "skip must be True or False, got 1"),
        (lambda: net(output_bias="no"), "output_bias must be True or False, got 'no'"),
        (lambda: net().init(scale=0.0), "scale must be > 0, got 0"),
        (lambda: net().init(kind="xavier"), "kind must be one of 'he', 'ntk', 'general', got 'xavier'"),
        (lambda: net().init(kind="general"), "deviations must be three numbers for kind 'general'"),
        (lambda: net().init(deviations=(1, 1, 1)), "deviations must be three numbers for kind 'general'"),
        (lambda: net().init(kind="general", deviations=(1, 1)), "three numbers >= 0"),
        (lambda: net().init(kind="general", deviations=(0, 0, 0)), "not all 0"),
        (lambda: net().init(kind="general", deviations=(1, -1, 0)), "three numbers >= 0"),
        (lambda: net(3).init(antisymmetric=True), "width must be even for antisymmetric twins, got 3"),
        (lambda: net().init(antisymmetric=1), "antisymmetric must be True or False, got 1"),
        (lambda: net().init(seed=-1), "seed must be an integer >= 0, got -1"),
        (lambda: net().predict(net().init(), [[0.0]]), "x must be 1-dimensional"),
        (lambda: net().predictor(np.zeros(5)), "theta must have shape"),
    ],
)
def test_bad_input(make, says):
    with pytest.raises(ValueError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("flow", [ModifiedFlow(GradientDescent(0.1))], ids=repr)
def test_no_runge_kutta_step_may_cross_a_jump_of_the_gradient(flow):
    with pytest.raises(ValueError, match="needs a model with a continuous gradient, got UnivariateReLUNetwork"):
        simulate(net(), flow, net().init(), time=1.0)
