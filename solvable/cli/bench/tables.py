"""A measurement as text and as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from .measuring import Measurement


def as_text(name: str, measurement: Measurement) -> str:
    """One line a contender: time for a unit of work, share of the peak, ratio to this package, agreement."""
    record = as_record(name, measurement)
    width = 2 + max(len(row["name"]) for row in record["contenders"])
    lines = [
        "",
        f"{name}: {record['title']}",
        f"  medians of {record['rounds']} rounds, quartiles of the ratio; peak {record['peak_gflops']:.1f} Gflop/s",
        f"  {'':<{width}}{'ns / ' + record['unit']:>26}{'of peak':>9}{'ratio':>8}{'quartiles':>16}{'difference':>12}",
    ]
    for row in record["contenders"]:
        difference = "" if row["difference"] is None else f"{row['difference']:.0e}"
        share = "" if row["share_of_peak"] is None else f"{row['share_of_peak']:.1%}"
        quartiles = f"{row['ratio_quartiles'][0]:.3g} .. {row['ratio_quartiles'][1]:.3g}"
        lines.append(
            f"  {row['name']:<{width}}{row['nanoseconds']:>26.4g}{share:>9}{row['ratio']:>8.3g}"
            f"{quartiles:>16}{difference:>12}{'  FASTER THAN WE ARE' if row['ratio'] < 1 else ''}"
        )
    if not measurement.equal:
        lines.append(f"  DIFFERENT ANSWERS: allowed {measurement.workload.tolerance:g}")
    return "\n".join(lines)


def as_record(name: str, measurement: Measurement) -> dict[str, Any]:
    """The same numbers, for JSON."""
    workload = measurement.workload
    seconds, ratios = np.median(measurement.seconds, axis=0), measurement.ratios()
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75], axis=0)
    shares = measurement.shares_of_peak()
    middles = None if shares is None else np.median(shares, axis=0)
    return {
        "name": name,
        "title": workload.title,
        "unit": workload.unit,
        "rounds": int(measurement.seconds.shape[0]),
        "peak_gflops": float(np.median(measurement.peak) / 1e9),
        "contenders": [
            {
                "name": contender.name,
                "library": contender.library,
                "nanoseconds": float(1e9 * seconds[k]),
                "share_of_peak": None if middles is None else float(middles[k]),
                "ratio": float(middle[k]),
                "ratio_quartiles": [float(low[k]), float(high[k])],
                "difference": measurement.errors.get(contender.name),
            }
            for k, contender in enumerate(workload.contenders)
        ],
        "tolerance": workload.tolerance,
        "equal": measurement.equal,
    }
