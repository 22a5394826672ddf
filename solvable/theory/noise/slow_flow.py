r"""Label noise on a two-layer diagonal network: a central path from hyperbolic entropy to weighted l1.

Fit ``y_i + noise_std xi_i`` with fresh noise at every step, by SGD of step h and batch size b. Near an interpolant,
``a = |u v|`` shrinks at the rate computed in `solvable.theory.diagonal.flow_gains.gain_label_noise`:

    log a_j(T) = log a_j(0) - 4 m_j T,        m_j = (1/n) sum_i x_ij^2,        T = h^2 noise_std^2 k / b,

while every step of ``xi = log|u/v|`` lies, up to third order, in the row space of X. So on the clock T beta follows,
with ``xi_0 = log|u(0)/v(0)|``,

    beta(T) = argmin over X b = y of the hyperbolic entropy of scale a(T) and shift xi_0.

This solves the slow flow ``dtheta/dT = -(1/4) P grad S`` on the manifold of interpolants, P the projection onto its
tangent space and ``S = (1/n) sum_i |grad f_i|^2 = 4 sum_j m_j (u_j^2 + v_j^2)``: indeed ``-(1/4) dS/du = -2 m u``, the
same for v, and the projection adds a vector ``(u, -v) X^T c``, which moves xi in the row space and leaves a alone.

**The limit.** At scale a(T) the entropy is ``4 T sum_j m_j |b_j| + O(1)``: the limit is the least m-weighted l1 norm,
and plain l1 only if all columns have the same length. Let ``X_j . nu = z_j`` be a certificate of that problem,
``z_j = m_j sign b_j`` on the support. Then ``xi_j ~ 4 T z_j``, and off the support
``|b_j| ~ a_j exp|xi_j| ~ exp(-4 T (m_j - |z_j|))``. If the support has fewer than rank X columns, certificates form a
family, and the dual picks the one whose largest ``|z_j| - m_j`` off the support is least: the slowest coordinate decays
as fast as it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import nonnegative, real_array, regression
from ..convex.basis_pursuit import ACTIVE, least_l1
from ..convex.handover import least_maximum
from ..diagonal.hypentropy import hypentropy_minimum
from ..minimum import Minimum


def slow_flow_diagonal(X: Any, y: Any, u0: Any, v0: Any, T: Any) -> Minimum:
    """Where label noise has taken a two-layer diagonal network by the slow time T.

    For ``beta = u v`` pass ``(u0 + v0)/2``, ``(u0 - v0)/2`` and ``T/4``: there every step is half of what it is here.

    Args:
        X: design, shape ``(n, d)``, of any rank.
        y: noiseless targets, shape ``(n,)``, in the range of X.
        u0, v0: initial factors of ``beta = u^2 - v^2``, numbers or shape ``(d,)``, nonzero.
        T: ``step_size^2 noise_std^2 steps / batch_size`` >= 0.

    Returns:
        `Minimum` as of `hypentropy_minimum` at scale ``|u0 v0| exp(-4 m T)`` and shift ``log|u0/v0|``,
        ``m_j = mean_i x_ij^2``. ``T = 0`` is the limit of gradient flow.

    Raises:
        ValueError: as for `hypentropy_minimum`; u0 or v0 with a zero; T < 0.

    Source: derived in this module; the slow flow is that of arXiv:2110.06914.

    >>> X, y = [[1.0, 2.0]], [2.0]
    >>> np.round(slow_flow_diagonal(X, y, 0.5, 0.5, 20.0).point, 6).tolist()
    [2.0, 0.0]
    >>> np.round(least_l1(X, y).point, 6).tolist()  # the long column is the more expensive one
    [0.0, 1.0]
    """
    X, y = regression(X, y)
    log_u, log_v = (_log_factor(name, value, X.shape[1]) for name, value in (("u0", u0), ("v0", v0)))
    decay = 4.0 * nonnegative("T", T) * np.mean(X * X, axis=0)
    return hypentropy_minimum(X, y, log_a=log_u + log_v - decay, xi0=log_u - log_v)


@dataclass(frozen=True, eq=False)
class LabelNoiseLimit:
    """The end of the central path, and how it is approached.

    Attributes:
        minimum: the interpolant of least weighted l1 norm.
        weights: ``m_j = mean_i x_ij^2``, shape ``(d,)``.
        certificate: ``z = X^T nu`` with ``z_j = m_j sign b_j`` on the support and the largest margin off it, ``(d,)``.
        margin: least ``m_j - |z_j|`` off the support; infinite if nothing is off it. Positive: the limit is unique if
            the columns of the support are independent.
        rate: ``4 margin``: off the support coordinates decay like ``exp(-rate T)`` or faster.
    """

    minimum: Minimum
    weights: np.ndarray
    certificate: np.ndarray
    margin: float

    @property
    def rate(self) -> float:
        return 4.0 * self.margin


@one_blas_thread()
def label_noise_limit(X: Any, y: Any) -> LabelNoiseLimit:
    """The limit of `slow_flow_diagonal` for ``T -> infinity``: least ``sum_j m_j |b_j|``, and its rate.

    Args:
        X: design, shape ``(n, d)``, no column zero.
        y: targets, shape ``(n,)``, in the range of X.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, a zero column, y outside the range of X, or a problem
            that could not be certified.

    Source: derived in this module; for +-1 designs, where the weights are equal, arXiv:2006.08680.

    >>> limit = label_noise_limit([[1.0, 2.0]], [2.0])
    >>> np.round(limit.minimum.point, 12).tolist(), round(limit.rate, 12)
    ([2.0, 0.0], 8.0)
    """
    X, y = regression(X, y)
    m = np.mean(X * X, axis=0)
    if not np.all(m > 0):
        raise ValueError(f"X must have no zero column, but column {int(np.argmin(m))} is zero")
    minimum = least_l1(X, y, m)
    if not minimum.certified:
        raise ValueError(f"X and y must have a least-l1 interpolant that can be certified, but {minimum.message}")
    support = np.abs(minimum.point) * m > ACTIVE * np.max(np.abs(minimum.point) * m, initial=0.0)
    nu = _widest(X, m, support, np.sign(minimum.point), minimum.multiplier)
    z = X.T @ nu
    off = m[~support] - np.abs(z[~support])
    return LabelNoiseLimit(minimum, m, z, float(np.min(off, initial=np.inf)))


def _widest(X: np.ndarray, m: np.ndarray, support: np.ndarray, sign: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """nu with ``X_S^T nu = m_S sign`` and the largest margin off the support."""
    inside, outside = X[:, support], X[:, ~support]
    if np.any(support):
        nu = nu + np.linalg.lstsq(inside.T, m[support] * sign[support] - inside.T @ nu, rcond=None)[0]
    left, sizes, _ = np.linalg.svd(inside, full_matrices=True)
    free = left[:, int(np.sum(sizes > 1e-12 * np.max(sizes, initial=0.0))) :]
    if free.shape[1] == 0 or outside.shape[1] == 0:
        return nu
    mu, _ = least_maximum(outside.T @ nu, -m[~support], free.T @ outside)
    return nu + free @ mu


def _log_factor(name: str, value: Any, d: int) -> np.ndarray:
    array = real_array(name, value, ndim=(0, 1))
    if array.shape not in ((), (d,)):
        raise ValueError(f"{name} must be a number or have shape ({d},), one entry per column of X, got {array.shape}")
    if not np.all(array != 0):
        raise ValueError(f"{name} must be nonzero: a factor of zero stays zero")
    return np.broadcast_to(np.log(np.abs(array)), (d,))
