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

Only ``a e^xi + a e^-xi`` and ``a e^xi - a e^-xi`` are ever formed, and a is kept as a mantissa and a power of
two, so ``log a = -1400`` (beyond underflow of ``a``) is as good as any. Where a trial step overshoots, the
exponential overflows to infinity: the error of that step is then infinite or NaN and it is rejected.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compile import helper, kernel
from .eight import number, put
from .eight_rows import matrix_times, product_of_columns, transpose_times
from .signatures import FIELD, HEADER, JACOBIAN, LOSS, signature_of
from .vexp import LOG2_E, LOG_2_HIGH, LOG_2_LOW, exp_sum_and_difference, split_exp

# Header: rows kept, number of samples, columns, kappa, weight decay, |y - Q Q^T y|^2 (0 without compression).
ROWS, SAMPLES, COLUMNS, KAPPA, DECAY, DROPPED = 0, 1, 2, 3, 4, 5


def pack_dual(X: Any, y: Any, log_a: Any, xi0: Any = 0.0, kappa: float = 1.0, weight_decay: float = 0.0) -> np.ndarray:
    """The `data` vector of the dual field: header, rows of X, columns of X, y, then ``(d,)`` each: mantissa and
    power of two of a(0), log a(0), xi(0).

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


def _start(d: int, log_a: Any, xi0: Any) -> np.ndarray:
    """``(4, d)``: mantissa and power of two of a(0), log a(0), xi(0)."""
    rows = np.empty((4, d))
    rows[2], rows[3] = log_a, xi0
    rows[1] = np.rint(rows[2] * LOG2_E)
    rows[0] = np.exp((rows[2] - rows[1] * LOG_2_HIGH) - rows[1] * LOG_2_LOW)
    return rows


def repack(data: np.ndarray, log_a: Any, xi0: Any, weight_decay: float) -> np.ndarray:
    """What `pack_dual` makes of the same model for another start and weight decay."""
    d = int(data[COLUMNS])
    again = data.copy()
    again[DECAY], again[-4 * d :] = weight_decay, _start(d, log_a, xi0).ravel()
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
def _shape(data):
    """(r, d, places of the columns of X, of y, of the mantissas) from the data vector."""
    r, d = int(number(data, ROWS)), int(number(data, COLUMNS))
    labels = HEADER + 2 * r * d
    return r, d, HEADER + r * d, labels, labels + r


@helper
def _differences(theta, data, out, sums):
    """``beta (d,)`` into `out`, or ``kappa (a e^xi + a e^-xi)`` instead of it."""
    r, d, _, _, mantissas = _shape(data)
    kappa = number(data, KAPPA)
    lost, halvings = split_exp(theta[r]) if number(data, DECAY) != 0.0 else (1.0, 0.0)
    transpose_times(data, HEADER, r, d, theta, 0, out, 0)
    for j in range(d):
        mantissa, exponent = number(data, mantissas + j), number(data, mantissas + d + j)
        xi = 4.0 * kappa * number(out, j) + number(data, mantissas + 3 * d + j)
        total, difference = exp_sum_and_difference(xi, lost * mantissa, halvings + exponent)
        put(out, j, kappa * (total if sums else difference))


@helper
def _residual(theta, data, samples, out):
    """``(y - X beta) / samples`` into the first r entries of `out`."""
    r, d, _, labels, _ = _shape(data)
    beta = np.empty(d)
    _differences(theta, data, beta, False)
    matrix_times(data, HEADER, r, d, beta, 0, out, 0)
    for i in range(r):
        put(out, i, (number(data, labels + i) - number(out, i)) / samples)


@kernel(signature_of(FIELD))
def dual_field(theta, data, out):
    _residual(theta, data, number(data, SAMPLES), out)
    if data[DECAY] != 0.0:
        out[int(data[ROWS])] = -2.0 * data[DECAY]


@kernel(signature_of(LOSS))
def dual_loss(theta, data):
    """``|X beta - y|^2 / (2n)``, without the weight decay term."""
    residual = np.empty(int(data[ROWS]))
    _residual(theta, data, 1.0, residual)
    total = data[DROPPED]
    for i in range(residual.shape[0]):
        total += residual[i] * residual[i]
    return total / (2.0 * data[SAMPLES])


@kernel(signature_of(JACOBIAN))
def dual_jacobian(theta, data, out):
    r, d, columns, labels, _ = _shape(data)
    sums, scaled = np.empty(d), np.empty(d * r)
    _differences(theta, data, sums, True)
    share = -4.0 * number(data, KAPPA) / number(data, SAMPLES)
    for j in range(d):
        factor = share * number(sums, j)
        for i in range(r):
            put(scaled, j * r + i, factor * number(data, columns + j * r + i))
    decaying = data[DECAY] != 0.0
    square = np.empty((r, r)) if decaying else out
    product_of_columns(scaled, 0, data, columns, d, r, r, False, square)
    if decaying:
        column = np.empty(r)
        _residual(theta, data, 1.0, column)
        for i in range(r):
            for k in range(r):
                out[i, k] = square[i, k]
            out[i, r] = (column[i] - data[labels + i]) / data[SAMPLES]  # d nu' / d ell = -X beta / n = nu' - y / n
        for k in range(r + 1):
            out[r, k] = 0.0
