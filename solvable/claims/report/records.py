"""The report as plain records, and as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from ..evidence import Evidence, Outcome, Rival
from ..results import Report, Result


def result_record(result: Result) -> dict[str, Any]:
    """One result as a dict of strings, numbers, lists and dicts."""
    worst = result.worst
    tightest, nearest = worst.tightest, worst.nearest_rival
    return {
        "id": result.id,
        "title": result.claim.title,
        "source": result.claim.source,
        "verdict": result.verdict.value,
        "error": tightest.error if tightest else None,
        "tolerance": tightest.tolerance if tightest else None,
        "margin": tightest.margin if tightest else None,
        "nearest_rival": rival_record(nearest) if nearest else None,
        "applicable": result.applicable,
        "instances": [outcome_record(outcome) for outcome in result.outcomes],
        "data": result.data,
        "seconds": result.seconds,
    }


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """One instance."""
    return {
        "instance": outcome.instance,
        "seed": outcome.seed,
        "verdict": outcome.verdict.value,
        "margin": outcome.margin if outcome.evidence else None,
        "evidence": [evidence_record(evidence) for evidence in outcome.evidence],
        "rivals": [rival_record(rival) for rival in outcome.rivals.values()],
        "hypotheses": dict(outcome.hypotheses),
        "notes": list(outcome.notes),
        "message": outcome.message,
        "traceback": outcome.traceback,
        "seconds": outcome.seconds,
    }


def evidence_record(evidence: Evidence) -> dict[str, Any]:
    """One comparison."""
    return {
        "kind": evidence.kind,
        "agreement": evidence.agreement.value,
        "error": evidence.error,
        "tolerance": evidence.tolerance,
        "margin": evidence.margin,
        "rivals": [rival_record(rival) for rival in evidence.rivals],
        "numbers": dict(evidence.numbers),
        "reason": evidence.reason,
        "note": evidence.note,
    }


def rival_record(rival: Rival) -> dict[str, Any]:
    """One rival."""
    return {
        "name": rival.name,
        "separation": rival.separation,
        "required": rival.required,
        "rejected": rival.rejected,
        "note": rival.note,
    }


def to_json(report: Report) -> str:
    """A JSON list with one object a claim."""
    return json.dumps(_finite([result_record(result) for result in report]), indent=1, allow_nan=False)


def _finite(value: Any) -> Any:
    # JSON has no infinities; a string keeps the information where null would lose it.
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list) else value
