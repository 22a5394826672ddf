r"""The optimality conditions of penalized curvature, solved by Newton's method, and their certificate.

For knots t_k with jumps G_k and the multiplier p of `solvable.theory.curvature.penalized`, a minimizer satisfies

    n lambda D D^T p + A G = c,      p(t_k) = h(t_k) sign G_k,      p'(t_k) = h'(t_k) sign G_k  inside gaps.

The third says that t_k is where ``sign p - h`` is largest on its gap, a function of the slope of p there that the
weight itself knows (`contacts`); its derivative is taken by differences. All three are solved together: for small
lambda the first one alone fixes some of the knots.
"""

from __future__ import annotations

import math

import numpy as np

from ...common.breakpoints import aggregate
from ...common.piecewise_linear import PiecewiseLinear
from ..minimum import GAP_TOLERANCE, Minimum
from .certificate import feasible_nodes
from .univariate import curvatures, hats, on_nodes, second_differences
from .weights import Weight

AIM = 1e-12  # gap relative to the objective that ends all iterations
STEPS = 8
CLUSTERS = (0.3, 0.03, 0.003)  # of the least gap: knots of one sign that close may be one


def merged_and_moved(weight: Weight, y: np.ndarray, size: float, start: Minimum) -> list[Minimum]:
    """Clusters of knots as one, and Newton's method on p, the jumps and the knots inside gaps."""
    x, f, found = weight.x, start.point, []
    for share in CLUSTERS:
        near = share * float(np.min(np.diff(x)))
        up, down = (aggregate(f.knots, np.maximum(s * f.jumps, 0.0), near) for s in (1.0, -1.0))
        order = np.argsort(np.append(up[0], down[0]))
        t, jumps = np.append(up[0], down[0])[order], np.append(up[1], -down[1])[order]
        p = start.multiplier.copy()
        for _ in range(STEPS):
            if np.any(np.diff(t) <= 0) or not np.all((t > x[0]) & (t < x[-1])):
                break
            found.append(certified_penalty(weight, y, size, t, jumps, p))
            if found[-1].gap <= AIM * found[-1].objective:
                return found
            step = _newton_step(weight, y, size, t, jumps, p)
            if not np.all(np.isfinite(step)):
                break
            inner = ~np.isin(t, x)
            p[1:-1] += step[: x.size - 2]
            jumps = jumps + step[x.size - 2 : x.size - 2 + t.size]
            t = t.copy()
            t[inner] += step[x.size - 2 + t.size :]
    return found


def _newton_step(
    weight: Weight, y: np.ndarray, size: float, t: np.ndarray, jumps: np.ndarray, p: np.ndarray
) -> np.ndarray:
    """The step of ``(p, jumps, knots inside gaps)`` for the two equations above and ``h' = sign p'`` at such knots."""
    x, D, d = weight.x, second_differences(weight.x), np.diff(weight.x)
    A, c = hats(x, t), curvatures(x, y)
    gap = np.searchsorted(x, t, side="right") - 1
    inner = np.flatnonzero(t > x[gap])
    gap, sign, rows = gap[inner], np.sign(jumps[inner]), np.arange(inner.size)
    slopes = np.diff(p) / d
    change = 1e-5 * (np.abs(slopes) + weight(0.5 * (x[1:] + x[:-1])) / d)
    touch, beside = (_touching(weight, s, gap, sign) for s in (slopes, slopes + change))
    bend = (beside - touch) / change[gap] / d[gap]

    moving = np.zeros((x.size, inner.size))  # of the hats' averages with the knots
    moving[gap, rows], moving[gap + 1, rows] = -jumps[inner] / d[gap], jumps[inner] / d[gap]
    turning = np.zeros((inner.size, x.size))  # of the points that p would touch with p
    turning[rows, gap], turning[rows, gap + 1] = -bend, bend
    system = np.block(
        [
            [y.size * size * (D @ D.T), A, moving[1:-1]],
            [A.T, np.zeros((t.size, t.size)), np.zeros((t.size, inner.size))],
            [turning[:, 1:-1], np.zeros((inner.size, t.size)), -np.eye(inner.size)],
        ]
    )
    balance = c - A @ jumps - y.size * size * (D @ (D.T @ p[1:-1]))
    right = np.concatenate([balance, weight(t) * np.sign(jumps) - on_nodes(x, p, t), t[inner] - touch])
    if not np.all(np.isfinite(system)):
        return np.full(right.size, np.nan)
    return np.linalg.lstsq(system, right, rcond=None)[0]


def _touching(weight: Weight, slopes: np.ndarray, gaps: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Inside each gap, the point where ``sign p - h`` is largest for p of these slopes; NaN if it is an end."""
    place, t, h = weight.contacts(slopes)
    touch = np.full(gaps.size, np.nan)
    for k, (gap, sign) in enumerate(zip(gaps, signs, strict=True)):
        here = np.flatnonzero(place == gap)
        best = t[here[np.argmax(sign * slopes[gap] * t[here] - h[here])]]
        if weight.x[gap] < best < weight.x[gap + 1]:
            touch[k] = best
    return touch


def certified_penalty(
    weight: Weight, y: np.ndarray, size: float, knots: np.ndarray, jumps: np.ndarray, p: np.ndarray
) -> Minimum:
    """The function with these jumps and the residuals that p asks for, with the gap that p proves."""
    x, n, D = weight.x, y.size, second_differences(weight.x)
    z = y - n * size * (D.T @ p[1:-1])
    p, feasible = feasible_nodes(weight, p)
    f = _curve(x, z, knots, jumps)
    charge = weight(f.knots) * np.abs(f.jumps)
    miss = y - f(x)
    objective = float(miss @ miss) / (2 * n) + size * math.fsum(charge)
    gap = size * math.fsum(np.maximum(charge - f.jumps * on_nodes(x, p, f.knots), 0.0))
    gap += float(np.sum((miss - n * size * (D.T @ p[1:-1])) ** 2)) / (2 * n)
    certified = feasible and weight.resolved and gap <= GAP_TOLERANCE * objective
    message = "; ".join(filter(None, (weight.note, "" if certified else "no certificate of optimality")))
    return Minimum(f, objective, gap, 0.0, certified, p, message)


def _curve(x: np.ndarray, z: np.ndarray, knots: np.ndarray, jumps: np.ndarray) -> PiecewiseLinear:
    """The function with these jumps that takes the first and last of the values z."""
    slope = (z[-1] - z[0] - float(jumps @ np.maximum(x[-1] - knots, 0.0))) / (x[-1] - x[0])
    return PiecewiseLinear.from_knots(knots, jumps, slope, (x[0], z[0]))
