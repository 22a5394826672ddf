r"""The central flow (Cohen et al., arXiv:2410.24206) where it can be solved: one sharp direction over a quadratic
valley.

    L(x, w) = S(w) x^2/2 + sum_i k_i (w_i - m_i)^2 / 2,        S(w) = s + a . w.

Gradient descent of step h multiplies x by ``1 - h S``, and w feels ``a x^2/2``. Averaged over its oscillation, x^2 acts
as a variance sigma^2 that keeps ``S <= 2/h``: where ``S = 2/h`` and the valley pushes upward,

    w' = -K (w - m) - (sigma^2/2) a,        sigma^2 = -2 a . K (w - m) / |a|^2,

which is the gradient flow of the valley projected onto the surface ``S = 2/h``. With ``P = I - a a^T/|a|^2`` the
solution is ``w* + exp(-t P K P) (w_0 - w*)``. It ends at the constrained minimum ``w* = m - (sigma*^2/2) K^(-1) a``,
``sigma*^2 = 2 (S(m) - 2/h) / (a . K^(-1) a)``.

Two statements about gradient descent itself are exact.

- ``(x, w) = (+-sigma*, w*)`` is an orbit of period two of gradient descent: there ``S = 2/h`` and w stays. It attracts
  if the step in ``(log|x|, w)``, of derivative ``[[1, h a^T], [-h sigma*^2 a, 1 - h K]]``, contracts.
- Before x has grown, ``w_k = m + (1 - h K)^k (w_0 - m)`` and ``|x_k| = |x_0| prod |1 - h S(w_j)|``, to order x^2. While
  ``S < 2/h`` this product falls, and after S has crossed ``2/h`` it takes long to come back. Until then nothing holds S
  down: it overshoots ``2/h``, however small x_0 is. The central flow has no such delay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from ...common.checks import positive, real_array


@final
@dataclass(frozen=True, eq=False)
class SharpValley:
    """The loss of the module text with a step size.

    Args:
        stiffness: k ``(d,)``, > 0.
        minimum: m ``(d,)``.
        slope: a ``(d,)``.
        offset: s.
        step_size: h.

    Source: the flow is that of arXiv:2410.24206; the closed forms are derived in this module.

    >>> valley = SharpValley([0.05, 0.02], [1.0, 0.8], [1.0, 0.5], 4.0, 0.4)
    >>> point, variance = valley.equilibrium()
    >>> point.round(6).tolist(), round(variance, 7), round(float(valley.sharpness(point)), 12)
    ([0.753846, 0.492308], 0.0246154, 5.0)
    """

    stiffness: Any
    minimum: Any
    slope: Any
    offset: float
    step_size: float

    def __post_init__(self) -> None:
        for name in ("stiffness", "minimum", "slope"):
            object.__setattr__(self, name, real_array(name, getattr(self, name), ndim=1))
        if not self.stiffness.shape == self.minimum.shape == self.slope.shape:
            raise ValueError("stiffness, minimum and slope must have one entry for each variable of the valley")
        if not np.all(self.stiffness > 0):
            raise ValueError(f"stiffness must be > 0, got {float(np.min(self.stiffness)):g}")
        object.__setattr__(self, "step_size", positive("step_size", self.step_size))

    def sharpness(self, w: Any) -> np.ndarray:
        """``S(w)``, ``(..., d) -> (...)``."""
        return self.offset + np.asarray(w, dtype=np.float64) @ self.slope

    def variance(self, w: Any) -> np.ndarray:
        """``sigma^2`` at points of the surface ``S = 2/h``; positive where the valley pushes the sharpness up."""
        push = (np.asarray(w, dtype=np.float64) - self.minimum) * self.stiffness
        return -2 * push @ self.slope / (self.slope @ self.slope)

    def equilibrium(self) -> tuple[np.ndarray, float]:
        """``(w*, sigma*^2)``: the valley's minimum on ``S <= 2/h``, and the variance that holds it there."""
        excess = float(self.sharpness(self.minimum)) - 2 / self.step_size
        if excess <= 0:
            return self.minimum.copy(), 0.0
        soft = self.slope / self.stiffness
        variance = 2 * excess / float(self.slope @ soft)
        return self.minimum - variance / 2 * soft, variance

    def contraction(self) -> float:
        """The factor by which a step brings ``(log|x|, w)`` nearer to the equilibrium; stable below 1."""
        h, d, (_, variance) = self.step_size, self.slope.size, self.equilibrium()
        derivative = np.eye(d + 1)
        derivative[0, 1:] = h * self.slope
        derivative[1:, 0] = -h * variance * self.slope
        derivative[1:, 1:] -= h * np.diag(self.stiffness)
        return float(np.max(np.abs(np.linalg.eigvals(derivative))))

    def central_flow(self, start: Any, t: Any) -> np.ndarray:
        """The central flow on the surface ``S = 2/h`` from a point of it: ``(T, d)``, while ``sigma^2 >= 0``."""
        end, _ = self.equilibrium()
        unit = self.slope / np.linalg.norm(self.slope)
        project = np.eye(unit.size) - np.outer(unit, unit)
        rates, modes = np.linalg.eigh(project @ np.diag(self.stiffness) @ project)
        gone = np.exp(-np.multiply.outer(np.asarray(t, dtype=np.float64), rates))
        return end + gone * (modes.T @ (np.asarray(start) - end)) @ modes.T

    def free_descent(self, start: Any, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """``(w_k (steps + 1, d), log|x_k / x_0| (steps + 1,))`` of gradient descent in the limit of small x."""
        k = np.arange(steps + 1)
        left = np.power.outer(1 - self.step_size * self.stiffness, k).T
        w = self.minimum + left * (np.asarray(start) - self.minimum)
        gains = np.log(np.abs(1 - self.step_size * self.sharpness(w[:-1])))
        return w, np.concatenate([[0.0], np.cumsum(gains)])
