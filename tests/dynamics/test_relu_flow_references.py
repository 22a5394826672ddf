"""The event-driven flow against SciPy from event to event, tiny steps of descent, and a smoothed activation."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable import GradientDescent, GradientFlow, UnivariateReLUNetwork, simulate


class Pieces:
    """The flow by NumPy and SciPy, told what happens at the events; `worst` is the worst that contradicts them.

    Every piece must be a solution in the sense of Filippov: neurons see the samples on whose active side they are;
    where a knot is held, the weight of its sample that keeps it there is between 0 and 1.
    """

    def __init__(self, model, theta, decay):
        self.model, self.decay, self.theta, self.worst = model, decay, theta.copy(), 0.0
        parts = model.unpack(theta)
        z = np.outer(model.x, parts["w"]) + parts["b"]
        self.seen = (z > 1e-14 * (np.abs(np.outer(model.x, parts["w"])) + np.abs(parts["b"]))).astype(float)
        self.held = np.full(model.width, -1)

    def field(self, theta):
        """(right-hand side, pre-activations ``(n, m)``, weights with which held knots see their samples)."""
        model, x, parts = self.model, self.model.x, self.model.unpack(theta)
        z = np.outer(x, parts["w"]) + parts["b"]
        e = ((self.seen * z) @ parts["a"] + parts.get("c", 0) * x + parts.get("d", 0) - model.y) / x.size
        held = np.flatnonzero(self.held >= 0)
        at = self.held[held]
        one, zero = (e * x) @ self.seen, e @ self.seen
        weights = -(one[held] * x[at] + zero[held]) / (e[at] * (1 + x[at] ** 2))
        one[held] += weights * e[at] * x[at]
        zero[held] += weights * e[at]
        slopes = {"a": parts["w"] * one + parts["b"] * zero, "w": parts["a"] * one, "b": parts["a"] * zero}
        affine = {name: value for name, value in (("c", e @ x), ("d", e.sum())) if name in parts}
        return -model.pack(**slopes, **affine) - self.decay * theta, z, weights

    def go(self, start, end):
        run = solve_ivp(
            lambda _, theta: self.field(theta)[0], (start, end), self.theta, "DOP853", rtol=1e-11, atol=1e-13
        )
        self.theta = run.y[:, -1].copy()
        for theta in run.y[:, 1:-1].T:
            _, z, weights = self.field(theta)
            wrong = np.where(self.seen > 0, -z, z)
            held = np.flatnonzero(self.held >= 0)
            wrong[self.held[held], held] = np.abs(z[self.held[held], held])
            self.note(np.max(wrong), *-weights, *(weights - 1))

    def happen(self, neuron, sample, kind, state):
        m, z = self.model.width, self.field(self.theta)[1]
        self.note(abs(z[sample, neuron]))
        self.held[neuron] = sample if state == "pinned" else -1
        self.seen[sample, neuron] = state == "active"
        if kind == "dies":
            self.note(*np.abs(self.theta[[m + neuron, 2 * m + neuron]]))
            self.seen[:, neuron] = 0

    def note(self, *wrong):
        self.worst = max(self.worst, *wrong)


def follow(model, theta, events, end, decay=0.0):
    pieces, now = Pieces(model, theta, decay), 0.0
    for time, *what, _ in zip(*events, strict=True):
        if time > now:
            pieces.go(now, time)
        pieces.happen(*what)
        now = time
    pieces.go(now, end)
    return pieces


@pytest.mark.parametrize("options", [{}, {"output_bias": True}, {"skip": True}])
@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_scipy_from_event_to_event(relu_network, options, decay):
    """Through crossings and pinnings, to the precision of both."""
    met = []
    for seed in range(3):
        model, theta = relu_network(seed, n=6, m=12, deviations=(1.0, 0.3, 0.3), **options)
        run = simulate(model, GradientFlow(rtol=1e-12, weight_decay=decay), theta, time=3.0)
        other = follow(model, theta, run.events, 3.0, decay)
        np.testing.assert_allclose(other.theta, run.final, atol=1e-9)
        assert other.worst < 1e-9
        met += run.events.kind.tolist()
    assert min(met.count("passes"), met.count("pins")) >= 4


@pytest.mark.parametrize("seed", range(12))
def test_scipy_where_many_knots_start_at_samples(seed):
    """Everything on a lattice: ties, equal and mirrored neurons, events in the same moment."""
    rng = np.random.default_rng(seed)
    x, (a, w, b) = rng.choice(np.arange(-4, 5), 5, replace=False) / 2, rng.integers(-2, 3, (3, 8)) / 2
    model = UnivariateReLUNetwork(x, rng.integers(-2, 3, 5), 8)
    theta = model.pack(a=a, w=w, b=b)
    run = simulate(model, GradientFlow(rtol=1e-12), theta, time=2.0)
    other = follow(model, theta, run.events, 2.0)
    np.testing.assert_allclose(other.theta, run.final, atol=1e-9)
    assert other.worst < 1e-9


def unique_until(model, theta, time, **options):
    """The time, up to `time`, to which the flow is unique (a little less than that)."""
    events = simulate(model, GradientFlow(**options), theta, time=time).events
    return min([time, *(0.99 * events.time[~events.unique])])


@pytest.mark.parametrize("options", [{}, {"skip": True}])
def test_tiny_steps_of_gradient_descent(relu_network, options):
    """First order in the step size, through crossings and pinnings."""
    met = []
    for seed in range(6):
        model, theta = relu_network(seed, deviations=(1.0, 0.1, 0.1), **options)
        time = unique_until(model, theta, 3.0, weight_decay=0.05)
        run = simulate(model, GradientFlow(weight_decay=0.05), theta, time=time)
        f = model.predict(run.final, np.linspace(-2, 2, 41))
        errors = []
        for steps in (3_000, 30_000, 300_000):
            tiny = simulate(model, GradientDescent(time / steps, 0.05), theta, steps=steps)
            errors.append(np.abs(model.predict(tiny.final, np.linspace(-2, 2, 41)) - f).max())
        assert errors[2] < 1e-3
        assert errors[2] < 0.05 * errors[0]
        met += run.events.kind.tolist()
    assert min(met.count(kind) for kind in ("passes", "pins", "leaves")) >= 3


def smoothed(model, theta, width, time):
    """The flow with ``relu'(z) = clip(z / width, 0, 1)``, which is continuous, by an implicit method."""
    x, n = model.x, model.n_samples

    def field(_, z):
        a, w, b = z.reshape(3, -1)
        h = np.outer(w, x) + b[:, None]
        seen = np.clip(h / width, 0, 1)
        e = (a @ np.maximum(h, 0) - model.y) / n
        one, zero = seen @ (e * x), seen @ e
        return -np.concatenate([np.maximum(h, 0) @ e, a * one, a * zero])

    return solve_ivp(field, (0, time), theta, "LSODA", rtol=1e-10, atol=1e-12).y[:, -1]


def test_a_smoothed_activation(relu_network):
    """What stays at a sample is the limit of what slows down there: the error is of the order of the width."""
    pins = 0
    for seed in range(6):
        model, theta = relu_network(seed, n=4, m=5)
        time = unique_until(model, theta, 2.0)
        run = simulate(model, GradientFlow(), theta, time=time)
        errors = [np.abs(smoothed(model, theta, width, time) - run.final).max() for width in (1e-3, 1e-5)]
        assert errors[0] < 2e-2
        assert errors[1] < 0.03 * errors[0] + 1e-8
        pins += np.sum(run.events.kind == "pins")
    assert pins >= 3
