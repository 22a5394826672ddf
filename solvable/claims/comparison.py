"""Distances between a measured and a predicted quantity, and the evidence of the kinds that rest on them.

The distance is the largest entry of ``|measured - predicted| / scale``. By default ``scale`` is the largest
entry of ``|predicted|``, one number for the whole quantity; ``scale=abs(predicted)`` compares every entry
relative to itself, ``scale=1`` absolutely. A rival is measured with the scale of the *prediction*, so that
its separation and the error are in the same tolerances.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .errors import ClaimError
from .evidence import Evidence, Rival
from .verdicts import Agreement

IDENTITY_TOLERANCE = 1e-10
LIMIT_TOLERANCE = 1e-3
OPTIMUM_TOLERANCE = 1e-6
_STILL_MOVING = 10.0


def numeric(name: str, value: Any, *, finite: bool = False) -> np.ndarray:
    """`value` as a non-empty float or complex array.

    >>> numeric("predicted", [1, float("inf")], finite=True)
    Traceback (most recent call last):
        ...
    solvable.claims.errors.ClaimError: predicted must be finite, got inf at entry (1,)
    """
    try:
        array = np.asarray(value)
        array = array.astype(complex if array.dtype.kind == "c" else float)
    except (TypeError, ValueError):
        raise ClaimError(f"{name} must be numeric, got {type(value).__name__}") from None
    if array.size == 0:
        raise ClaimError(f"{name} must not be empty, got shape {array.shape}")
    if finite and not np.all(np.isfinite(array)):
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ClaimError(f"{name} must be finite, got {array[where]} at entry {where}")
    return array


def distance(measured: np.ndarray, reference: np.ndarray, scale: np.ndarray) -> float:
    """Largest entry of ``|measured - reference| / scale``; 0/0 counts as 0, NaN as infinity.

    >>> distance(np.array([1.0, 2.0]), np.array([1.0, 2.5]), np.array(2.5))
    0.2
    """
    with np.errstate(all="ignore"):
        gap = np.abs(measured - reference)
        ratio = np.where(gap == 0, 0.0, gap / scale)
    worst = float(np.max(ratio))
    return worst if math.isfinite(worst) else math.inf


def tolerance_of(value: Any) -> float:
    """A tolerance as a positive finite float."""
    number = float(value)
    if not (math.isfinite(number) and number > 0):
        raise ClaimError(f"tolerance must be > 0 and finite, got {value!r}")
    return number


def closeness(
    kind: str,
    measured: Any,
    predicted: Any,
    rivals: Mapping[str, Any],
    tolerance: float,
    scale: Any = None,
    reason: str | None = None,
) -> Evidence:
    """Evidence that two quantities are equal to a relative tolerance."""
    tolerance = tolerance_of(tolerance)
    m, p = numeric("measured", measured), numeric("predicted", predicted, finite=True)
    unit = scale_of(scale, m, p)
    error = distance(m, p, unit)
    return Evidence(
        kind,
        Agreement.INSIDE if error <= tolerance else Agreement.OUTSIDE,
        error,
        tolerance,
        1.0 - error / tolerance,
        rivals_at(m, rivals, unit, tolerance),
        numbers=_worst_entry(m, p, unit),
        reason=reason,
        note="" if np.all(np.isfinite(m)) else "the measured value is not finite",
    )


def limit(
    parameter: Any,
    measured: Any,
    predicted: Any,
    rivals: Mapping[str, Any],
    tolerance: float,
    scale: Any = None,
    reason: str | None = None,
) -> Evidence:
    """Evidence that a sequence approaches its prediction; the last entry is the nearest to the limit.

    Inside: the last error is within tolerance and no error grows on the way (growth below the tolerance
    aside). Outside: the last error is beyond the tolerance and the sequence has come to rest (it is at least
    ten times farther from the prediction than its last movement) or moves away. Otherwise open: the horizon
    is too short.
    """
    tolerance = tolerance_of(tolerance)
    s = numeric("parameter", parameter)
    m, p = numeric("measured", measured), numeric("predicted", predicted, finite=True)
    if s.ndim != 1 or m.ndim < 1 or m.shape[0] != s.shape[0]:
        raise ClaimError(f"measured must have one row per parameter, got shapes {m.shape} and {s.shape}")
    unit = scale_of(scale, m[-1], p)
    errors = [distance(row, p, unit) for row in m]
    last = errors[-1]
    approaching = all(b <= max(a, tolerance) for a, b in itertools.pairwise(errors))
    note = ""
    if len(errors) < 2:
        agreement, note = Agreement.OPEN, "a limit needs at least two parameters"
    elif last <= tolerance:
        agreement = Agreement.INSIDE if approaching else Agreement.OPEN
        note = "" if approaching else "the errors do not decrease toward the limit"
    else:
        movement = distance(m[-1], m[-2], unit)
        rests = not last < _STILL_MOVING * movement or not last < errors[-2]
        agreement = Agreement.OUTSIDE if rests else Agreement.OPEN
        note = "" if rests else "horizon too short: the measurement still moves toward the prediction"
    if not np.all(np.isfinite(m[-1])):
        note = "the measured value is not finite"
    numbers = {"parameter": float(s[-1].real), "first error": errors[0], **_worst_entry(m[-1], p, unit)}
    compared = rivals_at(m[-1], rivals, unit, tolerance)
    return Evidence("limit", agreement, last, tolerance, 1.0 - last / tolerance, compared, numbers, reason, note)


def optimum(
    point: Any,
    minimum: Any,
    rivals: Mapping[str, Any],
    tolerance: float,
    scale: Any = None,
    reason: str | None = None,
) -> Evidence:
    """Evidence that a measured point is the minimizer; without a certificate the minimum predicts nothing.

    `minimum` and each rival has a ``point``; a rival may also be the point itself. An uncertified minimum
    leaves the evidence open and an uncertified rival unrejected.
    """
    points = {name: getattr(rival, "point", rival) for name, rival in rivals.items()}
    evidence = closeness("optimum", point, minimum.point, points, tolerance, scale, reason)
    numbers = dict(evidence.numbers)
    for name in ("objective", "gap", "residual"):
        value = getattr(minimum, name, None)
        if value is not None:
            numbers[name] = float(value)
    compared = tuple(
        rival
        if getattr(rivals[rival.name], "certified", True)
        else Rival(rival.name, rival.separation, rival.required, False, "its minimum has no certificate")
        for rival in evidence.rivals
    )
    certified = bool(getattr(minimum, "certified", False))
    return Evidence(
        "optimum",
        evidence.agreement if certified else Agreement.OPEN,
        evidence.error,
        evidence.tolerance,
        evidence.margin,
        compared,
        numbers,
        reason,
        evidence.note if certified else "the predicted minimum has no certificate",
    )


def scale_of(scale: Any, measured: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The unit of comparison, after checking that the two shapes fit."""
    _check_shapes("predicted", measured, predicted)
    if scale is None:
        return np.asarray(max(float(np.max(np.abs(predicted))), np.finfo(float).tiny))
    unit = np.abs(numeric("scale", scale, finite=True))
    _check_shapes("scale", measured, unit)
    return unit


