"""The coordinates of a diagonal network of depth D >= 3, kept on slacks.

For ``beta = u^D - v^D`` with ``u = v = alpha`` at the start, flow gives ``u' = -D u^(D-1) g``, so ``u^(2-D)``
and ``v^(2-D)`` move linearly in ``int g``, in opposite directions:

    u = alpha (1 - z)^(-1/(D-2)),   v = alpha (1 + z)^(-1/(D-2)),   z = -alpha^(D-2) D (D-2) int g dt,   |z| <
    1, beta = alpha^D h(z),            h(z) = (1 - z)^(-p) - (1 + z)^(-p),                            p =
    D/(D-2).

z lies in the row space of X, and h is increasing, so that beta minimizes ``sum_j alpha^D q(b_j / alpha^D)``
with ``q' = h^-1``; the conjugate of q is ``H(z) = ((1-z)^(1-p) + (1+z)^(1-p)) / (p-1)``, up to its value at
0.

**Slacks.** A coordinate of size one has ``1 - z ~ alpha^(D-2)``: formed as a difference, this loses ``1e-16 /
alpha^(D-2)`` of its digits (at D = 6, alpha = 0.05 a residual of 2e-11 and no further). So both slacks ``1 -
z`` and ``1 +
z`` are state, moved by the *increments* of z, which the Newton step delivers to full relative accuracy.

The Fenchel-Young term is the Bregman divergence of H between z and the dual of the point, a sum over both
slacks: ``s_p^(1-p) [ ((1+e)^(1-p) - 1)/(p-1) + e ]`` with ``e = s/s_p - 1``, each term >= 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..convex.continuation import Coordinates
from ..convex.graded import EPSILON


def log_slacks(z: np.ndarray, below: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``log(1-z), log(1+z)``: from the slacks where they are small, from z where it is."""
    center = np.clip(z, -0.5, 0.5)
    near = np.abs(z) < 0.5
    return np.where(near, np.log1p(-center), np.log(below)), np.where(near, np.log1p(center), np.log(above))


def power_difference(low: np.ndarray, high: np.ndarray, p: float, log_scale: float) -> np.ndarray:
    """``exp(log_scale) (s^-p - t^-p)`` from ``low = log s``, ``high = log t``."""
    half = p * (high - low) / 2.0
    mean = log_scale - p * (high + low) / 2.0
    with np.errstate(over="ignore", under="ignore"):
        small = 2.0 * np.exp(mean) * np.sinh(np.clip(half, -1.0, 1.0))
        large = np.sign(half) * np.exp(mean + np.abs(half)) * -np.expm1(-2.0 * np.abs(half))
    return np.where(np.abs(half) < 1.0, small, large)


def slack_of(log_size: np.ndarray, p: float) -> np.ndarray:
    """theta >= 0 with ``h(tanh theta) = exp(log_size)``.

    ``log h(tanh theta)`` is concave in theta, and ``asinh(h/2)/(2p)`` lies below the root: Newton is
    monotone.
    """
    big = np.minimum(log_size, 600.0)
    with np.errstate(under="ignore"):
        theta = np.where(log_size < 600.0, np.arcsinh(np.exp(big) / 2.0), log_size) / (2.0 * p)
    solving = np.isfinite(log_size) & (theta > 0)
    t = np.where(solving, theta, 1.0)
    for _ in range(60):
        # tanh theta = z: 1 - z = 2/(1 + e^(2 theta)), 1 + z = 2/(1 + e^(-2 theta)).
        low, high = np.log(2.0) - np.logaddexp(0.0, 2.0 * t), np.log(2.0) - np.logaddexp(0.0, -2.0 * t)
        with np.errstate(divide="ignore"):
            value = -p * (low + high) / 2.0 + _log_sinh(p * t)
        # d/dtheta of log h: p (z + coth(p theta)), because (high - low)/2 = theta and d(low + high) = -2 z.
        slope = p * (np.tanh(t) + 1.0 / np.tanh(p * t))
        step = np.where(solving, (log_size - value) / slope, 0.0)
        t = np.maximum(t + step, 0.1 * t)
        if np.max(np.abs(step) / t, initial=0.0) < 1e-15:
            break
    return np.where(solving, t, 0.0)


def _log_sinh(x: np.ndarray) -> np.ndarray:
    """``log(2 sinh x)``, x > 0."""
    return x + np.log(-np.expm1(-2.0 * x))


def excess(e: np.ndarray, p: float) -> np.ndarray:
    """``((1+e)^(1-p) - 1)/(p-1) + e >= 0`` for e > -1."""
    near = np.clip(e, -1e-3, 1e-3)
    series = p * near**2 * (0.5 - (p + 1) * near * (1 / 6 - (p + 2) * near * (1 / 24 - (p + 3) * near / 120)))
    with np.errstate(over="ignore"):
        direct = np.expm1((1.0 - p) * np.log1p(e)) / (p - 1.0) + e
    return np.where(np.abs(e) < 1e-3, series, direct)


