"""Compiled fields of diagonal linear networks.

    f(x) = <x, beta>,   beta = u^D - v^D   ("squares")   or   beta = u * v   ("product", D = 2)

``data``: header ``[n, d, D, product?, kappa]``, then X row by row, then y. ``theta = [u, v]``. kappa is a factor in
front of ``u^D - v^D``: 1, or 1/2 for the product form in its rotated coordinates ``(u +- v)/sqrt 2``, the only ones in
which its small factors keep their relative accuracy.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, inlined, kernel
from ..eight import WIDTH, load, number, opposite, plus, put, spread, store, times
from ..eight_rows import difference_of_squares, matrix_times, transpose_times
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


@helper
def power(x, k):
    """x^k for a small integer k >= 0."""
    result = 1.0
    for _ in range(k):
        result *= x
    return result


@helper
def shape(data):
    """(n, d, depth, product, kappa) from the data vector."""
    return int(data[0]), int(data[1]), int(data[2]), data[3] != 0.0, data[4]


@helper
def problem(data):
    """(X, y, n, d, depth, product, kappa) from the data vector."""
    n, d, depth, product, kappa = shape(data)
    X = data[HEADER : HEADER + n * d].reshape(n, d)
    y = data[HEADER + n * d : HEADER + n * d + n]
    return X, y, n, d, depth, product, kappa


@helper
def coefficient(u, v, depth, product, kappa):
    """beta_j from one pair of parameters."""
    return u * v if product else kappa * (power(u, depth) - power(v, depth))


@helper
def partials(u, v, depth, product, kappa):
    """(d beta_j / d u_j, d beta_j / d v_j)."""
    if product:
        return v, u
    return kappa * depth * power(u, depth - 1), -kappa * depth * power(v, depth - 1)


@helper
def residuals_into(X, y, theta, beta, out, depth, product, kappa):
    """``X beta - y`` of a tile; `beta` is work space ``(d, B)``."""
    d, width = beta.shape
    for j in range(d):
        for b in range(width):
            beta[j, b] = coefficient(theta[j, b], theta[d + j, b], depth, product, kappa)
    np.dot(X, beta, out)
    for i in range(y.size):
        for b in range(width):
            out[i, b] -= y[i]


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    X, y, _, d, depth, product, kappa = problem(data)
    beta = scratch[: d * theta.shape[1]].reshape(d, theta.shape[1])
    residuals_into(X, y, theta, beta, out, depth, product, kappa)


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    X, _, _, d, depth, product, kappa = problem(data)
    width = theta.shape[1]
    g = scratch[: d * width].reshape(d, width)
    np.dot(X.T, weights, g)
    for j in range(d):
        for b in range(width):
            du, dv = partials(theta[j, b], theta[d + j, b], depth, product, kappa)
            out[j, b] = du * g[j, b]
            out[d + j, b] = dv * g[j, b]


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    """Hessian of the loss times ``vector (2d, B)``; ``scratch`` holds ``(d + n) B`` numbers."""
    X, y, n, d, depth, product, kappa = problem(data)
    width = theta.shape[1]
    g = scratch[: d * width].reshape(d, width)
    r = scratch[d * width : (d + n) * width].reshape(n, width)
    residuals_into(X, y, theta, g, r, depth, product, kappa)
    for i in range(n):
        for b in range(width):
            r[i, b] /= n
    np.dot(X.T, r, g)
    for j in range(d):
        for b in range(width):
            if product:
                out[j, b] = g[j, b] * vector[d + j, b]
                out[d + j, b] = g[j, b] * vector[j, b]
            else:
                bend = g[j, b] * kappa * depth * (depth - 1)
                out[j, b] = bend * power(theta[j, b], depth - 2) * vector[j, b]
                out[d + j, b] = -bend * power(theta[d + j, b], depth - 2) * vector[d + j, b]
            du, dv = partials(theta[j, b], theta[d + j, b], depth, product, kappa)
            g[j, b] = du * vector[j, b] + dv * vector[d + j, b]
    np.dot(X, g, r)
    for i in range(n):
        for b in range(width):
            r[i, b] /= n
    np.dot(X.T, r, g)
    for j in range(d):
        for b in range(width):
            du, dv = partials(theta[j, b], theta[d + j, b], depth, product, kappa)
            out[j, b] += du * g[j, b]
            out[d + j, b] += dv * g[j, b]


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    X, y, _, d, depth, product, kappa = problem(data)
    value = -y[i]
    for j in range(d):
        u, v = theta[j], theta[d + j]
        value += X[i, j] * coefficient(u, v, depth, product, kappa)
        du, dv = partials(u, v, depth, product, kappa)
        out[j] = X[i, j] * du
        out[d + j] = X[i, j] * dv
    return value


@helper
def residual_at(theta, i, X, y, d, depth, product, kappa):
    value = -y[i]
    for j in range(d):
        value += X[i, j] * coefficient(theta[j], theta[d + j], depth, product, kappa)
    return value


@inlined
def coefficients_into(theta, out, place, d, depth, product, kappa):
    """beta into ``out[place : place + d]``."""
    k = 0
    if depth == 2 and not product:
        factor = spread(kappa)
        while k + WIDTH <= d:
            u, v = load(theta, k), load(theta, d + k)
            store(out, place + k, times(factor, difference_of_squares(u, v)))
            k += WIDTH
    while k < d:
        put(out, place + k, coefficient(number(theta, k), number(theta, d + k), depth, product, kappa))
        k += 1


@inlined
def slopes_into(theta, out, d, depth, product, kappa, decay):
    """The slopes of u and v into `out`, whose first d entries are the gradient in beta."""
    k = 0
    if depth == 2 and not product:
        factor, sink = spread(-2.0 * kappa), spread(-decay)
        while k + WIDTH <= d:
            rate = times(factor, load(out, k))
            store(out, k, times(plus(sink, rate), load(theta, k)))
            store(out, d + k, times(plus(sink, opposite(rate)), load(theta, d + k)))
            k += WIDTH
    while k < d:
        g, u, v = number(out, k), number(theta, k), number(theta, d + k)
        du, dv = partials(u, v, depth, product, kappa)
        put(out, k, -g * du - decay * u)
        put(out, d + k, -g * dv - decay * v)
        k += 1


@kernel(signature_of(LOSS))
def loss(theta, data):
    n, d, depth, product, kappa = shape(data)
    beta, image = np.empty(d), np.empty(n)
    coefficients_into(theta, beta, 0, d, depth, product, kappa)
    matrix_times(data, HEADER, n, d, beta, 0, image, 0)
    total = 0.0
    for i in range(n):
        r = number(image, i) - number(data, HEADER + n * d + i)
        total += r * r
    return total / (2.0 * n)


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    """``-grad L - lambda theta``; the state may go on with n entries sigma, whose slope is r / n.

    sigma integrates the residuals, so that ``X^T sigma`` is the integral of the gradient in beta: the part of the
    ledger that the end point alone does not show.
    """
    n, d, depth, product, kappa = shape(data)
    labels = HEADER + n * d
    weights, place = (out, 2 * d) if theta.size > 2 * d else (np.empty(n), 0)
    coefficients_into(theta, out, d, d, depth, product, kappa)  # until the slopes are known
    matrix_times(data, HEADER, n, d, out, d, weights, place)
    for i in range(n):
        put(weights, place + i, (number(weights, place + i) - number(data, labels + i)) / n)
    transpose_times(data, HEADER, n, d, weights, place, out, 0)
    slopes_into(theta, out, d, depth, product, kappa, number(data, WEIGHT_DECAY))


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    """Jacobian of `flow` (with its sigma part, where the state has one)."""
    X, y, n, d, depth, product, kappa = problem(data)
    decay = data[WEIGHT_DECAY]
    m = theta.size
    ledger = m > 2 * d
    for row in range(m):
        for column in range(m):
            out[row, column] = 0.0
    for i in range(n):
        r = residual_at(theta, i, X, y, d, depth, product, kappa) / n
        for j in range(d):
            dj, ej = partials(theta[j], theta[d + j], depth, product, kappa)
            uj, vj = X[i, j] * dj, X[i, j] * ej
            if product:
                out[j, d + j] -= r * X[i, j]
                out[d + j, j] -= r * X[i, j]
            else:
                curvature = r * X[i, j] * kappa * depth * (depth - 1)
                out[j, j] -= curvature * power(theta[j], depth - 2)
                out[d + j, d + j] += curvature * power(theta[d + j], depth - 2)
            if ledger:
                out[2 * d + i, j] = uj / n
                out[2 * d + i, d + j] = vj / n
            for k in range(d):
                dk, ek = partials(theta[k], theta[d + k], depth, product, kappa)
                uk, vk = X[i, k] * dk / n, X[i, k] * ek / n
                out[j, k] -= uj * uk
                out[j, d + k] -= uj * vk
                out[d + j, k] -= vj * uk
                out[d + j, d + k] -= vj * vk
    for j in range(2 * d):
        out[j, j] -= decay
