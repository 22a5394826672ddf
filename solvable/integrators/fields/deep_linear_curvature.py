"""The Hessian of a deep linear network: times a vector on a tile, and whole for one trajectory.

Along a direction ``V_1 .. V_L`` the activations change by ``dP_l = W_l dP_{l-1} + V_l P_{l-1}`` and their adjoints by
``dD_{l-1} = W_l^T dD_l + V_l^T D_l``, with ``dP_0 = 0`` and ``dD_L = dP_L``, and

    (H V)_l = (dD_l P_{l-1}^T + D_l dP_{l-1}^T) / n.

With ``A_l = W_L ... W_{l+1}``, the block of layers ``l <= m`` of the whole Hessian is

    (A_l^T A_m)[a, c] (P_{l-1} P_{m-1}^T)[b, e] / n  +  (A_m^T D_L P_{l-1}^T)[c, b] (W_{m-1} ... W_{l+1})[e, a] / n

at the entries (a, b) of ``W_l`` and (c, e) of ``W_m``; the second term for l < m only.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..eight import WIDTH, load, plus, store
from ..eight_matrices import multiply
from ..signatures import CURVATURE, JACOBIAN, WEIGHT_DECAY, signature_of
from .deep_linear import COLUMNS, activate, padded, places_of, widths_of
from .deep_linear_tile import backward, forward, gather_lanes, load_inputs, scatter_lanes, subtract_targets


@helper
def add(count, source, s, target, t):
    """Add `count` eights of `source` from s to those of `target` from t."""
    for j in range(count):
        store(target, WIDTH * (t + j), plus(load(source, WIDTH * (s + j)), load(target, WIDTH * (t + j))))


@helper
def forward_along(theta, direction, widths, k, at, P, dP, spare):
    """``dP_1 .. dP_L``; ``dP_0`` is zero."""
    w = 0
    for layer in range(1, widths.size):
        inner, rows = widths[layer - 1], widths[layer]
        below, here = at[layer - 1], at[layer]
        multiply(P, below, inner, 1, direction, w, inner, 1, dP, here, k, inner, rows)
        if layer > 1:
            multiply(dP, below, inner, 1, theta, w, inner, 1, spare, 0, k, inner, rows)
            add(k * rows, spare, 0, dP, here)
        w += inner * rows


@helper
def backward_along(theta, direction, widths, k, at, P, dP, D, dD, bend, spare):
    """``n H V`` in `bend`, from all activations, ``D_l`` and ``dD_L``."""
    end = bend.size // WIDTH
    for layer in range(widths.size - 1, 0, -1):
        inner, rows = widths[layer - 1], widths[layer]
        below, here = at[layer - 1], at[layer]
        end -= inner * rows
        multiply(dD, here, 1, rows, P, below, 1, inner, bend, end, rows, k, inner)
        if layer > 1:
            multiply(D, here, 1, rows, dP, below, 1, inner, spare, 0, rows, k, inner)
            add(rows * inner, spare, 0, bend, end)
            multiply(dD, here, rows, 1, theta, end, 1, inner, dD, below, k, rows, inner)
            multiply(D, here, rows, 1, direction, end, 1, inner, spare, 0, k, rows, inner)
            add(k * inner, spare, 0, dD, below)


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    widths, k, p = widths_of(data), int(data[COLUMNS]), theta.shape[0]
    at = places_of(widths, k)
    size, last, rows = WIDTH * at[-1], at[-2], k * widths[-1]
    W, V, slope, spare = np.empty(WIDTH * p), np.empty(WIDTH * p), np.empty(WIDTH * p), np.empty(max(WIDTH * p, size))
    P, D, dP, dD = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    load_inputs(data, widths, P)
    for first in range(0, theta.shape[1], WIDTH):
        gather_lanes(theta, first, p, W, 0)
        gather_lanes(vector, first, p, V, 0)
        forward(W, 0, widths, k, at, P)
        subtract_targets(data, widths, P, last)
        forward_along(W, V, widths, k, at, P, dP, spare)
        for j in range(WIDTH * last, size):
            D[j], dD[j] = P[j] / data[0], dP[j] / data[0]
        backward(W, 0, widths, k, at, P, D, slope)
        backward_along(W, V, widths, k, at, P, dP, D, dD, slope, spare)
        scatter_lanes(slope, 0, p, out, first)


@helper
def part(array, places, layer, rows, columns):
    """The matrix of a layer, ``(rows, columns)``, in an array of all of them."""
    return array[places[layer] : places[layer + 1]].reshape(rows, columns)


@helper
def weights_of(theta, widths, layer):
    """``W_layer``."""
    start = 0
    for below in range(1, layer):
        start += widths[below] * widths[below - 1]
    rows, inner = widths[layer], widths[layer - 1]
    return theta[start : start + rows * inner].reshape(rows, inner), start


@helper
def write_block(out, left, right, row, column):
    """``out[(a, b), (c, e)] -= left[a, c] right[b, e]``, the rows from `row`, the columns from `column`."""
    inner, wide = right.shape
    for a in range(left.shape[0]):
        for b in range(inner):
            for c in range(left.shape[1]):
                for e in range(wide):
                    out[row + a * inner + b, column + c * wide + e] -= left[a, c] * right[b, e]


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    """Minus the Hessian, and minus the weight decay."""
    widths, K, n = widths_of(data), padded(int(data[COLUMNS])), data[0]
    places, last, q = places_of(widths, K), widths.size - 1, widths[-1]
    P = np.empty(places[-1])
    activate(theta, data, widths, places, P)
    above = places_of(widths, q)
    A = np.empty(above[-1])
    part(A, above, last, q, q)[:] = np.eye(q)
    for layer in range(last, 0, -1):
        W, _ = weights_of(theta, widths, layer)
        part(A, above, layer - 1, q, widths[layer - 1])[:] = np.dot(part(A, above, layer, q, widths[layer]), W)
    out[:] = 0.0
    D = part(P, places, last, q, K)
    for low in range(1, last + 1):
        inputs, to_end = part(P, places, low - 1, widths[low - 1], K), part(A, above, low, q, widths[low])
        _, row = weights_of(theta, widths, low)
        chain = np.eye(widths[low])
        for high in range(low, last + 1):
            W, column = weights_of(theta, widths, high)
            hidden, beyond = part(P, places, high - 1, widths[high - 1], K), part(A, above, high, q, widths[high])
            write_block(out, np.dot(to_end.T, beyond), np.dot(inputs, hidden.T) / n, row, column)
            if high > low:
                bend = np.dot(np.dot(beyond.T, D), inputs.T) / n
                for a in range(widths[low]):
                    for b in range(widths[low - 1]):
                        for c in range(widths[high]):
                            for e in range(widths[high - 1]):
                                here = column + c * widths[high - 1] + e
                                out[row + a * widths[low - 1] + b, here] -= bend[c, b] * chain[e, a]
                chain = np.dot(W, chain)
    for j in range(theta.size):
        for i in range(j):
            out[j, i] = out[i, j]
        out[j, j] -= data[WEIGHT_DECAY]
