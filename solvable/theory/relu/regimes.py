r"""How far training moves the input weights of a wide two-layer ReLU network: linear, critical, condensed.

Let ``f = (1/alpha) sum_{k <= m} a_k relu(w_k . X)`` with ``a ~ N(0, beta_1^2)``, ``w ~ N(0, beta_2^2)`` (the bias is
part of w) and

    gamma = -lim log(beta_1 beta_2 / alpha) / log m,        gamma' = -lim log(beta_1 / beta_2) / log m.

In units of the start, ``a = beta_1 A``, ``w = beta_2 W``, with ``kappa = m^(-gamma)``, ``K = m^(-gamma')`` and e the
residuals,

    f = kappa sum A relu(W . X),      A' ~ -(kappa/K) e . relu(W . X),      W' ~ -(kappa K) A e . 1[W . X > 0] X,

so that only (gamma, gamma', m) matter. For data of order one, ``sup_t |w(t) - w(0)| / |w(0)| ~ m^S``:

* ``gamma <= 1``: the tangent kernel ``kappa^2 m (1/K + K)`` fits the data while W moves by ``m^(gamma - 1) K^2/(1 +
  K^2)``: ``S = gamma - 1 - 2 max(gamma', 0)``.
* ``gamma > 1``: A and W must grow until ``kappa m A W ~ 1``, and ``K A^2 - W^2/K`` is conserved. Both grow for ``1 -
  gamma <= gamma' <= gamma - 1``: ``S = (gamma - 1 - gamma')/2``. Below only W grows, ``S = gamma - 1``; above only A,
  ``W`` moves by ``K^2 A^2`` and ``S = 2 (gamma - 1 - gamma')``.

This takes f = 0 at the start (antisymmetric twins). Without it ``f ~ m^(1/2 - gamma)`` at the start: for ``gamma <
1/2`` this is what has to be unlearned, and ``S = -1/2 - 2 max(gamma', 0)``. For gamma > 1 it takes early alignment to
have attractors for both signs of a, between which the data can be fitted: neurons of a sign without attractor die,
and W has to grow further. Linear is S < 0: ``gamma < 1`` or ``gamma' > gamma - 1``; condensed is S > 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import flag, real_array

# Rounding of gamma and gamma' must not decide on which side of the critical line a point lies.
CRITICAL = 1e-12


def relative_change_exponent(gamma: Any, gamma_prime: Any, antisymmetric: Any = True) -> Any:
    """The exponent S of the relative change ``sup_t |w(t) - w(0)| / |w(0)| ~ m^S`` of the input weights.

    Args:
        gamma, gamma_prime: exponents of the scales of initialization, of shapes that broadcast together.
        antisymmetric: whether the output is 0 at the start.

    Raises:
        ValueError: arguments that are not finite or do not broadcast together.

    Source: Luo, Xu, Ma and Zhang, arXiv:2007.07497 (the phase diagram); the exponents are derived in this module.

    >>> relative_change_exponent([0.5, 1.0, 1.5, 1.5, 1.5], [0.0, 0.0, -1.0, 0.0, 1.0]).tolist()
    [-0.5, 0.0, 0.5, 0.25, -1.0]
    """
    g, p = real_array("gamma", gamma), real_array("gamma_prime", gamma_prime)
    try:
        g, p = np.broadcast_arrays(g, p)
    except ValueError:
        raise ValueError(f"gamma and gamma_prime must broadcast together, got {g.shape} and {p.shape}") from None
    excess = g - 1.0
    least = g if flag("antisymmetric", antisymmetric) else np.maximum(g, 0.5)
    lazy = least - 1.0 - 2.0 * np.maximum(p, 0.0)
    rich = np.where(p <= excess, 0.5 * (excess - np.maximum(p, -excess)), 2.0 * (excess - p))
    exponent = np.where(g <= 1.0, lazy, rich)
    return exponent[()]


def training_regime(gamma: Any, gamma_prime: Any) -> Any:
    """``"linear"``, ``"critical"`` or ``"condensed"``: whether input weights move relatively little or much.

    Args:
        gamma, gamma_prime: as of `relative_change_exponent`.

    Raises:
        ValueError: as of `relative_change_exponent`.

    Source: Luo, Xu, Ma and Zhang, arXiv:2007.07497 (theorem numbers unverified).

    >>> [str(training_regime(*point)) for point in ((0.5, 0.0), (1.0, 0.0), (1.5, 0.5), (1.5, 0.0))]
    ['linear', 'critical', 'critical', 'condensed']
    """
    exponent = relative_change_exponent(gamma, gamma_prime)
    names = np.array(["linear", "critical", "condensed"])
    return names[1 + np.sign(np.where(np.abs(exponent) <= CRITICAL, 0.0, exponent)).astype(int)]
