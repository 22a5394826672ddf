"""The circle of directions of a neuron, cut where data change side: what is constant between cuts, in exact arithmetic.

`solvable.theory.relu.alignment` says what G and D are. Vectors are pairs of fractions of any length: every decision is
the sign of a cross product.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

Vector = tuple[Fraction, Fraction]


class Sector(NamedTuple):
    """Directions between two boundaries, their angles, D, and whether a sample is active."""

    start: Vector
    end: Vector
    low: float
    high: float
    D: Vector
    active: bool


class Arc(NamedTuple):
    """A part of a sector on which s G rises (+1), falls (-1) or is flat (0), counterclockwise."""

    trend: int
    start: float
    end: float
    kind: str  # of the critical direction at its start, or of the plateau
    value: float  # of G there


def sectors_of(points: list[Vector], n: int) -> list[Sector]:
    """The sectors, counterclockwise.

    Turning u counterclockwise from ``(1, -x_n)``, with the knot of ``w > 0`` at x_n, activates the samples from the
    right to the left; from ``(-1, x_n)`` on, ``w < 0``, they are lost in the same order.
    """
    falling = points[::-1]
    bounds = [(Fraction(1), -s) for s, _ in falling] + [(Fraction(-1), s) for s, _ in falling]
    angles = [-math.atan(s) for s, _ in falling] + [math.pi - math.atan(s) for s, _ in falling]
    changes = [(t * s / n, t / n) for s, t in falling] + [(-t * s / n, -t / n) for s, t in falling]
    ends, highs = bounds[1:] + bounds[:1], angles[1:] + [angles[0] + math.tau]
    D, sectors = (Fraction(0), Fraction(0)), []
    for k, change in enumerate(changes):
        D = (D[0] + change[0], D[1] + change[1])
        sectors.append(Sector(bounds[k], ends[k], angles[k], highs[k], D, k < len(changes) - 1))
    return sectors


def arcs_of(sign: int, sectors: list[Sector]) -> list[Arc]:
    """The sectors for neurons of this sign, cut at the direction of D or -D where it lies inside."""
    arcs = []
    for start, end, low, high, D, active in sectors:
        pull, push = (sign * D[0], sign * D[1]), (-sign * D[0], -sign * D[1])
        value = float(start[0] * D[0] + start[1] * D[1]) / math.hypot(*map(float, start))
        if D == (0, 0):
            arcs.append(Arc(0, low, high, "flat" if active else "inert", 0.0))
        elif _inside(start, pull, end):
            middle = low + _turn(start, pull)
            arcs.append(Arc(1, low, middle, "kink", value))
            arcs.append(Arc(-1, middle, high, "interior", sign * math.hypot(*map(float, D))))
        elif _inside(start, push, end):
            middle = low + _turn(start, push)
            arcs.append(Arc(-1, low, middle, "kink", value))
            arcs.append(Arc(1, middle, high, "interior", -sign * math.hypot(*map(float, D))))
        else:  # no critical direction inside: the slope of s G at the middle of the sector has the sign of all
            slope = _cross((start[0] + end[0], start[1] + end[1]), pull)
            arcs.append(Arc(1 if slope > 0 else -1, low, high, "kink", value))
    return arcs


def _cross(u: Vector, v: Vector) -> Fraction:
    return u[0] * v[1] - u[1] * v[0]


def _inside(start: Vector, direction: Vector, end: Vector) -> bool:
    """Whether it lies strictly between two directions at most half a turn apart."""
    return _cross(start, direction) > 0 and _cross(direction, end) > 0


def _turn(u: Vector, v: Vector) -> float:
    """The angle from u counterclockwise to v, in (0, pi] for directions at most half a turn apart."""
    return abs(math.atan2(float(_cross(u, v)), float(u[0] * v[0] + u[1] * v[1])))
