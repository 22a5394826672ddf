"""Gradient flow of the diagonal network in its dual form: few variables, and no underflow at any scale.

Let ``beta = kappa (u^2 - v^2)``, ``g = X^T (X beta - y) / n`` and ``u' = -2 kappa u g - lam u``,
``v' = +2 kappa v g - lam v``: the flow of ``|X beta - y|^2 / (2n) + (lam/2)(|u|^2 + |v|^2)``.
(``kappa = 1`` for squares; ``kappa = 1/2`` for a product of two layers, in the rotated coordinates
``(u +- v)/sqrt 2``.) Put ``a = |u v|`` and ``xi = log|u/v|``. Then ``u^2 = a e^xi``, ``v^2 = a e^-xi`` and

    beta = 2 kappa a sinh(xi),    (log a)' = -2 lam,    xi' = -4 kappa g.

As ``g`` lies in the range of ``X^T``, so does the shift: ``xi = xi0 + 4 kappa X^T nu`` with
``nu' = (y - X beta) / n``, n unknowns instead of 2d, and ``log a`` is known. The Jacobian
``-(4 kappa^2 / n) X diag(a e^xi + a e^-xi) X^T`` is symmetric and negative semidefinite: an implicit step
is one Cholesky factorization of an n x n matrix.

State: ``nu (r,)``, and with weight decay one more entry ``ell = log a(t) - log a(0)``, ``ell' = -2 lam``
(the Jacobian then has one more column and is no longer symmetric). For n > d the rows are compressed,
``X = Q R`` with ``R (d, d)``: ``|X beta - y|^2`` differs from ``|R beta - Q^T y|^2`` by a constant, the
same flow results with r = d, and the constant is kept for the loss.

Only ``exp(log a + xi)`` and ``exp(log a - xi)`` are ever formed, so ``log a = -1400`` (beyond underflow of
``a``) is as good as any. Where a trial step overshoots, the exponential overflows to infinity: the error
of that step is then infinite or NaN and it is rejected.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compile import helper, kernel
from .signatures import FIELD, HEADER, JACOBIAN, LOSS, signature_of
from .vexp import exp_of

# Header: rows kept, number of samples, columns, kappa, weight decay, |y - Q Q^T y|^2 (0 without compression).
ROWS, SAMPLES, COLUMNS, KAPPA, DECAY, DROPPED = 0, 1, 2, 3, 4, 5

SMALL = 0.5  # below this |xi| the difference of two exponentials would cancel


def pack_dual(X: Any, y: Any, log_a: Any, xi0: Any = 0.0, kappa: float = 1.0, weight_decay: float = 0.0) -> np.ndarray:
    """The `data` vector of the dual field: header, then rows of X, columns of X, y, log a(0), xi(0).

    ``X (n, d)``, ``y (n,)``; ``log_a`` and ``xi0`` scalars or ``(d,)``.
    """
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    n, d = X.shape
    dropped = 0.0
    if n > d:
        Q, R = np.linalg.qr(X)
        inside = Q.T @ y
        dropped = float(np.sum((y - Q @ inside) ** 2))
        X, y = R, inside
    header = np.zeros(HEADER)
    header[[ROWS, SAMPLES, COLUMNS, KAPPA, DECAY, DROPPED]] = len(y), n, d, kappa, weight_decay, dropped
    return np.concatenate([header, X.ravel(), X.T.ravel(), y, *_start(d, log_a, xi0)])


def _start(d: int, log_a: Any, xi0: Any) -> tuple[np.ndarray, ...]:
    """What a data vector says of the start, ``(d,)`` each, behind what it says of the model."""
    return np.full(d, log_a, dtype=np.float64), np.full(d, xi0, dtype=np.float64)


def repack(data: np.ndarray, log_a: Any, xi0: Any, weight_decay: float) -> np.ndarray:
    """What `pack_dual` makes of the same model for another start and weight decay."""
    r, d = int(data[ROWS]), int(data[COLUMNS])
    again = np.concatenate([data[: HEADER + 2 * r * d + r], *_start(d, log_a, xi0)])
    again[DECAY] = weight_decay
    return again


def dual_size(data: np.ndarray) -> int:
    """Length of the state; it starts at zero."""
    return int(data[ROWS]) + (data[DECAY] != 0.0)


def dual_state(nu: np.ndarray, t: float, data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(log a, xi)`` at time `t`, each ``(d,)``, from the state (or its first entries, ``nu``)."""
    r, d = int(data[ROWS]), int(data[COLUMNS])
    X = data[HEADER : HEADER + r * d].reshape(r, d)
    log_a, xi0 = data[-2 * d : -d], data[-d:]
    return log_a - 2.0 * data[DECAY] * t, xi0 + 4.0 * data[KAPPA] * (np.asarray(nu)[:r] @ X)


def scales(data: np.ndarray) -> tuple[float, float]:
    """Largest entry of the least-norm solution, and the length of the longest column of X: what the tolerances need."""
    r, d = int(data[ROWS]), int(data[COLUMNS])
    X = data[HEADER : HEADER + r * d].reshape(r, d)
    y = data[HEADER + 2 * r * d : HEADER + 2 * r * d + r]
    reach = np.max(np.abs(np.linalg.lstsq(X, y, rcond=None)[0]), initial=0.0)
    return float(reach), max(float(np.sqrt(np.max(np.sum(X * X, axis=0)))), 1e-300)


