"""Products of small matrices, eight of them side by side: entry (i, j) of all eight is one value of ``eight``.

What is a matrix here is an array, the place of its first entry (counted in eights), and how far it is to the next row
and to the next column, so that a transpose is a matter of two numbers. Sums are taken in their own order, one fused
step an entry: a product has the same bits however it is cut into blocks, and whatever the seven others hold.
"""

from __future__ import annotations

from .compile import helper, inlined
from .eight import WIDTH, load, store, times, times_plus


@helper
def multiply_simply(A, a, a_row, a_next, B, b, b_row, b_next, C, c, rows, inner, columns, whole, wide):
    """`multiply`, one entry at a time, without those of the first `whole` rows and `wide` columns."""
    for i in range(rows):
        for j in range(wide if i < whole else 0, columns):
            x, y = a + i * a_row, b + j * b_row
            s = times(load(A, WIDTH * x), load(B, WIDTH * y))
            for _ in range(1, inner):
                x += a_next
                y += b_next
                s = times_plus(load(A, WIDTH * x), load(B, WIDTH * y), s)
            store(C, WIDTH * (c + i * columns + j), s)


@inlined
def multiply(A, a, a_row, a_next, B, b, b_row, b_next, C, c, rows, inner, columns):
    """``C[i, j] = sum_t A[i, t] B[j, t]``, C ``(rows, columns)`` without gaps at `c`.

    Two rows by two columns at a time, so that every number is loaded half as often.
    """
    whole, wide = rows - rows % 2, columns - columns % 2
    for i in range(0, whole, 2):
        for j in range(0, wide, 2):
            x, y = a + i * a_row, b + j * b_row
            x0, x1 = load(A, WIDTH * x), load(A, WIDTH * (x + a_row))
            y0, y1 = load(B, WIDTH * y), load(B, WIDTH * (y + b_row))
            s00, s01, s10, s11 = times(x0, y0), times(x0, y1), times(x1, y0), times(x1, y1)
            for _ in range(1, inner):
                x += a_next
                y += b_next
                x0, x1 = load(A, WIDTH * x), load(A, WIDTH * (x + a_row))
                y0, y1 = load(B, WIDTH * y), load(B, WIDTH * (y + b_row))
                s00, s01 = times_plus(x0, y0, s00), times_plus(x0, y1, s01)
                s10, s11 = times_plus(x1, y0, s10), times_plus(x1, y1, s11)
            here = WIDTH * (c + i * columns + j)
            store(C, here, s00)
            store(C, here + WIDTH, s01)
            store(C, here + WIDTH * columns, s10)
            store(C, here + WIDTH * (columns + 1), s11)
    if whole < rows or wide < columns:
        multiply_simply(A, a, a_row, a_next, B, b, b_row, b_next, C, c, rows, inner, columns, whole, wide)
