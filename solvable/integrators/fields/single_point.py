"""Compiled fields of the network ``f = sum_j c_j phi(w_j . x)`` on one point, phi = tanh or sigmoid.

``data``: header ``[1, d, m, sigmoid?, y]``, then x. ``theta = [c, w]``, w row by row. In a tile the trajectories are
the inner loop throughout, so that one pass of vectorized exponentials serves all of them.
"""

from __future__ import annotations

import math

import numpy as np

from ..compile import helper, inlined, kernel
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
from ..vexp import decay_of


@helper
def problem(data):
    """(x, y, d, m, sigmoid) from the data vector."""
    d = int(data[1])
    return data[HEADER : HEADER + d], data[4], d, int(data[2]), data[3] != 0.0


@inlined
def activation(z, sigmoid):
    """(phi, phi', phi'') at z; with ``t = exp(-s)``, both functions are rational in t and ``tanh(s/2)``."""
    t, rest = decay_of(abs(z) if sigmoid else 2.0 * abs(z))
    half = math.copysign(rest / (1.0 + t), z)
    slope = t / ((1.0 + t) * (1.0 + t))
    if sigmoid:
        return (1.0 if z >= 0.0 else t) / (1.0 + t), slope, -half * slope
    return half, 4.0 * slope, -8.0 * half * slope


@helper
def project_tile(theta, j, x, m, out):
    """``out = w_j . x`` for every trajectory of the tile."""
    for b in range(theta.shape[1]):
        out[b] = 0.0
    for k in range(x.size):
        for b in range(theta.shape[1]):
            out[b] += theta[m + j * x.size + k, b] * x[k]


@helper
def project(theta, j, x, m):
    """``w_j . x`` of one trajectory."""
    z = 0.0
    for k in range(x.size):
        z += theta[m + j * x.size + k] * x[k]
    return z


@helper
def gradient_into(theta, x, y, m, sigmoid, out):
    """The residual, and in `out` the gradient of f."""
    r = -y
    for j in range(m):
        phi, slope, _ = activation(project(theta, j, x, m), sigmoid)
        r += theta[j] * phi
        out[j] = phi
        for k in range(x.size):
            out[m + j * x.size + k] = theta[j] * slope * x[k]
    return r


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    x, y, _, m, sigmoid = problem(data)
    z = scratch[: theta.shape[1]]
    for b in range(theta.shape[1]):
        out[0, b] = -y
    for j in range(m):
        project_tile(theta, j, x, m, z)
        for b in range(theta.shape[1]):
            out[0, b] += theta[j, b] * activation(z[b], sigmoid)[0]


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    x, _, d, m, sigmoid = problem(data)
    z = scratch[: theta.shape[1]]
    for j in range(m):
        project_tile(theta, j, x, m, z)
        for b in range(theta.shape[1]):
            phi, slope, _ = activation(z[b], sigmoid)
            out[j, b] = weights[0, b] * phi
            z[b] = weights[0, b] * theta[j, b] * slope
        for k in range(d):
            for b in range(theta.shape[1]):
                out[m + j * d + k, b] = z[b] * x[k]


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    """``g (g . v) + r (D^2 f) v``; rows of `out` hold ``w_j . x`` and ``v_j . x`` between the two passes."""
    x, y, d, m, sigmoid = problem(data)
    width = theta.shape[1]
    r, along = scratch[:width], scratch[width : 2 * width]
    for b in range(width):
        r[b] = -y
        along[b] = 0.0
    for j in range(m):
        z, moved = out[j], out[m + j * d]
        project_tile(theta, j, x, m, z)
        project_tile(vector, j, x, m, moved)
        for b in range(width):
            phi, slope, _ = activation(z[b], sigmoid)
            r[b] += theta[j, b] * phi
            along[b] += phi * vector[j, b] + theta[j, b] * slope * moved[b]
    for j in range(m):
        z, moved = out[j], out[m + j * d]
        for b in range(width):
            phi, slope, bend = activation(z[b], sigmoid)
            inner = theta[j, b] * slope * along[b]
            inner += r[b] * (slope * vector[j, b] + theta[j, b] * bend * moved[b])
            z[b] = phi * along[b] + r[b] * slope * moved[b]
            moved[b] = inner
        for k in range(d - 1, -1, -1):  # row 0 is the factor itself
            for b in range(width):
                out[m + j * d + k, b] = moved[b] * x[k]


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    x, y, _, m, sigmoid = problem(data)
    return gradient_into(theta, x, y, m, sigmoid, out)


@kernel(signature_of(LOSS))
def loss(theta, data):
    x, y, _, m, sigmoid = problem(data)
    r = -y
    for j in range(m):
        r += theta[j] * activation(project(theta, j, x, m), sigmoid)[0]
    return 0.5 * r * r


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    x, y, _, m, sigmoid = problem(data)
    r = gradient_into(theta, x, y, m, sigmoid, out)
    for j in range(theta.size):
        out[j] = -r * out[j] - data[WEIGHT_DECAY] * theta[j]


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    x, y, d, m, sigmoid = problem(data)
    g = np.empty(theta.size)
    r = gradient_into(theta, x, y, m, sigmoid, g)
    for j in range(theta.size):
        for k in range(theta.size):
            out[j, k] = -g[j] * g[k]
        out[j, j] -= data[WEIGHT_DECAY]
    for j in range(m):
        _, slope, bend = activation(project(theta, j, x, m), sigmoid)
        start = m + j * d
        for k in range(d):
            out[j, start + k] -= r * slope * x[k]
            out[start + k, j] -= r * slope * x[k]
            for i in range(d):
                out[start + k, start + i] -= r * theta[j] * bend * x[k] * x[i]
