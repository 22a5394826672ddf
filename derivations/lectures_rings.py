r"""Derivations of modified equations on an example: optimizers that tell coordinates, batches or players apart.

A rooted tree knows one field f. Adam divides each coordinate by its own memory, random reshuffling goes from one loss
to another, a game has a field for each player: here no combination of trees says what happens for every loss. What
remains true is the definition. The flow of ``f~ = f_0 + h f_1 + ...`` must make the step,

    exp(h D) theta = Phi_h(theta),        D the derivative along f~,

and order by order this gives f_k as an expression in derivatives of the given losses. For a polynomial loss these
are elements of a ring of polynomials, enlarged by the roots and quotients that the method takes (each is adjoined
together with its derivative), so that the terms are exact.

A method with memory has first to forget how it began: its memory settles near its rest under the present gradient, on a
slow manifold that is expanded along with the field.
"""

from __future__ import annotations

from typing import Any

import sympy

from derivations.closed_forms import CLOSED_FORMS
from derivations.derivation import Check, Derivation, Line
from derivations.field import ModifiedField
from derivations.gradients import NotAGradient
from derivations.lectures_trees import EXAMPLE, POINT, H, X, Y, defect_orders
from derivations.modified_equation import modified_field

_LONG = 40
_HALF = sympy.Rational(1, 2)
_BATCHES = (EXAMPLE, (X - 2 * Y + 1) ** 2 / 2, (X**2 - Y) ** 2 / 2)
_GAME = (X * Y - X**3, Y - X - X * Y**2)
_LOSS, _TWO = (EXAMPLE, (X, Y)), "on L = (1 - x y)^2 / 2"
_ADAM = "a memory settles near its rest under the present gradient; expand its slow manifold with the field"

# name: (optimizer, (loss, params), hyperparameters, title, words on the method, source)
_CASES: dict[str, tuple[str, tuple[Any, Any], dict[str, Any], str, str, str]] = {
    "weight_decay": (
        "gradient_descent",
        _LOSS,
        {"weight_decay": sympy.Rational(3, 10)},
        f"Gradient descent with weight decay 3/10 {_TWO}",
        "Coupled decay is gradient descent on L + (lambda/2) |theta|^2, so g + lambda theta replaces g everywhere",
        "Barrett and Dherin, arXiv:2009.11162",
    ),
    "adam": (
        "adam",
        _LOSS,
        {"beta1": _HALF, "beta2": sympy.Rational(3, 5), "epsilon": sympy.Rational(1, 4)},
        f"Adam (beta1 = 1/2, beta2 = 3/5, epsilon = 1/4 inside the root) {_TWO}",
        f"The means m of g and v of g^2 are {_ADAM}",
        "Cattaneo et al., arXiv:2309.00079",
    ),
    "rmsprop": (
        "rmsprop",
        _LOSS,
        {"beta2": sympy.Rational(3, 5), "epsilon": sympy.Rational(1, 4)},
        f"RMSprop (beta2 = 3/5, epsilon = 1/4 inside the root) {_TWO}",
        f"The mean v of g^2 is {_ADAM}",
        "Cattaneo et al., arXiv:2309.00079",
    ),
    "sam": (
        "sam",
        _LOSS,
        {"radius": H},
        f"SAM with radius h {_TWO}",
        "Adjoin v = 1/|g|, whose derivative -v^3 H g is a polynomial again: the logarithm of the step is then algebra",
        "Compagnoni et al., arXiv:2301.08203",
    ),
    "random_reshuffling": (
        "random_reshuffling",
        (_BATCHES, (X, Y)),
        {},
        "One epoch of random reshuffling over three batches",
        "Average the epoch over all six orders, and take the logarithm of this mean map over a time of three steps",
        "Smith et al., arXiv:2101.12176",
    ),
    "simultaneous": (
        "simultaneous",
        (_GAME, (X, Y)),
        {"rates": (1, 3)},
        "Two players, simultaneous steps with rates 1 and 3, fields F = x y - x^3 and G = y - x - x y^2",
        "Both players move at the old point: the step is Euler's method on the joint field (F, 3 G)",
        "Rosca et al., arXiv:2105.13922",
    ),
    "alternating": (
        "alternating",
        (_GAME, (X, Y)),
        {"rates": (1, 3)},
        "Two players, alternating steps with rates 1 and 3, fields F = x y - x^3 and G = y - x - x y^2",
        "The second player answers at the new point, which turns the sign of one interaction term",
        "Rosca et al., arXiv:2105.13922",
    ),
}


def lecture(name: str, order: int | None) -> Derivation:
    """The derivation of the modified equation of `name` on its example, to `order` terms."""
    optimizer, (loss, params), given, title, words, source = _CASES[name]
    terms = 3 if order is None else order
    field = modified_field(optimizer, loss, params, terms, H, **given)
    lines = [Line(words)]
    lines += _terms(field)
    checks: list[Check] = []
    if name in CLOSED_FORMS and terms > 1:
        closed = CLOSED_FORMS[name]
        lines.append(Line("For every loss, f_1 has the closed form", closed.plain, closed.latex))
        checks.append(("the closed form of f_1", lambda: _is_closed_form(name, field)))
    lines.append(_potential(field))
    checks.append((f"exact defect of order p + 1 for p = 1..{terms}", lambda: defect_orders(field, POINT)))
    return Derivation(name, title, tuple(lines), tuple(checks), source)


def _terms(field: ModifiedField) -> list[Line]:
    space, lines = field.problem.space, []
    for symbol, function in space.legend():
        lines.append(Line("Adjoin", f"{symbol} = {function}", rf"{symbol} = {sympy.latex(function)}"))
    for k, f in enumerate(field.flow.fields):
        words = f"Order h^{k + 1} of the flow gives f_{k}"
        if max(map(len, f)) > _LONG:
            lines.append(Line(f"{words}, polynomials of {', '.join(str(len(e)) for e in f)} terms"))
            continue
        shown = [space.named(e) for e in f]
        plain = "\n".join(f"f_{k}[{i}] = {e}" for i, e in enumerate(shown))
        lines.append(Line(words, plain, rf"f_{k} = {sympy.latex(sympy.Matrix(shown))}"))
    return lines


def _is_closed_form(name: str, field: ModifiedField) -> tuple[bool, str]:
    problem, space = field.problem, field.problem.space
    expected = CLOSED_FORMS[name].build(problem.losses or problem.fields[0], problem.params, problem.hyperparameters)
    same = [space.vanishes(f - space.element(e)) for f, e in zip(field.flow.fields[1], expected, strict=True)]
    return all(same), f"{sum(same)} of {len(same)} components identical"


def _potential(field: ModifiedField) -> Line:
    best = 0
    try:
        for p in range(1, field.order + 1):
            loss = field.loss(p)
            best = p
    except NotAGradient as refused:
        if best == 0:
            return Line(f"No term is a gradient: {refused}")
        words = f"The first {best} term(s) are the gradient flow of a modified loss; {refused}"
        return Line(words, str(loss), sympy.latex(loss))
    return Line(f"All {best} terms are the gradient flow of a modified loss", str(loss), sympy.latex(loss))
