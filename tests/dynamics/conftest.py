"""Small problems that every file here uses."""

import os
import subprocess
import sys

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, UnivariateReLUNetwork


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


@pytest.fixture(scope="session")
def relu_network():
    """A function: a random network on random data, whose knots are soon among the samples, and its start."""

    def make(seed, n=5, m=8, deviations=(0.7, 0.3, 0.3), **options):
        rng = np.random.default_rng(seed)
        model = UnivariateReLUNetwork(np.sort(rng.uniform(-1.5, 1.5, n)), rng.standard_normal(n), m, **options)
        return model, model.init(seed=seed, kind="general", deviations=deviations)

    return make


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
