"""Compiled fields of deep linear networks ``f(x) = W_L ... W_1 x``, one trajectory at a time and all samples at once.

``data``: header ``[n, p, L, k, c, wide?]``, the widths ``d_0 .. d_L``, then X ``(d_0, K)`` and Y ``(d_L, K)`` row by
row: k columns, followed by columns of zeros up to a whole number K of eights. They are the n samples, or fewer columns
with the same loss

    L = 1/(2n) (|W_L ... W_1 X - Y|^2 + c^2).

Activations ``P_l = W_l ... W_1 X`` and their adjoints ``D_l`` are ``(d_l, K)``, eight columns at a time; the zeros
stay zeros. With ``D_L = P_L - Y``,

    d L / d W_l = D_l P_{l-1}^T / n,   D_{l-1} = W_l^T D_l.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..eight import WIDTH, load, spread, store, times_plus, total
from ..signatures import FIELD, HEADER, LOSS, WEIGHT_DECAY, signature_of

LAYERS, COLUMNS, REST, WIDE = 2, 3, 4, 5


@helper
def padded(columns):
    """K, the number of columns with those of zeros."""
    return -(-columns // WIDTH) * WIDTH


@helper
def widths_of(data):
    """``d_0 .. d_L`` as integers."""
    widths = np.empty(int(data[LAYERS]) + 1, np.int64)
    for layer in range(widths.size):
        widths[layer] = int(data[HEADER + layer])
    return widths


@helper
def places_of(widths, rows):
    """Where ``P_0 .. P_L`` begin in one array that holds `rows` numbers for each of their rows, and its size."""
    places = np.empty(widths.size + 1, np.int64)
    places[0] = 0
    for layer in range(widths.size):
        places[layer + 1] = places[layer] + rows * widths[layer]
    return places


@helper
def image(theta, at, P, source, target, rows, inner, K):
    """``(rows, K)`` at `target` of P: the matrix ``(rows, inner)`` of theta from `at` on, times ``(inner, K)``."""
    for i in range(rows):
        for v in range(0, K, WIDTH):
            s = spread(0.0)
            for j in range(inner):
                s = times_plus(spread(theta[at + i * inner + j]), load(P, source + j * K + v), s)
            store(P, target + i * K + v, s)


@helper
def activate(theta, data, widths, places, P):
    """``P_0 .. P_L``, and ``D_L`` in the place of ``P_L``; returns the loss."""
    K, first = padded(int(data[COLUMNS])), HEADER + widths.size
    for j in range(0, widths[0] * K, WIDTH):
        store(P, j, load(data, first + j))
    at, last = 0, widths.size - 1
    for layer in range(1, widths.size):
        image(theta, at, P, places[layer - 1], places[layer], widths[layer], widths[layer - 1], K)
        at += widths[layer] * widths[layer - 1]
    square, targets, minus = spread(0.0), first + widths[0] * K, spread(-1.0)
    for j in range(0, widths[last] * K, WIDTH):
        r = times_plus(minus, load(data, targets + j), load(P, places[last] + j))
        store(P, places[last] + j, r)
        square = times_plus(r, r, square)
    return (total(square) + data[REST] * data[REST]) / (2.0 * data[0])


@helper
def carry_back(theta, at, D, source, target, rows, inner, K):
    """``(inner, K)`` at `target` of D: the transposed matrix ``(rows, inner)`` of theta times ``(rows, K)``."""
    for j in range(inner):
        for v in range(0, K, WIDTH):
            s = spread(0.0)
            for i in range(rows):
                s = times_plus(spread(theta[at + i * inner + j]), load(D, source + i * K + v), s)
            store(D, target + j * K + v, s)


@kernel(signature_of(LOSS))
def loss(theta, data):
    widths = widths_of(data)
    places = places_of(widths, padded(int(data[COLUMNS])))
    return activate(theta, data, widths, places, np.empty(places[-1]))


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    widths, K = widths_of(data), padded(int(data[COLUMNS]))
    places = places_of(widths, K)
    P, D = np.empty(places[-1]), np.empty(places[-1])
    activate(theta, data, widths, places, P)
    last, end = widths.size - 1, theta.size
    for j in range(0, widths[last] * K, WIDTH):
        store(D, places[last] + j, load(P, places[last] + j))
    for layer in range(last, 0, -1):
        rows, inner = widths[layer], widths[layer - 1]
        end -= rows * inner
        for i in range(rows):
            for j in range(inner):
                s = spread(0.0)
                for v in range(0, K, WIDTH):
                    s = times_plus(load(D, places[layer] + i * K + v), load(P, places[layer - 1] + j * K + v), s)
                at = end + i * inner + j
                out[at] = -total(s) / data[0] - data[WEIGHT_DECAY] * theta[at]
        if layer > 1:
            carry_back(theta, end, D, places[layer], places[layer - 1], rows, inner, K)
