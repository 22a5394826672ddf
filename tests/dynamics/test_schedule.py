"""Which moments are saved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvable.dynamics.schedule import save_steps, save_times


@given(st.integers(1, 200), st.integers(0, 10**9), st.integers(0, 10**12))
def test_a_number_of_steps(count, start, length):
    points = save_steps(count, start, start + length)
    assert points.dtype == np.int64
    assert points.size == min(count, length + 1)
    assert points[-1] == start + length
    assert (np.diff(points) > 0).all()
    if count > 1:
        assert points[0] == start


@pytest.mark.parametrize(
    ("count", "length", "points"),
    [
        (1, 7, [7]),
        (2, 7, [0, 7]),
        (5, 4, [0, 1, 2, 3, 4]),
        (9, 3, [0, 1, 2, 3]),
        (5, 1000, [0, 1, 10, 100, 1000]),
        (4, 4, [0, 1, 2, 4]),
        (1, 0, [0]),
        (3, 0, [0]),
    ],
)
def test_steps_are_spread_in_logarithm(count, length, points):
    assert save_steps(count, 0, length).tolist() == points
    assert save_steps(count, 50, 50 + length).tolist() == [50 + p for p in points]


def test_start_and_end_by_default():
    assert save_steps(None, 3, 9).tolist() == [3, 9]
    assert save_times(None, 0.5, 2.0).tolist() == [0.5, 2.0]


@given(st.integers(3, 100), st.floats(0, 1e6), st.floats(1e-6, 1e6))
def test_a_number_of_times(count, start, length):
    points = save_times(count, start, start + length)
    assert points.size == count
    assert points[0] == start
    assert points[-1] == pytest.approx(start + length, rel=1e-15)
    assert (np.diff(points) >= 0).all()
    later = points[1:] - start
    np.testing.assert_allclose(
        later[1:], length * 10.0 ** np.linspace(-6, 0, count - 1)[1:], rtol=1e-9, atol=1e-9 * start
    )


def test_few_times():
    assert save_times(1, 0.0, 2.0).tolist() == [2.0]
    assert save_times(2, 0.0, 2.0).tolist() == [0.0, 2.0]


def test_arrays_are_taken_as_they_are():
    assert save_steps([0, 5, 7.0], 0, 7).tolist() == [0, 5, 7]
    assert save_times([0.0, 0.1 + 0.2, 1.0], 0.0, 1.0).tolist() == [0.0, 0.1 + 0.2, 1.0]
    assert save_times([3 * 0.1], 0.0, 0.3).tolist() == [0.3]  # a last digit beyond the end is forgiven


@pytest.mark.parametrize(
    ("save", "message"),
    [
        ([], "save must hold increasing numbers, at least one"),
        ([2, 1], "save must hold increasing numbers"),
        ([1, 1], "save must hold increasing numbers"),
        ([-1, 3], "save must lie between 0 and 10"),
        ([5, 11], r"save must lie between 0 and 10 \(steps\), got 5 to 11"),
        ([0.5, 2], "save must hold whole steps, got 0.5"),
        ([np.nan], "save must be finite"),
        ([[1, 2]], "save must be 1-dimensional"),
        (0, "save must be an integer >= 1, got 0"),
        (2.5, "save must be an integer >= 1, got float 2.5"),
        ("all", "save must be an integer >= 1"),
        (["a"], "save must be an array of real numbers"),
    ],
)
def test_bad_saves(save, message):
    with pytest.raises(ValueError, match=message):
        save_steps(save, 0, 10)
    if "whole" not in message:
        with pytest.raises(ValueError, match=message.replace("steps", "time")):
            save_times(save, 0.0, 10.0)
