"""A cell is worth the same, bit for bit, whatever other cells are computed with it."""

import numpy as np
import pytest

from solvable.phase.diagrams import find_diagram
from solvable.phase.measures import evaluate

AXES = {
    "diagonal-edge": {"step_size": [0.3, 0.7], "scale": [0.1, 1.0]},
    "diagonal-kernel-rich": {"scale": [0.05, 0.3], "step_size": [0.0, 0.1, 0.4]},
    "diagonal-recovery": {"measurements": [0.3], "sparsity": [0.1, 0.3]},
    "gradient-regularization": {"mean": [0.0, 0.5], "ascent": [0.5]},
    "label-noise-recovery": {"slow_time": [0.2, 0.4], "noise": [4.0, 8.0]},
    "games": {"second": [0.1, 70.0], "first": [0.7]},
    "momentum": {"step_size": [0.01, 0.3], "momentum": [0.0, 0.4, 0.9]},
    "relu-regimes": {"gamma_prime": [-0.5, 0.5], "gamma": [0.7, 1.6]},
    "scalar-map": {"y": [-1.0, 0.4, 2.0], "x": np.linspace(-2.5, 2.4, 13)},
    "scalar-steps": {"step_size": [0.3, 1.1, 1.5], "start": [0.3, 1.0, 1.7]},
    "sensing-scale": {"measurements": [9.0, 25.0], "scale": [0.01, 1.0]},
}


@pytest.mark.parametrize("name", AXES)
def test_the_same_in_any_chunk(name):
    axes = AXES[name]
    cells = {key: table.ravel() for key, table in zip(axes, np.meshgrid(*axes.values(), indexing="ij"), strict=True)}
    size = next(iter(cells.values())).size

    def chunk(start, stop):
        part = {key: values[start:stop] for key, values in cells.items()}
        return evaluate(find_diagram(name).measure, part, seed=3, replica=np.arange(start, min(stop, size)))

    whole = chunk(0, size)
    for length in (1, 3):
        parts = [chunk(start, start + length) for start in range(0, size, length)]
        for value, table in whole.items():
            assert np.array_equal(np.concatenate([part[value] for part in parts]), table)
