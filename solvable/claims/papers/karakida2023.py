r"""Karakida et al., Understanding Gradient Regularization in Deep Learning (arXiv:2210.02720).

The gradient of ``L + (gamma/2) |grad L|^2`` needs ``H g``, which a finite difference along g replaces: forward (F-GR, a
step up) or backward (B-GR, a step down). With ``gamma = c h`` and ``eps = e h`` of the order of the step all variants
follow

    L + (gamma/2 + h/4) |grad L|^2

to second order, and part at third order, in a single term: the field of F-GR is that of the exact regularizer ``+
(gamma eps/2) f''(f, f)``, that is ``- (gamma eps/2) D_g H g``; B-GR has the opposite sign. So the direction of the
difference is an implicit bias of its own. F-GR with ``gamma = eps`` is unnormalized SAM, step by step.
"""

from __future__ import annotations

import numpy as np
import sympy

from derivations import modified_field
from solvable import GradientRegularized, ScalarFactorization, SharpnessAware, claim, simulate
from solvable.theory import ascent_descent_coefficients, ascent_descent_field

from ._flows import LEADING, ProductLoss, deviations, equals_derived, follow, schedule, start_and_target
from ._modified import PRODUCT_LOSS, H, X, Y


@claim(
    "karakida2023-finite-differences",
    title="Forward and backward gradient regularization part at third order",
    statement=r"$\theta_{k+1} = \theta_k - h\left[g + \frac{\gamma}{\epsilon}\,(g(\theta_k + \epsilon g) - g)\right]:"
    r" \dot\theta = -\nabla\left(L + \left(\frac{\gamma}{2} + \frac{h}{4}\right)|\nabla L|^2\right)"
    r" + O(h^2),\qquad \tilde{f}_F - \tilde{f}_B = -\gamma\,|\epsilon|\,(D_gH)\,g + O(h^3)$",
    source="arXiv:2210.02720; the modified fields are derived in solvable.theory.modified.ascent",
    hypotheses=("strength and reach are at most 4 steps",),
    rivals=("the step's own penalty left out", "exact differences", "the other direction"),
    convention="L = (t - x y)^2 / 2; gamma = c h, eps = +-e h, c and e in [0.8, 2]; orders for 2 and 3 terms",
)
def finite_differences(lab):
    problem = lab.instance(
        lambda rng: start_and_target(rng) | {"strength": rng.uniform(0.8, 2.0, 1), "reach": rng.uniform(0.8, 2.0, 1)}
    )
    start, target = problem["start"], float(problem["target"])
    model, loss = ScalarFactorization(target), ProductLoss(target)
    step_sizes, times = schedule(model.hessian(start))
    sizes = np.concatenate([problem["strength"], problem["reach"]])
    lab.require("strength and reach are at most 4 steps", np.all((sizes >= 0.25) & (sizes <= 4)))
    strength, reach = problem["strength"] * step_sizes, problem["reach"] * step_sizes

    def terms(order, ascent_step):
        products = loss.gradient, loss.hessian_product, loss.third_product
        return ascent_descent_field(*products, step_sizes, strength, ascent_step, order)

    def without_step(z):
        return terms(2, reach)(z) + step_sizes[:, None] / 2 * loss.hessian_product(z, loss.gradient(z))

    third = {"forward": terms(3, reach), "backward": terms(3, -reach), "exact": terms(3, 0 * reach)}
    fields = third | {"two": terms(2, reach), "without": without_step}
    flows = follow(fields, start, step_sizes.size, times)
    runs = {
        name: simulate(model, GradientRegularized(step_sizes, strength, eps), start, time=times[-1], save=times).theta
        for name, eps in (("forward", reach), ("backward", -reach), ("exact", 0.0))
    }
    for name, other in (("forward", "backward"), ("backward", "forward"), ("exact", None)):
        errors = deviations(runs[name], flows)
        lab.order(
            step_sizes, errors["two"], 2, rivals={"the step's own penalty left out": errors["without"]}, reason=LEADING
        )
        rivals = {"exact differences": errors["exact"], "the other direction": errors[other]} if other else {}
        lab.order(step_sizes, errors[name], 3, rivals=rivals, reason=LEADING)
    c, e = sympy.symbols("c e")
    derived = modified_field("gradient_regularized", PRODUCT_LOSS, (X, Y), 3, H, strength=c * H, ascent_step=e * H)
    equals_derived(lab, derived, ascent_descent_coefficients(c, e))


@claim(
    "karakida2023-is-unnormalized-sam",
    title="Forward gradient regularization with equal steps is unnormalized SAM",
    statement=r"$\gamma = \epsilon = \rho:\quad"
    r" g + \frac{\gamma}{\epsilon}\,(g(\theta + \epsilon g) - g) = g(\theta + \rho g)$, for any step size",
    source="arXiv:2210.02720",
    rivals=("exact gradient regularization", "normalized SAM"),
    convention="L = (t - x y)^2 / 2; 40 steps of size 0.3 / |Hessian|, rho from 0.2 to 1 times that",
)
def is_unnormalized_sam(lab):
    problem = lab.instance(lambda rng: start_and_target(rng) | {"ratio": rng.uniform(0.2, 1.0, 3)})
    start, target = problem["start"], float(problem["target"])
    model, moments = ScalarFactorization(target), np.arange(41)
    step_size = 0.3 / np.linalg.norm(model.hessian(start), 2)
    radius = problem["ratio"] * step_size

    def run(method):
        return simulate(model, method, start, steps=40, save=moments).theta

    lab.identity(
        run(SharpnessAware(step_size, radius, normalized=False)),
        run(GradientRegularized(step_size, radius, radius)),
        rivals={
            "exact gradient regularization": run(GradientRegularized(step_size, radius)),
            "normalized SAM": run(SharpnessAware(step_size, radius)),
        },
        tolerance=1e-12,
        reason="the same arithmetic in another order",
    )
