"""Deep linear networks: layout, starts, the end-to-end matrix, what is conserved, refusals.

Derivatives against complex steps and finite differences: test_base; compiled fields: integrators/fields; its own loop:
integrators/fused; optimizers on it: dynamics/test_deep_linear.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvable import DeepLinearNetwork


def network(d0=3, n=4, dL=2, widths=(5, 4), seed=0):
    rng = np.random.default_rng(seed)
    return DeepLinearNetwork(rng.standard_normal((d0, n)), rng.standard_normal((dL, n)), widths)


def test_layout():
    model = network()
    assert model.shapes() == {"W_1": (5, 3), "W_2": (4, 5), "W_3": (2, 4)}
    assert (model.n_params, model.n_samples, model.n_outputs, model.depth) == (43, 4, 2, 3)
    assert model.layer_widths == (3, 5, 4, 2)
    parts = model.unpack(np.arange(43.0))
    assert parts["W_1"][0].tolist() == [0, 1, 2]
    assert parts["W_2"][1].tolist() == [20, 21, 22, 23, 24]
    assert model.pack(**parts).tolist() == list(range(43))


@pytest.mark.parametrize("widths", [6, 6.0, [6], (6,), np.array([6]), np.array(6)])
def test_a_number_is_one_hidden_layer(widths):
    assert network(widths=widths).fingerprint() == network(widths=[6]).fingerprint()
    assert network(widths=widths).widths == (6,)


def test_the_loss_counts_columns_and_not_entries():
    model = DeepLinearNetwork(np.eye(2), [[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], widths=1)
    zero = model.pack(W_1=0.0, W_2=0.0)
    assert model.loss(zero) == (1 + 4) / (2 * 2)
    theta = model.pack(W_1=[[1.0, 0.0]], W_2=[[1.0], [0.0], [3.0]])
    assert model.residuals(theta).tolist() == [0, 0, 3, 0, -2, 0]  # sample after sample
    assert model.loss(theta) == (9 + 4) / 4
    # f = W_2 W_1 x: on the samples e_1 and e_2 the derivatives in W_1 are W_2, in W_2 they are W_1 = (1, 0)
    assert model.flatness(theta) == (2 * 10 + 3 * 1) / 2


def test_predictions():
    model, rng = network(), np.random.default_rng(1)
    theta, x = rng.standard_normal((2, 6, 43)), rng.standard_normal((3, 7))
    product = np.empty((2, 6, 2, 3))
    for k in np.ndindex(2, 6):
        W_1, W_2, W_3 = model.unpack(theta[k]).values()
        product[k] = W_3 @ (W_2 @ W_1)
    np.testing.assert_allclose(model.predictor(theta), product, rtol=1e-12)
    np.testing.assert_allclose(model.predict(theta, x), product @ x, rtol=1e-11)
    np.testing.assert_array_equal(model.predict(theta), model.predict(theta, model.X))
    r = (product @ model.X - model.Y).transpose(0, 1, 3, 2).reshape(2, 6, 8)
    np.testing.assert_allclose(model.residuals(theta), r, rtol=1e-11, atol=1e-12)


def test_one_layer_is_linear_regression():
    model = network(widths=())
    M = np.linalg.lstsq(model.X.T, model.Y.T, rcond=None)[0].T
    np.testing.assert_allclose(model.gradient(M.ravel()), 0.0, atol=1e-14)
    np.testing.assert_allclose(model.hessian(M.ravel()), np.kron(np.eye(2), model.X @ model.X.T) / 4, atol=1e-14)
    assert model.imbalance(M.ravel()) == []


def test_depth_two_width_one_is_the_scalar_factorization():
    from solvable import ScalarFactorization

    deep, scalar = DeepLinearNetwork([[1.0]], [[2.0]], [1]), ScalarFactorization(2.0)
    theta = np.array([0.3, -1.2])
    for method in ("loss", "gradient", "jacobian", "hessian", "sharpness", "flatness"):
        np.testing.assert_allclose(getattr(deep, method)(theta), getattr(scalar, method)(theta), rtol=1e-14)


@pytest.mark.parametrize("widths", [(5, 4), (1,), (2, 9), ()])
def test_starts(widths):
    model = network(widths=widths)
    assert np.array_equal(model.init(scale=0.5, seed=3), 0.5 * model.init(seed=3))
    assert not np.array_equal(model.init(seed=3), model.init(seed=4))
    big = network(40, 2, 30, [50, 60])
    parts = big.unpack(big.init(scale=0.1, seed=1))
    for part in parts.values():  # the same standard deviation in every layer
        assert np.std(part) == pytest.approx(0.1, rel=0.1)
    with pytest.raises(ValueError, match="scale must be > 0, got 0"):
        model.init(scale=0.0)
    with pytest.raises(ValueError, match="balanced must be True or False, got 1"):
        model.init(balanced=1)


@given(st.integers(1, 5), st.integers(1, 5), st.lists(st.integers(1, 6), max_size=3), st.integers(0, 99))
def test_a_balanced_start_is_balanced(d0, dL, widths, seed):
    model = network(d0, 2, dL, widths)
    theta = model.init(scale=0.7, seed=seed, balanced=True)
    assert all(np.max(np.abs(D)) < 1e-13 for D in model.imbalance(theta))
    product = model.predictor(theta)
    assert np.linalg.matrix_rank(product) == min(d0, dL, *widths)
    np.testing.assert_allclose(product, 0.7**model.depth * model.predictor(model.init(seed=seed, balanced=True)))
    sizes = {round(float(np.linalg.norm(part)), 10) for part in model.unpack(theta).values()}
    assert len(sizes) == 1  # the same singular values in every layer


def test_imbalance():
    model, theta = network(), np.random.default_rng(2).standard_normal((3, 43))
    many = model.imbalance(theta)
    assert [D.shape for D in many] == [(3, 5, 5), (3, 4, 4)]
    W_1, W_2, W_3 = model.unpack(theta[1]).values()
    np.testing.assert_allclose(many[0][1], W_2.T @ W_2 - W_1 @ W_1.T, rtol=1e-14)
    np.testing.assert_allclose(many[1][1], W_3.T @ W_3 - W_2 @ W_2.T, rtol=1e-14)


def test_flatness_is_the_trace_of_the_hessian_where_the_loss_is_zero():
    model, theta = network(), np.random.default_rng(2).standard_normal(43)
    model = DeepLinearNetwork(model.X, model.predict(theta), model.widths)
    assert model.loss(theta) < 1e-28
    assert model.flatness(theta) == pytest.approx(np.trace(model.hessian(theta)), rel=1e-12)


def test_data_are_copied_and_protected():
    X, Y, widths = np.eye(2), np.ones((1, 2)), [3]
    model = DeepLinearNetwork(X, Y, widths)
    before = model.fingerprint()
    X[0, 0], Y[0, 0], widths[0] = 9.0, 9.0, 9
    assert model.fingerprint() == before
    assert not model.X.flags.writeable
    others = [network(), network(widths=(4, 5)), network(widths=(5,)), network(seed=1)]
    assert len({other.fingerprint() for other in others}) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], [[1.0]], 2), r"X must be 2-dimensional, got shape \(2,\)"),
        (([[1.0]], [1.0], 2), r"Y must be 2-dimensional, got shape \(1,\)"),
        (([[1.0, 2.0]], [[1.0]], 2), r"Y must have one column per column of X.*\(1, 2\), Y has shape \(1, 1\)"),
        (([[np.nan]], [[1.0]], 2), r"X must be finite, but entry \(0, 0\) is nan"),
        ((np.ones((2, 0)), np.ones((1, 0)), 2), r"X must have at least one row and one column, got shape \(2, 0\)"),
        ((np.ones((2, 3)), np.ones((0, 3)), 2), r"Y must have at least one row and one column, got shape \(0, 3\)"),
        (([[1.0]], [[1.0]], 0), "widths must be an integer >= 1, got 0"),
        (([[1.0]], [[1.0]], [2, -1]), "widths must be an integer >= 1, got -1"),
        (([[1.0]], [[1.0]], 2.5), "widths must be an integer >= 1, got float 2.5"),
        (([[1.0]], [[1.0]], "wide"), "widths must be an integer >= 1, got str 'wide'"),
        (([[1.0]], [[1.0]], None), "widths must be an integer >= 1, got NoneType None"),
        (([[1.0]], [[1.0]], [[2], [3, 4]]), r"widths must be an integer >= 1, got list \[2\]"),
    ],
)
def test_bad_models(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        DeepLinearNetwork(*arguments)
    assert "\n" not in str(caught.value)


def test_inputs_of_another_dimension():
    with pytest.raises(ValueError, match=r"x must have 3 rows, got shape \(2, 3\)"):
        network().predict(network().init(), np.ones((2, 3)))
