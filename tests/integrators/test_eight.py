"""Eight numbers side by side, against NumPy."""

import math

import numpy as np
import pytest
from numba import njit

from solvable.integrators import eight
from solvable.integrators.philox import SAMPLE_INDEX, words, words_of_eight


@njit
def combine(a, b, out):
    for k in range(0, a.size, 8):
        x, y = eight.load(a, k), eight.load(b, k)
        eight.store(out[0], k, eight.plus(x, y))
        eight.store(out[1], k, eight.times(x, y))
        eight.store(out[2], k, eight.opposite(x))
        eight.store(out[3], k, eight.times_plus(x, y, eight.spread(0.5)))
        eight.store(out[4], k, eight.over(x, y))


@njit
def exchange(a, b, i, j):
    held = eight.number(a, i)
    eight.put(a, i, eight.number(b, j))
    eight.put(b, j, held)


@njit
def compare_with_zero(z, x, out):
    eight.store(out, 0, eight.gate(eight.load(z, 0), eight.load(x, 0)))
    return eight.signs(eight.load(z, 0))


@njit
def fused_one_by_one(a, b, out):
    for k in range(a.size):
        out[k] = eight.times_plus(a[k], b[k], 0.5)


@njit
def combine_words(a, b, out):
    x, y = eight.load(a, 0), eight.load(b, 0)
    eight.store(out[0], 0, x * y)
    eight.store(out[1], 0, x ^ y)
    eight.store(out[2], 0, x & np.uint64(255))
    eight.store(out[3], 0, x >> np.uint64(7))
    eight.store(out[4], 0, eight.ramp(np.uint64(2**40)))


@njit
def sum_of(a, start):
    return eight.total(eight.load(a, start))


@njit
def compare(x, low, high):
    x, low, high = eight.load(x, 0), eight.load(low, 0), eight.load(high, 0)
    return eight.between(x, low, high), eight.same(x, low)


@pytest.mark.parametrize("place", range(8))
def test_comparisons_hold_in_all_eight_places(place):
    x, low, high = np.arange(8.0), np.arange(8.0) - 1, np.arange(8.0)
    assert compare(x, low, high) == (True, False)
    assert compare(x, x, high) == (False, True)
    assert compare(x, x * 1.0, high)[1]
    for value in (low[place], np.nan, np.nextafter(high[place], np.inf), np.inf, -np.inf):
        other = x.copy()
        other[place] = value
        assert compare(other, low, high) == (False, False)
        assert not compare(x, other, high)[1]
    assert compare(x, np.full(8, -np.inf), np.full(8, np.inf)) == (True, False)


def test_floats():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 24))
    out = np.empty((5, 24))
    combine(a, b, out)
    assert np.array_equal(out[0], a + b)
    assert np.array_equal(out[1], a * b)
    assert np.array_equal(out[2], -a)
    np.testing.assert_allclose(out[3], a * b + 0.5, rtol=0, atol=1e-15)
    assert np.array_equal(out[4], a / b)


def test_single_numbers_have_the_bits_of_eights():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 4000))
    out, single = np.empty((5, 4000)), np.empty(4000)
    combine(a, b, out)
    fused_one_by_one(a, b, single)
    assert np.array_equal(out[3], single)


def test_comparisons_with_zero():
    """Zeros of both signs and NaN are not positive, the smallest number is."""
    z = np.array([1.0, -1.0, 0.0, -0.0, np.nan, 5e-324, np.inf, -np.inf])
    x, out = np.arange(1.0, 9.0), np.empty(8)
    bits = compare_with_zero(z, x, out)
    assert [k for k in range(8) if bits >> k & 1] == [0, 5, 6]
    assert bits >> 8 == 0
    assert np.array_equal(out, np.where(z > 0, x, 0.0))


def test_words():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2**64, (2, 8), dtype=np.uint64)
    out = np.empty((5, 8), dtype=np.uint64)
    combine_words(a, b, out)
    assert np.array_equal(out[0], a * b)
    assert np.array_equal(out[1], a ^ b)
    assert np.array_equal(out[2], a & np.uint64(255))
    assert np.array_equal(out[3], a >> np.uint64(7))
    assert np.array_equal(out[4], np.uint64(2**40) + np.arange(8, dtype=np.uint64))


@pytest.mark.parametrize("start", [0, 3, 11])
def test_total_is_folded_in_halves(start):
    a = np.random.default_rng(start).standard_normal(30)
    x = a[start : start + 8]
    halves = x[:4] + x[4:]
    halves = halves[:2] + halves[2:]
    assert sum_of(a, start) == halves[0] + halves[1]
    assert sum_of(a, start) == pytest.approx(math.fsum(x), abs=1e-15 * np.abs(x).sum())


@pytest.mark.parametrize("first", [0, 8, 2**32 - 8, 2**40])
def test_eight_draws_are_single_draws(first):
    seed, replica, block = np.uint64(2**63 + 5), np.uint64(2**32 - 1), np.uint64(3)
    out = np.empty(32, dtype=np.uint64)
    words_of_eight(seed, replica, np.uint64(first), SAMPLE_INDEX, block, out)
    for q in range(8):
        assert tuple(out[q::8]) == tuple(words(seed, replica, np.uint64(first + q), SAMPLE_INDEX, block))


@pytest.mark.parametrize("kind", [np.float64, np.uint64])
def test_single_numbers(kind):
    a, b = np.arange(4).astype(kind), np.arange(10, 15).astype(kind)
    exchange(a, b, 2, 4)
    assert a.tolist() == [0, 1, 14, 3]
    assert b.tolist() == [10, 11, 12, 13, 2]
