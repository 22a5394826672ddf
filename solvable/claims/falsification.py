"""Searching for the instance that a claim survives most narrowly.

Every trial draws a fresh problem; every second one also multiplies each named array by its own power of ten
between 1/100 and 100, since a statement that holds at unit scale may fail far from it. The last third of the
trials stays near the worst problem found so far and moves its scales a little. What counts is the margin of
the claim's own evidence, on the scale that all kinds share: 1 perfect, 0 the edge of the tolerance, negative
a refutation.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .declaration import Claim
from .errors import UsageError
from .evidence import Outcome
from .execution import run_instance
from .verdicts import Verdict

_DECADES = 2.0
_STEP = 0.3


@dataclass(frozen=True)
class Falsification:
    """The narrowest instance found.

    `outcome` is None when no trial was applicable. `instance` holds the arrays of the problem as the claim
    drew them, `path` the npz file that `save` wrote.
    """

    claim: Claim
    outcome: Outcome | None
    instance: Mapping[str, np.ndarray] = field(repr=False)
    trials: int
    applicable: int
    errors: int
    seconds: float
    target: str
    path: Path | None = None
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        """The verdict on the narrowest instance."""
        return self.outcome.verdict if self.outcome else Verdict.INCONCLUSIVE

    @property
    def margin(self) -> float:
        """Its margin; negative when the claim is refuted there."""
        return self.outcome.margin if self.outcome else float("inf")

    @property
    def command(self) -> str:
        """The command that runs the claim on the saved instance again."""
        words = ["solvable", "verify", self.target]
        if self.path is not None:
            words += ["--data", str(self.path)]
        if self.outcome and self.outcome.seed:
            words += ["--seed", str(self.outcome.seed)]
        return shlex.join(words)

    def save(self, folder: str | Path = ".") -> Falsification:
        """Write the instance to ``<claim id>-worst.npz`` in `folder`; returns this result with its `path`."""
        if not self.instance:
            return self
        path = Path(folder) / f"{self.claim.id}-worst.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, allow_pickle=False, **self.instance)  # type: ignore[arg-type]
        return Falsification(**{**self.__dict__, "path": path})

    def __str__(self) -> str:
        tried = f"{self.trials} trials, {self.applicable} applicable, {self.errors} with an error"
        lines = [f"{self.claim.id}: {tried}, {self.seconds:.1f} s" + (" (interrupted)" if self.interrupted else "")]
        if self.outcome is None:
            lines.append("no trial met the hypotheses")
        else:
            lines.append(f"smallest margin {self.margin:.3g} (seed {self.outcome.seed}): {self.verdict}")
            lines.append("a margin of 1 is exact, 0 the edge of the tolerance, below 0 a refutation")
        if self.path is not None:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in self.instance.items())
            lines.append(f"instance: {self.path} ({shapes})")
        lines.append(f"again: {self.command}")
        return "\n".join(lines)


def falsify(
    claim: str | Claim,
    *,
    trials: int = 100,
    seed: int = 0,
    out: str | Path | None = None,
    target: str | None = None,
    on_trial: Callable[[int, float], None] | None = None,
) -> Falsification:
    """Search `trials` instances of a claim for the smallest margin; `out` is a folder to save the worst in.

    `target` is how the command line names the claim (its id by default); `on_trial` sees the trial number and
    the smallest margin so far. The search is a function of `seed`.

    >>> from solvable.claims import claim
    >>> @claim("euler1755-small", statement="$|x| < 50$", source="nobody")
    ... def small(lab):
    ...     lab.bound(abs(lab.instance(lambda rng: {"x": rng.standard_normal(4)})["x"]), 50.0)
    >>> falsify(small, trials=20).verdict.value
    'REFUTED'
    """
    if isinstance(claim, str):
        from .registry import find_claim

        claim = find_claim(claim)
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 1:
        raise UsageError(f"trials must be an integer >= 1, got {trials!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed must be an integer >= 0, got {seed!r}")
    search = _Search(claim, seed)
    start, done, interrupted = time.perf_counter(), 0, False
    try:
        for trial in range(trials):
            search.run(trial, refine=3 * trial >= 2 * trials)
            done += 1
            if on_trial is not None:
                on_trial(done, search.margin)
    except KeyboardInterrupt:
        interrupted = True
    found = Falsification(
        claim,
        search.outcome,
        search.instance,
        done,
        search.applicable,
        search.errors,
        time.perf_counter() - start,
        target or claim.id,
        interrupted=interrupted,
    )
    return found if out is None else found.save(out)


class _Search:
    """The narrowest trial so far: its seed, the exponents of its scales, its outcome and its problem."""

    def __init__(self, claim: Claim, seed: int) -> None:
        self.claim, self.seed = claim, seed
        self.outcome: Outcome | None = None
        self.instance: dict[str, np.ndarray] = {}
        self.margin = float("inf")
        self.applicable = self.errors = 0
        self._exponents: dict[str, float] = {}

    def run(self, trial: int, *, refine: bool) -> None:
        """Run one trial and keep it if it is narrower."""
        rng = np.random.default_rng([self.seed, trial])
        nearby = refine and self.outcome is not None
        exponents: dict[str, float] = {}

        def rescale(label: str, array: np.ndarray) -> np.ndarray:
            if nearby:
                exponent = self._exponents.get(label, 0.0) + _STEP * rng.standard_normal()
            else:
                exponent = rng.uniform(-_DECADES, _DECADES) if trial % 2 else 0.0
            exponents[label] = exponent
            return array * 10.0**exponent

        draw = self.outcome.seed if nearby and self.outcome is not None else self.seed + trial
        instance: dict[str, np.ndarray] = {}
        outcome = run_instance(self.claim, seed=draw, rescale=rescale, keep=instance)
        if outcome.verdict is Verdict.NOT_APPLICABLE:
            return
        self.applicable += 1
        if outcome.verdict is Verdict.ERROR:
            self.errors += 1
        elif self.outcome is None or outcome.margin < self.margin:
            self.outcome, self.margin = outcome, outcome.margin
            self.instance, self._exponents = instance, exponents
