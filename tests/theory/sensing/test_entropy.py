"""The entropy minimum of commuting measurements: high precision, the flow itself, primal optimizers; its rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm, logm
from scipy.optimize import linprog, minimize
from scipy.stats import special_ortho_group

from solvable.theory import entropy_minimum, entropy_rate, hypentropy_minimum, least_trace, noncommuting_completion
from solvable.theory.sensing.joint_eigenbasis import joint_eigenbasis


def measured(A, X):
    return np.einsum("nij,ij->n", A, X)


def diagonal(D):
    return np.array([np.diag(row) for row in D])


def rotated(D, Q):
    return np.einsum("ij,nj,kj->nik", Q, D, Q)


def problem(seed, n, d, r=None):
    """Joint eigenvalues, an eigenbasis, and targets of a matrix of rank r."""
    rng = np.random.default_rng(seed)
    D, x = rng.standard_normal((n, d)), np.zeros(d)
    x[: r or d] = rng.random(r or d) + 0.2
    Q = special_ortho_group.rvs(d, random_state=rng) if d > 1 else np.eye(1)
    return D, Q, D @ x


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("alpha", [1e3, 1.0, 1e-2, 1e-16, 1e-60, 1e-250])
def test_every_eigenvalue_has_relative_accuracy(reference, seed, alpha):
    D, _, y = problem(seed, 4, 9)
    m = entropy_minimum(diagonal(D), y, alpha)
    exact = reference.entropy(D, y, np.log(alpha), m.multiplier)
    assert m.certified
    assert m.message == ""
    assert m.residual < 1e-12
    seen = np.diag(m.point) > 1e-290  # below, doubles are subnormal
    assert reference.relative_errors(np.diag(m.point), exact)[seen].max() < 1e-10
    assert np.count_nonzero(m.point - np.diag(np.diag(m.point))) == 0


@pytest.mark.parametrize("alpha", [10.0, 1e-3, 1e-200])
def test_rotation(alpha):
    D, Q, y = problem(2, 3, 8)
    plain, turned = entropy_minimum(diagonal(D), y, alpha), entropy_minimum(rotated(D, Q), y, alpha)
    assert turned.certified
    assert np.abs(turned.point - Q @ plain.point @ Q.T).max() < 1e-12 * max(1.0, alpha)
    assert turned.objective == pytest.approx(plain.objective, rel=1e-11)
    assert np.allclose(turned.multiplier, plain.multiplier, rtol=1e-8, atol=1e-10)


def test_the_point_is_an_exponential_and_the_objective_an_entropy():
    D, Q, y = problem(3, 3, 6)
    A = rotated(D, Q)
    m = entropy_minimum(A, y, 0.3)
    X = 0.3 * expm(np.tensordot(m.multiplier, A, 1))
    assert np.abs(m.point - X).max() < 1e-12
    assert m.objective == pytest.approx(np.trace(X @ logm(X) - X - X * np.log(0.3)), rel=1e-11)
    # Any other interpolant, commuting or not, has more of it.
    rng = np.random.default_rng(0)
    flat = A.reshape(3, -1)
    for _ in range(20):
        move = rng.standard_normal((6, 6))
        move = (move + move.T) / 2
        move -= (flat.T @ np.linalg.lstsq(flat.T, move.ravel(), rcond=None)[0]).reshape(6, 6)
        other = X + 0.2 * np.linalg.eigvalsh(X)[0] * move / np.linalg.norm(move)
        assert np.trace(other @ logm(other) - other - other * np.log(0.3)) > m.objective


@pytest.mark.parametrize("alpha", [1.0, 1e-2, 1e-4])
def test_gradient_flow_ends_there(alpha):
    D, Q, y = problem(4, 2, 4)
    A = rotated(D, Q)

    def field(_, u):
        U = u.reshape(4, 4)
        return (-np.tensordot(measured(A, U @ U.T) - y, A, 1) @ U).ravel()  # 2/n = 1

    start = np.sqrt(alpha) * special_ortho_group.rvs(4, random_state=1)
    end = solve_ivp(field, (0, 400), start.ravel(), method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1].reshape(4, 4)
    m = entropy_minimum(A, y, alpha)
    assert np.abs(measured(A, end @ end.T) - y).max() < 1e-11
    assert np.abs(end @ end.T - m.point).max() < 1e-10
    # Least trace is another matrix at this alpha, and so is twice the scale.
    assert np.trace(m.point) > least_trace(A, y).objective + 1e-3 * alpha
    assert np.abs(entropy_minimum(A, y, 2 * alpha).point - m.point).max() > 1e-3 * alpha


def test_against_a_primal_optimizer():
    D, _, y = problem(5, 2, 5)
    base = np.maximum(linprog(-np.ones(6), A_eq=np.column_stack([D, np.zeros(2)]), b_eq=y, A_ub=np.column_stack(
        [-np.eye(5), np.ones(5)]), b_ub=np.zeros(5), bounds=[(0, 5)] * 6).x[:5], 1e-9)  # fmt: skip
    null = np.linalg.svd(D)[2][2:].T

    def objective(c):
        x = base + null @ c
        return np.sum(x * np.log(x / 0.5) - x) if np.all(x > 0) else np.inf

    best = minimize(
        objective, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000}
    )
    m = entropy_minimum(diagonal(D), y, 0.5)
    assert m.objective == pytest.approx(best.fun, abs=1e-10)
    assert np.allclose(np.diag(m.point), base + null @ best.x, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 8),
    d=st.integers(1, 12),
    r=st.integers(1, 12),
    log_alpha=st.floats(-2000.0, 3.0),
)
def test_never_silently_wrong(seed, n, d, r, log_alpha):
    D, Q, y = problem(seed, n, d, min(r, d))
    m = entropy_minimum(rotated(D, Q), y, log_alpha=log_alpha)
    assert m.certified, m
    assert m.residual < 1e-11
    assert np.linalg.eigvalsh(m.point)[0] > -1e-14 * np.abs(m.point).max()
    best = linprog(np.ones(d), A_eq=D, b_eq=y, bounds=(0, None)).fun
    assert np.trace(m.point) > best * (1 - 1e-6)
    # Dual value: y . nu - alpha tr exp(sum nu_i A_i) is at most the objective, and equal at the minimum.
    with np.errstate(under="ignore"):
        dual = y @ m.multiplier - np.sum(np.exp(log_alpha + D.T @ m.multiplier))
    assert dual == pytest.approx(m.objective, rel=1e-9, abs=1e-9 * abs(log_alpha))


def test_a_diagonal_network_of_one_sign():
    """With every measurement doubled by its negative, x - x' of least entropy is the hyperbolic minimum."""
    D, _, _ = problem(6, 3, 6)
    y = np.array([1.0, -2.0, 0.5])
    both = entropy_minimum(diagonal(np.hstack([D, -D])), y, 1e-5)
    x = np.diag(both.point)
    assert np.allclose(x[:6] - x[6:], hypentropy_minimum(D, y, a=1e-5).point, rtol=1e-9, atol=1e-18)


