"""Full-batch descent with random signs in the labels on one small univariate ReLU network.

A step costs about 20 operations a neuron and sample. The rival draws its signs for a block of steps at a time with
NumPy's generator when it is timed, and is handed ours when answers are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from ....dynamics.label_noise import LabelNoiseSGD
from ....dynamics.simulation import simulate
from ....models.relu import UnivariateReLUNetwork
from ...catalog import sine_samples
from ..rivals.numpy_relu import descend
from ..rivals.numpy_sgd import BLOCK, signs
from ..workload import Contender, Workload

TITLE = "full-batch label noise, one univariate ReLU network (n = 6, m = 60)"
SAMPLES, WIDTH = 6, 60
STEP_SIZE, NOISE, STEPS, SHARE, CHECKED = 0.02, 0.3, 2_000_000, 100, 200
FULL_SECONDS = 8.0


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """Two contenders; NumPy takes a hundredth of the steps."""
    steps = max(SHARE, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    problem = sine_samples(SAMPLES)
    model = UnivariateReLUNetwork(problem["x"], problem["y"], WIDTH)
    theta, dynamics = model.init(), LabelNoiseSGD(STEP_SIZE, NOISE, batch_size=None)

    def ours(count: int = steps) -> np.ndarray:
        return simulate(model, dynamics, theta, steps=count).final

    def looped() -> np.ndarray:
        return descend(model.x, model.y, theta, STEP_SIZE, _drawn(np.random.default_rng(0), steps // SHARE))

    def check() -> tuple[np.ndarray, np.ndarray]:
        noise = NOISE * dynamics.noises(SAMPLES, CHECKED)
        return descend(model.x, model.y, theta, STEP_SIZE, noise), ours(CHECKED)

    return Workload(
        TITLE,
        "step",
        20.0 * WIDTH * SAMPLES,
        (
            Contender("solvable.simulate", ours, steps, library="solvable"),
            Contender("NumPy", looped, steps // SHARE, check),
        ),
    )


def _drawn(rng: np.random.Generator, steps: int) -> Iterator[np.ndarray]:
    for first in range(0, steps, BLOCK):
        yield from NOISE * signs(rng, (min(BLOCK, steps - first), SAMPLES))
