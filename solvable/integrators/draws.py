"""Uniform, sign, Gaussian and index draws from counter-based words.

* uniform: 52 bits of two words, at the centers of equal cells of (0, 1), never 0 or 1 (with 53 bits the last center
  would round to 1);
* Gaussian: Box-Muller on two uniforms, exact up to rounding, with tails to |x| = 8.6;
* index: ``(word * n) >> 32``, whose probabilities differ from 1/n by less than 2^-32;
* distinct indices: the first ``k`` places of a Fisher-Yates shuffle.
"""

from __future__ import annotations

import math

import numpy as np

from .compile import helper, kernel
from .philox import EPOCH_ORDER, SAMPLE_INDEX, SHIFT, words, words_of_eight
from .signatures import INTEGERS, i8, u8, void

CELL = 2.0**-52
FIVE = np.uint64(5)
SIX = np.uint64(6)
ONE = np.uint64(1)
TWO = np.uint64(2)
THREE = np.uint64(3)
BITS = np.uint64(31)
ZERO = np.uint64(0)

REPLACEMENT, SHUFFLE, WHOLE = 0, 1, 2  # how batches come about
BLOCK = 32  # steps for which draws are made ahead: those that one word of signs serves


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
def draw_samples(seed, replica, first, stop, mode, order, swaps, block, epoch, samples):
    """``samples[:, k mod 32]``: the b samples of step k, for ``first <= k < stop`` within one block of 32 steps.

    `mode` is REPLACEMENT: b distinct samples, drawn afresh at every step (one sample costs a word, so four steps share
    a Philox block); SHUFFLE: an epoch is ``n // b`` steps through one random order of all samples, the ``n % b`` left
    over are dropped; WHOLE: all samples, in their own order.

    ``order (n,)``, ``swaps (n,)`` and ``block (32,)``, uint64, are work space. Returns the epoch whose order `order`
    now holds, to be handed in at the next call (at first -1).
    """
    n, batch, start = order.size, samples.shape[0], first - first % BLOCK
    if mode == SHUFFLE:
        for k in range(first, stop):
            if k // (n // batch) != epoch:
                epoch = k // (n // batch)
                identity_order(order)
                draw_distinct(seed, replica, np.uint64(epoch), EPOCH_ORDER, order, swaps, n)
            for place in range(batch):
                samples[place, k - start] = order[k % (n // batch) * batch + place]
        return epoch
    if mode == WHOLE:
        for place in range(batch):
            for k in range(first, stop):
                samples[place, k - start] = place
    elif batch == 1:
        words_of_eight(seed, replica, np.uint64(start) >> TWO, SAMPLE_INDEX, ZERO, block)
        for q in range(8):
            for w in range(4):
                samples[0, 4 * q + w] = index_of(block[8 * w + q], np.uint64(n))
    else:
        identity_order(order)
        for k in range(first, stop):
            draw_distinct(seed, replica, np.uint64(k), SAMPLE_INDEX, order, swaps, batch)
            for place in range(batch):
                samples[place, k - start] = order[place]
            undo(order, swaps, batch)
    return epoch


@kernel(void(u8, u8, u8, i8, i8, INTEGERS))
def batch_indices(seed, replica, step, batch, mode, out):
    """The samples that SGD uses at `step`, in ``out[:batch]`` (`out` has one entry per sample)."""
    k = np.int64(step)
    order, swaps, block = np.empty_like(out), np.empty_like(out), np.empty(BLOCK, np.uint64)
    samples = np.empty((batch, BLOCK), np.int64)
    draw_samples(seed, replica, k, k + 1, mode, order, swaps, block, np.int64(-1), samples)
    for place in range(batch):
        out[place] = samples[place, k % BLOCK]
