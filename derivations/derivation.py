r"""A derivation to read and to check: its lines, in words and formulas, and the statements that can be tested.

`derive` prepares one by name. The optimizers give their modified equation, for every loss where trees allow it, else on
the two-parameter loss ``(1 - x y)^2 / 2``; the other names derive an implicit regularizer from its definition.
``check()`` runs second routes: another recursion, another number system, an exact defect.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Line:
    """One step of a derivation: what is done, and the formula (LaTeX) with its plain-text form."""

    words: str
    formula: str = ""
    latex: str = ""


@final
@dataclass(frozen=True)
class Outcome:
    """A tested statement, and what was found."""

    statement: str
    passed: bool
    found: str


Check = tuple[str, Callable[[], tuple[bool, str]]]


@final
@dataclass(frozen=True, eq=False)
class Derivation:
    """Lines to read, and checks to run.

    Attributes:
        name, title: what is derived.
        lines: the steps.
        checks: statements with the functions that test them.
        source: where the result stands.
    """

    name: str
    title: str
    lines: tuple[Line, ...]
    checks: tuple[Check, ...]
    source: str

    def check(self) -> tuple[Outcome, ...]:
        """Test every statement; none is skipped when one fails."""
        return tuple(Outcome(statement, *test()) for statement, test in self.checks)

    def __str__(self) -> str:
        rows = [self.title, "=" * len(self.title), ""]
        for number, line in enumerate(self.lines, start=1):
            rows.append(f"{number}. {line.words}")
            rows += [f"       {part}" for part in line.formula.splitlines()]
        return "\n".join([*rows, "", f"Source: {self.source}"])

    def latex(self) -> str:
        """The derivation as LaTeX text with displayed formulas."""
        rows = [rf"\section*{{{_escaped(self.title)}}}", r"\begin{enumerate}"]
        for line in self.lines:
            rows.append(rf"\item {_escaped(line.words)}")
            if line.latex:
                rows.append(rf"\[ {line.latex} \]")
        return "\n".join([*rows, r"\end{enumerate}", f"Source: {_escaped(self.source)}"])

    def _repr_latex_(self) -> str:
        parts = [rf"&\text{{{_escaped(line.words)}}}\\ &\quad {line.latex}" for line in self.lines]
        return r"$\begin{aligned}" + r"\\ ".join(parts) + r"\end{aligned}$"


def _escaped(text: str) -> str:
    for sign in "\\&%$#_{}~^":
        text = text.replace(
            sign, {"\\": r"\textbackslash ", "~": r"\textasciitilde ", "^": r"\^{}"}.get(sign, f"\\{sign}")
        )
    return text


TOPICS = {
    "gradient_descent": "lectures_trees",
    "heavy_ball": "lectures_trees",
    "nesterov": "lectures_trees",
    "usam": "lectures_trees",
    "gradient_regularized": "lectures_trees",
    "weight_decay": "lectures_rings",
    "adam": "lectures_rings",
    "rmsprop": "lectures_rings",
    "sam": "lectures_rings",
    "random_reshuffling": "lectures_rings",
    "simultaneous": "lectures_rings",
    "alternating": "lectures_rings",
    "curl": "lectures_regularizers",
    "mirror": "lectures_regularizers",
    "flatness": "lectures_regularizers",
    "sensing": "lectures_regularizers",
    "label_noise": "lectures_regularizers",
}
"""What can be derived, and the module that does it."""

MOST_TERMS = 10
"""The number of trees grows like 2.96^order: at 40 no machine holds them."""


def derive(name: str, order: int | None = None) -> Derivation:
    """The derivation of that name.

    Args:
        name: an optimizer (see `modified_field`; also ``"weight_decay"``), or ``"curl"``, ``"mirror"``, ``"flatness"``,
            ``"sensing"``, ``"label_noise"``.
        order: number of terms of a modified equation (default 3); the depth of a mirror potential (default 2).

    Raises:
        ValueError: unknown name, bad order, or an order given where there is none.

    >>> all(outcome.passed for outcome in derive("gradient_descent").check())
    True
    """
    if name not in TOPICS:
        raise ValueError(f"name must be one of {', '.join(TOPICS)}, got {name!r}")
    if order is not None and (isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= MOST_TERMS):
        raise ValueError(f"order must be an integer from 1 to {MOST_TERMS}, got {order!r}")
    return importlib.import_module(f".{TOPICS[name]}", __package__).lecture(name, order)
