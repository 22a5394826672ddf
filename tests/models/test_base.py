"""What every model owes: layout, loss, derivatives, identity, protection of its data."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvable import (
    DeepLinearNetwork,
    DiagonalLinearNetwork,
    LinearRegression,
    MatrixSensing,
    ScalarFactorization,
    SinglePointNetwork,
    UnivariateReLUNetwork,
)


def regression(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


def matrices(d0, n, dL, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((d0, n)), rng.standard_normal((dL, n))


def sensing(n, d1, d2, rank, symmetric):
    rng = np.random.default_rng(7)
    return MatrixSensing(rng.standard_normal((n, d1, d2)), rng.standard_normal(n), rank, symmetric)


def make_models():
    return {
        "squares": DiagonalLinearNetwork(*regression(4, 3)),
        "depth 3": DiagonalLinearNetwork(*regression(4, 3), depth=3),
        "depth 5": DiagonalLinearNetwork(*regression(2, 3), depth=5),
        "product": DiagonalLinearNetwork(*regression(4, 3), parametrization="product"),
        "linear": LinearRegression(*regression(5, 3)),
        "scalar": ScalarFactorization(target=-1.3),
        "scalar 4": ScalarFactorization(target=0.7, depth=4),
        "deep": DeepLinearNetwork(*matrices(3, 4, 2), widths=[5, 4]),
        "deep, tall": DeepLinearNetwork(*matrices(2, 6, 3), widths=1),
        "one layer": DeepLinearNetwork(*matrices(3, 2, 2), widths=()),
        "tanh": SinglePointNetwork([0.8, -1.1], 0.9, width=3),
        "sigmoid": SinglePointNetwork([0.8, -1.1, 0.3], 0.9, width=4, activation="sigmoid"),
        "sensing": sensing(5, 3, 3, None, True),
        "sensing, low rank": sensing(4, 4, 4, 2, True),
        "sensing, asymmetric": sensing(5, 2, 3, None, False),
        "sensing, asymmetric, low rank": sensing(3, 4, 2, 1, False),
        "relu": UnivariateReLUNetwork([0.8, -1.1, 0.3], [0.9, -0.2, 0.4], width=4),
        "relu and line": UnivariateReLUNetwork([0.8, -1.1, 0.3], [0.9, -0.2, 0.4], width=4, skip=True),
        "relu and bias": UnivariateReLUNetwork([0.8, -1.1, 0.3], [0.9, -0.2, 0.4], width=4, output_bias=True),
    }


MODELS = make_models()


@pytest.fixture(params=MODELS.values(), ids=MODELS.keys())
def model(request):
    return request.param


@pytest.fixture
def theta(model):
    return np.random.default_rng(1).standard_normal(model.n_params)


def by_definition(model, theta):
    """Residuals from the definition, for real or complex theta."""
    if isinstance(model, ScalarFactorization):
        return np.array([np.prod(theta) - model.target])
    if isinstance(model, LinearRegression):
        return model.X @ theta - model.y
    if isinstance(model, DeepLinearNetwork):
        product, at = model.X, 0
        for rows, inner in zip(model.layer_widths[1:], model.layer_widths, strict=False):
            product = theta[at : at + rows * inner].reshape(rows, inner) @ product
            at += rows * inner
        return (product - model.Y).T.ravel()
    if isinstance(model, SinglePointNetwork):
        z = theta[model.width :].reshape(model.width, -1) @ model.x
        return (
            np.array([theta[: model.width] @ (np.tanh(z) if model.activation == "tanh" else 1 / (1 + np.exp(-z)))])
            - model.y
        )
    if isinstance(model, MatrixSensing):
        parts = model.unpack(np.arange(theta.size))
        U, V = theta[parts["U"].astype(int)], theta[parts["V" if "V" in parts else "U"].astype(int)]
        return np.array([np.sum(A * (U @ V.T)) for A in model.A]) - model.y
    if isinstance(model, UnivariateReLUNetwork):
        a, w, b = theta[: 3 * model.width].reshape(3, -1)
        z = np.outer(model.x, w) + b
        line = theta[3 * model.width :]
        value = np.where(z.real > 0, z, 0) @ a - model.y
        return value + (line[-1] if line.size else 0) + (line[0] * model.x if line.size == 2 else 0)
    u, v = np.split(theta, 2)
    beta = u * v if model.is_product else u**model.depth - v**model.depth
    return model.X @ beta - model.y


def test_residuals_and_loss(model, theta):
    r = by_definition(model, theta)
    np.testing.assert_allclose(model.residuals(theta), r, rtol=1e-14, atol=1e-14)
    assert model.loss(theta) == pytest.approx(np.sum(model.residuals(theta) ** 2) / (2 * model.n_samples), rel=1e-15)
    assert type(model.loss(theta)) is float


def test_jacobian_by_complex_steps(model, theta):
    columns = [by_definition(model, theta + 1e-30j * np.eye(theta.size)[k]).imag / 1e-30 for k in range(theta.size)]
    np.testing.assert_allclose(model.jacobian(theta), np.stack(columns, axis=1), rtol=1e-13, atol=1e-14)


def test_gradient_by_complex_steps(model, theta):
    def loss(z):
        r = by_definition(model, z)
        return r @ r / (2 * model.n_samples)  # without conjugation: analytic

    steps = [loss(theta + 1e-30j * e).imag / 1e-30 for e in np.eye(theta.size)]
    np.testing.assert_allclose(model.gradient(theta), steps, rtol=1e-12, atol=1e-13)


def test_hessian_by_central_differences(model, theta):
    columns = [(model.gradient(theta + 1e-5 * e) - model.gradient(theta - 1e-5 * e)) / 2e-5 for e in np.eye(theta.size)]
    hessian = model.hessian(theta)
    scale = 1 + np.abs(hessian).max()
    np.testing.assert_allclose(hessian, np.stack(columns, axis=1), rtol=0, atol=3e-8 * scale)
    np.testing.assert_allclose(hessian, hessian.T, rtol=0, atol=1e-14 * scale)


def test_sharpness_and_flatness(model, theta):
    assert model.sharpness(theta) == pytest.approx(np.linalg.eigvals(model.hessian(theta)).real.max(), rel=1e-10)
    J = model.jacobian(theta)
    assert model.flatness(theta) == pytest.approx(sum(row @ row for row in J) / model.n_samples, rel=1e-14)
    assert model.flatness(theta) == pytest.approx(np.trace(J.T @ J) / model.n_samples, rel=1e-13)


def test_flatness_is_the_trace_of_the_hessian_where_the_loss_is_zero():
    X, _ = regression(3, 4)
    theta = np.random.default_rng(2).standard_normal(8)
    for kind in ("squares", "product"):
        beta = DiagonalLinearNetwork(X, np.zeros(3), parametrization=kind).predictor(theta)
        model = DiagonalLinearNetwork(X, X @ beta, parametrization=kind)
        assert model.flatness(theta) == pytest.approx(np.trace(model.hessian(theta)), rel=1e-12)


def test_leading_axes(model):
    many = np.random.default_rng(3).standard_normal((2, 5, model.n_params))
    loss = model.loss(many)
    assert loss.shape == (2, 5)
    assert model.residuals(many).shape == (2, 5, model.n_samples * model.n_outputs)
    for k in np.ndindex(2, 5):
        assert loss[k] == model.loss(many[k])  # in bits: a member of an ensemble reports what it reports alone
        assert np.array_equal(model.predict(many)[k], model.predict(many[k]))


@pytest.mark.parametrize(("n", "d"), [(20, 40), (1, 5), (9, 4), (7, 33)])
def test_losses_have_the_same_bits_in_any_stack(n, d):
    for model in (DiagonalLinearNetwork(*regression(n, d)), LinearRegression(*regression(n, d))):
        many = np.random.default_rng(3).standard_normal((33, model.n_params))
        together = model.loss(many)
        assert all(together[k] == model.loss(row) for k, row in enumerate(many))


@given(st.data())
def test_pack_and_unpack(data):
    model = data.draw(st.sampled_from(list(MODELS.values())))
    number = st.floats(allow_nan=False, allow_infinity=False)
    theta = np.array(data.draw(st.lists(number, min_size=model.n_params, max_size=model.n_params)))
    parts = model.unpack(theta)
    assert {name: part.shape for name, part in parts.items()} == model.shapes()
    assert np.array_equal(model.pack(**parts), theta)
    assert list(parts) == list(model.shapes())


def test_unpack_keeps_leading_axes(model):
    theta = np.arange(6.0 * model.n_params).reshape(2, 3, -1)
    for name, part in model.unpack(theta).items():
        assert part.shape == (2, 3, *model.shapes()[name])
        assert np.array_equal(part[1, 2], model.unpack(theta[1, 2])[name])


def test_pack_broadcasts_numbers_and_names_what_is_wrong():
    model = MODELS["squares"]
    assert model.pack(u=2.0, v=[1, 2, 3]).tolist() == [2, 2, 2, 1, 2, 3]
    for parts, message in (
        ({"u": 1.0}, "pack needs exactly the parts u, v, got u"),
        ({}, "pack needs exactly the parts u, v, got none"),
        ({"u": 1.0, "v": [1.0, 2.0]}, r"v must have shape \(3,\), got \(2,\)"),
        ({"u": np.nan, "v": 1.0}, "u must be finite"),
    ):
        with pytest.raises(ValueError, match=message):
            model.pack(**parts)


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((2, 2)), 1.0, "x", None, [1j] * 6])
def test_wrong_parameters_are_named(bad):
    for method in (
        "loss",
        "gradient",
        "hessian",
        "jacobian",
        "predict",
        "predictor",
        "unpack",
        "flatness",
        "sharpness",
    ):
        with pytest.raises(ValueError, match=r"^theta must ") as caught:
            getattr(MODELS["squares"], method)(bad)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["gradient", "jacobian", "hessian", "flatness", "sharpness"])
def test_derivatives_take_one_parameter_vector(model, method):
    with pytest.raises(ValueError, match="theta must have shape"):
        getattr(model, method)(np.ones((2, model.n_params)))


def test_data_are_copied_and_protected():
    X, y = regression(3, 2)
    for model in (DiagonalLinearNetwork(X, y), LinearRegression(X, y)):
        before, kept = model.fingerprint(), model.X.copy()
        X[0, 0] += 1.0
        assert np.array_equal(model.X, kept)
        for array in (model.X, model.y):
            assert not array.flags.writeable
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0.0
        assert model.fingerprint() == before
        with pytest.raises(AttributeError):
            model.X = X


def test_compiled_data_are_the_callers_own(model):
    data = model.compiled().data
    data[:] = -1.0
    assert not np.array_equal(model.compiled().data, data)


def test_fingerprints_identify_content():
    again = make_models()
    prints = {name: model.fingerprint() for name, model in MODELS.items()}
    assert prints == {name: model.fingerprint() for name, model in again.items()}
    assert len(set(prints.values())) == len(prints)
    assert copy.deepcopy(MODELS["squares"]).fingerprint() == prints["squares"]


def test_fingerprints_of_small_differences():
    X, y = regression(3, 2)
    base = DiagonalLinearNetwork(X, y)
    nudged = X.copy()
    nudged[1, 1] = np.nextafter(nudged[1, 1], 9)
    others = [
        DiagonalLinearNetwork(nudged, y),
        DiagonalLinearNetwork(X, -y),
        DiagonalLinearNetwork(X, y, depth=3),
        DiagonalLinearNetwork(X, y, parametrization="product"),
        LinearRegression(X, y),
    ]
    assert base.fingerprint() not in {other.fingerprint() for other in others}
    assert len({other.fingerprint() for other in others}) == len(others)
    assert DiagonalLinearNetwork(X.tolist(), y.tolist(), 2.0).fingerprint() == base.fingerprint()
    zero = np.zeros((2, 2))
    assert LinearRegression(zero, [0.0, 1.0]).fingerprint() == LinearRegression(-zero, [-0.0, 1.0]).fingerprint()
    assert ScalarFactorization(0.0).fingerprint() == ScalarFactorization(-0.0).fingerprint()


def test_models_compare_by_identity():
    a, b = make_models()["scalar"], make_models()["scalar"]
    assert a != b
    assert len({a, b}) == 2
