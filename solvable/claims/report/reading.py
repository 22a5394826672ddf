"""A report read back from the JSON that ``solvable verify --json`` printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..evidence import Evidence, Outcome, Rival
from ..registry import find_claim
from ..results import Report, Result
from ..verdicts import Agreement, Verdict


def read_report(file: str | Path) -> Report:
    """The report in `file`; its claims are looked up in the registry by id.

    Raises
    ------
    UsageError : there is no such file, it is not such JSON, or it names a claim that the package does not have.
    """
    try:
        records = json.loads(Path(file).read_text(encoding="utf-8"))
        if not isinstance(records, list):
            raise TypeError("not a list")
        results = tuple(_result(record) for record in records)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {type(error).__name__}") from None
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise UsageError(f"{file} does not hold what verify --json prints ({type(error).__name__}: {error})") from None
    return Report(results, sum(result.seconds for result in results))


def _result(record: Mapping[str, Any]) -> Result:
    outcomes = tuple(_outcome(instance) for instance in record["instances"])
    return Result(find_claim(record["id"]), outcomes, record["id"], record["data"])


def _outcome(record: Mapping[str, Any]) -> Outcome:
    return Outcome(
        Verdict(record["verdict"]),
        record["instance"],
        record["seed"],
        evidence=tuple(_evidence(piece) for piece in record["evidence"]),
        hypotheses=record["hypotheses"],
        notes=tuple(record["notes"]),
        message=record["message"],
        traceback=record["traceback"],
        seconds=record["seconds"],
    )


def _evidence(record: Mapping[str, Any]) -> Evidence:
    # Numbers that are not finite were written as strings, which float() reads.
    return Evidence(
        record["kind"],
        Agreement(record["agreement"]),
        float(record["error"]),
        float(record["tolerance"]),
        float(record["margin"]),
        rivals=tuple(_rival(rival) for rival in record["rivals"]),
        numbers={name: float(value) for name, value in record["numbers"].items()},
        reason=record["reason"],
        note=record["note"],
    )


def _rival(record: Mapping[str, Any]) -> Rival:
    return Rival(
        record["name"],
        float(record["separation"]),
        float(record["required"]),
        record["rejected"],
        record["note"],
    )
