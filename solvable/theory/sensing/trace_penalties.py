r"""What label noise asks of a matrix factorization, exactly and with its penalty.

SGD with step h and batch b on ``f_i = <A_i, X>`` with labels ``y_i + noise_std xi``, fresh at every step, drifts
along the interpolants down ``(h noise_std^2 / 4b) (1/n) sum_i |grad f_i|^2``. The mean square is exact in a finite
sample:

    X = U U^T, A_i symmetric:  grad f_i = 2 A_i U,         4 <S, X>,                  S = (1/n) sum A_i^2,
    X = U V^T:  grad f_i = (A_i V, A_i^T U),               tr U^T P U + tr V^T R V,   P = (1/n) sum A_i A_i^T,
                                                                                      R = (1/n) sum A_i^T A_i.

The least value of the last over all factorizations of X is ``2 |P^(1/2) X R^(1/2)|_*``. So at full width label noise
selects the interpolant of least ``<S, X>`` (`least_trace`) or of least ``|P^(1/2) X R^(1/2)|_*``
(`least_nuclear_norm`), not the one of least trace or nuclear norm, unless the weights are multiples of the identity,
as on average over Gaussian measurements.

At a finite step the drift is a penalty, and the point at which it balances the loss is, to first order in h,

    argmin  1/(2n) sum_i (<A_i, X> - y_i)^2 + (h noise_std^2 / b) <S, X>       over X >= 0,
    argmin  1/(2n) sum_i (<A_i, X> - y_i)^2 + (h noise_std^2 / 2b) |P^(1/2) X R^(1/2)|_*.

With ``nu = (y - <A, X>) / n`` the dual is to maximize ``y . nu - (n/2) |nu|^2`` subject to ``sum nu_i A_i <= strength
S``; the method is that of `solvable.theory.sensing.trace_norm`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import flag, positive
from ..convex.graded import power_of_two
from ..minimum import Minimum, is_certified
from .faces import polished
from .interior import interior_point
from .measurements import inverse_root, measuring_matrices, sensing
from .trace_programs import NuclearProgram, SemidefiniteProgram, TraceProgram


def label_noise_weights(A: Any, symmetric: Any = True) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """The weights whose trace or nuclear norm label noise minimizes.

    Args:
        A: measurements, shape ``(n, d, d)``, of which the symmetric parts count, or ``(n, d1, d2)``.
        symmetric: True for ``X = U U^T``, False for ``X = U V^T``.

    Returns:
        ``S = (1/n) sum A_i^2`` of shape ``(d, d)``, the weight of `least_trace`; or ``(P, R)`` of shapes ``(d1, d1)``
        and ``(d2, d2)``, ``left`` and ``right`` of `least_nuclear_norm`.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, squares that overflow.

    Source: arXiv:1904.09080 (matrix sensing) and arXiv:2203.03756; exact in a finite sample, derived in this module.

    >>> label_noise_weights([[[1.0, 0.0], [0.0, 2.0]]]).tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """
    A = measuring_matrices(A, flag("symmetric", symmetric))
    with np.errstate(over="ignore", invalid="ignore"):
        left, right = np.mean(A @ A.transpose(0, 2, 1), axis=0), np.mean(A.transpose(0, 2, 1) @ A, axis=0)
    if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
        raise ValueError(f"A must have squares within the range of floats, got entries up to {np.max(np.abs(A)):g}")
    return left if symmetric else (left, right)


@one_blas_thread()
def penalized_trace(A: Any, y: Any, weight: Any, strength: Any) -> Minimum:
    """The minimizer over ``X >= 0`` of ``1/(2n) sum_i (<A_i, X> - y_i)^2 + strength <weight, X>``.

    Args:
        A: measurements, shape ``(n, d, d)``; only their symmetric parts matter.
        y: targets, shape ``(n,)``, not necessarily attained by any X.
        weight: as in `least_trace`; None for the identity.
        strength: > 0; ``step_size noise_std^2 / batch_size`` for label noise with ``weight = label_noise_weights(A)``.

    Returns:
        `Minimum`: point ``(d, d)``, the objective above, multiplier ``(y - <A, X>) / n`` scaled to be dual feasible.
        There is no constraint, so ``residual`` is 0. Certified: gap <= 1e-10 times the objective. Exactly 0 where
        ``strength weight >= (1/n) sum y_i A_i``.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, strength <= 0, or a weight that `least_trace` refuses.

    Source: derived in `solvable.theory.sensing.trace_penalties`; the drift is that of arXiv:1904.09080.

    >>> (np.round(penalized_trace([[[1.0, 0.0], [0.0, 2.0]]], [2.0], None, 0.4).point, 12) + 0.0).tolist()
    [[0.0, 0.0], [0.0, 0.9]]
    """
    A, y = sensing(A, y, symmetric=True)
    root = inverse_root("weight", weight, A.reshape(-1, A.shape[2]))
    return _penalized(A, y, root, root, positive("strength", strength), SemidefiniteProgram)


@one_blas_thread()
def penalized_nuclear_norm(A: Any, y: Any, left: Any, right: Any, strength: Any) -> Minimum:
    """The minimizer of ``1/(2n) sum_i (<A_i, X> - y_i)^2 + strength |left^(1/2) X right^(1/2)|_*``.

    Args:
        A: measurements, shape ``(n, d1, d2)``.
        y: targets, shape ``(n,)``, not necessarily attained by any X.
        left, right: as in `least_nuclear_norm`; None for the identity.
        strength: > 0; ``step_size noise_std^2 / (2 batch_size)`` for label noise with
            ``left, right = label_noise_weights(A, symmetric=False)``.

    Returns:
        `Minimum`: point ``(d1, d2)``, otherwise as in `penalized_trace`.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, strength <= 0, or weights that `least_nuclear_norm`
            refuses.

    Source: derived in `solvable.theory.sensing.trace_penalties`; the weights are those of arXiv:2203.03756.

    >>> (np.round(penalized_nuclear_norm([[[0.0, 1.0], [0.0, 0.0]]], [-3.0], None, None, 1.0).point, 12) + 0.0).tolist()
    [[0.0, -2.0], [0.0, 0.0]]
    """
    A, y = sensing(A, y, symmetric=False)
    first = inverse_root("left", left, A.transpose(0, 2, 1).reshape(-1, A.shape[1]))
    second = inverse_root("right", right, A.reshape(-1, A.shape[2]))
    return _penalized(A, y, first, second, positive("strength", strength), NuclearProgram)


def _penalized(
    A: np.ndarray, y: np.ndarray, first: np.ndarray, second: np.ndarray, strength: float, kind: type[TraceProgram]
) -> Minimum:
    operator = first.T @ A @ second
    # Operator and level of size one: the program divided by the strength, in units of `unit`.
    steepness = float(power_of_two(float(np.linalg.norm(operator.reshape(y.size, -1), 2))))
    unit = float(power_of_two(float(np.max(np.abs(y))) / steepness))
    damping = y.size * strength / steepness / steepness / unit
    program = kind(operator / steepness, y / steepness / unit, damping)
    if not np.any(y):
        return Minimum(np.zeros(A.shape[1:]), 0.0, 0.0, 0.0, True, np.zeros(y.size))
    found = polished(program, interior_point(program))
    point = first @ program.matrix(found.F) @ second.T * unit
    value, gap = found.value * unit * strength, found.gap * unit * strength
    certified = is_certified(0.0, gap, value)
    message = "" if certified else "duality gap above the tolerance"
    return Minimum(point, value, gap, 0.0, certified, found.mu * strength / steepness, message)
