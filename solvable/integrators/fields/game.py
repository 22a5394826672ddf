"""Compiled fields of a two-player game, whose players are called by address.

``data``: header ``[0, size of the first player, F, G]`` with the addresses of ``z -> F`` and ``z -> G``, ``z = [phi,
theta]``.
"""

from __future__ import annotations

import numpy as np

from ..compile import kernel
from ..signatures import FIELD, WEIGHT_DECAY, signature_of
from .user import evaluate


@kernel(signature_of(FIELD))
def first(z, data, out):
    """F into the leading entries of `out`."""
    evaluate(data[2], z, out)


@kernel(signature_of(FIELD))
def second(z, data, out):
    """G into the leading entries of `out`."""
    evaluate(data[3], z, out)


@kernel(signature_of(FIELD))
def flow(z, data, out):
    """``(F, G)``, minus weight decay."""
    size = int(data[1])
    part = np.empty(z.size - size)
    evaluate(data[2], z, out)
    evaluate(data[3], z, part)
    for j in range(z.size):
        if j >= size:
            out[j] = part[j - size]
        out[j] -= data[WEIGHT_DECAY] * z[j]
