"""Runs of gradient flow from tiny scales, in the coordinates in which they have a limit.

With ``a = scale^2``, ``tau = 4 t / log(1/a)`` and ``z = log|u/v| / log(1/a)``, the flow rests at one saddle after the
other while z moves along straight lines. Where the rests are long, z misses its limit by ``c(tau) / log(1/a)`` and
terms that are exponentially small in ``log(1/a)``: two scales give the limit itself. (Scales are relative to the root
of the least-norm coefficients, so that no unit of the data matters.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solvable import DiagonalLinearNetwork, GradientFlow, simulate
from solvable.theory import SaddlePath, lasso, saddle_to_saddle

from ._problems import coefficient_size

LEAVES = "a coordinate returns to zero on the way"
LONG_RESTS = "the limit path is unique, and rests long enough to be seen at the larger scale"
SETTLED = 10.0
"""At the larger scale what is left of a jump, inside a rest, is at most e to the minus this."""
SCALES = 1e-70, 1e-140


class Flow(NamedTuple):
    """z and beta at times ``tau``, each ``(T, d)``, for one ``log(1/a)``."""

    log_scale: float
    z: np.ndarray
    beta: np.ndarray


def rescaled_flow(X: np.ndarray, y: np.ndarray, scale: float, tau: np.ndarray, weight_decay: float = 0.0) -> Flow:
    """Gradient flow from ``u = v = scale``, in units of the root of beta, at increasing times tau > 0."""
    model, log_scale = DiagonalLinearNetwork(X, y), -2 * np.log(scale)
    times = np.asarray(tau) * log_scale / 4
    run = simulate(
        model,
        GradientFlow(rtol=1e-9, weight_decay=weight_decay),
        model.init(scale * np.sqrt(coefficient_size(X, y))),
        time=times[-1],
        save=times,
    )
    return Flow(log_scale, model.potential_coordinates(run.theta)[1] / log_scale, run.predictor())


def extrapolated(coarse: Any, fine: Any, logs: tuple[float, float]) -> np.ndarray:
    """The limit of two values with an error ``c / log(1/a)``."""
    return (logs[1] * np.asarray(fine) - logs[0] * np.asarray(coarse)) / (logs[1] - logs[0])


def inside_rests(path: SaddlePath) -> np.ndarray:
    """Two times in each rest, at 40 and 60 percent of it; shape ``(K, 2)``. The last counts as half of all before."""
    ends = np.append(path.times[1:], 1.5 * path.times[-1])
    return path.times[:, None] + np.array([0.4, 0.6]) * (ends - path.times)[:, None]


def settling(X: np.ndarray, path: SaddlePath) -> float:
    """How far each rest is reached at these times: the distance is ``exp(-settling log(1/a))``.

    Off its support beta is ``exp(-(1 - |z_j|) log(1/a))``; on it, it relaxes with the smallest eigenvalue.
    """
    worst = np.inf
    for start, point, times in zip(path.times, path.points, inside_rests(path), strict=True):
        on = point != 0
        worst = min(worst, np.min(1 - np.abs(path.dual(times)[:, ~on]), initial=np.inf))
        if np.any(on):
            root = X[:, on] * np.sqrt(np.abs(point[on]))
            slowest = np.linalg.svd(root, compute_uv=False)[-1] ** 2 / X.shape[0] if np.sum(on) <= len(X) else 0.0
            worst = min(worst, slowest * (times[0] - start))
    # What is zero before and after a jump must be small at the jump, too.
    aside = (path.points[:-1] == 0) & (path.points[1:] == 0)
    return float(min(worst, np.min(1 - np.abs(path.duals[1:][aside]), initial=np.inf)))


def has_long_rests(X: np.ndarray, path: SaddlePath) -> bool:
    """Whether the flow from both SCALES is at rest, to rounding, at the times of `inside_rests`."""
    return bool(path.unique and path.times.size > 1 and settling(X, path) * -2 * np.log(SCALES[0]) > SETTLED)


def restful(rng: np.random.Generator, n: int, d: int, *, leaving: bool | None = None) -> dict[str, Any]:
    """Gaussian X and y, drawn again until the limit path has long rests (and a coordinate is `leaving`, or none is)."""
    for _ in range(400):
        X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
        path = saddle_to_saddle(X, y)
        if has_long_rests(X, path) and leaving in (None, bool(np.isfinite(path.first_deactivation))):
            break
    return {"X": X, "y": y}


def at_rest(X: np.ndarray, y: np.ndarray, path: SaddlePath) -> tuple[Flow, Flow]:
    """The flow from both SCALES at the times of `inside_rests`: arrays of shape ``(K, 2, d)``."""
    times = inside_rests(path)
    flows = (rescaled_flow(X, y, scale, times.ravel()) for scale in SCALES)
    coarse, fine = (Flow(log, z.reshape(*times.shape, -1), beta.reshape(*times.shape, -1)) for log, z, beta in flows)
    return coarse, fine


def crossings(times: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Where the lines of z in one rest and in the next meet, shape ``(K-1,)``: the jump times, seen from the rests."""
    middle, place = np.mean(times, axis=1), np.mean(z, axis=1)
    velocity = (z[:, 1] - z[:, 0]) / (times[:, 1] - times[:, 0])[:, None]
    origin = place - middle[:, None] * velocity
    bend, gap = np.diff(velocity, axis=0), np.diff(origin, axis=0)
    return -np.sum(bend * gap, axis=1) / np.sum(bend * bend, axis=1)


def lasso_dual(X: np.ndarray, y: np.ndarray, times: np.ndarray) -> np.ndarray:
    """``tau X^T (y - X b) / n`` at the lasso b of penalty ``1/tau``, shape ``(..., d)``: z, if b averages the flow."""
    points = np.array([lasso(X, y, 1 / tau).point for tau in np.ravel(times)]).reshape(*np.shape(times), -1)
    return np.asarray(times)[..., None] * ((y - points @ X.T) @ X) / y.size
