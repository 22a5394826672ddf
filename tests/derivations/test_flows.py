"""The modified field as a flow: the iterates follow it to the order that was promised, and rivals do not.

The defect of a field is blind to its speed, so each kind of optimizer is followed over a fixed time as well.
"""

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp

from derivations import modified_field, optimizers

h = sympy.Symbol("h")
START = np.array([1.4, 0.3])
R = sympy.Rational


def gradient(theta):
    a, b = theta
    return (a * b - 1) * np.array([b, a])


def flow(field, theta, time, step, order):
    compiled = field.compile(order=order)  # reads the step from its data: one compilation for all sizes
    data, out = np.array([step]), np.zeros(len(theta))

    def right(_, x):
        compiled(np.ascontiguousarray(x), data, out)
        return out.copy()

    return solve_ivp(right, (0.0, time), theta, method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]


def errors(field, step, order, *, start=None, state=(), time=0.5, sizes=(40, 80), **given):
    found = []
    for n in sizes:
        theta, memory = START, state(1 / n) if callable(state) else state
        for _ in range(round(time * n)):
            theta, memory = step(theta, memory, gradient, 1 / n, **given)
        origin = START if start is None else start(1 / n)
        found.append(np.max(np.abs(flow(field, origin, time, 1 / n, order) - theta)))
    return np.log2(found[0] / found[1])


def test_gradient_descent(ab):
    field = modified_field("gradient_descent", *ab[:2], 4, h)
    slopes = [errors(field, optimizers.gradient_descent, p) for p in (1, 2, 3, 4)]
    assert slopes == pytest.approx([1, 2, 3, 4], abs=0.1)


def test_the_rival_without_its_quarter(ab):
    """(h/2)|grad L|^2 for (h/4)|grad L|^2: first order, not second."""
    loss, params, _ = ab
    square = sum(sympy.diff(loss, s) ** 2 for s in params)
    rival = modified_field("gradient_descent", loss + sympy.Symbol("k") * square / 2, params, 1, h)
    found = []
    for n in (20, 40):
        theta = START
        for _ in range(n // 2):
            theta = theta - gradient(theta) / n
        compiled, out = rival.compile(1.0, k=R(1, n)), np.zeros(2)

        def right(_, x, compiled=compiled, out=out):
            compiled(np.ascontiguousarray(x), np.zeros(1), out)
            return out.copy()

        end = solve_ivp(right, (0.0, 0.5), START, method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
        found.append(np.max(np.abs(end - theta)))
    assert np.log2(found[0] / found[1]) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("name", ["heavy_ball", "nesterov"])
def test_momentum_on_the_slow_manifold(ab, name):
    field = modified_field(name, *ab[:2], 4, h, momentum=R(1, 4))
    step = getattr(optimizers, name)
    slopes = [
        errors(field, step, p, state=lambda size: field.on_manifold_state(START, size), sizes=(80, 160), momentum=0.25)
        for p in (1, 2, 3)
    ]
    assert slopes == pytest.approx([1, 2, 3], abs=0.15)


@pytest.mark.parametrize("name", ["heavy_ball", "nesterov"])
def test_zero_memory_costs_an_order_unless_the_start_is_shifted(ab, name):
    field = modified_field(name, *ab[:2], 2, h, momentum=R(1, 2))
    shift = sympy.lambdify((*ab[1], h), field.start_shift())
    given = {"state": (0 * START,), "time": 0.25, "sizes": (160, 320), "momentum": 0.5}
    step = getattr(optimizers, name)
    assert errors(field, step, 2, **given) == pytest.approx(1, abs=0.15)
    shifted = errors(field, step, 2, start=lambda size: START + np.array(shift(*START, size)), **given)
    assert shifted == pytest.approx(2, abs=0.15)


def test_adam_on_the_slow_manifold(ab):
    given = {"beta1": 0.5, "beta2": 0.6, "epsilon": 0.25}
    field = modified_field("adam", *ab[:2], 3, h, **given)
    slopes = [
        errors(field, optimizers.adam, p, state=lambda size: field.on_manifold_state(START, size), **given)
        for p in (1, 2, 3)
    ]
    assert slopes == pytest.approx([1, 2, 3], abs=0.25)
    with pytest.raises(ValueError, match="nonlinearly"):
        field.start_shift()


def test_sharpness_aware(ab):
    field = modified_field("usam", *ab[:2], 3, h, radius=h / 2)

    def step(theta, state, gradient, size):
        return optimizers.usam(theta, state, gradient, size, radius=size / 2)

    assert [errors(field, step, p) for p in (1, 2, 3)] == pytest.approx([1, 2, 3], abs=0.1)


def test_reshuffling_on_its_mean_epoch(ab):
    """One epoch of m steps is a time of m h: the mean end against the flow, one order better than at fixed time."""
    a, b = ab[1]
    losses = [(1 - a * b) ** 2 / 2, (a - 2 * b + 1) ** 2 / 2, (a**2 - b) ** 2 / 2]
    gradients = [sympy.lambdify((a, b), [sympy.diff(e, s) for s in (a, b)]) for e in losses]
    batches = [lambda theta, g=g: np.array(g(*theta)) for g in gradients]
    field = modified_field("random_reshuffling", losses, (a, b), 3, h)
    for p in (1, 2, 3):
        found = []
        for n in (320, 640):
            end, _ = optimizers.random_reshuffling(START, (), batches, 1 / n)
            found.append(np.max(np.abs(flow(field, START, 3 / n, 1 / n, p) - end.astype(float))))
        assert np.log2(found[0] / found[1]) == pytest.approx(p + 1, abs=0.15)
