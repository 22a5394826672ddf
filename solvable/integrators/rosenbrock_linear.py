"""The linear systems of an implicit step: ``(s I - J) x = b`` with one factorization and many right-hand
sides.

A gradient flow has a symmetric ``J``; where it is negative semidefinite, ``s I - J`` is positive definite
and Cholesky, ``M = U^T U``, needs half the work and no pivots. Where Cholesky meets a pivot that is not
positive (the loss is not convex there and the step is long) the matrix is built again and LU with partial
pivoting, ``P M = L R``, takes over. Up to `INVERTED` unknowns the factor is not kept but turned into the inverse.

Every long inner loop runs along a row, the direction in which memory is contiguous, and subtracts multiples
of up to four rows at once: it vectorizes without reordering a sum. Sizes meant are m <= a few hundred.
"""

from __future__ import annotations

import math

from .compile import helper
from .dop853_control import copy
from .eight_rows import product_of, transpose_times
from .rosenbrock_inverse import invert

FAILED, LU, CHOLESKY = 0, 1, 2
INVERTED = 64  # beyond, twice the work of the factorization costs more than substitution


@helper
def factor(J, M, shift, symmetric, pivots, inverse):
    """Factor ``shift I - J`` into `M`; the kind of factorization, or FAILED. `inverse`: reciprocals of the
    diagonal.
    """
    m = J.shape[0]
    if symmetric and m <= INVERTED:
        if invert(J, M, shift, pivots, inverse):
            return CHOLESKY
    elif symmetric:
        fill(J, M, shift)
        if cholesky(M, inverse):
            return CHOLESKY
    fill(J, M, shift)
    return LU if lu(M, pivots, inverse) else FAILED


@helper
def solve(M, kind, pivots, inverse, b):
    """Solve in place with the result of ``factor``."""
    m = b.shape[0]
    if kind == CHOLESKY and m <= INVERTED:
        copy(b, pivots)
        transpose_times(M, 0, m, m, pivots, 0, b, 0)
    elif kind == CHOLESKY:
        cholesky_solve(M, inverse, b)
    else:
        lu_solve(M, pivots, inverse, b)


@helper
def fill(J, M, shift):
    m = J.shape[0]
    for i in range(m):
        for j in range(m):
            M[i, j] = -J[i, j]
        M[i, i] += shift


@helper
def cholesky(M, inverse):
    """``U`` in the upper triangle, mirrored below; False unless every pivot is positive and finite."""
    m = M.shape[0]
    for i in range(m):
        k = 0
        while k + 4 <= i:
            f0, f1, f2, f3 = M[k, i], M[k + 1, i], M[k + 2, i], M[k + 3, i]
            for j in range(i, m):
                M[i, j] -= ((f0 * M[k, j] + f1 * M[k + 1, j]) + f2 * M[k + 2, j]) + f3 * M[k + 3, j]
            k += 4
        while k < i:
            f0 = M[k, i]
            for j in range(i, m):
                M[i, j] -= f0 * M[k, j]
            k += 1
        pivot = M[i, i]
        if not (pivot > 0.0 and pivot < math.inf):
            return False
        inverse[i] = 1.0 / math.sqrt(pivot)
        for j in range(i, m):
            M[i, j] *= inverse[i]
    for i in range(m):
        for j in range(i):
            M[i, j] = M[j, i]
    return True


@helper
def cholesky_solve(M, inverse, b):
    m = M.shape[0]
    for k in range(m):
        x = b[k] * inverse[k]
        b[k] = x
        for j in range(k + 1, m):
            b[j] -= x * M[k, j]
    for k in range(m - 1, -1, -1):
        x = b[k] * inverse[k]
        b[k] = x
        for j in range(k):  # the mirrored half: a row again, where a column of U is meant
            b[j] -= x * M[k, j]


@helper
def lu(M, pivots, inverse):
    """Both factors in place, multipliers below the diagonal; False for a singular or non-finite matrix.

    Panels of four columns: the rows to the right of a panel are read and written once for four eliminations.
    """
    m = M.shape[0]
    for first in range(0, m, 4):
        last = min(first + 4, m)
        for k in range(first, last):
            p = k
            for i in range(k + 1, m):
                if abs(M[i, k]) > abs(M[p, k]):
                    p = i
            pivots[k] = p
            if not (abs(M[p, k]) > 0.0 and abs(M[p, k]) < math.inf):
                return False
            if p != k:
                for j in range(m):
                    M[k, j], M[p, j] = M[p, j], M[k, j]
            inverse[k] = 1.0 / M[k, k]
            for i in range(k + 1, m):
                M[i, k] *= inverse[k]
                for j in range(k + 1, last):
                    M[i, j] -= M[i, k] * M[k, j]
        if last == m:
            return True
        for k in range(first, last):
            for i in range(k + 1, last):
                f0 = M[i, k]
                for j in range(last, m):
                    M[i, j] -= f0 * M[k, j]
        for i in range(last, m):
            f0, f1, f2, f3 = M[i, first], M[i, first + 1], M[i, first + 2], M[i, first + 3]
            for j in range(last, m):
                M[i, j] -= ((f0 * M[first, j] + f1 * M[first + 1, j]) + f2 * M[first + 2, j]) + f3 * M[first + 3, j]
    return True


@helper
def lu_solve(M, pivots, inverse, b):
    m = M.shape[0]
    for k in range(m):
        p = int(pivots[k])
        b[k], b[p] = b[p], b[k]
    for k in range(1, m):
        b[k] -= product_of(M, k * m, b, 0, k)
    for k in range(m - 1, -1, -1):
        b[k] = (b[k] - product_of(M, k * m + k + 1, b, k + 1, m - k - 1)) * inverse[k]