@dataclass(frozen=True)
class DepthCoordinates(Coordinates):
    """z and both slacks, at ``log alpha(s) = origin + s (goal - origin)``."""

    depth: int
    goal: float
    origin: float
    stage: float
    z: np.ndarray
    below: np.ndarray
    above: np.ndarray
    unit: bool = False

    vectors = "z", "below", "above"

    @property
    def p(self) -> float:
        return self.depth / (self.depth - 2)

    @property
    def log_scale(self) -> float:
        return 0.0 if self.unit else self.depth * (self.origin + self.stage * (self.goal - self.origin))

    @property
    def nats(self) -> float:
        return self.depth * abs(self.goal - self.origin)

    def primal(self) -> np.ndarray:
        low, high = log_slacks(self.z, self.below, self.above)
        return power_difference(low, high, self.p, self.log_scale)

    def weight(self) -> np.ndarray:
        low, high = log_slacks(self.z, self.below, self.above)
        with np.errstate(over="ignore", under="ignore"):
            # p alpha^D (s^(-p-1) + t^(-p-1)), formed in logarithms: alpha^D alone may underflow.
            return np.exp(self.log_scale + np.log(self.p) + np.logaddexp(-(self.p + 1) * low, -(self.p + 1) * high))

    def distance(self, dz: np.ndarray) -> float:
        # log w changes by (p + 1) per unit of relative slack, hence the unit.
        return float((self.p + 1.0) * np.max(np.abs(dz) / np.minimum(self.below, self.above)))

    def wall(self, dz: np.ndarray) -> float:
        return min(1.0, 0.9 / max(float(np.max(np.maximum(dz / self.below, -dz / self.above))), 1e-300))

    def moved(self, dz: np.ndarray) -> DepthCoordinates:
        return replace(self, z=self.z + dz, below=self.below - dz, above=self.above + dz)

    def at(self, stage: float) -> tuple[DepthCoordinates, np.ndarray]:
        there = replace(self, stage=stage)
        low, high = log_slacks(self.z, self.below, self.above)
        size = np.abs(high - low) * self.p / 2.0
        with np.errstate(divide="ignore"):
            log_b = self.log_scale - self.p * (low + high) / 2.0 + np.where(size > 0, _log_sinh(size), -np.inf)
        there = there.dual_at(np.sign(self.z), log_b)
        near = np.where(self.z > 0, self.below - there.below, there.above - self.above)
        return there, np.where(np.abs(self.z) < 0.25, there.z - self.z, near)

    def dual_at(self, sign: np.ndarray, log_b: np.ndarray) -> DepthCoordinates:
        """The dual of the point ``sign exp(log_b)`` at this stage."""
        theta = slack_of(log_b - self.log_scale, self.p)
        small, large = 2.0 / (1.0 + np.exp(2.0 * theta)), 2.0 / (1.0 + np.exp(-2.0 * theta))
        below, above = np.where(sign > 0, small, large), np.where(sign > 0, large, small)
        return replace(self, z=sign * np.tanh(theta), below=below, above=above)

    def final(self, range_part: np.ndarray) -> DepthCoordinates:
        if np.any(np.abs(range_part) >= 1.0):
            raise ValueError("the dual left the open interval (-1, 1)")
        return replace(self, stage=1.0, z=range_part, below=1.0 - range_part, above=1.0 + range_part)

    def mismatch(self, range_part: np.ndarray) -> np.ndarray:
        return np.abs(self.z - range_part)

    def synchronized(self, range_part: np.ndarray) -> DepthCoordinates:
        near = (np.abs(self.z) < 0.5) & (np.abs(range_part) < 0.5)
        z = np.where(near, range_part, self.z)
        below, above = np.where(near, 1.0 - z, self.below), np.where(near, 1.0 + z, self.above)
        return replace(self, z=z, below=below, above=above)

    def grain(self, size: np.ndarray) -> np.ndarray:
        # The slacks are state: they round relative to themselves.
        return EPSILON * np.minimum(size, np.minimum(self.below, self.above))

    def heights(self) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(self.z.size), np.zeros(self.z.size)

    def magnified(self, height: float) -> DepthCoordinates:
        return replace(self, unit=True)

    def divergence(self, point: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            dual = self.dual_at(np.sign(point), np.log(np.abs(point)))
        p, total = self.p, np.zeros(point.size)
        near = (np.abs(self.z) < 0.5) & (np.abs(dual.z) < 0.5)
        for sign, mine, theirs in ((-1.0, self.below, dual.below), (1.0, self.above, dual.above)):
            e = np.where(near, sign * (self.z - dual.z), mine - theirs) / theirs
            with np.errstate(under="ignore", over="ignore"):
                total += np.exp(self.log_scale + (1.0 - p) * np.log(theirs)) * excess(e, p)
        return total

    def potential(self, point: np.ndarray) -> np.ndarray:
        """``alpha^D q(b / alpha^D)`` with ``q(0) = 0``: ``b z - alpha^D (H(z) - H(0))``."""
        with np.errstate(divide="ignore"):
            dual = self.dual_at(np.sign(point), np.log(np.abs(point)))
        low, high = log_slacks(dual.z, dual.below, dual.above)
        p = self.p
        with np.errstate(under="ignore", over="ignore"):
            conjugate = (np.expm1((1.0 - p) * low) + np.expm1((1.0 - p) * high)) / (p - 1.0)
            return point * dual.z - np.exp(self.log_scale) * conjugate
