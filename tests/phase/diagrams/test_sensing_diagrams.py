"""The maps of matrix sensing against statistical dimensions and the only semidefinite interpolant."""

import numpy as np
import pytest

from solvable.phase.diagrams import sensing_recovery, sensing_scale
from solvable.phase.recovery import recovery_bracket
from solvable.theory import feasibility_dimension, least_trace, statistical_dimension
from solvable.theory.minimum import Minimum


def test_a_bisection_finds_what_a_scan_finds():
    rng = np.random.default_rng(0)
    A, u = rng.standard_normal((10, 4, 4)), rng.standard_normal(4)
    X = np.outer(u, u)
    errors = [np.abs(least_trace(A[:n], np.tensordot(A[:n], X, 2)).point - X).max() for n in range(1, 11)]
    recovered = np.array(errors) < 1e-4 * np.abs(X).max()
    first = int(np.argmax(recovered)) + 1
    assert recovered[first - 1 :].all()
    assert recovery_bracket(A, X, least_trace) == (first - 1, first)


def test_a_failure_without_certificate_does_not_count():
    X = np.eye(2)

    def solve(A, y):
        return Minimum(X * (len(A) >= 12), 0.0, 0.0, 0.0, len(A) < 6, np.zeros(len(A)))

    fails, recovers = recovery_bracket(np.zeros((16, 2, 2)), X, solve)
    assert recovers == 12
    assert fails < 6


@pytest.fixture
def few_draws(monkeypatch):
    monkeypatch.setattr(sensing_recovery, "DIMENSION", 6)
    monkeypatch.setattr(sensing_recovery, "MOST", {"psd": 21, "nuclear": 36})
    monkeypatch.setattr(sensing_recovery, "TRIALS", 5)
    sensing_recovery.bracket.cache_clear()
    yield
    sensing_recovery.bracket.cache_clear()


def test_recovery_sets_in_at_the_statistical_dimension(few_draws):
    numbers = np.arange(1.0, 37)
    found = sensing_recovery.measure(np.full(36, 2.0), numbers, seed=0)
    assert not found["unresolved"].any()
    for cone in ("psd", "nuclear"):
        assert np.all(np.diff(found[cone]) >= 0)
        half = numbers[np.argmax(found[cone] >= 0.5)]
        assert half == pytest.approx(statistical_dimension(2, 6, cone=cone), abs=3.0)
    part = sensing_recovery.measure(np.full(2, 2.0), numbers[13:15], seed=0)
    assert np.array_equal(part["psd"], found["psd"][13:15])


def test_small_starts_recover_and_any_start_with_one_interpolant(monkeypatch):
    monkeypatch.setattr(sensing_scale, "TRIALS", 2)
    only = feasibility_dimension(sensing_scale.RANK, sensing_scale.DIMENSION)
    few, many = np.floor(only - 4), np.ceil(only + 4)
    found = sensing_scale.measure(np.array([few, few, many, many]), np.array([1e-3, 1.0, 1e-3, 1.0]), seed=0)
    assert not found["unresolved"].any()
    error = found["error"]
    assert error[0] < 0.01 * error[1]
    assert error[1] > 0.1
    assert np.all(error[2:] < 1e-5)
    assert found["recovered"].tolist() == [1.0, 0.0, 1.0, 1.0]
