r"""Problems that can be solved in closed form, against the integrators that everything else rests on.

- The product of two numbers, ``L = (t - x y)^2 / 2``: a Riccati equation in ``(x + y)^2``
(`solvable.theory.scalar.flow`). - A quadratic loss: gradient descent is ``(1 - h A)^n`` and the flow ``exp(-t A)``. -
The logistic equation ``x' = x (1 - x)``: ``x = 1 / (1 + (1/x_0 - 1) e^(-t))``, the flow of one squared weight.
"""

from __future__ import annotations

import numpy as np

from solvable import (
    DiagonalLinearNetwork,
    GradientDescent,
    GradientFlow,
    LinearRegression,
    ScalarFactorization,
    VectorField,
    claim,
    simulate,
)
from solvable.theory import logistic_flow, scalar_flow

FLOW = "the flow is integrated to relative accuracy 1e-11 a step"


@claim(
    "solvable2026-scalar-flow",
    title="Gradient flow of a product of two numbers, in closed form",
    statement=r"$P = (x+y)^2:\quad \dot P = 2TP - \frac{P^2}{2} + \frac{Q^2}{2},\quad Q = x^2 - y^2$, in closed form",
    source="derived in solvable.theory.scalar.flow",
    rivals=("balanced start", "half the time", "half the target"),
    convention="L = (t - x y)^2 / 2; 6 starts, targets of both signs, times from 0.1 to 10",
)
def scalar(lab):
    problem = lab.instance(
        lambda rng: {
            "starts": rng.uniform(0.2, 1.5, (6, 2)) * rng.choice([-1.0, 1.0], (6, 2)),
            "targets": rng.uniform(0.5, 3.0, 6) * rng.choice([-1.0, 1.0], 6),
        }
    )
    times = np.array([0.1, 0.3, 1.0, 3.0, 10.0])
    measured, predicted = [], {"right": [], "balanced start": [], "half the time": [], "half the target": []}
    for start, target in zip(problem["starts"], problem["targets"], strict=True):
        model = ScalarFactorization(float(target))
        measured.append(simulate(model, GradientFlow(rtol=1e-11), start, time=10.0, save=times).theta)
        size = np.sqrt(np.abs(start[0] * start[1]))
        for name, arguments in {
            "right": (*start, times, target),
            "balanced start": (size, size * np.sign(start[0] * start[1]), times, target),
            "half the time": (*start, times / 2, target),
            "half the target": (*start, times, target / 2),
        }.items():
            predicted[name].append(np.stack(scalar_flow(*arguments), axis=-1))
    lab.identity(measured, predicted.pop("right"), rivals=predicted, tolerance=1e-8, reason=FLOW)


@claim(
    "solvable2026-quadratic",
    title="Descent and flow on a quadratic loss",
    statement=r"$\theta_n - \theta_* = (1 - hA)^n(\theta_0 - \theta_*),\qquad"
    r" \theta(t) - \theta_* = e^{-tA}(\theta_0 - \theta_*)$",
    source="classical",
    hypotheses=("the Hessian is invertible",),
    rivals=("descent is the flow", "flow is the descent"),
    convention="L = 1/(2n) |X beta - y|^2, A = X^T X / n; h = 0.9 * 2 / lambda_max, 1 to 30 steps",
)
def quadratic(lab):
    problem = lab.instance(lambda rng, n=12, d=4: {"X": rng.standard_normal((n, d)), "y": rng.standard_normal(n)})
    X, y = problem["X"], problem["y"]
    A, model = X.T @ X / y.size, LinearRegression(X, y)
    values, modes = np.linalg.eigh(A)
    lab.require("the Hessian is invertible", values[0] > 1e-6 * values[-1])
    minimum, steps = np.linalg.solve(A, X.T @ y / y.size), np.arange(1, 31)
    h = 1.8 / values[-1]
    descent = simulate(model, GradientDescent(h), 0 * minimum, steps=30, save=steps).theta
    flow = simulate(model, GradientFlow(rtol=1e-11), 0 * minimum, time=30 * h, save=h * steps).theta

    def solution(factors):
        return minimum - factors * (modes.T @ minimum) @ modes.T

    powers = solution(np.power.outer(1 - h * values, steps).T)
    decay = solution(np.exp(-h * np.multiply.outer(steps, values)))
    lab.identity(descent, powers, rivals={"descent is the flow": decay}, reason="exact: rounding only")
    lab.identity(flow, decay, rivals={"flow is the descent": powers}, tolerance=1e-8, reason=FLOW)


@claim(
    "solvable2026-logistic",
    title="The logistic equation, and one squared weight",
    statement=r"$\dot x = x(1-x):\ x = \frac{1}{1 + (1/x_0 - 1)\,e^{-t}};\qquad"
    r" L = \frac{1}{2}(u^2 - b)^2:\ u^2 = b\,x(4bt),\ x_0 = u_0^2/b$",
    source="classical",
    rivals=("half the rate", "twice the start"),
    convention="beta = u^2 - v^2 with v = 0, L = 1/(2n) |X beta - y|^2 with n = 1 and X = 1",
)
def logistic(lab):
    problem = lab.instance(
        lambda rng: {"share": np.array(rng.uniform(0.001, 0.3)), "target": np.array(rng.uniform(0.5, 3.0))}
    )
    share, target = float(problem["share"]), float(problem["target"])
    times = np.linspace(0.5, 12.0, 12)
    equation = VectorField(lambda x: x * (1 - x), 1)
    measured = simulate(equation, GradientFlow(rtol=1e-11), [share], time=times[-1], save=times).theta[:, 0]
    model = DiagonalLinearNetwork([[1.0]], [target])
    clock = times / (4 * target)
    start = [np.sqrt(share * target), 0.0]
    weight = simulate(model, GradientFlow(rtol=1e-11), start, time=clock[-1], save=clock).predictor()[:, 0]
    lab.identity(
        [measured, weight / target],
        [logistic_flow(share, times)] * 2,
        rivals={
            "half the rate": [logistic_flow(share, times / 2)] * 2,
            "twice the start": [logistic_flow(2 * share, times)] * 2,
        },
        tolerance=1e-8,
        reason=FLOW,
    )
