r"""Arora, Cohen, Hu and Luo, Implicit Regularization in Deep Matrix Factorization (arXiv:1905.13655): the product of
balanced layers under gradient flow.

With ``W_{j+1}^T W_{j+1} = W_j W_j^T`` at the start, the product ``W = W_N ... W_1`` obeys an equation of its own,

    W' = - sum_j (W W^T)^{(N-j)/N} G (W^T W)^{(j-1)/N},            G = grad loss(W),

by which its singular values move at ``s_r' = -N s_r^{2-2/N} <G, u_r v_r^T>``: small ones hardly, and the less the
deeper. Here the layers are integrated, and the equation predicts.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, claim, simulate
from solvable.theory import end_to_end_flow, singular_value_velocity

from ._layers import DEPTHS, REGRESSION, descent_direction, is_regression, matrix_regression, network, rate


def balanced_run(problem, depth, seed, saves=8):
    """The layers from a balanced start, at rising times."""
    model, span = network(problem, depth), 3.0 / rate(problem)
    start = model.init(0.6, seed=seed, balanced=True)
    times = span * np.linspace(0, 1, saves + 1)
    return simulate(model, GradientFlow(rtol=1e-12, atol=1e-14), start, time=span, save=times)


def velocity(model, theta):
    """W' from the layers: the derivative of their product along the gradient, one layer at a time."""
    layers, moves = model.layers(theta), model.layers(-model.gradient(theta))
    total = 0.0
    for j, move in enumerate(moves):
        term = np.eye(model.X.shape[0])
        for W in (*layers[:j], move, *layers[j + 1 :]):
            term = W @ term
        total = total + term
    return total


@claim(
    "arora2019-end-to-end",
    title="The product of balanced layers moves by an equation of its own",
    statement=r"$W' = -\sum_{j=1}^N (W W^T)^{(N-j)/N}\ \nabla\ell(W)\ (W^T W)^{(j-1)/N},\quad W = W_N \cdots W_1$",
    source="arXiv:1905.13655, after arXiv:1802.06509, theorem number unverified",
    hypotheses=("X and Y have as many columns, and X is not zero",),
    rivals=("the sum divided by N", "the flow of a single layer"),
    convention="1/(2n) |W X - Y|^2, N = 2, 3, 4 layers, the hidden ones as wide as the input, from a balanced start;"
    " eight times",
)
def end_to_end(lab):
    problem = lab.instance(matrix_regression)
    lab.require(REGRESSION, is_regression(problem))
    gradient = descent_direction(problem)
    for depth in DEPTHS:
        run = balanced_run(problem, depth, lab.seed)
        W0 = run.model.predictor(run.theta[0])
        lab.identity(
            run.predictor()[1:],
            end_to_end_flow(W0, gradient, depth, run.time[1:]),
            rivals={
                "the sum divided by N": end_to_end_flow(W0, lambda W, N=depth: gradient(W) / N, depth, run.time[1:]),
                "the flow of a single layer": end_to_end_flow(W0, gradient, 1, run.time[1:]),
            },
            tolerance=1e-8,
            reason="both are integrated, to 1e-12 a step; at four layers small singular values amplify it",
        )


@claim(
    "arora2019-singular-values",
    title="Depth slows small singular values",
    statement=r"$\sigma_r' = -N\,\sigma_r^{2-2/N}\,\langle \nabla\ell(W),\, u_r v_r^T \rangle$",
    source="arXiv:1905.13655, theorem number unverified",
    hypotheses=("X and Y have as many columns, and X is not zero",),
    rivals=("the exponent 1 - 1/N", "no factor N"),
    convention="1/(2n) |W X - Y|^2, N = 2, 3, 4 balanced layers; measured from the gradient of the layers at eight"
    " times of a run",
)
def singular_values(lab):
    problem = lab.instance(matrix_regression)
    lab.require(REGRESSION, is_regression(problem))
    gradient = descent_direction(problem)
    for depth in DEPTHS:
        run = balanced_run(problem, depth, lab.seed)
        measured, predicted, exponent = [], [], []
        for theta in run.theta[1:]:
            W = run.model.predictor(theta)
            U, s, Vt = np.linalg.svd(W, full_matrices=False)
            measured.append(np.einsum("ar,ab,rb->r", U, velocity(run.model, theta), Vt))
            predicted.append(singular_value_velocity(W, gradient(W), depth))
            exponent.append(predicted[-1] * s ** (1 / depth - 1))
        lab.identity(
            measured,
            predicted,
            rivals={"the exponent 1 - 1/N": np.array(exponent), "no factor N": np.array(predicted) / depth},
            tolerance=1e-8,
            reason="the layers stay balanced to the accuracy of the integration, 1e-12 a step",
        )
