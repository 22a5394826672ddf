r"""Orders of convergence: the exponent :math:`p` of :math:`e(h) \approx C h^p` by least squares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .comparison import numeric, tolerance_of
from .errors import ClaimError
from .evidence import Evidence, Rival
from .verdicts import Agreement

ORDER_TOLERANCE = 0.1
ORDER_REJECTION = 0.5
ROUNDING_FLOOR = 1e-15
_FLAT = 0.3


def fitted_slope(parameter: np.ndarray, errors: np.ndarray) -> float:
    """Slope of the least-squares line through ``(log parameter, log errors)``.

    >>> h = np.array([0.1, 0.05, 0.025])
    >>> round(fitted_slope(h, 3 * h**2), 12)
    2.0
    """
    x = np.log(parameter) - np.mean(np.log(parameter))
    return float(x @ np.log(errors) / (x @ x))


def order(
    parameter: Any,
    errors: Any,
    expected: float,
    rivals: Mapping[str, Any],
    tolerance: float,
    floor: float = ROUNDING_FLOOR,
    reason: str | None = None,
) -> Evidence:
    """Evidence that errors scale as ``parameter ** expected``.

    A rival is either a number, the exponent that it claims, or the errors of the measurement under the rival
    prediction, whose slope then has to miss the expected one; by 0.5 in both cases. The fit means nothing,
    and the evidence stays open, with fewer than three points, with an error that is not finite or not above
    `floor`, or when the errors stop decreasing at the small end.
    """
    tolerance = tolerance_of(tolerance)
    h = numeric("parameter", parameter, finite=True)
    e = np.abs(numeric("errors", errors))
    if h.ndim != 1 or e.shape != h.shape:
        raise ClaimError(f"errors must have one entry per parameter, got shapes {e.shape} and {h.shape}")
    if np.any(h <= 0) or np.unique(h).size != h.size:
        raise ClaimError("parameter must have distinct positive entries")
    if not math.isfinite(expected):
        raise ClaimError(f"expected must be finite, got {expected}")
    note = _unusable(h, e, float(expected), floor)
    slope = math.nan if note.startswith("undefined") else fitted_slope(h, e)
    error = abs(slope - expected)
    inside = Agreement.INSIDE if error <= tolerance else Agreement.OUTSIDE
    required = ORDER_REJECTION / tolerance
    compared = tuple(
        _rival(name, value, h, slope, float(expected), required, tolerance) for name, value in rivals.items()
    )
    return Evidence(
        "order",
        Agreement.OPEN if note else inside,
        error,
        tolerance,
        1.0 - error / tolerance if math.isfinite(error) else 0.0,
        compared,
        {"measured": slope, "predicted": float(expected), "smallest error": float(np.min(e))},
        reason,
        note,
    )


def _unusable(h: np.ndarray, e: np.ndarray, expected: float, floor: float) -> str:
    if h.size < 3:
        return "undefined: an order needs at least three parameters"
    if not np.all(np.isfinite(e)):
        return "undefined: an error is not finite"
    if np.any(e == 0):
        return "undefined: an error is exactly zero"
    if np.any(e <= floor):
        return f"an error is at the rounding floor ({floor:g})"
    # A floor of unknown height shows as a flat end after a stretch of the expected slope.
    sort = np.argsort(h)
    local = np.diff(np.log(e[sort])) / np.diff(np.log(h[sort]))
    if expected > ORDER_REJECTION and local[0] < _FLAT and np.max(local) > expected - ORDER_REJECTION:
        return "the errors stop decreasing at the small end (a rounding floor)"
    return ""


def _rival(
    name: str, value: Any, h: np.ndarray, slope: float, expected: float, required: float, tolerance: float
) -> Rival:
    other = numeric(f"rival {name!r}", value)
    if other.ndim == 0:
        return Rival.at(name, abs(slope - float(other)) / tolerance, required)
    if other.shape != h.shape:
        raise ClaimError(f"rival {name!r} must have one error per parameter, got shape {other.shape}")
    e = np.abs(other)
    if h.size < 3 or not np.all(np.isfinite(e)) or np.any(e == 0):
        return Rival.at(name, math.nan, required, "its slope is undefined")
    return Rival.at(name, abs(fitted_slope(h, e) - expected) / tolerance, required)
