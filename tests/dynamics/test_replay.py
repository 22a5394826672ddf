"""What a run drew, as its optimizer tells it: enough to take every step again in NumPy."""

import numpy as np
import pytest

from solvable import SGD, LabelNoiseSGD, LinearRegression, simulate

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((5, 3)), RNG.standard_normal(5)
METHODS = [
    SGD(0.05),
    SGD(0.05, batch_size=2),
    SGD(0.05, batch_size=2, order="shuffle"),
    LabelNoiseSGD(0.05, noise_std=0.3),
    LabelNoiseSGD(0.05, noise_std=0.3, batch_size=3, noise="gaussian"),
    LabelNoiseSGD(0.05, noise_std=0.3, batch_size=None),
]


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_a_run_is_its_draws(method):
    steps, theta = 70, np.ones(3)
    run = simulate(LinearRegression(X, Y), method, theta, steps=steps, seed=4, replica=9)
    batches = method.batches(5, steps, seed=4, replica=9)
    noises = (
        method.noises(5, steps, seed=4, replica=9) if isinstance(method, LabelNoiseSGD) else np.zeros(batches.shape)
    )
    for used, xi in zip(batches, noises, strict=True):
        r = X[used] @ theta - Y[used] - 0.3 * xi
        theta = theta - 0.05 * r @ X[used] / used.size
    np.testing.assert_allclose(run.final, theta, rtol=1e-12)


def test_a_batch_of_more_samples_than_there_are_is_refused():
    with pytest.raises(ValueError, match="batch_size must be"):
        SGD(0.1, batch_size=6).batches(5, 1)
