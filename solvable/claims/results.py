"""The results of a run: one `Result` a claim, all of them in a `Report`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from .declaration import Claim
from .evidence import Outcome
from .verdicts import Verdict, exit_code, worst_verdict

INTERRUPTED = 130


@dataclass(frozen=True)
class Result:
    """What a run says about one claim: its outcomes, one an instance, and the worst of their verdicts.

    `target` is what to type after ``solvable verify`` to run this claim, `data` the file that was given.
    """

    claim: Claim
    outcomes: tuple[Outcome, ...]
    target: str = ""
    data: str | None = None

    @property
    def id(self) -> str:
        """The id of the claim."""
        return self.claim.id

    @property
    def verdict(self) -> Verdict:
        """The worst verdict over the instances that the hypotheses admit."""
        return worst_verdict([outcome.verdict for outcome in self.outcomes])

    @property
    def applicable(self) -> int:
        """How many instances the hypotheses admit."""
        return sum(outcome.verdict is not Verdict.NOT_APPLICABLE for outcome in self.outcomes)

    @property
    def worst(self) -> Outcome:
        """The outcome that the verdict rests on: of that verdict, the one with the smallest margin."""
        chosen = [outcome for outcome in self.outcomes if outcome.verdict is self.verdict]
        return min(chosen or self.outcomes, key=lambda outcome: outcome.margin)

    @property
    def seconds(self) -> float:
        """Time spent on all instances."""
        return sum(outcome.seconds for outcome in self.outcomes)

    def _repr_html_(self) -> str:
        from .report.html import to_html

        return to_html(Report((self,), self.seconds))

    def __str__(self) -> str:
        from .report.plain import detail_lines

        return "\n".join(detail_lines(self))


@dataclass(frozen=True)
class Report(Sequence[Result]):
    """The results of a run in declared order; a sequence, printable, exportable.

    After an interruption `unfinished` names the claims without a result.

    >>> Report((), 0.0).exit_code
    0
    """

    results: tuple[Result, ...]
    seconds: float
    interrupted: bool = False
    unfinished: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 verified or not applicable, 1 something refuted, 3 inconclusive or an error, 130 interrupted."""
        return INTERRUPTED if self.interrupted else exit_code(result.verdict for result in self.results)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many claims have each verdict, those that occur."""
        seen = [result.verdict for result in self.results]
        return {verdict: seen.count(verdict) for verdict in Verdict if verdict in seen}

    @overload
    def __getitem__(self, key: int | str) -> Result: ...
    @overload
    def __getitem__(self, key: slice) -> Report: ...
    def __getitem__(self, key: int | str | slice) -> Result | Report:
        """A result by position or by claim id; a slice gives a report."""
        if isinstance(key, slice):
            return Report(self.results[key], self.seconds, self.interrupted, self.unfinished)
        if isinstance(key, str):
            for result in self.results:
                if result.id == key:
                    return result
            raise KeyError(key)
        return self.results[key]

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def records(self) -> list[dict[str, Any]]:
        """One plain dict a claim: id, verdict, numbers."""
        from .report.records import result_record

        return [result_record(result) for result in self.results]

    def to_json(self) -> str:
        """A JSON list of `records`; numbers that are not finite are the strings "inf", "-inf", "nan"."""
        from .report.records import to_json

        return to_json(self)

    def to_junit(self) -> str:
        """JUnit XML, one test case a claim."""
        from .report.junit import to_junit

        return to_junit(self)

    def __str__(self) -> str:
        from .report.plain import report_lines

        return "\n".join(report_lines(self))

    def _repr_html_(self) -> str:
        from .report.html import to_html

        return to_html(self)
