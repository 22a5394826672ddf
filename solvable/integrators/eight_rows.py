"""Products of contiguous pieces of vectors, eight numbers side by side (see ``eight`` for why)."""

from __future__ import annotations

from .compile import inlined
from .eight import load, number, plus, put, spread, store, times_plus, total


@inlined
def product_of(x, i, y, j, length):
    """``sum_k x[i + k] y[j + k]`` over `length` entries: two chains of eights, then the rest one by one."""
    first, second = spread(0.0), spread(0.0)
    k = 0
    while k + 16 <= length:
        first = times_plus(load(x, i + k), load(y, j + k), first)
        second = times_plus(load(x, i + k + 8), load(y, j + k + 8), second)
        k += 16
    if k + 8 <= length:
        first = times_plus(load(x, i + k), load(y, j + k), first)
        k += 8
    rest = 0.0
    while k < length:
        rest = times_plus(number(x, i + k), number(y, j + k), rest)
        k += 1
    return total(plus(first, second)) + rest


@inlined
def add_multiple(out, j, x, i, factor, length):
    """``out[j + k] += factor x[i + k]`` over `length` entries."""
    factors = spread(factor)
    k = 0
    while k + 8 <= length:
        store(out, j + k, times_plus(factors, load(x, i + k), load(out, j + k)))
        k += 8
    while k < length:
        put(out, j + k, times_plus(factor, number(x, i + k), number(out, j + k)))
        k += 1
