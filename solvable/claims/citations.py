"""The bibliography: which entries a claim rests on, as BibTeX and in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .declaration import Claim
from .errors import UsageError

CITATIONS = Path(__file__).parent.parent / "citations.bib"
SOFTWARE = "solvable"
_ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", "v": "\u030c"}


@cache
def entries() -> Mapping[str, str]:
    """The entries of the package's bibliography by key."""
    return split_entries(CITATIONS.read_text(encoding="utf-8"))


def split_entries(text: str) -> dict[str, str]:
    """The entries of a bibliography by key, cut where a line starts with ``@``.

    >>> list(split_entries("@misc{a2020,\\n}\\n\\n@misc{b2021,\\n}\\n"))
    ['a2020', 'b2021']
    """
    found = {}
    for block in re.split(r"(?m)^(?=@)", text):
        start = re.match(r"@\w+\{([^,\s]+),", block)
        if start:
            found[start.group(1)] = block.strip()
    return found


def keys_of(claim: Claim, entries: Mapping[str, str]) -> list[str]:
    """Keys of the entries that a claim's source names by arXiv number, and of the one named like its paper.

    The software's for its own results.

    Raises
    ------
    UsageError : the source names a paper that the bibliography lacks.
    """
    numbers = re.findall(r"\d{4}\.\d{4,5}", claim.source)
    keys = [
        key
        for key, entry in entries.items()
        if key == claim.paper or any(f"{{{number}}}" in entry for number in numbers)
    ]
    if not numbers and not keys:
        keys = [SOFTWARE]
    if not keys:
        raise UsageError(f"{CITATIONS.name} has no entry for {claim.source} (claim {claim.id})")
    return keys


def fields_of(entry: str) -> dict[str, str]:
    r"""The fields of one entry, a line each, in words.

    >>> fields_of('@misc{a2020,\n  author = {St{\\"o}ger, D.},\n  title = {On {ReLU}},\n}')
    {'author': 'Stöger, D.', 'title': 'On ReLU'}
    """
    return {name: in_words(value) for name, value in re.findall(r"(?m)^\s*(\w+)\s*=\s*\{(.*)\},?$", entry)}


def in_words(value: str) -> str:
    """A value without its braces, and with its accents as letters; mathematics stays as it is."""
    accented = re.sub(
        r"""\{?\\(["'`^~=v])\{?(\w)\}?\}?""",
        lambda found: unicodedata.normalize("NFC", found[2] + _ACCENTS[found[1]]),
        value,
    )
    parts = re.split(r"(\$[^$]*\$)", accented)
    words = "".join(part if k % 2 else re.sub(r"[{}]", "", part) for k, part in enumerate(parts))
    return words.replace("--", "\u2013")


def reference(entry: str) -> str:
    """One entry in a line: who, when, what and where.

    >>> reference('@misc{a,\\n author = {Gauss, C. F. and Doe, J.},\\n title = {Sums},\\n year = {1801},\\n}')
    'C. F. Gauss and J. Doe (1801). Sums.'
    """
    fields = fields_of(entry)
    names = [" ".join(reversed(name.split(", "))) for name in fields.get("author", "").split(" and ") if name]
    who = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    where = fields.get("journal") or fields.get("booktitle") or ""
    where = " ".join(filter(None, [where, fields.get("volume"), fields.get("pages")]))
    archive = f"arXiv:{fields['eprint']}" if "eprint" in fields else ""
    parts = [f"{who} ({fields.get('year', 'no year')})", fields.get("title", ""), where, archive]
    return " ".join(f"{part}." for part in parts if part)


def short_name(entry: str) -> str:
    """Family names and year, as a heading: at most two of the names.

    >>> short_name('@misc{a,\\n author = {Gauss, C. F. and Doe, J.},\\n year = {1801},\\n}')
    'Gauss and Doe 1801'
    """
    fields = fields_of(entry)
    names = [name.split(", ")[0] for name in fields.get("author", "").split(" and ")]
    who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who} {fields.get('year', '')}".strip()
