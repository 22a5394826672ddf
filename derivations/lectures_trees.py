r"""Derivations of modified equations that hold for every loss: optimizers with a B-series.

A step that is made of evaluations of ``f = -grad L`` expands over rooted trees, one for each way to nest derivatives of
f: a vertex with m children is an m-th derivative, its children what goes in. So there is one vocabulary for all losses,

    h f~ = sum_t h^|t| / sigma(t) b(t) F(t),

and a derivation is one of its coefficients b. It goes one of two ways. Where the method is a linear recursion in theta
and f (gradient descent, momentum), the shift by one step along f~ is ``exp(hD)``, and ``f~ = c(hD) f`` is solved by the
Taylor series of one function c. Where it evaluates f at displaced points (SAM, gradient regularization), the step is
expanded and its logarithm taken, tree by tree.

Two terms are always a gradient flow, because ``f'f`` is the gradient of ``|grad L|^2 / 2``. The third has the two trees
``f'f'f`` and ``f''(f, f)``, whose sum is a gradient in one proportion only: in any other there is a curl.

Each derivation checks itself: by a run of the general machine on a loss, without trees, and by the defect of the exact
step against the truncated flow, whose order must be p + 1 for p terms.
"""

from __future__ import annotations

import math
from typing import Any

import sympy

from derivations.backward_series import bseries
from derivations.derivation import Check, Derivation, Line
from derivations.differentials import differential_elements
from derivations.field import ModifiedField
from derivations.modified_equation import modified_field
from derivations.multistep import RECURSIONS, recursion_coefficients
from derivations.tree_routes import lie_recursion
from derivations.trees import RootedTree

H = sympy.Symbol("h", positive=True)
BETA, RATIO, ASCENT = sympy.symbols("beta c e")
X, Y = sympy.symbols("x y", real=True)
EXAMPLE = (1 - X * Y) ** 2 / 2
POINT = (sympy.Rational(7, 5), sympy.Rational(3, 10))

_TITLES = {
    "gradient_descent": "Modified equation of gradient descent",
    "heavy_ball": "Modified equation of heavy ball with momentum beta",
    "nesterov": "Modified equation of Nesterov's method with momentum beta",
    "usam": "Modified equation of unnormalized SAM with radius c h",
    "gradient_regularized": "Modified equation of finite-difference gradient regularization (strength c h, ascent e h)",
}
_STEPS = {
    "gradient_descent": ("theta+ = theta + h f(theta)", r"\theta_+ = \theta + h f(\theta)"),
    "heavy_ball": (
        "theta+ = theta + h f(theta) + beta (theta - theta-)",
        r"\theta_+ = \theta + h f(\theta) + \beta(\theta - \theta_-)",
    ),
    "nesterov": (
        "theta+ = theta + beta (theta - theta-) + h [(1+beta) f(theta) - beta f(theta-)]",
        r"\theta_+ = \theta + \beta(\theta - \theta_-) + h[(1+\beta) f(\theta) - \beta f(\theta_-)]",
    ),
    "usam": ("theta+ = theta + h f(theta - c h f(theta))", r"\theta_+ = \theta + h f(\theta - c h f(\theta))"),
    "gradient_regularized": (
        "theta+ = theta + h f + (c/e) h [f(theta - e h f) - f]",
        r"\theta_+ = \theta + h f + \frac{c}{e} h [f(\theta - e h f) - f]",
    ),
}
_SOURCES = {
    "gradient_descent": "Barrett and Dherin, arXiv:2009.11162; Hairer, Lubich and Wanner, chapter IX",
    "heavy_ball": "Ghosh et al., arXiv:2302.00849",
    "nesterov": "Hairer, Lubich and Wanner, chapter XV",
    "usam": "Compagnoni et al., arXiv:2301.08203",
    "gradient_regularized": "Karakida et al., arXiv:2210.02720",
}
_SYMBOLIC: dict[str, dict[str, Any]] = {
    "gradient_descent": {},
    "heavy_ball": {"momentum": BETA},
    "nesterov": {"momentum": BETA},
    "usam": {"radius": RATIO},
    "gradient_regularized": {"strength": RATIO, "ascent_step": ASCENT},
}
_NUMBERS = {BETA: sympy.Rational(1, 3), RATIO: sympy.Rational(1, 2), ASCENT: sympy.Integer(1)}


