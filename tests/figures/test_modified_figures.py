"""The figures of modified equations: a few of their numbers, against what is known by other means."""

import numpy as np

from figures import truncation


def test_each_term_brings_the_flow_closer_to_descent(arrays_of):
    found = arrays_of("modified-flows")
    ends = found["flow"][:, -1]
    np.testing.assert_allclose(ends.prod(axis=1), 1.0, atol=1e-8)
    distance = np.linalg.norm(ends - found["descent"][-1], axis=1)
    assert np.all(distance[1:] < 0.65 * distance[:-1])
    a, b = found["flow"][0].T  # the gradient flow conserves a^2 - b^2
    np.testing.assert_allclose(a**2 - b**2, a[0] ** 2 - b[0] ** 2, atol=1e-7)


def test_slopes_and_heights_are_those_of_theory(arrays_of):
    found = arrays_of("modified-slopes")
    small = found["step"] == 1 / 48
    for p, error, constant in zip(found["order"], found["error"], found["constant"], strict=True):
        np.testing.assert_allclose(error[small], constant / 48.0**p, rtol=0.02)


def test_terms_of_the_logistic_step_are_those_of_the_general_machine():
    import sympy

    from derivations import modified_field

    x, h = sympy.symbols("x h")
    field = modified_field("gradient_descent", x**3 / 3 - x**2 / 2, (x,), 9, h)
    for (exact,), found in zip(field.terms, truncation.terms(9), strict=True):
        expected = [float(c) for c in sympy.Poly(exact, x).all_coeffs()[::-1]]
        np.testing.assert_allclose([float(c / truncation.UNIT) for c in found[: len(expected)]], expected, rtol=1e-12)


def test_the_best_number_of_terms_and_the_least_defect(arrays_of):
    found = arrays_of("truncation")
    scaled = found["best"] * found["step"] / truncation.RATE
    assert np.all((scaled > 0.75) & (scaled < 1.6))
    assert np.all(found["best"] < truncation.TERMS)
    decay = -np.polyfit(1 / found["step"], np.log(found["least"]), 1)[0]
    assert truncation.RATE < decay < 1.25 * truncation.RATE
    assert found["defect"][0, -1] > 1e3 * found["least"][0]  # the rival: more terms always help


def test_momentum_penalties(arrays_of):
    found = arrays_of("momentum-penalty")
    beta = found["momentum"]
    known = [(1 + beta) / (1 - beta), (1 - beta + 2 * beta**2) / (1 - beta)]
    np.testing.assert_allclose(found["theory"], known, rtol=1e-12)
    np.testing.assert_allclose(found["measured"][:, -1], found["theory"], rtol=3e-3)
    gap = np.abs(found["measured"] / found["theory"][:, None] - 1)
    np.testing.assert_allclose(gap[:, 2] / gap[:, 4], 10, rtol=0.2)  # of the order of the step
