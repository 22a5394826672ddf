"""Modes of deep linear networks against quadrature in high precision, elementary forms and the flow of the factors."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from solvable.theory import deep_scalar_mode, deep_scalar_time, escape_time, scalar_flow


def exact_time(u0, u, s, N):
    """The integral of ``du / (N u^(2-2/N) (s-u))`` to 30 digits, in the logarithm of u/|s-u| or of u."""
    with mp.workdps(40):
        u0, u, s, c = mp.mpf(u0), mp.mpf(u), mp.mpf(s), 1 - mp.mpf(2) / N
        if s > 0:
            start, end = mp.log(u0 / abs(s - u0)), mp.log(u / abs(s - u))
            sign = 1 if u0 < s else -1
            scale = N * s ** (1 + c)

            def density(y):
                return (1 + sign * mp.exp(-y)) ** c / scale
        else:
            start, end = mp.log(u0), mp.log(u)

            def density(y):
                return mp.exp(-c * y) / (N * (s - mp.exp(y)))

        return mp.quad(density, mp.linspace(start, end, int(abs(end - start) / 2) + 3))


CASES = [  # u0, u, target
    (1e-8, 0.5, 1.0), (1e-12, 3e-12, 1.0), (0.1, 1 - 1e-9, 1.0), (1e-5, 1 - 1e-14, 1.0), (0.2, 0.2 * (1 + 1e-11), 1.0),
    (0.6, 0.7, 1.0), (2e-3, 5e-2, 0.1), (4.0, 1 + 1e-9, 1.0), (1e5, 4e4, 1.0), (1e5, 2.5, 2.0), (3.0, 1.2, 1.0),
    (0.3, 1e-4, -1.0), (5e4, 2e4, -1.0), (40.0, 0.7, -1.0), (1.0, 0.25, 0.0), (1e-3, 9.9e-4, 0.0),
]  # fmt: skip


@pytest.mark.parametrize("depth", [2, 3, 4, 5, 10])
@pytest.mark.parametrize(("u0", "u", "target"), CASES)
def test_the_time_is_the_integral(u0, u, target, depth):
    exact = exact_time(u0, u, target, depth)
    measured = float(deep_scalar_time(u0, u, target, depth))
    assert float(abs(measured - exact) / abs(exact)) < 1e-14
    assert float(deep_scalar_time(-u0, -u, -target, depth)) == measured
    assert float(deep_scalar_time(u, u0, target, depth)) == pytest.approx(-measured, rel=1e-14)


def test_elementary_depths():
    u0, u, s = 1e-3, np.array([1e-2, 0.3, 0.9]), 1.0

    def by_hand(v):  # depth 4
        return (np.arctanh(np.sqrt(v / s)) / s**1.5 - 1 / (s * np.sqrt(v))) / 2

    assert deep_scalar_time(u0, u, s, 4) == pytest.approx(by_hand(u) - by_hand(u0), rel=1e-14)
    logit = np.log(u / (s - u)) - np.log(u0 / (s - u0))
    assert deep_scalar_time(u0, u, s, 2) == pytest.approx(logit / 2, rel=1e-14)


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
@pytest.mark.parametrize(
    ("u0", "target"), [(1e-3, 1.0), (0.8, 2.0), (3.0, 1.0), (0.7, -1.5), (0.7, 0.0), (-0.01, -0.5)]
)
def test_the_mode_is_the_flow_of_its_factors(u0, target, depth):
    """Each of the N factors descends on its own, the first with the sign of u0."""

    def field(_, w):
        product = np.prod(w)
        return [(target - product) * np.prod(np.delete(w, k)) for k in range(depth)]

    start = np.full(depth, abs(u0) ** (1 / depth))
    start[0] *= np.sign(u0)
    end = 1.2 * float(escape_time(u0, target, depth)) if 0 < u0 / (target or np.inf) < 1 else 3.0
    times = np.linspace(0, end, 6)
    w = solve_ivp(field, (0, end), start, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14).y
    u = deep_scalar_mode(u0, target, depth, times)
    assert u == pytest.approx(np.prod(w, axis=0), rel=1e-8)
    rate = 2.0 if depth == 2 else 1.0  # a rival on another clock
    assert np.abs(deep_scalar_mode(u0, target, depth, times / 2) - u)[1:].max() > 1e-6 * rate


@settings(max_examples=150, deadline=None)
@given(
    log_start=st.floats(-12, 4),
    fraction=st.floats(0, 0.999999),
    size=st.floats(0.01, 100),
    sign=st.sampled_from([-1, 1]),
    mirror=st.sampled_from([-1, 1]),
    depth=st.sampled_from([2, 3, 4, 7, 20]),
)
def test_the_mode_inverts_the_time(log_start, fraction, size, sign, mirror, depth):
    target, u0 = sign * size, size * 10**log_start
    u = u0 * (1e-6 if sign < 0 else size / u0) ** fraction
    if u0 == target or (u - target) * (u0 - target) <= 0:
        return
    t = float(deep_scalar_time(u0, u, target, depth))
    found = float(deep_scalar_mode(mirror * u0, mirror * target, depth, max(t, 0.0)))
    sensitivity = abs(t * depth * u ** (1 - 2 / depth) * (target - u))  # of u, relative, to t, relative
    assert found == pytest.approx(mirror * u, rel=5e-15 * (2 + sensitivity) * max(1, depth / 5))


@pytest.mark.parametrize("depth", [3, 4, 6, 20])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_mode_is_found_over_twelve_decades_of_starts_alone_and_in_company(depth, sign):
    ratios = np.logspace(-6, 12, 19)[:, None] * 1.1
    shares = np.array([1e-6, 0.01, 0.3, 0.9, 1 - 1e-3, 1 - 1e-6])
    target = sign * 0.3
    start = 0.3 * ratios
    # Between the start and the target, or a millionth of the start, on a logarithmic scale.
    u = start * (0.3 / start if sign > 0 else 1e-6) ** shares
    start = np.broadcast_to(start, u.shape)
    times = deep_scalar_time(start, u, target, depth)
    together = deep_scalar_mode(start, target, depth, times)
    alone = np.reshape(
        [deep_scalar_mode(a, target, depth, t) for a, t in zip(start.ravel(), times.ravel(), strict=True)], u.shape
    )
    slope = times * depth * u ** (1 - 2 / depth) * np.abs(target - u)  # of log u in log t
    # t is a difference of values at both ends; its rounding is that of u.
    for found in (together, alone):
        assert np.all(np.abs(found / u - 1) < 1e-14 * (2 + slope) * max(1, depth / 5))


def test_a_mode_that_falls_from_far_above_the_target():
    found = float(deep_scalar_mode(50.0, 0.02, 20, 8.0))
    assert float(deep_scalar_time(50.0, found, 0.02, 20)) == pytest.approx(8.0, rel=1e-13)
    flow = solve_ivp(
        lambda _, x: 20 * np.exp(0.9 * x) * (0.02 - np.exp(x)), (0, 8), [np.log(50)], method="Radau", rtol=1e-10
    )
    assert found == pytest.approx(np.exp(flow.y[0, -1]), rel=1e-7)


def test_a_mode_that_is_not_found_is_refused(monkeypatch):
    monkeypatch.setattr("solvable.theory.deep_linear.mode_curves._ITERATIONS", 1)
    with pytest.raises(ValueError, match="t must be a time at which the mode can be resolved, got 8 from u0 = 50"):
        deep_scalar_mode(50.0, 0.02, 20, 8.0)


def test_modes_at_the_ends_of_time():
    assert deep_scalar_mode([0.2, 1.0, 2.0], 1.0, 5, 0.0).tolist() == [0.2, 1.0, 2.0]
    for depth in (2, 3, 9):
        assert deep_scalar_mode([1e-300, 0.5, 1.0, 7.0], 1.0, depth, 1e300) == pytest.approx([1, 1, 1, 1], rel=1e-15)
        falling = deep_scalar_mode(0.5, -1.0, depth, [1e3, 1e300])
        assert np.all((falling >= 0) & (falling < 1e-2))
    times = np.linspace(0, 20, 400)
    assert np.all(np.diff(deep_scalar_mode(1e-2, 1.0, 3, times)) >= 0)
    assert deep_scalar_mode(np.full((2, 1), 0.1), 1.0, 4, times).shape == (2, 400)
    assert deep_scalar_time(1.0, 1.0, 1.0, 3) == 0
    assert deep_scalar_time(0.5, 1.0, 1.0, 3) == np.inf


def test_two_layers_are_the_closed_form_of_the_scalar_model():
    times = np.linspace(0, 9, 7)
    x, y = scalar_flow(np.sqrt(1e-4), np.sqrt(1e-4), times, 0.8)
    assert deep_scalar_mode(1e-4, 0.8, 2, times) == pytest.approx(x * y, rel=1e-13)


@pytest.mark.parametrize("depth", [2, 3, 4, 8])
def test_escape_follows_its_law(depth):
    starts = np.array([1e-6, 1e-9, 1e-12])
    times = deep_scalar_time(starts, 0.5, 1.0, depth)
    errors = np.abs(times / escape_time(starts, 1.0, depth) - 1)
    assert errors[-1] < 2e-2
    # The error falls like u0^(1-2/N) where the law is a power; where it is a logarithm it is exact at half the target.
    if depth > 2:
        assert np.diff(np.log(errors)) / np.log(1e-3) == pytest.approx([1 - 2 / depth] * 2, abs=0.05)
    else:
        assert errors.max() < 1e-6
