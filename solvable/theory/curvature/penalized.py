r"""Curvature as a penalty: the lasso over all knots.

    minimize  L(f) + lambda int h |f''|,      L = 1/(2n) sum_j (f(x_j) - y_j)^2,

over f with a free affine part. Its residuals ``r_j = y_j - f(x_j)`` are orthogonal to 1 and x at the optimum, and

    p(t) = 1/(n lambda) sum_j r_j (x_j - t)_+,      r = n lambda D^T p,

is piecewise linear with nodes at the data and zero at both ends (D takes y to the curvatures c of the data). A small
jump G at t changes the objective by ``lambda (h(t) |G| - p(t) G)``. So f is optimal exactly if ``|p| <= h``, and
``p = h sign G`` at the knots: for h = 1 knots at data points suffice, and the problem is a lasso with n - 2 columns
(Ergen and Pilanci); for a curved h the knots lie where p touches h inside a gap. They are found by exchange: the lasso
over some knots, then the points where ``|p| - h`` is largest on each gap join them, until Newton's method takes over.

The residuals of a small lambda say little about p. Once its knots and signs are known, p and the jumps solve

    n lambda D D^T p + A G = c,      A^T p = h sign G,

A the hats of the data at the knots, which has interpolation as its limit. Every p with ``|p| <= h`` proves

    gap = lambda sum_k ( h(t_k) |G_k| - p(t_k) G_k ) + 1/(2n) |y - f(x) - n lambda D^T p|^2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import choice, positive
from ...common.piecewise_linear import PiecewiseLinear
from ..convex.penalized import lasso
from ..minimum import Minimum
from .certificate import FEASIBLE
from .dual import dual_nodes
from .minimizer import masses
from .named_weights import NAMES, on_data
from .newton import AIM, certified_penalty, merged_and_moved
from .univariate import curvatures, hats, on_nodes, samples, second_differences
from .weights import Weight

ROUNDS = 60
NEAR = 1e-5  # gap relative to the objective, below which Newton's method may converge


@one_blas_thread()
def penalized_curvature(x: Any, y: Any, weight: Any, strength: Any) -> Minimum:
    """The minimizer of ``1/(2n) sum_j (f(x_j) - y_j)^2 + strength int h |f''|``.

    Args:
        x: data points, shape ``(n,)``, distinct, in any order.
        y: values, shape ``(n,)``.
        weight: as for `least_curvature`; its default there is ``"uniform"``.
        strength: lambda > 0.

    Returns:
        `Minimum` with the objective above; ``point`` is a `PiecewiseLinear`, ``multiplier`` (n,) the nodal values of p,
        ``|p| <= h``. There is no constraint, so ``residual`` is 0. Certified: gap <= 1e-10 times the objective; with a
        callable only if its samples show where it is convex and where concave.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, repeated x, strength <= 0, an unknown weight.

    Source: uniform weight Ergen and Pilanci, arXiv:2002.11219; other weights are derived here.

    >>> m = penalized_curvature([0, 1, 2], [0, 1, 0], "uniform", 0.1)
    >>> m.point.knots.tolist(), round(m.objective, 12), m.certified
    ([1.0], 0.11, True)
    """
    x, y, order = samples(x, y)
    size = positive("strength", strength)
    if not callable(weight):
        choice("weight", weight, NAMES)
    if x.size < 3:
        return Minimum(PiecewiseLinear.through(x, y), 0.0, 0.0, 0.0, True, np.zeros(x.size))
    best = _exchange(on_data(x, weight), y, size)
    given = np.empty(x.size)
    given[order] = best.multiplier
    return Minimum(**{**vars(best), "multiplier": given})


def _exchange(weight: Weight, y: np.ndarray, size: float) -> Minimum:
    """Rounds of the lasso and of letting in the knots that its multiplier asks for, from the data points."""
    dots = weight.x[1:-1]
    if not np.all(weight(dots) > 0):
        raise ValueError("weight must be > 0 at all data points but the first and last")
    best, wanted = _fit(weight, y, size, dots)
    for _ in range(ROUNDS):
        if best.gap <= AIM * best.objective or wanted.size == 0:
            break
        fitted, wanted = _fit(weight, y, size, np.unique(np.concatenate([dots, best.point.knots, wanted])))
        stuck = fitted.gap >= 0.9 * best.gap
        best = min(best, fitted, key=lambda m: m.gap)
        if best.gap <= NEAR * best.objective or stuck:
            best = min([best, *merged_and_moved(weight, y, size, best)], key=lambda m: m.gap)
        if stuck:
            break
    if best.gap > AIM * best.objective:  # a lasso of small strength loses digits; its limit does not
        p = dual_nodes(weight, curvatures(weight.x, y))
        limit = certified_penalty(weight, y, size, *masses(weight, p, curvatures(weight.x, y)), p)
        best = min([best, *merged_and_moved(weight, y, size, limit)], key=lambda m: m.gap)
    return best


def _fit(weight: Weight, y: np.ndarray, size: float, knots: np.ndarray) -> tuple[Minimum, np.ndarray]:
    """The lasso over these knots with its gap among all, and the points where its multiplier exceeds h."""
    x, n = weight.x, y.size
    affine = np.linalg.qr(np.stack([np.ones(n), x - np.mean(x)], axis=1))[0]
    columns = np.maximum(x[:, None] - knots, 0.0)
    for _ in range(2):
        columns = columns - affine @ (affine.T @ columns)
    target = y - affine @ (affine.T @ y)
    jumps = lasso(columns, target, size * weight(knots)).point
    knots, jumps = knots[jumps != 0], jumps[jumps != 0]
    p, jumps = _solved(weight, y, size, knots, jumps)
    _, t, h = weight.contacts(np.diff(p) / np.diff(x))
    wanted = t[np.abs(on_nodes(x, p, t)) > h * (1.0 + FEASIBLE)]
    return certified_penalty(weight, y, size, knots, jumps, p), wanted


def _solved(
    weight: Weight, y: np.ndarray, size: float, knots: np.ndarray, jumps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """p and the jumps at these knots, with the signs of `jumps`."""
    x, D = weight.x, second_differences(weight.x)
    A, c = hats(x, knots), curvatures(x, y)
    unit = float(np.max(np.abs(c))) or 1.0
    bound = weight(knots) * np.sign(jumps)
    system = np.block([[y.size * size / unit * (D @ D.T), A], [A.T, np.zeros((knots.size, knots.size))]])
    solution = np.linalg.lstsq(system, np.append(c / unit, bound), rcond=None)[0]
    p = np.concatenate([[0.0], solution[: c.size], [0.0]])
    return p, solution[c.size :] * unit
