"""Least l2 interpolation: where linear regression ends, and diagonal networks of large scale.

Gradient flow of linear regression from 0 stays in the row space of X, so an interpolant that it reaches is
``b = X^T nu``: the minimizer of ``1/2 |b|^2`` subject to ``X b = y``. The dual value of nu is
``y . nu - 1/2 |X^T nu|^2``; for feasible b the gap is ``1/2 |b - X^T nu|^2``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import interpolable, regression
from ..minimum import Minimum, is_certified, relative_residual


def least_l2(X: Any, y: Any) -> Minimum:
    """The interpolant of least l2 norm, ``X^+ y``.

    Args:
        X: design, shape ``(n, d)``, of any rank.
        y: targets, shape ``(n,)``, in the range of X.

    Returns:
        `Minimum`, ``objective = 1/2 |b|^2``, ``b = X^T multiplier``. Certified: residual <= 1e-10 and gap <=
        1e-10 times the objective.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, or y outside the range of X.

    Source: classical; in this role Gunasekar et al., arXiv:1802.08246.

    >>> import numpy as np
    >>> np.round(least_l2([[1.0, 2.0]], [5.0]).point, 12).tolist()
    [1.0, 2.0]
    """
    X, y = regression(X, y)
    interpolable(X, y)
    point = np.linalg.lstsq(X, y, rcond=None)[0]
    point = point + np.linalg.lstsq(X, y - X @ point, rcond=None)[0]
    nu = np.linalg.lstsq(X.T, point, rcond=None)[0]
    gap = 0.5 * float(np.sum((point - X.T @ nu) ** 2))
    objective = 0.5 * float(point @ point)
    residual = relative_residual(X, y, point)
    certified = is_certified(residual, gap, objective)
    message = "" if certified else "residual or duality gap above the tolerance"
    return Minimum(point, objective, gap, residual, certified, nu, message)
