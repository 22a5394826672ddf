r"""The limiting flow of label noise on any model.

On the slow clock ``T = h^2 noise_std^2 k / (b (1-beta)^2)``, for a small step, SGD with label noise moves along the
minima Gamma = {f = y} by (`solvable.theory.noise.manifold_drift`)

    dY/dT = -(1/4) P grad R,        R = (1/n) sum_i |grad f_i|^2,

from the limit of gradient flow. At a finite step and small noise, P D^3 L[S] takes the place of P grad R. P is computed
where Y is, so that the velocity is tangent to the level set of f through Y, and an error off Gamma would stay; a
Gauss-Newton term ``-kappa J^+ (f - y)`` takes it back. It vanishes on Gamma, and kappa does not matter there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

from ...common.blas import one_blas_thread
from ...common.checks import nonnegative, positive, real_array
from .manifold_drift import label_noise_drift, output_derivatives, trace_drift
from .modes import batch, momentum_below_one

_NEAR = 1e-6


class LimitingPath(NamedTuple):
    """Attributes:
    times: the slow clock T, shape ``(T,)``.
    points: shape ``(T, p)``.
    regularizer: R along the path, shape ``(T,)``.
    residual: the largest ``|f_i - y_i|`` along the path, shape ``(T,)``.
    """

    times: np.ndarray
    points: np.ndarray
    regularizer: np.ndarray
    residual: np.ndarray


@one_blas_thread()
def limiting_flow(
    jacobian: Callable[[np.ndarray], Any],
    hessians: Callable[[np.ndarray], Any],
    residuals: Callable[[np.ndarray], Any],
    theta0: Any,
    T: Any,
    *,
    step_size: Any = 0.0,
    batch_size: Any = 1,
    momentum: Any = 0.0,
    rtol: Any = 1e-11,
) -> LimitingPath:
    """Where label noise takes a model along its minima.

    Args:
        jacobian: ``theta (p,) -> (n, p)``, the gradients of the outputs.
        hessians: ``theta (p,) -> (n, p, p)``, their Hessians.
        residuals: ``theta (p,) -> (n,)``, outputs minus labels.
        theta0: a minimum, shape ``(p,)``: the limit of gradient flow from where training starts.
        T: slow times >= 0, increasing, shape ``(T,)`` or a number.
        step_size: 0 for the limit of small steps; h > 0 for the flow at this step in the limit of small noise, where
            the batch and the momentum matter beyond the clock.
        batch_size: number of distinct samples a step, or None for all.
        momentum: of heavy ball, in [0, 1).
        rtol: relative tolerance of the integrator.

    Raises:
        ValueError: arguments outside these ranges, a theta0 off the minima, a step that becomes unstable on the way, or
            a path that the integrator cannot follow.

    Source: Li, Wang and Arora, arXiv:2110.06914; constants derived in `solvable.theory.noise.manifold_drift`.

    >>> path = limiting_flow(
    ...     lambda t: [[t[1], t[0]]], lambda t: [[[0, 1], [1, 0]]], lambda t: [t[0] * t[1] - 1], [2.0, 0.5], 1.0
    ... )
    >>> u, v = path.points[-1]
    >>> bool(np.isclose(u * u - v * v, 3.75 * np.exp(-1.0), rtol=1e-9)), bool(path.residual[-1] < 1e-10)
    (True, True)
    """
    theta, T = real_array("theta0", theta0, ndim=1), np.atleast_1d(real_array("T", T, ndim=(0, 1)))
    h, beta = nonnegative("step_size", step_size), momentum_below_one(momentum)
    if T.size == 0 or not (T[0] >= 0 and np.all(np.diff(T) > 0)):
        raise ValueError(f"T must be >= 0 and increase, got {T}")
    g, _ = output_derivatives(jacobian(theta), hessians(theta))
    b = batch(batch_size, g.shape[0])[0]
    off = _newton(g, residuals(theta))
    if not np.linalg.norm(off) <= _NEAR * (1.0 + np.linalg.norm(theta)):
        raise ValueError(f"theta0 must be a point of zero loss, but the nearest is {np.linalg.norm(off):.3g} away")
    kappa = 10.0 * float(np.sum(g * g)) / g.shape[0]

    def velocity(_: float, point: np.ndarray) -> np.ndarray:
        g, H = np.asarray(jacobian(point), dtype=np.float64), hessians(point)
        if h == 0.0:
            move = trace_drift(g, H, 1.0, 1.0)
        else:
            move = label_noise_drift(g, H, h, 1.0, batch_size, beta) * (b * (1.0 - beta) ** 2 / h**2)
        return move - kappa * _newton(g, residuals(point))

    tolerance = positive("rtol", rtol)
    atol = tolerance * float(np.max(np.abs(theta)))
    points = np.tile(theta, (T.size, 1))
    if kappa * T[-1] > 1e-30:  # in less time nothing moves, and LSODA hangs on an interval without length
        path = solve_ivp(velocity, (0.0, T[-1]), theta, method="LSODA", t_eval=T, rtol=tolerance, atol=atol)
        if not path.success:
            raise ValueError(f"T must be within reach of the integrator, which says: {path.message}")
        points = path.y.T
    size = np.array([np.sum(np.square(jacobian(point))) / g.shape[0] for point in points])
    return LimitingPath(T, points, size, np.array([np.max(np.abs(residuals(point))) for point in points]))


def _newton(g: np.ndarray, residuals: Any) -> np.ndarray:
    return np.linalg.lstsq(g, np.asarray(residuals, dtype=np.float64), rcond=None)[0]
