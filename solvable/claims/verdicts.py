"""The verdict algebra: from evidence to an instance, from instances to a claim, from claims to an exit code.

Within one instance a refutation takes precedence over everything, since no later trouble can undo a measured
contradiction; an error over a failed hypothesis; and VERIFIED needs every piece of evidence inside its
tolerance *and* every declared rival rejected. Over several instances the worst verdict counts. Instances that
a hypothesis excludes do not count, but when all are excluded nothing was tested, which is INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum


class Verdict(Enum):
    """What a run says about a claim.

    >>> Verdict.REFUTED.value
    'REFUTED'
    """

    VERIFIED = "VERIFIED"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_APPLICABLE = "NOT APPLICABLE"
    ERROR = "ERROR"

    def __str__(self) -> str:
        return self.value


class Agreement(Enum):
    """What one piece of evidence says about its own prediction."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    OPEN = "open"


_BADNESS = (Verdict.VERIFIED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.REFUTED)


def instance_verdict(
    agreements: Iterable[Agreement], *, rivals_rejected: bool, applicable: bool = True, error: bool = False
) -> Verdict:
    """The verdict on one instance.

    >>> instance_verdict([Agreement.INSIDE], rivals_rejected=False).value
    'INCONCLUSIVE'
    """
    seen = tuple(agreements)
    if Agreement.OUTSIDE in seen:
        return Verdict.REFUTED
    if error:
        return Verdict.ERROR
    if not applicable:
        return Verdict.NOT_APPLICABLE
    if not seen or Agreement.OPEN in seen or not rivals_rejected:
        return Verdict.INCONCLUSIVE
    return Verdict.VERIFIED


def worst_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict over the instances of one claim.

    >>> worst_verdict([Verdict.VERIFIED, Verdict.NOT_APPLICABLE]).value
    'VERIFIED'
    >>> worst_verdict([Verdict.NOT_APPLICABLE] * 2).value
    'INCONCLUSIVE'
    """
    counted = [verdict for verdict in verdicts if verdict is not Verdict.NOT_APPLICABLE]
    if counted:
        return max(counted, key=_BADNESS.index)
    return Verdict.NOT_APPLICABLE if len(verdicts) == 1 else Verdict.INCONCLUSIVE


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """0 all verified or not applicable, 1 something refuted, 3 something inconclusive or an error.

    >>> exit_code([Verdict.VERIFIED, Verdict.ERROR, Verdict.REFUTED])
    1
    """
    seen = set(verdicts)
    if Verdict.REFUTED in seen:
        return 1
    return 3 if seen & {Verdict.INCONCLUSIVE, Verdict.ERROR} else 0
