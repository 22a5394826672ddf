r"""Gradient descent is Euler's method: its modified equation, term by term, and where it stops being a gradient.

With ``f = -g``, ``g = grad L``, H the Hessian and ``T v = D_v H`` its derivative along v, a step of length h follows

    f~ = f - (h/2) f'f + h^2 ( f'f'f / 3 + f''(f,f) / 12 ) + ...
       = -g - (h/2) H g - h^2 ( H^2 g / 3 + (T g) g / 12 ) - ...

The first two terms are ``-grad (L + (h/4) |g|^2)`` (Barrett and Dherin). The third is
``-(1/12) grad (g.H g) - (1/6) H^2 g``, and

    curl f_2 = D f_2 - (D f_2)^T = -(1/6) [H, T g].

So a modified loss exists to third order if and only if H commutes with its derivative along g: for quadratic,
separable and radial losses and in one dimension, but not for the product of two numbers.
"""

from __future__ import annotations

import numpy as np
import sympy

from derivations import modified_field
from solvable import GradientDescent, ModifiedFlow, ScalarFactorization, claim

from ._modified import (
    EXACT,
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
    quartic,
    quartic_problem,
    saved_runs,
    scaled_term,
    sharpness,
    with_term,
)

NONDEGENERATE = "no term of the field vanishes at the point"


def _without_second_derivative(field):
    """f_2 without f''(f,f)/12, that is f'f'f/3 alone."""
    space, force = field.problem.space, field.flow.fields[0]
    first = tuple(space.along(force, e) for e in force)  # f'f
    both = tuple(space.along(force, e) for e in first)  # f''(f,f) + f'f'f
    tall = tuple(space.along(first, e) for e in force)  # f'f'f
    twelfth = space.domain(1) / space.domain(12)
    bushy = [(b - t) * twelfth for b, t in zip(both, tall, strict=True)]
    return with_term(field, 2, [e - b for e, b in zip(field.flow.fields[2], bushy, strict=True)])


def _completed(field):
    """f_2 made a gradient: -(1/6) grad (g.H g), which has the right H^2 g."""
    space, force = field.problem.space, field.flow.fields[0]
    first = tuple(space.along(force, e) for e in force)
    scalar = sum((a * b for a, b in zip(force, first, strict=True)), space.ring.zero)  # f.f'f = -g.H g
    sixth = space.domain(1) / space.domain(6)
    return with_term(field, 2, [space.derivative(scalar, i) * sixth for i in range(len(force))])


@claim(
    "solvable2026-euler-series",
    title="What gradient descent follows, to six orders",
    statement=r"$\tilde{f} = -g - \frac{h}{2} Hg - h^2\left(\frac{1}{3} H^2 g + \frac{1}{12} (D_gH)\,g\right) + \ldots:"
    r"\quad \theta_k - \varphi^{(p)}_{hk}(\theta_0) = O(h^p)$",
    source="backward error analysis of Euler's method (Hairer, Lubich and Wanner, chapter IX; number unverified)",
    hypotheses=("no term of the field vanishes at the point",),
    rivals=("penalty (h/2)|grad L|^2", "third term without f''(f,f)/12", "third term completed to a gradient"),
    convention="p terms; defect of a random quartic loss at p = 1 to 6, iterates of L = (x y - t)^2 / 2 at p = 1 to 4",
)
def euler_series(lab):
    problem = lab.instance(quartic_problem)
    point = [decimal(c) for c in problem["point"]]
    field = modified_field("gradient_descent", quartic(problem["coefficients"]), (X, Y), 6, H)
    lab.require(NONDEGENERATE, _all_terms_act(field, point))
    rivals = {
        2: {"penalty (h/2)|grad L|^2": scaled_term(field, 1, 2)},
        3: {
            "third term without f''(f,f)/12": _without_second_derivative(field),
            "third term completed to a gradient": _completed(field),
        },
    }
    for p in range(1, 7):
        lab.order(
            np.array(EXACT_STEPS, dtype=float),
            defects(field, point, p),
            p + 1,
            rivals={name: defects(rival, point, p) for name, rival in rivals.get(p, {}).items()},
            tolerance=0.01,
            floor=0.0,
            reason=EXACT,
        )
    drawn = lab.instance(product_problem)
    start, target = np.asarray(drawn["start"]), float(drawn["target"])
    unit = sharpness(start, target)
    step_sizes = 0.04 / unit / np.array([1.0, 2.0, 4.0, 8.0])
    runs = saved_runs(GradientDescent, target, start, step_sizes, time=1.28 / unit)
    product = modified_field("gradient_descent", PRODUCT_LOSS, (X, Y), 4, H)
    for p, kernel in compiled_terms(product, range(1, 5)).items():
        lab.order(step_sizes, flow_errors(kernel, target, step_sizes, runs, lambda h: (h, target)), p, reason=LEADING)