def lecture(name: str, order: int | None) -> Derivation:
    """The derivation of the modified equation of `name` to `order` terms."""
    terms = 3 if order is None else order
    series = bseries(name, terms, **_SYMBOLIC[name])
    plain, written = _STEPS[name]
    lines = [Line("Write f = -grad L. One step is", plain, written)]
    lines += _route(name, terms)
    lines.append(Line("Sort by rooted trees; h^(n-1) multiplies the trees with n vertices", *_formula(series, terms)))
    lines += _potential(name, series, terms)
    checks: list[Check] = [("the same series on a loss, without trees", lambda: _same_on_example(name, terms))]
    if name == "gradient_descent":
        checks.append(("integers and edge cuts give the same coefficients", lambda: _same_by_cuts(series, terms)))
    checks.append((f"exact defect of order p + 1 for p = 1..{terms}", lambda: defect_orders(example(name, terms))))
    return Derivation(name, _TITLES[name], tuple(lines), tuple(checks), _SOURCES[name])


def example(name: str, order: int) -> ModifiedField:
    """The field on the two-parameter loss, hyperparameters replaced by numbers, through the general machine."""
    given = {key: value.subs(_NUMBERS) for key, value in _SYMBOLIC[name].items()}
    if name in ("usam", "gradient_regularized"):
        given = {key: value * H for key, value in given.items()}
    return modified_field(name, EXAMPLE, (X, Y), order, H, route="lie", **given)


def _route(name: str, order: int) -> list[Line]:
    if name not in RECURSIONS:
        return [
            Line(
                "Expand the step in trees, and take the logarithm: the flow exp(hD) of f~ must be the step",
                "b(t) = a(t) - sum_(j>=1) (D_b^j b)(t) / (j+1)!",
                r"b(t) = a(t) - \sum_{j\geq 1} \frac{(D_b^j b)(t)}{(j+1)!}",
            )
        ]
    coefficients = recursion_coefficients(name, BETA if name != "gradient_descent" else sympy.Integer(0), order)
    rho, sigma = RECURSIONS[name](BETA)
    z = sympy.Symbol("z")
    function = (
        z
        * sum(s * sympy.exp(k * z) for k, s in enumerate(sigma))
        / sympy.factor(sum(r * sympy.exp(k * z) for k, r in enumerate(rho)))
    )
    shown = [(f"c_{j}", c) for j, c in enumerate(coefficients)]
    return [
        Line(
            "On a solution of theta' = f~ the shift by one step is exp(hD), D the derivative along f~. So f~ = c(hD) f",
            f"c(z) = {function}",
            f"c(z) = {sympy.latex(function)}",
        ),
        Line(
            "Its Taylor coefficients, f~ = sum_j c_j h^j D^j f",
            "\n".join(f"{label} = {c}" for label, c in shown),
            r",\quad ".join(f"{label} = {sympy.latex(c)}" for label, c in shown),
        ),
    ]


def _formula(series: dict[RootedTree, sympy.Expr], order: int) -> tuple[str, str]:
    plain, written = [], []
    for size in range(1, order + 1):
        parts = [(t, sympy.factor(b / t.symmetry)) for t, b in series.items() if t.order == size and b != 0]
        power = "" if size == 1 else "h " if size == 2 else f"h^{size - 1} "
        body = " + ".join(f"({c}) {t}" for t, c in parts) or "0"
        plain.append(("f~ = " if size == 1 else "   + ") + f"{power}[ {body} ]")
        inner = " + ".join(rf"\left({sympy.latex(c)}\right) {t.latex()}" for t, c in parts) or "0"
        written.append((f"h^{{{size - 1}}}" if size > 1 else "") + rf"\left[{inner}\right]")
    return "\n".join(plain), r"\tilde f = " + " + ".join(written)


