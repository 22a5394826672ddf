"""Balanced two-layer networks against high precision, against the flow of the layers, and at saddles."""

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import balanced_two_layer


def orthogonal(rng, n):
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def balanced_start(rng, d_in, h, d_out, level, scale):
    """``W2^T W2 - W1 W1^T = level I`` in random frames; ``h <= d_in`` if ``level < 0``, ``h <= d_out`` if it is > 0."""
    if level < 0:
        A, B = balanced_start(rng, d_out, h, d_in, -level, scale)
        return B.T, A.T
    hidden, k = orthogonal(rng, h), min(d_in, h, d_out)
    first = np.zeros(h)
    first[:k] = scale * rng.uniform(0.5, 1.5, k)
    second = np.sqrt(first**2 + level)
    W1 = hidden @ (np.eye(h, d_in) * first[:, None]) @ orthogonal(rng, d_in)
    return W1, orthogonal(rng, d_out) @ (np.eye(d_out, h) * second) @ hidden.T


def reference(W1, W2, Y, times):
    """S at integer times to 50 digits: ``S = R P^-1`` with ``P' = -F P + R, R' = F R``, by a matrix exponential."""
    d_in, h = W1.shape[1], W1.shape[0]
    m = d_in + W2.shape[0]
    difference = W2.T @ W2 - W1 @ W1.T
    level = np.trace(difference) / h
    level = level if abs(level) > 1e-14 * (np.sum(W1**2) + np.sum(W2**2)) or h == 1 else 0.0
    rate = np.hypot(level / 2, np.linalg.norm(Y, 2))
    # What decays like exp(-l t) must survive beside what grows like exp(l t).
    with mp.workdps(int(4 * rate * max(times) / np.log(10)) + 60):
        A = mp.zeros(2 * m)
        for i in range(m):
            A[i, m + i] = mp.mpf(1)
            A[m + i, m + i] = mp.mpf(float(-level if i < d_in else level)) / 2
        for i in range(m - d_in):
            for j in range(d_in):
                A[m + d_in + i, m + j] = A[m + j, m + d_in + i] = mp.mpf(float(Y[i, j]))
        A[:m, :m] = -A[m:, m:]
        step = mp.expm(A)
        Q0 = mp.matrix(np.vstack([W1.T, W2]).tolist())
        start = mp.zeros(2 * m, m)
        start[:m, :], start[m:, :] = mp.eye(m), Q0 * Q0.T
        found = []
        for t in times:
            now = step**t * start
            S = now[m:, :] * mp.inverse(now[:m, :])
            found.append([[float(S[i, j]) for j in range(m)] for i in range(m)])
    return np.array(found)


def gram(solution):
    """The blocks of a solution as one matrix."""
    upper = np.concatenate([solution.first_gram, np.swapaxes(solution.product, -1, -2)], axis=-1)
    return np.concatenate([upper, np.concatenate([solution.product, solution.second_gram], axis=-1)], axis=-2)


def layer_flow(W1, W2, Y, times):
    """W1 and W2 at the times, by integration."""

    def field(_, w):
        A, B = w[: W1.size].reshape(W1.shape), w[W1.size :].reshape(W2.shape)
        R = B @ A - Y
        return -np.concatenate([(B.T @ R).ravel(), (R @ A.T).ravel()])

    start = np.concatenate([W1.ravel(), W2.ravel()])
    states = solve_ivp(field, (0, max(times)), start, method="DOP853", rtol=1e-12, atol=1e-14, t_eval=times).y.T
    return [(w[: W1.size].reshape(W1.shape), w[W1.size :].reshape(W2.shape)) for w in states]


SHAPES = [(3, 2, 4, 0.0, 1e-6), (2, 3, 4, 0.7, 0.3), (3, 2, 5, 3.0, 0.3), (4, 4, 2, 0.0, 0.3), (4, 1, 3, -0.7, 0.1)]


