"""The experiment behind recovery of low rank: a bisection of the number of measurements."""

import numpy as np

from solvable.claims.papers._recovery import recovery_bracket
from solvable.theory import least_trace
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
