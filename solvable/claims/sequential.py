r"""The sequential three-way test of a number against a declared margin.

A claim about an expectation is an equivalence: the number lies within `margin` of the prediction. (Testing for
exact equality would refute every asymptotic statement once the sample is large.) Stage :math:`j` has
:math:`2^{j-1}` times the data of the first one and an interval of level :math:`\alpha / (j (j + 1))`, which
sums to :math:`\alpha` over the stages. An interval inside ``[predicted - margin, predicted + margin]`` accepts,
one disjoint from it rejects, anything else doubles the data. A wrong decision needs an interval that misses the
truth, so the probability of any, about the claim or about a rival, is at most :math:`\alpha`: rivals face the same
rule with the same intervals, and the sampling goes on until they too are decided. A claim or a rival that is still
open after the last stage stays open.

Several tests within one claim divide its level by the same rule: the k-th has :math:`\alpha / (k (k + 1))`,
whatever the others find and however many there are.

What an interval is made of is the business of its kind: independent replicas (`statistics`), events among them
(`proportions`), one correlated run (`time_averages`), or several step sizes (`extrapolations`). A kind may also check
its data (the means of controls, the independence of batches, a fit), each at 1 %; data that fail decide nothing at that
stage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .comparison import numeric, tolerance_of
from .errors import ClaimError
from .evidence import Evidence, Rival
from .verdicts import Agreement

LEVEL = 1e-4
STAGES = 8
CHECK_LEVEL = 0.01


@dataclass(frozen=True)
class Interval:
    """A confidence interval of the mean; its middle differs from the `mean` of the data by `offset`."""

    mean: float
    half_width: float
    offset: float = 0.0

    def compare(self, value: float, margin: float) -> Agreement:
        """Where the interval lies relative to ``[value - margin, value + margin]``.

        >>> Interval(0.1, 0.2).compare(0.0, 1.0).value, Interval(3.0, 0.5).compare(0.0, 1.0).value
        ('inside', 'outside')
        """
        gap = abs(self.mean + self.offset - value)
        if gap + self.half_width <= margin:
            return Agreement.INSIDE
        return Agreement.OUTSIDE if gap - self.half_width > margin else Agreement.OPEN


def student_interval(sample: np.ndarray, level: float, inflation: float = 1.0) -> Interval:
    """The two-sided Student interval of the mean of independent values at error probability `level`.

    `inflation` multiplies the estimated variance.
    """
    from scipy.special import stdtrit

    quantile = float(stdtrit(sample.size - 1, 1.0 - level / 2))
    deviation = float(np.std(sample, ddof=1)) * math.sqrt(inflation)
    return Interval(float(np.mean(sample)), quantile * deviation / math.sqrt(sample.size))


@dataclass(frozen=True)
class Estimate:
    """What the data of one stage say.

    `numbers` go into the report. A kind that cannot vouch for its interval refuses: the interval is infinite,
    which decides nothing, and `note` says why.

    >>> Estimate.refused(0.0, {}, "too short").interval.compare(0.0, 1.0).value
    'open'
    """

    interval: Interval
    numbers: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def refused(cls, mean: float, numbers: Mapping[str, float], note: str) -> Estimate:
        """No interval."""
        return cls(Interval(mean, math.inf), numbers, note)


class NotFiniteError(Exception):
    """A sampler has returned data that are not finite; the message counts them."""


def draw(
    sampler: Callable[[int, int], Any], first: int, count: int, *, unit: str, columns: int = 0, where: str = ""
) -> np.ndarray:
    """``sampler(first, count)``: `count` finite numbers, or rows ``(count, columns)``; `where` is for messages."""
    values = np.asarray(sampler(first, count), dtype=float)
    wanted = (count, columns) if columns else (count,)
    if values.shape != wanted:
        raise ClaimError(f"sampler({first}, {count}){where} must return shape {wanted}, got {values.shape}")
    finite = np.isfinite(values).reshape(count, -1).all(axis=1)
    if not finite.all():
        raise NotFiniteError(f"{int(np.sum(~finite))} of {count} {unit}{where} are not finite")
    return values


@dataclass(frozen=True)
class Plan:
    """The level of a test and its stages: `first` data, doubled up to `stages` stages in all."""

    first: int
    stages: int = STAGES
    level: float = LEVEL

    def __post_init__(self) -> None:
        if not 0.0 < self.level < 1.0:
            raise ClaimError(f"level must be > 0 and < 1, got {self.level!r}")
        if self.first < 2 or self.stages < 1:
            raise ClaimError(f"first must be >= 2 and stages >= 1, got {self.first!r} and {self.stages!r}")

    def share(self, k: int) -> Plan:
        """That of the test number `k`, from 1 on, of a claim with the level of this one.

        >>> round(sum(Plan(64, level=0.06).share(k).level for k in range(1, 100)), 3)
        0.059
        """
        return replace(self, level=self.level / (k * (k + 1)))


def sequential_test(
    kind: str,
    estimate: Callable[[int, float], Estimate],
    predicted: float,
    margin: float,
    rivals: Mapping[str, Any],
    plan: Plan,
    reason: str | None = None,
) -> Evidence:
    """Evidence of the given `kind`; ``estimate(size, level)`` is what `size` data say at the level of a stage.

    `plan.level` bounds the probability of any wrong decision, about the claim or a rival. Data that are not finite
    refute.
    """
    margin = tolerance_of(margin)
    target = float(numeric("predicted", predicted, finite=True))
    targets = {name: float(numeric(f"rival {name!r}", value, finite=True)) for name, value in rivals.items()}
    decided = dict.fromkeys((None, *targets), Agreement.OPEN)
    shown = Estimate.refused(math.nan, {}, "")
    for stage in range(1, plan.stages + 1):
        try:
            shown = estimate(plan.first * 2 ** (stage - 1), plan.level / (stage * (stage + 1)))
        except NotFiniteError as caught:
            return _not_finite(kind, str(caught), target, margin, targets, reason)
        # The first decisive stage is the verdict; a sequential test may not be taken back by later data.
        for name, agreement in decided.items():
            if agreement is Agreement.OPEN:
                decided[name] = shown.interval.compare(target if name is None else targets[name], margin)
        if Agreement.OPEN not in decided.values():
            break
    mean = shown.interval.mean
    error = abs(mean - target)
    compared = tuple(
        Rival(name, abs(mean - value) / margin, 1.0, decided[name] is Agreement.OUTSIDE)
        for name, value in targets.items()
    )
    numbers = {"measured": mean, "predicted": target, "half width": shown.interval.half_width, **shown.numbers}
    note = shown.note or "Monte Carlo too wide at the last stage"
    return Evidence(
        kind,
        decided[None],
        error,
        margin,
        1.0 - error / margin,
        compared,
        numbers,
        reason,
        note if decided[None] is Agreement.OPEN else "",
    )


def _not_finite(
    kind: str, note: str, target: float, margin: float, targets: Mapping[str, float], reason: str | None
) -> Evidence:
    compared = tuple(Rival.at(name, math.nan, 1.0, "not finite") for name in targets)
    return Evidence(kind, Agreement.OUTSIDE, math.inf, margin, -math.inf, compared, {"predicted": target}, reason, note)
