r"""The frequency of an event among independent replicas, with the exact interval of Clopper and Pearson.

Of M replicas k show the event. The number k is binomial, whose tails are known without an estimated variance: the
interval is from the probability at which k or more have the chance :math:`\alpha / 2` to that at which k or fewer do,
quantiles of the beta distributions with parameters k, M - k + 1 and k + 1, M - k. Its level holds at every M and every
probability. That of Student's interval does not: a sample of zeros has no variance, and its interval no width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .comparison import numeric
from .errors import ClaimError
from .evidence import Evidence
from .replicas import Replicas
from .sequential import Estimate, Interval, Plan, sequential_test


def binomial_interval(successes: int, size: int, level: float) -> Interval:
    """The exact interval of a probability at error probability at most `level`, of Clopper and Pearson (1934).

    >>> binomial_interval(0, 64, 1e-4).mean, round(2 * binomial_interval(0, 64, 1e-4).half_width, 3)
    (0.0, 0.143)
    """
    from scipy.special import betaincinv

    k, rest = successes, size - successes
    low = float(betaincinv(k, rest + 1, level / 2)) if k else 0.0
    high = float(betaincinv(k + 1, rest, 1.0 - level / 2)) if rest else 1.0
    mean = k / size
    return Interval(mean, (high - low) / 2, (high + low) / 2 - mean)


def proportion(
    sampler: Callable[[int, int], Any],
    predicted: float,
    margin: float,
    rivals: Mapping[str, Any],
    plan: Plan,
    reason: str | None = None,
) -> Evidence:
    """Evidence about a probability; ``sampler(first_replica, count)`` says of each replica whether the event occurs."""
    target = float(numeric("predicted", predicted, finite=True))
    if not 0.0 <= target <= 1.0:
        raise ClaimError(f"predicted must be a probability, from 0 to 1, got {target!r}")
    replicas = Replicas(sampler)

    def estimate(size: int, level: float) -> Estimate:
        events = replicas.values(size)
        if not np.all((events == 0) | (events == 1)):
            raise ClaimError(f"a proportion needs truth values, got {events[(events != 0) & (events != 1)][0]:g}")
        count = int(np.sum(events))
        numbers = {"replicas": float(size), "events": float(count)}
        return Estimate(binomial_interval(count, size, level), numbers)

    return sequential_test("proportion", estimate, target, margin, rivals, plan, reason)
