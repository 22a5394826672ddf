r"""The modified equation of an optimizer for every loss, in LaTeX: ``f = -grad L`` and its derivatives.

Up to three terms the momentum (or radius, or strength) is a letter; with more, the fractions would not fit a screen,
and numbers take its place.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from .equations import MOMENTUM, hyperparameters

LETTERS = 3
"""The most terms that are written with letters."""
PER_LINE = {True: 2, False: 3}


def formula(optimizer: str, order: int, weight: float) -> str:
    r"""``\tilde f`` with `order` terms, one power of h a line.

    >>> print(formula("gradient_descent", 2, 0.5))
    \begin{aligned}\tilde f = {}&f\\ &+h\,\big[-\frac{1}{2}\,f'f\big]\end{aligned}
    """
    letters = order <= LETTERS or optimizer == "gradient_descent"
    series, rows = _series(optimizer, order, None if letters else weight), []
    for size in range(1, order + 1):
        chosen = [(b / tree.symmetry, tree) for tree, b in series.items() if tree.order == size and b != 0]
        parts = [_coefficient(b, letters) + tree.latex() for b, tree in chosen]
        width = PER_LINE[letters and optimizer in MOMENTUM]
        lines = ["".join(parts[i : i + width]) for i in range(0, len(parts), width)]
        body = r"\\ &\qquad ".join(lines).removeprefix("+")
        power = rf"&+h{'' if size == 2 else f'^{{{size - 1}}}'}\,\big["
        rows.append(f"&{body}" if size == 1 else power + body + r"\big]")
    return r"\begin{aligned}\tilde f = {}" + r"\\ ".join(rows) + r"\end{aligned}"


@cache
def _series(optimizer: str, order: int, weight: float | None) -> Any:
    import sympy

    from derivations import bseries

    letter = sympy.Symbol("beta" if optimizer in MOMENTUM else "c")
    return bseries(optimizer, order, **hyperparameters(optimizer, letter if weight is None else weight, 1))


def _coefficient(value: Any, letters: bool) -> str:
    """With its sign; powers of ``1 - beta`` below the line, where sympy writes ``beta - 1``."""
    import sympy

    if not letters:
        return f"{float(value):+.4g}\\,"
    above, below = sympy.fraction(sympy.factor(value))
    beta = sympy.Symbol("beta")
    power = int(sympy.degree(below, beta)) if below.has(beta) else 0
    number = sympy.cancel(below / (beta - 1) ** power)
    above = sympy.factor(above * (-1) ** power)
    negative = sympy.latex(above).lstrip().startswith("-")
    top = sympy.latex(-above if negative else above)
    parts = ["" if number == 1 and power else sympy.latex(number), rf"(1-\beta)^{{{power}}}" if power > 1 else ""]
    bottom = "".join(parts) if power != 1 else parts[0] + r"(1-\beta)"
    sign = "-" if negative else "+"
    if bottom == "1":
        return sign if top == "1" else rf"{sign}{top}\,"
    return rf"{sign}\frac{{{top}}}{{{bottom}}}\,"
