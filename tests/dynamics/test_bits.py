"""The bits of a noisy run: the same for any number of threads, tile, chunk of steps or of members, and after a pause.

All members start at one point, so that nothing but their random streams tells them apart.
"""

import itertools

import numpy as np
import pytest

from solvable import (
    SGD,
    DeepLinearNetwork,
    DiagonalLinearNetwork,
    GradientNoise,
    LabelNoiseSGD,
    LinearRegression,
    NoiseInjection,
    ScalarFactorization,
    SinglePointNetwork,
    StochasticGradientFlow,
    simulate,
)
from solvable.dynamics import base, driving

MEMBERS, STEPS, SAVED = 70, 40, [0, 1, 17, 40]


def regression(n=4, d=7):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


MODELS = {
    "squares": DiagonalLinearNetwork(*regression()),
    "product": DiagonalLinearNetwork(*regression(), parametrization="product"),
    "depth 3": DiagonalLinearNetwork(*regression(), depth=3),
    "scalar": ScalarFactorization(target=0.7),
    "scalar 3": ScalarFactorization(target=-0.7, depth=3),
    "linear": LinearRegression(*regression()),
    "deep": DeepLinearNetwork(regression()[0], regression(3)[0], widths=2),
    "tanh": SinglePointNetwork([0.8, -0.5], 0.6, 3),
    "sigmoid": SinglePointNetwork([0.8, -0.5], 0.6, 3, "sigmoid"),
}
H = 0.02
METHODS = [
    *(
        LabelNoiseSGD(H, 0.3, batch_size, noise, momentum)
        for batch_size, noise, momentum in itertools.product((1, 2, None), ("sign", "gaussian"), (0.0, 0.5))
    ),
    *(NoiseInjection(H, 0.05, anticorrelated) for anticorrelated in (False, True)),
    *(GradientNoise(H, 0.3, shape) for shape in ("isotropic", "normal")),
    *(SGD(H, batch_size, order) for batch_size, order in itertools.product((1, 2), ("replacement", "shuffle"))),
    *(StochasticGradientFlow(0.1, H, covariance) for covariance in ("sample", "loss")),
]
CASES = [
    (kind, method)
    for kind, model in MODELS.items()
    for method in METHODS
    if (getattr(method, "batch_size", None) or 1) <= model.n_samples
    and (model.n_outputs == 1 or getattr(method, "covariance", None) != "loss")
]


class FixedChunks:
    """Chunks of so many steps each."""

    def __init__(self, size):
        self.size = size

    def taken(self, steps, seconds):
        pass


def same(run, whole, members=slice(None)):
    for name in ("theta", "loss"):
        assert np.array_equal(getattr(run, name), getattr(whole, name)[:, members])
    assert np.array_equal(run.step, whole.step)
    same_end(run, whole, members)


def same_end(run, whole, members=slice(None)):
    """Parameters, statuses, and all that a later run would begin with, the ledger included."""
    assert np.array_equal(run.final, whole.final[members])
    assert np.array_equal(run.status, whole.status[members])
    assert run.state.keys() == whole.state.keys()
    for name, value in run.state.items():
        assert np.array_equal(value, whole.state[name][members]), name


@pytest.mark.parametrize(("kind", "method"), CASES, ids=lambda value: value if isinstance(value, str) else repr(value))
def test_bits(kind, method, monkeypatch):
    model = MODELS[kind]
    start = 0.5 + 0.1 * np.random.default_rng(1).standard_normal(model.n_params)

    def run(first=0, count=MEMBERS):
        starts = np.tile(start, (count, 1))
        return simulate(model, method, starts, steps=STEPS, save=SAVED, seed=3, replica=first)

    monkeypatch.setenv("SOLVABLE_THREADS", "1")
    whole = run()
    if model.n_samples > 1 or not isinstance(method, SGD | StochasticGradientFlow):
        assert len(np.unique(whole.final, axis=0)) > MEMBERS // 2  # the streams are theirs; signs of one label repeat
    monkeypatch.setenv("SOLVABLE_THREADS", "2")
    same(run(), whole)
    for first, count in ((0, 1), (1, 64), (65, 5)):
        same(run(first, count), whole, slice(first, first + count))
    for width in (9, 40):
        with monkeypatch.context() as patch:
            patch.setattr(base, "STEP_TILE", width)
            same(run(), whole)
    for steps in (3, 1000):
        with monkeypatch.context() as patch:
            patch.setattr(driving, "Chunks", lambda steps=steps: FixedChunks(steps))
            same(run(), whole)
    pieces = simulate(model, method, np.tile(start, (MEMBERS, 1)), steps=1, seed=3)
    for steps in (22, 0, 17):
        pieces = simulate(model, method, None, resume=pieces, steps=steps)
    same_end(pieces, whole)
    last = simulate(model, method, np.tile(start, (1, 1)), steps=25, seed=3, replica=69)
    same_end(simulate(model, method, None, resume=last, steps=15), whole, slice(69, 70))
