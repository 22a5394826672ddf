"""What a run leaves behind, as plain data: rivals, pieces of evidence, and the outcome of one instance.

Nothing here holds an array or a function, so an outcome travels between processes and into JSON as it is. All
distances are in tolerances of their evidence: `error / tolerance` for the claim's own prediction,
`separation` for a rival's. `margin` puts all kinds on one scale for `falsify`: 1 is perfect, 0 the edge of
the tolerance, negative outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .verdicts import Agreement, Verdict, instance_verdict

REJECTION = 10.0
"""A rival is rejected when the measurement is at least this many tolerances away from it."""


@dataclass(frozen=True)
class Rival:
    """How far one rival statement is from the measurement.

    `separation` is in tolerances, `required` what rejection takes; the statistical test decides `rejected` by
    its own rule, every other kind by comparing the two.
    """

    name: str
    separation: float
    required: float
    rejected: bool
    note: str = ""

    @classmethod
    def at(cls, name: str, separation: float, required: float = REJECTION, note: str = "") -> Rival:
        """A rival rejected exactly when `separation >= required` (never when that is undefined).

        >>> Rival.at("plain l1", 12.0).rejected, Rival.at("plain l1", float("nan")).rejected
        (True, False)
        """
        return cls(name, separation, required, separation >= required, note)

    @property
    def strength(self) -> float:
        """Separation over what rejection takes: above 1 means rejected with room to spare."""
        return self.separation / self.required


@dataclass(frozen=True)
class Evidence:
    """One comparison of a measurement with the prediction and its rivals."""

    kind: str
    agreement: Agreement
    error: float
    tolerance: float
    margin: float
    rivals: tuple[Rival, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """What one instance of a claim gave: its evidence, its hypotheses, and why it ended if it ended early."""

    verdict: Verdict
    instance: int
    seed: int
    evidence: tuple[Evidence, ...] = ()
    hypotheses: Mapping[str, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    message: str = ""
    traceback: str = ""
    seconds: float = 0.0

    @property
    def margin(self) -> float:
        """The smallest margin among the evidence; infinite when there is none."""
        return min((evidence.margin for evidence in self.evidence), default=float("inf"))

    @property
    def tightest(self) -> Evidence | None:
        """The piece of evidence with the smallest margin."""
        return min(self.evidence, key=lambda evidence: evidence.margin, default=None)

    @property
    def rivals(self) -> dict[str, Rival]:
        """Each rival at the evidence that separates it most."""
        return strongest_rivals(self.evidence)

    @property
    def nearest_rival(self) -> Rival | None:
        """The rival that comes closest to surviving."""
        return min(self.rivals.values(), key=lambda rival: (rival.rejected, rival.strength), default=None)


def strongest_rivals(evidence: Iterable[Evidence]) -> dict[str, Rival]:
    """Each rival by name, at the evidence that separates it most."""
    best: dict[str, Rival] = {}
    for piece in evidence:
        for rival in piece.rivals:
            known = best.get(rival.name)
            if known is None or (rival.rejected, _number(rival.strength)) > (
                known.rejected,
                _number(known.strength),
            ):
                best[rival.name] = rival
    return best


def judge(evidence: Iterable[Evidence], declared: Iterable[str], *, applicable: bool, error: bool) -> Verdict:
    """The verdict on an instance from its evidence and the declared rivals."""
    pieces = tuple(evidence)
    best = strongest_rivals(pieces)
    rejected = all(name in best and best[name].rejected for name in declared)
    return instance_verdict(
        (piece.agreement for piece in pieces), rivals_rejected=rejected, applicable=applicable, error=error
    )


def _number(value: float) -> float:
    return value if value == value else float("-inf")
