"""Which of the known names somebody meant who typed an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def plain(name: str) -> str:
    """`name` without case and punctuation."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def nearest(name: Any, known: Iterable[Any]) -> str:
    """The entry of `known` that is spelled like `name`, or else has it as a part; "" where there is none.

    >>> nearest("widht", ["width", "skip"]), nearest("relu", ["ScalarFactorization", "UnivariateReLUNetwork"])
    ('width', 'UnivariateReLUNetwork')
    """
    if not isinstance(name, str) or not (word := plain(name)):
        return ""
    from difflib import get_close_matches

    spelled = {plain(entry): entry for entry in known if isinstance(entry, str)}
    near = get_close_matches(word, spelled, n=1)
    parts = [entry for entry in spelled if word in entry and len(word) > 2]
    return next((spelled[entry] for entry in [*near, *parts]), "")
