r"""Kubo et al., Implicit Regularization in Over-parameterized Neural Networks (arXiv:1903.01997), after training.

Gradient gaps ``a_i |w_i|`` of a wide network hardly change in training: each is of order ``m^(-1/2)`` and moves by 1/m,
in a direction that does not know the sign of a_i, so that the sum of squares over a segment, of order 1, changes by the
order 1/m. In a narrow network they do not stay. Nor do small gaps make the output straight: the distance from the chord
is what the data ask for, at every width.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, UnivariateReLUNetwork, claim, simulate
from solvable.theory import random_feature_interpolant

from ._wide import DISTINCT, bent, grid, usable, zigzag

NARROW = 16
WIDTHS = np.array([256, 1024, 4096])
NEURONS = 16384
"""In all networks of one width."""
STEPS = 300


def _trained(x, y, width, seed):
    """Starts and ends of networks that start as 0, and the loss of the ends."""
    kernel = random_feature_interpolant(x, y).kernel(x[:, None], x)
    model = UnivariateReLUNetwork(x, y, width)
    count = NEURONS // width
    start = np.array([model.init(antisymmetric=True, seed=seed * NEURONS + k) for k in range(count)])
    step = x.size / (4 * width * np.linalg.eigvalsh(kernel)[-1])
    run = simulate(model, GradientDescent(step), start, steps=4 * STEPS)
    return model, start, run.final


def _squares(model, theta):
    """The mean sum of squared gaps ``a_i |w_i| (x_n - x_1)`` between the first and the last input."""
    ends = np.min(model.x), np.max(model.x)
    return np.mean([np.sum(model.segment_statistics(point, *ends).neuron_gaps ** 2) for point in theta])


def _distance(values):
    """D on a grid from the first to the last input, of values there."""
    t = np.linspace(0, 1, values.shape[-1])
    return values - (1 - t) * values[..., :1] - t * values[..., -1:]


def _wide_limit(x, y, t):
    """Where the descent of `_trained` is for infinite m: that of the kernel ``E[relu relu]``."""
    kernel = random_feature_interpolant(x, y).kernel
    sizes, vectors = np.linalg.eigh(kernel(x[:, None], x))
    learned = -np.expm1(4 * STEPS * np.log1p(-sizes / (4 * sizes[-1])))
    return kernel(t[:, None], x) @ (vectors @ (learned / sizes * (vectors.T @ y)))


def _change(model, start, end):
    return _squares(model, end) / _squares(model, start) - 1


@claim(
    "kubo2019-gaps-stay",
    title="Gradient gaps stay in a wide network, not in a narrow one, and neither is straight",
    statement=r"$\frac{\sum G_i^2(T)}{\sum G_i^2(0)} - 1 = \frac{C}{m} + o(1/m)$, while $D(t) = f(X_t) - (1 - t)"
    r" f(X_0) - t f(X_1)$ tends to that of the trained kernel",
    source="arXiv:1903.01997 (the gap deviation stays at its initial value); the order is derived here",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "the samples miss a line by a tenth of the largest target, which is at most 2",
    ),
    rivals=(
        "a change that does not depend on m",
        "a twentieth at every width",
        "straighter as m^(-1/2) from m = 256 on",
        "straight",
    ),
    convention="a ~ N(0, 2/m), w, b ~ N(0, 1), antisymmetric twins; gradient descent to the time 300 n / (m largest"
    " eigenvalue of E[relu relu]); m = 256, 1024, 4096, and 16; 16384 neurons in all at each width",
    errata="The gap deviation stays at its initial value in wide networks; in narrow ones it does not. The distance"
    " from the chord after training does not shrink with the width.",
)
def gaps_stay(lab):
    problem = lab.instance(zigzag)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    moderate = bent(x, y) and np.max(np.abs(y)) <= 2
    lab.require("the samples miss a line by a tenth of the largest target, which is at most 2", moderate)
    runs = [_trained(x, y, int(m), lab.seed) for m in WIDTHS]
    changes, narrow = np.array([_change(*run) for run in runs]), _change(*_trained(x, y, NARROW, lab.seed))
    lab.order(
        WIDTHS,
        changes,
        -1,
        rivals={"a change that does not depend on m": 0.0},
        tolerance=0.1,
        reason="the next order of 1/m",
    )
    lab.bound(
        [narrow, *changes],
        2 * WIDTHS[-1] * changes[-1] / np.array([NARROW, *WIDTHS]),
        rivals={"a twentieth at every width": np.full(4, 0.05)},
        reason="the law of wide networks, twice",
    )
    t, (model, _, end) = grid(x), runs[-1]
    bridge = _distance(_wide_limit(x, y, t))
    lab.identity(
        _distance(np.mean(model.predict(end, t), axis=0)),
        bridge,
        rivals={"straighter as m^(-1/2) from m = 256 on": bridge / 4, "straight": np.zeros(t.size)},
        tolerance=0.06,
        reason="the mean of four draws at m = 4096",
    )
