r"""Rates at which label noise of a fixed step moves what is conserved by gradient flow, in the limit of small noise.

The steps d of a run multiply ``q = u^2 - v^2`` of ``f = u v`` by ``1 - (d_u / v)^2``, and ``u_j v_j`` of a diagonal
network by ``1 - (d_uj / u_j)^2``, exactly if there is no momentum m; with momentum each square comes back m times as
large, and twice, with every later step. So the logarithms fall by sums of squares of steps, and to leading order in the
size s of the noise these are steps of the linear twin, whose second moments are known: as a control variate it leaves
next to no variance. The window is of fixed length, and s goes to 0 by way of the slow time ``T = h^2 s^2 k / (b
(1-m)^2)`` that it spans, so that the model does not move.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvable import DiagonalLinearNetwork, LabelNoiseSGD, ScalarFactorization, simulate
from solvable.theory import autocovariance, second_moment_radius

from ._outputs import Outputs, diagonal_outputs, product_outputs, twin

WINDOW, REPLICAS = 800, 32
FORGOTTEN = 18.0
"""The start is waited for until the second moments are within exp(-18) of the stationary ones."""
SPAN = 0.005
"""The slow time of the longest window, times the square of the largest rate."""
MARGIN = 5e-4
"""Relative: more than ten times the noise that the control variate leaves, and what the next power of s^2 shifts."""
REASON = "0.05 %; the control variate leaves 0.003 % of noise"


@dataclass(frozen=True)
class Minimum:
    """A point of zero loss, and logarithms that no fluctuation moves to first order.

    ``logs(theta (..., p)) -> (..., l)``; ``squares(steps (k, R, p)) -> (k, R, l)``: what each step takes from them;
    ``weights (l, p)``: their gradients at `theta`.
    """

    model: Any
    outputs: Outputs
    theta: np.ndarray
    logs: Callable[[np.ndarray], np.ndarray]
    squares: Callable[[np.ndarray], np.ndarray]
    weights: np.ndarray


def product_minimum(target: float, angle: float) -> Minimum:
    """``f = u v``, the minimum ``sqrt(y) (e^a, e^-a)``; the logarithm of ``q = u^2 - v^2``."""
    theta = np.sqrt(target) * np.exp([angle, -angle])
    u, v = theta
    return Minimum(
        ScalarFactorization(target=target),
        product_outputs(target),
        theta,
        lambda t: np.log(np.abs(t[..., :1] ** 2 - t[..., 1:] ** 2)),
        lambda d: (d[..., :1] / v) ** 2,
        np.array([[2 * u, -2 * v]]) / (u * u - v * v),
    )


def diagonal_minimum(X: np.ndarray, theta: np.ndarray) -> Minimum:
    """``f = X (u^2 - v^2)`` with the labels that it has at `theta`; the logarithms of ``u v``."""
    u, v = np.split(theta, 2)
    y = X @ (u**2 - v**2)
    return Minimum(
        DiagonalLinearNetwork(X, y),
        diagonal_outputs(X, y),
        theta,
        lambda t: np.log(np.abs(np.multiply(*np.split(t, 2, axis=-1)))),
        lambda d: (d[..., : u.size] / u) ** 2,
        np.hstack([np.diag(1 / u), np.diag(1 / v)]),
    )


def check_rates(
    lab: Any,
    minimum: Minimum,
    method: LabelNoiseSGD,
    predicted: np.ndarray,
    rivals: Mapping[str, np.ndarray],
) -> None:
    """Measured rates of the logarithms, per slow time in the limit of small noise, against `predicted` ``(l,)``.

    Each rival is tested where it is farthest away.
    """
    J, h, m = minimum.outputs.jacobian(minimum.theta), method.step_size, method.momentum
    n = len(J)
    wait = int(np.ceil(FORGOTTEN / -np.log(second_moment_radius(J, h, method.batch_size, m))))
    steps = wait + WINDOW
    clock = (method.batch_size or n) * (1 - m) ** 2 / (h * h * WINDOW)  # noise_std^2 for a window of slow time 1
    # What the step number k contributes to the sums over the window, by itself and through those after it.
    left = steps - 1 - np.arange(steps)
    share = _gathered(left, m) - _gathered(left - WINDOW, m)

    @functools.cache
    def controls(first: int, count: int) -> np.ndarray:
        path = twin(J, method, np.arange(steps + 1), first, count, lab.seed)
        return -clock * np.einsum("k,krl->rl", share, minimum.squares(np.diff(path, axis=0)))

    unit = np.eye(minimum.theta.size)[None]  # squares of unit steps: their weights in the covariance of the steps
    now, next_ = (np.diag(autocovariance(J, np.zeros(n), h, 1.0, lag, method.batch_size, m)) for lag in (0, 1))
    means = -clock * np.sum(share) * 2 * (now - next_) @ minimum.squares(unit)[0]

    @functools.cache
    def samples(span: float, first: int, count: int) -> np.ndarray:
        noisy = LabelNoiseSGD(h, np.sqrt(clock * span), method.batch_size, method.noise, m)
        starts = np.tile(minimum.theta, (count, 1))
        run = simulate(minimum.model, noisy, starts, steps=steps, save=[wait, steps], replica=first, seed=lab.seed)
        before, after = minimum.logs(run.theta)
        return (after - before) / span

    spans = SPAN / np.max(np.abs(predicted)) ** 2 / 2.0 ** np.arange(4)
    gaps = {name: np.abs(rival - predicted) / np.abs(predicted) for name, rival in rivals.items()}
    for j, value in enumerate(predicted):
        lab.extrapolation(
            lambda span, first, count, j=j: np.stack(
                [samples(span, first, count)[:, j], controls(first, count)[:, j]], axis=1
            ),
            spans,
            value,
            MARGIN * abs(value),
            rivals={name: rival[j] for name, rival in rivals.items() if np.argmax(gaps[name]) == j},
            control_mean=means[j],
            first=REPLICAS,
            reason=REASON,
        )


def _gathered(left: np.ndarray, m: float) -> np.ndarray:
    """What a square contributes until `left` steps after its own, ``1 + 2 (m + ... + m^left)``; 0 if not yet made."""
    return np.where(left >= 0, 1 + 2 * m * (1 - m ** np.maximum(left, 0)) / (1 - m), 0.0)
