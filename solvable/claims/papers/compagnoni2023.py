r"""Compagnoni et al., An SDE for Modeling SAM: Theory and Insights (arXiv:2301.08203), at full batch.

SAM evaluates the gradient after a step *up*. With a radius of the order of the step, ``rho = c h``, the modified losses
are

    unnormalized    L + (rho/2 + h/4) |grad L|^2          normalized    L + rho |grad L| + (h/4) |grad L|^2.

``rho/2 |grad L|^2`` and ``rho |grad L|`` are the paper's drift, for radii far above the step; the h/4 is what the step
itself adds (Barrett and Dherin). A step *down* of half the length, ``c = -1/2``, cancels it: that is the explicit
midpoint rule for the gradient flow, which is then followed to second order. The third-order term is derived in
`solvable.theory.modified.ascent`.
"""

from __future__ import annotations

import numpy as np
import sympy

from derivations import modified_field
from solvable import ScalarFactorization, SharpnessAware, claim, simulate
from solvable.theory import ascent_descent_coefficients, ascent_descent_field, normalized_ascent_field

from ._flows import (
    LEADING,
    ProductLoss,
    deviations,
    equals_derived,
    follow,
    lambdified,
    schedule,
    start_and_target,
)
from ._modified import EXACT, EXACT_STEPS, PRODUCT_LOSS, TARGET, H, X, Y, decimal, defects


def _problem(rng):
    return start_and_target(rng) | {"ratio": np.array(rng.uniform(0.5, 2.0))}


@claim(
    "compagnoni2023-usam",
    title="Unnormalized sharpness-aware minimization and its modified loss",
    statement=r"$\theta_{k+1} = \theta_k - h\nabla L(\theta_k + \rho\nabla L(\theta_k)),\ \rho = ch:\quad"
    r" \dot\theta = -\nabla\left(L + \left(\frac{\rho}{2} + \frac{h}{4}\right)|\nabla L|^2\right) + O(h^2)$",
    source="arXiv:2301.08203 at full batch, theorem number unverified; the h/4 and the orders are our own",
    hypotheses=("the radius is at most 4 steps",),
    rivals=(
        "plain descent penalty",
        "radius penalty alone",
        "descent's third term",
        "the midpoint rule is of first order",
    ),
    convention="L = (t - x y)^2 / 2; orders of the error at fixed time for 1, 2, 3 terms; c in [0.5, 2], and c = -1/2",
)
def unnormalized(lab):
    problem = lab.instance(_problem)
    start, target, ratio = problem["start"], float(problem["target"]), float(problem["ratio"])
    lab.require("the radius is at most 4 steps", 0.1 <= ratio <= 4)
    model, loss = ScalarFactorization(target), ProductLoss(target)
    step_sizes, times = schedule(model.hessian(start))
    radius, none = ratio * step_sizes, np.zeros_like(step_sizes)
    run = simulate(model, SharpnessAware(step_sizes, radius, normalized=False), start, time=times[-1], save=times)

    def terms(order, reach):
        products = loss.gradient, loss.hessian_product, loss.third_product
        return ascent_descent_field(*products, step_sizes, reach, reach, order)

    fields = {p: terms(p, radius) for p in (1, 2, 3)} | {
        "plain descent penalty": terms(2, none),
        "radius penalty alone": lambda z: terms(2, radius)(z) - terms(2, none)(z) - loss.gradient(z),
        "descent's third term": lambda z: terms(2, radius)(z) + terms(3, none)(z) - terms(2, none)(z),
    }
    errors = deviations(run.theta, follow(fields, start, step_sizes.size, times))
    wrong = {2: ("plain descent penalty", "radius penalty alone"), 3: ("descent's third term",)}
    for p in (1, 2, 3):
        rivals = {name: errors[name] for name in wrong.get(p, ())}
        lab.order(step_sizes, errors[p], p, rivals=rivals, reason=LEADING)
    c = sympy.Symbol("c")
    derived = modified_field("usam", PRODUCT_LOSS, (X, Y), 3, H, radius=c * H)
    equals_derived(lab, derived, ascent_descent_coefficients(c, c))
    _midpoint(lab, start, target)


