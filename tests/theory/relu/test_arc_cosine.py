"""The arc-cosine functions to 40 digits, and the kernels as integrals over the angle of the weights."""

import mpmath as mp
import numpy as np
import pytest

from solvable.theory.relu.arc_cosine import angle_excess, feature_kernel, sine_excess, tangent_kernel

ANGLES = np.concatenate([np.geomspace(1e-90, 0.999, 80), np.linspace(0.9, np.pi, 120)])


def test_no_digit_is_lost_at_any_angle():
    with mp.workdps(300):
        for theta in ANGLES:
            t = mp.mpf(float(theta))
            for value, exact in (
                (angle_excess(theta), t - mp.sin(t) * mp.cos(t)),
                (sine_excess(theta), mp.sin(t) - t * mp.cos(t)),
            ):
                assert abs(mp.mpf(float(value)) / exact - 1) < 6e-16


def by_quadrature(s, t, integrand):
    """``E[h(g . S, g . T)]`` for h of degree 2, ``S = (s, 1)``: ``E r^2 = 2`` times the mean over the angle of g."""
    kinks = sorted({float(mp.atan2(v, 1) + k * mp.pi) for v in (-s, -t) for k in (-1, 0, 1)} | {float(-mp.pi)})
    ends = [e for e in kinks if -np.pi <= e < np.pi] + [mp.pi]
    return mp.quad(lambda a: integrand(mp.cos(a) * s + mp.sin(a), mp.cos(a) * t + mp.sin(a)), ends) / mp.pi


@pytest.mark.parametrize("pair", [(0.3, 0.3), (-1.0, 2.0), (5.0, 5.001), (-40.0, 30.0), (0.0, 1e-3)])
def test_kernels_are_the_expectations_they_name(pair):
    s, t = map(mp.mpf, pair)

    def relu(v):
        return max(v, mp.mpf(0))

    with mp.workdps(25):
        feature = by_quadrature(s, t, lambda p, q: relu(p) * relu(q))
        # E a^2 = 1 and degree 0 in g: the mean over the angle is half of what by_quadrature takes
        both = by_quadrature(s, t, lambda p, q: mp.mpf(p > 0 and q > 0)) / 2
    assert float(feature_kernel(*map(np.array, pair))) == pytest.approx(float(feature), rel=1e-11)
    assert float(tangent_kernel(*map(np.array, pair)) - feature_kernel(*map(np.array, pair))) == pytest.approx(
        float((1 + s * t) * both), rel=1e-11, abs=1e-14
    )