def rivals_at(measured: np.ndarray, rivals: Mapping[str, Any], unit: np.ndarray, tolerance: float) -> tuple[Rival, ...]:
    """Each rival's distance from the measurement. One that is not finite cannot be rejected by it."""
    compared = []
    for name, value in rivals.items():
        other = numeric(f"rival {name!r}", value)
        _check_shapes(f"rival {name!r}", measured, other)
        if np.all(np.isfinite(other)) and np.all(np.isfinite(measured)):
            compared.append(Rival.at(name, distance(measured, other, unit) / tolerance))
        else:
            compared.append(Rival.at(name, math.nan, note="not finite"))
    return tuple(compared)


def _check_shapes(name: str, measured: np.ndarray, other: np.ndarray) -> None:
    try:
        fits = np.broadcast_shapes(measured.shape, other.shape) == measured.shape
    except ValueError:
        fits = False
    if not fits:
        raise ClaimError(f"{name} has shape {other.shape}, measured has shape {measured.shape}")


def _worst_entry(measured: np.ndarray, predicted: np.ndarray, unit: np.ndarray) -> dict[str, float]:
    """The two values where they differ most (real parts, for the report only)."""
    with np.errstate(all="ignore"):
        gap = np.abs(measured - predicted) / unit
    shape = np.shape(gap)
    where: Sequence[Any] = np.unravel_index(int(np.argmax(np.where(np.isnan(gap), np.inf, gap))), shape)
    at = tuple(where)
    m, p = np.broadcast_to(measured, shape)[at], np.broadcast_to(predicted, shape)[at]
    return {"measured": float(m.real), "predicted": float(p.real)}
