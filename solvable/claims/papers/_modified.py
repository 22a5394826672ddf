r"""What the claims about modified equations share: problems, two kinds of test, and rival fields.

**Defect.** If the step Phi is the time-h flow of a field f~, then ``f~(Phi) = D Phi f~``. For p right terms the two
sides differ by ``O(h^(p+1))``. Evaluated in exact rationals, at steps so small that nothing but the leading power is
left. It cannot see a factor in time: 2 f~ has the same defect.

**Flow.** Iterates of the compiled optimizer against the compiled field, integrated by an adaptive method: ``O(h^p)``
at fixed time. It sees everything, in double precision, at steps where the next power is still felt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy

from derivations.lie import SlowFlow
from solvable import Flow, ScalarFactorization, Trajectory, simulate

X, Y = sympy.symbols("x y")
H = sympy.Symbol("h")
TARGET = sympy.Symbol("t")
PRODUCT_LOSS = (TARGET - X * Y) ** 2 / 2
"""The loss of `ScalarFactorization` at depth 2."""

EXACT_STEPS = [sympy.Rational(1, 2**k) for k in (20, 22, 24)]
EXACT = "exact rational arithmetic at steps near 1e-6: corrections of relative size 1e-5"
LEADING = "a log-log slope at finite steps; the next power of h is still felt"

HEADER = 8
"""Length of the data vector of a scalar factorization: the numbers of a field come behind it."""


def product_problem(rng: np.random.Generator) -> dict[str, Any]:
    """A start and a target of the two-parameter model ``L = (x y - t)^2 / 2``, off balance and off its minima."""
    return {"start": rng.uniform([1.1, 0.2], [1.6, 0.6]), "target": float(rng.uniform(1.5, 2.5))}


def quartic_problem(rng: np.random.Generator) -> dict[str, Any]:
    """Coefficients of a random quartic loss of two parameters (see `quartic`), and a point; all multiples of 1/8."""
    return {"coefficients": rng.integers(-8, 9, 14) / 8, "point": rng.integers(2, 9, 2) / 8}


def quartic(coefficients: Sequence[float]) -> sympy.Expr:
    """``sum c_ij x^i y^j`` over 1 <= i + j <= 4."""
    monomials = [X**i * Y ** (n - i) for n in range(1, 5) for i in range(n + 1)]
    return sum((decimal(c) * m for c, m in zip(coefficients, monomials, strict=True)), sympy.Integer(0))


def decimal(number: float) -> sympy.Rational:
    """The decimal that a float shows, as a rational."""
    return sympy.Rational(repr(float(number)))


def sharpness(start: np.ndarray, target: float) -> float:
    """Largest eigenvalue, in size, of the Hessian of ``(x y - t)^2 / 2``: the unit of steps and times."""
    x, y = start
    return float(np.linalg.norm([[y * y, 2 * x * y - target], [2 * x * y - target, x * x]], 2))


def defects(field: Any, point: Any, order: int, steps: Sequence[Any] = EXACT_STEPS) -> np.ndarray:
    """Largest entry of the defect of the first `order` terms, for each step."""
    return np.array([max(abs(float(e)) for e in field.defect(point, h, order=order)) for h in steps])


def with_term(field: Any, k: int, components: Sequence[Any]) -> Any:
    """The field with ring elements `components` in place of its term k."""
    fields = list(field.flow.fields)
    fields[k] = tuple(components)
    return replace(field, flow=SlowFlow(tuple(fields), field.flow.memory, field.flow.response))


def scaled_term(field: Any, k: int, factor: Any) -> Any:
    """The field with a multiple of its term k."""
    weight = field.problem.space.domain.from_sympy(sympy.sympify(factor))
    return with_term(field, k, [e * weight for e in field.flow.fields[k]])


@dataclass(frozen=True, eq=False)
class _Numbered(ScalarFactorization):
    """A scalar factorization whose data vector also carries the numbers of a compiled field."""

    numbers: tuple[float, ...] = ()

    def content(self) -> tuple[Any, ...]:
        return *super().content(), self.numbers

    def compiled(self) -> Any:
        made = super().compiled()
        return replace(made, data=np.concatenate([made.data, self.numbers]))


def compiled_terms(field: Any, orders: Sequence[int]) -> dict[int, Any]:
    """The compiled fields of these orders, which read their symbols behind the header of the model."""
    return {p: field.compile(order=p, offset=HEADER) for p in orders}


def flow_points(
    kernel: Any, target: float, numbers: Sequence[float], start: np.ndarray, times: np.ndarray
) -> np.ndarray:
    """Points of the compiled flow at `times`, ``(len(times), 2)``; `numbers` as the field's data symbols."""
    model = _Numbered(target=target, numbers=tuple(map(float, numbers)))
    run = simulate(model, Flow(kernel, rtol=1e-13), start, time=float(times[-1]), save=times)
    if run.theta.shape[0] != len(times):
        return np.full((len(times), 2), np.nan)
    return run.theta


def flow_errors(
    kernel: Any,
    target: float,
    step_sizes: Sequence[float] | np.ndarray,
    runs: Sequence[Trajectory],
    numbers: Callable[[float], Sequence[float]],
    start: Callable[[float, np.ndarray], np.ndarray] = lambda _, point: point,
) -> np.ndarray:
    """Largest distance between the saved iterates of each run and the flow that starts where the saves start.

    `start` maps a step size and the first saved point, which is not compared, to the start of the flow.
    """
    errors = []
    for h, run in zip(step_sizes, runs, strict=True):
        times = run.time - run.time[0]
        points = flow_points(kernel, target, numbers(h), start(h, run.theta[0]), times)
        errors.append(np.max(np.abs(points - run.theta)[1:]))
    return np.array(errors)


def saved_runs(
    optimizer: Callable[[float], Any],
    target: float,
    start: np.ndarray,
    step_sizes: Sequence[float] | np.ndarray,
    time: float,
    wait: float = 0.0,
) -> list[Trajectory]:
    """Runs with a save at time `wait` and four more over `time` after it; both times must be multiples of 4 h."""
    model, runs = ScalarFactorization(target=target), []
    for h in step_sizes:
        saves = round(wait / h) + np.arange(5) * (round(time / h) // 4)
        runs.append(simulate(model, optimizer(h), start, steps=int(saves[-1]), save=saves))
    return runs
