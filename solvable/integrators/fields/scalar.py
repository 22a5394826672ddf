"""Compiled fields of the scalar factorization ``f = w_1 w_2 ... w_D`` of a target.

``data``: header ``[1, D, target]``.
"""

from __future__ import annotations

from ..compile import helper, kernel
from ..signatures import CURVATURE, EXAMPLE, FIELD, JACOBIAN, LOSS, PULLBACK, RESIDUALS, WEIGHT_DECAY, signature_of


@helper
def product_without(theta, skip, other):
    """Product of all factors but numbers `skip` and `other` (-1: none)."""
    result = 1.0
    for j in range(theta.size):
        if j not in (skip, other):
            result *= theta[j]
    return result


@kernel(signature_of(RESIDUALS))
def residuals(theta, data, scratch, out):
    for b in range(theta.shape[1]):
        value = 1.0
        for j in range(theta.shape[0]):
            value *= theta[j, b]
        out[0, b] = value - data[2]


@kernel(signature_of(PULLBACK))
def pullback(theta, weights, data, scratch, out):
    depth = theta.shape[0]
    for b in range(theta.shape[1]):
        for j in range(depth):
            partial = weights[0, b]
            for k in range(depth):
                if k != j:
                    partial *= theta[k, b]
            out[j, b] = partial


@kernel(signature_of(CURVATURE))
def curvature(theta, vector, data, scratch, out):
    depth = theta.shape[0]
    for b in range(theta.shape[1]):
        column = theta[:, b].copy()
        r = product_without(column, -1, -1) - data[2]
        along = 0.0
        for k in range(depth):
            along += product_without(column, k, -1) * vector[k, b]
        for j in range(depth):
            total = product_without(column, j, -1) * along
            for k in range(depth):
                if k != j:
                    total += r * product_without(column, j, k) * vector[k, b]
            out[j, b] = total


@kernel(signature_of(EXAMPLE))
def example(theta, i, data, out):
    for j in range(theta.size):
        out[j] = product_without(theta, j, -1)
    return product_without(theta, -1, -1) - data[2]


@kernel(signature_of(LOSS))
def loss(theta, data):
    r = product_without(theta, -1, -1) - data[2]
    return 0.5 * r * r


@kernel(signature_of(FIELD))
def flow(theta, data, out):
    r = product_without(theta, -1, -1) - data[2]
    for j in range(theta.size):
        out[j] = -r * product_without(theta, j, -1) - data[WEIGHT_DECAY] * theta[j]


@kernel(signature_of(JACOBIAN))
def flow_jacobian(theta, data, out):
    r = product_without(theta, -1, -1) - data[2]
    for j in range(theta.size):
        for k in range(theta.size):
            out[j, k] = -product_without(theta, j, -1) * product_without(theta, k, -1)
            if j != k:
                out[j, k] -= r * product_without(theta, j, k)
        out[j, j] -= data[WEIGHT_DECAY]