def dual_tolerances(
    data: np.ndarray, rtol: float, known: tuple[float, float] | None = None
) -> tuple[float, np.ndarray]:
    """``(rtol, atol)`` for the solver, such that `rtol` is the relative error of ``u`` and ``v`` (half that
    of ``xi``, absolute). `known`: the `scales` of the model, which no start changes.

    A tolerance relative to ``nu`` would be wrong twice: ``xi`` may be a thousand and then sits in an
    exponent, and ``nu`` starts at zero. For large ``a`` the weights cancel in ``beta``, and the tolerance
    shrinks to hold ``beta`` relative to the size of the least-norm solution.
    """
    d = int(data[COLUMNS])
    reach, norm = known or scales(data)
    widest = float((data[-2 * d : -d] + np.abs(data[-d:])).max())
    cancellation = math.exp(min(0.0, math.log(reach / data[KAPPA]) - widest)) if reach > 0.0 else 1.0
    atol = np.full(dual_size(data), rtol * cancellation / (4.0 * data[KAPPA] * norm))
    if data[DECAY] != 0.0:
        atol[-1] = rtol
    return 1e-14, atol  # the relative part only forgives rounding


@helper
def _weights(theta, data, X, up, down):
    """``exp(log a + xi)`` into `up`, ``exp(log a - xi)`` into `down`; returns ``xi``."""
    r, d = X.shape
    start = HEADER + 2 * r * d + r
    log_a, xi0 = data[start : start + d], data[start + d :]
    ell = theta[r] if data[DECAY] != 0.0 else 0.0
    xi = np.empty(d)
    for j in range(d):
        xi[j] = 0.0
    for i in range(r):
        row = X[i]
        weight = 4.0 * data[KAPPA] * theta[i]
        for j in range(d):
            xi[j] += weight * row[j]
    for j in range(d):
        xi[j] += xi0[j]
        up[j] = (log_a[j] + ell) + xi[j]
        down[j] = (log_a[j] + ell) - xi[j]
    _exponentials(up)
    _exponentials(down)
    return xi


@helper
def _exponentials(x):
    """``exp`` in place; infinity where it overflows."""
    for j in range(x.shape[0]):
        x[j] = exp_of(x[j])


@helper
def _residual(theta, data, out):
    """``y - X beta`` into the first r entries of `out`."""
    r, d = int(data[ROWS]), int(data[COLUMNS])
    X = data[HEADER : HEADER + r * d].reshape(r, d)
    columns = data[HEADER + r * d : HEADER + 2 * r * d].reshape(d, r)
    up, down = np.empty(d), np.empty(d)
    xi = _weights(theta, data, X, up, down)
    y = data[HEADER + 2 * r * d :]
    for i in range(r):
        out[i] = y[i]
    for j in range(d):
        difference = (up[j] + down[j]) * math.tanh(xi[j]) if abs(xi[j]) < SMALL else up[j] - down[j]
        beta = data[KAPPA] * difference
        column = columns[j]
        for i in range(r):
            out[i] -= beta * column[i]


@kernel(signature_of(FIELD))
def dual_field(theta, data, out):
    r = int(data[ROWS])
    _residual(theta, data, out)
    for i in range(r):
        out[i] /= data[SAMPLES]
    if data[DECAY] != 0.0:
        out[r] = -2.0 * data[DECAY]


@kernel(signature_of(LOSS))
def dual_loss(theta, data):
    """``|X beta - y|^2 / (2n)``, without the weight decay term."""
    residual = np.empty(int(data[ROWS]))
    _residual(theta, data, residual)
    total = data[DROPPED]
    for i in range(residual.shape[0]):
        total += residual[i] * residual[i]
    return total / (2.0 * data[SAMPLES])


@kernel(signature_of(JACOBIAN))
def dual_jacobian(theta, data, out):
    r, d = int(data[ROWS]), int(data[COLUMNS])
    kappa = data[KAPPA]
    X = data[HEADER : HEADER + r * d].reshape(r, d)
    columns = data[HEADER + r * d : HEADER + 2 * r * d].reshape(d, r)
    up, down = np.empty(d), np.empty(d)
    _weights(theta, data, X, up, down)
    for i in range(out.shape[0]):
        for k in range(out.shape[0]):
            out[i, k] = 0.0
    for j in range(d):
        down[j] = 4.0 * kappa * kappa * (up[j] + down[j]) / data[SAMPLES]
    j = 0
    while j + 4 <= d:  # four columns a pass: the triangle is read and written once for the four
        for i in range(r):
            s0, s1 = down[j] * columns[j, i], down[j + 1] * columns[j + 1, i]
            s2, s3 = down[j + 2] * columns[j + 2, i], down[j + 3] * columns[j + 3, i]
            for k in range(i + 1):
                out[i, k] -= ((s0 * columns[j, k] + s1 * columns[j + 1, k]) + s2 * columns[j + 2, k]) + (
                    s3 * columns[j + 3, k]
                )
        j += 4
    while j < d:
        for i in range(r):
            s0 = down[j] * columns[j, i]
            for k in range(i + 1):
                out[i, k] -= s0 * columns[j, k]
        j += 1
    for i in range(r):
        for k in range(i):
            out[k, i] = out[i, k]
    if data[DECAY] != 0.0:  # d nu' / d ell = -X beta / n = nu' - y / n
        y = data[HEADER + 2 * r * d :]
        column = np.empty(r)
        _residual(theta, data, column)
        for i in range(r):
            out[i, r] = (column[i] - y[i]) / data[SAMPLES]
