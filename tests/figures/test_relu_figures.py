"""The figures of ReLU networks of one variable: their numbers against other roads, and against rivals."""

import numpy as np
import pytest

from solvable.theory import training_regime


def exponent(gamma, prime):
    """S of the plane, by cases."""
    if gamma <= 1:
        return gamma - 1 - 2 * max(prime, 0)
    if prime >= gamma - 1:
        return 2 * (gamma - 1 - prime)
    return min((gamma - 1 - prime) / 2, gamma - 1)


def test_measured_exponents_have_the_shades_of_the_plane(arrays_of):
    found = arrays_of("relu-phase-diagram")
    places, measured = found["place"], found["measured"]
    expected = np.array([exponent(*place) for place in places])
    np.testing.assert_allclose(measured, expected, atol=0.07)
    assert np.mean(np.abs(measured - expected)) < 0.03
    rates = np.log(found["change"][:, -1] / found["change"][:, 0]) / np.log(found["width"][-1] / found["width"][0])
    np.testing.assert_allclose(measured, rates, atol=0.02)  # powers: two widths say the same as three
    rivals = places[:, 0] - 1, places[:, 0] - 1 - 2 * places[:, 1]
    assert all(np.sum(np.abs(measured - rival) > 0.2) >= 5 for rival in rivals)
    for i, j in ((0, 0), (100, 300), (250, 20), (399, 250), (180, 399)):
        gamma, prime = found["gamma"][j], found["gamma_prime"][i]
        assert found["exponent"][i, j] == pytest.approx(exponent(gamma, prime), abs=1e-12)


def test_the_critical_line_separates_linear_from_condensed(arrays_of):
    (first, corner, last), off = arrays_of("relu-phase-diagram")["critical"], np.array([0.01, -0.01])
    for start, end in ((first, corner), (corner, last)):
        for share in (0.1, 0.9):
            point = start + share * (end - start)
            names = [str(training_regime(*place)) for place in (point - off, point, point + off)]
            assert names == ["linear", "critical", "condensed"]
