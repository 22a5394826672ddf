"""Each check names the argument, says what it was and what is allowed, in one line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from solvable.common import checks

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def rejected(function, *arguments, **options):
    """The message of the one-line ValueError."""
    with pytest.raises(ValueError) as caught:
        function(*arguments, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=FINITE))
def test_real_array_copies_and_protects(value):
    array = checks.real_array("a", value)
    np.testing.assert_array_equal(array, value)
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    assert not array.flags.writeable
    assert not np.shares_memory(array, value)


@pytest.mark.parametrize(
    "value",
    [
        "1.0",
        ["1", "2"],
        b"1",
        1 + 2j,
        [1j],
        [[1.0], [1.0, 2.0]],
        None,
        object(),
        [None, 1.0],
        [10**400],
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        {"a": 1},
    ],
)
def test_real_array_refuses_what_is_not_real(value):
    assert rejected(checks.real_array, "theta0", value).startswith("theta0 must be an array of real numbers, got ")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_real_array_says_where_it_is_not_finite(bad):
    value = np.zeros((2, 3))
    value[1, 2] = bad
    assert rejected(checks.real_array, "X", value) == f"X must be finite, but entry (1, 2) is {bad}"
    assert np.array_equal(checks.real_array("X", value, finite=False), value, equal_nan=True)


def test_real_array_checks_the_number_of_axes():
    assert rejected(checks.real_array, "y", [[1.0]], ndim=1) == "y must be 1-dimensional, got shape (1, 1)"
    assert "0-dimensional or 1-dimensional" in rejected(checks.real_array, "y", [[1.0]], ndim=(0, 1))


def test_real_array_accepts_integers_booleans_and_object_numbers():
    for value in ([1, 2], [True, False], np.array([1, 2], dtype=object), np.float32([1, 2])):
        assert checks.real_array("a", value).dtype == np.float64


@pytest.mark.parametrize(
    ("function", "bad", "allowed"),
    [
        (checks.positive, 0, "> 0"),
        (checks.positive, -1e-300, "> 0"),
        (checks.nonnegative, -1, ">= 0"),
        (checks.real, "2", "a real number"),
        (checks.real, [1, 2], "a real number"),
        (checks.real, None, "a real number"),
        (checks.real, 10**400, "a real number"),
        (checks.positive, np.nan, "finite"),
        (checks.positive, np.inf, "finite"),
        (checks.nonnegative, -np.inf, "finite"),
    ],
)
def test_numbers(function, bad, allowed):
    message = rejected(function, "rtol", bad)
    assert message.startswith("rtol must be ")
    assert allowed in message


def test_numbers_come_back_as_floats():
    assert checks.positive("a", np.float32(0.5)) == 0.5
    assert type(checks.nonnegative("a", 0)) is float


@pytest.mark.parametrize("good", [3, 3.0, np.int64(3), np.float64(3.0), np.array(3)])
def test_integer_accepts_whole_numbers(good):
    value = checks.integer("steps", good)
    assert value == 3
    assert type(value) is int


@pytest.mark.parametrize("bad", [2.5, "3", None, [3], np.nan, np.inf, 3 + 0j])
def test_integer_refuses_others(bad):
    assert rejected(checks.integer, "steps", bad).startswith("steps must be an integer, got ")


def test_integer_bounds():
    assert rejected(checks.integer, "n", 0, minimum=1) == "n must be an integer >= 1, got 0"
    assert rejected(checks.integer, "n", 9, maximum=8) == "n must be an integer <= 8, got 9"
    assert rejected(checks.integer, "n", 9, minimum=1, maximum=8) == "n must be an integer from 1 to 8, got 9"


@pytest.mark.parametrize("bad", ["c", 1, None, np.array([1, 2]), ["a"]])
def test_choice(bad):
    assert checks.choice("order", "a", ("a", "b")) == "a"
    assert rejected(checks.choice, "order", bad, ("a", "b")).startswith("order must be one of 'a', 'b', got ")


def test_choice_names_what_was_meant():
    said = rejected(checks.choice, "order", "Shufle", ("replacement", "shuffle", 3))
    assert said == "order must be one of 'replacement', 'shuffle', 3, got 'Shufle' (did you mean 'shuffle'?)"
    assert "did you mean" not in rejected(checks.choice, "order", "xyz", ("replacement", "shuffle"))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1.0, 2.0]], [1.0, 2.0], "y must have one entry per row of X: X has shape (1, 2), y has shape (2,)"),
        ([1.0, 2.0], [1.0, 2.0], "X must be 2-dimensional, got shape (2,)"),
        ([[1.0]], [[1.0]], "y must be 1-dimensional, got shape (1, 1)"),
        (np.zeros((0, 3)), [], "X must have at least one row and one column, got shape (0, 3)"),
        (np.zeros((2, 0)), [1, 2], "X must have at least one row and one column, got shape (2, 0)"),
        ([[np.nan]], [1.0], "X must be finite, but entry (0, 0) is nan"),
        ([[1.0]], [np.inf], "y must be finite, but entry (0,) is inf"),
    ],
)
def test_regression(X, y, message):
    assert rejected(checks.regression, X, y) == message


def test_interpolable():
    X = np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0]])
    checks.interpolable(X, np.array([1.0, 2.0]))
    assert rejected(checks.interpolable, X, np.array([1.0, 2.1])).startswith("y must lie in the range of X")
    checks.interpolable(X, np.zeros(2))


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (0.0, {"above": 0}, "step_size must be > 0, got 0"),
        ([0.1, -2.0], {"above": 0}, "step_size must be > 0, got -2"),
        (-1e-3, {"minimum": 0}, "step_size must be >= 0, got -0.001"),
        (1.0, {"minimum": 0, "below": 1}, "step_size must be < 1, got 1"),
        ([], {}, "step_size must have at least one entry, got shape (0,)"),
        ([[0.1]], {}, "step_size must be 0-dimensional or 1-dimensional, got shape (1, 1)"),
        ([0.1, np.nan], {}, "step_size must be finite, but entry (1,) is nan"),
    ],
)
def test_hyperparameter(value, bounds, message):
    assert rejected(checks.hyperparameter, "step_size", value, **bounds) == message


def test_hyperparameter_is_a_float_or_a_read_only_array():
    assert type(checks.hyperparameter("h", np.array(0.5))) is float
    array = checks.hyperparameter("h", [0.5, 1.0], above=0)
    assert array.shape == (2,)
    assert not array.flags.writeable


def test_long_values_are_cut_short():
    assert len(rejected(checks.real, "a", "x" * 1000)) < 120


@pytest.mark.parametrize("bad", ["no", 0, 1, None, np.array([True, False])])
def test_flag_takes_only_true_and_false(bad):
    assert checks.flag("normalized", np.True_) is True
    with pytest.raises(ValueError, match="normalized must be True or False, got "):
        checks.flag("normalized", bad)
