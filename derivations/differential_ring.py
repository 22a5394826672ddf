r"""Functions of the parameters as polynomials, with derivatives as a table: no expression is ever simplified.

A loss that is a polynomial in the parameters lives in the ring ``K[theta, data]``. Other functions are *adjoined*: a
new generator stands for the function, and its derivative is a polynomial in what is already there,

    v = u^(-1/q):  v' = -(1/q) v^(q+1) u'          E = exp(u):  E' = E u'          t = tanh(u):  t' = (1 - t^2) u'
    l = log(u):    l' = u^(-1) u'                   (s, c) = (sin u, cos u):  s' = c u',  c' = -s u'

Only *negative* powers are adjoined, since ``u^(p/q) = u^n v^(nq - p)``: a norm is ``|g| = (g.g) v``, a normalized
gradient ``g v``. The chain rule then makes every derivative a polynomial again, which is exact and fast, where
differentiating and simplifying expressions is neither. Generators may satisfy relations (``u v^2 = 1``), so two
different polynomials may be one function: equality of functions is decided by evaluation (`vanishes`).

The coefficients K are the rationals, or rational functions of the symbolic hyperparameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import sympy
from sympy.polys.rings import PolyElement, PolyRing

from derivations.numbers import exact, inverse_root

_FUNCTIONS = {sympy.exp: "exp", sympy.log: "log", sympy.tanh: "tanh", sympy.sin: "sin", sympy.cos: "cos"}


@final
@dataclass(frozen=True)
class Adjoined:
    """A generator that stands for ``kind(argument)``; ``kind = "power"`` is ``argument^(-1/root)``."""

    kind: str
    argument: sympy.Expr
    root: int = 1
    symbol: sympy.Symbol = field(default_factory=lambda: sympy.Dummy("v"), compare=False)

    def expression(self) -> sympy.Expr:
        if self.kind == "power":
            return self.argument ** sympy.Rational(-1, self.root)
        return getattr(sympy, self.kind)(self.argument)


@final
@dataclass(frozen=True, eq=False)
class DifferentialRing:
    """The ring of the parameters, constants and adjoined functions, with the derivatives by the parameters.

    Attributes:
        params: the symbols that one differentiates by.
        constants: other symbols of the loss (data).
        field_symbols: symbols of the coefficients (hyperparameters).
        adjoined: functions, each of what stands before it.

    >>> a, b = sympy.symbols("a b")
    >>> space = DifferentialRing.containing([sympy.sqrt(1 + a**2)], (a, b))
    >>> root = space.element(sympy.sqrt(1 + a**2))
    >>> sympy.simplify(space.expression(space.derivative(root, 0)) - a / sympy.sqrt(1 + a**2))
    0
    """

    params: tuple[sympy.Symbol, ...]
    constants: tuple[sympy.Symbol, ...] = ()
    field_symbols: tuple[sympy.Symbol, ...] = ()
    adjoined: tuple[Adjoined, ...] = ()

    @staticmethod
    def containing(
        expressions: Iterable[sympy.Expr],
        params: tuple[sympy.Symbol, ...],
        field_symbols: tuple[sympy.Symbol, ...] = (),
    ) -> DifferentialRing:
        """The smallest ring in which the expressions lie.

        Raises:
            ValueError: a function whose derivative is not known here, or a symbolic exponent.
        """
        adjoined: list[Adjoined] = []
        constants: set[sympy.Symbol] = set()
        for expression in expressions:
            rewritten = _rewrite(expression, adjoined, set(field_symbols))
            constants |= rewritten.free_symbols
        for function in adjoined:
            constants |= function.argument.free_symbols
        own = {function.symbol for function in adjoined}
        rest = constants - set(params) - set(field_symbols) - own
        return DifferentialRing(params, tuple(sorted(rest, key=str)), field_symbols, tuple(adjoined))

    @cached_property
    def domain(self) -> Any:
        return sympy.QQ.frac_field(*self.field_symbols) if self.field_symbols else sympy.QQ

    @cached_property
    def ring(self) -> PolyRing:
        symbols = (*self.params, *self.constants, *(function.symbol for function in self.adjoined))
        return PolyRing(symbols, self.domain, sympy.grlex)

    @cached_property
    def variables(self) -> tuple[PolyElement, ...]:
        """The parameters as elements."""
        return tuple(self.ring.gens[: len(self.params)])

    def element(self, expression: Any) -> PolyElement:
        """The expression as an element.

        Raises:
            MissingFunction: it needs a function that is not adjoined.
        """
        adjoined = list(self.adjoined)
        rewritten = _rewrite(sympy.sympify(expression), adjoined, set(self.field_symbols))
        if len(adjoined) > len(self.adjoined):
            raise MissingFunction(adjoined[len(self.adjoined)])
        return self.ring.from_expr(sympy.expand(rewritten))

    def with_function(self, function: Adjoined) -> DifferentialRing:
        """The same ring with one more function."""
        return DifferentialRing(self.params, self.constants, self.field_symbols, (*self.adjoined, function))

    def power(self, base: PolyElement, root: int) -> PolyElement:
        """The generator ``base^(-1/root)``.

        Raises:
            MissingFunction: it is not adjoined.
            ValueError: the base is zero, or a square where a square root is asked for.
        """
        if not base:
            raise ValueError("a vanishing quantity is normalized: there is no expansion around it")
        if base.is_ground and base == 1:
            return self.ring.one
        adjoined = list(self.adjoined)
        symbol, times = _negative_power(base.as_expr(), root, adjoined)
        if len(adjoined) > len(self.adjoined):
            if root == 2 and _is_square(base):
                raise ValueError(
                    "the root of a square is an absolute value (sign descent, epsilon = 0): "
                    "it has no expansion where the quantity changes sign"
                )
            raise MissingFunction(adjoined[-1])
        return self.ring.from_expr(symbol) ** times

    @cached_property
    def generators(self) -> tuple[PolyElement, ...]:
        """The adjoined functions as elements."""
        return tuple(self.ring.gens[len(self.params) + len(self.constants) :])

    @cached_property
    def _table(self) -> tuple[tuple[PolyElement, ...], ...]:
        """Derivatives of the adjoined functions by the parameters."""
        found: list[tuple[PolyElement, ...]] = []
        for position, (function, generator) in enumerate(zip(self.adjoined, self.generators, strict=True)):
            argument = self.ring.from_expr(function.argument)
            outer = self._outer_derivative(function, generator)
            row = tuple(outer * self._derivative(argument, a, found[:position]) for a in range(len(self.params)))
            found.append(row)
        return tuple(found)

    def _outer_derivative(self, function: Adjoined, generator: PolyElement) -> PolyElement:
        argument = function.argument
        if function.kind == "power":
            return generator ** (function.root + 1) * self.domain(-1) / self.domain(function.root)
        if function.kind == "exp":
            return generator
        if function.kind == "tanh":
            return 1 - generator**2
        if function.kind == "log":
            return self.element(1 / argument)
        return self.element(sympy.cos(argument)) if function.kind == "sin" else -self.element(sympy.sin(argument))

    def derivative(self, element: PolyElement, a: int) -> PolyElement:
        """The partial derivative by parameter number a."""
        return self._derivative(element, a, self._table)

    def _derivative(self, element: PolyElement, a: int, table: Iterable[tuple[PolyElement, ...]]) -> PolyElement:
        total = element.diff(self.ring.gens[a])
        for generator, row in zip(self.generators, table, strict=False):
            if row[a]:
                inner = element.diff(generator)
                if inner:
                    total = total + row[a] * inner
        return total

    def along(self, field: tuple[PolyElement, ...], element: PolyElement) -> PolyElement:
        """The derivative along a field, ``sum_a field_a d(element)/d theta_a``."""
        total = self.ring.zero
        for a, component in enumerate(field):
            if component:
                slope = self.derivative(element, a)
                if slope:
                    total = total + component * slope
        return total

    def expression(self, element: PolyElement) -> sympy.Expr:
        """The element as a sympy expression in params, constants and hyperparameters."""
        written = element.as_expr()
        for function in reversed(self.adjoined):
            written = written.xreplace({function.symbol: function.expression()})
        return written

    def named(self, element: PolyElement) -> sympy.Expr:
        """The element with short names r1, r2, ... for the adjoined functions (see `legend`)."""
        return element.as_expr().xreplace(self._names)

    def legend(self) -> tuple[tuple[sympy.Symbol, sympy.Expr], ...]:
        """The names of `named`, with what each stands for."""
        return tuple((self._names[f.symbol], f.expression().xreplace(self._names)) for f in self.adjoined)

    @cached_property
    def _names(self) -> dict[sympy.Symbol, sympy.Symbol]:
        return {function.symbol: sympy.Symbol(f"r{i}") for i, function in enumerate(self.adjoined, start=1)}

    def located(self, numbers: Mapping[sympy.Symbol, Any]) -> dict[sympy.Symbol, Any]:
        """The numbers, with the values of the adjoined functions added."""
        found = dict(numbers)
        for function in self.adjoined:
            if function.symbol not in found:
                argument = self.ring.from_expr(function.argument)
                found[function.symbol] = _apply(function, self._at(argument, found))
        return found

    def evaluate(self, element: PolyElement, numbers: Mapping[sympy.Symbol, Any]) -> Any:
        """The value at numbers for every symbol, in their own arithmetic: exact for rationals without roots."""
        return self._at(element, self.located(numbers))

    def _at(self, element: PolyElement, numbers: Mapping[sympy.Symbol, Any]) -> Any:
        return _evaluate(element, [numbers.get(symbol) for symbol in self.ring.symbols], numbers)

    def vanishes(self, element: PolyElement) -> bool:
        """Whether the function is zero; with adjoined functions this is tested at three points to 50 digits."""
        if not element or not self.adjoined:
            return not element
        expression = self.expression(element)
        symbols = sorted(expression.free_symbols, key=str)
        for shift in range(3):
            point = {s: sympy.Rational(7 * i + 3 * shift + 5, 11 + 2 * i + shift) for i, s in enumerate(symbols)}
            scale = sum(abs(sympy.N(term.subs(point), 60)) for term in sympy.Add.make_args(expression))
            if abs(sympy.N(expression.subs(point), 60)) > scale * sympy.Float("1e-45", 60):
                return False
        return True


class MissingFunction(Exception):
    """Raised when an element needs a function that the ring does not have; carries it as ``.function``."""

    def __init__(self, function: Adjoined) -> None:
        super().__init__(f"the ring lacks {function.expression()}")
        self.function = function


def _rewrite(expression: sympy.Expr, adjoined: list[Adjoined], scalars: set[sympy.Symbol]) -> sympy.Expr:
    """The expression with functions replaced by generators, new ones being appended to `adjoined`."""
    if expression.free_symbols and expression.free_symbols <= scalars and expression.is_rational_function():
        return expression  # an element of the coefficient field
    if not expression.args:
        if expression.is_Float:
            return exact(expression)
        if expression.is_Rational or expression.is_Symbol:
            return expression
        raise ValueError(f"{expression} is neither a symbol nor a rational number")
    if isinstance(expression, (sympy.Add, sympy.Mul)):
        return expression.func(*(_rewrite(part, adjoined, scalars) for part in expression.args))
    if isinstance(expression, sympy.Pow) and expression.base is not sympy.E:
        base = sympy.expand(_rewrite(expression.base, adjoined, scalars))
        exponent = sympy.nsimplify(expression.exp, rational=True)
        if not exponent.is_Rational:
            raise ValueError(f"the exponent of {expression} must be a rational number")
        if exponent.is_Integer and exponent >= 0:
            return base**exponent
        whole, root = max(0, -(-exponent.p // exponent.q)), exponent.q
        generator, times = _negative_power(base, root, adjoined)
        return base**whole * generator ** (times * (whole * root - exponent.p))
    kind = _FUNCTIONS.get(expression.func)
    if kind is None:
        known = ", ".join(sorted(_FUNCTIONS.values()))
        raise ValueError(f"{expression.func} has no derivative rule here; known are rational powers, {known}")
    argument = sympy.expand(_rewrite(expression.args[0], adjoined, scalars))
    if kind == "log":
        _adjoin(Adjoined("power", argument, 1), adjoined)
    if kind in ("sin", "cos"):
        _adjoin(Adjoined("cos" if kind == "sin" else "sin", argument), adjoined)
    return _adjoin(Adjoined(kind, argument), adjoined)


def _negative_power(base: sympy.Expr, root: int, adjoined: list[Adjoined]) -> tuple[sympy.Symbol, int]:
    """A generator v and a number m with ``base^(-1/root) = v^m``; a finer root of the same base serves as well."""
    for known in adjoined:
        if known.kind == "power" and known.argument == base and known.root % root == 0:
            return known.symbol, known.root // root
    return _adjoin(Adjoined("power", base, root), adjoined), 1


def _adjoin(function: Adjoined, adjoined: list[Adjoined]) -> sympy.Symbol:
    for known in adjoined:
        if known == function:
            return known.symbol
    adjoined.append(function)
    return function.symbol


def _is_square(element: PolyElement) -> bool:
    if element.is_ground:
        return False
    _, factors = element.sqf_list()
    return all(multiplicity % 2 == 0 for _, multiplicity in factors)


def _apply(function: Adjoined, argument: Any) -> Any:
    if function.kind == "power":
        if function.root == 1:
            return 1 / argument
        if function.root == 2:
            return inverse_root(argument)
        return argument ** (-1.0 / function.root) if isinstance(argument, float) else 1 / _root(argument, function.root)
    import mpmath

    return getattr(mpmath, function.kind)(argument)


def _root(argument: Any, index: int) -> Any:
    import mpmath

    return mpmath.root(argument, index)


def _evaluate(element: PolyElement, values: list[Any], numbers: Mapping[sympy.Symbol, Any]) -> Any:
    powers: list[list[Any]] = [[1] for _ in values]
    total: Any = Fraction(0)
    for monomial, coefficient in element.terms():
        term = _coefficient(coefficient, numbers)
        for position, exponent in enumerate(monomial):
            if exponent:
                row = powers[position]
                while len(row) <= exponent:
                    row.append(row[-1] * values[position])
                term = term * row[exponent]
        total = total + term
    return total


def _coefficient(coefficient: Any, numbers: Mapping[sympy.Symbol, Any]) -> Any:
    if hasattr(coefficient, "numer"):  # a rational function of the hyperparameters
        values = [numbers[symbol] for symbol in coefficient.field.symbols]
        # mpmath multiplies a Fraction, but does not divide one.
        return _evaluate(coefficient.numer, values, numbers) * (1 / _evaluate(coefficient.denom, values, numbers))
    return Fraction(int(coefficient.numerator), int(coefficient.denominator))
