import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from solvable.theory import hypentropy_minimum, least_l1, least_l2
from solvable.theory.diagonal.hyperbolic import fenchel_young, potential


def problem(seed, n, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("a", [1e6, 1e3, 1.0, 1e-2, 1e-12, 1e-60, 1e-300])
def test_every_coordinate_has_relative_accuracy(reference, seed, a):
    X, y = problem(seed, 5, 10)
    m = hypentropy_minimum(X, y, a=a)
    exact = reference.hypentropy(X, y, np.full(10, np.log(a)), np.zeros(10), m.multiplier)
    assert m.certified
    assert m.message == ""
    assert reference.relative_errors(m.point, exact).max() < 1e-11
    if a == 1e-60:
        assert np.abs(m.point).min() < 1e-45


@pytest.mark.parametrize("spread", ["wide", "underflow", "shift"])
def test_scale_and_shift_by_coordinate(reference, spread):
    X, y = problem(7, 4, 9)
    rng = np.random.default_rng(8)
    log_a = {
        "wide": rng.uniform(-40, 5, 9),
        "underflow": rng.uniform(-1500, -720, 9),
        "shift": np.full(9, -300.0),
    }[spread]
    xi0 = rng.uniform(-250, 250, 9) if spread == "shift" else rng.standard_normal(9)
    m = hypentropy_minimum(X, y, log_a=log_a, xi0=xi0)
    exact = reference.hypentropy(X, y, log_a, xi0, m.multiplier)
    seen = np.abs(m.point) > 1e-290  # below, doubles are subnormal
    assert m.certified
    assert reference.relative_errors(m.point, exact)[seen].max() < 1e-11


def test_hundred_by_five_hundred_costs_a_few_decompositions(costs_at_most):
    X, y = problem(0, 100, 500)
    m = hypentropy_minimum(X, y, a=1e-120)
    assert m.certified
    assert m.residual < 1e-13
    costs_at_most(200, lambda: hypentropy_minimum(X, y, a=1e-120), lambda: np.linalg.svd(X, full_matrices=False))


def test_against_a_primal_optimizer():
    X, y = problem(3, 3, 6)
    a, xi0 = 0.3, np.linspace(-1, 1, 6)
    base = np.linalg.lstsq(X, y, rcond=None)[0]
    null = np.linalg.svd(X)[2][3:].T

    def objective(c):
        b = base + null @ c
        return np.sum(b * np.arcsinh(b / (2 * a)) - np.sqrt(b**2 + 4 * a**2) - xi0 * b)

    best = minimize(objective, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    m = hypentropy_minimum(X, y, a=a, xi0=xi0)
    assert np.allclose(m.point, base + null @ best.x, atol=1e-7)
    assert m.objective == pytest.approx(best.fun, abs=1e-12)
    # A doubled scale is another problem, and the comparison can tell.
    assert np.abs(hypentropy_minimum(X, y, a=2 * a, xi0=xi0).point - m.point).max() > 1e-3


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), extra=st.integers(1, 12), log_a=st.floats(-700, 3))
def test_optimality_conditions_on_random_problems(seed, n, extra, log_a):
    X, y = problem(seed, n, n + extra)
    m = hypentropy_minimum(X, y, log_a=log_a)
    assert m.certified
    xi = X.T @ m.multiplier
    seen = np.abs(m.point) > 1e-250
    computed = np.sign(m.point) * np.where(
        np.log(np.abs(m.point) + 1e-320) - log_a > 200,
        np.log(np.abs(m.point) + 1e-320) - log_a,
        np.arcsinh(np.abs(m.point) / 2 * np.exp(np.minimum(-log_a, 700))),
    )
    if log_a > -300:
        assert np.abs(computed - xi)[seen].max() < 1e-8 * (1 + np.abs(xi).max())


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 12),
    extra=st.integers(2, 20),
    k=st.integers(1, 11),
    log_a=st.floats(-690.0, 0.0),
)
def test_sparse_truth_is_never_silently_wrong(seed, n, extra, k, log_a):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, n + extra))
    truth = np.zeros(n + extra)
    truth[: min(k, n - 1)] = rng.standard_normal(min(k, n - 1))
    y = X @ truth
    m = hypentropy_minimum(X, y, log_a=log_a)
    assert m.certified, m
    assert m.residual < 1e-12
    sparse = least_l1(X, y)
    # The minimum of the entropy cannot beat l1, nor lose to it in entropy.
    assert np.abs(m.point).sum() >= sparse.objective * (1 - 1e-12)
    scale = np.full(n + extra, log_a)
    assert m.objective <= np.sum(potential(sparse.point, scale)) + 1e-9 * (1 + abs(m.objective))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("log_a", [-12.0, -33.0, -50.0, -138.0])