def test_repeated_joint_eigenvalues():
    """Projectors on planes: X is a multiple of the identity on each, whatever basis was found."""
    rng = np.random.default_rng(7)
    Q = special_ortho_group.rvs(6, random_state=rng)
    D = np.repeat([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]], 2, axis=1)
    y = D @ np.array([1.0, 1.0, 0.3, 0.3, 0.5, 0.5])
    m = entropy_minimum(rotated(D, Q), y, 1e-3)
    inside = Q.T @ m.point @ Q
    assert m.certified
    assert np.abs(inside - np.diag(np.repeat(np.diag(inside)[::2], 2))).max() < 1e-13
    small = entropy_minimum(diagonal(2 * D[:, ::2]), y, 1e-3)
    assert np.allclose(np.diag(small.point), np.diag(inside)[::2], rtol=1e-11)


@pytest.mark.parametrize("small", [1e-6, 3e-9, 8e-11, 3e-12])
@pytest.mark.parametrize("alpha", [1.0, 1e-3, 1e-30])
def test_small_eigenvalues_are_not_zero(reference, small, alpha):
    """One eigenvalue of order 1 and four that share a small one, which a linear program with tolerances misses."""
    rng = np.random.default_rng(10)
    D = np.vstack([np.append(1.0, rng.standard_normal(4)), np.append(0.0, rng.uniform(0.5, 2.0, 4))])
    m = entropy_minimum(diagonal(D), [1.0, small], alpha)
    exact = reference.entropy(D, np.array([1.0, small]), np.log(alpha), m.multiplier)
    assert m.certified
    assert reference.relative_errors(np.diag(m.point), exact).max() < 1e-9
    # As differences: y is then known to 1e-16, and so are they.
    y = np.array([1.0, 1.0 - small])
    m = entropy_minimum([np.eye(2), np.diag([1.0, 0.0])], y, alpha)
    assert m.certified
    assert m.point[1, 1] == pytest.approx(y[0] - y[1], rel=1e-14 / small)


