"""Flows of a depth-2 diagonal network in the logarithms of its factors: regularized, with inertia, with weight decay.

With ``beta = kappa (u^2 - v^2)``, ``w = u^2 + v^2`` and ``g = X^T r / n``, the force of gradient regularization
(strength mu, ascent step eps) multiplies the factors:

    u' = -c_u u,   v' = -c_v v,    c_u, c_v = +-2 kappa D + 4 kappa^2 mu g g+ + lambda

    g+ = g + eps X^T delta / n,    D = g + mu X^T delta / n,    delta = 4 kappa^2 X (g (w + eps g beta))

Here ``delta = (r+ - r) / eps`` is written without the difference, so that eps = 0 is no special case. D is in the row
space of X: ``sigma' = (r + mu delta) / n`` gathers its weights.

Inertia m makes it ``m u'' + u' + c_u u = 0``. Factors may then cross zero, and shrink without end; both are harmless in
polar coordinates (Pruefer's) of ``(u, u + m u')``, turned by an eighth so that psi = 0 is rest,

    u = s e^rho (cos psi - sin psi),    u + m u' = s e^rho (cos psi + sin psi),    s = +-1 the sign at the start
    rho' = (cos psi - sin psi) (sin psi / m - c (cos psi + sin psi) / 2)
    psi' = -sin psi (cos psi + sin psi) / m - c (cos psi - sin psi)^2 / 2

and ``log|u| = rho + log|cos psi - sin psi|``. Without inertia rho = log|u| and there is no psi. A factor that starts at
zero stays there: s = 0.

State ``y``: rho ``(2d,)``, with inertia psi ``(2d,)``, then sigma ``(n,)``. ``data``: that of the network, then mu,
eps, lambda, m, and the signs ``(2d,)``.
"""

from __future__ import annotations

import math

import numpy as np

from ..compile import helper, kernel
from ..signatures import FIELD, HEADER, LOSS, signature_of
from ..vexp import exp_of
from .diagonal import problem

STRENGTH, ASCENT, DECAY, INERTIA = range(4)
NUMBERS = 4


@helper
def squares(y, data, out):
    """``u^2, v^2`` into ``out (2d,)``; returns the numbers of the tail and the start of psi."""
    count, start = out.size, HEADER + int(data[0]) * int(data[1]) + int(data[0])
    tail = data[start : start + NUMBERS]
    signs = data[start + NUMBERS :]
    for j in range(count):
        out[j] = signs[j] * signs[j] * exp_of(2.0 * y[j])
    if tail[INERTIA] != 0.0:
        for j in range(count):
            share = math.cos(y[count + j]) - math.sin(y[count + j])
            out[j] *= share * share
    return tail


@helper
def image(x, beta):
    """<x, beta>."""
    total = 0.0
    for j in range(x.size):
        total += x[j] * beta[j]
    return total


@helper
def add_row(out, weight, x):
    for j in range(x.size):
        out[j] += weight * x[j]


@kernel(signature_of(FIELD))
def factor_flow(y, data, out):
    X, target, n, d, _, _, kappa = problem(data)
    square = np.empty(2 * d)
    tail = squares(y, data, square)
    strength, ascent, decay, inertia = tail[STRENGTH], tail[ASCENT], tail[DECAY], tail[INERTIA]
    beta, g, back, lift = np.empty(d), np.zeros(d), np.zeros(d), np.empty(d)
    sigma = out[out.size - n :]
    for j in range(d):
        beta[j] = kappa * (square[j] - square[d + j])
    for i in range(n):
        sigma[i] = (image(X[i], beta) - target[i]) / n
        add_row(g, sigma[i], X[i])
    if strength != 0.0:
        for j in range(d):
            lift[j] = 4.0 * kappa * kappa * g[j] * (square[j] + square[d + j] + ascent * g[j] * beta[j])
        for i in range(n):
            delta = image(X[i], lift) / n
            sigma[i] += strength * delta
            add_row(back, delta, X[i])
    for j in range(d):
        bend = 4.0 * kappa * kappa * strength * g[j] * (g[j] + ascent * back[j]) + decay
        pull = 2.0 * kappa * (g[j] + strength * back[j])
        square[j] = bend + pull
        square[d + j] = bend - pull
    for j in range(2 * d):
        rate = square[j]
        if inertia == 0.0:
            out[j] = -rate
        else:
            c, s = math.cos(y[2 * d + j]), math.sin(y[2 * d + j])
            out[j] = (c - s) * (s / inertia - 0.5 * rate * (c + s))
            out[2 * d + j] = -s * (c + s) / inertia - 0.5 * rate * (c - s) * (c - s)


@kernel(signature_of(LOSS))
def factor_loss(y, data):
    X, target, n, d, _, _, kappa = problem(data)
    square = np.empty(2 * d)
    squares(y, data, square)
    for j in range(d):
        square[j] = kappa * (square[j] - square[d + j])
    total = 0.0
    for i in range(n):
        r = image(X[i], square[:d]) - target[i]
        total += r * r
    return total / (2.0 * n)
