"""Deep linear networks whose layers are wide: one trajectory at a time, by matrix products of BLAS.

From layers of about 24 x 24 on these are faster than eight trajectories side by side, and a single trajectory is not
made to pay for seven more. Activations and adjoints are those of ``fields.deep_linear``, without columns of zeros.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper
from ..signatures import HEADER
from .deep_linear import REST, padded


@helper
def matrix(array, start, rows, columns):
    """The matrix ``(rows, columns)`` that begins at `start`."""
    return array[start : start + rows * columns].reshape(rows, columns)


@helper
def load_columns(data, widths, k, P, Y):
    """``P_0``, which is X, and the targets, without their columns of zeros."""
    K, first = padded(k), HEADER + widths.size
    for i in range(k):
        for j in range(widths[0]):
            P[j * k + i] = data[first + j * K + i]
        for o in range(widths[-1]):
            Y[o * k + i] = data[first + widths[0] * K + o * K + i]


@helper
def push(theta, widths, k, places, P):
    """``P_1 .. P_L`` from ``P_0``."""
    at = 0
    for layer in range(1, widths.size):
        rows, inner = widths[layer], widths[layer - 1]
        below, here = matrix(P, places[layer - 1], inner, k), matrix(P, places[layer], rows, k)
        np.dot(matrix(theta, at, rows, inner), below, here)
        at += rows * inner


@helper
def pull(theta, widths, k, places, P, D, slope):
    """``D_{L-1} .. D_1`` from ``D_L``, and ``D_l P_{l-1}^T`` of every layer."""
    end = theta.size
    for layer in range(widths.size - 1, 0, -1):
        rows, inner = widths[layer], widths[layer - 1]
        end -= rows * inner
        below, adjoint = matrix(P, places[layer - 1], inner, k), matrix(D, places[layer], rows, k)
        np.dot(adjoint, below.T, matrix(slope, end, rows, inner))
        if layer > 1:
            np.dot(matrix(theta, end, rows, inner).T, adjoint, matrix(D, places[layer - 1], inner, k))


@helper
def residuals_and_loss(data, widths, places, P, Y):
    """``P_L - Y`` in the place of ``P_L``; returns the loss."""
    square, last = data[REST] * data[REST], places[-2]
    for j in range(Y.size):
        r = P[last + j] - Y[j]
        P[last + j] = r
        square += r * r
    return square / (2.0 * data[0])


@helper
def repeats(tile, b):
    """Whether column b is the one before it, as those are that only fill a tile up."""
    different = int(b == 0)
    for j in range(tile.shape[0]):
        if different:
            break
        different += tile[j, b] != tile[j, b - 1]
    return different == 0


@helper
def wide_residuals(theta, data, widths, k, places, out):
    """``RESIDUALS`` of a tile, but for the constant."""
    P, Y, row = np.empty(places[-1]), np.empty(k * widths[-1]), np.empty(theta.shape[0])
    load_columns(data, widths, k, P, Y)
    for b in range(theta.shape[1]):
        if not repeats(theta, b):
            row[:] = theta[:, b]
            push(row, widths, k, places, P)
            residuals_and_loss(data, widths, places, P, Y)
        for o in range(widths[-1]):
            for i in range(k):
                out[i * widths[-1] + o, b] = P[places[-2] + o * k + i]


@helper
def wide_pullback(theta, weights, data, widths, k, places, out):
    """``PULLBACK`` of a tile."""
    P, D, Y = np.empty(places[-1]), np.empty(places[-1]), np.empty(k * widths[-1])
    row, slope = np.empty(theta.shape[0]), np.empty(theta.shape[0])
    load_columns(data, widths, k, P, Y)
    for b in range(theta.shape[1]):
        if not (repeats(theta, b) and repeats(weights, b)):
            row[:] = theta[:, b]
            for o in range(widths[-1]):
                for i in range(k):
                    D[places[-2] + o * k + i] = weights[i * widths[-1] + o, b]
            push(row, widths, k, places, P)
            pull(row, widths, k, places, P, D, slope)
        out[:, b] = slope
