"""Many minima at once, against the solver that finds them one by one with a certificate."""

import numpy as np
import pytest

from solvable.theory import hypentropy_minima, hypentropy_minimum
from solvable.theory.diagonal import hypentropy_batch


@pytest.fixture
def problem():
    rng = np.random.default_rng(3)
    return rng.standard_normal((6, 14)), rng.standard_normal(6)


def one_by_one(X, y, log_a, xi0):
    return np.array([hypentropy_minimum(X, y, log_a=a, xi0=xi).point for a, xi in zip(log_a, xi0, strict=True)])


def test_a_sweep_of_scales(problem):
    scales = np.append(np.linspace(-30, 6, 25), [-4.0, 2.0])  # even integers are corners themselves
    found = hypentropy_minima(*problem, scales)
    expected = one_by_one(*problem, scales, np.zeros(27))
    assert found.certified.all()
    assert found.residual.max() < 1e-12
    assert np.max(np.abs(found.point / expected - 1)) < 1e-9


def test_a_sweep_has_relative_accuracy(reference, problem, monkeypatch):
    monkeypatch.setattr(hypentropy_batch, "hypentropy_minimum", None)  # no member needs the slow road
    X, y = problem
    log_a = np.log([1e-120, 1e-9, 0.05, 0.3, 1e6])
    for scale, point in zip(log_a, hypentropy_minima(X, y, log_a).point, strict=True):
        nu = hypentropy_minimum(X, y, log_a=scale).multiplier
        exact = reference.hypentropy(X, y, np.full(14, scale), np.zeros(14), nu)
        assert reference.relative_errors(point, exact).max() < 1e-10


def test_scales_and_shifts_by_coordinate(problem):
    rng = np.random.default_rng(4)
    log_a, xi0 = rng.uniform(-15, 3, (9, 14)), rng.standard_normal((9, 14))
    found = hypentropy_minima(*problem, log_a, xi0)
    assert found.certified.all()
    assert np.max(np.abs(found.point - one_by_one(*problem, log_a, xi0))) < 1e-11


@pytest.mark.parametrize("form", ["sweep", "general"])
def test_a_member_has_the_bits_that_it_has_alone(problem, form):
    rng = np.random.default_rng(5)
    members = (rng.uniform(-20, 3, 10),) if form == "sweep" else tuple(rng.uniform(-5, 1, (2, 10, 14)))
    whole = hypentropy_minima(*problem, *members).point
    for size in (1, 3):
        parts = [hypentropy_minima(*problem, *(m[k : k + size] for m in members)).point for k in range(0, 10, size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_where_newton_fails_the_slow_road_is_taken(problem):
    """At such scales the weights underflow; dependent rows leave no matrix to factor."""
    X, y = problem
    scales = np.array([-900.0, -2.5])
    found = hypentropy_minima(X, y, scales)
    assert found.certified.all()
    assert np.max(np.abs(found.point - one_by_one(X, y, scales, np.zeros(2)))) < 1e-11
    twice = hypentropy_minima(np.vstack([X, X]), np.append(y, y), scales)
    assert np.max(np.abs(twice.point - found.point)) < 1e-11
