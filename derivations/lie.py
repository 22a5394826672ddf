r"""The Lie logarithm: from a step to the field whose flow takes that step.

Let ``Phi = theta + h phi_0 + h^2 phi_1 + ...`` be one step, and let ``D = f~ . d/dtheta`` be the derivative along the
wanted field ``f~ = f_0 + h f_1 + ...``. The flow of duration mh acts on functions as ``exp(m h D)``, so

    Phi = exp(m h D) theta = theta + m h f~ + (m h)^2/2! D f~ + (m h)^3/3! D^2 f~ + ...

At order ``h^(k+1)`` the new unknown f_k appears once, as ``m f_k``, beside terms made of earlier ones: solve order by
order. (m = 1, except that an epoch of m batches lasts m steps.)

**Memory.** A state s (momentum, second moments) is removed by the *slow manifold* ``s = S(theta) = S_0 + h S_1 + ...``,
which the step maps to itself. On it the state is one more function of theta that the flow carries along:

    exp(m h D) theta = Theta(theta, S),          exp(m h D) S = M(theta, S),

``theta+ = Theta, s+ = M``. At h = 0 theta stands still, and the memory settles at S_0, its rest under a constant
gradient; there it forgets by a constant matrix ``A = dM/ds``. So f_0 follows from S_0, S_1 from f_0 by
``(1 - A) S_1 = ...``, f_1 from S_1, and so on, each in one sweep. If 1 - A is singular (momentum 1) nothing is
forgotten and there is no slow manifold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any, final

import numpy as np
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement

from derivations.differential_ring import DifferentialRing
from derivations.numbers import Dual, vector
from derivations.ring_series import Series

Components = tuple[PolyElement, ...]
Step = Callable[[Any, Any, Any], Any]


@final
class LieTable:
    """``[h^m] D^j e`` for a series e, computed once each; `fields` and `start` may grow between calls."""

    def __init__(self, space: DifferentialRing, fields: list[Components], start: list[Components]) -> None:
        self._space, self._fields, self._start = space, fields, start
        self._known: dict[tuple[int, int], Components] = {}

    def entry(self, j: int, m: int) -> Components:
        """Needs the fields and the start up to number m."""
        if j == 0:
            zero = self._space.ring.zero
            return self._start[m] if m < len(self._start) else tuple(zero for _ in self._start[0])
        if (j, m) not in self._known:
            total = [self._space.ring.zero] * len(self._start[0])
            for i in range(m + 1):
                for b, element in enumerate(self.entry(j - 1, m - i)):
                    if element:
                        total[b] = total[b] + self._space.along(self._fields[i], element)
            self._known[j, m] = tuple(total)
        return self._known[j, m]

    def exponential(self, power: int, duration: int, first: int) -> list[PolyElement]:
        """``[h^power]`` of the terms ``(m h)^j D^j / j!`` with j >= first."""
        domain = self._space.domain
        total = [self._space.ring.zero] * len(self._start[0])
        for j in range(first, power + 1):
            weight = domain(duration**j) / domain(factorial(j))
            for b, element in enumerate(self.entry(j, power - j)):
                total[b] = total[b] + element * weight
        return total


@final
@dataclass(frozen=True, eq=False)
class SlowFlow:
    """The modified field with its slow manifold.

    Attributes:
        fields: ``f_0, ..., f_(p-1)``.
        memory: ``S_0, ..., S_(p-1)``, each a flat tuple over the state vectors; empty without memory.
        response: matrix by which a first displacement of the memory moves theta in the end, in units of h; None where
            it is not constant.
    """

    fields: tuple[Components, ...]
    memory: tuple[Components, ...] = ()
    response: tuple[tuple[Any, ...], ...] | None = None


def multistep_flow(
    space: DifferentialRing, force: Components, coefficients: Sequence[Any], order: int
) -> tuple[Components, ...]:
    """``f_0, ..., f_(order-1)`` of ``f~ = sum_j c_j h^j D^j f`` for the field f = `force`.

    >>> import sympy
    >>> space = DifferentialRing((sympy.Symbol("x"),))
    >>> (x,) = space.variables
    >>> [str(f) for (f,) in multistep_flow(space, (-x,), [sympy.QQ(1), sympy.QQ(-1, 2), sympy.QQ(1, 12)], 3)]
    ['-x', '-1/2*x', '-1/3*x']
    """
    fields: list[Components] = []
    table = LieTable(space, fields, [force])
    for k in range(order):
        total = [space.ring.zero] * len(force)
        for j in range(k + 1):
            if coefficients[j]:
                for b, element in enumerate(table.entry(j, k - j)):
                    total[b] = total[b] + element * coefficients[j]
        fields.append(tuple(total))
    return tuple(fields)


def lie_logarithm(space: DifferentialRing, step: Step, order: int, duration: int = 1) -> tuple[Components, ...]:
    """``f_0, ..., f_(order-1)`` of a step without memory, ``step(theta, (), h) -> theta, ()`` on series.

    >>> import sympy
    >>> space = DifferentialRing((sympy.Symbol("x"),))
    >>> [str(f) for (f,) in lie_logarithm(space, lambda x, state, h: (x - h * x, state), 3)]
    ['-x', '-1/2*x', '-1/3*x']
    """
    image, _ = step(_identity(space, order + 1), (), Series.of(space, {1: 1}, order + 1))
    _check_identity(space, image)
    fields: list[Components] = []
    table = LieTable(space, fields, [space.variables])
    for k in range(order):
        fields.append(_next_field(space, table, image, k, duration))
    return tuple(fields)


def slow_flow(space: DifferentialRing, step: Step, rest: Sequence[PolyElement], order: int, vectors: int) -> SlowFlow:
    """The same for a step with memory, ``rest`` being S_0 as a flat list over `vectors` state vectors.

    Raises:
        ValueError: the memory does not rest there, forgets nothing, or moves theta at h = 0.
    """
    forgetting, response = _linear_memory(space, step, rest, vectors)
    fields: list[Components] = []
    memory: list[Components] = [tuple(rest)]
    of_theta = LieTable(space, fields, [space.variables])
    of_memory = LieTable(space, fields, memory)
    for k in range(order):
        length = k + 2
        columns = [{i: layer[b] for i, layer in enumerate(memory)} for b in range(len(rest))]
        state = _split([Series.of(space, column, length) for column in columns], vectors)
        image, carried = step(_identity(space, length), state, Series.of(space, {1: 1}, length))
        fields.append(_next_field(space, of_theta, image, k, 1))
        if k + 1 < order:
            known = of_memory.exponential(k + 1, 1, 1)
            missing = [c.coefficients[k + 1] - x for c, x in zip(_flat(carried), known, strict=True)]
            memory.append(tuple(_apply(space, forgetting, missing)))
    return SlowFlow(tuple(fields), tuple(memory), response)


def _next_field(space: DifferentialRing, table: LieTable, image: Any, k: int, duration: int) -> Components:
    known = table.exponential(k + 1, duration, 2)
    inverse = space.domain(1) / space.domain(duration)
    return tuple((x.coefficients[k + 1] - y) * inverse for x, y in zip(image, known, strict=True))


def _linear_memory(space: DifferentialRing, step: Step, rest: Sequence[PolyElement], vectors: int) -> Any:
    """``(1 - A)^(-1)``, and the response of theta, from the step on dual numbers around the rest."""
    n, q = len(space.params), len(rest)
    h, theta = Series.of(space, {1: 1}, 2), _identity(space, 2)
    remember = [[space.domain.zero] * q for _ in range(q)]
    push = [[space.ring.zero] * q for _ in range(n)]
    for b in range(q):
        state = [Dual(Series.of(space, {0: s}, 2), Series.of(space, {0: int(i == b)}, 2)) for i, s in enumerate(rest)]
        image, carried = step(theta, _split(state, vectors), h)
        for i, entry in enumerate(_flat(carried)):
            if entry.value.coefficients[0] != rest[i]:
                raise ValueError("the state given as `memory` is not at rest under a constant gradient")
            slope = entry.tangent.coefficients[0]
            if not slope.is_ground:
                raise ValueError("the memory must forget at a rate that does not depend on theta")
            remember[i][b] = slope.LC if slope else space.domain.zero
        for i, entry in enumerate(image):
            slope = entry.tangent.coefficients if isinstance(entry, Dual) else (space.ring.zero,) * 2
            if slope[0]:
                raise ValueError("the memory moves theta at h = 0: let the state be of order one, and multiply it by h")
            push[i][b] = slope[1]
        _check_identity(space, vector(e.value if isinstance(e, Dual) else e for e in image))
    matrix = DomainMatrix.eye(q, space.domain).to_dense() - DomainMatrix(remember, (q, q), space.domain)
    if matrix.rank() < q:
        raise ValueError("the memory forgets nothing (momentum 1): there is no slow manifold and no modified field")
    inverse = matrix.inv().to_list()
    if not all(entry.is_ground for row in push for entry in row):
        return inverse, None
    constant = DomainMatrix([[e.LC if e else space.domain.zero for e in row] for row in push], (n, q), space.domain)
    return inverse, tuple(map(tuple, (constant * matrix.inv()).to_list()))


def _apply(space: DifferentialRing, matrix: list[list[Any]], column: Sequence[PolyElement]) -> list[PolyElement]:
    found = []
    for row in matrix:
        terms = (x * weight for weight, x in zip(row, column, strict=True) if weight)
        found.append(sum(terms, space.ring.zero))
    return found


def _identity(space: DifferentialRing, length: int) -> np.ndarray:
    return vector(Series.of(space, {0: x}, length) for x in space.variables)


def _check_identity(space: DifferentialRing, image: Any) -> None:
    for entry, x in zip(image, space.variables, strict=True):
        if entry.coefficients[0] != x:
            raise ValueError("the step does not tend to the identity as h -> 0: it has no modified flow")


def _split(flat: Sequence[Any], vectors: int) -> tuple[np.ndarray, ...]:
    n = len(flat) // vectors
    return tuple(vector(flat[i * n : (i + 1) * n]) for i in range(vectors))


def _flat(state: Any) -> list[Any]:
    return [entry for part in state for entry in part]
