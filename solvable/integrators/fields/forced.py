"""The gradient flow of any model with a regularized force, with inertia, or with both.

    force      F(theta) = -(g + (mu/eps) (g(theta + eps g) - g)) - lambda theta     (eps = 0: mu H g)
    inertia    m theta'' + theta' = F(theta)

Second order in time is written for ``y = (theta, omega)`` with ``omega = theta + m theta'``:

    theta' = (omega - theta) / m,    omega' = F(theta)

``omega`` is of the size of theta, so that one tolerance fits both, also where ``theta'`` has died out; and for a small
m it is what the slow motion is about: theta relaxes to it within a time m.

``data`` is the model's, followed by a tail of `TAIL` entries: the addresses of the model's functions and the numbers
above. The model's own weight decay is 0.
"""

from __future__ import annotations

import numpy as np

from ..addresses import curvature_at, field_at, jacobian_at, loss_at
from ..compile import helper, kernel
from ..signatures import FIELD, JACOBIAN, LOSS, signature_of

FLOW_AT, JACOBIAN_AT, LOSS_AT, CURVATURE_AT, SCRATCH, STRENGTH, ASCENT, DECAY, INERTIA = range(9)
TAIL = 9


@helper
def tail_of(data):
    return data[data.size - TAIL :]


@helper
def force(theta, data, out):
    """F of the module text."""
    p, tail = theta.size, tail_of(data)
    flow = field_at(np.int64(tail[FLOW_AT]))
    flow(theta, data, out)
    strength, ascent = tail[STRENGTH], tail[ASCENT]
    if strength != 0.0 and ascent != 0.0:
        point, second = np.empty(p), np.empty(p)
        for j in range(p):
            point[j] = theta[j] - ascent * out[j]
        flow(point, data, second)
        for j in range(p):
            out[j] += strength * ((second[j] - out[j]) / ascent)
    elif strength != 0.0:
        curvature = curvature_at(np.int64(tail[CURVATURE_AT]))
        bend = np.empty((p, 1))
        curvature(theta.reshape(p, 1), out.reshape(p, 1), data, np.empty(int(tail[SCRATCH])), bend)
        for j in range(p):
            out[j] += strength * bend[j, 0]
    for j in range(p):
        out[j] -= tail[DECAY] * theta[j]


@kernel(signature_of(FIELD))
def regularized_flow(theta, data, out):
    force(theta, data, out)


@kernel(signature_of(FIELD))
def inertial_flow(y, data, out):
    p, inertia = y.size // 2, tail_of(data)[INERTIA]
    force(y[:p], data, out[p:])
    for j in range(p):
        out[j] = (y[p + j] - y[j]) / inertia


@kernel(signature_of(JACOBIAN))
def inertial_jacobian(y, data, out):
    """Without gradient regularization, from the Jacobian of the model's flow."""
    p, tail = y.size // 2, tail_of(data)
    block = np.empty((p, p))
    jacobian = jacobian_at(np.int64(tail[JACOBIAN_AT]))
    jacobian(y[:p], data, block)
    rate = 1.0 / tail[INERTIA]
    for j in range(p):
        for k in range(p):
            out[j, k] = 0.0
            out[j, p + k] = 0.0
            out[p + j, k] = block[j, k]
            out[p + j, p + k] = 0.0
        out[j, j] = -rate
        out[j, p + j] = rate
        out[p + j, j] -= tail[DECAY]


@kernel(signature_of(LOSS))
def inertial_loss(y, data):
    loss = loss_at(np.int64(tail_of(data)[LOSS_AT]))
    return loss(y[: y.size // 2], data)
