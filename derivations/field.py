r"""The modified field as an object: formula, loss or curl, check, slow manifold, compiled code.

**The check that needs no differential equation.** If Phi is the time-h flow of f~, it maps solutions to solutions,
``f~(Phi(theta)) = D Phi(theta) f~(theta)``. For a field with p right terms the two sides differ by ``O(h^(p+1))``; this
defect is computed exactly, in rational numbers, by running the optimizer's step on dual numbers. (It cannot see a
factor: ``2 f~`` passes too. One flow test is needed beside it.) With memory, the step starts on the slow manifold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import mpmath
import numpy as np
import sympy

from derivations.compiled_field import compile_field, field_source
from derivations.gradients import NotAGradient, curl_elements, potential, scalar_candidates
from derivations.lie import SlowFlow
from derivations.numbers import Dual, exact, tangents, values, vector
from derivations.problem import DIGITS, Problem


@final
@dataclass(frozen=True, eq=False, repr=False)
class ModifiedField:
    """``f_0 + h f_1 + ... + h^(p-1) f_(p-1)``; made by `modified_field`.

    Attributes:
        problem: optimizer, loss and ring.
        flow: the terms as ring elements, with the slow manifold where it was computed on the way.
        order: p, the number of terms.
    """

    problem: Problem
    flow: SlowFlow
    order: int

    @property
    def params(self) -> tuple[sympy.Symbol, ...]:
        return self.problem.params

    @property
    def step(self) -> sympy.Symbol:
        return self.problem.step

    @property
    def variable(self) -> str:
        """What the field moves: ``"theta"``, or ``"lookahead variable"`` for Nesterov's method."""
        return self.problem.optimizer.variable

    @cached_property
    def terms(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """``terms[k][i]`` is component i of f_k."""
        return tuple(tuple(self.problem.space.expression(e) for e in f) for f in self.flow.fields)

    def expression(self, order: int | None = None) -> sympy.Matrix:
        """The field with `order` terms (all by default) as a column of expressions in params and h."""
        kept = self.terms[: self._order(order)]
        return sympy.Matrix([sum(f[i] * self.step**k for k, f in enumerate(kept)) for i in range(len(self.params))])

    def curl(self, k: int) -> sympy.Matrix:
        """``D f_k - (D f_k)^T``; zero exactly where f_k is a gradient."""
        if not 0 <= k < self.order:
            raise ValueError(f"curl takes a term number from 0 to {self.order - 1}, got {k}")
        space = self.problem.space
        rows = curl_elements(space, self.flow.fields[k])
        zero = sympy.Integer(0)
        return sympy.Matrix([[zero if space.vanishes(e) else space.expression(e) for e in row] for row in rows])

    def loss(self, order: int | None = None) -> sympy.Expr:
        """The modified loss with that many terms: minus its gradient is the field.

        Raises:
            NotAGradient: a term has a curl, which the exception carries.
            ValueError: more terms than were derived, or a potential outside the ring.
        """
        total = sympy.Integer(0)
        for k in range(self._order(order)):
            curl = self.curl(k)
            if any(curl):
                raise NotAGradient(k, curl)
            total += self.step**k * self.problem.space.expression(self._potential(k))
        return total

    def _potential(self, k: int) -> Any:
        space, problem = self.problem.space, self.problem
        decay = problem.hyperparameters.get("weight_decay", sympy.Integer(0))
        shrink = decay * sum((x**2 for x in self.params), sympy.Integer(0)) / 2
        losses = [space.element(e + shrink) for e in problem.losses] if not decay.free_symbols else []
        if decay.free_symbols:
            losses = [space.element(e) + _lifted(space, shrink) for e in problem.losses]
        return potential(space, self.flow.fields[k], scalar_candidates(space, losses, self.order))

    def _order(self, order: int | None) -> int:
        wanted = self.order if order is None else order
        if not 1 <= wanted <= self.order:
            raise ValueError(f"order must be from 1 to {self.order}, the number of terms derived, got {wanted}")
        return wanted

    @cached_property
    def _manifold(self) -> SlowFlow:
        """The flow with its slow manifold, which the multistep route does not need and does not find."""
        if self.problem.optimizer.rest is None or self.flow.memory:
            return self.flow
        _, flow = self.problem.derive(self.order, "lie")
        return flow

    def defect(self, point: Any, step_size: Any, order: int | None = None, **data: Any) -> tuple[Any, ...]:
        """``f~(Phi(theta)) - D Phi f~(theta)``, of order ``step_size^(order + 1)``.

        Args:
            point: numbers, one for each parameter; floats are read as the decimals that they show.
            step_size: a number.
            order: how many terms of the field are used.
            **data: a number for every other symbol, by its name.

        Returns:
            one number for each parameter: exact Fractions, or 60-digit mpmath numbers where the step or the loss
            takes roots.
        """
        problem, space, p = self.problem, self.problem.space, self._order(order)
        with mpmath.workdps(DIGITS):
            theta = vector(problem.number(x) for x in self._point(point))
            numbers = self._numbers(step_size, data)
            h = numbers[self.step]
            speed = self._field_at(theta, h, numbers, p)
            here = space.located({**numbers, **dict(zip(self.params, theta, strict=True))})
            state = []
            for layers in zip(*self._manifold.memory[:p], strict=True):
                value = sum(h**k * space.evaluate(e, here) for k, e in enumerate(layers))
                slope = sum(
                    h**k * space.evaluate(space.derivative(e, a), here) * speed[a]
                    for k, e in enumerate(layers)
                    for a in range(len(theta))
                )
                state.append(Dual(value, slope))
            moving = vector(Dual(x, v) for x, v in zip(theta, speed, strict=True))
            image, _ = problem.on_numbers(moving, self._vectors(state), h, numbers)
            arrived, carried = values(image), tangents(image)
            return tuple(self._field_at(arrived, h, numbers, p) - carried)

    def on_manifold_state(self, point: Any, step_size: Any, **data: Any) -> tuple[np.ndarray, ...]:
        """The optimizer's state on its slow manifold at a point, to `order` terms: a tuple of float vectors.

        An optimizer that starts there follows the modified flow from the first step on; a start with zero memory
        differs by a transient of order h (see `start_shift`).
        """
        with mpmath.workdps(DIGITS):
            numbers = self._numbers(step_size, data)
            theta = [self.problem.number(x) for x in self._point(point)]
            here = self.problem.space.located({**numbers, **dict(zip(self.params, theta, strict=True))})
            flat = [
                sum(numbers[self.step] ** k * self.problem.space.evaluate(e, here) for k, e in enumerate(layers))
                for layers in zip(*self._manifold.memory, strict=True)
            ]
            return tuple(part.astype(np.float64) for part in self._vectors(flat))

    def start_shift(self) -> tuple[sympy.Expr, ...]:
        """By how much a start with zero memory moves the start of the modified flow, to first order in h.

        The memory's displacement ``-S_0`` from its rest dies out, and leaves theta displaced by ``h R (-S_0)``: for
        heavy ball ``h beta/(1 - beta)^2 grad L``.

        Raises:
            ValueError: the memory acts on theta nonlinearly (Adam), so that there is no such formula.
        """
        flow, space = self._manifold, self.problem.space
        if not flow.memory:
            return (sympy.Integer(0),) * len(self.params)
        if flow.response is None:
            raise ValueError(
                f"the memory of {self.problem.optimizer.name} acts nonlinearly: start on the slow manifold"
            )
        moved = []
        for row in flow.response:
            total = space.ring.zero
            for weight, rest in zip(row, flow.memory[0], strict=True):
                total = total - rest * weight
            moved.append(sympy.factor(space.expression(total)) * self.step)
        return tuple(moved)

    def compile(self, step: Any = None, *, order: int | None = None, offset: int = 0, **data: Any) -> Any:
        """The field as a numba function ``void(theta, data, out)`` of contiguous float64 vectors.

        Args:
            step: a number for h, which becomes a constant of the code; None reads it from ``data[offset]``.
            order: how many terms.
            offset: where in ``data`` the free symbols begin.
            **data: numbers for other symbols, by name, as constants of the code.

        Returns:
            the compiled function, which releases the GIL and is kept on disk. Symbols without a number are read from
            ``data[offset], data[offset + 1], ...``: first h, then the others sorted by name (`data_symbols`).
        """
        numbers = {symbol: exact(value) for symbol, value in self._named(data).items()}
        if step is not None:
            numbers[self.step] = exact(step)
        for symbol, value in numbers.items():
            if not (value.is_number and value.is_finite):
                raise ValueError(f"{symbol} must be a finite number, got {value}")
        free, space = self.data_symbols(step, **data), self.problem.space
        fields = self.flow.fields[: self._order(order)]

        def source() -> str:
            if step is not None:  # like powers meet before they are printed
                h = space.domain.from_sympy(numbers[self.step])
                field = [
                    space.expression(sum((f[i] * h**k for k, f in enumerate(fields)), space.ring.zero))
                    for i in range(len(self.params))
                ]
            else:
                field = list(self.expression(order))
            return field_source([e.xreplace(numbers) for e in field], self.params, free, offset)

        written = [[sorted(e.items()) for e in f] for f in fields]
        functions = [str(space.expression(generator)) for generator in space.generators]
        names = [str(s) for s in (*self.params, *space.ring.symbols, *free)]
        fixed = sorted((s.name, str(value)) for s, value in numbers.items())
        return compile_field(repr((written, functions, names, fixed, offset)), source)

    def data_symbols(self, step: Any = None, **data: Any) -> tuple[sympy.Symbol, ...]:
        """The symbols that ``compile`` with the same arguments reads from its data vector, in order."""
        first = () if step is not None else (self.step,)
        return first + tuple(s for s in self._symbols if s.name not in data)

    @cached_property
    def _symbols(self) -> tuple[sympy.Symbol, ...]:
        space = self.problem.space
        return tuple(sorted((*space.constants, *space.field_symbols), key=str))

    def _named(self, data: Mapping[str, Any]) -> dict[sympy.Symbol, Any]:
        by_name = {s.name: s for s in self._symbols}
        unknown = sorted(set(data) - set(by_name))
        if unknown:
            raise ValueError(f"no symbol is named {unknown[0]!r}; there are: {', '.join(by_name) or 'none'}")
        return {by_name[name]: value for name, value in data.items()}

    def _numbers(self, step_size: Any, data: Mapping[str, Any]) -> dict[sympy.Symbol, Any]:
        given = self._named(data)
        missing = [s.name for s in self._symbols if s not in given]
        if missing:
            raise ValueError(f"give a number for {', '.join(missing)}")
        numbers = {symbol: self.problem.number(value) for symbol, value in given.items()}
        return {**numbers, self.step: self.problem.number(step_size)}

    def _point(self, point: Any) -> list[Any]:
        entries = list(np.ravel(np.asarray(point, dtype=object)))
        if len(entries) != len(self.params):
            raise ValueError(f"point must have {len(self.params)} numbers, one for each parameter, got {len(entries)}")
        return entries

    def _field_at(self, theta: Any, h: Any, numbers: Mapping[sympy.Symbol, Any], order: int) -> np.ndarray:
        space = self.problem.space
        here = space.located({**numbers, **dict(zip(self.params, theta, strict=True))})
        columns = zip(*self.flow.fields[:order], strict=True)
        return vector(sum(h**k * space.evaluate(e, here) for k, e in enumerate(column)) for column in columns)

    def _vectors(self, flat: list[Any]) -> tuple[np.ndarray, ...]:
        n = len(self.params)
        return tuple(vector(flat[i : i + n]) for i in range(0, len(flat), n))

    def __str__(self) -> str:
        space, name = self.problem.space, self.problem.optimizer.name
        lines = [f"modified equation of {name}, {self.order} term{'s' * (self.order > 1)} ({self.variable})"]
        powers = ["", f"{self.step}*", *(f"{self.step}**{k}*" for k in range(2, self.order))]
        for i, x in enumerate(self.params):
            parts = [f"{power}({space.named(f[i])})" for power, f in zip(powers, self.flow.fields, strict=False)]
            lines.append(f"d/dt {x} = " + "\n    + ".join(parts))
        lines += [f"with {symbol} = {function}" for symbol, function in space.legend()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        name = self.problem.optimizer.name
        return f"<ModifiedField of {name}: order {self.order}, parameters {', '.join(map(str, self.params))}>"

    def _repr_latex_(self) -> str:
        space, rows = self.problem.space, []
        for i, x in enumerate(self.params):
            parts = []
            for k, f in enumerate(self.flow.fields):
                if f[i]:
                    power = sympy.latex(self.step**k) if k else ""
                    parts.append(rf"{power}\left({sympy.latex(space.named(f[i]))}\right)")
            rows.append(rf"\dot{{{sympy.latex(x)}}} &= " + " + ".join(parts or ["0"]))
        rows += [rf"{sympy.latex(symbol)} &= {sympy.latex(function)}" for symbol, function in space.legend()]
        return r"$\begin{aligned}" + r"\\ ".join(rows) + r"\end{aligned}$"


def _lifted(space: Any, expression: sympy.Expr) -> Any:
    return space.ring.from_expr(sympy.expand(expression))
