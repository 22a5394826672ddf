"""Least trace and nuclear norm against linear programs, closed forms, other solvers, and their own definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.optimize import linprog, minimize

from solvable.theory import least_l1, least_nuclear_norm, least_trace


def symmetric(rng, n, d):
    A = rng.standard_normal((n, d, d))
    return (A + A.transpose(0, 2, 1)) / 2


def positive_definite(rng, d):
    root = rng.standard_normal((d, d))
    return root @ root.T + 0.1 * np.eye(d)


def low_rank(rng, d1, d2, r):
    return rng.standard_normal((d1, r)) @ rng.standard_normal((r, d2))


def measured(A, X):
    return np.einsum("nij,ij->n", A, X)


def diagonal(D):
    return np.array([np.diag(row) for row in D])


def entries(mask):
    places = np.argwhere(mask)
    A = np.zeros((len(places), *mask.shape))
    A[(np.arange(len(places)), *places.T)] = 1.0
    return A


def prove_trace(A, y, m, W):
    """Optimality from the definitions alone: both sides feasible, equal values."""
    X, S = m.point, W - np.tensordot(m.multiplier, A, axes=1)
    size = np.abs(y).max()
    assert np.abs(measured(A, X) - y).max() < 1e-12 * size
    assert np.linalg.eigvalsh(X)[0] > -1e-13 * np.abs(X).max()
    assert np.linalg.eigvalsh((S + S.T) / 2)[0] > -1e-12 * np.abs(W).max()
    assert m.objective == pytest.approx(np.sum(W * X), rel=1e-12)
    assert y @ m.multiplier == pytest.approx(m.objective, rel=1e-11)
    assert m.certified
    assert 0 <= m.gap < 1e-12 * m.objective


def prove_nuclear(A, y, m, P, R):
    first, second = sqrtm(P).real, sqrtm(R).real
    dual = np.linalg.solve(first, np.linalg.solve(second, np.tensordot(m.multiplier, A, axes=1).T).T)
    assert np.abs(measured(A, m.point) - y).max() < 1e-12 * np.abs(y).max()
    assert np.linalg.norm(dual, 2) < 1 + 1e-11
    assert m.objective == pytest.approx(np.linalg.norm(first @ m.point @ second, "nuc"), rel=1e-11)
    assert y @ m.multiplier == pytest.approx(m.objective, rel=1e-11)
    assert m.certified
    assert 0 <= m.gap < 1e-12 * m.objective


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), d=st.integers(1, 7), r=st.integers(1, 3), share=st.floats(0.05, 0.9))
def test_least_trace_is_proven(seed, d, r, share):
    rng = np.random.default_rng(seed)
    A = symmetric(rng, max(1, round(share * d * (d + 1) / 2)), d)
    U = rng.standard_normal((d, min(r, d)))
    y = measured(A, U @ U.T)
    prove_trace(A, y, least_trace(A, y), np.eye(d))
    W = positive_definite(rng, d)
    prove_trace(A, y, least_trace(A, y, W), W)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), d1=st.integers(1, 6), d2=st.integers(1, 6), share=st.floats(0.05, 1.0))
def test_least_nuclear_norm_is_proven(seed, d1, d2, share):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((max(1, round(share * d1 * d2)), d1, d2))
    y = rng.standard_normal(len(A))
    prove_nuclear(A, y, least_nuclear_norm(A, y), np.eye(d1), np.eye(d2))
    P, R = positive_definite(rng, d1), positive_definite(rng, d2)
    prove_nuclear(A, y, least_nuclear_norm(A, y, left=P, right=R), P, R)


@pytest.mark.parametrize("seed", range(3))
def test_diagonal_measurements_are_linear_programs(seed):
    rng = np.random.default_rng(seed)
    D = rng.standard_normal((4, 9))
    y, w = D @ rng.random(9), rng.uniform(0.3, 2.0, 9)
    vertex = linprog(w, A_eq=D, b_eq=y, method="highs")
    m = least_trace(diagonal(D), y, np.diag(w))
    assert m.objective == pytest.approx(vertex.fun, rel=1e-9)
    support, best = vertex.x > 1e-6, np.zeros(9)
    best[support] = np.linalg.lstsq(D[:, support], y, rcond=None)[0]  # HiGHS: to 1e-7 only
    # Entries off the diagonal are neither measured nor paid for.
    assert np.abs(np.diag(m.point) - best).max() < 1e-11
    sparse = least_l1(D, y)
    m = least_nuclear_norm(diagonal(D), y)
    assert m.objective == pytest.approx(sparse.objective, rel=1e-13)
    assert np.abs(np.diag(m.point) - sparse.point).max() < 1e-12


def test_against_a_primal_optimizer():
    rng = np.random.default_rng(3)
    A = symmetric(rng, 4, 3)
    y = measured(A, np.diag([1.0, 2.0, 0.5]))
    W = positive_definite(rng, 3)

    def constraint(u):
        U = u.reshape(3, 3)
        return measured(A, U @ U.T) - y

    def cost(u):
        U = u.reshape(3, 3)
        return np.sum(U * (W @ U))

    runs = [
        minimize(cost, rng.standard_normal(9), constraints={"type": "eq", "fun": constraint}, method="SLSQP", tol=1e-12)
        for _ in range(6)
    ]
    values = [run.fun for run in runs if np.abs(constraint(run.x)).max() < 1e-8]
    m = least_trace(A, y, W)
    assert min(values) == pytest.approx(m.objective, rel=1e-6)
    assert min(values) > m.objective * (1 - 1e-9)
    assert least_trace(A, y).objective < np.trace(m.point) * (1 - 1e-3)  # the weight matters


@pytest.mark.parametrize("epsilon", [0.2, 0.499, 0.5, 0.55, 0.9])
def test_completion_in_closed_form(epsilon):
    A = np.array(
        [[[0, 1, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 1], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 1], [0] * 3]]
    )
    m = least_trace(A, [1.0, 1.0, epsilon])
    assert m.objective == pytest.approx(4 - 2 * epsilon if epsilon < 0.5 else 1 / epsilon + 2 * epsilon, rel=1e-13)
    assert m.certified
    # Among symmetric matrices that may be indefinite the nuclear norm goes lower.
    both = np.concatenate([A, A.transpose(0, 2, 1)])
    free = least_nuclear_norm(both, [1.0, 1.0, epsilon] * 2)
    assert free.objective <= epsilon + np.sqrt(epsilon**2 + 8) + 1e-12
    assert free.objective < m.objective or epsilon > 0.8


def test_recovery_at_size_twenty_costs_a_few_decompositions(costs_at_most):
    rng = np.random.default_rng(0)
    A, X = rng.standard_normal((170, 20, 20)), low_rank(rng, 20, 20, 2)
    y = measured(A, X)
    m = least_nuclear_norm(A, y)
    assert m.certified
    assert m.gap < 1e-12 * m.objective
    assert np.abs(m.point - X).max() < 1e-12
    equations = A.reshape(170, 400)
    costs_at_most(50, lambda: least_nuclear_norm(A, y), lambda: np.linalg.svd(equations, full_matrices=False))


def test_nearly_degenerate_completions():
    """Entries of a 20 x 20 matrix: eigenvalues of the minimum down to 1e-5 of the largest, ranks up to 12."""
    ranks = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        mask = rng.permutation(400).reshape(20, 20) < 150
        X = low_rank(rng, 20, 20, 2)
        A = entries(mask)
        m = least_nuclear_norm(A, X[mask])
        assert m.certified or m.message
        ranks.append(np.linalg.matrix_rank(m.point, tol=1e-9) if m.certified else 0)
    assert np.count_nonzero(ranks) >= 7
    assert max(ranks) >= 8


def test_a_minimum_says_that_it_is_a_matrix():
    A, y = np.eye(6).reshape(6, 2, 3), np.arange(6.0)
    before = A.copy()
    m = least_nuclear_norm(A, y)
    assert np.abs(m.point - y.reshape(2, 3)).max() < 1e-13
    assert "Minimum(d=2x3, " in repr(m)
    assert "2 x 3 coordinates" in m._repr_html_()
    assert np.array_equal(A, before)
    with pytest.raises(ValueError, match="read-only"):
        m.point[0, 0] = 1.0


def test_no_unique_minimum():
    identity = np.eye(4)[None]
    for m in (least_trace(identity, [2.0]), least_nuclear_norm(identity, [2.0])):
        assert m.objective == pytest.approx(2.0)
        assert m.certified
    # On the boundary of the cone: one point only.
    corners = np.array([[[1.0, 0], [0, 0]], [[0, 0], [0, 1.0]], [[0, 1.0], [0, 0]]])
    assert np.abs(least_trace(corners, [1.0, 4.0, 2.0]).point - [[1, 2], [2, 4]]).max() < 1e-7


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_units(unit):
    rng = np.random.default_rng(1)
    A, y = symmetric(rng, 7, 5), None
    y = measured(A, np.eye(5))
    one, other = least_trace(A, y), least_trace(A * 1e-30, y * unit)
    assert other.certified
    assert np.abs(other.point / unit / 1e30 - one.point).max() < 1e-11
    assert other.objective / unit / 1e30 == pytest.approx(one.objective, rel=1e-12)


def test_zero_targets_and_dependent_measurements():
    rng = np.random.default_rng(2)
    A = symmetric(rng, 5, 4)
    zero = least_trace(A, np.zeros(5))
    assert zero.certified
    assert not np.any(zero.point)
    y = measured(A, np.eye(4))
    mixture = rng.standard_normal((9, 5))
    many, few = least_trace(np.tensordot(mixture, A, 1), mixture @ y), least_trace(A, y)
    assert many.objective == pytest.approx(few.objective, rel=1e-12)
    assert np.abs(many.point - few.point).max() < 1e-10
    assert many.multiplier @ (mixture @ y) == pytest.approx(many.objective, rel=1e-11)
    with pytest.raises(ValueError, match=r"attained by some matrix .* misses it by 0\.\d+ \|y\|$"):
        least_trace(np.concatenate([A, A[:1]]), np.append(y, y[0] + 1))


def test_singular_weights():
    rng = np.random.default_rng(4)
    A = np.zeros((3, 5, 5))
    A[:, :3, :3] = symmetric(rng, 3, 3)
    y = measured(A, np.eye(5))
    weight = np.zeros((5, 5))
    weight[:3, :3] = positive_definite(rng, 3)
    m, small = least_trace(A, y, weight), least_trace(A[:, :3, :3], y, weight[:3, :3])
    assert m.certified
    assert np.abs(m.point[:3, :3] - small.point).max() < 1e-10
    assert np.abs(m.point[3:]).max() < 1e-14
    with pytest.raises(ValueError, match=r"^weight must be positive definite, or every A_i must vanish"):
        least_trace(symmetric(rng, 3, 5), y, weight)
    B = rng.standard_normal((2, 3, 4))
    with pytest.raises(ValueError, match=r"^right must be positive definite, or"):
        least_nuclear_norm(B, [1.0, 2.0], right=np.diag([1.0, 1.0, 1.0, 0.0]))
    B[:, 1] = 0.0
    assert least_nuclear_norm(B, [1.0, 2.0], left=np.diag([1.0, 0.0, 1.0])).certified


def infeasible():
    rng = np.random.default_rng(5)
    square = [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]]
    yield np.eye(3)[None], [-1.0]
    yield square, [1.0, 1.0, 1.001]
    A = symmetric(rng, 40, 10)  # a random right side of more than 27 is hardly ever attained
    yield A, rng.standard_normal(40)


@pytest.mark.parametrize("case", list(infeasible()), ids=["definite", "boundary", "random"])
def test_infeasible_problems_are_refused(case):
    with pytest.raises(ValueError, match=r"^y must be attained by a positive semidefinite matrix, but") as caught:
        least_trace(*case)
    assert "\n" not in str(caught.value)
    assert least_nuclear_norm(np.asarray(case[0], dtype=float), case[1]).certified


def test_what_cannot_be_attained_is_not_certified():
    # X_11 = 0 and X_12 = 1 are approached by no bounded sequence of positive semidefinite matrices.
    m = least_trace([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]], [0.0, 1.0])
    assert not m.certified
    assert "above the tolerance" in m.message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda A, y: least_trace(A[0], y), "A must be 3-dimensional"),
        (lambda A, y: least_trace(A[:, :2], y), r"A must have shape \(n, d, d\), got \(2, 2, 3\)"),
        (lambda A, y: least_trace(A, y[:1]), r"y must have one entry per matrix of A: A has shape \(2, 3, 3\)"),
        (lambda A, y: least_trace(A * np.nan, y), "A must be finite"),
        (lambda A, y: least_trace(A[:, :0], y), "A must have at least one"),
        (lambda A, y: least_trace(A, y, np.eye(2)), r"weight must have shape \(3, 3\), got \(2, 2\)"),
        (lambda A, y: least_trace(A, y, np.triu(np.ones((3, 3)))), "weight must be symmetric, but differs"),
        (lambda A, y: least_trace(A, y, -np.eye(3)), "weight must be positive definite, but has the eigenvalue -1"),
        (lambda A, y: least_nuclear_norm(A, y, left=np.zeros((3, 3))), "left must be positive definite"),
        (lambda A, y: least_nuclear_norm(A, y, right=np.eye(2)), r"right must have shape \(3, 3\)"),
    ],
)
def test_bad_input(call, message):
    A, y = np.ones((2, 3, 3)) * np.array([1.0, 2.0])[:, None, None], np.array([1.0, 2.0])
    with pytest.raises(ValueError, match=message) as caught:
        call(A, y)
    assert "\n" not in str(caught.value)


def test_against_cvxpy():
    cvxpy = pytest.importorskip("cvxpy")
    rng = np.random.default_rng(6)
    A, W = symmetric(rng, 8, 5), positive_definite(rng, 5)
    y = measured(A, W)
    X = cvxpy.Variable((5, 5), PSD=True)
    value = cvxpy.Problem(
        cvxpy.Minimize(cvxpy.trace(W @ X)), [cvxpy.trace(a @ X) == b for a, b in zip(A, y, strict=True)]
    ).solve()
    assert value == pytest.approx(least_trace(A, y, W).objective, rel=1e-5)
    B, z = rng.standard_normal((8, 4, 5)), rng.standard_normal(8)
    X = cvxpy.Variable((4, 5))
    value = cvxpy.Problem(
        cvxpy.Minimize(cvxpy.normNuc(X)), [cvxpy.sum(cvxpy.multiply(b, X)) == c for b, c in zip(B, z, strict=True)]
    ).solve()
    assert value == pytest.approx(least_nuclear_norm(B, z).objective, rel=1e-4)