@pytest.mark.parametrize(("d_in", "h", "d_out", "level", "scale"), SHAPES)
def test_agrees_with_high_precision(d_in, h, d_out, level, scale):
    rng = np.random.default_rng(d_in)
    W1, W2 = balanced_start(rng, d_in, h, d_out, level, scale)
    Y = rng.standard_normal((d_out, d_in))
    solution = balanced_two_layer(W1, W2, Y, [1.0, 10.0, 40.0])
    assert not solution.obstructed
    assert np.abs(gram(solution) - reference(W1, W2, Y, [1, 10, 40])).max() < 1e-13
    late = balanced_two_layer(W1, W2, Y, [300.0, 3000.0, 1e300])
    assert np.all(np.isfinite(gram(late)))
    U, s, Vt = np.linalg.svd(Y, full_matrices=False)
    best = (U[:, :h] * s[:h]) @ Vt[:h]  # of rank h
    assert np.abs(late.product - best).max() < 1e-13


def test_late_times_agree_with_high_precision():
    rng = np.random.default_rng(7)
    W1, W2 = balanced_start(rng, 2, 2, 3, 0.7, 1e-6)
    Y = rng.standard_normal((3, 2))
    assert np.abs(gram(balanced_two_layer(W1, W2, Y, 300)) - reference(W1, W2, Y, [300])[0]).max() < 1e-13


def test_small_scales_keep_relative_accuracy():
    rng = np.random.default_rng(3)
    W1, W2 = balanced_start(rng, 3, 2, 4, 0.0, 1e-6)
    Y = rng.standard_normal((4, 3))
    exact = reference(W1, W2, Y, [1])[0]
    assert np.abs(gram(balanced_two_layer(W1, W2, Y, 1.0)) - exact).max() < 1e-13 * np.abs(exact).max()


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_the_flow_of_the_layers(seed):
    rng = np.random.default_rng(seed)
    d_in, d_out = rng.integers(1, 6, 2)
    level = [0.0, 0.5, -1.0][seed % 3]
    h = int(rng.integers(1, (6, d_out + 1, d_in + 1)[seed % 3]))
    W1, W2 = balanced_start(rng, d_in, h, d_out, level, 10 ** rng.uniform(-3, 0.5))
    Y = rng.standard_normal((d_out, d_in))
    if seed % 4 == 3:  # of rank one
        Y = np.outer(Y[:, 0], Y[0])
    times = [0.0, 0.3, 2.0, 5.0]
    solution = balanced_two_layer(W1, W2, Y, times)
    for k, (A, B) in enumerate(layer_flow(W1, W2, Y, times)):
        assert np.abs(solution.product[k] - B @ A).max() < 1e-10
        assert np.abs(solution.first_gram[k] - A.T @ A).max() < 1e-10
        assert np.abs(solution.second_gram[k] - B @ B.T).max() < 1e-10


def test_one_hidden_unit_is_always_balanced():
    rng = np.random.default_rng(0)
    W1, W2, Y = rng.standard_normal((1, 3)), rng.standard_normal((2, 1)), rng.standard_normal((2, 3))
    (A, B), *_ = layer_flow(W1, W2, Y, [2.0])
    assert np.abs(balanced_two_layer(W1, W2, Y, 2.0).product - B @ A).max() < 1e-11


def test_times_have_a_leading_axis_in_any_order():
    rng = np.random.default_rng(1)
    W1, W2 = balanced_start(rng, 3, 2, 2, 0.0, 0.5)
    Y, times = rng.standard_normal((2, 3)), [7.0, 0.0, 1.0]
    many = balanced_two_layer(W1, W2, Y, times)
    assert many.product.shape == (3, 2, 3)
    for k, t in enumerate(times):
        one = balanced_two_layer(W1, W2, Y, t)
        assert np.array_equal(gram(one), gram(many)[k])
    assert np.array_equal(many.product[1], W2 @ W1)
    assert balanced_two_layer(W1, W2, Y, []).product.shape == (0, 2, 3)


