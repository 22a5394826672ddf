r"""What proves that a curve has the least weighted curvature.

Any p with nodes at the data, zero at both ends, and ``|p| <= h`` bounds ``int h |f''|`` from below over interpolants:
``int h |f''| >= int p f'' = sum p_i c_i``. For an interpolant f with jumps G_k at t_k the distance to that bound is

    gap = sum_k ( h(t_k) |G_k| - p(t_k) G_k ),

a sum of nonnegative terms. A computed p is divided by the largest ``|p| / h`` over the points that the weight names as
the only candidates (`contacts`). The residual is the larger of ``|f(x_j) - y_j| / max |y|`` and of the error of the
jumps in the curvatures of the data (`solvable.theory.curvature.univariate`), relative to the largest of these.
"""

from __future__ import annotations

import math

import numpy as np

from ...common.piecewise_linear import PiecewiseLinear
from ..minimum import Minimum, is_certified
from .univariate import curvatures, hats, on_nodes
from .weights import Weight

FEASIBLE = 1e-14  # what may be left of |p| - h after scaling, relative to h


def certified_curvature(weight: Weight, y: np.ndarray, f: PiecewiseLinear, p: np.ndarray) -> Minimum:
    """f with the gap that p, nodes (n,) with zero ends and scaled to feasibility, proves; n >= 3."""
    x = weight.x
    c = curvatures(x, y)
    p, feasible = feasible_nodes(weight, p)
    h = weight(f.knots)
    charge = h * np.abs(f.jumps)
    objective = math.fsum(charge)
    gap = math.fsum(np.maximum(charge - f.jumps * on_nodes(x, p, f.knots), 0.0))
    residual = float(np.max(np.abs(f(x) - y))) / (float(np.max(np.abs(y))) or 1.0)
    unit = float(np.max(np.abs(c))) or 1.0
    residual = max(residual, float(np.max(np.abs(hats(x, f.knots) @ f.jumps - c))) / unit)
    certified = feasible and weight.resolved and is_certified(residual, gap, objective)
    message = [weight.note]
    if not weight.resolved:
        message.append("they are too few to tell where it is convex")
    if not feasible:
        message.append("the multiplier is not feasible")
    if not is_certified(residual, gap, objective):
        message.append("residual or duality gap above the tolerance")
    return Minimum(f, objective, gap, residual, certified, p, "; ".join(filter(None, message)))


def feasible_nodes(weight: Weight, p: np.ndarray) -> tuple[np.ndarray, bool]:
    """p divided by the largest ``|p| / h``, if that is above 1, and whether ``|p| <= h`` holds then."""
    for _ in range(20):
        size, h = _over(weight, p)
        if not np.any(size > h):
            return p, True
        positive = h > 0
        if np.any(size[~positive] > 0):
            return p, False
        p = p / np.max(size[positive] / h[positive])
    size, h = _over(weight, p)
    return p, bool(np.all(size <= h * (1.0 + FEASIBLE)))


def _over(weight: Weight, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``|p|`` and h where their difference may be largest: the contacts, and the data, where h may drop."""
    _, t, h = weight.contacts(np.diff(p) / np.diff(weight.x))
    return np.abs(np.append(on_nodes(weight.x, p, t), p)), np.append(h, weight(weight.x))
