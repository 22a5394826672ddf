"""What a user may name: ids, paper prefixes and patterns of the registry, and claims in files of their own.

``FILE.py`` means every claim in the file, ``FILE.py::CLAIM`` one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..claims.declaration import Claim
from ..claims.errors import UsageError
from ..claims.loading import claims_in, load_file
from ..claims.registry import select_claims, unknown_claim


def resolve(names: Sequence[str], *, tier: str = "fast") -> tuple[list[Claim], dict[str, str]]:
    """The claims that `names` ask for (without names all of `tier`), and what to type for each."""
    listed = [name for name in names if not _in_file(name)]
    chosen = select_claims(listed or None, tier=tier) if listed or not names else []
    targets = {claim.id: claim.id for claim in chosen}
    for name in names:
        if _in_file(name):
            for claim in _claims_of(name):
                chosen.append(claim)
                targets[claim.id] = f"{name.partition('::')[0]}::{claim.id}"
    return chosen, targets


def slow_left_out(names: Sequence[str], *, tier: str) -> int:
    """How many claims of the package `resolve` leaves out for being slow."""
    listed = [name for name in names if not _in_file(name)]
    if tier != "fast" or (names and not listed):
        return 0
    return len(select_claims(listed or None, tier="all")) - len(select_claims(listed or None, tier=tier))


def resolve_one(name: str) -> tuple[Claim, str]:
    """The single claim that `name` asks for."""
    chosen, targets = resolve([name], tier="all")
    if len(chosen) != 1:
        raise UsageError(f"{name} names {len(chosen)} claims, this command takes one")
    return chosen[0], targets[chosen[0].id]


def _in_file(name: str) -> bool:
    return name.partition("::")[0].endswith(".py")


def _claims_of(name: str) -> list[Claim]:
    file, _, claim_id = name.partition("::")
    found = claims_in(load_file(file))
    if not found:
        raise UsageError(f"{file} holds no claims")
    if not claim_id:
        return found
    named = [claim for claim in found if claim.id == claim_id]
    if not named:
        raise unknown_claim(claim_id, found)
    return named
