"""The map of how far input weights move against the exponents, at a point of each form."""

import numpy as np

from solvable.phase.diagrams import relu_regimes
from solvable.theory import relative_change_exponent


def test_exponents_of_each_regime():
    gamma, prime = np.array([0.7, 0.7, 1.6, 1.6, 1.2]), np.array([-0.5, 0.5, -1.0, 0.2, 0.9])
    found = relu_regimes.measure(prime, gamma, seed=1)
    assert not found["unresolved"].any()
    assert np.allclose(found["exponent"], relative_change_exponent(gamma, prime), atol=0.12)


def test_levels_are_where_the_exponent_is_the_level():
    axes = {"gamma_prime": np.array([-1.0, 1.5]), "gamma": np.array([0.5, 2.0])}
    curves = relu_regimes.theory(axes)
    for curve, level in zip(curves[-len(relu_regimes.LEVELS) :], relu_regimes.LEVELS, strict=True):
        assert np.allclose(relative_change_exponent(curve.x, curve.y), level, atol=0.01)
    assert np.allclose(relative_change_exponent(curves[0].x, curves[0].y), 0.0)
