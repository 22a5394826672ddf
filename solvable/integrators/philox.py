"""Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011).

A draw is a pure function of ``(seed, replica, step, purpose, block)``: no generator has a state, so any result is the
same bits for any number of threads, tile width, chunk or restart, and one trajectory of an ensemble can be replayed
alone. The 128-bit counter is laid out as

    word 0: step mod 2^32     word 1: replica     word 2: purpose + 256 * (step div 2^32)     word 3: block

and the key is the 64-bit seed. Ten rounds of

    (hi0, lo0) = 0xD2511F53 * c0,  (hi1, lo1) = 0xCD9E8D57 * c2,  c <- (hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0)

with the key raised by the Weyl constants between rounds. All integers are uint64: numba promotes a mixture of int64
and uint64 to float64.
"""

from __future__ import annotations

import numpy as np

from .compile import helper
from .eight import ramp, spread, store

MASK = np.uint64(0xFFFFFFFF)
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
SHIFT = np.uint64(32)
PURPOSES = np.uint64(256)

# Purposes: one number for each use of randomness, so that no two uses share a stream. Never renumber.
SAMPLE_INDEX = np.uint64(0)
EPOCH_ORDER = np.uint64(1)
LABEL_NOISE = np.uint64(2)
GRADIENT_NOISE = np.uint64(3)
PARAMETER_NOISE = np.uint64(4)


@helper
def philox(c0, c1, c2, c3, k0, k1):
    """Four 32-bit words (as uint64) of Philox4x32-10 at counter ``(c0, c1, c2, c3)`` under key ``(k0, k1)``.

    The counter may also be four times eight words side by side (``eight``): the answer then is that of eight counters.
    """
    for _ in range(10):
        product_0 = MULTIPLIER_0 * c0
        product_1 = MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (
            (product_1 >> SHIFT) ^ c1 ^ k0,
            product_1 & MASK,
            (product_0 >> SHIFT) ^ c3 ^ k1,
            product_0 & MASK,
        )
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@helper
def words(seed, replica, step, purpose, block):
    """The four words of one draw; all arguments uint64."""
    return philox(
        step & MASK,
        replica & MASK,
        purpose + PURPOSES * (step >> SHIFT),
        block & MASK,
        seed & MASK,
        seed >> SHIFT,
    )


@helper
def words_of_eight(seed, replica, first, purpose, block, out):
    """``out[8 w + q]``: word w of the draw of step ``first + q``, q = 0 to 7; `first` is a multiple of 8."""
    w0, w1, w2, w3 = philox(
        ramp(first & MASK),
        spread(replica & MASK),
        spread(purpose + PURPOSES * (first >> SHIFT)),
        spread(block & MASK),
        seed & MASK,
        seed >> SHIFT,
    )
    store(out, 0, w0)
    store(out, 8, w1)
    store(out, 16, w2)
    store(out, 24, w3)
