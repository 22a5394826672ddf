import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from solvable.theory import (
    barrett_dherin_field,
    half_time,
    hypentropy_minimum,
    kernel_scale_bound,
    large_scale_expansion,
    least_l1,
    least_l2,
    null_space_exponent,
    orthogonal_flow,
    rich_scale_bound,
    scalar_flow,
    scalar_time,
)


def problem(seed, n, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


# --- limits ---


def test_expansion_has_error_of_order_four():
    X, y = problem(0, 6, 14)
    scales = np.array([4.0, 8.0, 16.0])
    errors = [np.abs(hypentropy_minimum(X, y, a=a).point - large_scale_expansion(X, y, a)).max() for a in scales]
    assert np.diff(np.log(errors)) / np.log(2.0) == pytest.approx([-4.0, -4.0], abs=0.1)
    # With the constant doubled the error would be the term itself: order two.
    base = least_l2(X, y).point
    doubled = [
        np.abs(hypentropy_minimum(X, y, a=a).point - base - 2 * (large_scale_expansion(X, y, a) - base)).max()
        for a in scales
    ]
    assert np.diff(np.log(doubled)) / np.log(2.0) == pytest.approx([-2.0, -2.0], abs=0.1)


def test_expansion_of_a_rank_deficient_design():
    X, y = problem(1, 3, 8)
    low = np.vstack([X, X[0] - X[1]])
    expected = large_scale_expansion(X, y, 2.0)
    assert np.allclose(large_scale_expansion(low, np.append(y, y[0] - y[1]), 2.0), expected, atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("excess", [0.5, 0.2])
def test_scale_bounds_imply_what_they_say(seed, excess):
    X, y = problem(seed, 8, 20)
    l1, l2 = least_l1(X, y), least_l2(X, y)
    rich = rich_scale_bound(l1.objective, excess, 20)
    point = hypentropy_minimum(X, y, log_a=2 * np.log(rich)).point
    assert np.abs(point).sum() <= (1 + excess) * l1.objective
    norm = np.linalg.norm(l2.point)
    point = hypentropy_minimum(X, y, a=kernel_scale_bound(norm, excess) ** 2).point
    assert point @ point <= (1 + excess) * norm**2


def test_scale_bounds_by_hand():
    assert rich_scale_bound(2.0, 0.5, 1) == pytest.approx(min(6.0**-2.5, np.exp(-1.0)))
    assert rich_scale_bound(0.5, 0.5, 8) == pytest.approx(np.exp(-32.0))
    assert kernel_scale_bound(3.0, 0.5) == pytest.approx(np.sqrt(45.0))


# --- the rate ---


@pytest.mark.parametrize("seed", range(3))
def test_exponent_is_the_measured_slope_of_every_coordinate(seed):
    X, y = problem(seed, 8, 20)
    exponent = null_space_exponent(X, y)
    assert exponent.nondegenerate
    off = np.setdiff1d(np.arange(20), exponent.support)
    points = [hypentropy_minimum(X, y, log_a=log_a).point for log_a in (-640.0, -670.0)]
    slopes = np.log(np.abs(points[0] / points[1]))[off] / 30.0
    assert slopes == pytest.approx(1 - np.abs(exponent.certificate[off]), abs=1e-10)
    assert slopes.min() == pytest.approx(1 - exponent.rho, abs=1e-10)
    assert np.sign(exponent.certificate[exponent.support]) == pytest.approx(exponent.certificate[exponent.support])


@pytest.mark.parametrize("seed", range(3))
def test_exponent_of_a_sparse_truth_is_the_least_maximum(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((14, 24))
    y = X[:, :2] @ [1.0, -0.5]
    exponent = null_space_exponent(X, y)
    assert exponent.support.tolist() == [0, 1]
    points = [np.abs(hypentropy_minimum(X, y, log_a=log_a).point[2:]).max() for log_a in (-600.0, -640.0)]
    assert np.log(points[0] / points[1]) / 40.0 == pytest.approx(1 - exponent.rho, abs=1e-6)
    # The multiplier of the linear program is another certificate; its maximum is not the rate.
    other = X.T @ np.linalg.lstsq(X[:, :2].T, np.array([1.0, -1.0]), rcond=None)[0]
    assert np.abs(other[2:]).max() > exponent.rho + 1e-3


def test_exponent_flags_a_minimizer_that_is_not_unique():
    twins = null_space_exponent([[1.0, 1.0, 0.2]], [1.0])
    assert twins.rho == pytest.approx(1.0)
    assert not twins.nondegenerate
    assert float(null_space_exponent([[2.0, 1.0]], [1.0])) == pytest.approx(0.5)


# --- orthogonal design ---


@pytest.mark.parametrize(
    ("target", "a", "xi0"), [(1.5, 0.25, 0.0), (-2.0, 1e-3, 0.7), (0.0, 0.5, 1.0), (0.4, 2.0, -1.0)]
)
def test_orthogonal_flow_is_the_flow(target, a, xi0):
    h, times = 0.7, np.linspace(0.0, 4.0, 9)

    def field(t, w):
        g = h * (w[0] ** 2 - w[1] ** 2 - target)
        return [-2 * w[0] * g, 2 * w[1] * g]

    start = [np.sqrt(a) * np.exp(xi0 / 2), np.sqrt(a) * np.exp(-xi0 / 2)]
    u, v = solve_ivp(field, (0, 4), start, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14).y
    beta = orthogonal_flow(times, h, target, a, xi0)
    assert np.abs(beta - (u**2 - v**2)).max() < 1e-9
    assert np.abs(orthogonal_flow(times, 2 * h, target, a, xi0) - beta).max() > 1e-2


@settings(max_examples=60, deadline=None)
@given(
    log10_a=st.floats(-130, 5),
    target=st.floats(0.01, 100),
    sign=st.sampled_from([-1, 1]),
    xi0=st.floats(-5, 5),
    log10_t=st.floats(-3, 3),
)
def test_orthogonal_flow_in_high_precision(log10_a, target, sign, xi0, log10_t):
    import mpmath as mp

    a, b, t = 10.0**log10_a, sign * target, 10.0**log10_t
    with mp.workdps(500):
        A, B = mp.mpf(a), mp.mpf(b)
        s = mp.sqrt(B * B + 4 * A * A)
        up, down, E0 = (B + s) / (2 * A), (B - s) / (2 * A), mp.exp(mp.mpf(xi0))
        ratio = (E0 - up) / (E0 - down) * mp.exp(-4 * s * mp.mpf(t))
        E = (up - ratio * down) / (1 - ratio)
        exact = float(A * (E - 1 / E))
    assert float(orthogonal_flow(t, 1.0, b, a, xi0)) == pytest.approx(exact, rel=1e-9, abs=1e-13 * a)


def test_orthogonal_flow_far_below_the_smallest_float():
    time = half_time(1.3, -2.0, log_a=-1e4)
    assert float(orthogonal_flow(time, 1.3, -2.0, log_a=-1e4)) == pytest.approx(-1.0, rel=1e-10)
    assert float(time) == pytest.approx((1e4 + np.log(2.0)) / (4 * 1.3 * 2.0), rel=1e-4)
    assert orthogonal_flow([0.0, 1e9], 1.0, 2.0, log_a=-1e4) == pytest.approx([0.0, 2.0], rel=1e-11)


@pytest.mark.parametrize(
    ("h", "target", "a", "xi0"), [(1.0, 1.0, 1e-6, 0.0), (0.3, -2.0, 0.1, 0.5), (2.0, 5.0, 10.0, 0.0)]
)
def test_half_time_is_when_half_is_reached(h, target, a, xi0):
    assert float(orthogonal_flow(half_time(h, target, a, xi0), h, target, a, xi0)) == pytest.approx(
        target / 2, rel=1e-12
    )


# --- scalar model and backward error ---

STARTS = [
    (0.1, 0.2, 1), (1, 1, 1), (1, -1, 1), (-1, -1.5, 2), (2, -0.5, -1.5),
    (0.3, 0.3, -1), (0, 0.5, 1), (0, 0, 1),
    (1, 2, 0), (1, 1, 0), (1, -1, -1),
]  # fmt: skip


@pytest.mark.parametrize(("x0", "y0", "target"), STARTS)
def test_scalar_flow_is_the_flow(x0, y0, target):
    times = np.linspace(0, 3, 7)

    def field(t, w):
        r = target - w[0] * w[1]
        return [r * w[1], r * w[0]]

    exact = solve_ivp(field, (0, 3), [x0, y0], t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14).y
    x, y = scalar_flow(times, x0, y0, target)
    assert np.abs(x - exact[0]).max() < 1e-10
    assert np.abs(y - exact[1]).max() < 1e-10
    if x0 * y0 not in (0, target):
        late, _ = scalar_flow(2 * times, x0, y0, target)
        assert np.abs(late - x).max() > 1e-3


@settings(max_examples=50, deadline=None)
@given(x0=st.floats(-5, 5), y0=st.floats(-5, 5), target=st.floats(-5, 5), t=st.floats(0, 1e6))
def test_scalar_flow_conserves_and_descends(x0, y0, target, t):
    x, y = scalar_flow(t, x0, y0, target)
    size = 1 + x0**2 + y0**2 + abs(target)
    assert float(x * x - y * y) == pytest.approx(x0 * x0 - y0 * y0, abs=1e-13 * size**2)
    assert abs(float(target - x * y)) <= abs(target - x0 * y0) + 1e-13 * size**2


@pytest.mark.parametrize("target", [4.0, -4.0])
def test_scalar_flow_stays_at_the_saddle_for_any_time(target):
    assert [float(v) for v in scalar_flow(89.0, 0.0, 0.0, target)] == [0.0, 0.0]
    assert [float(v) for v in scalar_flow(89.0, 1e-30, 0.0, target)] == pytest.approx([2.0, np.sign(target) * 2.0])


def test_scalar_flow_composes():
    x, y = scalar_flow(0.7, *scalar_flow(0.4, 0.3, -1.2, 0.8), 0.8)
    assert (float(x), float(y)) == pytest.approx([float(v) for v in scalar_flow(1.1, 0.3, -1.2, 0.8)], rel=1e-13)


@settings(max_examples=50, deadline=None)
@given(
    x0=st.floats(-3, 3),
    y0=st.floats(-3, 3),
    target=st.sampled_from([0.0, 1.0, -2.5]),
    t=st.floats(0.01, 2.0),
)
def test_the_product_alone_takes_the_same_time(x0, y0, target, t):
    x, y = scalar_flow(t, x0, y0, target)
    imbalance = x0 * x0 - y0 * y0
    assume(abs(imbalance) > 1e-3 and abs(x0 * y0 - target) > 1e-2 and abs(x * y - target) > 1e-4)
    assert float(scalar_time(x0 * y0, x * y, imbalance, target)) == pytest.approx(t, abs=1e-10)
    assert np.isposinf(scalar_time(x0 * y0, target, imbalance, target))
    assert float(scalar_time(x0 * y0, x0 * y0, imbalance, target)) == 0


def gradient(w):
    r = 1.0 - w[0] * w[1]
    return np.array([-r * w[1], -r * w[0]])


def hessian(w):
    off = 2 * w[0] * w[1] - 1.0
    return np.array([[w[1] ** 2, off], [off, w[0] ** 2]])


def one_step_orders(make_field):
    start = np.array([0.8, 1.7])
    steps = np.array([0.04, 0.02, 0.01])
    errors = []
    for h in steps:
        field = make_field(h)
        path = solve_ivp(lambda t, w, f=field: f(w), (0, h), start, method="DOP853", rtol=1e-13, atol=1e-15)
        errors.append(np.linalg.norm(path.y[:, -1] - (start - h * gradient(start))))
    return np.diff(np.log(errors)) / np.diff(np.log(steps))


def test_modified_field_gains_one_order():
    assert one_step_orders(lambda h: lambda w: -gradient(w)) == pytest.approx([2.0, 2.0], abs=0.1)
    assert one_step_orders(lambda h: barrett_dherin_field(gradient, hessian, h)) == pytest.approx([3, 3], abs=0.15)
    # With the correction doubled the order is lost again.
    assert np.all(one_step_orders(lambda h: barrett_dherin_field(gradient, hessian, 2 * h)) < 2.3)


def test_modified_field_is_a_gradient():
    h, w, eps = 0.1, np.array([0.8, 1.7]), 1e-6

    def loss(v):
        return (1 - v[0] * v[1]) ** 2 / 2 + h / 4 * gradient(v) @ gradient(v)

    numeric = [(loss(w + eps * e) - loss(w - eps * e)) / (2 * eps) for e in np.eye(2)]
    assert barrett_dherin_field(gradient, hessian, h)(w) == pytest.approx(-np.array(numeric), rel=1e-7)
