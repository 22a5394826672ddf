"""The weights of label noise by differentiation; penalized optima against proximal gradient steps and the lasso."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvable.theory import (
    label_noise_weights,
    lasso,
    least_nuclear_norm,
    least_trace,
    penalized_nuclear_norm,
    penalized_trace,
)


def measured(A, X):
    return np.einsum("nij,ij->n", A, X)


def problem(seed, n=7, d=5):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, d, d)) * np.linspace(0.4, 1.5, d)
    return rng, A, rng.standard_normal(n)


def mean_square_gradient(outputs, theta):
    eps = 1e-6
    columns = [(outputs(theta + eps * e) - outputs(theta - eps * e)) / (2 * eps) for e in np.eye(theta.size)]
    return np.mean(np.sum(np.array(columns) ** 2, axis=0))


def test_weights_are_those_of_the_gradient():
    rng, A, _ = problem(0)
    U, V = rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    numeric = mean_square_gradient(lambda u: measured(A, u.reshape(5, 3) @ u.reshape(5, 3).T), U.ravel())
    assert 4 * np.sum(label_noise_weights(A) * (U @ U.T)) == pytest.approx(numeric, rel=1e-8)
    B = A[:, :4]
    W = V[:4]

    def both(theta):
        return measured(B, theta[:12].reshape(4, 3) @ theta[12:].reshape(5, 3).T)

    P, R = label_noise_weights(B, symmetric=False)
    numeric = mean_square_gradient(both, np.concatenate([W.ravel(), U.ravel()]))
    assert np.sum(W * (P @ W)) + np.sum(U * (R @ U)) == pytest.approx(numeric, rel=1e-8)


def test_the_nuclear_norm_is_the_least_cost_of_a_factorization():
    rng, A, _ = problem(1)
    P, R = label_noise_weights(A, symmetric=False)
    X = rng.standard_normal((5, 5))
    roots = [np.linalg.cholesky(W) for W in (P, R)]
    left, size, right = np.linalg.svd(roots[0].T @ X @ roots[1])
    U = np.linalg.solve(roots[0].T, left * np.sqrt(size))
    V = np.linalg.solve(roots[1].T, right.T * np.sqrt(size))

    def cost(U, V):
        return np.sum(U * (P @ U)) + np.sum(V * (R @ V))

    assert np.abs(U @ V.T - X).max() < 1e-12
    assert cost(U, V) == pytest.approx(2 * np.sum(size))
    for _ in range(20):
        G = np.eye(5) + 0.3 * rng.standard_normal((5, 5))
        assert cost(U @ G, np.linalg.solve(G, V.T).T) > cost(U, V)
    minimum = least_nuclear_norm(np.eye(25).reshape(25, 5, 5), X.ravel(), P, R)
    assert minimum.objective == pytest.approx(np.sum(size), rel=1e-12)


def test_gaussian_measurements_have_no_preference():
    rng = np.random.default_rng(2)
    G = rng.standard_normal((20000, 4, 6))
    P, R = label_noise_weights(G, symmetric=False)
    assert np.abs(P - 6 * np.eye(4)).max() < 5 * np.sqrt(12 / 20000)
    assert np.abs(R - 4 * np.eye(6)).max() < 5 * np.sqrt(8 / 20000)
    S = label_noise_weights(G[:, :, :4])  # 4 <S, X> = (2 d + 2) tr X
    assert np.abs(4 * S - 10 * np.eye(4)).max() < 0.4


def proximal_gradient(A, y, threshold, strength, steps=20000):
    n = y.size
    rate = n / np.linalg.norm(A.reshape(n, -1), 2) ** 2
    X = np.zeros(A.shape[1:])
    for _ in range(steps):
        residual = measured(A, X) - y
        X = threshold(X - rate * np.tensordot(residual, A, 1) / n, rate * strength)
    return X


def semidefinite(X, amount):
    values, vectors = np.linalg.eigh(X)
    return (vectors * np.maximum(values - amount, 0)) @ vectors.T


def singular(X, amount):
    left, size, right = np.linalg.svd(X, full_matrices=False)
    return (left * np.maximum(size - amount, 0)) @ right


@pytest.mark.parametrize("strength", [0.03, 0.3])
def test_against_proximal_gradient(strength):
    _, A, y = problem(3, 14, 4)
    both = (A + A.transpose(0, 2, 1)) / 2
    for m, X in (
        (penalized_trace(A, y, None, strength), proximal_gradient(both, y, semidefinite, strength)),
        (penalized_nuclear_norm(A, y, None, None, strength), proximal_gradient(A, y, singular, strength)),
    ):
        assert m.certified
        assert m.gap < 1e-12 * m.objective
        assert np.linalg.matrix_rank(m.point, tol=1e-9) < 4
        assert np.abs(m.point - X).max() < 1e-8
        assert m.objective == pytest.approx(
            np.mean((measured(A, X) - y) ** 2) / 2 + strength * np.linalg.norm(X, "nuc"), rel=1e-10
        )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 12), d=st.integers(1, 6), size=st.floats(-9, 1))
def test_the_gap_is_proven(seed, n, d, size):
    _, A, y = problem(seed, n, d)
    strength, S = 10.0**size, label_noise_weights(A) + 0.01 * np.eye(d)
    m = penalized_trace(A, y, S, strength)
    X, nu, sides = m.point, m.multiplier, (A + A.transpose(0, 2, 1)) / 2
    value = np.sum((measured(A, X) - y) ** 2) / (2 * n) + strength * np.sum(S * X)
    assert m.certified
    assert m.residual == 0.0
    assert m.objective == pytest.approx(value, rel=1e-11)
    assert np.linalg.eigvalsh(X)[0] > -1e-13 * (1 + np.abs(X).max())
    slack = strength * S - np.tensordot(nu, sides, 1)
    rounding = 1e-14 * (strength * np.abs(S).max() + np.tensordot(np.abs(nu), np.abs(sides), 1).max())
    assert np.linalg.eigvalsh(slack)[0] > -rounding
    assert y @ nu - n / 2 * nu @ nu > value - 1e-10 * abs(value) - 1e-14 * y @ y


def test_diagonal_measurements_are_a_lasso():
    rng = np.random.default_rng(4)
    D, y = rng.standard_normal((5, 8)), rng.standard_normal(5)
    A = np.array([np.diag(row) for row in D])
    m = penalized_nuclear_norm(A, y, None, None, 0.1)
    reference = lasso(D, y, 0.1)
    assert m.objective == pytest.approx(reference.objective, rel=1e-12)
    assert np.abs(m.point - np.diag(reference.point)).max() < 1e-11


def test_limits_of_the_strength():
    _, A, y = problem(5, 6, 5)
    S = label_noise_weights(A)
    y = measured(A, np.diag([2.0, 1.0, 0.0, 0.0, 0.0]))
    exact = least_trace(A, y, S)
    errors = [np.abs(penalized_trace(A, y, S, c).point - exact.point).max() for c in (1e-4, 1e-6, 1e-8)]
    assert errors[1] / errors[0] == pytest.approx(0.01, rel=0.05)
    assert errors[2] / errors[1] == pytest.approx(0.01, rel=0.05)
    dual = np.tensordot(y, (A + A.transpose(0, 2, 1)) / 2, 1) / 6
    root = np.linalg.inv(np.linalg.cholesky(S))
    bound = np.linalg.eigvalsh(root @ dual @ root.T)[-1]
    assert not np.any(penalized_trace(A, y, S, 1.001 * bound).point)
    assert np.any(penalized_trace(A, y, S, 0.999 * bound).point)
    left, right = label_noise_weights(A, symmetric=False)
    best = least_nuclear_norm(A, y, left, right)
    assert np.abs(penalized_nuclear_norm(A, y, left, right, 1e-9).point - best.point).max() < 1e-7
    assert not np.any(penalized_trace(A, 0 * y, S, 1.0).point)


def test_singular_weights_of_few_measurements():
    rng = np.random.default_rng(6)
    U = rng.standard_normal((2, 6))
    A = np.einsum("ni,nj->nij", U, U)  # of rank one: the weight has rank two
    y = np.array([1.0, 2.0])
    S = label_noise_weights(A)
    assert np.linalg.matrix_rank(S) == 2
    assert least_trace(A, y, S).certified
    m = penalized_trace(A, y, S, 1e-3)
    assert m.certified
    assert np.linalg.matrix_rank(m.point, tol=1e-10) <= 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda A, y: penalized_trace(A, y, None, 0.0), "strength must be > 0, got 0"),
        (lambda A, y: penalized_trace(A, y, np.diag([1.0, 1.0, 0.0]), 1.0), "weight must be positive definite, or"),
        (lambda A, y: penalized_nuclear_norm(A, y, -np.eye(3), None, 1.0), "left must be positive definite, but"),
        (lambda A, y: penalized_nuclear_norm(A, y[:1], None, None, 1.0), "y must have one entry per matrix of A"),
        (lambda A, y: label_noise_weights(A, symmetric=2), "symmetric must be True or False, got 2"),
        (lambda A, y: label_noise_weights(A[:, :2]), r"A must have shape \(n, d, d\), got"),
    ],
)
def test_bad_input(call, message):
    A, y = np.arange(18.0).reshape(2, 3, 3), np.array([1.0, 2.0])
    with pytest.raises(ValueError, match=message) as caught:
        call(A, y)
    assert "\n" not in str(caught.value)
