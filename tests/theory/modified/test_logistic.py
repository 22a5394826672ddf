"""The modified equation of the logistic map in fractions, and against one step."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import (
    LOGISTIC_RADIUS,
    logistic_defects,
    logistic_flow,
    logistic_modified_series,
    logistic_modified_terms,
)


def test_logistic_terms_have_both_fixed_points_and_the_reflection():
    x = Fraction(1, 7)
    for k, q in enumerate(logistic_modified_terms(20)):

        def value(at, q=q):
            return sum(c * at**i for i, c in enumerate(q))

        assert len(q) == k + 1
        assert value(Fraction(1)) == Fraction(1, k + 1)
        assert value(1 - x) == (-1) ** k * value(x)


def test_logistic_defect_in_plain_fractions():
    h, x = Fraction(1, 4), Fraction(3, 8)

    def field(at, order):
        return (
            sum(h**k * sum(c * at**i for i, c in enumerate(q)) for k, q in enumerate(logistic_modified_terms(order)))
            * at
            * (1 - at)
        )

    errors = logistic_defects([0.375], 0.25, 9)
    for order in range(1, 10):
        exact = field(x + h * x * (1 - x), order) - (1 + h * (1 - 2 * x)) * field(x, order)
        assert errors[order - 1] == pytest.approx(abs(float(exact)), rel=1e-12)
        assert logistic_modified_series(0.25, order)(0.375) == pytest.approx(float(field(x, order)), rel=1e-13)


def test_logistic_series_follows_the_step():
    h = 0.3
    field = logistic_modified_series(h, round(LOGISTIC_RADIUS / h))
    flow = solve_ivp(lambda _, x: field(x), (0, h), [0.4], "DOP853", rtol=1e-13, atol=1e-15).y[0, -1]
    assert flow == pytest.approx(0.4 + h * 0.4 * 0.6, abs=1e-13)
    assert logistic_flow(0.25, np.log(3.0)) == pytest.approx(0.5)