def test_zeros_that_nothing_proves_are_not_certified():
    """Small eigenvalues besides two that vanish, and a y that no X >= 0 attains more closely than 8e-11."""
    rng = np.random.default_rng(11)
    mixed = 0
    for seed in range(10):
        D = np.zeros((3, 7))
        D[0], D[1, 1:], D[2, 5:] = rng.standard_normal(7), rng.uniform(0.5, 2.0, 6), rng.uniform(0.5, 2.0, 2)
        D[0, 0] = 1.0
        turn = special_ortho_group.rvs(3, random_state=seed)
        m = entropy_minimum(diagonal(turn @ D), turn @ [1.0, 8e-11, 0.0], 1e-6)
        mixed += not m.certified
        assert not m.certified or np.all(np.diag(m.point)[:5] > 0)
    assert mixed > 0
    m = entropy_minimum([np.eye(2), np.diag([1.0, 0.0])], [1.0, 1.0 + 8e-11], 1e-3)
    assert not m.certified
    assert "nothing proves" in m.message


@pytest.mark.parametrize("kind", ["generic", "equal", "close", "chance"])
def test_joint_eigenbasis(kind):
    rng = np.random.default_rng(8)
    D = rng.standard_normal((3, 12))
    if kind == "equal":
        D[:, 6:] = D[:, :6]
    elif kind == "close":
        D[:, 1:] = D[:, :1] + 10.0 ** -np.arange(11) * rng.standard_normal((3, 11))
    elif kind == "chance":
        # The mixture of the function with its own weights brings all joint eigenvalues together.
        unit = np.random.default_rng(0).standard_normal(3)
        D -= np.outer(unit, unit @ D) / (unit @ unit) * (1 - 1e-15)
        D /= np.linalg.norm(D, axis=1, keepdims=True)
    A = rotated(D, special_ortho_group.rvs(12, random_state=rng))
    Q, values = joint_eigenbasis((A + A.transpose(0, 2, 1)) / 2)
    assert np.abs(Q.T @ Q - np.eye(12)).max() < 1e-13
    assert np.abs(rotated(values, Q) - A).max() < 1e-13 * np.abs(A).max()


def test_vanishing_eigenvalues():
    """y of rank 2 and many measurements: only one X >= 0 fits, at every alpha."""
    D, Q, y = problem(9, 7, 8, 2)
    for log_alpha in (1.0, -10.0, -1000.0):
        m = entropy_minimum(rotated(D, Q), y, log_alpha=log_alpha)
        assert m.certified
        assert "6 eigenvalues, which are below 1e-9 of y in every solution, are given as 0" in m.message
        assert np.linalg.matrix_rank(m.point, tol=1e-12) == 2
    assert entropy_rate(rotated(D, Q), y).exponent == np.inf
    zero = entropy_minimum(np.eye(3)[None], [0.0], 1e-3)
    assert zero.certified
    assert not np.any(zero.point)


@pytest.mark.parametrize(("n", "d", "r"), [(3, 12, 12), (3, 12, 1), (4, 14, 2), (6, 20, 3)])
def test_rate_of_the_limit(n, d, r):
    D, Q, y = problem(0, n, d, r)
    rate = entropy_rate(rotated(D, Q), y)
    slack = np.diag(Q.T @ rate.slack @ Q)
    assert rate.unique
    assert rate.least_trace == pytest.approx(linprog(np.ones(d), A_eq=D, b_eq=y).fun, rel=1e-9)
    # tr X - t without cancellation: on the support the slack is rounding.
    scales = np.array([-150.0, -300.0]) / max(rate.exponent, 0.5)
    points = [np.diag(entropy_minimum(diagonal(D), y, log_alpha=scale).point) for scale in scales]
    excess = np.log([np.sum(np.where(slack > 1e-9, slack, 0.0) * x) for x in points])
    assert np.diff(excess)[0] / np.diff(scales)[0] == pytest.approx(rate.exponent, rel=2e-3)
    scale = -14.0 / max(rate.exponent, 0.5)
    x = entropy_minimum(diagonal(D), y, log_alpha=scale).point
    assert np.trace(x) - rate.least_trace == pytest.approx(np.sum(slack * np.diag(x)), rel=1e-6)


def test_no_vertex_of_the_dual_has_a_larger_rate():
    gaps = []
    for seed in range(8):
        D, _, y = problem(seed, 4, 14, 2)
        vertex = linprog(np.ones(14), A_eq=D, b_eq=y, method="highs-ds")
        reduced = 1 - D.T @ vertex.eqlin.marginals
        gaps.append(entropy_rate(diagonal(D), y).exponent - np.min(reduced[vertex.x < 1e-9]))
    assert min(gaps) > -1e-9
    assert np.median(gaps) > 0.1  # the reduced costs that a solver returns are another prediction


