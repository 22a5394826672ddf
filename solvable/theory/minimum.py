"""A minimum and the evidence that it is one.

For a convex problem, minimize ``F(b)`` subject to ``X b = y``, every multiplier ``nu`` gives a lower bound
``y . nu - F*(X^T nu)`` of the optimal value, where ``F*`` is the convex conjugate. If ``b`` is feasible, then

    F(b) - (y . nu - F*(X^T nu)) = sum_j [ F_j(b_j) + F_j*(z_j) - b_j z_j ],      z = X^T nu,

a sum of Fenchel-Young terms, each of which is >= 0 and zero exactly when ``z_j`` is a subgradient of ``F_j``
at ``b_j``. The sum on the right is the *duality gap*. It is evaluated term by term: subtracting the two sides
of the left, of size ``F(b)`` each, could not show a gap below ``1e-16 F(b)``, and could show a negative one.

A computed ``b`` is feasible only up to rounding. The gap therefore speaks of the problem whose right side is
``X b``, and the residual says how far that is from ``y``; the two numbers together are the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.piecewise_linear import PiecewiseLinear

# A certificate must be far below what any claim resolves and above what rounding leaves on 500 columns.
RESIDUAL_TOLERANCE = 1e-10
GAP_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
class Minimum:
    """A minimizer with its certificate.

    Attributes:
        point: the minimizer, shape ``(d,)``, or a matrix ``(d1, d2)`` (read-only); of a problem over functions, a
            `PiecewiseLinear`.
        objective: its objective; the function that returned it states the normalization.
        gap: duality gap, >= 0, in units of the objective.
        residual: largest constraint violation ``max |X b - y|`` divided by ``max |y|``; if ``y = 0``, by
            ``max |X| |b|`` (with a scale a, by ``max |X| sqrt(b^2 + 4 a^2)``); 0 without constraints.
        certified: True if residual <= 1e-10 and gap <= 1e-10 times the scale named by the function that made
            it.
        multiplier: the dual vector that proves the gap, shape ``(n,)`` (read-only).
        message: in words, what is certified and what is not; empty if there is nothing to add.

    >>> Minimum(np.array([1.0]), 1.0, 0.0, 0.0, True, np.array([1.0]))
    Minimum(d=1, objective=1, gap=0, residual=0, certified)
    """

    point: Any
    objective: float
    gap: float
    residual: float
    certified: bool
    multiplier: np.ndarray
    message: str = ""

    def __post_init__(self) -> None:
        names = ("multiplier",) if isinstance(self.point, PiecewiseLinear) else ("point", "multiplier")
        for name in names:
            value = np.array(getattr(self, name), dtype=np.float64)
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        state = "certified" if self.certified else "NOT CERTIFIED"
        text = f"Minimum({self._size()}, objective={self.objective:.6g}, gap={self.gap:.2g}, "
        text += f"residual={self.residual:.2g}, {state}"
        return f"{text}: {self.message})" if self.message else f"{text})"

    def _size(self) -> str:
        if isinstance(self.point, PiecewiseLinear):
            return f"{self.point.knots.size} knot{'' if self.point.knots.size == 1 else 's'}"
        return f"d={'x'.join(map(str, self.point.shape))}"

    def _repr_html_(self) -> str:
        point = self._size()
        if not isinstance(self.point, PiecewiseLinear):
            shape = " x ".join(map(str, self.point.shape))
            point = f"{shape} coordinates, {np.count_nonzero(self.point)} nonzero"
        rows = {
            "point": point,
            "objective": f"{self.objective:.10g}",
            "duality gap": f"{self.gap:.3g}",
            "residual": f"{self.residual:.3g}",
            "certified": "yes" if self.certified else "<b>no</b>",
        }
        if self.message:
            rows["note"] = self.message
        body = "".join(f"<tr><th align='left'>{name}</th><td>{value}</td></tr>" for name, value in rows.items())
        return f"<table>{body}</table>"


def relative_residual(X: np.ndarray, y: np.ndarray, point: np.ndarray, spread: np.ndarray | None = None) -> float:
    """``max |X b - y|`` relative to ``max |y|``; where y = 0 to ``max |X| spread``, by default ``|b|``."""
    miss = float(np.max(np.abs(X @ point - y)))
    size = float(np.max(np.abs(y))) or float(np.max(np.abs(X) @ (np.abs(point) if spread is None else spread)))
    return miss / size if size > 0 else miss


def is_certified(residual: float, gap: float, scale: float) -> bool:
    """The rule of `Minimum.certified`; False if any number is not finite."""
    return bool(residual <= RESIDUAL_TOLERANCE and gap <= GAP_TOLERANCE * scale)
