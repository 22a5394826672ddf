import math
from fractions import Fraction

import pytest
import sympy

a, b, h = sympy.symbols("a b h")


@pytest.fixture
def ab():
    """The workhorse: two parameters, a loss whose modified field stops being a gradient at once."""
    return (1 - a * b) ** 2 / 2, (a, b), h


@pytest.fixture
def defect_slopes():
    def slopes(field, point=(Fraction(7, 5), Fraction(3, 10)), coarse=160, **data):
        found = []
        for p in range(1, field.order + 1):
            large, small = (
                max(abs(float(e)) for e in field.defect(point, Fraction(1, n), order=p, **data))
                for n in (coarse, 2 * coarse)
            )
            found.append(math.log2(large / small))
        return found

    return slopes
