r"""How the l1 norm of the interpolant answers to its effective initialization.

Let beta minimize the hyperbolic entropy of scale a among all b with ``X b = y``: ``beta_j = 2 a_j sinh xi_j`` with ``xi
- xi_0`` in the row space of X. Change ``log a`` by ``delta``. With ``w = sqrt(beta^2 + 4 a^2)``, ``W = diag(w)``,

    d beta = beta * delta + W X^T d nu,    X d beta = 0    =>    d beta = (I - W X^T (X W X^T)^{-1} X) (beta * delta),

so that ``d|beta|_1 = <S, delta>`` with the sensitivity

    S_j = beta_j [ s - X^T (X W X^T)^{-1} X W s ]_j,        s = sign beta

(a pseudo-inverse if X has dependent rows).

A smaller scale (``delta < 0``) lowers the norm where ``S_j > 0``. As a rule S_j is positive off the support of the
least-l1 interpolant and negative on it: shrinking the scale of a large coordinate takes weight from it and gives it to
others. So which way the norm goes depends on where the shrinking happens.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import real_array


def l1_sensitivity(X: Any, beta: Any, a: Any) -> np.ndarray:
    """``S (d,)``: derivative of ``|beta|_1`` with respect to each ``log a_j``, at fixed data and shift.

    Args:
        X: design, shape ``(n, d)``, of any rank.
        beta: minimum of the hyperbolic entropy (`hypentropy_minimum`), shape ``(d,)``, no entry zero.
        a: its scale > 0, a number or shape ``(d,)``.

    Raises:
        ValueError: shapes that do not fit, ``a <= 0``, a zero in beta.

    Source: derived in this module.

    >>> np.round(l1_sensitivity([[1.0, 1.0]], [2.0, 2.0], 0.1), 12).tolist()  # the sum of the two is given
    [-0.0, -0.0]
    """
    X, beta, a = real_array("X", X, ndim=2), real_array("beta", beta, ndim=1), real_array("a", a, ndim=(0, 1))
    n, d = X.shape
    if beta.shape != (d,) or a.shape not in ((), (d,)):
        raise ValueError(f"beta and a must fit X of shape {X.shape}, got shapes {beta.shape} and {a.shape}")
    if not np.all(a > 0):
        raise ValueError(f"a must be > 0, got {float(a.min()):g}")
    if not np.all(beta != 0):
        raise ValueError("beta must have no zero: the norm has no derivative there")
    root = np.sqrt(np.hypot(beta, 2.0 * a))
    scaled, signs = X * root, root * np.sign(beta)
    _, sizes, rows = np.linalg.svd(scaled, full_matrices=False)
    rows = rows[sizes > sizes[0] * max(n, d) * np.finfo(float).eps]
    return np.asarray(beta / root * (signs - rows.T @ (rows @ signs)))
