r"""The first correction f_1 of the optimizers without a B-series, in closed form, for every loss.

With g the gradient of L and ``s_j = sqrt(g_j^2 + epsilon)``:

    Adam          f_1j = -(1 / 2 s_j) [ (1+b)/(1-b) - (1+r)/(1-r) + (1+r)/(1-r) epsilon / s_j^2 ] d_j sum_i s_i
                  for decay rates b = beta1 and r = beta2; RMSprop has b = 0. If r > b and epsilon is small the
                  bracket is negative: the one-norm of the gradient is then *rewarded*;
    SAM           f_1 = -grad ( c |g| + |g|^2 / 4 )    for the radius c h;
    reshuffling   f_1 = -grad ( (1/4m) sum_k |g_k|^2 )   for m batches;
    games         simultaneous (a F, l G): f_1 = -(1/2) (a (a F_x F + l F_y G), l (a G_x F + l G_y G));
                  alternating, first player first: the sign of ``a G_x F`` turns.

They are written down here as formulas and compared with what the Lie logarithm finds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy

Expressions = tuple[sympy.Expr, ...]
Build = Callable[[Sequence[sympy.Expr], Sequence[sympy.Symbol], Mapping[str, Any]], Expressions]


@final
@dataclass(frozen=True)
class ClosedForm:
    """f_1 in words, and as a function of losses (or fields), params and hyperparameters."""

    plain: str
    latex: str
    build: Build


def _gradient(loss: sympy.Expr, params: Sequence[sympy.Symbol]) -> Expressions:
    return tuple(sympy.diff(loss, s) for s in params)


def _adam(losses: Sequence[sympy.Expr], params: Sequence[sympy.Symbol], given: Mapping[str, Any]) -> Expressions:
    b, r, epsilon = given.get("beta1", sympy.Integer(0)), given["beta2"], given["epsilon"]
    roots = [sympy.sqrt(sympy.expand(g**2 + epsilon)) for g in _gradient(losses[0], params)]
    slow, fast = (1 + b) / (1 - b), (1 + r) / (1 - r)
    norm = _gradient(sum(roots), params)
    return tuple(-(slow - fast + fast * epsilon / s**2) / (2 * s) * d for s, d in zip(roots, norm, strict=True))


def _sam(losses: Sequence[sympy.Expr], params: Sequence[sympy.Symbol], given: Mapping[str, Any]) -> Expressions:
    (step,) = sorted(given["radius"].free_symbols, key=str)
    square = sympy.expand(sum(g**2 for g in _gradient(losses[0], params)))
    return tuple(-e for e in _gradient(given["radius"] / step * sympy.sqrt(square) + square / 4, params))


def _reshuffling(losses: Sequence[sympy.Expr], params: Sequence[sympy.Symbol], _: Mapping[str, Any]) -> Expressions:
    squares = sum(g**2 for loss in losses for g in _gradient(loss, params))
    return tuple(-e / (4 * len(losses)) for e in _gradient(squares, params))


def _game(sign: int) -> Build:
    def build(fields: Sequence[sympy.Expr], params: Sequence[sympy.Symbol], given: Mapping[str, Any]) -> Expressions:
        (F, G), (x, y), (a, l) = fields, params, given["rates"]
        first = a * sympy.diff(F, x) * F + l * sympy.diff(F, y) * G
        second = sign * a * sympy.diff(G, x) * F + l * sympy.diff(G, y) * G
        return -a * first / 2, -l * second / 2

    return build


_BRACKET = ClosedForm(
    "f_1j = -(1/(2 s_j)) [(1+b)/(1-b) - (1+r)/(1-r) + ((1+r)/(1-r)) eps/s_j^2] d_j sum_i s_i,  s = sqrt(g^2 + eps)",
    r"f_{1j} = -\frac{1}{2 s_j}\left[\frac{1+\beta_1}{1-\beta_1} - \frac{1+\beta_2}{1-\beta_2}"
    r" + \frac{1+\beta_2}{1-\beta_2}\frac{\epsilon}{s_j^2}\right]\partial_j \sum_i s_i",
    _adam,
)

CLOSED_FORMS = {
    "adam": _BRACKET,
    "rmsprop": _BRACKET,
    "sam": ClosedForm(
        "f_1 = -grad( c |g| + |g|^2 / 4 ),  radius c h", r"f_1 = -\nabla\left(c\,|g| + \tfrac14 |g|^2\right)", _sam
    ),
    "random_reshuffling": ClosedForm(
        "f_1 = -grad( sum_k |g_k|^2 / (4 m) )", r"f_1 = -\nabla\,\tfrac{1}{4m}\sum_k |g_k|^2", _reshuffling
    ),
    "simultaneous": ClosedForm(
        "f_1 = -(1/2) (a (a F_x F + l F_y G), l (a G_x F + l G_y G))",
        r"f_1 = -\tfrac12\left(a(a F_x F + l F_y G),\; l(a G_x F + l G_y G)\right)",
        _game(1),
    ),
    "alternating": ClosedForm(
        "f_1 = -(1/2) (a (a F_x F + l F_y G), l (-a G_x F + l G_y G))",
        r"f_1 = -\tfrac12\left(a(a F_x F + l F_y G),\; l(-a G_x F + l G_y G)\right)",
        _game(-1),
    ),
}