def _potential(name: str, series: dict[RootedTree, sympy.Expr], order: int) -> list[Line]:
    """The modified loss of two terms: f'f = grad |grad L|^2 / 2, so term 1 is always a gradient."""
    if order < 2:
        return []
    by_order = list(series.items())
    first, second = by_order[0][1], sympy.factor(by_order[1][1])
    weight = sympy.factor(-second / 2)
    lines = [
        Line(
            "Since f'f = grad |grad L|^2 / 2, two terms are the gradient flow of the modified loss",
            f"({first}) L + h ({weight}) |grad L|^2",
            rf"\left({sympy.latex(first)}\right) L + h \left({sympy.latex(weight)}\right) |\nabla L|^2",
        )
    ]
    if order > 2:
        weight = _curl_weight(by_order)
        lines.append(
            Line(
                "The third term is -(p H^2 g + q T g), T = D_g H, and T g = grad(g.Hg) - 2 H^2 g: what is left of "
                "H^2 g has a curl, so that in general there is no modified loss of three terms",
                f"curl f_2 = ({weight}) [H, T]",
                rf"\operatorname{{curl}} f_2 = \left({sympy.latex(weight)}\right) [H, T]",
            )
        )
    return lines


def _curl_weight(by_order: list[tuple[RootedTree, sympy.Expr]]) -> sympy.Expr:
    """The curl of ``-(p - 2q) H^2 g`` over [H, T], with p and q the coefficients of f'f'f and f''(f,f)."""
    tall = next(b for t, b in by_order if t.order == 3 and len(t.children) == 1)
    bushy = next(b / t.symmetry for t, b in by_order if t.order == 3 and len(t.children) == 2)
    return sympy.factor(-(tall - 2 * bushy))


def _same_on_example(name: str, order: int) -> tuple[bool, str]:
    field = example(name, order)
    space = field.problem.space
    force = tuple(-e for e in field.problem.elements[0])
    totals = [[space.ring.zero] * 2 for _ in range(order)]
    known: dict[RootedTree, Any] = {}
    for tree, b in bseries(name, order, **{k: v.subs(_NUMBERS) for k, v in _SYMBOLIC[name].items()}).items():
        weight = space.domain.from_sympy(b / tree.symmetry)
        for i, e in enumerate(differential_elements(space, force, tree, known)):
            totals[tree.order - 1][i] += e * weight
    same = [tuple(total) == f for total, f in zip(totals, field.flow.fields, strict=True)]
    return all(same), f"{sum(same)} of {order} terms identical on (1 - x y)^2 / 2"


def _same_by_cuts(series: dict[RootedTree, sympy.Expr], order: int) -> tuple[bool, str]:
    cut = lie_recursion(lambda tree: sympy.QQ(int(tree.order == 1)), order, sympy.QQ.one)
    same = sum(sympy.QQ.to_sympy(cut[tree]) == b for tree, b in series.items())
    return same == len(series), f"{same} of {len(series)} coefficients identical"


def defect_orders(field: ModifiedField, point: Any = POINT, **data: Any) -> tuple[bool, str]:
    """Local slopes of the defect in log h, which must be p + 1 within 0.4 for every p."""
    slopes = []
    for p in range(1, field.order + 1):
        sizes = (sympy.Rational(1, 160), sympy.Rational(1, 320))
        large, small = (max(abs(float(e)) for e in field.defect(point, h, order=p, **data)) for h in sizes)
        slopes.append(math.log2(large / small))
    passed = all(abs(slope - p - 1) < 0.4 for p, slope in enumerate(slopes, start=1))
    return passed, "slopes " + ", ".join(f"{slope:.2f}" for slope in slopes)