def test_off_support_values_of_an_exactly_sparse_problem(reference, seed, log_a):
    rng = np.random.default_rng(seed)
    X, truth = np.round(rng.standard_normal((6, 12)) * 1024) / 1024, np.zeros(12)
    truth[:2] = np.round(rng.standard_normal(2) * 1024) / 1024
    y = X @ truth  # exact: products of 11-bit numbers
    m = hypentropy_minimum(X, y, log_a=log_a)
    exact = reference.hypentropy(X, y, np.full(12, log_a), np.zeros(12), m.multiplier)
    errors = reference.relative_errors(m.point, exact)
    assert m.certified
    assert np.abs(m.point - np.array([float(v) for v in exact])).max() < 1e-14
    if "not certified" in m.message:
        assert errors.max() < 1e-8


def test_degenerate_case_says_what_is_not_certified():
    X = np.random.default_rng(0).standard_normal((20, 40))
    truth = np.zeros(40)
    truth[:3] = [1.0, -2.0, 0.5]
    m = hypentropy_minimum(X, X @ truth, a=1e-60)
    assert m.certified
    assert "not certified" in m.message
    assert "off-support" in m.message
    assert np.abs(m.point - truth).max() < 1e-14
    assert not np.any(m.point[3:] == 0)


def test_limits_are_l2_and_weighted_l1():
    X, y = problem(1, 5, 12)
    assert np.abs(hypentropy_minimum(X, y, a=1e6).point - least_l2(X, y).point).max() < 1e-11
    weights = np.random.default_rng(2).uniform(0.5, 2.0, 12)
    small = hypentropy_minimum(X, y, log_a=-20000.0 * weights)
    assert np.abs(small.point - least_l1(X, y, weights).point).max() < 1e-12
    assert np.abs(small.point - least_l1(X, y).point).max() > 1e-2


def test_zero_targets_and_zero_columns():
    assert np.all(hypentropy_minimum([[1.0, 2.0]], [0.0], a=0.1).point == 0)
    m = hypentropy_minimum([[1.0, 0.0, 2.0]], [1.0], a=[1e-3, 1e-2, 1e-3], xi0=[0.0, 1.0, 0.0])
    assert m.point[1] == pytest.approx(2e-2 * np.sinh(1.0), rel=1e-14)
    assert np.allclose(hypentropy_minimum(np.zeros((2, 3)), np.zeros(2), a=0.5, xi0=2.0).point, np.sinh(2.0))
    shifted = hypentropy_minimum([[1.0, 2.0]], [0.0], a=1.0, xi0=[1.0, 2.0])
    assert shifted.certified
    assert np.arcsinh(shifted.point / 2) - [1.0, 2.0] == pytest.approx(shifted.multiplier[0] * np.array([1, 2]))


