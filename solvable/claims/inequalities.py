r"""Bounds: every measured value stays below its bound.

The violation is the largest ``(value - bound) / scale``, by default relative to the bound's own size entry by
entry (absolute where the bound is zero). A rival bound is rejected when some value exceeds it by more than
the tolerance; a lower bound is an upper bound of the negatives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .comparison import _check_shapes, numeric, tolerance_of
from .evidence import Evidence, Rival
from .verdicts import Agreement

BOUND_TOLERANCE = 1e-9


def bound(
    values: Any,
    bounds: Any,
    rivals: Mapping[str, Any],
    tolerance: float,
    scale: Any = None,
    reason: str | None = None,
) -> Evidence:
    """Evidence that ``values <= bounds`` entry by entry, to a relative tolerance."""
    tolerance = tolerance_of(tolerance)
    v, b = numeric("values", values).real, numeric("bounds", bounds, finite=True).real
    _check_shapes("bounds", v, b)
    worst, where = _violation(v, b, scale)
    compared = []
    for name, value in rivals.items():
        other = numeric(f"rival {name!r}", value).real
        _check_shapes(f"rival {name!r}", v, other)
        if np.all(np.isfinite(other)) and np.all(np.isfinite(v)):
            separation = _violation(v, other, scale)[0] / tolerance
            compared.append(Rival(name, separation, 1.0, separation > 1.0))
        else:
            compared.append(Rival.at(name, math.nan, 1.0, "not finite"))
    entry = np.unravel_index(where, v.shape)
    return Evidence(
        "bound",
        Agreement.INSIDE if worst <= tolerance else Agreement.OUTSIDE,
        worst,
        tolerance,
        _margin(worst, tolerance),
        tuple(compared),
        {"measured": float(v[entry]), "predicted": float(np.broadcast_to(b, v.shape)[entry])},
        reason,
        "" if np.all(np.isfinite(v)) else "a measured value is not finite",
    )


def _violation(values: np.ndarray, bounds: np.ndarray, scale: Any) -> tuple[float, int]:
    unit = np.where(bounds == 0, 1.0, np.abs(bounds)) if scale is None else np.abs(numeric("scale", scale))
    with np.errstate(all="ignore"):
        excess = (values - bounds) / unit
    excess = np.where(np.isnan(excess), math.inf, excess)
    where = int(np.argmax(excess))
    return float(excess.flat[where]), where


def _margin(violation: float, tolerance: float) -> float:
    """Slack on the common scale: near 1 far below the bound, 0 at bound plus tolerance, negative beyond."""
    room = tolerance - violation
    return room / (1.0 + room) if room >= 0 else room / tolerance
