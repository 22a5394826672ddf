"""The stationary law of SGD on linear regression against enumeration of its batches and against exact quadrature."""

import itertools

import numpy as np
import pytest

from solvable.theory import autocovariance, fresh_gaussian_covariance, second_moment_radius, stationary_covariance


def problem(seed, n=4, d=2):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


def steps_of(X, y, h, noise, b, momentum=0.0, replacement=False):
    """For every batch its matrix on (e, e-), and the second moments of what it adds."""
    n, d = X.shape
    theta = np.linalg.pinv(X) @ y
    matrices, added = [], []
    for batch in itertools.product(range(n), repeat=b) if replacement else itertools.combinations(range(n), b):
        A, c = np.zeros((d, d)), np.zeros(d)
        for i in batch:
            A, c = A + np.outer(X[i], X[i]) / b, c + X[i] * (y[i] - X[i] @ theta) / b
        matrices.append(np.block([[(1 + momentum) * np.eye(d) - h * A, -momentum * np.eye(d)], [np.eye(d), 0 * A]]))
        added.append(np.pad(h**2 * (np.outer(c, c) + noise**2 * A / b), (0, d)))
    return np.array(matrices), np.mean(added, axis=0)


def fixed_point(matrices, added):
    Z = np.zeros_like(added)
    for _ in range(1500):
        Z = np.mean(matrices @ Z @ matrices.transpose(0, 2, 1), axis=0) + added
    return Z[: len(Z) // 2, : len(Z) // 2]


@pytest.mark.parametrize("b", [1, 2, 3, 4])
def test_fixed_point_of_the_enumerated_recursion(b):
    X, y = problem(1)
    h, noise = 0.5, 0.7
    S = fixed_point(*steps_of(X, y, h, noise, b))
    found = stationary_covariance(X, y, h, noise, b)
    assert np.abs(found - S).max() < 1e-13
    formula = np.linalg.inv(2 * np.eye(2) - h * X.T @ X / 4)
    if b == 4:
        assert np.abs(stationary_covariance(X, y, h, noise, None) - found).max() == 0
        assert np.abs(found - h * noise**2 / 4 * formula).max() < 1e-15
    rivals = {
        "Ornstein-Uhlenbeck": h * noise**2 / (2 * b) * np.eye(2),
        "commuting formula": h * noise**2 / b * formula,
        "no residuals": stationary_covariance(X, X @ [1.0, 2.0], h, noise, b),
        "with replacement": fixed_point(*steps_of(X, y, h, noise, b, replacement=True)),
    }
    same = {1: {"with replacement"}, 4: {"commuting formula", "no residuals"}}.get(b, set())
    close = {name for name, rival in rivals.items() if np.abs(rival - found).max() < 0.02 * np.abs(found).max()}
    assert close == same


@pytest.mark.parametrize(("n", "d"), [(4, 2), (3, 3), (2, 4)])
@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.9])
def test_covariance_autocovariance_and_radius_against_a_kronecker_solve(n, d, momentum):
    X, y = problem(n + d, n, d)
    if d > n:
        X, y = np.vstack([X, X[0] - X[1]]), np.append(y, 0.3)  # not of full rank in either sense
    basis = np.linalg.svd(X)[2][: np.linalg.matrix_rank(X)].T
    R, r = X @ basis, basis.shape[1]
    stable = []
    for b, h in itertools.product(range(1, len(X) + 1), (0.05, 0.3, 0.9)):
        matrices, added = steps_of(R, y, h, 0.7, b, momentum)
        K = np.mean([np.kron(M, M) for M in matrices], axis=0)
        size = np.abs(np.linalg.eigvals(K)).max()
        assert second_moment_radius(X, h, b, momentum) == pytest.approx(size, rel=1e-9)
        stable.append(size < 1)
        if size >= 1:
            with pytest.raises(ValueError, match=f"got {h:g} with radius {size:.6g}"):
                stationary_covariance(X, y, h, 0.7, b, momentum)
            continue
        Z = np.linalg.solve(np.eye(K.shape[0]) - K, added.ravel()).reshape(2 * r, 2 * r)
        S = basis @ Z[:r, :r] @ basis.T
        assert np.abs(stationary_covariance(X, y, h, 0.7, b, momentum) - S).max() < 1e-10 * np.abs(S).max()
        for lag in (0, 1, 3):
            M = np.linalg.matrix_power(np.mean(matrices, axis=0), lag)
            C = basis @ (M @ Z)[:r, :r] @ basis.T
            assert np.abs(autocovariance(X, y, h, 0.7, lag, b, momentum) - C).max() < 1e-10 * np.abs(S).max()
    assert any(stable)
    assert momentum > 0.5 or not all(stable)


