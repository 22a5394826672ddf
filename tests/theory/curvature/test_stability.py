"""The stability weight against its definition in rationals, and its bound against Jacobians and gradient descent."""

from fractions import Fraction

import numpy as np
import pytest

from solvable.theory import sharpness_lower_bound, stability_weight, stable_curvature_bound

SAMPLES = [[0.0], [-1.0, 2.0], [0.5, 0.5, 0.5, -1.0], [-1.5, -1.0, -0.25, 0.25, 1.0, 1.5], [1e3, 1e3 + 0.5, 1e3 + 1.0]]


def one_sided(x, t):
    """``P^2 E[X - t | X > t] sqrt(1 + E[X | X > t]^2)``, exact up to the root."""
    active = [Fraction(v) for v in x if v > t]
    if not active:
        return 0.0
    share, mean = Fraction(len(active), len(x)), sum(active) / len(active)
    return float(share**2 * (mean - Fraction(t))) * float(1 + mean**2) ** 0.5


@pytest.mark.parametrize("x", SAMPLES, ids=str)
def test_the_weight_is_its_definition(x):
    g, points = stability_weight(x), [*x, *(v + 0.125 for v in x), min(x) - 1.0, max(x) + 1.0]
    right = [one_sided(x, t) for t in points]
    left = [one_sided([-v for v in x], -t) for t in points]
    assert g.right(points) == pytest.approx(right, rel=2e-15)
    assert g.left(points) == pytest.approx(left, rel=2e-15)
    assert np.array_equal(g(points), np.minimum(g.right(points), g.left(points)))
    assert g(np.reshape(points[:2], (2, 1))).shape == (2, 1)
    assert g(np.array([-2e3, 2e3])).tolist() == [0.0, 0.0]


def test_the_weight_is_lower_semicontinuous_and_steps_at_data():
    x = np.array(SAMPLES[3])
    g, h = stability_weight(x), 1e-9
    assert np.all(g(x) <= np.minimum(g(x - h), g(x + h)) + 1e-8)
    inner = x[1:-1]
    assert np.all(g.right(inner - h) - g.right(inner) > 1e-2)
    assert g.right(inner + h) == pytest.approx(g.right(inner), abs=1e-8)


def jacobian(x, a, w, b, extra):
    pre = np.outer(x, w) + b
    on = pre > 0
    columns = [np.maximum(pre, 0), a * on * x[:, None], a * on]
    if extra == "bias":
        columns.append(np.ones((x.size, 1)))
    if extra == "skip":
        columns += [x[:, None], np.ones((x.size, 1))]
    return np.hstack(columns)


@pytest.mark.parametrize("extra", ["none", "bias", "skip"])
def test_the_bound_holds_for_every_network_and_is_met_by_balanced_ones_on_equal_inputs(extra):
    rng = np.random.default_rng(0)
    options = {"output_bias": extra == "bias", "skip": extra == "skip"}
    fill = []
    for _ in range(200):
        n, m = rng.integers(1, 8), rng.integers(1, 6)
        x = rng.standard_normal(n) * rng.uniform(0.01, 2) + rng.normal()
        a, w, b = rng.standard_normal((3, m))
        top = np.linalg.norm(jacobian(x, a, w, b, extra), 2) ** 2 / n
        knots, jumps = -b / w, a * np.abs(w)
        oriented = sharpness_lower_bound(x, knots, jumps, w, **options)
        either = sharpness_lower_bound(x, knots, jumps, **options)
        assert either <= oriented * (1 + 1e-14)
        assert oriented <= top * (1 + 1e-12)
        fill.append(oriented / top if top > 0 else 0.0)
    assert max(fill) > 0.8
    # the same input n times: |relu| = |a| sqrt(x^2 + 1) balances a neuron
    x, w, b = np.full(4, 1.3), np.array([1.0, -0.5, 2.0]), np.array([0.3, 1.0, -1.0])
    a = (w * 1.3 + b) / np.hypot(1.0, 1.3) * [1, -1, 1]
    top = np.linalg.norm(jacobian(x, a, w, b, extra), 2) ** 2 / 4
    bound = sharpness_lower_bound(x, -b / w, a * np.abs(w), w, **options)
    assert bound == pytest.approx(top, rel=1e-14)


def test_gradient_descent_turns_unstable_exactly_at_the_bound():
    """Equal inputs and balanced neurons: 2 % below the step of the bound a perturbation shrinks by 0.96 a step, above
    it grows by 1.04."""
    x, w, b = 1.3, np.array([1.0, -0.5, 2.0]), np.array([0.3, 1.0, -1.0])
    a = (w * x + b) / np.hypot(1.0, x) * [1, -1, 1]
    knots, jumps = -b / w, a * np.abs(w)
    weight = stability_weight([x])
    curvature = np.abs(jumps) @ np.where(w > 0, weight.right(knots), weight.left(knots))
    critical = 1.0 / (0.5 + curvature)
    assert stable_curvature_bound(critical) == pytest.approx(curvature, rel=1e-14)
    y = a @ np.maximum(w * x + b, 0)
    for factor, rate in ((0.98, 0.96), (1.02, 1.04)):
        h, A, W, B, c = factor * critical, a.copy(), w.copy(), b.copy(), 1e-9
        for _ in range(100):
            e = A @ np.maximum(W * x + B, 0) + c - y
            A, W, B, c = A - h * e * (W * x + B), W - h * e * A * x, B - h * e * A, c - h * e
        last = abs(A @ np.maximum(W * x + B, 0) + c - y)
        assert last == pytest.approx(1e-9 * rate**100, rel=1e-4)


def test_the_bound_of_the_step():
    assert stable_curvature_bound(0.1) == 9.5
    assert stable_curvature_bound(0.1, output_bias=False) == 10.0
    assert stable_curvature_bound(2.0) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stability_weight([]), "x must have at least one entry"),
        (lambda: stability_weight([[1.0]]), "x must be 1-dimensional"),
        (lambda: stability_weight([1.0])(np.nan), "t must be finite"),
        (lambda: stable_curvature_bound(0.0), "step_size must be > 0"),
        (lambda: stable_curvature_bound(1.0, "yes"), "output_bias must be True or False"),
        (lambda: sharpness_lower_bound([1.0], [0.0], [1.0, 2.0]), "jumps must have one entry per knot"),
        (lambda: sharpness_lower_bound([1.0], [0.0], [1.0], [0.0]), "orientations must be nonzero"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
