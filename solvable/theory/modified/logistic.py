r"""Gradient descent on ``x^3/3 - x^2/2``: a modified equation to any order, and where its series should be cut.

The flow is the logistic equation ``x' = f = x (1 - x)``, the step ``Phi(x) = x + h f``. A field f~ whose time-h flow is
Phi satisfies ``f~(Phi) = Phi' f~``. Write ``f~ = f sum_k h^k q_k`` and collect powers of h:

    q_k' = - sum_(j >= 2) f^(j-2) (f q_(k+1-j))^(j) / j!,        q_k(0) = (-1)^k / (k+1),

the constant from the linear rate ``log(1 + h)/h`` at the fixed point 0. So each q_k is a polynomial of degree k with
rational coefficients, a hundred of which take a second. At the other fixed point ``q_k(1) = 1/(k+1)`` comes out, as
``log(1 - h)`` asks.

**Divergence.** In complex time the logistic flow through x has its nearest pole at ``t_s = log((1-x)/x) +- i pi``. The
late terms grow like ``k! / |2 pi t_s|^k``, since ``f~ - f`` collects what Euler's method misses at the frequencies ``2
pi i/h``. So with N terms the defect falls until ``N* = R/h`` and is then of the size ``exp(-R/h)``, ``R = 2 pi |t_s|``;
on any interval around ``x = 1/2`` R is ``2 pi^2``. (An argument, not a proof; its exponent is what the claim measures.)
More terms than N* only do harm.
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import Any

import numpy as np

from ...common.checks import integer, positive, real_array

LOGISTIC_RADIUS = 2 * math.pi**2
"""R of the module text for intervals around 1/2."""

_BITS = 512

Polynomial = list[Fraction]


def logistic_flow(start: Any, t: Any) -> np.ndarray:
    """``1 / (1 + (1/x_0 - 1) e^(-t))``: the solution of ``x' = x (1 - x)`` from ``x_0 = start`` in (0, 1].

    Source: classical.

    >>> float(logistic_flow(0.25, 0.0))
    0.25
    """
    t, x = np.asarray(t, dtype=np.float64), np.asarray(start, dtype=np.float64)
    return x / (x + (1 - x) * np.exp(-t))


@functools.cache
def logistic_modified_terms(order: int) -> tuple[tuple[Fraction, ...], ...]:
    """The coefficients of ``q_0, ..., q_(order-1)``, constant first.

    Source: derived in this module.

    >>> [[str(c) for c in q] for q in logistic_modified_terms(3)]
    [['1'], ['-1/2', '1'], ['1/3', '-3/2', '3/2']]
    """
    found: list[Polynomial] = [[Fraction(1)]]
    for k in range(1, integer("order", order, minimum=1)):
        total: Polynomial = [Fraction(0)]  # Horner's scheme in f, from the highest derivative down
        for j in range((k + 3) // 2, 1, -1):
            lifted = _times_f(found[k + 1 - j])
            derivative = [math.comb(m, j) * lifted[m] for m in range(j, len(lifted))]
            total = _sum(_times_f(total), derivative)
        integral = [-c / (i + 1) for i, c in enumerate(total)]
        found.append([Fraction((-1) ** k, k + 1), *integral[:k]])
    return tuple(tuple(q) for q in found)


def logistic_defects(points: Any, step_size: float, order: int) -> np.ndarray:
    """Largest ``|f~(Phi(x)) - Phi'(x) f~(x)|`` over the points for 1, 2, ..., `order` terms, in 150-digit arithmetic.

    Args:
        points: x ``(n,)`` in [0, 1].
        step_size: h.
        order: the largest number of terms.

    Source: derived in this module.

    >>> errors = logistic_defects([0.4, 0.6], 0.8, 60)
    >>> bool(errors[0] > 1e4 * errors[30] and errors[59] > 1e4 * errors[30])
    True
    """
    h = Fraction(positive("step_size", step_size))
    largest = np.zeros(integer("order", order, minimum=1))
    powers = [_fixed(h**k) for k in range(order)]
    for x in map(Fraction, real_array("points", points, ndim=1).tolist()):
        image, slope, defect = x + h * x * (1 - x), _fixed(1 + h * (1 - 2 * x)), 0
        for k, (here, there) in enumerate(zip(_terms_at(x, order), _terms_at(image, order), strict=True)):
            defect += (there - (slope * here >> _BITS)) * powers[k] >> _BITS
            largest[k] = max(largest[k], abs(defect) / (1 << _BITS))
    return largest


def logistic_modified_series(step_size: float, order: int) -> np.polynomial.Chebyshev:
    """The field with `order` terms as a Chebyshev series on [0, 1], exact up to its rounding to floats.

    Source: derived in this module.

    >>> field = logistic_modified_series(0.1, 8)
    >>> bool(abs(field.deriv()(0.0) - np.log(1.1) / 0.1) < 0.1**8)
    True
    """
    h = Fraction(positive("step_size", step_size))
    degree = integer("order", order, minimum=1) + 1
    total: Polynomial = [Fraction(0)]
    for k, q in enumerate(logistic_modified_terms(order)):
        total = _sum(total, [h**k * c for c in q])
    coefficients = [_fixed(c) for c in _times_f(total)]
    values = [
        float(Fraction(_horner(coefficients, _fixed(Fraction(float(x)))), 1 << _BITS))
        for x in np.polynomial.chebyshev.chebpts1(degree + 1) / 2 + 0.5
    ]
    return np.polynomial.Chebyshev(_chebyshev_coefficients(np.array(values)), domain=[0.0, 1.0])


def _times_f(p: Polynomial) -> Polynomial:
    """``x (1 - x) p``."""
    padded = [Fraction(0), *p, Fraction(0)]
    return [a - b for a, b in zip(padded, [Fraction(0), *padded], strict=False)]


def _sum(p: Polynomial, q: Polynomial) -> Polynomial:
    longer, shorter = (p, q) if len(p) >= len(q) else (q, p)
    return [a + b for a, b in zip(longer, shorter, strict=False)] + longer[len(shorter) :]


def _fixed(x: Fraction) -> int:
    """x in fixed point."""
    return (x.numerator << _BITS) // x.denominator


def _horner(coefficients: list[int], x: int) -> int:
    total = 0
    for c in reversed(coefficients):
        total = (total * x >> _BITS) + c
    return total


@functools.cache
def _fixed_terms(order: int) -> list[list[int]]:
    return [[_fixed(c) for c in q] for q in logistic_modified_terms(order)]


def _terms_at(x: Fraction, order: int) -> list[int]:
    """``f q_k`` at x for every k, in fixed point."""
    point, f = _fixed(x), _fixed(x * (1 - x))
    return [_horner(q, point) * f >> _BITS for q in _fixed_terms(order)]


def _chebyshev_coefficients(values: np.ndarray) -> np.ndarray:
    """Of the polynomial with these values at the Chebyshev points of the first kind, in increasing order."""
    n = values.size
    angles = np.pi * (np.arange(n) + 0.5) / n
    weights = np.cos(np.multiply.outer(np.arange(n), angles))
    coefficients = 2 / n * weights @ values[::-1]
    coefficients[0] /= 2
    return coefficients
