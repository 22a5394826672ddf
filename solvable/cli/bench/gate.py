"""``solvable bench --gate``: has this package become slower, measured against batched NumPy on the same core?

``recorded.json`` holds, for each design of processor, how many times longer NumPy took. The ratio found now must not
be 1.3 times smaller; a machine has hiccups, so there are three tries. Ratios differ between designs (vectors, caches):
where this one was never measured, half of the smallest ratio on record is asked for, a floor that only a lost fast path
falls through.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .measuring import measure
from .workload import Workload
from .workloads import build

RECORD = Path(__file__).with_name("recorded.json")
WORKLOADS = ("descent-ensemble", "label-noise-ensemble", "relu-descent")
REGRESSION, UNKNOWN, TRIES = 1.3, 2.0, 3
SIZED, SECONDS = 8.0, 3.0  # whole workloads, so that what a call costs once hides nothing, but few rounds of them
RIVALS = {"NumPy", "NumPy, batched"}


def recorded() -> dict[str, dict[str, float]]:
    """NumPy's time over ours: ``{processor: {workload: ratio}}``."""
    found: dict[str, dict[str, float]] = json.loads(RECORD.read_text(encoding="utf-8"))["ratios"]
    return found


def least(workload: str, processor: str, records: Mapping[str, Mapping[str, float]]) -> tuple[float, str]:
    """The smallest ratio that passes, and why.

    >>> least("w", "new", {"old": {"w": 3.9}})
    (1.95, 'half of the least on record, 3.9')
    """
    if workload in records.get(processor, {}):
        ratio = records[processor][workload]
        return ratio / REGRESSION, f"{ratio:g} on record for {processor}"
    ratio = min(entry[workload] for entry in records.values() if workload in entry)
    return ratio / UNKNOWN, f"half of the least on record, {ratio:g}"


def duel(workload: Workload) -> Workload:
    """This package and NumPy only."""
    ours, *others = workload.contenders
    return replace(workload, contenders=(ours, next(other for other in others if other.name in RIVALS)))


def ratio_of(name: str, sized: float, seconds: float) -> float:
    """NumPy's time over ours, now; NaN, which passes no gate, if the answers differ."""
    measurement = measure(duel(build(name, sized)), seconds)
    return float(measurement.median_ratios()[1]) if measurement.equal else float("nan")


def passes(name: str, processor: str, seconds: float) -> bool:
    """Print one line a try, until one passes."""
    floor, why = least(name, processor, recorded())
    for attempt in range(1, TRIES + 1):
        found = ratio_of(name, min(SIZED, seconds), min(SECONDS, seconds))
        verdict = "ok" if found >= floor else "TOO SLOW"
        print(f"{name}  NumPy / ours = {found:.3g}, at least {floor:.3g} ({why}); try {attempt}: {verdict}", flush=True)
        if found >= floor:
            return True
    return False
