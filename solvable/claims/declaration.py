r"""A claim: a statement, its source, the rival statements that it must beat, and the function that tests it.

The metadata are literals, because the registry reads them from source text without importing anything. One
class serves both roads: read from a file, a claim knows where its function lives and imports it when it is
called; made by the decorator, it holds its function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TIERS = ("fast", "slow")
_ID = re.compile(r"[a-z]+\d{4}-[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Claim:
    """The metadata of a claim, callable with a `Lab`.

    Two claims are equal when their metadata and their place in the source are; `function` is None until the
    module of a claim read from the registry is imported by the first call.

    >>> from solvable.claims import claim
    >>> @claim("euler1755-double", statement="$2x = x + x$", source="folklore")
    ... def double(lab):
    ...     lab.identity(2 * 3.0, 3.0 + 3.0)
    >>> double.id, double.paper, double.tier
    ('euler1755-double', 'euler1755', 'fast')
    """

    id: str
    statement: str
    source: str
    title: str | None = None
    hypotheses: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    convention: str | None = None
    tier: str = "fast"
    errata: str | None = None
    name: str = ""
    module: str | None = None
    file: str | None = None
    line: int = 0
    function: Callable[[Any], None] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ValueError(f"id must look like author2020-short-name, got {self.id!r}")
        for name in ("statement", "source"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"{name} of claim {self.id} must be a non-empty string, got {value!r}")
        for name in ("title", "convention", "errata"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise ValueError(f"{name} of claim {self.id} must be a string or None, got {value!r}")
        for name in ("hypotheses", "rivals"):
            object.__setattr__(self, name, _names(self.id, name, getattr(self, name)))
        if self.tier not in TIERS:
            raise ValueError(f"tier of claim {self.id} must be one of {', '.join(TIERS)}, got {self.tier!r}")

    def __call__(self, lab: Any) -> None:
        """Run the claim in `lab`, importing its module first if that has not happened."""
        self.load()(lab)

    def load(self) -> Callable[[Any], None]:
        """The function of this claim."""
        if self.function is None:
            from .loading import load_function

            object.__setattr__(self, "function", load_function(self.module, self.file, self.name))
        assert self.function is not None
        return self.function

    @property
    def paper(self) -> str:
        """The part of the id before the first dash, shared by all claims of one source."""
        return self.id.partition("-")[0]

    @property
    def arxiv(self) -> str | None:
        """The arXiv number of the source, if it has one."""
        found = re.search(r"arxiv:\s*([\w.\-/]+)", self.source, re.IGNORECASE)
        return found.group(1) if found else None

    def _repr_latex_(self) -> str:
        return self.statement

    def _repr_markdown_(self) -> str:
        rivals = ", ".join(self.rivals) if self.rivals else "no rival"
        return f"**{self.title or self.id}** ({self.source})\n\n{self.statement}\n\n*Rivals:* {rivals}"


def claim(
    id: str,
    *,
    statement: str,
    source: str,
    title: str | None = None,
    hypotheses: tuple[str, ...] = (),
    rivals: tuple[str, ...] = (),
    convention: str | None = None,
    tier: str = "fast",
    errata: str | None = None,
) -> Callable[[Callable[[Any], None]], Claim]:
    r"""Declare the decorated function of a `Lab` as a claim; all arguments must be literals.

    Parameters
    ----------
    id : ``author2020-short-name``, unique.
    statement : what is true, in words with ``$...$`` in matplotlib's mathtext subset.
    source : where it comes from, such as ``"arXiv:2002.09277"``.
    title : one short line for tables; the id if left out.
    hypotheses : names of the conditions that the function states with ``lab.require``.
    rivals : names of the statements that the evidence must reject, each used at least once.
    convention : where loss, clock or scale depart from the package's convention, in words.
    tier : ``"fast"`` or ``"slow"``.
    errata : what the source says differently.

    Raises
    ------
    ValueError : an argument is malformed.

    >>> @claim("gauss1801-square", statement="$(a + b)^2 = a^2 + 2ab + b^2$", source="folklore",
    ...        rivals=("without the cross term",))
    ... def square(lab):
    ...     lab.identity((3 + 4) ** 2, 9 + 24 + 16, rivals={"without the cross term": 9 + 16})
    >>> from solvable.claims import verify
    >>> print(verify(square)[0].verdict)
    VERIFIED
    """

    def declare(function: Callable[[Any], None]) -> Claim:
        if not callable(function):
            raise ValueError(f"claim {id} must decorate a function of one argument, got {function!r}")
        code = getattr(function, "__code__", None)
        return Claim(
            id,
            statement,
            source,
            title,
            hypotheses,
            rivals,
            convention,
            tier,
            errata,
            name=getattr(function, "__qualname__", type(function).__name__),
            module=getattr(function, "__module__", None),
            file=code.co_filename if code else None,
            line=code.co_firstlineno if code else 0,
            function=function,
        )

    return declare


def _names(claim_id: str, argument: str, value: Any) -> tuple[str, ...]:
    # A bare string is the classic slip for a one-element tuple: ("plain l1") has no comma.
    if isinstance(value, str) or not isinstance(value, (tuple, list)):
        raise ValueError(f"{argument} of claim {claim_id} must be a tuple of names, got {value!r}")
    if not all(isinstance(name, str) and name for name in value):
        raise ValueError(f"{argument} of claim {claim_id} must be non-empty strings, got {value!r}")
    if len(set(value)) != len(value):
        raise ValueError(f"{argument} of claim {claim_id} has a repeated name: {value!r}")
    return tuple(value)
