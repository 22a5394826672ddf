"""Matrix sensing: layout, starts, symmetrization, what label noise descends, refusals.

Derivatives against complex steps and finite differences: test_base; compiled fields: integrators/fields; every
dynamics: dynamics.
"""

import numpy as np
import pytest

from solvable import MatrixSensing


def draw(n=5, d1=4, d2=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d1, d2)), rng.standard_normal(n)


def test_layout():
    symmetric = MatrixSensing(*draw(5, 3, 3), rank=2)
    assert (symmetric.n_params, symmetric.n_samples, symmetric.rank) == (6, 5, 2)
    assert symmetric.unpack(np.arange(6.0))["U"].tolist() == [[0, 1], [2, 3], [4, 5]]
    other = MatrixSensing(*draw(5, 3, 2), symmetric=False)
    assert (other.n_params, other.rank) == (10, 2)
    parts = other.unpack(np.arange(10.0))
    assert parts["U"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert parts["V"].tolist() == [[6, 7], [8, 9]]
    assert other.pack(**parts).tolist() == list(range(10))


def test_only_the_symmetric_part_is_seen():
    A, y = draw()
    model = MatrixSensing(A, y)
    np.testing.assert_array_equal(model.A, (A + A.transpose(0, 2, 1)) / 2)
    theta = np.random.default_rng(1).standard_normal(16)
    X = model.predictor(theta)
    np.testing.assert_allclose(model.predict(theta), [np.sum(a * X) for a in A], rtol=1e-13)
    assert model.fingerprint() == MatrixSensing(A.transpose(0, 2, 1), y, rank=4).fingerprint()
    assert model.fingerprint() != MatrixSensing(A, y, symmetric=False).fingerprint()
    assert model.fingerprint() != MatrixSensing(A, y, rank=3).fingerprint()


def test_predictors_and_predictions_of_many():
    theta, inputs = np.random.default_rng(1).standard_normal((2, 3, 15)), draw(7, 2, 3, seed=2)[0]
    model = MatrixSensing(*draw(4, 2, 3), rank=1, symmetric=False)
    with pytest.raises(ValueError, match="theta must have shape"):
        model.predictor(theta)
    theta = theta[..., :5]
    U, V = theta[..., :2], theta[..., 2:]
    X = model.predictor(theta)
    assert X.shape == (2, 3, 2, 3)
    np.testing.assert_allclose(X, U[..., :, None] * V[..., None, :], rtol=1e-15)
    np.testing.assert_allclose(model.predict(theta, inputs), np.einsum("mij,abij->abm", inputs, X), rtol=1e-12)


def test_full_rank_starts_at_multiples_of_the_identity():
    np.testing.assert_array_equal(MatrixSensing(*draw()).init(scale=0.3), 0.3 * np.eye(4).ravel())
    for shape in ((3, 5), (5, 3), (2, 2)):
        model = MatrixSensing(*draw(4, *shape), symmetric=False)
        theta = model.init(scale=0.3, seed=8)
        assert np.array_equal(theta, model.init(scale=0.3))
        parts = model.unpack(theta)
        np.testing.assert_allclose(model.predictor(theta), 0.09 * np.eye(*shape), rtol=1e-15)
        np.testing.assert_array_equal(parts["U"].T @ parts["U"], parts["V"].T @ parts["V"])


@pytest.mark.parametrize("symmetric", [True, False])
def test_low_rank_starts_have_orthonormal_columns(symmetric):
    model = MatrixSensing(*draw(4, 6, 6), rank=2, symmetric=symmetric)
    parts = model.unpack(model.init(scale=0.5, seed=3))
    for factor in parts.values():
        np.testing.assert_allclose(factor.T @ factor, 0.25 * np.eye(2), rtol=0, atol=1e-15)
    if not symmetric:
        assert np.abs(parts["U"] - parts["V"]).max() > 0.1
    assert np.array_equal(model.init(scale=0.5, seed=3), 0.5 * model.init(seed=3))
    assert np.abs(model.init(seed=3) - model.init(seed=4)).max() > 0.1


def test_low_rank_starts_have_no_preferred_direction():
    """The mean of u u^T over Haar distributed unit vectors is I / d, and that of u is 0."""
    model = MatrixSensing(*draw(1, 3, 3), rank=1)
    starts = np.array([model.init(seed=k) for k in range(4000)])
    assert np.abs(starts.mean(axis=0)).max() < 5 / np.sqrt(3 * 4000)
    assert np.abs(starts.T @ starts / 4000 - np.eye(3) / 3).max() < 5 * np.sqrt(4 / 45 / 4000)


def test_flatness_is_what_label_noise_descends():
    A, y = draw(6, 4, 4)
    theta = np.random.default_rng(2).standard_normal(16)
    model = MatrixSensing(A, y)
    S = np.mean(model.A @ model.A, axis=0)
    assert model.flatness(theta) == pytest.approx(4 * np.trace(S @ model.predictor(theta)), rel=1e-13)
    A, y = draw(6, 2, 3)
    other = MatrixSensing(A, y, symmetric=False)
    U, V = other.unpack(theta[:10]).values()
    P, R = (np.mean(products, axis=0) for products in (A @ A.transpose(0, 2, 1), A.transpose(0, 2, 1) @ A))
    assert other.flatness(theta[:10]) == pytest.approx(np.trace(U.T @ P @ U) + np.trace(V.T @ R @ V), rel=1e-13)
    solved = MatrixSensing(A, other.predict(theta[:10]), symmetric=False)
    assert solved.flatness(theta[:10]) == pytest.approx(np.trace(solved.hessian(theta[:10])), rel=1e-12)


def test_the_gradient_makes_no_jacobian(monkeypatch):
    model = MatrixSensing(*draw(30, 12, 12))
    theta = np.random.default_rng(3).standard_normal(144)
    expected = model.jacobian(theta).T @ model.residuals(theta) / 30
    monkeypatch.setattr(MatrixSensing, "jacobian", None)
    np.testing.assert_allclose(model.gradient(theta), expected, rtol=1e-12, atol=1e-12)


def test_losses_have_the_same_bits_in_any_stack():
    for model in (MatrixSensing(*draw(9, 7, 7)), MatrixSensing(*draw(6, 3, 8), symmetric=False)):
        many = np.random.default_rng(3).standard_normal((33, model.n_params))
        together = model.loss(many)
        assert all(together[k] == model.loss(row) for k, row in enumerate(many))


def test_data_are_copied_and_protected():
    A, y = draw()
    for symmetric in (True, False):
        model = MatrixSensing(A, y, symmetric=symmetric)
        before = model.fingerprint()
        A[0, 0, 0] += 1.0
        assert model.fingerprint() == before
        for array in (model.A, model.y):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((3, 2)), np.ones(3)), r"A must be 3-dimensional, got shape \(3, 2\)"),
        ((np.ones((3, 2, 2)), np.ones(2)), r"y must have one entry per matrix of A: A has shape \(3, 2, 2\), y has"),
        ((np.ones((3, 2, 2)), np.ones((3, 1))), "y must be 1-dimensional"),
        ((np.ones((3, 2, 4)), np.ones(3)), r"A must have shape \(n, d, d\) for symmetric=True, got \(3, 2, 4\)"),
        ((np.ones((0, 2, 2)), np.ones(0)), r"A must have at least one matrix, row and column, got shape \(0, 2, 2\)"),
        ((np.ones((3, 0, 0)), np.ones(3)), "A must have at least one matrix, row and column"),
        ((np.full((1, 2, 2), np.nan), np.ones(1)), r"A must be finite, but entry \(0, 0, 0\) is nan"),
        ((np.ones((1, 2, 2)), [np.inf]), "y must be finite"),
        ((np.ones((1, 2, 2)), [1.0], 3), "rank must be an integer from 1 to 2, got 3"),
        ((np.ones((1, 2, 2)), [1.0], 0), "rank must be an integer from 1 to 2, got 0"),
        ((np.ones((1, 2, 5)), [1.0], 3, False), "rank must be an integer from 1 to 2, got 3"),
        ((np.ones((1, 2, 2)), [1.0], "full"), "rank must be an integer from 1 to 2, got str 'full'"),
        ((np.ones((1, 2, 2)), [1.0], None, "yes"), "symmetric must be True or False, got 'yes'"),
        (("A", [1.0]), "A must be an array of real numbers"),
    ],
)
def test_bad_models(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        MatrixSensing(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, "x"])
def test_bad_starts(scale):
    with pytest.raises(ValueError, match="scale must be"):
        MatrixSensing(*draw()).init(scale=scale)


def test_inputs_of_the_wrong_shape():
    model = MatrixSensing(*draw(4, 2, 3), symmetric=False)
    with pytest.raises(ValueError, match=r"x must have shape \(m, 2, 3\), got \(1, 3, 2\)"):
        model.predict(model.init(), np.ones((1, 3, 2)))
    with pytest.raises(ValueError, match="x must be 3-dimensional"):
        model.predict(model.init(), np.ones((2, 3)))
