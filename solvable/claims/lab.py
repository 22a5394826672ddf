"""The laboratory that a claim runs in: it hands out the problem and writes down what the claim observes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import (
    algebra,
    comparison,
    extrapolations,
    inequalities,
    proportions,
    sequential,
    slopes,
    statistics,
    time_averages,
)
from .declaration import Claim
from .errors import ClaimError, NotApplicable
from .evidence import Evidence
from .instances import InstanceSource

_NO_RIVALS: Mapping[str, Any] = {}


class Lab:
    """Records the evidence of one instance of a claim.

    Every method that compares takes ``rivals={name: the same quantity under the rival}``, a `tolerance` with
    a default for its kind, and a `reason` in words for that tolerance. A rival is rejected when the
    measurement is at least ten tolerances away from it, a slope when it is off by 0.5, a bound when it is
    violated by more than its tolerance, and in a statistical test (`statistic`, `proportion`, `time_average`,
    `extrapolation`) by the rule that the claim itself faces.

    The `level` of a statistical test is the claim's own: the test number k of a claim spends ``level / (k (k +
    1))`` of it, and however many follow, they spend no more than `level` together.

    Attributes
    ----------
    seed : what the claim passes on to anything random of its own.

    >>> from solvable.claims import claim
    >>> @claim("euler1755-half", statement="$x / 2 + x / 2 = x$", source="folklore", rivals=("quarters",))
    ... def half(lab):
    ...     x = lab.instance(lambda rng: {"x": rng.standard_normal(3)})["x"]
    ...     lab.identity(x / 2 + x / 2, x, rivals={"quarters": x / 4 + x / 4})
    >>> lab = Lab(half)
    >>> half(lab)
    >>> lab.evidence[0].agreement.value, lab.evidence[0].rivals[0].rejected
    ('inside', True)
    """

    def __init__(self, claim: Claim, *, seed: int = 0, source: InstanceSource | None = None) -> None:
        self.seed = seed
        self.evidence: list[Evidence] = []
        self.hypotheses: dict[str, bool] = {}
        self.notes: list[str] = []
        self._claim = claim
        self._source = source or InstanceSource(claim.id, seed)
        self._used_rivals: set[str] = set()
        self._tests = 0

    def instance(self, make: Callable[..., Mapping[str, Any]]) -> dict[str, Any]:
        """The problem: ``make(rng)`` draws a dict of named arrays from a NumPy generator.

        With data, their entries replace the drawn ones and `make` is called with the keyword sizes ``n`` and
        ``d`` of the data if it has such parameters (with defaults).
        """
        return self._source.draw(make)

    def require(self, name: str, condition: Any) -> None:
        """State the declared hypothesis `name`; where it fails, the claim ends as NOT APPLICABLE."""
        if name not in self._claim.hypotheses:
            raise ClaimError(f"the hypothesis {name!r} is not declared")
        holds = bool(condition)
        self.hypotheses[name] = self.hypotheses.get(name, True) and holds
        if not holds:
            raise NotApplicable(f"the hypothesis {name!r} does not hold")

    def note(self, text: str) -> None:
        """Keep a remark for the report."""
        self.notes.append(str(text))

    def identity(
        self,
        measured: Any,
        predicted: Any,
        *,
        rivals: Mapping[str, Any] = _NO_RIVALS,
        tolerance: float = comparison.IDENTITY_TOLERANCE,
        scale: Any = None,
        reason: str | None = None,
    ) -> Evidence:
        """``measured = predicted``: their largest difference, relative to the largest ``|predicted|``.

        `scale` replaces that unit: a number, or an array to compare entry by entry. Default tolerance 1e-10.
        """
        return self._record(
            rivals, comparison.closeness("identity", measured, predicted, rivals, tolerance, scale, reason)
        )

    def limit(
        self,
        parameter: Any,
        measured: Any,
        predicted: Any,
        *,
        rivals: Mapping[str, Any] = _NO_RIVALS,
        tolerance: float = comparison.LIMIT_TOLERANCE,
        scale: Any = None,
        reason: str | None = None,
    ) -> Evidence:
        """``measured[k] -> predicted`` along `parameter`; the last row is the nearest to the limit.

        The last error is within `tolerance` (default 1e-3, relative as for `identity`) and the errors
        decrease toward it. Beyond the tolerance but still moving there, the evidence stays open.
        """
        return self._record(rivals, comparison.limit(parameter, measured, predicted, rivals, tolerance, scale, reason))

    def order(
        self,
        parameter: Any,
        errors: Any,
        expected: float,
        *,
        rivals: Mapping[str, Any] = _NO_RIVALS,
        tolerance: float = slopes.ORDER_TOLERANCE,
        floor: float = slopes.ROUNDING_FLOOR,
        reason: str | None = None,
    ) -> Evidence:
        """``errors ~ parameter ** expected``: the slope of a log-log least-squares line, to 0.1 by default.

        A rival is an exponent (a number), or the errors measured against the rival's prediction. Fewer than
        three points, errors at the rounding `floor` or not finite leave the evidence open.
        """
        return self._record(rivals, slopes.order(parameter, errors, expected, rivals, tolerance, floor, reason))

    def bound(
        self,
        values: Any,
        bounds: Any,
        *,
        rivals: Mapping[str, Any] = _NO_RIVALS,
        tolerance: float = inequalities.BOUND_TOLERANCE,
        scale: Any = None,
        reason: str | None = None,
    ) -> Evidence:
        """``values <= bounds``, entry by entry relative to the bound (absolutely where it is 0), to 1e-9."""
        return self._record(rivals, inequalities.bound(values, bounds, rivals, tolerance, scale, reason))

    def optimum(
        self,
        point: Any,
        minimum: Any,
        *,
        rivals: Mapping[str, Any] = _NO_RIVALS,
        tolerance: float = comparison.OPTIMUM_TOLERANCE,
        scale: Any = None,
        reason: str | None = None,
    ) -> Evidence:
        """`point` is the minimizer ``minimum.point``, to 1e-6 of its largest entry by default.

        Without a certificate (``minimum.certified``) the evidence stays open. A rival is another minimum or
        point.
        """
        return self._record(rivals, comparison.optimum(point, minimum, rivals, tolerance, scale, reason))

    def statistic(
        self,
        sampler: Callable[[int, int], Any],
        predicted: float,
        margin: float,
        *,
        rivals: Mapping[str, float] = _NO_RIVALS,
        control_mean: Any = None,
        level: float = sequential.LEVEL,
        first: int = statistics.FIRST_STAGE,
        stages: int = sequential.STAGES,
        reason: str | None = None,
    ) -> Evidence:
        """The mean of ``sampler(first_replica, count)`` lies within the declared `margin` of `predicted`.

        A sequential three-way test: `first` independent replicas, doubled up to `stages` stages in all;
        `level` bounds the probability of a wrong decision in all statistical tests of the claim. Rivals are
        tested on the same data by the same rule. With `control_mean`, the exactly known mean of control
        variates (a number, or ``(q,)``), the sampler returns rows ``(count, 1 + q)``, value and controls; a
        pilot of `first` replicas more fixes their coefficient. Truth values are a `proportion`.
        """
        plan = self._plan(first, stages, level)
        return self._record(
            rivals, statistics.statistic(sampler, predicted, margin, rivals, plan, control_mean, reason)
        )

    def proportion(
        self,
        sampler: Callable[[int, int], Any],
        predicted: float,
        margin: float,
        *,
        rivals: Mapping[str, float] = _NO_RIVALS,
        level: float = sequential.LEVEL,
        first: int = statistics.FIRST_STAGE,
        stages: int = sequential.STAGES,
        reason: str | None = None,
    ) -> Evidence:
        """The probability of an event lies within the declared `margin` of `predicted`.

        ``sampler(first_replica, count)`` returns one truth value a replica. The test is that of `statistic`, with
        the exact binomial interval.
        """
        plan = self._plan(first, stages, level)
        return self._record(rivals, proportions.proportion(sampler, predicted, margin, rivals, plan, reason))

    def time_average(
        self,
        sampler: Callable[[int, int], Any],
        predicted: float,
        margin: float,
        *,
        rivals: Mapping[str, float] = _NO_RIVALS,
        level: float = sequential.LEVEL,
        first: int = time_averages.FIRST_STAGE,
        stages: int = sequential.STAGES,
        reason: str | None = None,
    ) -> Evidence:
        """The stationary mean of one long run lies within the declared `margin` of `predicted`.

        ``sampler(first, count)`` continues the run: its values number `first` to `first` + `count` - 1, the
        burn-in already left behind. The test is that of `statistic`, with batch means: 20 to 50 batches of at
        least 20 autocorrelation times each. A run shorter than that leaves the evidence open.
        """
        plan = self._plan(first, stages, level)
        return self._record(rivals, time_averages.time_average(sampler, predicted, margin, rivals, plan, reason))

    def extrapolation(
        self,
        sampler: Callable[[float, int, int], Any],
        step_sizes: Any,
        predicted: float,
        margin: float,
        *,
        rivals: Mapping[str, float] = _NO_RIVALS,
        order: int = 2,
        control_mean: Any = None,
        level: float = sequential.LEVEL,
        first: int = statistics.FIRST_STAGE,
        stages: int = sequential.STAGES,
        reason: str | None = None,
    ) -> Evidence:
        """The limit at step size 0 of the mean of ``sampler(step_size, first_replica, count)`` is `predicted`.

        The limit is the constant of a weighted least-squares polynomial of degree `order` through at least
        ``order + 2`` `step_sizes` (halvings, say), and lies within the declared `margin`; the test is that of
        `statistic`, with the replicas doubled at every step size. A polynomial that does not fit leaves the
        evidence open. `control_mean` may be a function of the step size.
        """
        plan = self._plan(first, stages, level)
        return self._record(
            rivals,
            extrapolations.extrapolation(
                sampler, step_sizes, predicted, margin, rivals, plan, order, control_mean, reason
            ),
        )

    def symbolic(self, zero: Any, *, rivals: Mapping[str, Any] = _NO_RIVALS, reason: str | None = None) -> Evidence:
        """The expression `zero` (a sympy expression, a number, or a matrix of them) is identically zero."""
        return self._record(rivals, algebra.symbolic(zero, rivals, reason))

    def close(self) -> None:
        """Check, after the claim has run, that it did all that it declared.

        Raises
        ------
        ClaimError : no evidence, or a declared rival or hypothesis that was never used.
        NotApplicable : a hypothesis failed, or the user's data never entered.
        """
        # A claim that catches its own end must not be verified by what it does afterwards.
        for name, holds in self.hypotheses.items():
            if not holds:
                raise NotApplicable(f"the hypothesis {name!r} does not hold")
        self._source.check_all_used()
        if not self.evidence:
            raise ClaimError("the claim recorded no evidence")
        for kind, declared, used in (
            ("rival", self._claim.rivals, self._used_rivals),
            ("hypothesis", self._claim.hypotheses, set(self.hypotheses)),
        ):
            unused = [name for name in declared if name not in used]
            if unused:
                raise ClaimError(f"the declared {kind} {unused[0]!r} was never used")

    def _plan(self, first: int, stages: int, level: float) -> sequential.Plan:
        """That of the next statistical test, whose share of the level leaves enough for any number of others."""
        self._tests += 1
        return sequential.Plan(first, stages, level).share(self._tests)

    def _record(self, rivals: Mapping[str, Any], evidence: Evidence) -> Evidence:
        self.evidence.append(evidence)
        for name in rivals:
            if name not in self._claim.rivals:
                raise ClaimError(f"the rival {name!r} is not declared")
            self._used_rivals.add(name)
        return evidence
