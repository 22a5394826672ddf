"""Compiled fields of matrix sensing: ``f_i = <A_i, X>`` with ``X = U U^T`` or ``U V^T``.

A tile goes in blocks of eight trajectories (``sensing_tile``), unless it holds few that differ: these go alone
(``sensing_row``), and one that repeats the trajectory before it, as those that only fill a tile do, costs nothing. The
bits are the same.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..eight import load, number, spread, store, times_plus, total
from ..signatures import CURVATURE, EXAMPLE, FIELD, HEADER, JACOBIAN, LOSS, PULLBACK, RESIDUALS, WEIGHT_DECAY
from ..signatures import signature_of
from . import sensing_row as row
from . import sensing_tile as tile
from .sensing_layout import layout_of, place_of, values_at, work_start

FEW = 3
"""So many trajectories alone take less time than a block of eight."""


@helper
def repeats(values, b, width):
    """Whether column `b` of a flat array, `width` columns wide, is the one before it."""
    if b == 0:
        return False
    for m in range(b, values.size, width):
        if number(values, m) != number(values, m - 1):
            return False
    return True


@helper
def in_blocks(theta, weights, width):
    """Whether a flat tile is worth blocks: not if it holds few different trajectories, or no whole block."""
    if width != 8:
        return width % 8 == 0
    kinds = 0
    for b in range(width):
        kinds += int(not (repeats(theta, b, width) and repeats(weights, b, width)))
    return kinds > FEW


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    l, width = layout_of(data), theta.shape[1]
    flat, result, start, y = theta.reshape(theta.size), out.reshape(out.size), work_start(scratch), values_at(l)
    if in_blocks(flat, flat, width):
        tile.residuals(flat, data, scratch, start, result, width, l)
        return
    strips = start + row.factors_size(l)
    x = strips + row.strips_size(l)
    w = x + row.matrix_size(l)
    for b in range(width):
        if not repeats(flat, b, width):
            row.load_factors(flat, b, width, scratch, start, l)
            row.transpose(scratch, start, strips, l)
            row.multiply(scratch, start, strips, x, l)
            row.measure(data, scratch, x, w, l)
        for i in range(l.n):
            result[i * width + b] = scratch[w + i] - data[y + i]


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    l, width = layout_of(data), theta.shape[1]
    flat, result, start = theta.reshape(theta.size), out.reshape(out.size), work_start(scratch)
    each = weights.reshape(weights.size)
    if in_blocks(flat, each, width):
        tile.pullback(flat, each, data, scratch, start, result, width, l)
        return
    slope = start + row.factors_size(l)
    g = slope + row.factors_size(l)
    w = g + row.matrix_size(l)
    for b in range(width):
        if not (repeats(flat, b, width) and repeats(each, b, width)):
            row.load_factors(flat, b, width, scratch, start, l)
            row.load_weights(each, b, width, scratch, w, l)
            row.gather(data, scratch, w, g, l)
            row.pull(scratch, g, start, slope, l, False)
        row.store_factors(scratch, slope, result, b, width, l)


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    """``(1/n) (sum_i <A_i, D> grad f_i + r_i (D^2 f_i) v)``, with D the change of X along v."""
    l, width = layout_of(data), theta.shape[1]
    flat, result, start, y = theta.reshape(theta.size), out.reshape(out.size), work_start(scratch), values_at(l)
    moved = vector.reshape(vector.size)
    if in_blocks(flat, moved, width):
        tile.curvature(flat, moved, data, scratch, start, result, width, l)
        return
    size = row.factors_size(l)
    change, slope, strips = start + size, start + 2 * size, start + 3 * size
    turned = strips + row.strips_size(l)
    x = turned + row.strips_size(l)
    r = x + row.matrix_size(l)
    s = r + l.rows
    for b in range(width):
        if not (repeats(flat, b, width) and repeats(moved, b, width)):
            row.load_factors(flat, b, width, scratch, start, l)
            row.load_factors(moved, b, width, scratch, change, l)
            row.transpose(scratch, start, strips, l)
            row.transpose(scratch, change, turned, l)
            row.multiply(scratch, start, strips, x, l)
            row.measure(data, scratch, x, r, l)
            row.multiply_both(scratch, start, turned, change, strips, x, l, 2)
            row.measure(data, scratch, x, s, l)
            for i in range(l.n):
                scratch[r + i] = (scratch[r + i] - data[y + i]) / l.n
                scratch[s + i] /= l.n
            row.gather(data, scratch, s, x, l)
            row.pull(scratch, x, start, slope, l, False)
            row.gather(data, scratch, r, x, l)
            row.pull(scratch, x, change, slope, l, True)
        row.store_factors(scratch, slope, result, b, width, l)


@helper
def example_work(l):
    """Work space of `gradient_of_example`."""
    return np.empty(8 + 2 * row.factors_size(l) + row.matrix_size(l))


@helper
def gradient_of_example(work, i, data, out, at, l):
    """``f_i``, and from `at` on in `out` its gradient; the factors are in `work`."""
    factors = work_start(work)
    slope = factors + row.factors_size(l)
    g = slope + row.factors_size(l)
    for k in range(0, l.width, 8):
        store(work, g + k, load(data, HEADER + i * l.width + k))
    row.pull(work, g, factors, slope, l, False)
    row.store_factors(work, slope, out, at, 1, l)
    s = spread(0.0)
    for m in range(0, row.factors_size(l), 8):
        s = times_plus(load(work, slope + m), load(work, factors + m), s)
    return 0.5 * total(s)


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    l = layout_of(data)
    work = example_work(l)
    row.load_factors(theta, 0, 1, work, work_start(work), l)
    return gradient_of_example(work, i, data, out, 0, l) - data[values_at(l) + i]


@helper
def descend_alone(theta, data, l):
    """Sum of squared residuals; work space with the factors, and places of ``sum_i (r_i / n) A_i`` and of room."""
    size = row.factors_size(l)
    work = np.empty(8 + 2 * size + row.strips_size(l) + 2 * row.matrix_size(l) + l.rows)
    factors = work_start(work)
    strips = factors + 2 * size
    x = strips + row.strips_size(l)
    g = x + row.matrix_size(l)
    row.load_factors(theta, 0, 1, work, factors, l)
    row.transpose(work, factors, strips, l)
    row.multiply(work, factors, strips, x, l)
    square = row.sweep(data, work, x, g + row.matrix_size(l), g, l)
    return square, work, factors, g


@kernel(signature_of(LOSS))
def loss(theta, data):
    l = layout_of(data)
    return descend_alone(theta, data, l)[0] / (2.0 * l.n)


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    l = layout_of(data)
    _, work, factors, g = descend_alone(theta, data, l)
    slope = factors + row.factors_size(l)
    row.pull(work, g, factors, slope, l, False)
    row.store_factors(work, slope, out, 0, 1, l)
    for m in range(out.size):
        out[m] = -out[m] - data[WEIGHT_DECAY] * theta[m]


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    l = layout_of(data)
    p, r, half = theta.size, l.r, l.d1 * l.r
    J, space = np.empty(l.n * p), example_work(l)
    row.load_factors(theta, 0, 1, space, work_start(space), l)
    for i in range(l.n):
        gradient_of_example(space, i, data, J, i * p, l)
    tall = J.reshape(l.n, p)
    np.dot(tall.T, tall, out)
    for m in range(p):
        for o in range(p):
            out[m, o] /= -l.n
        out[m, m] -= data[WEIGHT_DECAY]
    _, work, _, g = descend_alone(theta, data, l)
    for j in range(l.d1):
        for k in range(j if l.symmetric else 0, l.d2):
            value = work[g + place_of(j, k, l)] * (2.0 if l.symmetric and j == k else 1.0)
            for c in range(r):
                left, right = j * r + c, k * r + c if l.symmetric else half + k * r + c
                out[left, right] -= value
                if left != right:
                    out[right, left] -= value