def test_rate_of_degenerate_programs():
    twins = entropy_rate(diagonal(np.array([[1.0, 1.0, 2.0, 2.0]])), [2.0])  # two joint eigenspaces
    assert twins.exponent == pytest.approx(0.5)
    assert twins.unique
    flat = entropy_rate(diagonal(np.array([[1.0, 1.0, 0.5], [0.0, 1.0, 0.0]])), [1.0, 0.5])
    assert flat.exponent == pytest.approx(0.5)
    ties = entropy_rate(diagonal(np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 2.0]])), [1.0, 1.0])
    assert ties.exponent == np.inf
    assert not ties.unique
    assert float(twins) == twins.exponent


@pytest.mark.parametrize("epsilon", [0.2, 0.35, 0.45])
def test_without_commutation_the_flow_prefers_rank(epsilon):
    problem = noncommuting_completion(epsilon)
    for X in (problem.rank_one, problem.least_trace):
        assert np.abs(measured(problem.A, X) - problem.y).max() < 1e-15
        assert np.linalg.eigvalsh(X)[0] > -1e-15
    assert np.linalg.matrix_rank(problem.rank_one) == 1
    best = least_trace(problem.A, problem.y)
    assert np.abs(best.point - problem.least_trace).max() < 1e-11

    # U in the basis e_1, (e_2 + e_3)/sqrt 2, (e_2 - e_3)/sqrt 2: a 2 x 2 block F, and z = log of the last eigenvalue.
    def field(_, state):
        F, z = state[:4].reshape(2, 2), np.exp(state[4])
        X = F @ F.T
        first, last = X[0, 1] / np.sqrt(2) - 1, (X[1, 1] - z) / 2 - epsilon
        gradient = np.array([[0.0, first / np.sqrt(2)], [first / np.sqrt(2), last / 2]])
        return np.append(-2 / 3 * (gradient @ F).ravel(), 2 / 3 * last)

    logs, traces = [], []
    for alpha in (1.0, 0.1, 1e-9, 1e-10):
        start = np.append(np.sqrt(alpha) * np.eye(2).ravel(), np.log(alpha))
        end = solve_ivp(field, (0, 2000), start, method="DOP853", rtol=1e-10, atol=1e-13).y[:, -1]
        logs.append(end[4])
        traces.append(np.sum(end[:4] ** 2) + np.exp(end[4]))
    assert (logs[3] - logs[2]) / np.log(0.1) == pytest.approx(problem.exponent, abs=1e-3)
    assert problem.exponent > 1.1  # not 1
    assert traces[3] == pytest.approx(np.trace(problem.rank_one), rel=1e-6)
    # On the way the trace dips towards the least one.
    assert best.objective < traces[1] < min(traces[0], traces[3] + 0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda A, y: entropy_minimum(A, y), "exactly one of alpha and log_alpha must be given, got neither"),
        (lambda A, y: entropy_minimum(A, y, 1.0, log_alpha=0.0), "exactly one of alpha and log_alpha .* got both"),
        (lambda A, y: entropy_minimum(A, y, 0.0), "alpha must be > 0, got 0"),
        (lambda A, y: entropy_minimum(A, y, log_alpha=-np.inf), "log_alpha must be finite"),
        (lambda A, y: entropy_minimum(A[:1], y, 1.0), "y must have one entry per matrix of A"),
        (
            lambda A, y: entropy_minimum(np.append(A, [[[0, 1, 0], [1, 0, 0], [0, 0, 1]]], 0), [1, 1, 1], 1.0),
            r"A must consist of matrices that commute, but \|A_i A_j - A_j A_i\| = 0.\d+ \|A_i\| \|A_j\| for i = \d",
        ),
        (
            lambda A, y: entropy_minimum(A, -y, 1.0),
            "y must be attained by a positive semidefinite matrix, but the",
        ),
        (lambda A, y: entropy_minimum(A[[0, 0]], y, 1.0), r"y must be attained by some matrix .* misses it by"),
        (lambda A, y: entropy_minimum([[[1.0, 0], [0, -1.0]]], [1.0], log_alpha=800), "alpha must leave the minimum"),
        (lambda A, y: entropy_rate(A, 0 * y), "y must not vanish"),
        (lambda A, y: entropy_rate(A, -y), "y must be attained by a positive semidefinite matrix"),
        (lambda A, y: noncommuting_completion(0.5), r"epsilon must lie in \(0, 1/2\), got 0.5"),
    ],
)
def test_bad_input(call, message):
    A = diagonal(np.array([[1.0, 2.0, 3.0], [1.0, 0.0, 1.0]]))
    with pytest.raises(ValueError, match=message) as caught:
        call(A, np.array([2.0, 0.5]))
    assert "\n" not in str(caught.value)