def _all_terms_act(field, point):
    """Whether each next term changes the defect, so that the exponent p + 1 is attained."""
    step = EXACT_STEPS[-1]
    sizes = [
        max(abs(e) for e in field.defect(point, step, order=p)) / step ** (p + 1) for p in range(1, field.order + 1)
    ]
    return min(sizes) > 1e-3 * sizes[0] > 0


@claim(
    "solvable2026-descent-curl",
    title="From the third term on, gradient descent follows no modified loss",
    statement=r"$D f_2 - (D f_2)^T = -\frac{1}{6}\,[H,\ D_g H]$",
    source="derived in derivations.gradients",
    rivals=("a modified loss exists to all orders", "twice the curl"),
    convention="random quartic, product and diagonal losses; zero for quadratic, separable and radial ones; "
    "circulation of the field of compiled iterates around a square",
)
def descent_curl(lab):
    problem = lab.instance(quartic_problem)
    third, squares = X**2 + Y**2, TARGET - X**2 + Y**2
    curved = (quartic(problem["coefficients"]), PRODUCT_LOSS, squares**2 / 2, sympy.exp(X * Y) + X**2)
    for loss in curved:
        curl, predicted = _curl(loss), _commutator(loss)
        lab.symbolic(
            _expanded(curl + predicted / 6),
            rivals={
                "a modified loss exists to all orders": _expanded(curl),
                "twice the curl": _expanded(curl + predicted / 3),
            },
        )
    quadratic = sum(decimal(c) * m for c, m in zip(problem["coefficients"], (X, Y, X**2, X * Y, Y**2), strict=False))
    for loss in (quadratic, X**4 - X**3 + Y**4 + Y, third**3 - 2 * third):
        lab.symbolic([*_curl(loss), *_expanded(_commutator(loss))])
    drawn = lab.instance(product_problem)
    start, target = np.asarray(drawn["start"]), float(drawn["target"])
    unit = sharpness(start, target)
    side = 0.2 * float(np.linalg.norm(start))
    step_sizes = 0.05 / unit / np.array([1.0, 2.0, 4.0])
    measured = [_circulation(target, start, side, h) / h**2 for h in step_sizes]
    predicted = -_flux(target, start, side) / 6
    lab.limit(
        step_sizes,
        np.array(measured) / predicted,
        1.0,
        rivals={"a modified loss exists to all orders": 0.0, "twice the curl": 2.0},
        tolerance=0.05,
        reason="the next term of the modified equation has a curl as well, smaller by a factor of order h",
    )


def _curl(loss):
    return modified_field("gradient_descent", loss, (X, Y), 3, H).curl(2)


def _commutator(loss):
    """``[H, D_g H]``, by plain differentiation."""
    g = [sympy.diff(loss, s) for s in (X, Y)]
    hessian = sympy.hessian(loss, (X, Y))
    along = hessian.applyfunc(lambda e: g[0] * sympy.diff(e, X) + g[1] * sympy.diff(e, Y))
    return hessian * along - along * hessian


def _expanded(matrix):
    return [sympy.expand(e) for e in matrix]


def _square(start, side, points=12):
    """Gauss nodes on the edges of a square centered at `start`: points, and vectors to sum the field against."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    places, moves = [], []
    for way in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        tangent, normal = np.array(way), np.array((way[1], -way[0]))
        places.append(start + side / 2 * (normal + nodes[:, None] * tangent))
        moves.append(side / 2 * weights[:, None] * tangent)
    return np.concatenate(places), np.concatenate(moves)


def _circulation(target, start, side, h):
    """Circulation of the modified field, as six iterates of the compiled optimizer show it."""
    model, flow = ScalarFactorization(target=target), ModifiedFlow(GradientDescent(h), order=6)
    return sum(float(flow.field(model, z) @ move) for z, move in zip(*_square(start, side), strict=True))


def _flux(target, start, side, points=12):
    """Integral over the square of the entry of [H, D_g H] that its circulation measures."""
    entry = sympy.lambdify((X, Y), _commutator(PRODUCT_LOSS).subs(TARGET, target)[1, 0])
    nodes, weights = np.polynomial.legendre.leggauss(points)
    grid = start[0] + side / 2 * nodes[:, None], start[1] + side / 2 * nodes[None, :]
    return float(weights @ entry(*grid) @ weights) * side**2 / 4
