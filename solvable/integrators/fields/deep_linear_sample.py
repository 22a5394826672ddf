"""Compiled fields of deep linear networks, one sample of one trajectory at a time.

One pass forward, ``h_l = W_l h_{l-1}``, and one back, ``g_{l-1} = W_l^T g_l``, give the gradient ``g_l h_{l-1}^T`` of
any combination ``sum_o g_o f_o`` of the outputs. See ``fields.deep_linear`` for the data.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..signatures import EXAMPLE, HEADER, SAMPLE, signature_of
from .deep_linear import COLUMNS, LAYERS, padded


@helper
def width_of(data, layer):
    """``d_layer``."""
    return int(data[HEADER + layer])


@helper
def room_for_column(data):
    """Work space for one sample, and how many numbers of it are activations: the adjoints follow, in the same order."""
    size = 0
    for layer in range(int(data[LAYERS]) + 1):
        size += width_of(data, layer)
    return np.empty(2 * size), size


@helper
def push_column(theta, i, data, work):
    """Activations of sample i, layer after layer; returns where those of the last begin, and where in the data y_i is.

    The targets of sample i are K apart.
    """
    last, K = int(data[LAYERS]), padded(int(data[COLUMNS]))
    inner, below, at = width_of(data, 0), 0, 0
    first = HEADER + last + 1 + i
    for j in range(inner):
        work[j] = data[first + j * K]
    targets = first + inner * K
    for layer in range(1, last + 1):
        rows, here = width_of(data, layer), below + inner
        for a in range(rows):
            value = 0.0
            for b in range(inner):
                value += theta[at + b] * work[below + b]
            work[here + a] = value
            at += inner
        inner, below = rows, here
    return below, targets


@helper
def pull_column(theta, data, work, size, out):
    """``out (p,)``: the gradient of ``sum_o g_o f_o`` at that sample, where g are the adjoints of the last layer."""
    end, last = theta.size, int(data[LAYERS])
    here = size - width_of(data, last)
    for layer in range(last, 0, -1):
        rows, inner = width_of(data, layer), width_of(data, layer - 1)
        below = here - inner
        end -= rows * inner
        for a in range(rows):
            weight, at = work[size + here + a], end + a * inner
            for b in range(inner):
                out[at + b] = weight * work[below + b]
        if layer == 1:
            return
        for b in range(inner):
            work[size + below + b] = 0.0
        for a in range(rows):
            weight, at = work[size + here + a], end + a * inner
            for b in range(inner):
                work[size + below + b] += weight * theta[at + b]
        here = below


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    """Number ``i q + o`` belongs to output o of sample i."""
    q, K = width_of(data, int(data[LAYERS])), padded(int(data[COLUMNS]))
    work, size = room_for_column(data)
    end, targets = push_column(theta, i // q, data, work)
    for o in range(q):
        work[size + end + o] = 1.0 if o == i % q else 0.0
    pull_column(theta, data, work, size, out)
    return work[end + i % q] - data[targets + (i % q) * K]


@kernel(signature_of(SAMPLE))
def sample(theta, i, noise, data, out):
    K = padded(int(data[COLUMNS]))
    work, size = room_for_column(data)
    end, targets = push_column(theta, i, data, work)
    square = 0.0
    for o in range(noise.size):
        r = work[end + o] - data[targets + o * K] - noise[o]
        work[size + end + o] = r
        square += r * r
    pull_column(theta, data, work, size, out)
    return square
