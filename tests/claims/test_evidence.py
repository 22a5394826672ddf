"""Every kind of evidence: what passes, what fails, what stays open, and which rivals are rejected."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import sympy

from solvable.claims.algebra import symbolic, vanishes
from solvable.claims.comparison import closeness, limit, optimum
from solvable.claims.errors import ClaimError
from solvable.claims.inequalities import bound
from solvable.claims.slopes import order
from solvable.claims.verdicts import Agreement

INSIDE, OUTSIDE, OPEN = Agreement.INSIDE, Agreement.OUTSIDE, Agreement.OPEN
H = np.array([0.1, 0.05, 0.025, 0.0125])


@dataclass
class Minimum:
    point: object
    certified: bool = True
    objective: float = 1.0
    gap: float = 1e-12
    residual: float = 1e-14


def identity(measured, predicted, rivals=None, tolerance=1e-10, scale=None):
    return closeness("identity", measured, predicted, rivals or {}, tolerance, scale)


def test_identity_is_relative_to_the_largest_prediction():
    predicted = np.array([1e6, 1.0])
    assert identity(predicted + [0, 9e-5], predicted).agreement is INSIDE
    assert identity(predicted + [0, 2e-4], predicted).agreement is OUTSIDE
    assert identity(predicted + [0, 9e-5], predicted, scale=np.abs(predicted)).agreement is OUTSIDE
    assert identity(0.0, 0.0).agreement is INSIDE
    assert identity(1e-300, 0.0).agreement is OUTSIDE
    assert identity(1e-12, 0.0, scale=1.0).agreement is INSIDE


def test_identity_margin_is_the_slack_in_tolerances():
    assert identity(1.0, 1.0).margin == 1.0
    assert identity(1.05, 1.0, tolerance=0.1).margin == pytest.approx(0.5)
    assert identity(1.2, 1.0, tolerance=0.1).margin == pytest.approx(-1.0)


def test_identity_of_complex_numbers_sees_the_phase():
    assert identity(np.exp(0.1j), 1.0, tolerance=1e-3).agreement is OUTSIDE


@pytest.mark.parametrize(("gap", "rejected"), [(9.9e-10, False), (1.01e-9, True)])
def test_a_rival_is_rejected_at_ten_tolerances(gap, rejected):
    (rival,) = identity(1.0, 1.0, {"near": 1.0 + gap}).rivals
    assert rival.rejected is rejected


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_measurement_that_is_not_finite_is_outside(bad):
    evidence = identity([1.0, bad], [1.0, 1.0], {"rival": [0.0, 0.0]})
    assert evidence.agreement is OUTSIDE
    assert "not finite" in evidence.note
    assert not evidence.rivals[0].rejected


def test_a_prediction_that_is_not_finite_is_an_error():
    with pytest.raises(ClaimError, match="predicted must be finite"):
        identity(1.0, np.nan)


def test_a_rival_that_is_not_finite_is_not_rejected():
    assert not identity(1.0, 1.0, {"diverged": np.inf}).rivals[0].rejected


@pytest.mark.parametrize(
    ("measured", "predicted", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0], "predicted has shape"),
        ([], [], "must not be empty"),
        ("one", 1.0, "measured must be numeric"),
        (object(), 1.0, "measured must be numeric"),
        (1.0, [1.0, 1.0], "predicted has shape"),
    ],
)
def test_misuse_is_one_line(measured, predicted, message):
    with pytest.raises(ClaimError, match=message):
        identity(measured, predicted)


@pytest.mark.parametrize("tolerance", [0.0, -1.0, np.nan, np.inf])
def test_a_tolerance_is_positive_and_finite(tolerance):
    with pytest.raises(ClaimError, match="tolerance"):
        identity(1.0, 1.0, tolerance=tolerance)


def test_limit_passes_when_it_gets_there_and_approaches():
    evidence = limit(H, 1 + H**4, 1.0, {"zero": 0.0}, 1e-6)
    assert evidence.agreement is INSIDE
    assert evidence.rivals[0].rejected


def test_limit_doubled_constant_is_refuted():
    assert limit(H, 1 + H**4, 2.0, {}, 1e-6).agreement is OUTSIDE


def test_limit_still_moving_is_open():
    evidence = limit(H, 1 + H, 1.0, {}, 1e-6)
    assert evidence.agreement is OPEN
    assert "horizon too short" in evidence.note


def test_limit_that_only_passes_by_is_open():
    assert limit(H, [1.001, 1.2, 1.1, 1.0000001], 1.0, {}, 1e-6).agreement is OPEN


def test_limit_moving_away_is_refuted():
    assert limit(H, [1.0, 1.1, 1.3, 1.7], 1.0, {}, 1e-6).agreement is OUTSIDE


def test_limit_at_the_rounding_floor_may_fluctuate():
    assert limit(H, [1.1, 1 + 1e-16, 1 + 3e-16, 1 + 2e-16], 1.0, {}, 1e-6).agreement is INSIDE


def test_limit_of_arrays_nonfinite_and_short():
    rows = np.array([[1.0, 2.0], [1.0, 2.0 + 1e-9]])
    assert limit([1, 2], rows, [1.0, 2.0], {}, 1e-6).agreement is INSIDE
    assert limit([1, 2], [1.0, np.nan], 1.0, {}, 1e-6).agreement is OUTSIDE
    assert limit([1], [1.0], 1.0, {}, 1e-6).agreement is OPEN
    with pytest.raises(ClaimError, match="one row per parameter"):
        limit([1, 2, 3], rows, [1.0, 2.0], {}, 1e-6)


def test_order_passes_fails_and_rejects():
    evidence = order(H, 3 * H**2, 2, {"flow": 5 * H, "cubic": 3.0, "near": 2.3}, 0.1)
    assert evidence.agreement is INSIDE
    assert [rival.rejected for rival in evidence.rivals] == [True, True, False]
    assert order(H, 3 * H**2, 4, {}, 0.1).agreement is OUTSIDE


def test_order_rival_with_the_same_slope_is_not_rejected():
    assert not order(H, H**2, 2, {"blind": 7 * H**2}, 0.1).rivals[0].rejected


@pytest.mark.parametrize(
    "errors",
    [
        [1e-3, 1e-5, np.nan, 1e-9],
        [1e-3, 1e-5, 0.0, 1e-9],
        [1e-12, 1e-14, 1e-15, 1e-16],
        [1e-8, 2.5e-9, 6e-10, 6e-10],
    ],
)
def test_order_without_a_meaningful_slope_is_open(errors):
    assert order(H, errors, 2, {}, 0.1).agreement is OPEN


def test_order_needs_three_points_and_a_sane_parameter():
    assert order(H[:2], H[:2] ** 2, 2, {}, 0.1).agreement is OPEN
    for parameter in ([0.1, 0.1, 0.2], [0.0, 0.1, 0.2], [-0.1, 0.1, 0.2]):
        with pytest.raises(ClaimError, match="distinct positive"):
            order(parameter, [1.0, 2.0, 3.0], 2, {}, 0.1)
    with pytest.raises(ClaimError, match="one error per parameter"):
        order(H, H, 1, {"short": [1.0, 2.0]}, 0.1)


def test_order_of_a_wrong_constant_is_refuted_not_open():
    # The residual of a doubled leading constant is one order too large: a clean slope, and the wrong one.
    assert order(H, 0.3 * H + H**2, 2, {}, 0.1).agreement is OUTSIDE


def test_bound_passes_fails_and_rejects():
    evidence = bound([0.9, 0.5], [1.0, 1.0], {"half": 0.5, "loose": 2.0}, 1e-9)
    assert evidence.agreement is INSIDE
    assert [rival.rejected for rival in evidence.rivals] == [True, False]
    assert bound([1.1], [1.0], {}, 1e-9).agreement is OUTSIDE
    assert bound([1.0 + 1e-12], [1.0], {}, 1e-9).agreement is INSIDE
    assert bound([1e-12], 0.0, {}, 1e-9).agreement is INSIDE
    assert bound([np.nan], 1.0, {}, 1e-9).agreement is OUTSIDE


def test_bound_is_relative_entry_by_entry():
    assert bound([1e6, 1.001], [1e6, 1.0], {}, 1e-6).agreement is OUTSIDE


def test_bound_margin_falls_monotonically_through_zero_at_the_tolerance():
    margins = [bound([v], [1.0], {}, 1e-3).margin for v in (0.0, 0.5, 0.999, 1.0, 1.001, 1.002, 1.1)]
    assert margins == sorted(margins, reverse=True)
    assert margins[3] > 0 > margins[5]


def test_optimum_agrees_rejects_and_needs_a_certificate():
    point = np.array([1.0, 0.0])
    rivals = {"l2": Minimum([0.5, 0.5]), "point": [0.9, 0.1], "uncertified": Minimum([0.0, 1.0], False)}
    evidence = optimum(point + 1e-9, Minimum(point), rivals, 1e-6)
    assert evidence.agreement is INSIDE
    assert [rival.rejected for rival in evidence.rivals] == [True, True, False]
    assert evidence.numbers["gap"] == 1e-12
    assert optimum(point + 1e-3, Minimum(point), {}, 1e-6).agreement is OUTSIDE
    assert optimum(point, Minimum(point, certified=False), {}, 1e-6).agreement is OPEN


X, Y = sympy.symbols("x y")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (sympy.sin(X) ** 2 + sympy.cos(X) ** 2 - 1, True),
        ((X + Y) ** 2 - X**2 - 2 * X * Y - Y**2, True),
        (X * Y - Y, False),
        (Fraction(1, 3) - Fraction(2, 6), True),
        (0.0, True),
        (1, False),
        (sympy.zeros(2, 2), True),
        (sympy.Matrix([[0, X]]), False),
        ([X - X, sympy.Integer(0)], True),
        (np.array([0, X - X], dtype=object), True),
    ],
)
def test_vanishes(expression, expected):
    assert vanishes(expression) is expected


def test_symbolic_evidence():
    evidence = symbolic((X + 1) ** 2 - X**2 - 2 * X - 1, {"no cross term": (X + 1) ** 2 - X**2 - 1, "same": X - X})
    assert evidence.agreement is INSIDE
    assert [rival.rejected for rival in evidence.rivals] == [True, False]
    assert symbolic(X - 2 * X, {}).agreement is OUTSIDE
    # An unknown function is neither simplified to zero nor evaluated to a number.
    assert symbolic(sympy.Function("f")(X), {}).agreement is OPEN
    with pytest.raises(ClaimError, match="not strings"):
        symbolic("x - x", {})
