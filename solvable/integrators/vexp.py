"""An exponential without branches, so that the compiler can vectorize the loop around it.

    exp(x) = 2^k exp(r),   k = round(x / log 2),   r = x - k log 2,   |r| <= log(2)/2

with k log 2 subtracted in two parts (Cody and Waite), exp(r) by its Taylor polynomial of degree 13, whose remainder is
below 5e-18, and 2^k applied in two factors, so that results fade through the subnormals to 0 and overflow to inf.
Largest error measured against mpmath: 1 ulp for normal results. NaN stays NaN.

From the same pieces comes ``1 - exp(-s) = (1 - 2^k) - 2^k (exp(r) - 1)`` without cancellation: near s = 0, k = 0 and
the first part is exactly 0. With both, saturating functions keep their relative accuracy at either end:
``tanh(s/2) = (1 - e^-s) / (1 + e^-s)``, and its slope is ``2 e^-s / (1 + e^-s)^2``.

For ``a e^x +- a e^-x`` one series serves both signs: with ``p, q = a 2^k, a 2^-k``

    a e^x + a e^-x = (p + q) cosh r + (p - q) sinh r,    a e^x - a e^-x = (p - q) cosh r + (p + q) sinh r

where the difference does not cancel near x = 0, since there k = 0 and p - q is exactly 0. a is given by its mantissa
and its power of two, so that neither a nor e^x has to be a floating point number, only their product.
"""

from __future__ import annotations

import numpy as np

from .compile import helper, kernel
from .signatures import VECTOR, void

LOG2_E = 1.4426950408889634
LOG_2_HIGH = 6.93147180369123816490e-01
LOG_2_LOW = 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2^52: adding and subtracting it rounds to the nearest integer
LOWEST, HIGHEST = -750.0, 710.0
LEAST_EXPONENT, LARGEST_EXPONENT = -1022.0, 1023.0  # of normal numbers
BIAS = np.int64(1023)
MANTISSA = np.int64(52)


@helper
def factors_of_two(k):
    """Two powers of two with product ``2^k``: one alone would leave the range of exponents before the product does."""
    half = k >> np.int64(1)
    first = np.int64((half + BIAS) << MANTISSA).view(np.float64)
    return first, np.int64((k - half + BIAS) << MANTISSA).view(np.float64)


@helper
def reduced_exp(x):
    """``(q, r, first, second)`` with ``exp(x) = (1 + r q) first second``, where first and second are powers of 2."""
    clipped = min(max(x, LOWEST), HIGHEST)
    k = (clipped * LOG2_E + ROUND) - ROUND
    r = (clipped - k * LOG_2_HIGH) - k * LOG_2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    first, second = factors_of_two(np.int64(k))
    return p, r, first, second


@helper
def exp_of(x):
    """exp(x) to 1 ulp, branch-free."""
    p, r, first, second = reduced_exp(x)
    return (p * r + 1.0) * first * second if x == x else x


@helper
def decay_of(s):
    """``(exp(-s), 1 - exp(-s))`` for s >= 0, both to a few ulp relative to themselves."""
    p, r, first, second = reduced_exp(-s)
    scale = first * second
    if s == s:
        return (p * r + 1.0) * first * second, (1.0 - scale) - p * r * scale
    return s, s


@helper
def split_exp(x):
    """``(mantissa, exponent)`` with ``exp(x) = mantissa 2^exponent``, for any finite x."""
    k = (x * LOG2_E + ROUND) - ROUND
    return exp_of((x - k * LOG_2_HIGH) - k * LOG_2_LOW), k


@helper
def power_of_two(k):
    """``(first, second)``, whose product is ``2^k``, or infinity or 0 where that is out of range."""
    return factors_of_two(np.int64(min(max(k, 2.0 * LEAST_EXPONENT), 2.0 * LARGEST_EXPONENT)))


@helper
def exp_sum_and_difference(x, mantissa, exponent):
    """``a e^x + a e^-x`` and ``a e^x - a e^-x`` for ``a = mantissa 2^exponent``, both to a few ulp."""
    k = (x * LOG2_E + ROUND) - ROUND
    r = (x - k * LOG_2_HIGH) - k * LOG_2_LOW
    s = r * r
    even = 1.0 / 479001600.0
    even = even * s + 1.0 / 3628800.0
    even = even * s + 1.0 / 40320.0
    even = even * s + 1.0 / 720.0
    even = even * s + 1.0 / 24.0
    even = even * s + 0.5
    even = even * s + 1.0
    odd = 1.0 / 6227020800.0
    odd = odd * s + 1.0 / 39916800.0
    odd = odd * s + 1.0 / 362880.0
    odd = odd * s + 1.0 / 5040.0
    odd = odd * s + 1.0 / 120.0
    odd = odd * s + 1.0 / 6.0
    odd = (odd * s + 1.0) * r
    first, second = power_of_two(exponent + k)
    p = mantissa * first * second
    first, second = power_of_two(exponent - k)
    q = mantissa * first * second
    return (p + q) * even + (p - q) * odd, (p - q) * even + (p + q) * odd


@kernel(void(VECTOR, VECTOR))
def vexp(x, out):
    """``out = exp(x)`` elementwise."""
    for k in range(x.size):
        out[k] = exp_of(x[k])
