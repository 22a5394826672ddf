r"""Cattaneo, Klusowski and Shigida, On the Implicit Bias of Adam (arXiv:2309.00079).

Adam with epsilon inside the root, without bias correction (which is over after a transient):

    m <- beta m + (1 - beta) g,   v <- rho v + (1 - rho) g^2,   theta <- theta - h m / sqrt(v + epsilon).

Write ``s_j = sqrt(g_j^2 + epsilon)`` and ``|g|_eps = sum_j s_j``, a smoothed 1-norm. Then

    f~_j = -g_j / s_j - (h / (2 s_j)) [ (1+beta)/(1-beta) - (1+rho)/(1-rho) + (1+rho)/(1-rho) epsilon / s_j^2 ]
                        d|g|_eps / d theta_j + O(h^2).

For epsilon far below ``g^2`` and beta < rho, as in practice, the bracket is negative: Adam then *rewards* a large
1-norm of the gradient, where gradient descent penalizes the 2-norm.

With bias correction the transient moves theta by O(h^2) only, and without any shift of the start the second order is
reached; but not the third, which needs the slow manifold. Without bias correction a start with zero memory is off by
O(h).
"""

from __future__ import annotations

import numpy as np
import sympy

from derivations import modified_field
from solvable import Adam, claim

from ._modified import (
    EXACT_STEPS,
    LEADING,
    PRODUCT_LOSS,
    TARGET,
    H,
    X,
    Y,
    compiled_terms,
    decimal,
    defects,
    flow_errors,
    product_problem,
    saved_runs,
    sharpness,
    with_term,
)

FIXED = {"beta1": 0.5, "beta2": 0.6, "epsilon": 0.25}
"""What the compiled field is derived for; h and the target are read at run time."""

BRACKETS = {
    "opposite sign of the bracket": lambda b, r: (-b + r, -r),
    "bracket dropped": lambda b, r: (1, 0),
    "without the epsilon term": lambda b, r: (b - r, 0),
}


def _bracketed(field, loss, plain, smooth):
    """Ring elements of ``-(1/(2 s_j)) (plain + smooth epsilon / s_j^2) d|g|_eps/d theta_j``."""
    space, epsilon = field.problem.space, field.problem.hyperparameters["epsilon"]
    roots = [sympy.sqrt(sympy.expand(sympy.diff(loss, s) ** 2) + epsilon) for s in (X, Y)]
    first, second = (space.domain.from_sympy(sympy.sympify(weight)) for weight in (plain, smooth))
    found = []
    for symbol, root in zip((X, Y), roots, strict=True):
        pull = -sympy.diff(sum(roots), symbol) / (2 * root)
        found.append(space.element(pull) * first + space.element(pull * epsilon / root**2) * second)
    return found


def _descent_penalty(field, loss):
    """Ring elements of ``-(h/4) grad |g|^2 / s_j``: the penalty of gradient descent, preconditioned."""
    space, epsilon = field.problem.space, field.problem.hyperparameters["epsilon"]
    slope = [sympy.diff(loss, s) for s in (X, Y)]
    square = sum(g**2 for g in slope)
    return [
        space.element(-sympy.diff(square, s) / (4 * sympy.sqrt(sympy.expand(g**2) + epsilon)))
        for s, g in zip((X, Y), slope, strict=True)
    ]


def _differences(field, components):
    """Second term of the field minus ring elements, zero where the relations of the ring say so."""
    space = field.problem.space
    gaps = [a - b for a, b in zip(field.flow.fields[1], components, strict=True)]
    return [sympy.Integer(0) if space.vanishes(gap) else space.expression(gap) for gap in gaps]


def _adam_problem(rng):
    return {
        **product_problem(rng),
        "beta1": round(float(rng.uniform(0.3, 0.5)), 2),
        "beta2": round(float(rng.uniform(0.55, 0.7)), 2),
        "epsilon": round(float(rng.uniform(0.1, 0.5)), 2),
    }


