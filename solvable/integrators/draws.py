"""Uniform, sign, Gaussian and index draws from counter-based words.

* uniform: 52 bits of two words, at the centers of equal cells of (0, 1), never 0 or 1 (with 53 bits the last center
  would round to 1);
* sign: one bit of a word, 128 signs a block;
* Gaussian: Box-Muller on two uniforms, exact up to rounding, with tails to |x| = 8.6;
* index: ``(word * n) >> 32``, whose probabilities differ from 1/n by less than 2^-32;
* distinct indices: the first ``k`` places of a Fisher-Yates shuffle.
"""

from __future__ import annotations

import math

import numpy as np

from .compile import helper, kernel
from .philox import EPOCH_ORDER, SAMPLE_INDEX, SHIFT, words
from .signatures import INTEGERS, VECTOR, i8, u8, void

CELL = 2.0**-52
FIVE = np.uint64(5)
SIX = np.uint64(6)
ONE = np.uint64(1)
TWO = np.uint64(2)
THREE = np.uint64(3)
BITS = np.uint64(31)
ZERO = np.uint64(0)


@helper
def uniform_of(high, low):
    """A uniform number strictly inside (0, 1) from two 32-bit words."""
    return (float(((high >> SIX) << np.uint64(26)) | (low >> SIX)) + 0.5) * CELL


@helper
def gaussian_pair(w0, w1, w2, w3):
    """Two independent standard Gaussians from four words (Box-Muller)."""
    radius = math.sqrt(-2.0 * math.log(uniform_of(w0, w1)))
    angle = 2.0 * math.pi * uniform_of(w2, w3)
    return radius * math.cos(angle), radius * math.sin(angle)


@helper
def word_of(w0, w1, w2, w3, place):
    """Word number `place` (uint64, 0 to 3) of a block."""
    if place == ZERO:
        return w0
    if place == ONE:
        return w1
    if place == TWO:
        return w2
    return w3


@helper
def index_of(word, n):
    """An index in ``range(n)``; `n` uint64."""
    return np.int64((word * n) >> SHIFT)


@helper
def sign_of(w0, w1, w2, w3, place):
    """Sign number `place` (uint64, 0 to 127) of a block: +1.0 or -1.0."""
    word = word_of(w0, w1, w2, w3, (place >> FIVE) & THREE)
    return 1.0 - 2.0 * float((word >> (place & BITS)) & ONE)


@helper
def sample_words(seed, replica, step):
    """The block that four consecutive steps share when one sample is drawn with replacement."""
    return words(seed, replica, step >> TWO, SAMPLE_INDEX, ZERO)


@helper
def sample_of(w0, w1, w2, w3, step, n):
    """The sample of step `step`, from the block of its four steps."""
    return index_of(word_of(w0, w1, w2, w3, step & THREE), n)


@helper
def sample_index(seed, replica, step, n):
    """The sample of step `step` when one is drawn with replacement."""
    w0, w1, w2, w3 = sample_words(seed, replica, step)
    return sample_of(w0, w1, w2, w3, step, n)


@helper
def identity_order(order):
    """``order[j] = j``."""
    for j in range(order.size):
        order[j] = j


@helper
def draw_distinct(seed, replica, step, purpose, order, swaps, k):
    """Put `k` distinct uniform entries of `order` into its first `k` places; `swaps` remembers how (for `undo`)."""
    n = order.size
    w0 = w1 = w2 = w3 = ZERO
    for j in range(k):
        place = np.uint64(j) & THREE
        if place == ZERO:
            w0, w1, w2, w3 = words(seed, replica, step, purpose, np.uint64(j) >> TWO)
        other = j + index_of(word_of(w0, w1, w2, w3, place), np.uint64(n - j))
        swaps[j] = other
        order[j], order[other] = order[other], order[j]


@helper
def undo(order, swaps, k):
    """Take the last `draw_distinct` back in O(k), so that the next draw starts from the same order."""
    for j in range(k - 1, -1, -1):
        other = swaps[j]
        order[j], order[other] = order[other], order[j]


@helper
def draw_batch(seed, replica, step, batch, shuffled, order, swaps, epoch):
    """The samples of a step: returns (offset, epoch); they stand in ``order[offset : offset + batch]``.

    Not shuffled: `batch` distinct samples, drawn afresh at every step; `order` is the identity on entry, and the
    caller calls ``undo(order, swaps, batch)`` when it has used them. Shuffled: an epoch is ``n // batch`` steps
    through one random order of all samples, the ``n % batch`` left over are dropped; `epoch` is the one that `order`
    now holds (-1: none).
    """
    if not shuffled:
        draw_distinct(seed, replica, step, SAMPLE_INDEX, order, swaps, batch)
        return 0, epoch
    per_epoch = order.size // batch
    current = np.int64(step) // per_epoch
    if current != epoch:
        identity_order(order)
        draw_distinct(seed, replica, np.uint64(current), EPOCH_ORDER, order, swaps, order.size)
    return (np.int64(step) % per_epoch) * batch, current


@kernel(void(u8, u8, u8, u8, VECTOR))
def fill_uniform(seed, replica, first, purpose, out):
    """``out[k]``: uniform draw of step ``first + k``."""
    for k in range(out.size):
        w0, w1, _, _ = words(seed, replica, first + np.uint64(k), purpose, ZERO)
        out[k] = uniform_of(w0, w1)


@kernel(void(u8, u8, u8, u8, VECTOR))
def fill_gaussian(seed, replica, first, purpose, out):
    """``out[2k], out[2k + 1]``: the Gaussian pair of step ``first + k``; the length of `out` must be even."""
    for k in range(out.size // 2):
        w0, w1, w2, w3 = words(seed, replica, first + np.uint64(k), purpose, ZERO)
        out[2 * k], out[2 * k + 1] = gaussian_pair(w0, w1, w2, w3)


@kernel(void(u8, u8, u8, u8, VECTOR))
def fill_sign(seed, replica, first, purpose, out):
    """``out[128 k + j]``: sign ``j`` of step ``first + k``."""
    for k in range(out.size):
        step, place = first + np.uint64(k // 128), np.uint64(k % 128)
        w0, w1, w2, w3 = words(seed, replica, step, purpose, ZERO)
        out[k] = sign_of(w0, w1, w2, w3, place)


@kernel(void(u8, u8, u8, i8, i8, INTEGERS))
def batch_indices(seed, replica, step, batch, shuffled, out):
    """The samples that SGD uses at `step`, in ``out[:batch]`` (`out` has one entry per sample)."""
    order, swaps = np.empty_like(out), np.empty_like(out)
    identity_order(order)
    if batch == 1 and not shuffled:
        out[0] = sample_index(seed, replica, step, np.uint64(order.size))
        return
    offset, _ = draw_batch(seed, replica, step, batch, shuffled != 0, order, swaps, -1)
    for j in range(batch):
        out[j] = order[offset + j]
