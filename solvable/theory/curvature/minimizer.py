r"""Interpolants of least weighted curvature, with a certificate.

    minimize  int h |f''|   over f with f(x_j) = y_j.

This is what penalties on the parameters of a univariate two-layer ReLU network with a free affine part cost in function
space (`solvable.theory.curvature.named_weights`). The dual p comes from `solvable.theory.curvature.dual`; f'' lives
where ``|p| = h``, with the sign of p, and its masses follow from the curvatures of the data
(`solvable.theory.curvature.univariate`). A contact inside a gap is flat, ``h' = +-p'``: moving the knots there until
the masses fit the data to rounding costs the gap in second order only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import nnls

from ...common.blas import one_blas_thread
from ...common.checks import choice
from ...common.piecewise_linear import PiecewiseLinear
from ..minimum import Minimum
from .certificate import certified_curvature
from .dual import dual_nodes
from .named_weights import NAMES, on_data
from .univariate import bent_through, curvatures, hats, on_nodes, samples
from .weights import Weight

CONTACTS = (1e-14, 1e-12, 1e-10)  # slack of a point where p may touch h, relative to h
FITS = 1e-9  # error of the masses that moving the knots can still repair


@one_blas_thread()
def least_curvature(x: Any, y: Any, weight: Any = "uniform") -> Minimum:
    """An interpolant of least ``int h |f''|``.

    Args:
        x: data points, shape ``(n,)``, distinct, in any order.
        y: values, shape ``(n,)``.
        weight: ``"uniform"`` (h = 1), ``"bias"`` (h = sqrt(1 + t^2)), ``"label-noise"``, ``"stability"`` (see
            `curvature_weight`), or a callable ``h(t) >= 0`` of a float. Weights are taken lower semicontinuous at the
            data.

    Returns:
        `Minimum`; ``point`` is a `PiecewiseLinear`, ``objective = int h |f''|`` (no factor 1/2), ``multiplier`` (n,)
        the nodal values of p. Where several functions are minimal, connecting the dots if it is among them. Certified:
        residual <= 1e-10, gap <= 1e-10 times the objective; with a callable only if its samples show where it is convex
        and where concave, which ``message`` says.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, repeated x, a weight that is negative or unknown.

    Source: uniform weight Savarese et al., arXiv:1902.05040; bias Boursier and Flammarion, arXiv:2303.01353. The
    recursion for the dual is derived here.

    >>> least_curvature([0, 1, 2, 3], [0, 1, 0, 1]).objective
    4.0
    >>> m = least_curvature([-1.5, -1, -0.2, 0.3, 0.9, 1.6], [1, -0.2, -0.5, 0.1, 1.4, 0.9], "bias")
    >>> round(m.objective, 12), m.point.knots.round(6).tolist(), m.certified
    (9.173894719675, [-0.680129, 0.205287, 0.9], True)
    """
    x, y, order = samples(x, y)
    if not callable(weight):
        choice("weight", weight, NAMES)
    if x.size < 3:
        return Minimum(PiecewiseLinear.through(x, y), 0.0, 0.0, 0.0, True, np.zeros(x.size))
    h, c = on_data(x, weight), curvatures(x, y)
    p = dual_nodes(h, c)
    knots, jumps = masses(h, p, c)
    minimum = certified_curvature(h, y, bent_through(x, y, knots, jumps), p)
    given = np.empty(x.size)
    given[order] = minimum.multiplier
    return Minimum(**{**vars(minimum), "multiplier": given})


def masses(weight: Weight, p: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots where ``|p| = h`` and jumps with the sign of p there whose averages over the hats are c."""
    x, unit = weight.x, float(np.max(np.abs(c)))
    dots = np.flatnonzero(c) + 1
    if np.all(p[dots] * np.sign(c[dots - 1]) >= weight(x[dots]) * (1.0 - CONTACTS[0])):
        return x[dots], c[dots - 1]
    _, t, h = weight.contacts(np.diff(p) / np.diff(x))
    between = ~np.isin(t, x)  # at a data point the limits of h do not count, its value does
    t, first = np.unique(np.concatenate([t[between], x[1:-1]]), return_index=True)
    h = np.concatenate([h[between], weight(x[1:-1])])[first]
    slack, sign = h - np.abs(on_nodes(x, p, t)), np.sign(on_nodes(x, p, t))
    for contact in CONTACTS:  # near contacts are let in only if the true ones, found to rounding, do not fit
        near = slack <= contact * h
        mass, miss = nnls(hats(x, t[near]) * sign[near], c / unit)
        if miss <= FITS:
            break
    used = np.abs(mass) > 1e-14 * np.max(np.abs(mass), initial=0.0)
    t, mass = _fitted(x, t[near][used], (mass * sign[near])[used], c / unit)
    return t, mass * unit


def _fitted(x: np.ndarray, t: np.ndarray, mass: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Newton on the knots inside gaps and on all masses, by the smallest relative change that fits c."""
    gap = np.searchsorted(x, t, side="right") - 1
    inner = np.flatnonzero(t > x[gap])
    width = np.diff(x)[gap[inner]]
    for _ in range(4):
        A = hats(x, t)
        miss = c - A @ mass
        if np.max(np.abs(miss), initial=0.0) <= 1e-15:
            break
        marks = np.union1d(x, t)
        place = np.searchsorted(marks, t[inner])
        room = np.minimum(marks[place + 1] - t[inner], t[inner] - marks[place - 1])
        turn = np.zeros((x.size, inner.size))
        turn[gap[inner], np.arange(inner.size)] = -mass[inner] * room / width
        turn[gap[inner] + 1, np.arange(inner.size)] = mass[inner] * room / width
        step = np.linalg.lstsq(np.hstack([A * mass, turn[1:-1]]), miss, rcond=None)[0]
        if np.any(np.abs(step) >= 0.5):
            break
        mass = mass * (1.0 + step[: t.size])
        t = t.copy()
        t[inner] += room * step[t.size :]
    return t, mass
