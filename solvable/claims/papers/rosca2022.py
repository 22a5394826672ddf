r"""Rosca et al., On a continuous time model of gradient descent dynamics and instability in deep learning (arXiv
2302.01952).

The principal flow ``theta' = sum_i log(1 - h lambda_i)/(h lambda_i) (g . u_i) u_i`` keeps of the modified field of
gradient descent all products ``H^k g`` and drops what contains third derivatives. It is exact on quadratic losses, at
any step size, through complex values where ``h lambda > 1``. On others one step differs by ``-(h^3/12) (D_g H) g``:
second order, with another constant than the flow of ``L + (h/4) |grad L|^2``.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, LinearRegression, ScalarFactorization, claim, simulate
from solvable.theory import ascent_descent_field, principal_flow_field, quadratic_principal_flow

from ._flows import LEADING, ProductLoss, deviations, follow, schedule, start_and_target


@claim(
    "rosca2022-quadratic",
    title="The principal flow is exact on quadratic losses",
    statement=r"$L = \frac{1}{2}(\theta - \theta_*)^T A\,(\theta - \theta_*):\quad"
    r" \theta_k - \theta_* = e^{k \log(1 - hA)}(\theta_0 - \theta_*)$, for any $h$",
    source="arXiv:2302.01952, theorem number unverified",
    hypotheses=("the Hessian is invertible",),
    rivals=("gradient flow", "modified loss of second order"),
    convention="L = 1/(2n) |X beta - y|^2; step sizes 0.5, 1.5 and 1.9 over the largest eigenvalue",
)
def quadratic(lab):
    problem = lab.instance(lambda rng, n=12, d=4: {"X": rng.standard_normal((n, d)), "y": rng.standard_normal(n)})
    X, y = problem["X"], problem["y"]
    A, model = X.T @ X / y.size, LinearRegression(X, y)
    values, vectors = np.linalg.eigh(A)
    lab.require("the Hessian is invertible", values[0] > 1e-6 * values[-1])
    minimum, steps = np.linalg.solve(A, X.T @ y / y.size), np.arange(0, 41, 4)
    distance = -minimum
    for share in (0.5, 1.5, 1.9):
        h = share / values[-1]
        run = simulate(model, GradientDescent(h), minimum + distance, steps=40, save=steps)
        flow = quadratic_principal_flow(A, distance, h, h * steps)
        between = quadratic_principal_flow(A, distance, h, h * (steps[:-1] + 0.5))

        def decaying(rates, h=h):
            return np.exp(-np.multiply.outer(h * steps, rates)) * (vectors.T @ distance) @ vectors.T

        lab.identity(
            run.theta - minimum,
            flow,
            rivals={
                "gradient flow": decaying(values),
                "modified loss of second order": decaying(values + h / 2 * values**2),
            },
            reason="exact: rounding only",
        )
        lab.note(
            f"h lambda = {share}: largest imaginary part half way between steps {np.max(np.abs(between.imag)):.3g}"
        )


@claim(
    "rosca2022-principal-flow",
    title="What the principal flow leaves out",
    statement=r"$\theta_1 - \varphi_h(\theta_0) = -\frac{h^3}{12}\,(D_g H)\,g + O(h^4)$;"
    r" at fixed time the error is $O(h^2)$",
    source="arXiv:2302.01952 (the flow); the remainder is derived in solvable.theory.modified.principal_flow",
    hypotheses=("the start is away from the saddle at 0",),
    rivals=("principal flow of third order", "remainder of the modified loss", "half the remainder"),
    convention="L = (t - x y)^2 / 2, where h lambda < 1",
)
def third_order_term(lab):
    problem = lab.instance(start_and_target)
    start, target = problem["start"], float(problem["target"])
    lab.require("the start is away from the saddle at 0", np.sum(start**2) > 0.1 * abs(target))
    model, loss = ScalarFactorization(target), ProductLoss(target)
    step_sizes, times = schedule(model.hessian(start))
    run = simulate(model, GradientDescent(step_sizes), start, time=times[-1], save=times)
    fields = {"principal": principal_flow_field(loss.gradient, loss.hessian, step_sizes)}
    none = np.zeros_like(step_sizes)
    products = loss.gradient, loss.hessian_product, loss.third_product
    fields["second"] = ascent_descent_field(*products, step_sizes, none, none, 2)
    errors = deviations(run.theta, follow(fields, start, step_sizes.size, times))
    late = {"principal flow of third order": 3.0}
    lab.order(step_sizes, errors["principal"], 2, rivals=late, reason=LEADING)
    share = errors["principal"][-1] / errors["second"][-1]
    lab.note(f"error of the principal flow over that of L + (h/4)|grad L|^2, at the smallest step: {share:.2f}")
    after = simulate(model, GradientDescent(step_sizes), start, steps=1).final
    # Time in units of each step: then one integration serves all step sizes.
    stretched = {"principal": lambda z: step_sizes[:, None] * fields["principal"](z)}
    gap = after - follow(stretched, start, step_sizes.size, [1.0])["principal"][0]
    g = loss.gradient(start)
    cube = step_sizes[:, None] ** 3
    bend = cube * loss.third_product(start, g, g) / 12
    tall = cube * loss.hessian_product(start, loss.hessian_product(start, g)) / 3
    known = {"kept": bend, "none": 0 * bend, "modified": bend + tall, "half": bend / 2}
    sizes = {name: np.max(np.abs(gap + left), axis=1) for name, left in known.items()}
    lab.order(step_sizes, sizes["none"], 3, rivals={"principal flow of third order": 4.0}, reason="one step")
    rivals = {"remainder of the modified loss": sizes["modified"], "half the remainder": sizes["half"]}
    lab.order(step_sizes, sizes["kept"], 4, rivals=rivals, reason="one step, leading order")
