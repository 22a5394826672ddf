r"""From saddle to saddle: gradient flow on a two-layer diagonal network of vanishing scale.

Train ``beta = u^2 - v^2`` from ``u = v = scale`` by ``theta' = -grad L``, ``L = 1/(2n) |X beta - y|^2``. With
``a = scale^2`` and ``g = X^T (X beta - y) / n``, ``beta = 2 a sinh(xi)`` and ``xi' = -4 g``. Measure time by

    tau = 4 t / log(1/a),        z = xi / log(1/a),        so that     dz/d tau = -g,      beta = 2 a sinh(z log(1/a)).

As ``a -> 0``, ``beta_j`` is exponentially small where ``|z_j| < 1`` and would be exponentially large beyond. So in the
limit ``|z_j| <= 1``; beta rests where it can while z moves, and whenever it must move it does so at once:

1. Where beta rests, ``z`` moves at the constant velocity ``-g``. It meets a wall when the first ``z_j`` with
   ``beta_j = 0`` reaches ``-sign(g_j)``. (Where ``beta_j != 0`` the velocity is zero and z waits at its wall.)
2. At a wall the coordinate may become nonzero with the sign of ``z_j``. On the fast time scale z does not move, and
   beta descends to the minimum of L over

       b_j = 0 where |z_j| < 1,        z_j b_j >= 0 where |z_j| = 1.

   Optimality there says ``-z_j g_j <= 0`` at the coordinates on a wall, with equality where ``beta_j != 0``: what is
   zero now leaves its wall inward, or stays. A coordinate that was nonzero may have become zero (*deactivation*).
   Several may meet their walls at the same moment (a tie); all of them are freed together.
3. The path ends when no zero coordinate has ``g_j != 0``: at a global minimum of L. If that is an interpolant, z is
   a dual certificate (``z = X^T nu``, ``|z| <= 1``, ``z_j = sign beta_j``), so that it has least l1 norm. If there is
   no interpolant, it is a least-squares solution.

Two minima of step 2 differ by ``c`` with ``X c = 0``, so ``z . c = 0``, and at finite scale their hyperbolic entropies
differ, to leading order, by ``sum |b| log|b|`` alone. Where a minimum is not unique (identical columns, say) the
limit is therefore the one of largest entropy: identical columns share equally.

**Averages.** Since the gradient is affine, ``z(tau) = -int_0^tau g = -tau g(B)`` with B the time average of beta. So
``-g_j(B) = z_j / tau``, and as long as every coordinate that was ever nonzero is still at its wall these are the
optimality conditions of the lasso with penalty ``|b|_1 / tau``: B is its solution until the first deactivation.
Beta itself is not: between jumps it is the least-squares solution on its signed support, without shrinkage.

At finite scale, ``|z - z_limit|`` is of order ``1 / log(1/a)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import real_array, regression
from ..convex.signed_squares import signed_least_squares
from .hypentropy import hypentropy_minimum

TIE = 1e-11  # distance to a wall that counts as contact
MOST = 100_000  # jumps; none of the instances in the tests needs 100


@dataclass(frozen=True, eq=False)
class SaddlePath:
    """The piecewise constant limit path and its piecewise linear dual.

    Attributes:
        times: jump times, shape ``(K,)``, increasing from 0, in the clock ``tau = 4 t / log(1/scale^2)``.
        points: ``points[k]`` is the place from ``times[k]`` to ``times[k+1]``, shape ``(K, d)``; ``points[0] = 0``.
        duals: z at the jump times, shape ``(K, d)``.
        first_deactivation: time at which a nonzero coordinate first returned to zero; infinite if none does.
        unique: False if at some jump the minimum was not unique and that of largest entropy was taken.
    """

    times: np.ndarray
    points: np.ndarray
    duals: np.ndarray = field(repr=False)
    first_deactivation: float = float("inf")
    unique: bool = True

    def __post_init__(self) -> None:
        for name in ("times", "points", "duals"):
            object.__setattr__(self, name, real_array(name, getattr(self, name)))

    def at(self, tau: Any) -> np.ndarray:
        """beta(tau), shape ``(d,)``, or ``(T, d)`` for times of shape ``(T,)``; after the jump at a jump time."""
        return self.points[self._interval(tau)[1]]

    def dual(self, tau: Any) -> np.ndarray:
        """z(tau), shape as for `at`; it stays where the path ends.

        >>> saddle_to_saddle([[1.0, 0.5]], [1.0]).dual(0.5).tolist()
        [0.5, 0.25]
        """
        tau, k = self._interval(tau)
        last = k == self.times.size - 1
        after = np.where(last, k, k + 1)
        width = np.where(last, 1.0, self.times[after] - self.times[k])
        part = ((tau - self.times[k]) / width)[..., None]
        return np.where(last[..., None], self.duals[k], self.duals[k] + part * (self.duals[after] - self.duals[k]))

    def average(self, tau: Any) -> np.ndarray:
        """Time average of beta over ``[0, tau]``, shape as for `at`; 0 at ``tau = 0``.

        Until `first_deactivation` it minimizes ``1/(2n) |X b - y|^2 + |b|_1 / tau``.

        >>> saddle_to_saddle([[1.0, 0.5]], [1.0]).average([1.0, 2.0]).tolist()
        [[0.0, 0.0], [0.5, 0.0]]
        """
        tau, k = self._interval(tau)
        whole = np.diff(self.times)[:, None] * self.points[:-1]
        passed = np.concatenate([np.zeros((1, self.points.shape[1])), np.cumsum(whole, axis=0)])
        integral = passed[k] + (tau - self.times[k])[..., None] * self.points[k]
        return integral / np.where(tau > 0, tau, 1.0)[..., None]

    def _interval(self, tau: Any) -> tuple[np.ndarray, np.ndarray]:
        times = real_array("tau", tau, ndim=(0, 1))
        if np.any(times < 0):
            raise ValueError(f"tau must be >= 0, got {float(times.min()):g}")
        return times, np.asarray(np.searchsorted(self.times, times, side="right") - 1)


@one_blas_thread()
def saddle_to_saddle(X: Any, y: Any) -> SaddlePath:
    """The limit of gradient flow on ``u^2 - v^2`` from ``u = v = scale -> 0``, exactly.

    Args:
        X: design, shape ``(n, d)``, of any rank and shape.
        y: targets, shape ``(n,)``; need not be in the range of X.

    Returns:
        `SaddlePath` in the clock ``tau = 4 t / log(1/scale^2)``, for the loss ``1/(2n) |X beta - y|^2``. It ends at a
        least-l1 interpolant, or at a least-squares solution if there is no interpolant.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, columns too dependent to be told apart.

    Source: Pesme and Flammarion, arXiv:2304.00488; Berthier, arXiv:2208.14673; averages arXiv:2509.18766.

    >>> path = saddle_to_saddle([[1.0, 0.0], [0.0, 0.5]], [1.0, 1.0])
    >>> path.times.tolist(), path.points.tolist()
    ([0.0, 2.0, 4.0], [[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    """
    X, y = regression(X, y)
    n, d = X.shape
    # Entries of order one, so that no product over- or underflows; times scale back below.
    size, unit = float(np.max(np.abs(X))) or 1.0, float(np.max(np.abs(y))) or 1.0
    design, right = X / size, y / unit
    z, beta, tau = np.zeros(d), np.zeros(d), 0.0
    _, _, pull = signed_least_squares(design, right, np.zeros(d), beta)
    times, points, duals, ended, unique = [tau], [beta], [z], float("inf"), True
    # A minimum that is not unique has a support with dependent columns: from it the next one cannot start.
    start = beta
    while len(times) <= MOST:
        waiting = (pull != 0) & (beta == 0)
        if not np.any(waiting):
            scale = size * unit
            return SaddlePath(np.array(times) / scale, np.array(points) * (unit / size), np.array(duals), ended / scale,
                              unique)  # fmt: skip
        velocity = pull / n
        wall = np.sign(velocity)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = float(np.min(np.where(waiting, (wall - z) / velocity, np.inf)))
        z = np.where(waiting, z + step * velocity, z)
        contact = waiting & (np.abs(z - wall) <= TIE)
        z = np.where(contact, wall, np.clip(z, -1.0, 1.0))
        z = np.where(np.abs(np.abs(z) - 1.0) <= TIE, np.sign(z), z)
        tau += step
        sign = np.where(np.abs(z) == 1.0, z, 0.0)
        start, r, pull = signed_least_squares(design, right, sign, start)
        new, alone = _of_largest_entropy(design, right - r, sign, pull, start)
        unique = unique and alone
        if np.any((beta != 0) & (new == 0)):
            ended = min(ended, tau)
        beta = new
        times.append(tau)
        points.append(beta)
        duals.append(z)
    raise ValueError(f"X and y must have a path of at most {MOST} jumps")


def _of_largest_entropy(
    X: np.ndarray, fit: np.ndarray, sign: np.ndarray, pull: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, bool]:
    """Among the minima with the same fit as b that of least ``sum |b| log|b|``, and whether b was the only one."""
    tight = np.flatnonzero((sign != 0) & (pull == 0))
    support = np.flatnonzero(b)
    if tight.size == support.size or np.linalg.matrix_rank(X[:, tight]) == tight.size:
        return b, True
    # z = sign on these columns is a dual certificate, so every minimum has least l1 norm among the interpolants of
    # the fit, and the small-scale limit of the hyperbolic entropy picks among them as the flow does.
    columns = X[:, tight] * sign[tight]
    shared = hypentropy_minimum(columns, fit, log_a=float(np.log(np.max(np.abs(b)))) - 100.0).point
    shared = np.where(shared > 1e-13 * np.max(shared), shared, 0.0)
    if np.array_equal(np.flatnonzero(shared), np.searchsorted(tight, support)):
        return b, True
    shared = shared + np.where(shared > 0, np.linalg.lstsq(columns * (shared > 0), fit - columns @ shared)[0], 0.0)
    out = np.zeros(b.size)
    out[tight] = sign[tight] * shared
    return out, False
