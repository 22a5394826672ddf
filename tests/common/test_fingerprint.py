"""Equal content, equal fingerprint; any difference shows; no dependence on the process."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvable.common.fingerprint import fingerprint

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def same(a, b):
    """Equality that tells 1 from 1.0 and True, and no -0.0 from 0.0."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b


@given(VALUES, VALUES)
def test_equal_content_and_only_that_has_equal_fingerprints(a, b):
    assert (fingerprint(a) == fingerprint(b)) == same(a, b)


@given(
    st.lists(st.text(alphabet="ab:;1", max_size=4), max_size=4),
    st.lists(st.text(alphabet="ab:;1", max_size=4), max_size=4),
)
def test_pieces_cannot_be_shifted_between_neighbors(a, b):
    assert (fingerprint(*a) == fingerprint(*b)) == (a == b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (-0.0, 0.0),
        (np.array([-0.0, 1.0]), np.array([0.0, 1.0])),
        (np.float64(2.0), 2.0),
        (np.int64(2), 2),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ((1, 2), [1, 2]),
        (np.arange(6.0).reshape(2, 3).T, np.ascontiguousarray(np.arange(6.0).reshape(2, 3).T)),
    ],
)
def test_equal(a, b):
    assert fingerprint(a) == fingerprint(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0),
        (1, True),
        ("1", 1),
        (None, "None"),
        (np.zeros(3), np.zeros((3, 1))),
        (np.zeros(()), np.zeros(1)),
        (np.zeros(2), np.zeros(2, dtype=np.int64)),
        (np.array([1.0, 2.0]), np.array([1.0, np.nextafter(2.0, 3.0)])),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        ([1, [2]], [[1], 2]),
        ([[1], 2], [[1, 2]]),
    ],
)
def test_different(a, b):
    assert fingerprint(a) != fingerprint(b)


@pytest.mark.parametrize("bad", [object(), {1, 2}, lambda: 0, np.array([object()]), 1j])
def test_what_has_no_canonical_form_is_refused(bad):
    with pytest.raises(TypeError, match="cannot fingerprint a "):
        fingerprint(bad)


def test_another_process_with_another_hash_seed_agrees():
    code = "from solvable.common.fingerprint import fingerprint as f; print(f({'x': 1, 'y': [2.5, 'z']}, 'w'))"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == fingerprint({"x": 1, "y": [2.5, "z"]}, "w")
