r"""Blanc, Gupta, Valiant and Valiant (arXiv:1904.09080) on matrix sensing: what label noise selects.

The drift of label noise is that of ``(h s^2 / 4 b) (1/n) sum_i |grad f_i|^2`` along the minima (`blanc2019`). For
``f_i = <A_i, U U^T>`` the mean is ``4 <S, X>``, ``S = (1/n) sum A_i^2``; for ``<A_i, U V^T>`` it is ``tr U^T P U + tr
V^T R V`` with ``P, R = (1/n) sum A_i A_i^T, (1/n) sum A_i^T A_i``, at its least ``2 |P^(1/2) X R^(1/2)|_*``. From any
start, small or not, SGD goes to the interpolant of least weighted trace or nuclear norm, if the weights are positive
definite: what no measurement sees, noise does not move. On average over Gaussian measurements the weights are
multiples of the identity (`blanc2019_gaussian`); in a finite sample they are not.
"""

from __future__ import annotations

import numpy as np

from solvable import LabelNoiseSGD, MatrixSensing, claim, simulate
from solvable.theory import label_noise_weights

from ._problems import CONVERGES, reached_zero
from ._selection import (
    APART,
    LIMIT,
    bilinear,
    decisive,
    flow_end,
    ranked,
    rectangular_sensing,
    semidefinite,
    symmetric_sensing,
)
from ._sensing import FITS, fitting

AWAY = "gradient flow ends elsewhere, 55 % away"
FULL = "the weights are positive definite"
RANKED = "the nonzero singular values of the minimum are above 5 % of its norm"
SOON = "the minimum is reached within five million steps"
CLOSE = "the penalty of this step and noise moves the minimum by less than 1 %"
LOUDER = 4.0
"""How much louder the noise is on the way."""


def check_selection(lab, make, select, plain):
    """The time average of SGD with label noise against the minimum, from the end of gradient flow."""
    problem = lab.instance(make)
    A, y = problem["A"], problem["y"]
    lab.require(FITS, fitting(A, y) and (select is bilinear or A.shape[1] == A.shape[2]))
    model = MatrixSensing(A, y, symmetric=select is semidefinite)
    weights = (label_noise_weights(A),) if select is semidefinite else label_noise_weights(A, symmetric=False)
    lab.require(FULL, all(np.linalg.cond(W) < 1e3 for W in weights))
    flow = flow_end(model)
    lab.require(CONVERGES, reached_zero(flow))
    selection = select(model.A, y)
    end = flow.predictor(flow.final)
    lab.require(APART, decisive(selection))
    # A singular value of the size of the fluctuations is there at times and gone at others.
    lab.require(RANKED, ranked(selection))
    lab.require(AWAY, selection.distance(end) > 0.55)
    method, steps = selection.plan()
    lab.require(SOON, steps < LIMIT)
    lab.require(CLOSE, selection.shift() < 0.01)
    loud = LabelNoiseSGD(method.step_size, LOUDER * method.noise_std)
    warm = simulate(model, loud, flow.final, steps=int(steps / 2), seed=lab.seed).final
    save = np.linspace(steps / 2, 2 * steps, 4001).astype(int)
    run = simulate(model, method, warm, steps=save[-1], save=save, seed=lab.seed + 1)
    X = np.mean(run.predictor(), axis=0)
    rivals = {plain: selection.plain.point, "the limit of gradient flow": end}
    lab.bound(selection.distance(X), 0.025, reason="an inequality: 2.5 % in the Frobenius norm")
    chosen = selection.chosen.point
    for name, other in rivals.items():
        way = other - chosen
        lab.identity(
            np.sum((X - chosen) * way) / np.sum(way**2),
            0.0,
            rivals={name: 1.0},
            scale=1.0,
            tolerance=0.05,
            reason="a share of the way to the rival: first order in the step, and the fluctuations",
        )
    unit = np.linalg.norm(chosen)
    others = [-float(np.linalg.norm(X - other) / unit) for other in rivals.values()]
    lab.bound(others, [-0.5, -0.5], reason="an inequality: the rivals are 50 % away and more")


@claim(
    "blanc2019-sensing-trace",
    title="Label noise on matrix sensing selects the least weighted trace, from any start",
    statement=r"$\frac{1}{n}\sum_i |\nabla f_i|^2 = 4 \langle S, UU^T \rangle,\ S = \frac{1}{n} \sum_i A_i^2"
    r" \succ 0:\quad X_\infty = \mathrm{argmin}_{X \succeq 0,\ \mathcal{A}(X) = y} \langle S, X \rangle$",
    source="arXiv:1904.09080 (matrix sensing, theorem number unverified); exact in a finite sample, our own",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the weights are positive definite",
        "the run reaches zero loss",
        "the minima with and without weights are certified and differ by 60 %",
        "gradient flow ends elsewhere, 55 % away",
        "the nonzero singular values of the minimum are above 5 % of its norm",
        "the minimum is reached within five million steps",
        "the penalty of this step and noise moves the minimum by less than 1 %",
    ),
    rivals=("least trace", "the limit of gradient flow"),
    convention="L = 1/(2n) sum (<A_i, U U^T> - y_i)^2, U d x d, one example a step, signs; n = d = 4;"
    " h lambda = 0.0125, h s^2 = 0.0005 |X|, four times the noise on the way; time average; distances in units of |X|",
    errata="The paper's regularizer is the mean over Gaussian measurements, a multiple of the nuclear norm. In a finite"
    " sample it is the weighted trace, and SGD ends 60 % and more from the least trace.",
)
def trace(lab):
    check_selection(lab, symmetric_sensing, semidefinite, "least trace")


@claim(
    "blanc2019-sensing-nuclear",
    title="Label noise on bilinear sensing selects the least weighted nuclear norm",
    statement=r"$P, R = \frac{1}{n} \sum_i A_i A_i^T,\ \frac{1}{n} \sum_i A_i^T A_i:\quad"
    r" X_\infty = \mathrm{argmin}_{\mathcal{A}(X) = y} \|P^{1/2} X R^{1/2}\|_*$ for $X = U V^T$",
    source="arXiv:1904.09080 (matrix sensing, theorem number unverified); exact in a finite sample, our own",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the weights are positive definite",
        "the run reaches zero loss",
        "the minima with and without weights are certified and differ by 60 %",
        "gradient flow ends elsewhere, 55 % away",
        "the nonzero singular values of the minimum are above 5 % of its norm",
        "the minimum is reached within five million steps",
        "the penalty of this step and noise moves the minimum by less than 1 %",
    ),
    rivals=("least nuclear norm", "the limit of gradient flow"),
    convention="L = 1/(2n) sum (<A_i, U V^T> - y_i)^2, full width, one example a step, signs; n = 4, 3 x 4;"
    " h lambda = 0.025, h s^2 = 0.001 |X|, four times the noise on the way; time average; distances in units of |X|",
)
def nuclear(lab):
    check_selection(lab, rectangular_sensing, bilinear, "least nuclear norm")
