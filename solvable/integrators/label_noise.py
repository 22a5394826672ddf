"""Noise in the labels: a fresh sign or standard Gaussian for every use of a sample.

A draw is a function of (seed, replica, step, place), where `place` is the place of the sample in the batch of that
step, 0 to b - 1 (for the full batch, the number of the sample); with q outputs a sample, this times q plus the number
of the output. Philox blocks of purpose ``LABEL_NOISE``, one stream a
place, with the place as block number:

* signs: 128 steps share the block of ``step div 128``. Its word ``(step div 32) mod 4`` serves 32 steps, and the sign
  is its bit ``step mod 32``: +1 for a 0, -1 for a 1;
* Gaussians: two steps share the block of ``step div 2``. An even step has the first number of the pair, an odd step the
  second.
"""

from __future__ import annotations

import numpy as np

from .compile import helper, kernel
from .draws import BLOCK, FIVE, ONE, THREE, gaussian_pair, word_of
from .philox import LABEL_NOISE, words
from .signatures import VECTOR, i8, u8, void

SEVEN = np.uint64(7)


@helper
def gaussians_of(seed, replica, step, place):
    """The noise of an even step and of the next one, at `place`; all arguments uint64."""
    w0, w1, w2, w3 = words(seed, replica, step >> ONE, LABEL_NOISE, place)
    return gaussian_pair(w0, w1, w2, w3)


@helper
def sign_bits(seed, replica, step, place):
    """The word whose bit ``step mod 32`` is the sign of `step` at `place`; all arguments uint64."""
    w0, w1, w2, w3 = words(seed, replica, step >> SEVEN, LABEL_NOISE, place)
    return word_of(w0, w1, w2, w3, (step >> FIVE) & THREE)


@helper
def draw_noise(seed, replica, first, stop, gaussian, size, out):
    """``out[place, k mod 32]``: `size` times the noise of step k; nothing is drawn for `size` 0.

    The steps are ``first <= k < stop``, within one block of 32; other columns may be overwritten.
    """
    start = first - first % BLOCK
    for place in range(out.shape[0]):
        if size == 0.0:
            for k in range(BLOCK):
                out[place, k] = 0.0
        elif gaussian:
            for k in range(first - first % 2, stop, 2):
                even, odd = gaussians_of(seed, replica, np.uint64(k), np.uint64(place))
                out[place, k - start] = size * even
                out[place, k - start + 1] = size * odd
        else:
            bits = sign_bits(seed, replica, np.uint64(first), np.uint64(place))
            for k in range(BLOCK):
                minus = (bits >> np.uint64(k)) & ONE
                out[place, k] = -size if minus else size


@kernel(void(u8, u8, u8, i8, i8, VECTOR))
def label_noises(seed, replica, step, batch, gaussian, out):
    """The noise of `step` before it is scaled, in ``out[:batch]``: signs, or standard Gaussians."""
    k = np.int64(step)
    table = np.empty((batch, BLOCK))
    draw_noise(seed, replica, k, k + 1, gaussian, 1.0, table)
    for place in range(batch):
        out[place] = table[place, k % BLOCK]
