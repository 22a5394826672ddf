"""Compiled fields of the user's own models, whose functions are called by address.

``data``: header ``[n, p, residuals, jacobian]`` with the addresses of ``theta -> (n,)`` and ``theta -> (n, p)``;
without a Jacobian (address 0) central differences take its place. A vector field is ``[0, p, F]`` with ``theta ->
(p,)``.
"""

from __future__ import annotations

import numpy as np

from ..callback import call_address
from ..compile import helper, kernel
from ..signatures import CURVATURE, EXAMPLE, FIELD, LOSS, PULLBACK, RESIDUALS, WEIGHT_DECAY, signature_of

RESIDUALS_AT, JACOBIAN_AT = 2, 3
ATTACHED = 6  # free in the header of every model
INCREMENT = 6.055454452393343e-06  # cube root of the rounding unit, the best relative step of central differences


@helper
def evaluate(address, theta, out):
    """``out = f(theta)`` for the function at `address`."""
    call_address(np.int64(address), theta.ctypes.data, theta.size, out.ctypes.data)


@helper
def jacobian_of(theta, data, out):
    """The Jacobian ``(n, p)`` at ``theta (p,)``, row by row into the vector `out`."""
    if data[JACOBIAN_AT] != 0.0:
        evaluate(data[JACOBIAN_AT], theta, out)
        return
    n, p = int(data[0]), theta.size
    point, up, down = theta.copy(), np.empty(n), np.empty(n)
    for j in range(p):
        step = INCREMENT * max(1.0, abs(theta[j]))
        high, low = theta[j] + step, theta[j] - step
        point[j] = high
        evaluate(data[RESIDUALS_AT], point, up)
        point[j] = low
        evaluate(data[RESIDUALS_AT], point, down)
        point[j] = theta[j]
        for i in range(n):
            out[i * p + j] = (up[i] - down[i]) / (high - low)


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    value = np.empty(out.shape[0])
    for b in range(theta.shape[1]):
        evaluate(data[RESIDUALS_AT], theta[:, b].copy(), value)
        out[:, b] = value


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    p, width = theta.shape
    n = weights.shape[0]
    J = np.empty(n * p)
    for b in range(width):
        jacobian_of(theta[:, b].copy(), data, J)
        for j in range(p):
            total = 0.0
            for i in range(n):
                total += weights[i, b] * J[i * p + j]
            out[j, b] = total


@helper
def slope_at(theta, data, J, value, out):
    """The gradient of the loss at ``theta (p,)``."""
    n = value.size
    evaluate(data[RESIDUALS_AT], theta, value)
    jacobian_of(theta, data, J)
    for j in range(theta.size):
        total = 0.0
        for i in range(n):
            total += value[i] * J[i * theta.size + j]
        out[j] = total / n


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    """Central differences of the gradient along the vector."""
    n, p = int(data[0]), theta.shape[0]
    J, value, up, down = np.empty(n * p), np.empty(n), np.empty(p), np.empty(p)
    for b in range(theta.shape[1]):
        length = 0.0
        for j in range(p):
            length = max(length, abs(vector[j, b]))
        if length == 0.0:
            out[:, b] = 0.0
            continue
        step = INCREMENT / length
        slope_at(theta[:, b] + step * vector[:, b], data, J, value, up)
        slope_at(theta[:, b] - step * vector[:, b], data, J, value, down)
        for j in range(p):
            out[j, b] = (up[j] - down[j]) / (2.0 * step)


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    n, p = int(data[0]), theta.size
    value, J = np.empty(n), np.empty(n * p)
    evaluate(data[RESIDUALS_AT], theta, value)
    jacobian_of(theta, data, J)
    for j in range(p):
        out[j] = J[i * p + j]
    return value[i]


@kernel(signature_of(LOSS))
def loss(theta, data):
    n = int(data[0])
    value = np.empty(n)
    evaluate(data[RESIDUALS_AT], theta, value)
    total = 0.0
    for i in range(n):
        total += value[i] * value[i]
    return total / (2.0 * n)


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    n, p = int(data[0]), theta.size
    value, J = np.empty(n), np.empty(n * p)
    slope_at(theta, data, J, value, out)
    for j in range(p):
        out[j] = -out[j] - data[WEIGHT_DECAY] * theta[j]


@kernel(signature_of(FIELD))
def plain_flow(theta, data, out):
    """``theta' = F(theta) - lambda theta`` of a vector field."""
    evaluate(data[RESIDUALS_AT], theta, out)
    for j in range(theta.size):
        out[j] -= data[WEIGHT_DECAY] * theta[j]


@kernel(signature_of(FIELD))
def attached_flow(theta, data, out):
    """A field whose address was put into the data vector of another model."""
    evaluate(data[ATTACHED], theta, out)


@kernel(signature_of(LOSS))
def no_loss(theta, data):
    """The loss of a vector field, which has none."""
    return 0.0
