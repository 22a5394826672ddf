"""Matrix sensing on a narrow tile: one trajectory after the other, each column of the flat tile by ``sensing_row``.

A column that repeats the one before it, as those do that only fill a tile, is not computed again.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper
from ..eight import load, plus, spread, store
from . import sensing_row as row
from .sensing_layout import values_at

MOST = 3
"""So many trajectories alone take less time than a block of eight."""


@helper
def differences(values, found):
    """Add to ``found (8,)``, as words, in which bits each of eight columns differs from the one before it."""
    words = values.view(np.uint64)
    bits = load(found, 0)
    for m in range(8, words.size, 8):
        change = load(words, m) ^ load(words, m - 1)
        bits = bits ^ change ^ (bits & change)
    store(found, 0, bits)
    found[0] = 1  # there is none before the first
    for b in range(1, 8):
        found[b] = found[b] | (words[b] ^ words[b - 1])


@helper
def newcomers(theta, weights, width):
    """Which columns of two flat tiles differ from those before them: an array ``(width,)``, zero where none does."""
    if width != 8:
        return np.ones(width, np.uint64)
    found = np.empty(8, np.uint64)
    store(found, 0, spread(np.uint64(0)))
    differences(theta, found)
    differences(weights, found)
    return found


@helper
def in_blocks(new, width):
    """Whether a tile is worth blocks of eight: not if few of its columns are new, or if it holds no whole block."""
    kinds = 0
    for b in range(width):
        kinds += int(new[b] != 0)
    return width % 8 == 0 and kinds > MOST


@helper
def residuals(theta, new, data, scratch, start, out, width, l):
    at, y = row.places_from(start, l), values_at(l)
    for b in range(width):
        if new[b] != 0:
            row.load_factors(theta, b, width, scratch, at.factors, l)
            row.form(scratch, at, l)
            row.measure(data, scratch, at.x, at.w, l)
        for i in range(l.n):
            out[i * width + b] = scratch[at.w + i] - data[y + i]


@helper
def pullback(theta, weights, new, data, scratch, start, out, width, l):
    at = row.places_from(start, l)
    for b in range(width):
        if new[b] != 0:
            row.load_factors(theta, b, width, scratch, at.factors, l)
            row.load_weights(weights, b, width, scratch, at.w, l)
            row.gather(data, scratch, at.w, at.g, l)
            row.clear(scratch, at.slope, at.size)
            row.pull(scratch, at.g, at.factors, at.slope, l)
        row.store_factors(scratch, at.slope, out, b, width, l)


@helper
def curvature(theta, vector, new, data, scratch, start, out, width, l):
    at, y = row.places_from(start, l), values_at(l)
    change = at.end
    turned = change + at.size
    s = turned + l.r * l.strip
    for b in range(width):
        if new[b] != 0:
            row.load_factors(theta, b, width, scratch, at.factors, l)
            row.load_factors(vector, b, width, scratch, change, l)
            row.form(scratch, at, l)
            row.measure(data, scratch, at.x, at.w, l)
            row.transpose(scratch, change, turned, l)
            row.multiply(scratch, at.factors, turned, at.x, l)
            row.multiply(scratch, change, at.strips, at.g, l)
            for k in range(0, l.width, 8):
                store(scratch, at.x + k, plus(load(scratch, at.x + k), load(scratch, at.g + k)))
            row.measure(data, scratch, at.x, s, l)
            for i in range(l.n):
                scratch[at.w + i] = (scratch[at.w + i] - data[y + i]) / l.n
                scratch[s + i] /= l.n
            row.clear(scratch, at.slope, at.size)
            for source, weights in ((at.factors, s), (change, at.w)):
                row.gather(data, scratch, weights, at.g, l)
                row.pull(scratch, at.g, source, at.slope, l)
        row.store_factors(scratch, at.slope, out, b, width, l)
