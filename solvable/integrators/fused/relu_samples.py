"""What full-batch steps on a univariate ReLU network share: residuals on sorted samples, noise, and the added line.

``c`` and ``d`` are the places of the slope and the offset of the added line in a row of theta, -1 where there is none.
"""

from __future__ import annotations

from ..compile import helper
from ..draws import BLOCK
from ..label_noise import draw_noise
from ..status import CONVERGED, RUNNING
from ..stochastic import NOISE, row_ends
from ..tile import LOSS, STOP, verdict


@helper
def subtract_labels(theta, row, c, d, x, y, r):
    """Make residuals of the sums over neurons; returns half their mean square, the loss."""
    slope = theta[row, c] if c >= 0 else 0.0
    offset = theta[row, d] if d >= 0 else 0.0
    square = 0.0
    for j in range(x.size):
        r[j] += slope * x[j] + (offset - y[j])
        square += r[j] * r[j]
    return square / (2.0 * x.size)


@helper
def judge(loss, r, order, k, noise, hyper, control, row):
    """Status of the row at step k; where the labels are noisy, `r` gets their noise."""
    if hyper[NOISE, row] == 0.0:
        code = verdict(loss, control, row)
        if code == RUNNING:
            control[LOSS, row] = loss
        return code
    if control[STOP, row] >= 0.0 and loss <= control[STOP, row]:
        return CONVERGED
    mean_square = 0.0
    for j in range(r.size):
        r[j] -= noise[order[j], k % BLOCK]
        mean_square += r[j] * r[j] / r.size
    return row_ends(mean_square, control, row)


@helper
def draw_ahead(k, first, end, seed, replica, gaussian, size, noise):
    """Fill ``noise (n, 32)`` at the first step and at every 32nd."""
    if size != 0.0 and (k == first or k % BLOCK == 0):
        draw_noise(seed, replica, k, min(end, k - k % BLOCK + BLOCK), gaussian, size, noise)


@helper
def step_line(theta, row, c, d, zeroth, first, rate, keep):
    """Gradient step of the added line, by the sums of r and r x."""
    if c >= 0:
        theta[row, c] = keep * theta[row, c] - rate * first
    if d >= 0:
        theta[row, d] = keep * theta[row, d] - rate * zeroth
