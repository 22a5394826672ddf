"""Diagonal networks on an orthogonal design: the flow of (u, v), and 500 digits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from solvable.theory import half_time, orthogonal_flow


@pytest.mark.parametrize(
    ("target", "a", "xi0"), [(1.5, 0.25, 0.0), (-2.0, 1e-3, 0.7), (0.0, 0.5, 1.0), (0.4, 2.0, -1.0)]
)
def test_orthogonal_flow_is_the_flow(target, a, xi0):
    h, times = 0.7, np.linspace(0.0, 4.0, 9)

    def field(t, w):
        g = h * (w[0] ** 2 - w[1] ** 2 - target)
        return [-2 * w[0] * g, 2 * w[1] * g]

    start = [np.sqrt(a) * np.exp(xi0 / 2), np.sqrt(a) * np.exp(-xi0 / 2)]
    u, v = solve_ivp(field, (0, 4), start, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14).y
    beta = orthogonal_flow(h, target, times, a, xi0)
    assert np.abs(beta - (u**2 - v**2)).max() < 1e-9
    assert np.abs(orthogonal_flow(2 * h, target, times, a, xi0) - beta).max() > 1e-2


@settings(max_examples=60, deadline=None)
@given(
    log10_a=st.floats(-130, 5),
    target=st.floats(0.01, 100),
    sign=st.sampled_from([-1, 1]),
    xi0=st.floats(-5, 5),
    log10_t=st.floats(-3, 3),
)
def test_orthogonal_flow_in_high_precision(log10_a, target, sign, xi0, log10_t):
    import mpmath as mp

    a, b, t = 10.0**log10_a, sign * target, 10.0**log10_t
    with mp.workdps(500):
        A, B = mp.mpf(a), mp.mpf(b)
        s = mp.sqrt(B * B + 4 * A * A)
        up, down, E0 = (B + s) / (2 * A), (B - s) / (2 * A), mp.exp(mp.mpf(xi0))
        ratio = (E0 - up) / (E0 - down) * mp.exp(-4 * s * mp.mpf(t))
        E = (up - ratio * down) / (1 - ratio)
        exact = float(A * (E - 1 / E))
    assert float(orthogonal_flow(1.0, b, t, a, xi0)) == pytest.approx(exact, rel=1e-9, abs=1e-13 * a)


def test_orthogonal_flow_far_below_the_smallest_float():
    time = half_time(1.3, -2.0, log_a=-1e4)
    assert float(orthogonal_flow(1.3, -2.0, time, log_a=-1e4)) == pytest.approx(-1.0, rel=1e-10)
    assert float(time) == pytest.approx((1e4 + np.log(2.0)) / (4 * 1.3 * 2.0), rel=1e-4)
    assert orthogonal_flow(1.0, 2.0, [0.0, 1e9], log_a=-1e4) == pytest.approx([0.0, 2.0], rel=1e-11)


@pytest.mark.parametrize(
    ("h", "target", "a", "xi0"), [(1.0, 1.0, 1e-6, 0.0), (0.3, -2.0, 0.1, 0.5), (2.0, 5.0, 10.0, 0.0)]
)
def test_half_time_is_when_half_is_reached(h, target, a, xi0):
    assert float(orthogonal_flow(h, target, half_time(h, target, a, xi0), a, xi0)) == pytest.approx(
        target / 2, rel=1e-12
    )