def test_heavy_ball_of_the_full_batch_in_closed_form():
    X, y = problem(3, 6, 3)
    A, h, beta = X.T @ X / 6, 0.4, 0.6
    S = (1 + beta) / (1 - beta) * h * 0.25 / 6 * np.linalg.inv(2 * (1 + beta) * np.eye(3) - h * A)
    assert np.abs(stationary_covariance(X, y, h, 0.5, None, beta) - S).max() < 1e-15


def test_small_eigenvalues_keep_their_accuracy():
    X = np.diag([1.0, 1e-6])
    S = stationary_covariance(X, [0.0, 0.0], 0.5, 1.0, None)
    assert np.diag(S) == pytest.approx([0.25 / 1.75, 0.25 / (2 - 0.25e-12)], rel=1e-13)


def test_a_step_stable_on_average_may_be_unstable_in_mean_square():
    X = np.diag([2.0, 1.0])
    assert second_moment_radius(X, 0.6, None) < 1 < second_moment_radius(X, 0.6)
    stationary_covariance(X, [0.0, 0.0], 0.6, 1.0, None)
    with pytest.raises(ValueError, match="stable in mean square"):
        stationary_covariance(X, [0.0, 0.0], 0.6, 1.0)


@pytest.mark.parametrize("b", [1, 2])
def test_fresh_gaussian_inputs_against_quadrature(b):
    """Batches of Gaussian inputs by Gauss-Hermite quadrature, exact for the degree-4 polynomials of the recursion."""
    A, h, noise = np.array([[1.0, 0.3], [0.3, 0.5]]), 0.3, 0.8
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    L = np.linalg.cholesky(A)
    grid = np.array(list(itertools.product(nodes, repeat=2 * b))).reshape(-1, b, 2) @ L.T
    share = np.prod(list(itertools.product(weights / weights.sum(), repeat=2 * b)), axis=1)
    batches = np.einsum("kbi,kbj->kij", grid, grid) / b
    S = np.zeros((2, 2))
    for _ in range(500):
        M = np.eye(2) - h * batches
        S = np.einsum("k,kij->ij", share, M @ S @ M) + h**2 * noise**2 / b * A
    found = fresh_gaussian_covariance(A, h, noise, b)
    assert np.abs(found - S).max() < 1e-14
    assert np.abs(h * noise**2 / b * np.linalg.inv(2 * np.eye(2) - h * A) - found).max() > 0.05 * np.abs(found).max()


def test_fresh_gaussian_inputs_on_a_subspace():
    A = np.array([[1.0, 0.3], [0.3, 0.5]])
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 2)))[0]
    inside = fresh_gaussian_covariance(basis @ A @ basis.T, 0.3, 0.8)
    assert np.abs(inside - basis @ fresh_gaussian_covariance(A, 0.3, 0.8) @ basis.T).max() < 1e-15


X, Y = [[1.0, 2.0]], [2.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stationary_covariance(X, Y, 0.0, 1.0), "step_size must be > 0"),
        (lambda: stationary_covariance(X, Y, 0.1, -1.0), "noise_std must be >= 0"),
        (lambda: stationary_covariance(X, Y, 0.1, 1.0, 2), "batch_size must be an integer from 1 to 1, got 2"),
        (lambda: stationary_covariance(X, Y, 0.1, 1.0, 0), "batch_size must be an integer from 1 to 1, got 0"),
        (lambda: stationary_covariance(X, Y, 0.1, 1.0, 1, 1.0), "momentum must be < 1"),
        (lambda: stationary_covariance([[0.0]], [1.0], 0.1, 1.0), "X must have a nonzero entry"),
        (lambda: stationary_covariance(X, Y, 0.4, 1.0), "radius 1"),
        (lambda: stationary_covariance(X, Y, 0.5, 1.0), "radius 2.25"),
        (lambda: autocovariance(X, Y, 0.1, 1.0, -1), "lag must be an integer >= 0"),
        (lambda: second_moment_radius(np.zeros((0, 2)), 0.1), "X must have at least one row"),
        (lambda: fresh_gaussian_covariance([[1.0, 2.0], [0.0, 1.0]], 0.1, 1.0), "A must be a symmetric matrix"),
        (lambda: fresh_gaussian_covariance([[-1.0]], 0.1, 1.0), "A must be positive semidefinite"),
        (lambda: fresh_gaussian_covariance([[1.0]], 1.1, 1.0), "step_size must be below 1 for stability"),
        (lambda: fresh_gaussian_covariance(np.eye(9), 0.5, 1.0), r"step_size must keep \(h/b\) T < 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
