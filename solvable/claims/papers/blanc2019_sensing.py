r"""Blanc, Gupta, Valiant and Valiant (arXiv 1904.09080) on matrix sensing: what label noise selects.

The drift of label noise is that of ``(h s^2 / 4 b) (1/n) sum_i |grad f_i|^2`` along the minima (`blanc2019`). For
``f_i = <A_i, U U^T>`` the mean is ``4 <S, X>``, ``S = (1/n) sum A_i^2``; for ``<A_i, U V^T>`` it is ``tr U^T P U + tr
V^T R V`` with ``P, R = (1/n) sum A_i A_i^T, (1/n) sum A_i^T A_i``, at its least ``2 |P^(1/2) X R^(1/2)|_*``. So from any
start, small or not, SGD goes to the interpolant of least weighted trace or nuclear norm. On average over Gaussian
measurements the weights are multiples of the identity; in a finite sample they are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvable import GradientFlow, LabelNoiseSGD, MatrixSensing, claim, simulate
from solvable.theory import Minimum, label_noise_weights, least_nuclear_norm, least_trace

from ._problems import CONVERGES, reached_zero
from ._sensing import FITS, fitting, sensing_limit

APART = "both minima are certified and differ by 60 %, as does the limit of gradient flow"
SOON = "the minimum is reached within a million steps"
LIMIT = 10**6
STEP, FLOOR = 0.1, 0.01
"""Step times sharpness, and step times noise squared times sharpness."""


class Selection(NamedTuple):
    """What label noise selects, the same without weights, and the rate of the slowest approach per slow time."""

    chosen: Minimum
    plain: Minimum
    rate: float

    def distance(self, X: np.ndarray) -> float:
        """From the chosen matrix, in units of its norm."""
        return float(np.linalg.norm(X - self.chosen.point) / np.linalg.norm(self.chosen.point))


def semidefinite(A, y):
    """For ``X = U U^T``: near the end ``dU/dT = -2 (S - sum nu_i A_i) U``."""
    S = label_noise_weights(A)
    chosen = least_trace(A, y, weight=S)
    return Selection(chosen, least_trace(A, y), _slowest(2 * (S - np.tensordot(chosen.multiplier, A, 1)), chosen))


def bilinear(A, y):
    """For ``X = U V^T``: the same with half the Hessian of the Lagrangian in ``[U; V]``."""
    P, R = label_noise_weights(A, symmetric=False)
    chosen = least_nuclear_norm(A, y, P, R)
    N = np.tensordot(chosen.multiplier, A, 1)
    return Selection(chosen, least_nuclear_norm(A, y), _slowest(np.block([[P, -N], [-N.T, R]]) / 2, chosen))


def _slowest(matrix, minimum):
    """The least eigenvalue that is not zero on the factors of the minimum."""
    rank = np.linalg.matrix_rank(minimum.point, tol=1e-7 * np.linalg.norm(minimum.point, 2))
    values = np.linalg.eigvalsh(matrix)
    return float(values[rank]) if rank < values.size else np.inf


def measured(model, start, select):
    """(the minimum where gradient flow ends, method, steps, what is selected) or None, where the hypotheses fail."""
    run = sensing_limit(model, start)
    if not reached_zero(run):
        return None
    chosen = select(model.A, model.y)
    sharpness = np.linalg.eigvalsh(model.hessian(run.final))[-1]
    h = STEP / sharpness
    method = LabelNoiseSGD(h, np.sqrt(FLOOR / STEP * np.max(np.abs(model.y)) ** 0))
    return run, method, 12 / chosen.rate / (h * method.noise_std) ** 2, chosen
