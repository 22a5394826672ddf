"""Jacobians by forward differences, for fields that come without one.

The increment of a component is ``sqrt(eps) max(|y_j|, max|y| / 1000)``. The second term is the floor that
keeps rounding away: the difference of two values of ``F_i`` carries an error ``eps |F_i|``, which an
increment as small as a component of size 1e-16 (common in sparse networks) would turn into garbage, while a
floor far below the largest component changes the Jacobian only by what a relative change of 1e-11 in the
state changes it.
"""

from __future__ import annotations

from .compile import helper, kernel
from .signatures import JACOBIAN, signature_of

INCREMENT = 1.4901161193847656e-08  # sqrt(2^-52)
FLOOR = 1e-3


@helper
def finite_difference_jacobian(field, y, data, f, out, point, value):
    """``dF/dy`` at `y` into ``out (m, m)``, given ``f = F(y)``; `point` and `value` are scratch. Costs m
    evaluations.
    """
    m = y.shape[0]
    largest = 0.0
    for j in range(m):
        point[j] = y[j]
        largest = max(largest, abs(y[j]))
    if largest == 0.0:
        largest = 1.0 / FLOOR
    for j in range(m):
        moved = y[j] + INCREMENT * max(abs(y[j]), FLOOR * largest)
        point[j] = moved
        field(point, data, value)
        difference = moved - y[j]  # exactly representable, unlike the increment
        for i in range(m):
            out[i, j] = (value[i] - f[i]) / difference
        point[j] = y[j]


@kernel(signature_of(JACOBIAN))
def no_jacobian(theta, data, out):
    """A place holder where ``FINITE_DIFFERENCES`` is set: NaN, so that using it by mistake rejects every
    step.
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = float("nan")
