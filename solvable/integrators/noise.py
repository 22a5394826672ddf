"""Full-batch methods with noise, on a tile, for every model.

Stochastic gradient flow, one Euler-Maruyama step of length dt:

    theta <- theta - J^T w,    w_i = r_i dt / n + r_i sqrt(h dt / n) (xi_i - mean xi)       covariance "sample"
                               w_i = r_i dt / n + sqrt(h dt 2 L / n) xi_i                   covariance "loss"

so that ``J^T w - dt grad L`` has h dt times the covariance ``(1/n) sum_i (r_i grad f_i - grad L)(...)^T`` of the
gradients of single samples, or ``(2 L / n) J^T J``. Noise injection adds noise to the parameters:

    theta <- theta - h grad L + s xi_{k+1}       or       theta <- theta - h grad L + s xi_{k+1} - s xi_k,   xi_0 = 0

Gaussians are a function of (seed, replica, step, purpose, place): a lane has the same ones in any tile.
"""

from __future__ import annotations

import math

import numpy as np

from .compile import helper, kernel
from .draws import gaussian_pair
from .philox import GRADIENT_NOISE, PARAMETER_NOISE, words
from .scaled import EVERY, settle_tile
from .signatures import INTEGER_MATRIX, INTEGERS, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, u8, void
from .status import RUNNING
from .tile import COUNT, STATUS, STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

RATE, BY_SAMPLE = 0, 1
STD = 0

NOISY = void(
    RESIDUALS,
    PULLBACK,
    MATRIX,
    VECTOR,
    VECTOR,
    MATRIX,
    MATRIX,
    MATRIX,
    MATRIX,
    MATRIX,
    INTEGER_MATRIX,
    INTEGERS,
    u8,
    MATRIX,
    i8,
)


@helper
def draw_tile(seed, replicas, start, step, purpose, record, out):
    """Standard Gaussians ``out (m, B)``: those of step ``start[b] + step``; zeros for lanes that do not run."""
    m, width = out.shape
    for block in range((m + 1) // 2):
        first, last = 2 * block, min(2 * block + 1, m - 1)
        for b in range(width):
            if record[STATUS, b] != RUNNING:
                out[first, b] = out[last, b] = 0.0
                continue
            w0, w1, w2, w3 = words(seed, np.uint64(replicas[b]), np.uint64(start[b] + step), purpose, np.uint64(block))
            one, other = gaussian_pair(w0, w1, w2, w3)
            out[last, b] = other
            out[first, b] = one


@kernel(void(u8, INTEGERS, i8, u8, MATRIX))
def fill_tile(seed, replicas, step, purpose, out):
    """``out (m, B)``: the Gaussians of these replicas at one step."""
    record, start = np.zeros((2, replicas.size), np.int64), np.zeros(replicas.size, np.int64)
    draw_tile(seed, replicas, start, step, purpose, record, out)


@kernel(NOISY)
def diffuse(
    residuals,
    pullback,
    state,
    data,
    scratch,
    residual,
    slope,
    noise,
    hyper,
    control,
    record,
    replicas,
    seed,
    final,
    steps,
):
    """Stochastic gradient flow of the tile ``state (p, B)``; dt is the step size of ``control``.

    Depth-2 diagonal networks: ``state (2p + n, B)``, rows theta, the weights w gathered so far, powers of two of theta.
    ``hyper``: h, and 1 for the covariance "sample". ``noise (n, B)``.
    """
    p, width = slope.shape
    n = int(data[0])
    outputs = residual.shape[0] // n
    total, amplitude = np.empty(width), np.empty(width)
    theta, ledger = state[:p], state.shape[0] > p
    by_sample = hyper[BY_SAMPLE, 0] != 0.0
    start = record[COUNT].copy()
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(state, residual, total, n, control, record, final, step) == -width:
            break
        draw_tile(seed, replicas, start, step, GRADIENT_NOISE, record, noise)
        for b in range(width):
            size = hyper[RATE, b] * control[STEP_SIZE, b] / n
            if not by_sample:
                size *= 2.0 * total[b]  # `inspect` has left the losses here
            amplitude[b] = math.sqrt(size) if record[STATUS, b] == RUNNING else 0.0
            total[b] = 0.0
        if by_sample:
            for i in range(n):
                for b in range(width):
                    total[b] += noise[i, b] / n
        for i in range(residual.shape[0]):
            sample = i // outputs
            for b in range(width):
                r = residual[i, b]
                kick = amplitude[b] * (noise[sample, b] - total[b])
                weight = r * control[STEP_SIZE, b] / n + (r * kick if by_sample else kick)
                residual[i, b] = weight
                if ledger:
                    state[p + i, b] += weight
        pullback(theta, residual, data, scratch, slope)
        for j in range(p):
            for b in range(width):
                state[j, b] -= slope[j, b]
        if ledger and step % EVERY == EVERY - 1:
            settle_tile(state, p)
    if ledger:
        settle_tile(state, p)
    count_steps(record, steps)


@kernel(NOISY)
def inject(
    residuals,
    pullback,
    state,
    data,
    scratch,
    residual,
    slope,
    noise,
    hyper,
    control,
    record,
    replicas,
    seed,
    final,
    steps,
):
    """Noise injection into the tile ``state (p, B)``; anticorrelated with ``state (2p, B)``, rows theta, s xi_k.

    ``hyper``: the standard deviation s. ``noise (p, B)``.
    """
    p, width = slope.shape
    n = int(data[0])
    total = np.empty(width)
    theta, anticorrelated = state[:p], state.shape[0] > p
    start = record[COUNT].copy()
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(state, residual, total, n, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        pullback(theta, residual, data, scratch, slope)
        draw_tile(seed, replicas, start, step, PARAMETER_NOISE, record, noise)
        for j in range(p):
            for b in range(width):
                kick = hyper[STD, b] * noise[j, b]
                change = kick - control[STEP_SIZE, b] * slope[j, b]
                if anticorrelated:
                    change -= state[p + j, b]
                    state[p + j, b] = kick
                state[j, b] += change
    count_steps(record, steps)
