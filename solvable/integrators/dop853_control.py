"""What adaptive one-step methods share: the size of an error, the first step, a rejection, the end of a
run.

The error of a step is the root mean square of ``e_i / (atol_i + rtol max(|y_i|, |ynew_i|))``. A step is
accepted only if this number is *below one*, a comparison that NaN fails, so that a stage which overflowed
can never pass as exact.

The first step follows Hairer, Norsett and Wanner (Solving Ordinary Differential Equations I, section II.4):
an explicit Euler step of relative size 1 % shows the second derivative, and with it the step at which the
method errs by 1 % of the tolerance. It does not look at the target: no quantity of the main sequence does.

Sums run over eights (see ``eight``) in a fixed order: fast, and the same bits wherever the run is taken up again.
Vectors are rows of one work matrix, `wide` enough for whole eights, so that all of them begin where a cache line does
if the first one does.
"""

from __future__ import annotations

import math

from .compile import helper
from .eight import WIDTH, load, number, spread, store, times_plus
from .eight_rows import product_of
from .status import (
    CONVERGED,
    DIVERGED,
    FAILED,
    N_REJECTED,
    NONFINITE,
    REJECTED,
    RUNNING,
    STALLED,
    H,
)

HUGE = 1e290  # beyond this, squares of differences and the next stages are about to overflow
LARGEST = 1.7976931348623157e308
SAFETY = 0.9
GROWTH = 5.0  # a larger jump at the end of a plateau is rejected too often
SHRINK = 0.2
RESOLUTION = 1e-15  # smaller steps, relative to the time, no longer move it


def wide(m: int) -> int:
    """Length of a row for `m` numbers: whole eights."""
    return m + -m % WIDTH


@helper
def combine(out, base, K, row, count, factor):
    """``out = base + factor sum_{q < count} row[q] K[q]``; sums of 32 places at a time stay in registers.

    The last eight begins where it ends with the row, over places that are written already: `out` is neither `base` nor
    among the rows. Zero coefficients cost nothing.
    """
    m, width = base.shape[0], K.shape[1]
    factors = spread(factor)
    k = 0
    while k + 4 * WIDTH <= m:
        s0 = s1 = s2 = s3 = spread(0.0)
        for q in range(count):
            a = number(row, q)
            if a != 0.0:
                here, b = q * width + k, spread(a)
                s0 = times_plus(b, load(K, here), s0)
                s1 = times_plus(b, load(K, here + WIDTH), s1)
                s2 = times_plus(b, load(K, here + 2 * WIDTH), s2)
                s3 = times_plus(b, load(K, here + 3 * WIDTH), s3)
        store(out, k, times_plus(factors, s0, load(base, k)))
        store(out, k + WIDTH, times_plus(factors, s1, load(base, k + WIDTH)))
        store(out, k + 2 * WIDTH, times_plus(factors, s2, load(base, k + 2 * WIDTH)))
        store(out, k + 3 * WIDTH, times_plus(factors, s3, load(base, k + 3 * WIDTH)))
        k += 4 * WIDTH
    while k < m and m >= WIDTH:
        k = min(k, m - WIDTH)
        s0 = spread(0.0)
        for q in range(count):
            a = number(row, q)
            if a != 0.0:
                s0 = times_plus(spread(a), load(K, q * width + k), s0)
        store(out, k, times_plus(factors, s0, load(base, k)))
        k += WIDTH
    while k < m:
        s = 0.0
        for q in range(count):
            if number(row, q) != 0.0:
                s += number(row, q) * K[q, k]
        out[k] = base[k] + factor * s
        k += 1


@helper
def copy(x, out):
    for j in range(out.shape[0]):  # a slice assignment would cost a second of compile time
        out[j] = x[j]


@helper
def dot(x, y):
    return product_of(x, 0, y, 0, x.shape[0])


@helper
def weigh(e, y, ynew, rtol, atol):
    """Divide the error `e`, in place, by its tolerance; an exact zero stays zero whatever its tolerance."""
    for j in range(y.shape[0]):
        tolerance = atol[j] + rtol * max(abs(y[j]), abs(ynew[j]))
        e[j] = e[j] / tolerance if e[j] != 0.0 else 0.0


@helper
def within(x, bound):
    """Whether every ``|x_i| <= bound``; NaN is not."""
    outside = 0
    for j in range(x.shape[0]):
        outside += not (abs(x[j]) <= bound)
    return outside == 0


@helper
def first_step(field, y, f, data, rtol, atol, order, stage, change):
    """Length of the first step of a method of `order`; `stage`, `change` are scratch, ``f = F(y)``."""
    m = y.shape[0]
    size = speed = 0.0
    for j in range(m):
        tolerance = atol[j] + rtol * abs(y[j])
        if tolerance > 0.0:
            size += (y[j] / tolerance) ** 2
            speed += (f[j] / tolerance) ** 2
    size, speed = math.sqrt(size / m), math.sqrt(speed / m)
    h0 = 1e-6 if size < 1e-5 or speed < 1e-5 else 0.01 * size / speed
    for j in range(m):
        stage[j] = y[j] + h0 * f[j]
    field(stage, data, change)
    bend = 0.0
    for j in range(m):
        tolerance = atol[j] + rtol * abs(y[j])
        if tolerance > 0.0:
            bend += ((change[j] - f[j]) / tolerance) ** 2
    bend = math.sqrt(bend / m) / h0
    largest = max(speed, bend)
    h1 = max(1e-6, 1e-3 * h0) if largest <= 1e-15 else (0.01 / largest) ** (1.0 / order)
    h = min(100.0 * h0, h1)
    return h if h > 0.0 and h < math.inf else h0  # the Euler step may have left the domain of the field


@helper
def shrunk(h, error, exponent):
    """The step to try after `error` >= 1; after NaN or infinity, which tells nothing about the size, a
    tenth.
    """
    if not error < math.inf:
        return 0.1 * h
    return h * min(1.0, max(SHRINK, SAFETY * error**-exponent))


@helper
def reject(control, error, exponent):
    control[H] = shrunk(control[H], error, exponent)
    control[REJECTED] = 1.0
    control[FAILED] = 0.0 if error < math.inf else 1.0
    control[N_REJECTED] += 1


@helper
def judge(loss, y, data, until_loss, limit):
    """Whether the run ends at the accepted state `y`."""
    if not within(y, HUGE):
        return DIVERGED
    if until_loss >= 0.0 or limit < math.inf:
        value = loss(y, data)
        if value <= until_loss:
            return CONVERGED
        if value > limit:
            return DIVERGED
        if math.isnan(value):
            return NONFINITE
    return RUNNING


@helper
def why_stalled(y, f, h, control):
    """Name the reason for which the step vanished: a blow-up grows by a visible part in the smallest step."""
    if dot(y, f) * h > 1e-6 * dot(y, y):
        return DIVERGED
    return NONFINITE if control[FAILED] != 0.0 else STALLED
