"""The words and numbers of one row of the table, shared by every form of it."""

from __future__ import annotations

import math

from ..evidence import Outcome, Rival
from ..results import Report, Result

HEADINGS = ("claim", "error / tolerance", "nearest rival (x needed)", "verdict", "s")
NO_RIVAL = "no rival"


def row(result: Result) -> tuple[str, str, str, str, str]:
    """The five cells of a result."""
    return (
        result.id,
        error_cell(result.worst),
        rival_cell(result),
        verdict_cell(result),
        seconds(result.seconds),
    )


def error_cell(outcome: Outcome) -> str:
    """Error over tolerance of the tightest evidence.

    >>> from solvable.claims.verdicts import Verdict
    >>> error_cell(Outcome(Verdict.ERROR, 0, 0))
    '-'
    """
    evidence = outcome.tightest
    if evidence is None:
        return "-"
    if evidence.kind == "symbolic":
        return {0.0: "exact"}.get(evidence.error, "nonzero" if evidence.error == math.inf else "undecided")
    # A satisfied inequality has no error; its slack is in the JSON.
    error = "0" if evidence.error <= 0 else number(evidence.error)
    return f"{error} / {number(evidence.tolerance)}"


def rival_cell(result: Result) -> str:
    """The rival that comes closest to surviving, and its distance in units of what its rejection takes."""
    if not result.claim.rivals:
        return NO_RIVAL
    rival = result.worst.nearest_rival
    return "-" if rival is None else f"{rival.name} ({_ratio(rival.strength)})"


def away(rival: Rival) -> str:
    """Separation of a rival in words."""
    return _ratio(rival.separation)


def _ratio(value: float) -> str:
    if math.isnan(value):
        return "?"
    return "exact" if value == math.inf else number(value, 2)


def verdict_cell(result: Result) -> str:
    """The verdict, with the number of applicable instances when there are several."""
    text = result.verdict.value
    if len(result.outcomes) > 1:
        text += f" {result.applicable}/{len(result.outcomes)}"
    return text


def number(value: float, digits: int = 2) -> str:
    """A number in at most eight characters.

    >>> number(3.14159e-13), number(1e-10), number(0.1), number(12.3)
    ('3.1e-13', '1e-10', '0.1', '12')
    """
    text = f"{value:.{digits}g}"
    mantissa, exponent, power = text.partition("e")
    return f"{mantissa}e{int(power)}" if exponent else text


def seconds(value: float) -> str:
    """Seconds with one or two significant digits."""
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"


def summary(report: Report) -> str:
    """The last line: counts and time."""
    parts = [f"{count} {verdict.value.lower()}" for verdict, count in report.counts.items()]
    what = "1 claim" if len(report) == 1 else f"{len(report)} claims"
    text = f"{what}: {', '.join(parts) or 'nothing ran'} in {seconds(report.seconds)} s"
    return text + (f" (interrupted, {len(report.unfinished)} not finished)" if report.interrupted else "")
