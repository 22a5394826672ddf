r"""Balancedness of ``f = u v`` under noise: laws in closed form.

On the minima ``u v = y`` the state is ``q = u^2 - v^2``, with the sharpness ``lambda = u^2 + v^2 = sqrt(q^2 + 4 y^2)``.
Along the curve ``grad q . P grad lambda = 4 q``, so that the drifts of `solvable.theory.noise.manifold_drift` and
`solvable.theory.noise.shapes` become, per step,

    label noise          d log q = -(h/(1-beta))^2 s^2 / (1 - h lambda / (2 (1+beta))),
    injected noise       d log q = -2 h s^2 / (1 - h lambda/2),
    normal noise         d log q = -(h^2 s^2 / lambda) / (1 - h lambda/2).

They integrate. ``G = lambda - 2|y| asinh(2|y|/|q|)`` has ``dG = lambda d log q``; so the first two conserve ``log q - h
G / (2 (1+beta)) + rate k``, and the third one ``G - (h/2) (q^2/2 + 4 y^2 log q) + rate k``. (The exact step under label
noise is ``q+ = q (1 - h^2 rho^2)`` with the noisy residual rho.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from ...common.checks import choice, nonnegative, positive, real, real_array
from .modes import momentum_below_one


def balance_under_noise(
    balance: Any, target: Any, step_size: Any, noise_std: Any, steps: Any, noise: str = "label", momentum: Any = 0.0
) -> np.ndarray:
    """``q = u^2 - v^2`` after some steps from a minimum of ``(u v - target)^2 / 2``, for small noise at a finite step.

    Args:
        balance: q at the start, nonzero.
        target: y, nonzero.
        step_size: h > 0, stable at the start: ``h lambda < 2 (1 + momentum)``.
        noise_std: s >= 0, of the label; of what is injected into each parameter; or of the gradient, along its span.
        steps: k >= 0, a number or an array.
        noise: ``"label"``, ``"injected"`` (and taken back at the next step) or ``"normal"``.
        momentum: of heavy ball, in [0, 1), for label noise only.

    Returns:
        of the shape of steps.

    Raises:
        ValueError: arguments outside these ranges.

    Source: derived in this module; for label noise the law is that of arXiv:2106.06530 on this model.

    >>> q = balance_under_noise(1.5, 1.0, 0.1, 0.02, [0, 1000])
    >>> np.round(np.log(q / 1.5), 6).tolist()  # by the leading law, -0.004
    [0.0, -0.004571]
    """
    q0, y, h = real("balance", balance), abs(real("target", target)), positive("step_size", step_size)
    s, k, beta = nonnegative("noise_std", noise_std), real_array("steps", steps), momentum_below_one(momentum)
    choice("noise", noise, ("label", "injected", "normal"))
    if q0 == 0 or y == 0:
        raise ValueError(f"balance and target must be nonzero, got {q0:g} and {y:g}")
    if not np.all(k >= 0):
        raise ValueError(f"steps must be >= 0, got {float(k.min()):g}")
    if beta > 0 and noise != "label":
        raise ValueError(f"momentum must be 0 for {noise} noise, got {beta:g}")
    curve, top, normal = h / (2.0 * (1.0 + beta)), float(np.hypot(q0, 2.0 * y)), noise == "normal"
    if not curve * top < 1:
        raise ValueError(f"step_size must be below 2 (1 + momentum)/lambda = {h / (curve * top):.6g}, got {h:g}")
    rate = {"label": (h * s / (1.0 - beta)) ** 2, "injected": 2.0 * h * s * s, "normal": (h * s) ** 2}[noise]

    def conserved(x: float) -> float:
        """The first two terms at ``log|q| = x``."""
        q = np.exp(x)
        size = np.hypot(q, 2.0 * y)
        G = size - 2.0 * y * (np.log(2.0 * y + size) - x)
        return float(G - curve * (q * q / 2.0 + 4.0 * y * y * x) if normal else x - curve * G)

    start = float(np.log(abs(q0)))
    slope = min((size if normal else 1.0) * (1.0 - curve * size) for size in (top, 2.0 * y))  # concave: least at an end
    found = [_descend(conserved, start, fall, slope) for fall in rate * k.ravel()]
    return np.sign(q0) * np.exp(np.reshape(found, k.shape))


def _descend(function: Any, start: float, fall: float, slope: float) -> float:
    """Where an increasing function of at least this slope is by `fall` less than at the start."""
    level, low = function(start) - fall, start - 1.1 * fall / slope - 1e-9
    return float(brentq(lambda x: function(x) - level, low, start + 1e-9, xtol=1e-15, rtol=1e-15))