def test_rank_deficient_and_overdetermined_designs():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3, 8))
    tall = np.vstack([X, X[0] + X[1], 1e6 * X[2]])
    y = X @ rng.standard_normal(8)
    big = hypentropy_minimum(tall, np.append(y, [y[0] + y[1], 1e6 * y[2]]), a=1e-9)
    assert big.certified
    assert np.allclose(big.point, hypentropy_minimum(X, y, a=1e-9).point, rtol=1e-9)
    square, truth = rng.standard_normal((9, 5)), np.array([1.0, 0.0, -2.0, 1e-6, 0.0])
    unique = hypentropy_minimum(square, square @ truth, a=1e-20)
    assert np.abs(unique.point - truth).max() < 1e-14
    twins = hypentropy_minimum([[1.0, 1.0, 0.5]], [1.0], log_a=-3000.0)
    assert twins.point == pytest.approx([0.5, 0.5, 0.0], abs=1e-15)


def test_units_of_the_targets():
    X, y = problem(4, 4, 9)
    plain = hypentropy_minimum(X, y, a=1e-20)
    scaled = hypentropy_minimum(X, 1e-150 * y, a=1e-170)
    assert np.allclose(scaled.point * 1e150, plain.point, rtol=1e-10)
    assert scaled.certified


def test_a_point_that_cannot_resolve_the_targets_is_not_certified():
    X, y = problem(9, 4, 9)
    m = hypentropy_minimum(X, y, a=1e-3, xi0=np.linspace(-100, 100, 9))
    assert not m.certified
    assert "cannot resolve" in m.message


def test_divergence_and_potential_in_high_precision():
    import mpmath as mp

    with mp.workdps(80):
        for p, log_a, xi in [
            (1.0, -5.0, 5.1),
            (-2.0, 3.0, 0.4),
            (1e-30, -60.0, 1e-9),
            (0.0, -2.0, 1.0),
            (3.0, -400.0, 401.0),
        ]:
            a = mp.exp(mp.mpf(log_a))
            phi = p * mp.asinh(p / (2 * a)) - mp.sqrt(mp.mpf(p) ** 2 + 4 * a**2)
            exact = phi + 2 * a * mp.cosh(xi) - mp.mpf(p) * xi
            got = fenchel_young(np.array([p]), np.array([log_a]), np.array([xi]))[0]
            assert got == pytest.approx(float(exact), rel=1e-9)
            assert potential(np.array([p]), np.array([log_a]))[0] == pytest.approx(float(phi), rel=1e-14)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 10),
    extra=st.integers(1, 15),
    k=st.integers(1, 4),
    style=st.sampled_from(["plain", "signs", "integers", "twins"]),
    spread=st.floats(0.0, 600.0),
)
def test_wide_scales_with_sparse_truth_are_never_silently_wrong(seed, n, extra, k, style, spread):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, n + extra))
    X = {"plain": X, "signs": np.sign(X), "integers": np.round(2 * X), "twins": X}[style]
    if style == "twins":
        X[:, 1] = -X[:, 0]
    truth = np.zeros(n + extra)
    truth[:k] = rng.standard_normal(k)[: truth[:k].size]
    y = X @ truth
    log_a, xi0 = -20.0 - spread * rng.random(n + extra), rng.uniform(-3, 3, n + extra)
    m = hypentropy_minimum(X, y, log_a=log_a, xi0=xi0)
    assert m.certified or m.message
    if m.certified:
        # Two feasible points that an independent road provides cannot do better.
        for rival in (least_l1(X, y).point, least_l2(X, y).point, truth):
            value = np.sum(potential(rival, log_a) - xi0 * rival)
            assert m.objective <= value + 1e-9 * (1 + np.sum(np.abs(rival) * -log_a))


def test_antiparallel_columns_share_the_weight_by_their_shift():
    # On the columns 1 and -1 the duals are xi = 1 + nu and 2 - nu: b0 - b1 = 1 leaves b0 / |b1| = exp(1 + 2).
    m = hypentropy_minimum([[1.0, -1.0, 0.3]], [1.0], a=1e-30, xi0=[1.0, 2.0, 0.0])
    assert m.certified
    assert m.point[0] / -m.point[1] == pytest.approx(np.exp(3.0), rel=1e-9)
    assert m.point[0] - m.point[1] == pytest.approx(1.0, rel=1e-13)
