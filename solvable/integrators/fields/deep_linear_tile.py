"""Compiled fields of deep linear networks on a tile: eight trajectories side by side.

The columns of a tile lie far apart, so eight of them are gathered first, p eights in all. Activations are kept sample
after sample, ``P_l (k, d_l)``, because that is the order of the residuals, all of them in one array ``P`` in which
``P_l`` begins at ``at[l]``; their adjoints ``D`` likewise. Places are counted in eights. See ``fields.deep_linear`` for
the equations and the data.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, inlined, kernel
from ..eight import WIDTH, load, plus, spread, store
from ..eight_matrices import multiply
from ..signatures import HEADER, PULLBACK, RESIDUALS, signature_of
from .deep_linear import COLUMNS, REST, WIDE, padded, places_of, widths_of
from .deep_linear_wide import wide_pullback, wide_residuals


@helper
def gather_lanes(tile, first, rows, block, at):
    """The first `rows` entries of columns ``first .. first + 7`` of `tile`; its last column fills up."""
    width = tile.shape[1]
    if first + WIDTH <= width:
        for j in range(rows):
            store(block, WIDTH * (at + j), load(tile, j * width + first))
        return
    for j in range(rows):
        for v in range(WIDTH):
            block[WIDTH * (at + j) + v] = tile[j, min(first + v, width - 1)]


@helper
def scatter_lanes(block, at, rows, tile, first):
    """The reverse of `gather_lanes`."""
    width = tile.shape[1]
    if first + WIDTH <= width:
        for j in range(rows):
            store(tile, j * width + first, load(block, WIDTH * (at + j)))
        return
    for j in range(rows):
        for v in range(width - first):
            tile[j, first + v] = block[WIDTH * (at + j) + v]


@helper
def load_inputs(data, widths, P):
    """``P_0``: the inputs, the same ones in all eight."""
    k, first = int(data[COLUMNS]), HEADER + widths.size
    K = padded(k)
    for i in range(k):
        for j in range(widths[0]):
            store(P, WIDTH * (i * widths[0] + j), spread(data[first + j * K + i]))


@inlined
def subtract_targets(data, widths, P, here):
    """``P_L - Y`` in the place of ``P_L``."""
    k, q = int(data[COLUMNS]), widths[-1]
    K = padded(k)
    first = HEADER + widths.size + widths[0] * K
    for i in range(k):
        for o in range(q):
            place = WIDTH * (here + i * q + o)
            store(P, place, plus(load(P, place), spread(-data[first + o * K + i])))


@inlined
def forward(theta, base, widths, k, at, P):
    """``P_1 .. P_L`` from ``P_0``; the eight thetas begin at `base`."""
    w = base
    for layer in range(1, widths.size):
        inner, rows = widths[layer - 1], widths[layer]
        multiply(P, at[layer - 1], inner, 1, theta, w, inner, 1, P, at[layer], k, inner, rows)
        w += inner * rows


@inlined
def backward(theta, base, widths, k, at, P, D, slope):
    """``D_{L-1} .. D_1`` from ``D_L``, and ``D_l^T P_{l-1}`` of every layer in `slope`."""
    end = slope.size // WIDTH
    for layer in range(widths.size - 1, 0, -1):
        inner, rows = widths[layer - 1], widths[layer]
        end -= inner * rows
        multiply(D, at[layer], 1, rows, P, at[layer - 1], 1, inner, slope, end, rows, k, inner)
        if layer > 1:
            multiply(D, at[layer], rows, 1, theta, base + end, 1, inner, D, at[layer - 1], k, rows, inner)


@helper
def room_for(need, scratch):
    """Work space for `need` eights: `scratch`, which holds them for a tile of eight columns or more."""
    return scratch if scratch.size >= WIDTH * need else np.empty(WIDTH * need)


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    """A row more than k columns have residuals holds the constant of the loss."""
    widths, k, p = widths_of(data), int(data[COLUMNS]), theta.shape[0]
    at = places_of(widths, k)
    rows, last = k * widths[-1], at[-2]
    if out.shape[0] > rows:
        out[rows] = data[REST]
    if data[WIDE] != 0.0:
        wide_residuals(theta, data, widths, k, at, out)
        return
    work = room_for(p + at[-1], scratch)
    W, P = work[: WIDTH * p], work[WIDTH * p : WIDTH * (p + at[-1])]
    load_inputs(data, widths, P)
    for first in range(0, theta.shape[1], WIDTH):
        gather_lanes(theta, first, p, W, 0)
        forward(W, 0, widths, k, at, P)
        subtract_targets(data, widths, P, last)
        scatter_lanes(P, last, rows, out, first)


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    widths, k, p = widths_of(data), int(data[COLUMNS]), theta.shape[0]
    at = places_of(widths, k)
    size, last = WIDTH * at[-1], at[-2]
    if data[WIDE] != 0.0:
        wide_pullback(theta, weights, data, widths, k, at, out)
        return
    work = room_for(2 * (p + at[-1]), scratch)
    W, slope, rest = work[: WIDTH * p], work[WIDTH * p : 2 * WIDTH * p], work[2 * WIDTH * p :]
    P, D = rest[:size], rest[size : 2 * size]
    load_inputs(data, widths, P)
    for first in range(0, theta.shape[1], WIDTH):
        gather_lanes(theta, first, p, W, 0)
        gather_lanes(weights, first, k * widths[-1], D, last)
        forward(W, 0, widths, k, at, P)
        backward(W, 0, widths, k, at, P, D, slope)
        scatter_lanes(slope, 0, p, out, first)
