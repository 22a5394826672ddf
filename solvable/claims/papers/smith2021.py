r"""Smith, Dherin, Barrett and De, On the Origin of Implicit Regularization in Stochastic Gradient Descent (arXiv
2101.12176).

One epoch of stochastic gradient descent goes once through m batches in random order, ``L = (1/m) sum_k L_k``.
Averaged over the orders, it follows for the time ``m h`` the flow of

    L + (h / 4m) sum_k |grad L_k|^2 = L + (h/4) |grad L|^2 + (h / 4m) sum_k |grad L_k - grad L|^2:

the penalty of gradient descent, and beside it the variance of the batch gradients. The mean can be taken exactly: all
orders of three batches are six trajectories.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy
from scipy.integrate import solve_ivp

from derivations import modified_field
from solvable import SGD, ResidualModel, claim, simulate

from ._modified import EXACT, EXACT_STEPS, H, X, Y, decimal, defects, with_term

BATCHES, ORDERS, REPLICAS = 3, 6, 192


def _bilinear(rng):
    """Three residuals ``a x y + b x + c y - d``, as rows (a, b, c, d), and a start; multiples of 1/100."""
    return {
        "residuals": np.round(rng.uniform([0.5, -1.0, -1.0, 1.0], [1.5, 1.0, 1.0, 2.5], (BATCHES, 4)), 2),
        "start": np.round(rng.uniform(0.3, 1.2, 2), 2),
    }


def _model(rows):
    a, b, c, d = rows.T

    def residuals(z):
        return a * z[0] * z[1] + b * z[0] + c * z[1] - d

    def jacobian(z):
        return np.stack([a * z[1] + b, a * z[0] + c], axis=1)

    return ResidualModel(residuals, jacobian, n_params=2, n_samples=BATCHES)


def _mean_of_orders(model, start, h, seed):
    """Where one shuffled epoch leads on average over all orders; NaN if an order never came."""
    starts = np.tile(start, (REPLICAS, 1))
    ends = np.unique(simulate(model, SGD(h, order="shuffle"), starts, steps=BATCHES, seed=seed).final, axis=0)
    return ends.mean(axis=0) if len(ends) == ORDERS else np.full(2, np.nan)


def _compiled(terms: Mapping[str, Any]) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """All the terms at a point, by name."""
    function = sympy.lambdify((X, Y), list(terms.values()), cse=True)
    return lambda z: dict(zip(terms, map(np.array, function(*z)), strict=True))


def _follow(at: Callable[[np.ndarray], dict[str, np.ndarray]], names: list[str], start: np.ndarray, h: float) -> Any:
    """The flow of ``sum_k h^k`` times the term ``names[k]`` for the time of one epoch."""

    def velocity(_: float, z: np.ndarray) -> np.ndarray:
        terms = at(z)
        return np.sum([h**k * terms[name] for k, name in enumerate(names)], axis=0)

    return solve_ivp(velocity, (0, BATCHES * h), start, method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1]


def _descent_of(scalar):
    return tuple(-sympy.diff(scalar, s) for s in (X, Y))


@claim(
    "smith2021-shuffling",
    title="Random reshuffling penalizes the gradients of the batches",
    statement=r"$\tilde{L} = L + \frac{h}{4m} \sum_{k=1}^m |\nabla L_k|^2 + O(h^2):\quad"
    r" E\,\theta_m - \varphi^{(p)}_{mh}(\theta_0) = O(h^{p+1})$",
    source="arXiv:2101.12176, theorem number unverified; the third term is our own",
    rivals=("full-batch penalty", "half the penalty", "no penalty"),
    convention="m = 3 batches of one sample, L_k = r_k^2 / 2, bilinear residuals; exact mean over all six orders of one"
    " epoch, p = 1 to 3 terms",
)
def shuffling(lab):
    problem = lab.instance(_bilinear)
    rows, start = np.asarray(problem["residuals"]), np.asarray(problem["start"])
    losses = [(a * X * Y + b * X + c * Y - d) ** 2 / 2 for a, b, c, d in ([decimal(e) for e in row] for row in rows)]
    field = modified_field("random_reshuffling", losses, (X, Y), 3, H)
    squares = [sum(g**2 for g in _descent_of(loss)) for loss in losses]
    full = sum(g**2 for g in _descent_of(sum(losses) / BATCHES))
    second = {
        "": _descent_of(sum(squares) / (4 * BATCHES)),
        "full-batch penalty": _descent_of(full / 4),
        "half the penalty": _descent_of(sum(squares) / (8 * BATCHES)),
        "no penalty": (sympy.Integer(0), sympy.Integer(0)),
    }
    gaps = {
        name: [sympy.expand(a - b) for a, b in zip(field.terms[1], wrong, strict=True)]
        for name, wrong in second.items()
    }
    lab.symbolic(gaps.pop(""), rivals=gaps)
    _check_defects(lab, field, second, start)
    model = _model(rows)
    unit = max(np.linalg.norm(sympy.matrix2numpy(_hessian(loss, start), dtype=float), 2) for loss in losses)
    fractions = {1: [0.005, 0.0025, 0.00125, 0.000625], 2: [0.005, 0.0025, 0.00125, 0.000625], 3: [0.01, 0.005, 0.0025]}
    means = {
        c: _mean_of_orders(model, start, c / unit, lab.seed)
        for c in sorted({c for sizes in fractions.values() for c in sizes})
    }

    at = _compiled(second | {"first": field.terms[0], "third": field.terms[2]})

    def errors(names, p):
        return [np.max(np.abs(means[c] - _follow(at, names, start, c / unit))) for c in fractions[p]]

    published, wrong = ["first", "", "third"], [name for name in second if name]
    for p in (1, 2, 3):
        lab.order(
            np.array(fractions[p]) / unit,
            errors(published[:p], p),
            p + 1,
            rivals={name: errors(["first", name], p) for name in wrong} if p == 2 else {},
            reason="leading order of one epoch",
        )


def _check_defects(lab, field, second, start):
    """Orders of the defect of the exact mean of an epoch, with the paper's second term and its rivals."""
    point, space = [decimal(c) for c in start], field.problem.space
    made = {name: with_term(field, 1, [space.element(e) for e in term]) for name, term in second.items()}
    published = made.pop("")
    for p in (1, 2, 3):
        lab.order(
            np.array(EXACT_STEPS, dtype=float),
            defects(published, point, p),
            p + 1,
            rivals={name: defects(wrong, point, p) for name, wrong in made.items()} if p == 2 else {},
            tolerance=0.01,
            floor=0.0,
            reason=EXACT,
        )


def _hessian(loss, point):
    return sympy.hessian(loss, (X, Y)).subs({X: point[0], Y: point[1]})