def test_the_equation_holds():
    rng = np.random.default_rng(2)
    W1, W2 = balanced_start(rng, 3, 3, 4, 1.3, 0.4)
    Y, eps = rng.standard_normal((4, 3)), 1e-4
    before, now, after = (gram(balanced_two_layer(W1, W2, Y, t)) for t in (0.7 - eps, 0.7, 0.7 + eps))
    F = np.block([[-0.65 * np.eye(3), Y.T], [Y, 0.65 * np.eye(4)]])
    velocity = F @ now + now @ F - now @ now
    assert np.abs((after - before) / (2 * eps) - velocity).max() < 1e-6


def test_the_kernel_is_the_one_of_the_layers():
    rng = np.random.default_rng(4)
    W1, W2 = balanced_start(rng, 3, 2, 2, 0.0, 0.8)
    X = rng.standard_normal((3, 4))
    kernels = balanced_two_layer(W1, W2, rng.standard_normal((2, 3)), [0.0, 1.0]).ntk(X)
    columns = []
    for k in range(W1.size + W2.size):
        theta = np.zeros(W1.size + W2.size)
        theta[k] = 1.0
        A, B = theta[: W1.size].reshape(W1.shape), theta[W1.size :].reshape(W2.shape)
        columns.append(((B @ W1 + W2 @ A) @ X).ravel())
    J = np.array(columns).T
    assert kernels.shape == (2, 8, 8)
    assert np.abs(kernels[0] - J @ J.T).max() < 1e-13
    with pytest.raises(ValueError, match="X must have 3 rows"):
        balanced_two_layer(W1, W2, np.ones((2, 3)), 0.0).ntk(np.ones((2, 2)))


# --- saddles ---

OBSTRUCTED = np.array([[2.0, 0.3], [0.1, 0.5]])


@pytest.mark.parametrize("scale", [1.0, 0.125, 2.0**-10])
def test_an_obstructed_start_stays_at_its_saddle(scale):
    W1, W2 = scale * np.eye(2), scale * np.diag([1.0, -1.0])  # det(W2 W1) det(Y) < 0
    solution = balanced_two_layer(W1, W2, OBSTRUCTED, [1.0, 40.0, 400.0, 1e6])
    assert solution.obstructed
    assert solution.margin < 1e-15
    assert np.abs(gram(solution)[:2] - reference(W1, W2, OBSTRUCTED, [1, 40])).max() < 1e-13
    loss = np.sum((solution.product - OBSTRUCTED) ** 2, axis=(1, 2)) / 2
    assert loss[2:] == pytest.approx(np.linalg.svd(OBSTRUCTED)[1][1] ** 2 / 2, rel=1e-13)
    # A simulation follows until rounding has grown, about when it is said, and not for much longer.
    until = solution.determined_until
    assert 60 < until < 100
    early, late = (B @ A for A, B in layer_flow(W1, W2, OBSTRUCTED, [0.75 * until, 2 * until]))
    assert np.abs(early - balanced_two_layer(W1, W2, OBSTRUCTED, 0.75 * until).product).max() < 1e-3
    assert np.abs(late - OBSTRUCTED).max() < 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_the_sign_of_the_determinants_decides(seed):
    rng = np.random.default_rng(seed)
    W1, W2 = balanced_start(rng, 3, 3, 3, 0.0, 0.3)
    Y = rng.standard_normal((3, 3))
    opposite = np.linalg.det(W2 @ W1) * np.linalg.det(Y) < 0
    for target, obstructed in ((Y, opposite), (-Y, not opposite)):  # det(-Y) = -det Y in three dimensions
        solution = balanced_two_layer(W1, W2, target, 1e5)
        assert solution.obstructed == obstructed
        assert np.isfinite(solution.determined_until) == obstructed
        miss = np.linalg.norm(solution.product - target)
        assert miss == pytest.approx(np.linalg.svd(Y)[1][2] if obstructed else 0.0, abs=1e-12)


