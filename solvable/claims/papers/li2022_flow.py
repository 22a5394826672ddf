r"""Li, Wang and Arora, What Happens after SGD Reaches Zero Loss? (arXiv:2110.06914): the limiting flow on any model.

For small steps SGD on noisy labels first follows gradient flow to its limit Phi(theta_0), a minimum of zero loss. Then,
in the slow time ``T = h^2 s^2 k / b``, it moves along the minima by

    dY/dT = -(1/4) P grad tr H(Y),        Y(0) = Phi(theta_0),

P the projection onto the tangent space, H the Hessian of the loss. Fluctuations of size ``s sqrt(h)`` about Y end where
gradient flow without noise ends that starts from the iterate: ``Phi(theta_k)`` is what is compared with ``Y(T)``. On
diagonal networks the limiting flow has the closed form of the central path (`li2022`).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from solvable import GradientFlow, LabelNoiseSGD, ScalarFactorization, SinglePointNetwork, claim, simulate
from solvable.theory import limiting_flow, slow_flow_diagonal, trace_drift

from ._hyperbola import clocked
from ._outputs import diagonal_outputs, neuron_outputs, product_outputs
from ._problems import INTERPOLATES, many_interpolants
from .li2022 import prepared, unequal_columns

REPLICAS = 32
LARGEST = 0.32
"""Largest step size, in units of 1 / lambda, the largest eigenvalue of the Hessian where the limiting flow starts."""
NOISE = 0.25
"""Size of the label noise, in units of lambda."""
MOVES = "the limiting flow moves the parameters by a fiftieth within the slow time 1"
MOVED = 0.2
"""How far the limiting flow goes, in units of the length of theta, or at most for the slow time 1."""


def _models(rng, n=3, d=6):
    """Starts off the minima: of the product of three factors, and of three tanh neurons on one point; a regression."""
    weights = np.concatenate([rng.uniform(0.5, 1.5, 3), rng.standard_normal(6)])
    point = rng.standard_normal(2)
    point *= rng.uniform(0.8, 1.6) / np.linalg.norm(point)
    return {
        "factors": rng.uniform(0.6, 1.6, 3),
        "target": float(rng.uniform(0.8, 1.6)),
        "point": point,
        "weights": weights,
        "label": float(neuron_outputs(point, 0.0).residuals(weights)[0] + rng.uniform(0.1, 0.3)),
        **unequal_columns(rng, n, d),
    }


def _settled(model, points, size):
    """Where gradient flow from `points` ends."""
    return simulate(model, GradientFlow(rtol=1e-11), points, time=1e4 / size, until_loss=1e-26).final


@claim(
    "li2022-limit-flow",
    title="The limiting flow of label noise on any model, to first order in the step",
    statement=r"$\Phi(\theta_k) = Y(T) + O(h),\ \ T = h^2 s^2 k / b:\quad \frac{dY}{dT} = -\frac{1}{4} P \nabla\,"
    r"\mathrm{tr}\, \nabla^2 L(Y),\quad Y(0) = \Phi(\theta_0)$",
    source="arXiv:2110.06914, theorem number unverified; the closed form on diagonal networks is our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the limiting flow moves the parameters by a fiftieth within the slow time 1",
    ),
    rivals=("half the rate", "twice the rate", "no drift"),
    convention="Phi the limit of gradient flow; f = a b c and three tanh neurons on one point, signs, h lambda = 0.32"
    " to 0.04, extrapolated to 0; and the closed form of u^2 - v^2",
)
def limit_flow(lab):
    problem = lab.instance(_models)
    _closed_form(lab, problem["X"], problem["y"])
    y, point, label = problem["target"], problem["point"], problem["label"]
    for model, outputs, start in (
        (ScalarFactorization(y, depth=3), product_outputs(y), problem["factors"]),
        (SinglePointNetwork(point, label, 3), neuron_outputs(point, label), problem["weights"]),
    ):
        _check_motion(lab, model, outputs, start)


def _check_motion(lab, model, outputs, start):
    """Phi(theta_k), extrapolated to step size 0, against Y(T): along the way from Y(0), and in all other directions."""
    limit = _settled(model, start, np.sum(outputs.jacobian(start) ** 2))
    g = outputs.jacobian(limit)
    size = np.sum(g * g)
    velocity = trace_drift(g, outputs.hessians(limit), 1.0, 1.0)
    T, s = min(MOVED * np.linalg.norm(limit) / np.linalg.norm(velocity), 1.0), NOISE * size
    half, way, double = limiting_flow(*outputs, limit, [T / 2, T, 2 * T]).points - limit
    length = np.linalg.norm(way)
    lab.require(MOVES, length > 0.02 * np.linalg.norm(limit))
    axes = np.linalg.svd(way[None])[2] / length
    axes[0] = way / length**2

    @cache
    def motions(h, first, count):
        starts, steps = np.tile(start, (count, 1)), round(T / (h * s) ** 2)
        runs = simulate(model, LabelNoiseSGD(h, s), starts, steps=steps, replica=first, seed=lab.seed)
        return (_settled(model, runs.final, size) - limit) @ axes.T

    rivals = {"half the rate": axes[0] @ half, "twice the rate": axes[0] @ double, "no drift": 0.0}
    for j in range(limit.size):
        lab.extrapolation(
            lambda h, first, count, j=j: motions(h, first, count)[:, j],
            clocked(s * s, T, LARGEST / size),
            axes[j] @ way,
            0.02,
            rivals=rivals if j == 0 else {},
            first=REPLICAS,
            reason="2 % of the way, a twentieth of the gap to the nearest rival",
        )


def _closed_form(lab, X, y):
    """The general flow against the central path of a diagonal network."""
    lab.require(INTERPOLATES, many_interpolants(X, y))
    _, start, _, _ = prepared(X, y)
    u, v = np.split(start, 2)
    times = np.array([0.1, 0.3, 1.0]) / np.max(np.mean(X**2, axis=0))
    ends = limiting_flow(*diagonal_outputs(X, y), start, times).points
    measured = ends[:, : u.size] ** 2 - ends[:, u.size :] ** 2

    def path(factor):
        return np.array([slow_flow_diagonal(X, y, u, v, factor * T).point for T in times])

    lab.identity(
        measured,
        path(1.0),
        rivals={"half the rate": path(0.5), "twice the rate": path(2.0), "no drift": path(0.0)},
        tolerance=1e-9,
        reason="the tolerance of the integrator of the flow",
    )
