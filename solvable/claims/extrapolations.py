r"""Extrapolation of a mean to step size 0.

An observable of an optimizer has a mean :math:`e(h) = e_0 + a h + b h^2 + \dots`, and the claim is about
:math:`e_0`. Replicas are drawn at s step sizes, the same replica numbers at each; :math:`Y_r \in R^s` are those of
replica r. Weighted least squares on :math:`D_{ik} = h_i^k`, k up to `order`, gives
:math:`\hat e_0 = l \cdot \bar Y`. Its weights come from the spreads of a pilot that is never used again, so that
:math:`l` is a constant given the pilot; :math:`\hat e_0` is then the mean of the independent numbers
:math:`l \cdot Y_r`, and has Student's interval with :math:`M - 1` degrees of freedom. That is exact for Gaussian
data and any dependence *between* the step sizes, which may share their random numbers.

The fit must pass: the :math:`q = s -` order :math:`- 1` combinations :math:`K^T Y` that vanish on every polynomial are
tested for mean 0 by :math:`T^2 = M \, \bar k^T S^{-1} \bar k` (Hotelling; for q = 1 Student's test, for large M the
chi-square of the fit), which has an F distribution. When it fails, the largest step size is left out, as long as one
combination remains. With C such sets in all, each gets the level :math:`\alpha_j / C` at stage j: a wrong decision
needs one of their intervals to miss.

The level assumes that the polynomial is true at the step sizes used, and the fit alone is a poor guard of that: with
four halvings and order 2, a next power that shifts :math:`\hat e_0` by 2.3 of its standard errors shifts the fit by
only one. The shift of :math:`\hat e_0` under one more power is therefore added to the half width, and reported as
"next order". That lessens the error of an unseen power and does not remove it: where the shift is not small against
the margin, take smaller step sizes or a higher order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .comparison import numeric
from .errors import ClaimError
from .evidence import Evidence
from .replicas import Replicas
from .sequential import CHECK_LEVEL, Estimate, Interval, Plan, sequential_test, student_interval
from .statistics import WRONG_CONTROLS

_ROUNDING = 16 * np.finfo(float).eps


@dataclass(frozen=True)
class PolynomialFit:
    """Weighted least squares of a polynomial in h at fixed weights, as matrices that act on observations ``(s,)``.

    ``rows (order + 1, s)`` give the coefficients, ``contrasts (q, s)`` what vanishes on every such polynomial,
    ``shift (s,)`` the change of the constant under one more power.
    """

    rows: np.ndarray
    contrasts: np.ndarray
    shift: np.ndarray

    @classmethod
    def at(cls, step_sizes: np.ndarray, spreads: np.ndarray, order: int) -> PolynomialFit:
        """The fit at ``step_sizes (s,)``, s >= order + 2, of observations with standard deviations `spreads`.

        >>> fit = PolynomialFit.at(np.array([1.0, 0.5, 0.25]), np.ones(3), order=1)
        >>> np.allclose(fit.rows @ [3.0, 2.0, 1.5], [1.0, 2.0]), np.allclose(fit.contrasts @ [3.0, 2.0, 1.5], 0.0)
        (True, True)
        """
        scale = step_sizes.max()
        weights = 1.0 / spreads
        design = weights[:, None] * np.vander(step_sizes / scale, order + 2, increasing=True)
        rows, more = (np.linalg.pinv(design[:, :width]) * weights for width in (order + 1, order + 2))
        complement = np.linalg.qr(design[:, :-1], mode="complete")[0][:, order + 1 :]
        return cls(rows / scale ** np.arange(order + 1)[:, None], complement.T * weights, more[0] - rows[0])

    def p_value(self, observations: np.ndarray) -> float:
        """Probability of combinations as large as those of ``observations (M, s)`` if the polynomial is true."""
        from scipy.special import fdtrc

        k = observations @ self.contrasts.T
        M, q = k.shape
        if q >= M:  # no covariance to compare with
            return 0.0
        rounding = _ROUNDING * float(np.max(np.abs(observations)))  # does not average out
        covariance = np.atleast_2d(np.cov(k, rowvar=False)) / M + rounding**2 * self.contrasts @ self.contrasts.T
        mean = k.mean(axis=0)
        if not np.any(mean):
            return 1.0
        squared = float(mean @ np.linalg.solve(covariance, mean))
        return float(fdtrc(q, M - q, squared * (M - q) / (q * (M - 1))))


def extrapolation(
    sampler: Callable[[float, int, int], Any],
    step_sizes: Any,
    predicted: float,
    margin: float,
    rivals: Mapping[str, Any],
    plan: Plan,
    order: int = 2,
    control_mean: Any = None,
    reason: str | None = None,
) -> Evidence:
    """Evidence about the limit of a mean; ``sampler(step_size, first_replica, count)`` returns `count` replicas.

    `control_mean` is as for `statistic`, or a function of the step size. The number of replicas at every step size
    doubles from stage to stage.
    """
    h = _check(step_sizes, order)
    replicas = [
        Replicas(
            functools.partial(sampler, step),
            control_mean(step) if callable(control_mean) else control_mean,
            pilot=plan.first,
            where=f" at step size {step:g}",
        )
        for step in h.tolist()
    ]
    sets = range(h.size, order + 1, -1)

    def estimate(size: int, level: float) -> Estimate:
        observed = np.stack([source.values(size) for source in replicas], axis=1)
        rounding = _ROUNDING * float(np.max(np.abs(observed)))
        spreads = np.array([max(source.pilot.spread, rounding) for source in replicas])
        spreads = spreads / spreads.max() if spreads.any() else np.ones(h.size)
        numbers = {"replicas": float(size), "pilot": float(plan.first)}
        controlled = control_mean is None or all(source.controls_hold(CHECK_LEVEL / h.size) for source in replicas)
        for used in sets:
            fit = PolynomialFit.at(h[-used:], spreads[-used:], order)
            sample = observed[:, -used:]
            mean, p_value = sample.mean(axis=0), fit.p_value(sample)
            numbers |= {"step sizes": float(used), "fit": p_value}
            numbers |= {"first order": float(fit.rows[1] @ mean), "next order": float(fit.shift @ mean)}
            if p_value >= CHECK_LEVEL:
                break
        interval = student_interval(sample @ fit.rows[0], level / len(sets))
        if not controlled:
            return Estimate.refused(interval.mean, numbers, WRONG_CONTROLS)
        if p_value < CHECK_LEVEL:
            note = f"no polynomial of degree {order} fits: smaller step sizes or a higher order"
            return Estimate.refused(interval.mean, numbers, note)
        return Estimate(Interval(interval.mean, interval.half_width + abs(numbers["next order"])), numbers)

    return sequential_test("extrapolation", estimate, predicted, margin, rivals, plan, reason)


def _check(step_sizes: Any, order: int) -> np.ndarray:
    """The step sizes in descending order."""
    h = numeric("step_sizes", step_sizes, finite=True)
    if not isinstance(order, int) or order < 1:
        raise ClaimError(f"order must be an integer >= 1, got {order!r}")
    if h.ndim != 1 or np.any(h <= 0) or np.unique(h).size != h.size:
        raise ClaimError("step_sizes must be distinct positive numbers")
    if h.size < order + 2:
        raise ClaimError(f"order {order} needs at least {order + 2} step sizes, got {h.size}")
    return np.sort(h)[::-1]
