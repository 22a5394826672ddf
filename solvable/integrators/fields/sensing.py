"""Compiled fields of matrix sensing: ``f_i = <A_i, X>`` with ``X = U U^T`` or ``U V^T``.

A tile goes in blocks of eight trajectories (``sensing_block``), unless it holds but a few that differ, which go alone
(``sensing_few``). The bits are the same.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..eight import load, spread, store, times_plus, total
from ..signatures import (
    CURVATURE,
    EXAMPLE,
    FIELD,
    HEADER,
    JACOBIAN,
    LOSS,
    PULLBACK,
    RESIDUALS,
    WEIGHT_DECAY,
    signature_of,
)
from . import sensing_block as block
from . import sensing_few as few
from . import sensing_row as row
from .sensing_layout import layout_of, place_of, values_at, work_start


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    l, width, start = layout_of(data), theta.shape[1], work_start(scratch)
    tile, result = theta.reshape(theta.size), out.reshape(out.size)
    new = few.newcomers(tile, tile, width)
    if few.in_blocks(new, width):
        block.residuals(tile, data, scratch, start, result, width, l)
    else:
        few.residuals(tile, new, data, scratch, start, result, width, l)


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    l, width, start = layout_of(data), theta.shape[1], work_start(scratch)
    tile, each, result = theta.reshape(theta.size), weights.reshape(weights.size), out.reshape(out.size)
    new = few.newcomers(tile, each, width)
    if few.in_blocks(new, width):
        block.pullback(tile, each, data, scratch, start, result, width, l)
    else:
        few.pullback(tile, each, new, data, scratch, start, result, width, l)


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    """``(1/n) sum_i (<A_i, D> grad f_i + r_i (D^2 f_i) v)``, with D the change of X along v."""
    l, width, start = layout_of(data), theta.shape[1], work_start(scratch)
    tile, change, result = theta.reshape(theta.size), vector.reshape(vector.size), out.reshape(out.size)
    new = few.newcomers(tile, change, width)
    if few.in_blocks(new, width):
        block.curvature(tile, change, data, scratch, start, result, width, l)
    else:
        few.curvature(tile, change, new, data, scratch, start, result, width, l)


@helper
def gradient_of_example(work, at, i, data, out, place, l):
    """``f_i``, and from `place` on in `out` its gradient; the factors are in `work`."""
    for k in range(0, l.width, 8):
        store(work, at.g + k, load(data, HEADER + i * l.width + k))
    row.clear(work, at.slope, at.size)
    row.pull(work, at.g, at.factors, at.slope, l)
    row.store_factors(work, at.slope, out, place, 1, l)
    s = spread(0.0)
    for m in range(0, at.size, 8):
        s = times_plus(load(work, at.slope + m), load(work, at.factors + m), s)
    return 0.5 * total(s)  # f_i is quadratic


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    l = layout_of(data)
    work, at = row.make_work(theta, l)
    return gradient_of_example(work, at, i, data, out, 0, l) - data[values_at(l) + i]


@kernel(signature_of(LOSS))
def loss(theta, data):
    l = layout_of(data)
    work, at = row.make_work(theta, l)
    row.form(work, at, l)
    row.measure(data, work, at.x, at.w, l)
    y, square = values_at(l), 0.0
    for i in range(l.n):
        r = work[at.w + i] - data[y + i]
        square += r * r
    return square / (2.0 * l.n)


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    l = layout_of(data)
    work, at = row.make_work(theta, l)
    row.form(work, at, l)
    row.sweep(data, work, at.x, at.w, at.g, l)
    row.clear(work, at.slope, at.size)
    row.pull(work, at.g, at.factors, at.slope, l)
    row.store_factors(work, at.slope, out, 0, 1, l)
    for m in range(out.size):
        out[m] = -out[m] - data[WEIGHT_DECAY] * theta[m]


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    l = layout_of(data)
    work, at = row.make_work(theta, l)
    p, J = theta.size, np.empty(l.n * theta.size)
    for i in range(l.n):
        gradient_of_example(work, at, i, data, J, i * p, l)
    tall = J.reshape(l.n, p)
    np.dot(tall.T, tall, out)
    for m in range(p):
        for o in range(p):
            out[m, o] /= -l.n
        out[m, m] -= data[WEIGHT_DECAY]
    row.form(work, at, l)
    row.sweep(data, work, at.x, at.w, at.g, l)
    for j in range(l.d1):
        for k in range(j if l.symmetric else 0, l.d2):
            bend = work[at.g + place_of(j, k, l)] * (2.0 if l.symmetric and j == k else 1.0)
            for c in range(l.r):
                left, right = j * l.r + c, (k if l.symmetric else l.d1 + k) * l.r + c
                out[left, right] -= bend
                if left != right:
                    out[right, left] -= bend
