r"""Is a field a gradient, and of what?

On a simply connected domain f is minus the gradient of a function if and only if its Jacobian is symmetric,
``curl = D f - (D f)^T = 0``. Backward error fields start as gradients and stop being so: for gradient descent

    f_0 = -g,     f_1 = -(1/2) H g = -grad |g|^2 / 4,     f_2 = -(1/3) H^2 g - (1/12) (D_g H) g,

and since ``f_2 = -(1/12) grad (g.H g) - (1/6) H^2 g``, only the second part has a curl,

    curl f_2 = -(1/6) [H, D_g H].

It vanishes when H commutes with its derivative along g: quadratic, one-dimensional, separable and radial losses. For
all others the third term of the modified equation is the gradient of nothing: no modified loss of that order exists.

Where the curl vanishes the potential is first sought among the scalars that a loss offers (L, ``g.g``, ``g.H g``,
norms), by linear algebra on coefficients. Otherwise a polynomial field is integrated along rays from zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement

from derivations.differential_ring import DifferentialRing

Components = tuple[PolyElement, ...]


class NotAGradient(ValueError):
    """A term of the modified field is not a gradient, so that there is no modified loss of that order.

    Attributes:
        term: its number k, from 0.
        curl: the matrix ``D f_k - (D f_k)^T``, not zero.
    """

    def __init__(self, term: int, curl: sympy.Matrix) -> None:
        entry = str(min((entry for entry in curl if entry != 0), key=sympy.count_ops))
        shown = f": its curl has the entry {entry}" if len(entry) < 80 else ": its Jacobian is not symmetric"
        super().__init__(f"term {term} of the modified field is not a gradient{shown}")
        self.term = term
        self.curl = curl


def curl_elements(space: DifferentialRing, field: Components) -> list[list[PolyElement]]:
    """``D f - (D f)^T`` as ring elements."""
    n = len(field)
    rows = [[space.derivative(f, a) for a in range(n)] for f in field]
    return [[rows[i][j] - rows[j][i] for j in range(n)] for i in range(n)]


def scalar_candidates(
    space: DifferentialRing, losses: Sequence[PolyElement], order: int
) -> list[tuple[PolyElement, Components]]:
    """Scalars, with their gradients, that the potential of a modified field of that many terms may contain."""
    zero = space.ring.zero
    found = list(losses)
    if losses:
        slopes = [_gradient(space, loss) for loss in (sum(losses, zero), *losses)]
        found += [sum((e * e for e in g), zero) for g in slopes]
        first = bent = slopes[0]
        for _ in range(order - 2):
            bent = tuple(space.along(bent, e) for e in first)
            found.append(sum((x * y for x, y in zip(first, bent, strict=True)), zero))
        found.append(sum((x * e for x, e in zip(space.variables, slopes[0], strict=True)), zero))
    found.append(sum((x * x for x in space.variables), zero))
    pairs = [(scalar, _gradient(space, scalar)) for scalar in found]
    for function in space.adjoined:
        if function.kind == "power" and function.root == 2:
            base = space.ring.from_expr(function.argument)
            inverse = space.power(base, 2)
            half = inverse / 2  # written without using base * inverse^2 = 1, which the ring does not know
            pairs.append((base * inverse, tuple(half * e for e in _gradient(space, base))))
    return pairs


def _gradient(space: DifferentialRing, element: PolyElement) -> Components:
    return tuple(space.derivative(element, a) for a in range(len(space.params)))


def potential(
    space: DifferentialRing, field: Components, candidates: Sequence[tuple[PolyElement, Components]]
) -> PolyElement:
    """V with ``-grad V = field``, for a field without curl.

    Raises:
        ValueError: V is not among the combinations of candidates, and the field is not a polynomial.

    >>> space = DifferentialRing(sympy.symbols("x y"))
    >>> x, y = space.variables
    >>> str(potential(space, (-y, -x), []))
    'x*y'
    """
    combined = _combination(space, field, candidates)
    if combined is not None:
        return combined
    if any(not e.diff(generator).is_zero for e in field for generator in space.generators):
        raise ValueError("the term is a gradient, but its potential is not a combination of the known scalars")
    total = space.ring.zero
    for x, component in zip(space.variables, field, strict=True):
        for monomial, coefficient in (x * component).terms():
            degree = sum(monomial[: len(space.params)])
            total -= space.ring.term_new(monomial, coefficient / space.domain(degree))
    return total


def _combination(
    space: DifferentialRing, field: Components, candidates: Sequence[tuple[PolyElement, Components]]
) -> PolyElement | None:
    """The combination of candidates whose gradient is minus the field, with coefficients in the domain."""
    if not candidates:
        return None
    columns = [slope for _, slope in candidates] + [tuple(-e for e in field)]
    keys = sorted({(i, monomial) for column in columns for i, e in enumerate(column) for monomial in e})
    rows: list[list[Any]] = [[column[i].get(monomial, space.domain.zero) for column in columns] for i, monomial in keys]
    if not rows:
        return space.ring.zero
    reduced, pivots = DomainMatrix(rows, (len(rows), len(columns)), space.domain).rref()
    if len(candidates) in pivots:
        return None
    last = reduced.to_Matrix().col(len(candidates))
    total = space.ring.zero
    for row, pivot in enumerate(pivots):
        total = total + candidates[pivot][0] * space.domain.from_sympy(last[row])
    return total
