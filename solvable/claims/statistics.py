r"""The sequential three-way test of a mean against a declared margin.

A claim about an expectation is an equivalence: the mean lies within `margin` of the prediction. (Testing for
exact equality would refute every asymptotic statement once the sample is large.) With all replicas so far,
the Student interval at stage :math:`j` has level :math:`\alpha / (j (j + 1))`, which sums to :math:`\alpha`
over the stages: inside ``[predicted - margin, predicted + margin]`` accepts, disjoint from it rejects,
anything else doubles the sample. Rivals face the same rule on the same data, and the sampling goes on until
they too are decided. A claim or a rival that is still open after the last stage stays open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .comparison import numeric, tolerance_of
from .errors import ClaimError
from .evidence import Evidence, Rival
from .verdicts import Agreement

LEVEL = 1e-4
FIRST_STAGE = 64
STAGES = 8


@dataclass(frozen=True)
class Interval:
    """A confidence interval of the mean."""

    mean: float
    half_width: float

    def compare(self, value: float, margin: float) -> Agreement:
        """Where the interval lies relative to ``[value - margin, value + margin]``.

        >>> Interval(0.1, 0.2).compare(0.0, 1.0).value, Interval(3.0, 0.5).compare(0.0, 1.0).value
        ('inside', 'outside')
        """
        gap = abs(self.mean - value)
        if gap + self.half_width <= margin:
            return Agreement.INSIDE
        return Agreement.OUTSIDE if gap - self.half_width > margin else Agreement.OPEN


def student_interval(sample: np.ndarray, level: float) -> Interval:
    """The two-sided Student interval of the mean of independent values at error probability `level`."""
    from scipy.special import stdtrit

    quantile = float(stdtrit(sample.size - 1, 1.0 - level / 2))
    return Interval(float(np.mean(sample)), quantile * float(np.std(sample, ddof=1)) / math.sqrt(sample.size))


def statistic(
    sampler: Callable[[int, int], Any],
    predicted: float,
    margin: float,
    rivals: Mapping[str, Any],
    level: float = LEVEL,
    first: int = FIRST_STAGE,
    stages: int = STAGES,
    reason: str | None = None,
) -> Evidence:
    """Evidence about a mean; ``sampler(first_replica, count)`` returns `count` independent replicas.

    `level` bounds the probability of any wrong decision about the claim; each rival is tested at the same
    level.
    """
    margin = tolerance_of(margin)
    target = float(numeric("predicted", predicted, finite=True))
    targets = {name: float(numeric(f"rival {name!r}", value, finite=True)) for name, value in rivals.items()}
    own, interval, sample = Agreement.OPEN, Interval(math.nan, math.inf), np.empty(0)
    decided: dict[str, Agreement] = {}
    for stage in range(1, stages + 1):
        wanted = first * 2 ** (stage - 1)
        sample = np.concatenate([sample, _draw(sampler, sample.size, wanted - sample.size)])
        if not np.all(np.isfinite(sample)):
            return _nonfinite(sample, target, margin, targets, reason)
        interval = student_interval(sample, level / (stage * (stage + 1)))
        # The first decisive stage is the verdict; a sequential test may not be taken back by later data.
        if own is Agreement.OPEN:
            own = interval.compare(target, margin)
        for name, value in targets.items():
            if decided.get(name, Agreement.OPEN) is Agreement.OPEN:
                decided[name] = interval.compare(value, margin)
        if Agreement.OPEN not in (own, *decided.values()):
            break
    error = abs(interval.mean - target)
    compared = tuple(
        Rival(name, abs(interval.mean - value) / margin, 1.0, decided[name] is Agreement.OUTSIDE)
        for name, value in targets.items()
    )
    numbers = {
        "measured": interval.mean,
        "predicted": target,
        "half width": interval.half_width,
        "replicas": float(sample.size),
    }
    note = f"Monte Carlo too wide after {sample.size} replicas" if own is Agreement.OPEN else ""
    return Evidence("statistic", own, error, margin, 1.0 - error / margin, compared, numbers, reason, note)


def _draw(sampler: Callable[[int, int], Any], first: int, count: int) -> np.ndarray:
    values = np.asarray(sampler(first, count), dtype=float)
    if values.shape != (count,):
        raise ClaimError(f"sampler({first}, {count}) must return shape ({count},), got {values.shape}")
    return values


def _nonfinite(
    sample: np.ndarray, target: float, margin: float, targets: Mapping[str, float], reason: str | None
) -> Evidence:
    bad = int(np.sum(~np.isfinite(sample)))
    return Evidence(
        "statistic",
        Agreement.OUTSIDE,
        math.inf,
        margin,
        -math.inf,
        tuple(Rival.at(name, math.nan, 1.0, "not finite") for name in targets),
        {"predicted": target, "replicas": float(sample.size)},
        reason,
        f"{bad} of {sample.size} replicas are not finite",
    )
