"""The flow of ``(u v - T)^2 / 2`` in closed form against its integration, its symmetries and its own inverse."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from solvable.theory import scalar_flow, scalar_time

STARTS = [
    (0.1, 0.2, 1), (1, 1, 1), (1, -1, 1), (-1, -1.5, 2), (2, -0.5, -1.5),
    (0.3, 0.3, -1), (0, 0.5, 1), (0, 0, 1),
    (1, 2, 0), (1, 1, 0), (1, -1, -1),
]  # fmt: skip


@pytest.mark.parametrize(("x0", "y0", "target"), STARTS)
def test_scalar_flow_is_the_flow(x0, y0, target):
    times = np.linspace(0, 3, 7)

    def field(t, w):
        r = target - w[0] * w[1]
        return [r * w[1], r * w[0]]

    exact = solve_ivp(field, (0, 3), [x0, y0], t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14).y
    x, y = scalar_flow(x0, y0, times, target)
    assert np.abs(x - exact[0]).max() < 1e-10
    assert np.abs(y - exact[1]).max() < 1e-10
    if x0 * y0 not in (0, target):
        late, _ = scalar_flow(x0, y0, 2 * times, target)
        assert np.abs(late - x).max() > 1e-3


@settings(max_examples=50, deadline=None)
@given(x0=st.floats(-5, 5), y0=st.floats(-5, 5), target=st.floats(-5, 5), t=st.floats(0, 1e6))
def test_scalar_flow_conserves_and_descends(x0, y0, target, t):
    x, y = scalar_flow(x0, y0, t, target)
    size = 1 + x0**2 + y0**2 + abs(target)
    assert float(x * x - y * y) == pytest.approx(x0 * x0 - y0 * y0, abs=1e-13 * size**2)
    assert abs(float(target - x * y)) <= abs(target - x0 * y0) + 1e-13 * size**2


@pytest.mark.parametrize("target", [4.0, -4.0])
def test_scalar_flow_stays_at_the_saddle_for_any_time(target):
    assert [float(v) for v in scalar_flow(0.0, 0.0, 89.0, target)] == [0.0, 0.0]
    assert [float(v) for v in scalar_flow(1e-30, 0.0, 89.0, target)] == pytest.approx([2.0, np.sign(target) * 2.0])


def test_scalar_flow_composes():
    x, y = scalar_flow(*scalar_flow(0.3, -1.2, 0.4, 0.8), 0.7, 0.8)
    assert (float(x), float(y)) == pytest.approx([float(v) for v in scalar_flow(0.3, -1.2, 1.1, 0.8)], rel=1e-13)


@settings(max_examples=50, deadline=None)
@given(
    x0=st.floats(-3, 3),
    y0=st.floats(-3, 3),
    target=st.sampled_from([0.0, 1.0, -2.5]),
    t=st.floats(0.01, 2.0),
)
def test_the_product_alone_takes_the_same_time(x0, y0, target, t):
    x, y = scalar_flow(x0, y0, t, target)
    imbalance = x0 * x0 - y0 * y0
    assume(abs(imbalance) > 1e-3 and abs(x0 * y0 - target) > 1e-2 and abs(x * y - target) > 1e-4)
    assert float(scalar_time(x0 * y0, x * y, imbalance, target)) == pytest.approx(t, abs=1e-10)
    assert np.isposinf(scalar_time(x0 * y0, target, imbalance, target))
    assert float(scalar_time(x0 * y0, x0 * y0, imbalance, target)) == 0