def test_a_missing_mode_is_never_learned_and_a_small_one_is():
    one, both = np.diag([1.0, 0.0]), np.diag([1.0, 1e-17])
    Y = np.diag([2.0, 1.0])
    aligned = balanced_two_layer(one, one, Y, [50.0, 1e3])
    assert aligned.obstructed
    assert np.all(aligned.product[:, 1, 1] == 0)
    small = balanced_two_layer(both, both, Y, [20.0, 39.0, 60.0])
    assert not small.obstructed  # what is small in its own unit is known to all digits
    exact = 1 / (1 + (1e34 - 1) * np.exp(-2 * np.array([20.0, 39.0, 60.0])))
    assert small.product[:, 1, 1] == pytest.approx(exact, rel=1e-13)
    zero = balanced_two_layer(0 * one, 0 * one, Y, [0.0, 9.0])
    assert zero.obstructed
    assert zero.determined_until == np.inf  # exactly zero
    assert np.all(zero.product == 0)


def test_near_an_obstruction_the_margin_says_how_near():
    turn = 1e-5
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    # h = 1: the start is nearly orthogonal to the leading eigenvector.
    start = rotation @ np.array([[0.3], [-0.3]])
    solution = balanced_two_layer(start[:1], start[1:], [[2.0]], [30.0])
    assert not solution.obstructed
    assert solution.margin == pytest.approx(turn, rel=0.1)
    assert solution.product[0, 0, 0] == pytest.approx(2.0, rel=1e-13)


@pytest.mark.parametrize("excess", [2e-15, 2e-14])
def test_what_counts_as_rounding_bounds_the_time_that_is_determined(excess):
    """Weights 1 and ``excess - 1``: the difference of both decays, their sum ``2 m`` escapes."""
    times = np.arange(10.0, 45.0)
    solution = balanced_two_layer([[1.0]], [[excess - 1.0]], [[1.0]], times)
    assert solution.obstructed
    sum_ = 1.0 + (excess - 1.0)  # exact in floats
    # p = w1 w2 obeys p' = (1 - p) sqrt(q^2 + 4 p^2), q = 0 but for rounding: p = +- a^2, a' = a (1 -+ a^2).
    grown = (sum_ / 2) ** 2 * np.exp(2 * times) / (1 + (sum_ / 2) ** 2 * np.exp(2 * times))
    miss = np.abs(solution.product[:, 0, 0] - grown)
    late = times[miss > 0.5][0]
    assert solution.determined_until < late
    assert late - solution.determined_until < 2.0
    assert np.all(miss[(times > 20.0) & (times < solution.determined_until - 3.0)] < 0.01)


@pytest.mark.parametrize("scale", [1e-165, 1e-250, 1e-305])
def test_starts_whose_squares_underflow_grow(scale):
    times = np.array([1.0, 2.0]) - np.log(scale)
    one = balanced_two_layer([[scale]], [[scale]], [[1.0]], times)
    assert not one.obstructed
    assert one.margin == pytest.approx(np.sqrt(0.5) * np.sqrt(2), rel=1e-12)
    assert one.product[:, 0, 0] == pytest.approx(1 / (1 + np.exp(-2 * np.array([1.0, 2.0]))), rel=1e-12)
    two = balanced_two_layer(scale * np.eye(2), scale * np.eye(2), np.diag([1.0, 0.5]), 1e4)
    assert np.abs(two.product - np.diag([1.0, 0.5])).max() < 1e-14


def test_balance_is_seen_where_squares_underflow():
    tiny = 1e-165 * np.eye(2)
    with pytest.raises(ValueError, match="must be balanced"):
        balanced_two_layer(tiny, 1e-165 * np.diag([1.0, 2.0]), np.eye(2), 1.0)


def test_a_start_that_is_not_balanced_is_refused_with_its_deviation():
    W1, W2 = np.eye(2), np.diag([1.0, 1.1])
    with pytest.raises(ValueError, match=r"deviates from 0.105 I by 0.105"):
        balanced_two_layer(W1, W2, np.eye(2), 1.0)
    balanced_two_layer(W1, W2 * [[1, 0], [0, 1 / 1.1]], np.eye(2), 1.0)
