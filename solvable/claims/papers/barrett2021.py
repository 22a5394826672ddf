"""Barrett and Dherin, Implicit Gradient Regularization (arXiv 2009.11162).

One step of gradient descent is, to second order in the step, the time-h flow of the modified loss

    L + (h/4) |grad L|^2,      modified field  -(g + (h/2) H g).
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, ScalarFactorization, claim, simulate
from solvable.theory import barrett_dherin_field, scalar_flow


@claim(
    "barrett2021-one-step",
    title="One step of gradient descent against its modified flow",
    statement=r"$\theta_1 - \varphi_h^{L}(\theta_0) = O(h^2),\qquad "
    r"\theta_1 - \varphi_h^{L + \frac{h}{4}|\nabla L|^2}(\theta_0) = O(h^3)$",
    source="arXiv:2009.11162, theorem number unverified",
    rivals=("twice the penalty", "half the penalty", "opposite penalty", "no penalty"),
    convention="L = (x y - t)^2 / 2; orders of the one-step error, so one more than at fixed time",
)
def one_step(lab):
    from scipy.integrate import solve_ivp

    problem = lab.instance(
        lambda rng: {"start": rng.uniform([1.0, 0.5], [1.5, 1.0]), "target": np.array(rng.uniform(2.5, 4.0))}
    )
    start, target = np.asarray(problem["start"]), float(problem["target"])
    model = ScalarFactorization(target=target)

    def gradient(z):
        return (z[0] * z[1] - target) * z[::-1]

    def hessian(z):
        x, y = z
        return np.array([[y * y, 2 * x * y - target], [2 * x * y - target, x * x]])

    step_sizes = 0.02 / np.linalg.norm(hessian(start), 2) / np.array([1.0, 2.0, 4.0, 8.0])
    after = simulate(model, GradientDescent(step_sizes), start, steps=1).final

    def distances(factor):
        """|theta_1 - flow| where the modified flow carries `factor` times the true correction."""
        found = []
        for h, point in zip(step_sizes, after, strict=True):
            modified = barrett_dherin_field(gradient, hessian, h)

            def field(_, z, modified=modified):
                return factor * modified(z) - (1 - factor) * gradient(z)

            flow = solve_ivp(field, (0, h), start, method="DOP853", rtol=1e-13, atol=1e-15)
            found.append(np.linalg.norm(point - flow.y[:, -1]))
        return np.array(found)

    plain = [
        np.linalg.norm(p - np.array(scalar_flow(h, *start, target))) for h, p in zip(step_sizes, after, strict=True)
    ]
    lab.order(step_sizes, plain, 2, reason="leading order of one step")
    wrong = {"twice the penalty": 2, "half the penalty": 0.5, "opposite penalty": -1, "no penalty": 0}
    lab.order(
        step_sizes,
        distances(1),
        3,
        rivals={name: distances(factor) for name, factor in wrong.items()},
        reason="leading order of one step",
    )
