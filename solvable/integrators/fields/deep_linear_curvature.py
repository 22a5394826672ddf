"""The Hessian of a deep linear network: times a vector on a tile, and whole for one trajectory.

Along a direction ``V_1 .. V_L`` the activations change by ``dP_l = W_l dP_{l-1} + V_l P_{l-1}`` and their adjoints by
``dD_{l-1} = W_l^T dD_l + V_l^T D_l``, with ``dP_0 = 0`` and ``dD_L = dP_L``, and

    (H V)_l = (dD_l P_{l-1}^T + D_l dP_{l-1}^T) / n.

With the unit vectors for directions this is the whole Hessian.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..eight import WIDTH, load, plus, spread, store
from ..eight_matrices import multiply_simply
from ..signatures import CURVATURE, JACOBIAN, WEIGHT_DECAY, signature_of
from .deep_linear import COLUMNS, places_of, widths_of
from .deep_linear_tile import backward, forward, gather_lanes, load_inputs, scatter_lanes, subtract_targets


@helper
def add(count, source, target, at):
    """Add the first `count` eights of `source` to those of `target` from `at`."""
    for j in range(0, WIDTH * count, WIDTH):
        store(target, WIDTH * at + j, plus(load(source, j), load(target, WIDTH * at + j)))


@helper
def forward_along(theta, direction, widths, k, at, P, dP, spare):
    """``dP_1 .. dP_L``; ``dP_0`` is zero."""
    w = 0
    for layer in range(1, widths.size):
        inner, rows = widths[layer - 1], widths[layer]
        below, here = at[layer - 1], at[layer]
        multiply_simply(P, below, inner, 1, direction, w, inner, 1, dP, here, k, inner, rows, 0, 0)
        if layer > 1:
            multiply_simply(dP, below, inner, 1, theta, w, inner, 1, spare, at[0], k, inner, rows, 0, 0)
            add(k * rows, spare, dP, here)
        w += inner * rows


@helper
def backward_along(theta, direction, widths, k, at, P, dP, D, dD, bend, spare):
    """``n H V`` in `bend`, from all activations, ``D_l`` and ``dD_L``."""
    end = bend.size // WIDTH
    for layer in range(widths.size - 1, 0, -1):
        inner, rows = widths[layer - 1], widths[layer]
        below, here = at[layer - 1], at[layer]
        end -= inner * rows
        multiply_simply(dD, here, 1, rows, P, below, 1, inner, bend, end, rows, k, inner, 0, 0)
        if layer > 1:
            multiply_simply(D, here, 1, rows, dP, below, 1, inner, spare, at[0], rows, k, inner, 0, 0)
            add(rows * inner, spare, bend, end)
            multiply_simply(dD, here, rows, 1, theta, end, 1, inner, dD, below, k, rows, inner, 0, 0)
            multiply_simply(D, here, rows, 1, direction, end, 1, inner, spare, at[0], k, rows, inner, 0, 0)
            add(k * inner, spare, dD, below)


@helper
def prepare(theta, data, widths, at, P, D, slope):
    """All activations and adjoints of eight trajectories."""
    last = at[-2]
    load_inputs(data, widths, P)
    forward(theta, last - last, widths, int(data[COLUMNS]), at, P)
    subtract_targets(data, widths, P, last)
    for j in range(WIDTH * last, WIDTH * at[-1]):
        D[j] = P[j] / data[0]
    backward(theta, last - last, widths, int(data[COLUMNS]), at, P, D, slope)


@helper
def bend_along(theta, direction, data, widths, at, P, D, dP, dD, bend, spare):
    """``H V`` of eight trajectories in `bend`."""
    k = int(data[COLUMNS])
    forward_along(theta, direction, widths, k, at, P, dP, spare)
    for j in range(WIDTH * at[-2], WIDTH * at[-1]):
        dD[j] = dP[j] / data[0]
    backward_along(theta, direction, widths, k, at, P, dP, D, dD, bend, spare)


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    widths, p = widths_of(data), theta.shape[0]
    at = places_of(widths, int(data[COLUMNS]))
    size = WIDTH * at[-1]
    W, V, bend, spare = np.empty(WIDTH * p), np.empty(WIDTH * p), np.empty(WIDTH * p), np.empty(max(WIDTH * p, size))
    P, D, dP, dD = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    for first in range(0, theta.shape[1], WIDTH):
        gather_lanes(theta, first, p, W, 0)
        gather_lanes(vector, first, p, V, 0)
        prepare(W, data, widths, at, P, D, bend)
        bend_along(W, V, data, widths, at, P, D, dP, dD, bend, spare)
        scatter_lanes(bend, 0, p, out, first)


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    """Minus the Hessian, eight columns at a time, and minus the weight decay."""
    widths, p = widths_of(data), theta.size
    at = places_of(widths, int(data[COLUMNS]))
    size = WIDTH * at[-1]
    W, V, bend, spare = np.empty(WIDTH * p), np.zeros(WIDTH * p), np.empty(WIDTH * p), np.empty(max(WIDTH * p, size))
    P, D, dP, dD = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    for j in range(p):
        store(W, WIDTH * j, spread(theta[j]))
    prepare(W, data, widths, at, P, D, bend)
    for first in range(0, p, WIDTH):
        for v in range(min(WIDTH, p - first)):
            V[WIDTH * (first + v) + v] = 1.0
        bend_along(W, V, data, widths, at, P, D, dP, dD, bend, spare)
        for v in range(min(WIDTH, p - first)):
            V[WIDTH * (first + v) + v] = 0.0
            for j in range(p):
                out[j, first + v] = -bend[WIDTH * j + v]
    for j in range(p):
        out[j, j] -= data[WEIGHT_DECAY]
