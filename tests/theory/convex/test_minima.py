import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from solvable.theory import Minimum, lasso, least_l1, least_l2


def problem(seed, n, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


def vertices(X, y):
    n, d = X.shape
    for columns in itertools.combinations(range(d), n):
        b = np.zeros(d)
        b[list(columns)] = np.linalg.solve(X[:, columns], y)
        yield b


@pytest.mark.parametrize("seed", range(5))
def test_least_l1_is_the_best_vertex(seed):
    X, y = problem(seed, 3, 8)
    w = np.random.default_rng(seed).uniform(0.2, 3.0, 8)
    best = min(vertices(X, y), key=lambda b: np.sum(w * np.abs(b)))
    m = least_l1(X, y, w)
    assert np.abs(m.point - best).max() < 1e-13
    assert m.certified
    assert m.gap < 1e-13 * m.objective
    assert m.residual < 1e-14
    assert np.all(np.abs(X.T @ m.multiplier) <= w * (1 + 1e-15))
    # One weight doubled is another problem.
    changed = w.copy()
    changed[np.argmax(np.abs(best))] *= 2
    assert least_l1(X, y, changed).objective > m.objective * (1 + 1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 10), extra=st.integers(0, 20), unit=st.integers(-60, 60))
def test_least_l1_is_certified(seed, n, extra, unit):
    X, y = problem(seed, n, n + extra)
    m = least_l1(X, 10.0**unit * y)
    assert m.certified
    assert m.gap <= 1e-12 * m.objective
    assert np.count_nonzero(m.point) <= n


def test_least_l1_special_inputs():
    assert np.all(least_l1([[1.0, 2.0]], [0.0]).point == 0)
    sparse = least_l1(np.vstack([np.eye(3, 5)] * 2), [1.0, 0.0, 2.0] * 2)
    assert sparse.point.tolist() == pytest.approx([1.0, 0.0, 2.0, 0.0, 0.0])
    assert sparse.certified


def test_least_l2_is_the_pseudoinverse():
    X, y = problem(0, 4, 9)
    m = least_l2(X, y)
    assert np.allclose(m.point, np.linalg.pinv(X) @ y, atol=1e-14)
    assert m.certified
    assert m.objective == pytest.approx(0.5 * m.point @ m.point)
    assert m.objective == pytest.approx(0.5 * y @ np.linalg.solve(X @ X.T, y))
    low = np.vstack([X, X.sum(axis=0)])
    assert np.allclose(least_l2(low, np.append(y, y.sum())).point, m.point)


def stationarity(X, y, w, b):
    """Violation of the subgradient conditions of the lasso."""
    slope = X.T @ (y - X @ b) / y.size
    on = b != 0
    return max(np.abs(slope - w * np.sign(b))[on].max(initial=0.0), (np.abs(slope) - w)[~on].max(initial=0.0))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 12),
    d=st.integers(1, 25),
    size=st.floats(-8.0, 1.0),
    style=st.sampled_from(["plain", "twins", "integers"]),
)
def test_lasso_satisfies_its_conditions(seed, n, d, size, style):
    X, y = problem(seed, n, d)
    if style == "twins":
        X = np.hstack([X, X, -X[:, :1]])
    if style == "integers":
        X = np.round(X)
    w = 10.0**size * np.random.default_rng(seed).uniform(0.5, 2.0, X.shape[1])
    m = lasso(X, y, w)
    assert m.certified, m
    assert m.gap <= 1e-12 * m.objective
    assert stationarity(X, y, w, m.point) < 1e-12
    assert m.objective == pytest.approx(
        np.sum((X @ m.point - y) ** 2) / (2 * n) + np.sum(w * np.abs(m.point)), rel=1e-9
    )


def test_lasso_against_an_independent_optimizer():
    X, y = problem(5, 6, 4)
    w = np.array([0.05, 0.2, 0.1, 0.4])

    def smooth(parts):
        b = parts[:4] - parts[4:]
        return np.sum((X @ b - y) ** 2) / 12 + w @ (parts[:4] + parts[4:])

    found = minimize(smooth, np.full(8, 0.1), bounds=[(0, None)] * 8, method="L-BFGS-B", options={"ftol": 1e-15})
    m = lasso(X, y, w)
    assert np.abs(m.point - (found.x[:4] - found.x[4:])).max() < 1e-5
    assert m.objective <= found.fun + 1e-12
    assert lasso(X, y, 2 * w).objective > m.objective * (1 + 1e-3)


def test_lasso_is_exactly_zero_for_large_weights():
    X, y = problem(6, 5, 9)
    bound = np.abs(X.T @ y) / 5
    m = lasso(X, y, bound)
    assert np.all(m.point == 0)
    assert m.certified
    assert np.any(lasso(X, y, 0.99 * bound).point != 0)
    assert np.all(lasso(X, y, float(bound.max())).point == 0)


def test_lasso_tends_to_least_l1():
    X, y = problem(7, 5, 12)
    assert np.abs(lasso(X, y, 1e-11).point - least_l1(X, y).point).max() < 1e-9


def test_minimum_shows_what_it_knows():
    good = Minimum(np.array([1.0, 0.0]), 1.0, 0.0, 0.0, True, np.zeros(1))
    bad = Minimum(np.array([1.0]), 1.0, 0.5, 0.1, False, np.zeros(1), "because")
    assert "certified" in repr(good)
    assert "NOT CERTIFIED: because" in repr(bad)
    assert "<b>no</b>" in bad._repr_html_()
    assert "because" in bad._repr_html_()
    with pytest.raises(ValueError, match="read-only"):
        good.point[0] = 2.0
