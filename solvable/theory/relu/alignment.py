r"""Where small neurons turn before the loss moves.

With all neurons small, ``e_j = -y_j`` in the gradient flow of ``L = 1/(2n) sum_j (f(x_j) - y_j)^2``. A neuron
``a relu(w x + b)`` of direction ``u = (w, b)/|(w, b)|`` sees, with the lifted data ``X_j = (x_j, 1)``, only

    G(u) = (1/n) sum_j y_j relu(u . X_j),        D(u) = (1/n) sum_j y_j 1[u . X_j > 0] X_j,

and a balanced one, ``|a| = |(w, b)| = r`` and ``s = sign a``, moves by

    u' = s (I - u u^T) D(u),        (log r)' = s G(u).

So u climbs s G on the circle, and what grows at the end grows at the rate s G. The lines ``u . X_j = 0`` cut the
circle into 2 n sectors, in each of which D is constant and G is ``|D| cos(angle to D)``. The limits are

* *interior*: ``u = s D/|D|`` inside the sector of D, approached at the rate ``|D| = s G``;
* *kink*: a sector boundary, a knot at x_j, which s G rises to from both sides: reached in finite time;
* *inert*: the sector in which no sample is active; *flat*: one in which those that are cancel. There ``G = D = 0``.

A limit with ``s G < 0`` attracts directions while the neurons shrink.

Whether a direction lies in a sector is decided in rational arithmetic: the floats given are taken as exact, and no
limit is missed or counted twice where boundaries and D nearly coincide. Samples with y_j = 0 play no role here.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

from .samples import distinct_samples
from .sectors import Arc, arcs_of, sectors_of


class ExtremalDirection(NamedTuple):
    """A limit of the direction of small neurons.

    Attributes:
        sign: s of the output weight.
        angle: of ``u = (w, b)``, in [0, 2 pi); the middle of the sector if inert or flat.
        value: ``G(u)``.
        kind: ``"interior"``, ``"kink"``, ``"inert"`` or ``"flat"``.
        basin: angles (start, end), counterclockwise and ``0 <= start < 2 pi``, between which neurons of this sign tend
            to it.
    """

    sign: int
    angle: float
    value: float
    kind: str
    basin: tuple[float, float]

    @property
    def growth_rate(self) -> float:
        """``s G``, the rate of ``log r`` of a balanced neuron there."""
        return self.sign * self.value

    @property
    def knot(self) -> float:
        """``-b/w``."""
        return -math.tan(self.angle)


def extremal_directions(x: Any, y: Any) -> list[ExtremalDirection]:
    """All limits of the directions of small neurons, the fastest growing first.

    Args:
        x, y: data, shape ``(n,)``; x distinct, in any order.

    Returns:
        for each sign: the local maxima of s G on the circle, and the inert sector; the basins of the limits of one sign
        fill the circle.

    Raises:
        ValueError: shapes that do not fit, repeated x, or y = 0.

    Source: Maennel, Bousquet and Gelly, arXiv:1803.08367 (the extremal vectors); Boursier et al., arXiv:2206.00939
        (the early phase); the enumeration is derived in this module.

    >>> for found in extremal_directions([-1.0, -0.2, 0.6, 1.2], [-0.6, 0.5, 0.9, -0.7]):
    ...     print(found.sign, f"{found.angle:.5f} {found.value:.5f} {found.kind}")
    -1 2.94420 -0.12748 interior
    -1 5.74277 -0.09004 kink
    1 0.78540 0.05303 kink
    1 4.66706 0.00000 inert
    -1 4.66706 0.00000 inert
    """
    _, nodes, targets = distinct_samples(x, y)
    points = [(Fraction(s), Fraction(t)) for s, t in zip(nodes.tolist(), targets.tolist(), strict=True) if t != 0]
    if not points:
        raise ValueError("y must have a nonzero entry: with y = 0 no direction is preferred")
    sectors = sectors_of(points, nodes.size)
    found = [limit for sign in (1, -1) for limit in _limits(sign, arcs_of(sign, sectors))]
    return sorted(found, key=lambda limit: -limit.growth_rate)


def _limits(sign: int, arcs: list[Arc]) -> list[ExtremalDirection]:
    """Plateaus, and the starts of falling arcs after rising ones, with what rises to them before and behind."""
    found = []
    for k, arc in enumerate(arcs):
        if arc.trend == 0:
            before, behind, angle = k, k + 1, 0.5 * (arc.start + arc.end)
        elif arc.trend < 0 and arcs[k - 1].trend > 0:
            before, behind, angle = k, k, arc.start
        else:
            continue
        low, high = arc.start, arcs[behind - 1].end if behind > k else arc.start
        while arcs[(before - 1) % len(arcs)].trend > 0:
            before -= 1
            low -= arcs[before % len(arcs)].end - arcs[before % len(arcs)].start
        while arcs[behind % len(arcs)].trend < 0:
            high += arcs[behind % len(arcs)].end - arcs[behind % len(arcs)].start
            behind += 1
        turns = math.floor(low / math.tau) * math.tau
        found.append(ExtremalDirection(sign, angle % math.tau, arc.value, arc.kind, (low - turns, high - turns)))
    return found
