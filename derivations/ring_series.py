r"""Power series in the step h over a differential ring: the numbers on which a step produces its own expansion.

A series is known up to ``O(h^len)``. Sums are known as far as both terms; a product as far as the better known factor
times the order of the other, so that multiplying by h gains what dividing by h loses. A gradient at a displaced point
is Taylor's theorem,

    e(theta + d) = sum_alpha  d^alpha / alpha!  (partial^alpha e)(theta),

which ends by itself for a polynomial loss, and by truncation when the displacement d is of order h.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np
from sympy.polys.rings import PolyElement

from derivations.differential_ring import DifferentialRing
from derivations.numbers import Dual, rational, tangents, values, vector


@final
@dataclass(frozen=True, eq=False)
class Series:
    """``sum_k coefficients[k] h^k + O(h^len)``.

    >>> import sympy
    >>> h = Series.of(DifferentialRing((sympy.Symbol("x"),)), {1: 1}, 3)
    >>> [str(c) for c in (1 / (1 - h)).coefficients]
    ['1', '1', '1']
    """

    space: DifferentialRing
    coefficients: tuple[PolyElement, ...]

    @staticmethod
    def of(space: DifferentialRing, terms: dict[int, Any], length: int) -> Series:
        """The series with the given coefficients (elements or numbers) by power of h."""
        ring = space.ring
        return Series(space, tuple(ring(terms[k]) if k in terms else ring.zero for k in range(length)))

    @property
    def order(self) -> int:
        """The lowest power that is present; the known length if none is."""
        return next((k for k, c in enumerate(self.coefficients) if c), len(self.coefficients))

    def _lift(self, other: Any) -> Series:
        if isinstance(other, Series):
            return other
        return Series.of(self.space, {0: rational(other)}, len(self.coefficients))

    def __add__(self, other: Any) -> Any:
        if isinstance(other, (np.ndarray, Dual)):
            return NotImplemented
        pairs = zip(self.coefficients, self._lift(other).coefficients, strict=False)
        return Series(self.space, tuple(x + y for x, y in pairs))

    __radd__ = __add__

    def __neg__(self) -> Series:
        return Series(self.space, tuple(-c for c in self.coefficients))

    def __sub__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, (np.ndarray, Dual)) else self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (np.ndarray, Dual)):
            return NotImplemented
        if not isinstance(other, Series):
            scale = self.space.ring(rational(other))
            return Series(self.space, tuple(c * scale for c in self.coefficients))
        factor = other
        low, high = self.order, factor.order
        length = min(len(self.coefficients) + high, len(factor.coefficients) + low)
        found = [self.space.ring.zero] * length
        for i, x in enumerate(self.coefficients):
            if x:
                for j, y in enumerate(factor.coefficients[: length - i]):
                    if y:
                        found[i + j] = found[i + j] + x * y
        return Series(self.space, tuple(found))

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Series:
        result = self._lift(1)
        for _ in range(exponent):
            result = result * self
        return result

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, (np.ndarray, Dual)):
            return NotImplemented
        divisor = self._lift(other)
        shift = divisor.order
        if shift == len(divisor.coefficients):
            raise ValueError("the step divides by zero")
        if shift > self.order:
            raise ValueError("the step divides by h: it has no expansion at h = 0")
        top, bottom = self.coefficients[shift:], divisor.coefficients[shift:]
        inverse = self._inverse(bottom[0])
        found: list[PolyElement] = []
        for k in range(min(len(top), len(bottom))):
            known = sum((bottom[i] * found[k - i] for i in range(1, k + 1) if bottom[i]), self.space.ring.zero)
            found.append((top[k] - known) * inverse)
        return Series(self.space, tuple(found))

    def __rtruediv__(self, other: Any) -> Any:
        return self._lift(other) / self

    def _inverse(self, element: PolyElement) -> PolyElement:
        if element.is_ground:
            return self.space.ring(1 / element.LC)
        return self.space.power(element, 1)

    def inverse_root(self) -> Series:
        """``x^(-1/2)`` by the binomial series around the leading coefficient, whose inverse root is adjoined."""
        lead = self.coefficients[0]
        root = self.space.power(lead, 2)
        ratio = (self - self._lift(lead)) * (root * root)
        total = term = self._lift(1)
        for k in range(1, len(self.coefficients)):
            term = term * ratio * Fraction(1 - 2 * k, 2 * k)
            total = total + term
        return total * root


@final
@dataclass(frozen=True, eq=False)
class RingGradient:
    """A field of ring elements (the gradient of the loss), evaluated at vectors of series.

    Attributes:
        space: the ring.
        components: the field, one element for each parameter.
    """

    space: DifferentialRing
    components: tuple[PolyElement, ...]

    def __call__(self, theta: np.ndarray) -> np.ndarray:
        if any(isinstance(entry, Dual) for entry in theta):
            point, direction = values(theta), tangents(theta)
            pairs = zip(self(point), self.derivative(point, direction), strict=True)
            return vector(Dual(value, slope) for value, slope in pairs)
        displacement = self._displacement(theta)
        return vector(self._displaced(element, displacement) for element in self.components)

    def derivative(self, theta: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """The derivative of the field at `theta` applied to `direction`."""
        displacement = self._displacement(theta)
        found = []
        for element in self.components:
            total = 0 * direction[0]
            for a, component in enumerate(direction):
                slope = self.space.derivative(element, a)
                if slope:
                    total = total + component * self._displaced(slope, displacement)
            found.append(total)
        return vector(found)

    def _displacement(self, theta: np.ndarray) -> list[Series]:
        moved = [entry - x for entry, x in zip(theta, self.space.variables, strict=True)]
        if self.space.adjoined and any(d.coefficients[0] for d in moved):
            raise ValueError(
                "the gradient is taken at a finite distance from theta, where this loss is not a polynomial: "
                "give radius and ascent step as multiples of h"
            )
        return moved

    def _displaced(self, element: PolyElement, displacement: list[Series]) -> Series:
        length = min(len(d.coefficients) for d in displacement)
        return self._taylor(element, displacement, 0, length)

    def _taylor(self, element: PolyElement, displacement: list[Series], first: int, budget: int) -> Series:
        """Taylor's sum over the parameters from number `first` on; terms beyond ``h^budget`` are dropped."""
        total = Series.of(self.space, {0: element}, len(displacement[0].coefficients))
        if first == len(displacement):
            return total
        total, power = self._taylor(element, displacement, first + 1, budget), None
        step, k = displacement[first], 0
        while step.order < len(step.coefficients):
            k += 1
            element = self.space.derivative(element, first)
            if not element or k * step.order >= budget:
                break
            power = step if power is None else power * step * Fraction(1, k)
            total = total + power * self._taylor(element, displacement, first + 1, budget - k * step.order)
        return total
