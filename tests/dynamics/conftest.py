"""Small problems that every file here uses."""

import os
import subprocess
import sys

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork


def make_problem(n, d, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X[:, : min(d, 3)] @ np.array([1.0, -1.0, 0.5])[: min(d, 3)] + noise * rng.standard_normal(n)


@pytest.fixture
def problem():
    return make_problem


@pytest.fixture
def network():
    return DiagonalLinearNetwork(*make_problem(6, 9))


@pytest.fixture
def run_python():
    """stdout and stderr of a script in a fresh interpreter."""

    def run(script, **environment):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), done.stderr.strip()

    return run
