"""Philox4x32-10: published vectors, plain integers as a second route, and the layout of the counter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvable.integrators import philox as module
from solvable.integrators.philox import philox, words

MASK = 2**32 - 1
WORD = st.integers(0, MASK)


def reference(counter, key):
    """Ten rounds in Python's own integers, written from the paper (round first, then the key is raised)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        hi0, lo0 = divmod(0xD2511F53 * c[0], 2**32)
        hi1, lo1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return tuple(c)


def compiled(counter, key):
    return tuple(int(w) for w in philox(*(np.uint64(v) for v in (*counter, *key))))


def draw(seed, replica, step, purpose, block):
    return tuple(int(w) for w in words(*(np.uint64(v) for v in (seed, replica, step, purpose, block))))


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_published_vectors(counter, key, answer):
    counter, key, answer = (tuple(int(w, 16) for w in text.split()) for text in (counter, key, answer))
    assert compiled(counter, key) == answer
    assert reference(counter, key) == answer


@given(st.tuples(WORD, WORD, WORD, WORD), st.tuples(WORD, WORD))
def test_equals_plain_integers(counter, key):
    assert compiled(counter, key) == reference(counter, key)


@given(st.integers(0, 2**64 - 1), WORD, st.integers(0, 2**56 - 1), st.integers(0, 255), WORD)
def test_layout_of_the_counter(seed, replica, step, purpose, block):
    counter = (step % 2**32, replica, purpose + 256 * (step // 2**32), block)
    assert draw(seed, replica, step, purpose, block) == reference(counter, (seed % 2**32, seed // 2**32))


def test_no_two_arguments_share_a_block():
    """Changing any one of seed, replica, step, purpose, block changes the words; so do both halves of seed and step."""
    base = (7, 3, 5, 1, 0)
    others = [(8, 3, 5, 1, 0), (7 + 2**32, 3, 5, 1, 0), (7, 4, 5, 1, 0), (7, 3, 6, 1, 0)]
    others += [(7, 3, 5 + 2**32, 1, 0), (7, 3, 5, 2, 0), (7, 3, 5, 1, 1), (7, 3, 1, 5, 0), (7, 5, 3, 1, 0)]
    assert len({draw(*arguments) for arguments in (base, *others)}) == 1 + len(others)


def test_purposes_are_distinct_and_fit():
    purposes = [int(v) for k, v in vars(module).items() if k in PURPOSES]
    assert len(purposes) == len(PURPOSES)
    assert len(set(purposes)) == len(purposes)
    assert max(purposes) < 256


PURPOSES = ("SAMPLE_INDEX", "EPOCH_ORDER", "LABEL_NOISE", "GRADIENT_NOISE", "PARAMETER_NOISE")
