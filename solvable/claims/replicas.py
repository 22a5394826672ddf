r"""Independent replicas of an observable, and control variates whose mean is known exactly.

Let :math:`Y` be the observable and :math:`X \in R^q` controls from the same replica with known mean :math:`\mu`.
For every constant :math:`b`, the adjusted value :math:`Y - b \cdot (X - \mu)` has the mean of :math:`Y`; its variance
is least, :math:`(1 - R^2)` Var :math:`Y`, at :math:`b = Cov(X)^{-1} Cov(X, Y)`. Estimated from the sample that is
averaged, :math:`\hat b` is correlated with :math:`\bar X` and shifts the mean by :math:`O(1/M)`. Here it comes by
least squares from a *pilot*: replicas drawn first and never used again. Given the pilot, :math:`\hat b` is a
constant, the adjusted values are independent and equally distributed with exactly the mean of :math:`Y`, and
Student's interval with all :math:`M - 1` degrees of freedom holds its level just as it does without controls. A
poor pilot makes the interval wide, never wrong. The price is the pilot itself and, of Gaussian data, a variance
larger than the least one by the factor :math:`1 + q / (P - q - 2)` at a pilot of :math:`P`.

A wrong :math:`\mu` shifts everything by :math:`b` times its error. The sample means of the controls are compared with
it, but that finds gross mistakes only, of several standard errors of :math:`\bar X`: the mean has to be known, not
guessed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .comparison import numeric
from .errors import ClaimError
from .sequential import draw, student_interval
from .verdicts import Agreement


@dataclass(frozen=True)
class Pilot:
    """What the pilot has fixed: the coefficient b ``(q,)``, and the standard deviation of the adjusted values."""

    coefficient: np.ndarray
    spread: float


class Replicas:
    """The replicas of one sampler so far, adjusted by its controls.

    ``sampler(first_replica, count)`` returns ``(count,)`` values or, with a `control_mean` (a number, or ``(q,)``),
    rows ``(count, 1 + q)``: the value, then the controls. The first `pilot` replicas are the pilot's.
    `where` is for messages.

    >>> replicas = Replicas(lambda first, count: np.arange(first, first + count), pilot=2)
    >>> replicas.values(3)
    array([2., 3., 4.])
    """

    def __init__(
        self,
        sampler: Callable[[int, int], Any],
        control_mean: Any = None,
        pilot: int = 0,
        where: str = "",
    ) -> None:
        given = np.empty(0) if control_mean is None else numeric("control_mean", control_mean, finite=True)
        self._mean = np.atleast_1d(given)
        if self._mean.ndim > 1:
            raise ClaimError(f"control_mean must be a number or have shape (q,), got shape {self._mean.shape}")
        if pilot and pilot < self._mean.size + 2:
            raise ClaimError(f"first must be >= {self._mean.size + 2} for a pilot with these controls, got {pilot}")
        self._sampler, self._size, self._where = sampler, pilot, where
        self._rows = np.empty((0, 1 + self._mean.size))

    @functools.cached_property
    def pilot(self) -> Pilot:
        """The pilot, drawn when it is first asked for."""
        if not self._size:
            return Pilot(np.zeros(self._mean.size), math.nan)
        rows = self._draw(0, self._size)
        centered = rows - rows.mean(axis=0)
        coefficient = np.linalg.lstsq(centered[:, 1:], centered[:, 0], rcond=None)[0]
        residual = centered[:, 0] - centered[:, 1:] @ coefficient
        # The pilot's own regression has taken a degree of freedom for each control.
        freedom = self._size - 1 - self._mean.size
        return Pilot(coefficient, math.sqrt(float(residual @ residual) / freedom))

    def values(self, size: int) -> np.ndarray:
        """The first `size` replicas after the pilot, adjusted; new ones are drawn as needed."""
        coefficient, held = self.pilot.coefficient, len(self._rows)
        if size > held:
            self._rows = np.concatenate([self._rows, self._draw(self._size + held, size - held)])
        rows = self._rows[:size]
        return rows[:, 0] - (rows[:, 1:] - self._mean) @ coefficient

    def variance_ratio(self) -> float:
        """How many times smaller the controls have made the variance."""
        plain, adjusted = np.var(self._rows[:, 0]), np.var(self.values(len(self._rows)))
        return float(plain / adjusted) if adjusted > 0 else math.inf

    def controls_hold(self, level: float) -> bool:
        """Whether the sample means of the controls allow the declared ones, at error probability `level`."""
        return all(
            student_interval(column, level / self._mean.size).compare(mean, 0.0) is not Agreement.OUTSIDE
            for column, mean in zip(self._rows[:, 1:].T, self._mean, strict=True)
        )

    def _draw(self, first: int, count: int) -> np.ndarray:
        columns = 1 + self._mean.size
        rows = draw(
            self._sampler, first, count, unit="replicas", columns=columns if columns > 1 else 0, where=self._where
        )
        return rows.reshape(count, columns)
