r"""An optimizer on a loss, made ready to run on series or on numbers.

The step function never knows what it runs on. Here its gradient, its rest state and its hyperparameters are bound:
as series over the ring of the loss, to derive the modified field; as exact rationals (or 60-digit numbers, if the
optimizer takes roots), to check it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import mpmath
import numpy as np
import sympy
from sympy.polys.rings import PolyElement

from derivations.catalog import Optimizer
from derivations.differential_ring import DifferentialRing, MissingFunction
from derivations.lie import SlowFlow, lie_logarithm, multistep_flow, slow_flow
from derivations.multistep import recursion_coefficients
from derivations.numbers import Dual, exact, tangents, values, vector
from derivations.ring_series import RingGradient, Series

DIGITS = 60


@final
@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be derived.

    Attributes:
        optimizer: the description of the step.
        hyperparameters: sympy expressions; may contain the step symbol.
        losses: one loss, or one for each batch; empty for games.
        fields: what ``gradient`` returns, one tuple for each loss; for games the one stacked field.
        params, step: symbols.
        players: 1 for the parameters of the first player, 0 for the others; empty unless a game.
        space: the ring.
    """

    optimizer: Optimizer
    hyperparameters: Mapping[str, Any]
    losses: tuple[sympy.Expr, ...]
    fields: tuple[tuple[sympy.Expr, ...], ...]
    params: tuple[sympy.Symbol, ...]
    step: sympy.Symbol
    players: tuple[int, ...]
    space: DifferentialRing

    @property
    def duration(self) -> int:
        """How many steps one call of the step function takes."""
        return len(self.fields) if self.optimizer.kind == "batches" else 1

    @cached_property
    def elements(self) -> tuple[tuple[PolyElement, ...], ...]:
        return tuple(tuple(self.space.element(e) for e in components) for components in self.fields)

    def on_series(self, theta: Any, state: Any, h: Series) -> Any:
        """One step on series of the length of h."""
        return self._call(theta, state, h, [RingGradient(self.space, e) for e in self.elements], self._series(h))

    def _call(self, theta: Any, state: Any, h: Any, gradients: list[Any], convert: Callable[[Any], Any]) -> Any:
        gradient = tuple(gradients) if self.optimizer.kind == "batches" else gradients[0]
        return self.optimizer.step(theta, state, gradient, h, **self._bound(convert))

    def _bound(self, convert: Callable[[Any], Any]) -> dict[str, Any]:
        bound: dict[str, Any] = {}
        for name, value in self.hyperparameters.items():
            if name == "rates" and self.optimizer.kind == "game":
                pair = [convert(rate) for rate in value]
                bound[name] = vector(pair[0] if first else pair[1] for first in self.players)
            else:
                bound[name] = vector(map(convert, value)) if isinstance(value, tuple) else convert(value)
        if self.optimizer.kind == "game":
            bound["players"] = vector(self.players)
        return bound

    def _series(self, h: Series) -> Callable[[sympy.Expr], Series]:
        def convert(value: sympy.Expr) -> Series:
            polynomial = sympy.Poly(value, self.step)
            domain = self.space.domain
            terms = {power: domain.from_sympy(c) for (power,), c in polynomial.terms()}
            return Series.of(self.space, terms, len(h.coefficients))

        return convert

    def derive(self, order: int, route: str) -> tuple[Problem, SlowFlow]:
        """The modified field, with the problem in the ring that it turned out to need."""
        problem = self
        while True:
            try:
                return problem, problem._derive(order, route)
            except MissingFunction as missing:  # a normalization: adjoin it, and begin again
                problem = replace(problem, space=problem.space.with_function(missing.function))

    def _derive(self, order: int, route: str) -> SlowFlow:
        if route == "multistep":
            return SlowFlow(self._multistep(order))
        if self.optimizer.rest is None:
            return SlowFlow(lie_logarithm(self.space, self.on_series, order, self.duration))
        h = Series.of(self.space, {1: 1}, 1)
        slope = vector(Series.of(self.space, {0: e}, 1) for e in self.elements[0])
        rest = self.optimizer.rest(slope, **self._bound(self._series(h)))
        flat = [entry.coefficients[0] for part in rest for entry in part]
        return slow_flow(self.space, self.on_series, flat, order, len(rest))

    def _multistep(self, order: int) -> tuple[tuple[PolyElement, ...], ...]:
        momentum = self.hyperparameters.get("momentum", sympy.Integer(0))
        decay = self.hyperparameters.get("weight_decay", sympy.Integer(0))
        # Scaled by (1 - momentum)^(j+1) the coefficients are polynomials: a ring in which the hyperparameters are
        # constants computes without fractions, and term k is divided once, by (1 - momentum)^(2k+1).
        coefficients = recursion_coefficients(self.optimizer.name, momentum, order)
        own = DifferentialRing(self.params, (*self.space.constants, *self.space.field_symbols), (), self.space.adjoined)
        scaled = [own.element(sympy.cancel(c * (1 - momentum) ** (j + 1))) for j, c in enumerate(coefficients)]
        force = tuple(
            -own.element(g) - own.element(decay * x) for g, x in zip(self.fields[0], self.params, strict=True)
        )
        found = multistep_flow(own, force, scaled, order)
        domain, ring = self.space.domain, self.space.ring
        scales = [domain.from_sympy(1 / (1 - momentum) ** (2 * k + 1)) for k in range(order)]
        if own.ring == ring:
            return tuple(tuple(e * scale for e in f) for f, scale in zip(found, scales, strict=True))
        return tuple(
            tuple(ring.from_expr(e.as_expr()) * scale for e in f) for f, scale in zip(found, scales, strict=True)
        )

    @property
    def exact_arithmetic(self) -> bool:
        """Whether the step can run on rationals: it takes no roots and the loss is rational."""
        return all(function.kind == "power" and function.root == 1 for function in self.space.adjoined)

    def number(self, value: Any) -> Any:
        """A number of the arithmetic that the step can run on."""
        rational = exact(value)
        fraction = Fraction(int(rational.p), int(rational.q))
        return fraction if self.exact_arithmetic else mpmath.mpf(fraction.numerator) / fraction.denominator

    def on_numbers(self, theta: np.ndarray, state: Any, h: Any, numbers: Mapping[sympy.Symbol, Any]) -> Any:
        """One step on numbers; `numbers` has every symbol but the parameters, the step symbol included."""

        def convert(value: sympy.Expr) -> Any:
            numerator, denominator = sympy.fraction(sympy.together(value))
            return _polynomial(numerator, numbers) / _polynomial(denominator, numbers)

        gradients = [NumberGradient(self.space, e, numbers) for e in self.elements]
        return self._call(theta, state, h, gradients, convert)


