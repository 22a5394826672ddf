"""The network on one point: layout, activations at their ends, the trace that label noise descends, refusals.

Derivatives against complex steps and finite differences: test_base; compiled fields: integrators/fields; every
optimizer against a NumPy loop: dynamics/test_optimizers.
"""

import math

import mpmath as mp
import numpy as np
import pytest

from solvable import SGD, GradientDescent, SinglePointNetwork, simulate

KINDS = ("tanh", "sigmoid")
X = np.array([0.8, -1.1])


def net(kind="tanh", width=3, y=0.9, x=X):
    return SinglePointNetwork(x, y, width, activation=kind)


def test_layout():
    model = net()
    parts = model.unpack(np.arange(9.0))
    assert parts["c"].tolist() == [0, 1, 2]
    assert parts["w"].tolist() == [[3, 4], [5, 6], [7, 8]]
    assert model.pack(**parts).tolist() == list(range(9))
    assert (model.n_params, model.n_samples, model.n_features) == (9, 1, 2)


@pytest.mark.parametrize("x", [2.0, [2.0], np.array(2.0)])
def test_a_number_is_a_vector_of_length_one(x):
    model = SinglePointNetwork(x, 0.5, 2)
    assert model.x.shape == (1,)
    assert not model.x.flags.writeable
    assert model.fingerprint() == SinglePointNetwork([2.0], 0.5, 2, "tanh").fingerprint()
    assert model.predict([1.0, 1.0, 0.1, -0.3])[0] == pytest.approx(math.tanh(0.2) + math.tanh(-0.6), rel=1e-15)


def test_predictions():
    rng = np.random.default_rng(0)
    theta, inputs = rng.standard_normal((2, 5, 9)), rng.standard_normal((4, 2))
    for kind, phi in (("tanh", np.tanh), ("sigmoid", lambda z: 1 / (1 + np.exp(-z)))):
        model = net(kind)
        c, w = theta[..., :3], theta[..., 3:].reshape(2, 5, 3, 2)
        expected = np.einsum("abj,abjk->abk", c, phi(np.einsum("abji,ki->abjk", w, inputs)))
        np.testing.assert_allclose(model.predict(theta, inputs), expected, rtol=1e-13, atol=1e-14)
        np.testing.assert_array_equal(model.predict(theta), model.predict(theta, X[None]))
        neurons = model.predictor(theta)
        assert neurons.shape == (2, 5, 3, 2)
        np.testing.assert_array_equal(neurons[..., 0], c)
        np.testing.assert_allclose(neurons[..., 1], phi(w @ X), rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_activations_keep_their_relative_accuracy(kind):
    """phi, phi' and phi'' of one neuron against mpmath, from 1e-12 to where the slope has nearly vanished."""
    z = np.concatenate([-np.logspace(-12, 2.4, 60), np.logspace(-12, 2.4, 60)])
    huge = 1e300  # a residual that leaves nothing of the Hessian but r phi''
    model = SinglePointNetwork(1.0, -huge, 1, activation=kind)
    compiled = model.compiled()
    with mp.workdps(400):  # 1 - tanh(250)^2 has 217 leading zeros
        function = mp.tanh if kind == "tanh" else lambda s: 1 / (1 + mp.exp(-s))
        for s in z:
            a = function(mp.mpf(s))
            slope = 1 - a**2 if kind == "tanh" else a * (1 - a)
            bend = slope * (-2 * a if kind == "tanh" else 1 - 2 * a)
            expected = [float(a), float(slope), float(bend)]
            theta = np.array([1.0, s])
            measured = [*model.jacobian(theta)[0], model.hessian(theta)[1, 1] / huge]
            np.testing.assert_allclose(measured, expected, rtol=1e-13)
            out, jacobian = np.empty(2), np.empty((2, 2))
            compiled.example(theta, 0, compiled.data, out)
            compiled.flow_jacobian(theta, compiled.data, jacobian)
            np.testing.assert_allclose([*out, -jacobian[1, 1] / huge], expected, rtol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1e3, 1e300])
def test_nothing_overflows(kind, size):
    model = net(kind, width=2, x=1.0)
    theta = np.array([1.0, 2.0, size, -size])
    ends = [1.0, -1.0] if kind == "tanh" else [1.0, 0.0]
    assert model.predictor(theta)[:, 1].tolist() == ends
    assert model.jacobian(theta)[0].tolist() == [*ends, 0.0, 0.0]
    assert np.all(np.isfinite(model.hessian(theta)))
    compiled = model.compiled()
    out = np.empty(4)
    assert compiled.example(theta, 0, compiled.data, out) == model.residuals(theta)[0]
    assert out.tolist() == [*ends, 0.0, 0.0]


@pytest.mark.parametrize("kind", KINDS)
def test_flatness_is_the_trace_of_the_hessian_where_the_loss_is_zero(kind):
    theta = np.random.default_rng(2).standard_normal(9)
    model = net(kind, y=net(kind).predict(theta)[0])
    c, a = model.predictor(theta).T
    slope = 1 - a**2 if kind == "tanh" else a * (1 - a)
    assert model.loss(theta) == 0.0
    assert model.flatness(theta) == pytest.approx(np.sum(a**2) + X @ X * np.sum((c * slope) ** 2), rel=1e-12)
    assert model.flatness(theta) == pytest.approx(np.trace(model.hessian(theta)), rel=1e-12)


def test_start():
    model = net()
    assert np.array_equal(model.init(scale=0.5, seed=3), 0.5 * model.init(seed=3))
    assert not np.array_equal(model.init(seed=3), model.init(seed=4))
    with pytest.raises(ValueError, match="scale must be > 0, got 0"):
        model.init(scale=0.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", [GradientDescent, SGD])
def test_alone_is_inside_an_ensemble_in_bits(kind, method):
    model = net(kind, width=5)
    starts = np.stack([model.init(seed=k) for k in range(37)])
    crowd = simulate(model, method(np.linspace(0.01, 0.2, 37)), starts, steps=300)
    for k in (0, 21, 36):
        alone = simulate(model, method(float(np.linspace(0.01, 0.2, 37)[k])), starts[k], steps=300, replica=k)
        assert np.array_equal(alone.final, crowd.final[k])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 0.0], 1.0, 2), r"x must have an entry that is not zero, got shape \(2,\)"),
        (([], 1.0, 2), r"x must have an entry that is not zero, got shape \(0,\)"),
        (([[1.0]], 1.0, 2), r"x must be 0-dimensional or 1-dimensional, got shape \(1, 1\)"),
        (([1.0, np.nan], 1.0, 2), "x must be finite"),
        ((1.0, [1.0], 2), r"y must be 0-dimensional, got shape \(1,\)"),
        ((1.0, np.inf, 2), "y must be finite"),
        ((1.0, 1.0, 0), "width must be an integer >= 1, got 0"),
        ((1.0, 1.0, 2, "relu"), "activation must be one of 'tanh', 'sigmoid', got 'relu'"),
    ],
)
def test_bad_models(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        SinglePointNetwork(*arguments)
    assert "\n" not in str(caught.value)


def test_inputs_of_the_wrong_width():
    with pytest.raises(ValueError, match=r"x must have 2 columns, got shape \(1, 3\)"):
        net().predict(np.ones(9), [[1.0, 2.0, 3.0]])
