r"""Arc-cosine functions without cancellation, and the kernels of a wide ReLU network of one input.

Let u and v be vectors at the angle theta and g standard normal in their plane. The numbers ``g.u`` and ``g.v`` differ
in sign with probability ``theta/pi``, and

    E[ (g.u)^2; they differ ] = |u|^2 (theta - sin theta cos theta) / pi,
    E[ -(g.u)(g.v); they differ ] = |u| |v| (sin theta - theta cos theta) / pi.

Both brackets are of third order, ``(2/3) theta^3`` and ``theta^3/3``, and are summed as series below 1. That both
numbers are positive means that ``g.u > 0`` and ``g.(-v)`` differ in sign: with ``phi = pi - theta``

    E[ relu(g.u) relu(g.v) ] = |u| |v| (sin phi - phi cos phi) / (2 pi),        P(both positive) = phi / (2 pi).

An input t of a network with biases is the vector ``(t, 1)``, and phi between s and t is ``atan2(|s - t|, -(1 + s t))``.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np

_TERMS = 13
# x - sin x = x^3 sum_k (-1)^k x^(2k) / (2k + 3)!, and sin x - x cos x = x^3 sum_k (-1)^k (2k + 2) x^(2k) / (2k + 3)!
_ANGLE = [(-1) ** k / factorial(2 * k + 3) for k in range(_TERMS)]
_SINE = [(-1) ** k * (2 * k + 2) / factorial(2 * k + 3) for k in range(_TERMS)]


def angle_excess(theta: Any) -> np.ndarray:
    """``theta - sin theta cos theta`` for theta in [0, pi], to a few units in the last place.

    >>> round(float(angle_excess(1e-5)) / 1e-15, 12)  # 2/3 - 2/15 theta^2
    0.666666666653
    """
    theta = np.asarray(theta, dtype=np.float64)
    x = 2.0 * np.minimum(theta, 1.0)
    series = 0.5 * x**3 * np.polynomial.polynomial.polyval(x * x, _ANGLE)
    return np.where(theta < 1.0, series, theta - np.sin(theta) * np.cos(theta))


def sine_excess(theta: Any) -> np.ndarray:
    """``sin theta - theta cos theta`` for theta in [0, pi], to a few units in the last place.

    >>> round(float(sine_excess(1e-5)) / 1e-15, 12)  # 1/3 - theta^2/30
    0.33333333333
    """
    theta = np.asarray(theta, dtype=np.float64)
    x = np.minimum(theta, 1.0)
    series = x**3 * np.polynomial.polynomial.polyval(x * x, _SINE)
    return np.where(theta < 1.0, series, np.sin(theta) - theta * np.cos(theta))


def opposite_angle(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """``pi - theta``, theta the angle between ``(s, 1)`` and ``(t, 1)``; elementwise."""
    return np.arctan2(np.abs(s - t), -(1.0 + s * t))


def feature_kernel(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """``E[relu(w s + b) relu(w t + b)]`` for standard normal w and b; elementwise.

    >>> round(float(feature_kernel(np.array(2.0), np.array(2.0))), 12)  # E[relu(w x + b)^2] = (1 + x^2)/2
    2.5
    """
    return np.hypot(1.0, s) * np.hypot(1.0, t) * sine_excess(opposite_angle(s, t)) / (2.0 * np.pi)


def tangent_kernel(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """``E[grad f(s) . grad f(t)]``, ``f = a relu(w t + b)``, for standard normal a, w and b; elementwise.

    The gradient in a contributes `feature_kernel`, those in w and b ``(1 + s t) P(both active)``.

    >>> round(float(tangent_kernel(np.array(2.0), np.array(2.0))), 12)
    5.0
    """
    return feature_kernel(s, t) + (1.0 + s * t) * opposite_angle(s, t) / (2.0 * np.pi)
