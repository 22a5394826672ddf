r"""The linear system of an adapted spline: from data to the second derivative, at the condition of a cubic spline.

``f'' = zeta beta`` with beta piecewise linear between the data, ``beta = gamma`` to their left and ``-gamma`` to
their right, ``gamma(t) = (m - d t)/2``, ``d = sum alpha_j`` and ``m = sum alpha_j x_j``
(`solvable.theory.relu.feature_spline`). The values ``p_j = beta(x_j)`` determine all: alpha_j is the jump of slope of
beta at x_j, and ``gamma(x_1) = p_1``, ``gamma(x_n) = -p_n`` give, with c the middle of the data,

    p_1 + p_n = (x_n - x_1) d/2,        p_1 - p_n = m - c d.

From ``f(x) = (1/2) int zeta [(beta + gamma) (x - t)_+ + (beta - gamma) (t - x)_+] dt`` follow n equations, for the
differences of chord slopes at inner data, for ``f(x_1)`` and for the chord slope from x_1 to x_n:

    int hat_j zeta beta,
    int_{t < x_1} zeta gamma (x_1 - t) + int zeta (beta - gamma) (t - x_1)/2 - int_{t > x_n} zeta gamma (t - x_1),
    int_{t < x_1, t > x_n} zeta gamma - int zeta (beta - gamma)/2 + int zeta beta (x_n - t)/(x_n - x_1),

integrals over [x_1, x_n] unless marked, to be solved with ``f + n lambda alpha = y``. Nothing cancels as data come
close.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .feature_laws import FeatureLaw


def mass_matrix(law: FeatureLaw, x: np.ndarray) -> np.ndarray:
    """``int zeta hat_i hat_j`` over [x_1, x_n], shape ``(n, n)``."""
    before, mixed, after = law.mass(x[:-1], x[1:])
    return np.diag(np.append(before, 0.0) + np.append(0.0, after)) + np.diag(mixed, 1) + np.diag(mixed, -1)


class SplineSolution(NamedTuple):
    """Nodal values p of beta, its jumps of slope alpha, the values of f, and ``(sum alpha_j, sum alpha_j x_j)``."""

    load: np.ndarray
    jumps: np.ndarray
    values: np.ndarray
    sums: tuple[float, float]


def solve_spline(law: FeatureLaw, x: np.ndarray, y: np.ndarray, shift: float) -> SplineSolution:
    """The spline through n >= 2 data, x increasing, with ``shift = n lambda``.

    The unknowns are f and z, which is p with ``p_1 - p_n`` and ``sum alpha_j`` in the place of p_1 and p_n: of these
    two the second is much smaller if knots are spread far beyond the data. Eliminating f would square the condition
    if the shift is large.
    """
    n, length, middle, eye = x.size, x[-1] - x[0], x[0] + 0.5 * (x[-1] - x[0]), np.eye(x.size)
    to_load, total = eye.copy(), eye[-1]  # to_load @ z = p, total @ z = sum alpha
    to_load[0], to_load[-1] = 0.5 * eye[0] + 0.25 * length * total, -0.5 * eye[0] + 0.25 * length * total
    odd = 0.5 * eye[0] + 0.5 * np.outer(middle - x, total)  # odd @ z = gamma(x)
    slopes = np.diff(to_load, axis=0) / np.diff(x)[:, None]
    jumps = np.diff(np.vstack([-0.5 * total, slopes, 0.5 * total]), axis=0)  # jumps @ z = alpha
    moment = eye[0] + middle * total  # moment @ z = sum alpha_j x_j
    hats, near, far = mass_matrix(law, x), law.tail(x[0]), law.tail(-x[-1])
    left_facing = 0.5 * hats @ (to_load - odd)
    value = (near.lever - far.lever - length * far.mass, near.odd_lever + far.odd_lever + length * far.odd_mass)
    slope = (near.mass + far.mass, near.odd_mass - far.odd_mass)  # each the factors of moment/2 and total/2
    integrals, differences = hats @ to_load, _second_differences(x)  # integrals @ z = differences @ f
    integrals[0] = 0.5 * (value[0] * moment + value[1] * total) + (x - x[0]) @ left_facing
    integrals[-1] = 0.5 * (slope[0] * moment + slope[1] * total) - left_facing.sum(axis=0)
    integrals[-1] += (x[-1] - x) / length @ hats @ to_load
    differences[0], differences[-1] = eye[0], (eye[-1] - eye[0]) / length
    system = np.block([[integrals, -differences], [shift * jumps, eye]])
    scale = np.max(np.abs(system), axis=1)
    z, values = np.split(np.linalg.solve(system / scale[:, None], np.append(np.zeros(n), y) / scale), 2)
    return SplineSolution(to_load @ z, jumps @ z, values, (float(total @ z), float(moment @ z)))


def _second_differences(x: np.ndarray) -> np.ndarray:
    """Differences of consecutive chord slopes in the inner rows, zero in the outer ones; shape ``(n, n)``."""
    slopes = np.diff(np.eye(x.size), axis=0) / np.diff(x)[:, None]
    zero = np.zeros((1, x.size))
    return np.vstack([zero, np.diff(slopes, axis=0), zero])


def left_of_data(
    law: FeatureLaw, x: np.ndarray, load: np.ndarray, sums: tuple[float, float], value: float, t: np.ndarray
) -> np.ndarray:
    """f at ``t <= x_1``, from ``f(x_1) = value``: the line of all that faces left there, and what bends before t."""
    total, moment = sums
    outer = law.tail(-x[-1])
    left_facing = 0.5 * np.sum(mass_matrix(law, x) @ (load - 0.5 * (moment - total * x)))
    slope = left_facing - 0.5 * (moment * outer.mass - total * outer.odd_mass)
    here, edge = law.tail(t), law.tail(x[0])
    bent = 0.5 * (moment * (here.lever - edge.lever) + total * (here.odd_lever - edge.odd_lever))
    return value + slope * (x[0] - t) + bent