@claim(
    "cattaneo2023-adam",
    title="The implicit bias of Adam",
    statement=r"$\tilde{f}_j = -\frac{g_j}{s_j} - \frac{h}{2 s_j}\left[\frac{1+\beta}{1-\beta} - \frac{1+\rho}{1-\rho}"
    r" + \frac{1+\rho}{1-\rho}\,\frac{\varepsilon}{s_j^2}\right]\partial_j \sum_i s_i,\quad"
    r" s_j = \sqrt{g_j^2 + \varepsilon}$",
    source="arXiv:2309.00079 (formula as we recall it, derived again); the third term is our own",
    rivals=(
        "descent's penalty, preconditioned",
        "opposite sign of the bracket",
        "bracket dropped",
        "without the epsilon term",
        "start without bias correction",
        "third order from the corrected start",
    ),
    convention="epsilon inside the root; L = (x y - t)^2 / 2; p = 1 to 3 terms; the formula for symbolic beta, rho, "
    "epsilon, defects for drawn ones, iterates for beta = 0.5, rho = 0.6, epsilon = 0.25 after the transient",
)
def adam(lab):
    problem = lab.instance(_adam_problem)
    drawn = {name: decimal(problem[name]) for name in FIXED}
    beta, rho, epsilon = sympy.symbols("beta rho epsilon")
    _check_second_term(lab, {"beta1": beta, "beta2": rho, "epsilon": epsilon})
    start, target = np.asarray(problem["start"]), float(problem["target"])
    _check_defects(lab, drawn, [decimal(round(c, 3)) for c in start], decimal(round(target, 3)))
    _check_flow(lab, start, target)


def _memories(hyper):
    return tuple((1 + hyper[name]) / (1 - hyper[name]) for name in ("beta1", "beta2"))


def _check_second_term(lab, hyper):
    """The formula, for symbolic hyperparameters."""
    field = modified_field("adam", PRODUCT_LOSS, (X, Y), 2, H, **hyper)
    b, r = _memories(hyper)
    lab.symbolic(
        _differences(field, _bracketed(field, PRODUCT_LOSS, b - r, r)),
        rivals={
            name: _differences(field, _bracketed(field, PRODUCT_LOSS, *bracket(b, r)))
            for name, bracket in BRACKETS.items()
        },
    )


def _check_defects(lab, hyper, point, target):
    """Orders of the defect on the slow manifold, with 60 digits; the second term is the paper's formula."""
    loss = PRODUCT_LOSS.subs(TARGET, target)
    field = modified_field("adam", loss, (X, Y), 3, H, **hyper)
    b, r = _memories(hyper)
    published = with_term(field, 1, _bracketed(field, loss, b - r, r))
    wrong = {name: with_term(field, 1, _bracketed(field, loss, *rule(b, r))) for name, rule in BRACKETS.items()}
    wrong["descent's penalty, preconditioned"] = with_term(field, 1, _descent_penalty(field, loss))
    for p in (1, 2, 3):
        lab.order(
            np.array(EXACT_STEPS, dtype=float),
            defects(published, point, p),
            p + 1,
            rivals={name: defects(other, point, p) for name, other in wrong.items()} if p == 2 else {},
            tolerance=0.01,
            floor=0.0,
            reason="60 digits at steps near 1e-6: corrections of relative size 1e-5",
        )


def _check_flow(lab, start, target):
    """Orders at fixed time, after the transient and from the optimizer's own start."""
    field = modified_field("adam", PRODUCT_LOSS, (X, Y), 3, H, **{k: decimal(v) for k, v in FIXED.items()})
    kernels = compiled_terms(field, (1, 2, 3))
    time = 1.2 * np.sqrt(FIXED["epsilon"]) / sharpness(start, target)
    step_sizes = time / np.array([256, 512, 1024, 2048])

    def numbers(h):
        return h, target

    def errors(p, runs):
        return flow_errors(kernels[p], target, step_sizes, runs, numbers)

    def runs(corrected, wait=0.0):
        return saved_runs(
            lambda h: Adam(h, **FIXED, bias_correction=corrected), target, start, step_sizes, time, wait=wait
        )

    later = runs(False, wait=time / 2)
    for p in (1, 2, 3):
        lab.order(step_sizes, errors(p, later), p, reason=LEADING)
    corrected = runs(True)
    lab.order(
        step_sizes,
        errors(2, corrected),
        2,
        rivals={"start without bias correction": errors(2, runs(False))},
        reason=LEADING,
    )
    lab.order(
        step_sizes,
        errors(3, corrected),
        2,
        rivals={"third order from the corrected start": 3.0},
        reason=LEADING,
    )