def _midpoint(lab, start, target):
    """The teaching case c = -1/2: one term, and the error of two."""
    loss = PRODUCT_LOSS.subs(TARGET, decimal(target))
    errors = defects(modified_field("usam", loss, (X, Y), 1, H, radius=-H / 2), [decimal(v) for v in start], 1)
    rival = {"the midpoint rule is of first order": 2.0}
    lab.order(np.array(EXACT_STEPS, dtype=float), errors, 3, rivals=rival, tolerance=0.01, floor=0.0, reason=EXACT)
    lab.note("c = -1/2 is the explicit midpoint rule: its defect against the gradient flow is of order h^3, not h^2")


@claim(
    "compagnoni2023-sam",
    title="Normalized sharpness-aware minimization and its modified loss",
    statement=r"$\theta_{k+1} = \theta_k - h\nabla L\left(\theta_k + \rho\frac{\nabla L}{|\nabla L|}(\theta_k)\right),"
    r"\ \rho = ch:\quad"
    r" \dot\theta = -\nabla\left(L + \rho\,|\nabla L| + \frac{h}{4}|\nabla L|^2\right) + O(h^2)$",
    source="arXiv:2301.08203 at full batch, theorem number unverified; the h/4 and the orders are our own",
    hypotheses=("the radius is at most 4 steps", "the gradient stays above a tenth of its start"),
    rivals=("plain descent penalty", "radius penalty alone", "unnormalized penalty"),
    convention="L = (t - x y)^2 / 2; orders for 1, 2, 3 terms; rho = c h |grad L(start)|, c in [0.5, 2]",
)
def normalized(lab):
    problem = lab.instance(_problem)
    start, target = problem["start"], float(problem["target"])
    model, loss = ScalarFactorization(target), ProductLoss(target)
    step_sizes, times = schedule(model.hessian(start))
    lab.require("the radius is at most 4 steps", 0.1 <= problem["ratio"] <= 4)
    reach = float(problem["ratio"]) * np.linalg.norm(model.gradient(start))
    radius = reach * step_sizes
    run = simulate(model, SharpnessAware(step_sizes, radius), start, time=times[-1], save=times)
    sizes = np.linalg.norm(loss.gradient(run.theta), axis=-1)
    lab.require(
        "the gradient stays above a tenth of its start", np.min(sizes) > 0.1 * np.linalg.norm(model.gradient(start))
    )
    column = step_sizes[:, None]

    def unnormalized_penalty(z):
        return -loss.gradient(z) - (radius + step_sizes / 2)[:, None] * loss.hessian_product(z, loss.gradient(z))

    def radius_alone(z):
        return both(z) + column / 2 * loss.hessian_product(z, loss.gradient(z))

    both = normalized_ascent_field(loss.gradient, loss.hessian_product, step_sizes, radius)
    derived = modified_field("sam", PRODUCT_LOSS, (X, Y), 3, H, radius=sympy.Symbol("c") * H)
    third = lambdified(derived.terms[2], (X, Y, sympy.Symbol("c"), TARGET))
    fields = {
        1: lambda z: -loss.gradient(z),
        2: both,
        3: lambda z: both(z) + column**2 * third(z, reach, target),
        "plain descent penalty": normalized_ascent_field(
            loss.gradient, loss.hessian_product, step_sizes, np.zeros_like(radius)
        ),
        "radius penalty alone": radius_alone,
        "unnormalized penalty": unnormalized_penalty,
    }
    errors = deviations(run.theta, follow(fields, start, step_sizes.size, times))
    rivals = {name: errors[name] for name in fields if isinstance(name, str)}
    for p in (1, 2, 3):
        lab.order(step_sizes, errors[p], p, rivals=rivals if p == 2 else {}, reason=LEADING)
