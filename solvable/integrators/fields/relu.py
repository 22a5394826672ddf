"""Compiled fields of the two-layer ReLU network ``f(x) = sum_i a_i relu(w_i x + b_i) (+ c x + d, or + d)``.

``data``: header ``[n, m, c?, d?]``, then x, then y. ``theta = [a, w, b(, c)(, d)]``. Dense: every neuron
meets every sample; in a tile the trajectories are the inner loop. ``relu'(0) = 0``.

The gradient of one neuron needs two sums over its active samples only, of the weights and of the weights times x. They
are formed in the rows of `out` that belong to b and w.
"""

from __future__ import annotations

from ..compile import helper, kernel
from ..signatures import CURVATURE, EXAMPLE, HEADER, LOSS, PULLBACK, RESIDUALS, signature_of


@helper
def problem(data):
    """(x, y, n, m, place of c in theta or -1, place of d or -1) from the data vector."""
    n, m = int(data[0]), int(data[1])
    c = 3 * m if data[2] != 0.0 else -1
    d = 3 * m + int(data[2]) if data[3] != 0.0 else -1
    return data[HEADER : HEADER + n], data[HEADER + n : HEADER + 2 * n], n, m, c, d


@helper
def residuals_into(x, y, theta, m, c, d, out):
    """``f(x_j) - y_j`` of a tile."""
    width = theta.shape[1]
    for j in range(x.size):
        for b in range(width):
            out[j, b] = -y[j]
            if c >= 0:
                out[j, b] += theta[c, b] * x[j]
            if d >= 0:
                out[j, b] += theta[d, b]
    for i in range(m):
        for j in range(x.size):
            for b in range(width):
                z = theta[m + i, b] * x[j] + theta[2 * m + i, b]
                out[j, b] += theta[i, b] * (z if z > 0.0 else 0.0)


@helper
def sums_into(x, theta, i, m, weights, zeroth, first):
    """``zeroth = sum_j weights_j`` and ``first = sum_j weights_j x_j`` over the samples where neuron i is active."""
    for b in range(zeroth.size):
        zeroth[b] = 0.0
        first[b] = 0.0
    for j in range(x.size):
        for b in range(zeroth.size):
            z = theta[m + i, b] * x[j] + theta[2 * m + i, b]
            weight = weights[j, b] if z > 0.0 else 0.0
            zeroth[b] += weight
            first[b] += weight * x[j]


@helper
def affine_pullback(x, weights, c, d, out):
    """The rows of `out` that belong to c and d."""
    for b in range(out.shape[1]):
        zeroth = first = 0.0
        for j in range(x.size):
            zeroth += weights[j, b]
            first += weights[j, b] * x[j]
        if c >= 0:
            out[c, b] = first
        if d >= 0:
            out[d, b] = zeroth


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    x, y, _, m, c, d = problem(data)
    residuals_into(x, y, theta, m, c, d, out)


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    x, _, _, m, c, d = problem(data)
    for i in range(m):
        first, zeroth = out[m + i], out[2 * m + i]
        sums_into(x, theta, i, m, weights, zeroth, first)
        for b in range(zeroth.size):
            out[i, b] = theta[m + i, b] * first[b] + theta[2 * m + i, b] * zeroth[b]
            first[b] *= theta[i, b]
            zeroth[b] *= theta[i, b]
    affine_pullback(x, weights, c, d, out)


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    """``J^T J v / n``, and for every neuron its residual term: ``E1 v_w + E0 v_b`` for a, ``E1 v_a``, ``E0 v_a``."""
    x, y, n, m, c, d = problem(data)
    width = theta.shape[1]
    r = scratch[: n * width].reshape(n, width)
    along = scratch[n * width : 2 * n * width].reshape(n, width)
    sums = scratch[2 * n * width : (2 * n + 2) * width].reshape(2, width)
    residuals_into(x, y, theta, m, c, d, r)
    for j in range(n):
        for b in range(width):
            along[j, b] = 0.0
            if c >= 0:
                along[j, b] += vector[c, b] * x[j]
            if d >= 0:
                along[j, b] += vector[d, b]
    for i in range(m):
        for j in range(n):
            for b in range(width):
                z = theta[m + i, b] * x[j] + theta[2 * m + i, b]
                moved = theta[i, b] * (vector[m + i, b] * x[j] + vector[2 * m + i, b]) + z * vector[i, b]
                along[j, b] += moved if z > 0.0 else 0.0
    for j in range(n):
        for b in range(width):
            r[j, b] /= n
            along[j, b] /= n
    for i in range(m):
        first, zeroth = out[m + i], out[2 * m + i]
        sums_into(x, theta, i, m, along, zeroth, first)
        sums_into(x, theta, i, m, r, sums[0], sums[1])
        for b in range(width):
            out[i, b] = theta[m + i, b] * first[b] + theta[2 * m + i, b] * zeroth[b]
            out[i, b] += sums[1, b] * vector[m + i, b] + sums[0, b] * vector[2 * m + i, b]
            first[b] = theta[i, b] * first[b] + sums[1, b] * vector[i, b]
            zeroth[b] = theta[i, b] * zeroth[b] + sums[0, b] * vector[i, b]
    affine_pullback(x, along, c, d, out)


@helper
def value_at(theta, point, m, c, d):
    """f at one point."""
    value = theta[d] if d >= 0 else 0.0
    if c >= 0:
        value += theta[c] * point
    for i in range(m):
        z = theta[m + i] * point + theta[2 * m + i]
        value += theta[i] * (z if z > 0.0 else 0.0)
    return value


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    x, y, _, m, c, d = problem(data)
    for k in range(m):
        z = theta[m + k] * x[i] + theta[2 * m + k]
        slope = theta[k] if z > 0.0 else 0.0
        out[k] = z if z > 0.0 else 0.0
        out[m + k] = slope * x[i]
        out[2 * m + k] = slope
    if c >= 0:
        out[c] = x[i]
    if d >= 0:
        out[d] = 1.0
    return value_at(theta, x[i], m, c, d) - y[i]


@kernel(signature_of(LOSS))
def loss(theta, data):
    x, y, n, m, c, d = problem(data)
    total = 0.0
    for j in range(n):
        r = value_at(theta, x[j], m, c, d) - y[j]
        total += r * r
    return total / (2.0 * n)
