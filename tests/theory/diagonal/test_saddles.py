"""Saddle to saddle against exact rational enumeration, the lasso, basis pursuit, and the flow itself at tiny scales."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from solvable.theory import SaddlePath, lasso, least_l1, saddle_to_saddle


def problem(seed, n, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


# ---- the same algorithm in rational arithmetic, every minimum found by trying all supports ----


def solve_exactly(M, right):
    """Gauss-Jordan; None if singular."""
    rows = [[*row, value] for row, value in zip(M, right, strict=True)]
    k = len(rows)
    for c in range(k):
        pivot = next((r for r in range(c, k) if rows[r][c] != 0), None)
        if pivot is None:
            return None
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [v / rows[c][c] for v in rows[c]]
        for r in range(k):
            if r != c:
                rows[r] = [a - rows[r][c] * b for a, b in zip(rows[r], rows[c], strict=True)]
    return [row[k] for row in rows]


def gradient(X, y, b):
    n, d = len(X), len(X[0])
    r = [sum(X[i][j] * b[j] for j in range(d)) - y[i] for i in range(n)]
    return [sum(X[i][j] * r[i] for i in range(n)) / n for j in range(d)]


def signed_minima(X, y, sign):
    """All minimizers with independent support of L over the signed set."""
    n, d = len(X), len(X[0])
    allowed = [j for j in range(d) if sign[j]]
    found = []
    for size in range(min(n, len(allowed)) + 1):
        for S in itertools.combinations(allowed, size):
            gram = [[sum(X[i][p] * X[i][q] for i in range(n)) for q in S] for p in S]
            values = solve_exactly(gram, [sum(X[i][p] * y[i] for i in range(n)) for p in S])
            if values is None or any(sign[j] * v <= 0 for j, v in zip(S, values, strict=True)):
                continue
            b = [Fraction(0)] * d
            for j, v in zip(S, values, strict=True):
                b[j] = v
            g = gradient(X, y, b)
            if all(-sign[j] * g[j] <= 0 for j in allowed):
                found.append(b)
    return found


def rational_path(X, y):
    d = len(X[0])
    z, b, tau = [Fraction(0)] * d, [Fraction(0)] * d, Fraction(0)
    path = [(tau, b, z)]
    while True:
        g = gradient(X, y, b)
        waiting = [j for j in range(d) if b[j] == 0 and g[j] != 0]
        if not waiting:
            return path
        step = min((1 + z[j] * (1 if g[j] > 0 else -1)) / abs(g[j]) for j in waiting)
        z = [z[j] - step * g[j] for j in range(d)]
        tau += step
        minima = signed_minima(X, y, [int(v) if abs(v) == 1 else 0 for v in z])
        assert len(minima) == 1
        b = minima[0]
        path.append((tau, b, z))


def compare(path, reference, tolerance=1e-12):
    assert path.times.size == len(reference)
    for k, (tau, b, z) in enumerate(reference):
        assert abs(path.times[k] - float(tau)) <= tolerance * float(tau)
        assert np.abs(path.points[k] - np.array(b, dtype=float)).max() <= tolerance * max(map(abs, map(float, b + [1])))
        assert np.array_equal(path.points[k] != 0, [v != 0 for v in b])
        assert np.abs(path.duals[k] - np.array(z, dtype=float)).max() <= tolerance


def integers(seed, n, d, size=50):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(-size, size + 1, (n, d)), rng.integers(-size, size + 1, n)
    return [[Fraction(int(v)) for v in row] for row in X], [Fraction(int(v)) for v in y]


@pytest.mark.parametrize(("n", "d"), [(3, 6), (4, 8), (6, 4), (2, 5)])
def test_matches_rational_enumeration(n, d):
    deactivations = 0
    for seed in range(12):
        X, y = integers(seed, n, d)
        reference = rational_path(X, y)
        path = saddle_to_saddle(np.array(X, dtype=float), np.array(y, dtype=float))
        compare(path, reference)
        supports = [{j for j, v in enumerate(b) if v} for _, b, _ in reference]
        lost = [k for k in range(1, len(supports)) if supports[k - 1] - supports[k]]
        assert path.first_deactivation == (pytest.approx(float(reference[lost[0]][0])) if lost else np.inf)
        deactivations += bool(lost)
    if (n, d) == (4, 8):
        assert deactivations >= 3


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ([[1, 0], [0, 1]], [1, 1]),  # two coordinates at once, both stay
        ([[1, 0], [0, 1]], [1, -1]),
        ([[3, 2, 0], [0, 2, 3], [0, 1, 0]], [4, 4, -3]),  # the middle one first; the others tie later
        ([[4, 3], [0, 1]], [1, 1]),  # a tie at 4 = 4
        ([[2, 2, 0, 1], [1, -1, 0, 1], [0, 0, 3, 1]], [2, 0, 1]),
        ([[1, 1, 1], [1, -1, 0], [0, 1, -1]], [3, 0, 0]),  # three at once
    ],
)
def test_ties_are_freed_together(X, y):
    reference = rational_path([[Fraction(v) for v in row] for row in X], [Fraction(v) for v in y])
    # There is a tie: at some jump two coordinates arrive at their walls.
    walls = [sum(abs(v) == 1 for v in z) for _, _, z in reference]
    assert any(b - a >= 2 for a, b in itertools.pairwise(walls))
    path = saddle_to_saddle(X, y)
    compare(path, reference)
    # Slightly different targets break the tie; the path moves continuously.
    for eps in (1e-7, -1e-7):
        near = saddle_to_saddle(X, np.array(y, dtype=float) + eps * np.arange(1, len(y) + 1))
        for tau in (0.5 * path.times[1], *(0.5 * (path.times[1:-1] + path.times[2:])), 2 * path.times[-1]):
            assert np.abs(near.average(tau) - path.average(tau)).max() < 1e-4


def test_a_minimum_that_is_not_unique_is_shared_as_the_flow_shares_it():
    X = np.array([[1.0, 1.0, 0.5, -0.3], [0.0, 0.0, 1.0, 0.4]])
    y = np.array([1.0, 0.2])
    path = saddle_to_saddle(X, y)
    assert not path.unique
    assert np.array_equal(path.points[:, 0], path.points[:, 1])
    assert path.points[-1][0] > 0
    assert np.abs(X @ path.points[-1] - y).max() < 1e-14
    # Column 2 is the mean of 0 and 1: three share, and not equally. The flow at a tiny scale agrees.
    X = np.array([[2.0, 0.0, 1.0], [0.0, 2.0, 1.0]])
    y = np.array([1.0, 1.0])
    path = saddle_to_saddle(X, y)
    _, beta = flow(X, y, 200.0, [10.0])
    assert not path.unique
    assert np.abs(path.points[-1] - beta[0]).max() < 1e-8
    assert saddle_to_saddle(np.eye(2), y).unique


# ---- finite scale: the flow in its dual form, ``z = X^T mu``, ``mu' = (y - X beta) / n`` on the clock tau ----


def flow(X, y, log_scale, times):
    """z and beta at `times` for ``log(1/a) = log_scale``."""
    n = y.size

    def beta(mu):
        z = X.T @ mu
        return np.exp(np.minimum(log_scale * (z - 1), 30.0)) - np.exp(np.minimum(log_scale * (-z - 1), 30.0))

    def jacobian(_, mu):
        z = X.T @ mu
        w = np.exp(np.minimum(log_scale * (z - 1), 30.0)) + np.exp(np.minimum(log_scale * (-z - 1), 30.0))
        return -(X * (log_scale * w)) @ X.T / n

    run = solve_ivp(
        lambda _, mu: (y - X @ beta(mu)) / n, (0.0, float(times[-1])), np.zeros(n), method="LSODA", jac=jacobian,
        t_eval=times, rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    assert run.success
    return run.y.T @ X, np.array([beta(mu) for mu in run.y.T])


@pytest.mark.parametrize(("seed", "n", "d"), [(11, 4, 8), (7, 5, 10), (3, 8, 5)])
def test_the_flow_at_scale_1e_60_jumps_at_these_times(seed, n, d):
    X, y = problem(seed, n, d)
    path = saddle_to_saddle(X, y)
    times = np.linspace(0.0, 1.3 * path.times[-1], 400)
    distance = []
    for digits in (30, 60, 120):  # scale = 10^-digits, a = scale^2
        log_scale = 2 * digits * np.log(10.0)
        z, beta = flow(X, y, log_scale, times)
        distance.append(np.abs(z - path.dual(times)).max() * log_scale)
        if digits == 120:
            # In the middle of each rest, beta has arrived.
            ends = np.append(path.times[1:], 1.3 * path.times[-1])
            for k, middle in enumerate(0.5 * (path.times + ends)):
                here = int(np.argmin(np.abs(times - middle)))
                if min(abs(times[here] - path.times[k]), abs(times[here] - ends[k])) > 0.3:
                    assert np.abs(beta[here] - path.points[k]).max() < 1e-2
    # The error is c / log(1/a): the product is constant, while the error itself halves.
    assert distance[0] < 8.0
    assert max(distance) < 1.1 * min(distance)


def test_lasso_knots_are_not_the_jump_times_after_a_deactivation():
    X, y = problem(11, 4, 8)
    path = saddle_to_saddle(X, y)
    assert np.round(path.times[1:], 4).tolist() == [2.4640, 2.7940, 4.1675, 8.1135, 8.8972]
    assert [np.count_nonzero(b) for b in path.points] == [0, 1, 2, 2, 3, 4]
    assert path.first_deactivation == path.times[3]
    for tau in [*path.times[1:4], 2.6, 3.5]:
        assert np.abs(path.average(tau) - lasso(X, y, 1 / tau).point).max() < 1e-14
    for tau in (6.0, 8.5, 10.0):
        assert np.abs(path.average(tau) - lasso(X, y, 1 / tau).point).max() > 1e-2


# ---- properties ----


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 9), d=st.integers(1, 18), unit=st.integers(-40, 40))
def test_path_satisfies_its_definition(seed, n, d, unit):
    X, y = problem(seed, n, d)
    scale = 10.0**unit
    path = saddle_to_saddle(X, scale * y)
    points, z = path.points / scale, path.duals
    assert path.unique
    assert path.times[0] == 0
    assert not np.any(points[0])
    assert np.all(np.diff(path.times) > 0)
    assert np.abs(z).max() <= 1
    for k, b in enumerate(points):
        g = X.T @ (X @ b - y) / n
        on = b != 0
        assert np.all(np.sign(b[on]) == z[k][on])
        assert np.abs(g[on]).max(initial=0.0) < 1e-10
        assert np.max(-(z[k] * g)[np.abs(z[k]) == 1], initial=0.0) < 1e-10
        if k:
            before = X.T @ (X @ points[k - 1] - y) / n
            assert np.abs(z[k] - z[k - 1] + (path.times[k] - path.times[k - 1]) * scale * before).max() < 1e-9
            assert np.sum((X @ b - y) ** 2) < np.sum((X @ points[k - 1] - y) ** 2)
    end = points[-1]
    if d >= n:
        assert np.abs(end - least_l1(X, y).point).max() < 1e-12 * max(1.0, np.abs(end).max())
    else:
        assert np.abs(end - np.linalg.lstsq(X, y, rcond=None)[0]).max() < 1e-11 * max(1.0, np.abs(end).max())
    # Averages are the lasso until the first deactivation.
    for tau in path.times[1:]:
        if tau <= path.first_deactivation:
            reference = lasso(X, scale * y, 1 / tau).point
            assert np.abs(path.average(tau) - reference).max() < 1e-11 * max(scale, np.abs(reference).max())


def test_final_point_of_overdetermined_consistent_and_rank_deficient_problems():
    X, y = problem(0, 30, 6)
    assert np.abs(saddle_to_saddle(X, y).points[-1] - np.linalg.lstsq(X, y, rcond=None)[0]).max() < 1e-13
    sparse = np.array([0.0, 2.0, 0.0, 0.0, -1.0, 0.0])
    path = saddle_to_saddle(X, X @ sparse)
    assert np.abs(path.points[-1] - sparse).max() < 1e-13
    low = np.vstack([X[:3], X[:3].sum(axis=0)])
    path = saddle_to_saddle(low, low @ sparse)
    assert np.abs(path.points[-1] - least_l1(low, low @ sparse).point).max() < 1e-12
    for X, y in [([[1.0, 2.0]], [0.0]), ([[0.0, 0.0]], [1.0]), ([[1.0], [1.0]], [1.0, -1.0])]:
        path = saddle_to_saddle(X, y)
        assert path.times.tolist() == [0.0]
        assert not np.any(path.average(3.0))


def test_sparse_truth_on_larger_designs():
    rng = np.random.default_rng(5)
    X = rng.standard_normal((20, 40))
    truth = np.zeros(40)
    truth[:3] = 1.0, -2.0, 0.5
    path = saddle_to_saddle(X, X @ truth)
    assert np.abs(path.points[-1] - truth).max() < 1e-12
    X, y = problem(1, 30, 90)
    assert np.abs(saddle_to_saddle(X, y).points[-1] - least_l1(X, y).point).max() < 1e-12


def test_the_whole_path_costs_a_few_times_its_end(costs_at_most):
    X, y = problem(7, 5, 10)
    costs_at_most(3, lambda: saddle_to_saddle(X, y), lambda: least_l1(X, y))


def test_at_dual_and_average_between_jumps():
    path = saddle_to_saddle([[1.0, 0.0], [0.0, 0.5]], [1.0, 1.0])
    assert path.at([0.0, 1.9, 2.0, 3.9, 4.0, 9.0]).tolist() == [[0, 0], [0, 0], [1, 0], [1, 0], [1, 2], [1, 2]]
    assert path.dual([1.0, 3.0, 9.0]).tolist() == [[0.5, 0.25], [1, 0.75], [1, 1]]
    assert path.average(8.0).tolist() == [0.75, 1.0]
    assert path.average(0.0).tolist() == [0.0, 0.0]
    assert path.dual(1.0).shape == (2,)
    assert isinstance(path, SaddlePath)
    assert not path.points.flags.writeable
    for call in (path.at, path.dual, path.average):
        with pytest.raises(ValueError, match="tau must be >= 0"):
            call(-1.0)
