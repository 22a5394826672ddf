r"""How random ReLU features cover the line: the weight of their knots, and the integrals that splines need of it.

A feature ``relu(w x + b)`` has its knot at ``t = -b/w``. If both orientations are equally likely, all that matters of
the law of (w, b) is the *weight* ``zeta(t) = E[w^2 | t] p(t)``, p the density of t; here ``zeta(-t) = zeta(t)``.

* Standard normal w and b: ``zeta = (2/pi) / (1 + t^2)^2``. With ``t = tan theta`` every integral below is one of
  products of two sines, so one of the two functions of `solvable.theory.relu.arc_cosine`.
* ``w = +-1``, b uniform on [-B, B]: ``zeta = 1/(2B)`` on [-B, B] and 0 outside; all integrals are polynomials.

The hat functions of a gap [l, r] are linear, ``h_0(l) = h_1(r) = 1`` and ``h_0(r) = h_1(l) = 0``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from .arc_cosine import angle_excess, feature_kernel, sine_excess

Triple = tuple[np.ndarray, np.ndarray, np.ndarray]


class Tail(NamedTuple):
    """``int_{s < t} zeta(s) g(s) ds`` for ``g = 1, t - s, (t - s)^2, -s, -s (t - s)``."""

    mass: np.ndarray
    lever: np.ndarray
    square: np.ndarray
    odd_mass: np.ndarray
    odd_lever: np.ndarray


class FeatureLaw(ABC):
    """A symmetric weight zeta of total mass 1; all methods are elementwise."""

    second_moment: float
    """``int t^2 zeta(t) dt``."""

    @abstractmethod
    def weight(self, t: np.ndarray) -> np.ndarray:
        """``zeta(t)``."""

    @abstractmethod
    def kernel(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        """``E[relu(w s + b) relu(w t + b)]``."""

    @abstractmethod
    def mass(self, left: np.ndarray, right: np.ndarray) -> Triple:
        """``int zeta h_0^2, int zeta h_0 h_1, int zeta h_1^2`` over the gap [left, right]."""

    @abstractmethod
    def deflection(self, left: np.ndarray, right: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``(u_0, u_1)(t)`` with ``u_k'' = zeta h_k`` on [left, right] and 0 at both ends."""

    @abstractmethod
    def tail(self, t: np.ndarray) -> Tail:
        """Integrals over the knots to the left of t; those to the right of t are ``tail(-t)``."""


class NormalFeatures(FeatureLaw):
    """Standard normal w and b."""

    second_moment = 1.0

    def weight(self, t: np.ndarray) -> np.ndarray:
        return 2.0 / np.pi / (1.0 + t * t) ** 2

    def kernel(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        return feature_kernel(s, t)

    def mass(self, left: np.ndarray, right: np.ndarray) -> Triple:
        gap = _gap(left, right)
        own, mixed = angle_excess(gap.angle), sine_excess(gap.angle)
        scale = np.pi * gap.sine**2
        a, b = 1.0 / np.hypot(1.0, left), 1.0 / np.hypot(1.0, right)
        return a * a * own / scale, a * b * mixed / scale, b * b * own / scale

    def deflection(self, left: np.ndarray, right: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gap, before, after = _gap(left, right), _gap(left, t), _gap(t, right)
        bend = sine_excess(gap.angle)
        scale = np.hypot(1.0, t) / (np.pi * gap.sine**2)
        zero = gap.sine * sine_excess(after.angle) - after.sine * bend
        one = gap.sine * sine_excess(before.angle) - before.sine * bend
        return zero * scale / np.hypot(1.0, left), one * scale / np.hypot(1.0, right)

    def tail(self, t: np.ndarray) -> Tail:
        angle, size = np.arctan2(1.0, -t) / np.pi, np.hypot(1.0, t)  # from the direction of t = -infinity
        own, lever = angle_excess(np.pi * angle) / np.pi, size * sine_excess(np.pi * angle) / np.pi
        return Tail(own, lever, size**2 * own, 1.0 / (np.pi * size**2), angle)


class UniformFeatures(FeatureLaw):
    """``w = +-1`` and b uniform on ``[-bias_range, bias_range]``."""

    def __init__(self, bias_range: float) -> None:
        self.bias_range = bias_range
        self.second_moment = bias_range**2 / 3.0

    def weight(self, t: np.ndarray) -> np.ndarray:
        return np.where(np.abs(t) <= self.bias_range, 0.5 / self.bias_range, 0.0)

    def kernel(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        return 0.5 * (self._one_sided(s, t) + self._one_sided(-s, -t))

    def _one_sided(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        """The kernel of w = 1: ``(s + b)(t + b)`` over the b from `low`, where the second one starts, to B."""
        low = np.maximum(-np.minimum(s, t), -self.bias_range)
        width = np.maximum(self.bias_range - low, 0.0)
        p, q = s + low, t + low
        return (p * q * width + (p + q) * width**2 / 2.0 + width**3 / 3.0) / (2.0 * self.bias_range)

    def mass(self, left: np.ndarray, right: np.ndarray) -> Triple:
        own = (right - left) / (6.0 * self.bias_range)
        return own, 0.5 * own, own

    def deflection(self, left: np.ndarray, right: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        width = right - left
        p, q = (right - t) / width, (t - left) / width
        scale = -p * q * width**2 / (12.0 * self.bias_range)
        return scale * (1.0 + p), scale * (1.0 + q)

    def tail(self, t: np.ndarray) -> Tail:
        B, inside = self.bias_range, np.clip(t + self.bias_range, 0.0, 2.0 * self.bias_range)
        beyond = np.maximum(t - B, 0.0)
        lever = inside * (inside / 2.0 + beyond)
        square = inside * (inside**2 / 3.0 + inside * beyond + beyond**2)
        odd_mass, odd_lever = inside * (B - inside / 2.0), inside**2 * (3.0 * B - inside) / 6.0
        return Tail(*(value / (2.0 * B) for value in (inside, lever, square, odd_mass, odd_lever)))


class _Gap(NamedTuple):
    angle: np.ndarray
    sine: np.ndarray


def _gap(left: np.ndarray, right: np.ndarray) -> _Gap:
    """``arctan right - arctan left`` and its sine, to rounding, also for close or far ends."""
    across, along = right - left, 1.0 + left * right
    return _Gap(np.arctan2(across, along), across / (np.hypot(1.0, left) * np.hypot(1.0, right)))
