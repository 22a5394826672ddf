"""Stored numbers with powers of two: exact, and inside their window."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solvable.integrators.scaled import CEILING, FLOOR, settle, settle_row, settle_tile

STORED = st.floats(1e-300, 1e300) | st.floats(-1e300, -1e-300)
DEBT = st.integers(-5000, 0)


def value(stored, exponent):
    """The exact factor as (odd-free mantissa, exponent)."""
    mantissa, place = math.frexp(stored)
    return mantissa, place + exponent


@given(STORED, DEBT)
def test_settling_is_exact(stored, exponent):
    new, debt = settle(stored, exponent)
    assert value(new, debt) == value(stored, exponent)
    assert debt <= 0


@given(STORED, DEBT)
def test_settled_numbers_stand_in_the_window(stored, exponent):
    new, debt = settle(stored, exponent)
    assert abs(new) >= FLOOR
    if debt < 0:
        assert abs(new) <= CEILING


@given(STORED, DEBT)
def test_settling_twice_changes_nothing(stored, exponent):
    once = settle(stored, exponent)
    assert settle(*once) == once


def test_zero_and_ordinary_numbers_stay():
    assert settle(0.0, 0) == (0.0, 0)
    assert settle(0.0, -7) == (0.0, -7)
    assert settle(1e-3, 0) == (1e-3, 0)


def test_a_debt_is_paid_back_as_far_as_it_goes():
    stored, debt = settle(2.0**-100, -30)
    assert (stored, debt) == (2.0**-130, 0)
    stored, debt = settle(2.0**-100, -3000)
    assert (stored, debt) == (2.0**-500, -2600)


def test_rows_and_tiles_settle_as_single_numbers():
    rng = np.random.default_rng(0)
    stored = rng.standard_normal((3, 4)) * 2.0 ** rng.integers(-700, -400, (3, 4))
    stored[1, 2] = 0.0
    debts = -rng.integers(0, 200, (3, 4)).astype(float)
    debts[1, 2] = 0.0
    middle = np.full((2, 4), 7.0)
    state = np.vstack([stored, middle, debts])
    rows, owed = stored.T.copy(), debts.T.copy()
    settle_tile(state, 3)
    for b in range(4):
        followers = 3.0 * rows[b] if b % 2 else np.empty(0)
        settle_row(rows[b], owed[b], followers)
        assert np.array_equal(followers, 3.0 * rows[b] if b % 2 else followers)
    for j in range(3):
        for b in range(4):
            expected = settle(stored[j, b], int(debts[j, b]))
            assert (state[j, b], state[5 + j, b]) == expected
            assert (rows[b, j], owed[b, j]) == expected
    assert np.array_equal(state[3:5], middle)


def test_memory_moves_with_its_factor():
    rng = np.random.default_rng(1)
    stored = rng.standard_normal((3, 4)) * 2.0 ** rng.integers(-700, -400, (3, 4))
    memory = rng.standard_normal((2, 3, 4)) * np.abs(stored)
    debts = -rng.integers(0, 200, (3, 4)).astype(float)
    state = np.vstack([stored, *memory, np.full((2, 4), 7.0), debts])
    settle_tile(state, 3, 2)
    shift = (debts - state[11:]).astype(int)
    assert np.unique(np.sign(shift)).tolist() == [-1, 0, 1]
    assert np.array_equal(state[:9], np.ldexp(np.vstack([stored, *memory]), np.tile(shift, (3, 1))))
    assert np.array_equal(state[9:11], np.full((2, 4), 7.0))


def test_an_ordinary_row_stays():
    row, followers = np.array([1.0, 0.0, -2.0, 0.0]), np.array([5.0, 6.0, 7.0, 8.0])
    settle_row(row, np.zeros(4), followers)
    assert row.tolist() == [1.0, 0.0, -2.0, 0.0]
    assert followers.tolist() == [5.0, 6.0, 7.0, 8.0]