def _polynomial(expression: sympy.Expr, numbers: Mapping[sympy.Symbol, Any]) -> Any:
    symbols = tuple(sorted(expression.free_symbols, key=str))
    space = DifferentialRing(symbols)
    return space.evaluate(space.element(expression), numbers)


@final
@dataclass(frozen=True, eq=False)
class NumberGradient:
    """The gradient at vectors of numbers, with its derivative; exact where the numbers are."""

    space: DifferentialRing
    components: Sequence[PolyElement]
    numbers: Mapping[sympy.Symbol, Any]

    def __call__(self, theta: np.ndarray) -> np.ndarray:
        if any(isinstance(entry, Dual) for entry in theta):
            point, direction = values(theta), tangents(theta)
            pairs = zip(self(point), self.derivative(point, direction), strict=True)
            return vector(Dual(value, slope) for value, slope in pairs)
        return vector(self._at(element, theta) for element in self.components)

    def derivative(self, theta: np.ndarray, direction: np.ndarray) -> np.ndarray:
        if any(isinstance(entry, Dual) for entry in (*theta, *direction)):
            return self._second(values(theta), values(direction), tangents(theta), tangents(direction))
        rows = [[self.space.derivative(e, a) for a in range(len(theta))] for e in self.components]
        return vector(sum(self._at(slope, theta) * d for slope, d in zip(row, direction, strict=True)) for row in rows)

    def _second(self, theta: np.ndarray, direction: np.ndarray, moved: np.ndarray, turned: np.ndarray) -> np.ndarray:
        """``D g(theta) direction`` on duals: its tangent is ``D^2 g(moved, direction) + D g turned``."""
        plain, first = self.derivative(theta, direction), self.derivative(theta, turned)
        found = []
        for element, value, slope in zip(self.components, plain, first, strict=True):
            partial = [self.space.derivative(element, a) for a in range(len(theta))]
            bent = NumberGradient(self.space, partial, self.numbers).derivative(theta, moved)
            found.append(Dual(value, slope + sum(x * d for x, d in zip(bent, direction, strict=True))))
        return vector(found)

    def _at(self, element: PolyElement, theta: np.ndarray) -> Any:
        here = dict(zip(self.space.params, theta, strict=True))
        return self.space.evaluate(element, {**self.numbers, **here})
