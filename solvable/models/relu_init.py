"""Random starts of two-layer ReLU networks of one variable."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..common.checks import choice, integer, positive, real_array

KINDS = ("he", "ntk", "general")


def deviations_of(kind: str, deviations: Any, width: int) -> tuple[float, float, float]:
    """Standard deviations of a, w and b."""
    choice("kind", kind, KINDS)
    if (deviations is None) == (kind == "general"):
        given = f"got {deviations!r} for kind {kind!r}"
        raise ValueError(f"deviations must be three numbers for kind 'general' and None for the others, {given}")
    if kind == "he":
        return math.sqrt(2.0 / width), 1.0, 1.0
    if kind == "ntk":
        return (width**-0.25,) * 3
    three = real_array("deviations", deviations, ndim=1)
    if three.shape != (3,) or not np.all(three >= 0) or not np.any(three):
        raise ValueError(f"deviations must be three numbers >= 0 (of a, w and b), not all 0, got {three.tolist()}")
    a, w, b = three.tolist()
    return a, w, b


def draw(model: Any, scale: Any, seed: Any, deviations: tuple[float, float, float], antisymmetric: bool) -> np.ndarray:
    """``theta (p,)`` with Gaussian a, w, b of these deviations times `scale`; twins at neurons 2k and 2k + 1."""
    m = model.width
    if antisymmetric and m % 2:
        raise ValueError(f"width must be even for antisymmetric twins, got {m}")
    rng = np.random.default_rng(integer("seed", seed, minimum=0))
    count = m // 2 if antisymmetric else m
    a, w, b = positive("scale", scale) * np.array(deviations)[:, None] * rng.standard_normal((3, count))
    if antisymmetric:
        a, w, b = np.repeat(a, 2), np.repeat(w, 2), np.repeat(b, 2)
        a[1::2] *= -1.0
    affine = {name: 0.0 for name in model.shapes() if name in ("c", "d")}
    theta: np.ndarray = model.pack(a=a, w=w, b=b, **affine)
    return theta
