"""Bursts and the central flow against adaptive integration, and against the maps that they stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from solvable.theory import SharpValley, burst_energy, burst_growth, burst_period


def test_burst_integrals_against_adaptive_integration():
    alpha, beta, x = 0.8, 3.0, 0.25

    def flow(_, z):
        force = alpha - beta / 2 * np.exp(2 * z[0])
        return [z[1], force, force**2]

    def rising(_, z):
        return z[1]

    rising.direction = 1
    found = solve_ivp(flow, (0, 20), [np.log(x), 0.0, 0.0], "DOP853", events=rising, rtol=1e-12, atol=1e-13)
    k = int(np.flatnonzero(found.t_events[0] > 0.1)[0])
    assert burst_period(x, alpha, beta) == pytest.approx(found.t_events[0][k], rel=1e-9)
    assert burst_growth(x, alpha, beta) == pytest.approx(found.y_events[0][k][2], rel=1e-9)
    u, y, _ = found.y
    assert np.ptp(burst_energy(np.exp(u), y, alpha, beta)) < 1e-9
    with pytest.raises(ValueError, match="below the center"):
        burst_period(2.0, alpha, beta)


@given(st.floats(0.01, 0.95), st.floats(0.1, 10.0), st.floats(0.1, 10.0))
@settings(max_examples=30, deadline=None)
def test_bursts_scale(share, alpha, beta):
    """Time goes with 1/sqrt(alpha), and beta only sets the unit of x."""
    x = share * np.sqrt(2 * alpha / beta)
    assert burst_period(x, alpha, beta) * np.sqrt(alpha) == pytest.approx(burst_period(share, 1.0, 2.0), rel=1e-8)
    assert burst_growth(x, alpha, beta) / alpha**1.5 == pytest.approx(burst_growth(share, 1.0, 2.0), rel=1e-8)


VALLEY = SharpValley([0.05, 0.02], [1.0, 0.8], [1.0, 0.5], 4.0, 0.4)


def test_the_central_flow_stays_on_the_edge_and_solves_its_equation():
    end, variance = VALLEY.equilibrium()
    assert VALLEY.variance(end) == pytest.approx(variance, rel=1e-12)
    start = end + np.array([0.3, -0.6])
    times = np.linspace(0, 30, 7)
    points = VALLEY.central_flow(start, times)
    assert np.allclose(VALLEY.sharpness(points), 5.0, atol=1e-13)
    assert np.allclose(points[0], start)

    def field(_, w):
        return -VALLEY.stiffness * (w - VALLEY.minimum) - VALLEY.variance(w) / 2 * VALLEY.slope

    found = solve_ivp(field, (0, 30), start, "DOP853", times, rtol=1e-12, atol=1e-14).y.T
    assert np.allclose(points, found, atol=1e-10)


def test_a_valley_below_the_edge_holds_nothing_back():
    calm = SharpValley([0.05], [1.0], [1.0], 1.0, 0.4)
    point, variance = calm.equilibrium()
    assert variance == 0.0
    assert np.array_equal(point, [1.0])
    with pytest.raises(ValueError, match="one entry for each variable"):
        SharpValley([0.05, 0.1], [1.0], [1.0], 1.0, 0.4)
    with pytest.raises(ValueError, match="stiffness must be > 0"):
        SharpValley([-0.05], [1.0], [1.0], 1.0, 0.4)


def test_free_descent_and_contraction_against_the_map_itself():
    h, a = VALLEY.step_size, VALLEY.slope
    w, x = np.zeros(2), 1e-9
    points, gains = VALLEY.free_descent(w, 30)
    for k in range(30):
        assert np.allclose(w, points[k], atol=1e-14)
        assert np.log(abs(x) / 1e-9) == pytest.approx(gains[k], abs=1e-10)
        x, w = x * (1 - h * VALLEY.sharpness(w)), w - h * (VALLEY.stiffness * (w - VALLEY.minimum) + x * x / 2 * a)
    end, variance = VALLEY.equilibrium()

    def step(z):
        u, v = z[0], z[1:]
        pull = VALLEY.stiffness * (v - VALLEY.minimum) + np.exp(2 * u) / 2 * a
        return np.append(u + np.log(abs(1 - h * VALLEY.sharpness(v))), v - h * pull)

    fixed = np.append(np.log(variance) / 2, end)
    assert np.allclose(step(fixed), fixed, atol=1e-14)
    slopes = np.array([(step(fixed + d) - step(fixed - d)) / 2e-6 for d in 1e-6 * np.eye(3)]).T
    assert VALLEY.contraction() == pytest.approx(np.max(np.abs(np.linalg.eigvals(slopes))), abs=1e-8)
