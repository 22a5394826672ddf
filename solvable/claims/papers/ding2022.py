r"""Ding, Drusvyatskiy, Fazel and Harchaoui, Flat minima generalize for low-rank matrix recovery (arXiv:2203.03756).

Bilinear sensing ``f_i = <A_i, U V^T>`` of full width has the trace of the Hessian ``tr U^T P U + tr V^T R V`` at zero
loss, with ``P, R = (1/n) sum A_i A_i^T, (1/n) sum A_i^T A_i``. Its least value over the factors of X is ``2 |P^(1/2) X
R^(1/2)|_*``, where both terms agree, so the flattest minima are those of least weighted nuclear norm.
"""

from __future__ import annotations

import numpy as np

from solvable import MatrixSensing, claim
from solvable.theory import label_noise_weights, limiting_flow

from ._problems import CONVERGES, reached_zero
from ._selection import APART, balanced, bilinear, decisive, flow_end, rectangular_sensing
from ._sensing import FITS, fitting


def flattened(model, minimum, clock):
    """Where the descent of the trace of the Hessian along the minima of bilinear sensing arrives."""
    d1, d2 = model.A.shape[1:]
    bends = np.zeros((len(model.A), d1 + d2, d1 + d2))
    bends[:, :d1, d1:] = model.A
    bends += bends.transpose(0, 2, 1)
    hessians = np.kron(bends, np.eye(model.columns))
    return limiting_flow(model.jacobian, lambda _: hessians, model.residuals, minimum, clock, rtol=1e-8).points[-1]


TILTED = "balanced factors of the minimum are less flat, by 1e-4"


def balanced_flatness(model, X):
    """Trace of the Hessian at the factors with ``U^T U = V^T V``."""
    left, values, right = np.linalg.svd(X, full_matrices=False)
    half = np.sqrt(values)
    return np.trace(model.hessian(np.concatenate([(left * half).ravel(), (right.T * half).ravel()])))


def tilted(model, least):
    """Whether balanced factors of the least weighted nuclear norm are not the flattest."""
    flattest = np.trace(model.hessian(balanced(model, least.point)))
    return balanced_flatness(model, least.point) > (1 + 1e-4) * flattest


def tilted_sensing(rng, n=4):
    """`rectangular_sensing` whose flattest factors are not balanced."""
    for _ in range(20):
        problem = rectangular_sensing(rng, n)
        A, y = problem["A"], problem["y"]
        if tilted(MatrixSensing(A, y, symmetric=False), bilinear(A, y).chosen):
            break
    return problem


@claim(
    "ding2022-flat-minima",
    title="The flattest minima of bilinear sensing have the least weighted nuclear norm",
    statement=r"$\min_{\mathcal{A}(UV^T) = y} \mathrm{tr}\,\nabla^2 L = 2 \min_{\mathcal{A}(X) = y} \|P^{1/2} X"
    r" R^{1/2}\|_*$, with $U^TPU$ and $V^TRV$ of equal trace at the minimum",
    source="arXiv:2203.03756, theorem number unverified",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the run reaches zero loss",
        "the minima with and without weights are certified and differ by 60 %",
        "balanced factors of the minimum are less flat, by 1e-4",
    ),
    rivals=("least nuclear norm", "once the norm", "balanced factors"),
    convention="L = 1/(2n) sum (<A_i, U V^T> - y_i)^2, full width, P, R = (1/n) sum A_i A_i^T, (1/n) sum A_i^T A_i;"
    " n = 4, 3 x 4; the trace descends along the minima from the limit of gradient flow",
)
def flat_minima(lab):
    problem = lab.instance(tilted_sensing)
    A, y = problem["A"], problem["y"]
    lab.require(FITS, fitting(A, y))
    model = MatrixSensing(A, y, symmetric=False)
    flow = flow_end(model)
    lab.require(CONVERGES, reached_zero(flow))
    selection = bilinear(A, y)
    lab.require(APART, decisive(selection))
    lab.require(TILTED, tilted(model, selection.chosen))
    end = flattened(model, flow.final, 24 / selection.rate)
    least = selection.chosen
    lab.optimum(
        model.predictor(end),
        least,
        rivals={"least nuclear norm": selection.plain},
        tolerance=1e-6,
        reason="24 e-foldings of the slowest approach, integrated to 1e-8 a step",
    )
    lab.identity(
        np.trace(model.hessian(end)),
        2 * least.objective,
        rivals={"once the norm": least.objective, "balanced factors": balanced_flatness(model, least.point)},
        tolerance=1e-6,
        reason="as above",
    )
    U, V = (factor.reshape(-1, model.columns) for factor in np.split(end, [A.shape[1] * model.columns]))
    P, R = label_noise_weights(A, symmetric=False)
    lab.identity(
        [np.sum(U * (P @ U)), np.sum(V * (R @ V))], [least.objective] * 2, tolerance=1e-6, reason="as above"
    )  # fmt: skip
