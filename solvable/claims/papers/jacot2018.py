r"""Jacot, Gabriel and Hongler, Neural Tangent Kernel (arXiv:1806.07572), on ReLU networks of one input.

With standard normal weights and the factor ``m^(-1/2)``, gradient descent on all weights of a network that starts as 0
tends to the interpolant of least norm of the tangent kernel. For small targets a moderate width is enough to see it.
Training output weights alone gives the interpolant of the kernel without the gradients in w and b: smooth where the
former has kinks.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, UnivariateReLUNetwork, claim, simulate
from solvable.theory import random_feature_interpolant, tangent_kernel_interpolant

from ._wide import DISTINCT, grid, usable, zigzag

WIDTHS = (128, 1024, 8192)
REPLICAS = 32
SHRINK = 0.02
"""Targets as trained, in units of those given."""


def _spectrum(kernel, x):
    return np.linalg.eigvalsh(kernel(x[:, None], x))


class _Training:
    """Networks trained from several starts; whether all have fitted the data."""

    def __init__(self, x, y, t, kernel, seed):
        self.x, self.y, self.t, self.seed = x, y, t, seed
        self.sizes = _spectrum(kernel, x)
        self.fitted = True

    def ends(self, width, first, count):
        """Of `count` starts, the outputs at t: ``(count, T)``."""
        scale = SHRINK / np.max(np.abs(self.y))
        model = UnivariateReLUNetwork(self.x, scale * self.y, width)
        starts = [model.init(kind="ntk", antisymmetric=True, seed=self.seed + 1000 * (first + k)) for k in range(count)]
        step = GradientDescent(self.x.size / (self.sizes[-1] * np.sqrt(width)))
        enough = 0.5e-6 * float(np.mean(model.y**2))
        steps = int(100 * self.sizes[-1] / self.sizes[0])
        run = simulate(model, step, starts, steps=steps, until_loss=enough)
        self.fitted &= bool(np.all(run.final_loss <= enough))
        return model.predict(run.final, self.t) / scale


@claim(
    "jacot2018-wide-network",
    title="A wide network ends at the interpolant of its tangent kernel",
    statement=r"$f = m^{-1/2} \sum_i a_i \mathrm{relu}(w_i x + b_i),\ m \to \infty:\quad f_\infty(x) ="
    r" \sum_j \alpha_j K(x, x_j),\ \ K(s, t) = E [ \nabla f(s) \cdot \nabla f(t) ],\ \ K \alpha = y$",
    source="arXiv:1806.07572; one input arXiv:1906.07842",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "the largest eigenvalue of the kernel at the inputs is at most 500 times the smallest",
        "the two interpolants differ by 0.15",
        "the networks fit the data",
    ),
    rivals=("the interpolant of trained output weights",),
    convention="standard normal a, w, b, antisymmetric twins, the largest target 0.02; the mean over 32 starts, at m ="
    " 128, 1024, 8192; then the mean place of single networks of m = 8192 between the interpolants of the two kernels",
)
def wide_network(lab):
    problem = lab.instance(zigzag)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    t = grid(x)
    tangent = tangent_kernel_interpolant(x, y)
    predicted, apart = tangent(t), random_feature_interpolant(x, y)(t) - tangent(t)
    sizes = _spectrum(tangent.kernel, x)
    lab.require(
        "the largest eigenvalue of the kernel at the inputs is at most 500 times the smallest",
        sizes[-1] <= 500 * sizes[0],
    )
    lab.require("the two interpolants differ by 0.15", np.max(np.abs(apart)) >= 0.15 * np.max(np.abs(predicted)))
    training = _Training(x, y, t, tangent.kernel, lab.seed)
    means = [np.mean(training.ends(width, 0, REPLICAS), axis=0) for width in WIDTHS]
    lab.require("the networks fit the data", training.fitted)
    lab.limit(
        WIDTHS, means, predicted, tolerance=0.08, reason="fluctuations of order (32 m)^(-1/2), a bias of order 1/m"
    )
    lab.statistic(
        lambda first, count: (training.ends(WIDTHS[-1], first, count) - predicted) @ apart / (apart @ apart),
        0.0,
        0.3,
        rivals={"the interpolant of trained output weights": 1.0},
        first=REPLICAS,
        reason="the place from one interpolant, 0, to the other, 1; margin: below a half",
    )
