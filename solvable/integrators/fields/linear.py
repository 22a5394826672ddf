"""Compiled fields of linear regression ``f(x) = <x, theta>``.

``data``: header ``[n, d]``, then X row by row, then y.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
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
def problem(data):
    """(X, y, n, d) from the data vector."""
    n, d = int(data[0]), int(data[1])
    X = data[HEADER : HEADER + n * d].reshape(n, d)
    return X, data[HEADER + n * d : HEADER + n * d + n], n, d


@helper
def residual_at(theta, i, X, y):
    value = -y[i]
    for j in range(X.shape[1]):
        value += X[i, j] * theta[j]
    return value


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    X, y, n, _ = problem(data)
    np.dot(X, theta, out)
    for i in range(n):
        for b in range(theta.shape[1]):
            out[i, b] -= y[i]


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    X, _, _, _ = problem(data)
    np.dot(X.T, weights, out)


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    X, _, n, _ = problem(data)
    width = theta.shape[1]
    image = scratch[: n * width].reshape(n, width)
    np.dot(X, vector, image)
    for i in range(n):
        for b in range(width):
            image[i, b] /= n
    np.dot(X.T, image, out)


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    X, y, _, d = problem(data)
    for j in range(d):
        out[j] = X[i, j]
    return residual_at(theta, i, X, y)


@kernel(signature_of(LOSS))
def loss(theta, data):
    X, y, n, _ = problem(data)
    total = 0.0
    for i in range(n):
        r = residual_at(theta, i, X, y)
        total += r * r
    return total / (2.0 * n)


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    X, y, n, d = problem(data)
    for j in range(d):
        out[j] = -data[WEIGHT_DECAY] * theta[j]
    for i in range(n):
        r = residual_at(theta, i, X, y) / n
        for j in range(d):
            out[j] -= r * X[i, j]


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    X, _, n, d = problem(data)
    for j in range(d):
        for k in range(d):
            total = 0.0
            for i in range(n):
                total += X[i, j] * X[i, k]
            out[j, k] = -total / n
        out[j, j] -= data[WEIGHT_DECAY]
