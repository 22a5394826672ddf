"""The registry is read, not imported: the metadata of every claim, from the text of its file.

A regular expression finds each decorator up to the name of its function, and ``ast`` evaluates the literals
of that piece alone. Parsing only the pieces keeps ``solvable list`` quick when the bodies grow; a test
compares the outcome with the imported modules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .declaration import TIERS, Claim
from .errors import UsageError
from .loading import PAPERS_PACKAGE

PAPERS = Path(__file__).parent / "papers"
_PIECE = re.compile(r"^@(?:solvable\.)?claim\(.*?^def\s+(\w+)\s*\(", re.MULTILINE | re.DOTALL)


def all_claims() -> tuple[Claim, ...]:
    """Every claim of the package, by paper and then in the order of its file; nothing is imported.

    >>> all(claim.function is None for claim in all_claims())
    True
    """
    return tuple(claim for file in sorted(PAPERS.glob("[!_]*.py")) for claim in read_claims(file))


def read_claims(file: Path) -> list[Claim]:
    """The claims declared in one source file.

    Raises
    ------
    ValueError : a declaration is not made of literals; the message names file and line.
    """
    text = file.read_text(encoding="utf-8")
    try:
        nodes = [
            (node, text.count("\n", 0, piece.start()))
            for piece in _PIECE.finditer(text)
            for node in ast.parse(piece.group(0) + "lab): ...").body
        ]
    except SyntaxError:
        # A line of a literal that looks like a definition cuts a piece short; the whole file has no such
        # doubt.
        nodes = [(node, 0) for node in ast.parse(text, str(file)).body]
    found = []
    for node, offset in nodes:
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and _called(decorator.func) == "claim":
                found.append(_declared(decorator, node, file, offset))
    return found


def select_claims(patterns: Iterable[str] | None, *, tier: str = "fast") -> list[Claim]:
    """The claims that ids, paper prefixes or glob patterns ask for, in registry order, each once.

    An exact id is taken whatever its tier; a prefix, a pattern or None takes the claims of `tier` (``"all"``
    for both).

    Raises
    ------
    UsageError : a pattern matches nothing (the message offers close matches).
    """
    if tier not in (*TIERS, "all"):
        raise UsageError(f"tier must be one of {', '.join((*TIERS, 'all'))}, got {tier!r}")
    registry = all_claims()
    in_tier = [claim for claim in registry if tier in (claim.tier, "all")]
    if patterns is None:
        return in_tier
    wanted: set[str] = set()
    for pattern in patterns:
        exact = [claim.id for claim in registry if claim.id == pattern]
        matching = [claim for claim in registry if claim.paper == pattern or fnmatchcase(claim.id, pattern)]
        chosen = exact or [claim.id for claim in matching if claim in in_tier]
        if matching and not chosen:
            raise UsageError(f"{pattern!r} matches only claims of the tier {matching[0].tier!r} (use --tier)")
        if not chosen:
            raise unknown_claim(pattern, registry)
        wanted.update(chosen)
    return [claim for claim in registry if claim.id in wanted]


def find_claim(claim_id: str) -> Claim:
    """The claim of the package with this id.

    >>> find_claim("nobody1900-nothing")
    Traceback (most recent call last):
        ...
    solvable.claims.errors.UsageError: unknown claim 'nobody1900-nothing' (solvable list shows all)
    """
    registry = all_claims()
    for claim in registry:
        if claim.id == claim_id:
            return claim
    raise unknown_claim(claim_id, registry)


def unknown_claim(name: str, claims: Iterable[Claim]) -> UsageError:
    """The error for a name that matches nothing, with close matches."""
    ids = [claim.id for claim in claims]
    close = get_close_matches(name, [*ids, *{i.partition("-")[0] for i in ids}], n=3, cutoff=0.55)
    hint = f"did you mean {' or '.join(close)}?" if close else "solvable list shows all"
    return UsageError(f"unknown claim {name!r} ({hint})")


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _declared(call: ast.Call, function: Any, file: Path, offset: int) -> Claim:
    line = offset + function.decorator_list[0].lineno
    try:
        if len(call.args) > 1 or any(keyword.arg is None for keyword in call.keywords):
            raise ValueError("only the id may be positional")
        values = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        if call.args:
            values["id"] = ast.literal_eval(call.args[0])
        return Claim(
            **values,
            name=function.name,
            module=f"{PAPERS_PACKAGE}.{file.stem}" if file.parent == PAPERS else None,
            file=str(file),
            line=line,
        )
    except (ValueError, TypeError) as error:
        raise ValueError(f"{file}:{line}: a claim is declared with literals: {error}") from None
