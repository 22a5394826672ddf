"""Ledgers of the full-batch methods: their entries against the gain formulas of the prediction road.

Those formulas take gradients, computed here by NumPy from the saved parameters of every step. Where factors leave the
range of floating point, the reference is the run itself in logarithms, written from the steps' multipliers.
"""

import functools

import numpy as np
import pytest

from solvable import (
    Adam,
    DiagonalLinearNetwork,
    Flooding,
    GradientDescent,
    GradientRegularized,
    HeavyBall,
    Nesterov,
    SharpnessAware,
    Status,
    simulate,
)
from solvable.integrators.ledger import NO_NORM
from solvable.integrators.scaled import FLOOR
from solvable.theory import (
    gain_flooding,
    gain_gradient_regularized,
    gain_heavy_ball,
    gain_nesterov,
    gain_per_sample_ascent,
    gain_sharpness_aware,
    hypentropy_minimum,
)


class Net:
    """A network in NumPy: ``beta = u^2 - v^2`` or ``u v``, and what the formulas want at ``theta (2d,)``."""

    def __init__(self, model):
        self.X, self.y, self.product = model.X, model.y, model.parametrization == "product"
        self.n = self.y.size
        self.half = 0.5 if self.product else 1.0  # everything that multiplies a gradient, in the formulas

    def residual(self, theta):
        u, v = np.split(theta, 2)
        return self.X @ (u * v if self.product else u * u - v * v) - self.y

    def g(self, theta):
        return self.X.T @ self.residual(theta) / self.n

    def slope(self, theta, g):
        """``J^T`` in beta: from a gradient in beta to the one in theta."""
        u, v = np.split(theta, 2)
        return np.concatenate([v * g, u * g] if self.product else [2 * u * g, -2 * v * g])

    def grad(self, theta):
        return self.slope(theta, self.g(theta))

    def loss(self, theta):
        return np.mean(self.residual(theta) ** 2) / 2


def of_heavy_ball(net, path, h, momentum):
    rho, ratios = np.ones((2, path.shape[1] // 2)), []
    for g in map(net.g, path):
        rho = 1 - 2 * net.half * h * np.stack([g, -g]) + momentum * (1 - 1 / rho)
        ratios.append(rho)
    return gain_heavy_ball(ratios, momentum)


def of_nesterov(net, path, h, momentum):
    return gain_nesterov([net.g(p) for p in path], net.half * h, momentum)


def of_regularized(net, path, h, strength, ascent):
    g = [net.g(p) for p in path]
    if ascent:
        up = [net.g(p + ascent * net.grad(p)) for p in path]
    else:
        weights = [np.sum(np.square(p).reshape(2, -1), axis=0) for p in path]
        weights = [w / 2 for w in weights] if net.product else weights  # u^2 + v^2 of (u +- v)/2
        up = [4 / net.n * net.X.T @ (net.X @ (w * s)) for w, s in zip(weights, g, strict=True)]
    return gain_gradient_regularized(g, up, net.half * h, net.half * strength, net.half * ascent)


def of_sharpness_aware(net, path, h, radius, normalized):
    reach = [radius / np.linalg.norm(net.grad(p)) if normalized else radius for p in path]
    g, up = [net.g(p) for p in path], [net.g(p + eps * net.grad(p)) for p, eps in zip(path, reach, strict=True)]
    return gain_sharpness_aware(g, up, net.half * h, net.half * np.array(reach))


def of_sample_ascent(net, path, h, radius, normalized):
    r, up, reach = (np.empty((len(path), net.n)) for _ in range(3))
    for k, p in enumerate(path):
        r[k] = net.residual(p)
        for i in range(net.n):
            ascent = net.slope(p, net.X[i] * r[k, i])
            reach[k, i] = radius / np.linalg.norm(ascent) if normalized else radius
            up[k, i] = net.residual(p + reach[k, i] * ascent)[i]
    return gain_per_sample_ascent(net.X, r, up, net.half * h, net.half * reach)


def of_flooding(net, path, h, level):
    return gain_flooding([net.g(p) for p in path], [net.loss(p) for p in path], net.half * h, level)


# name: (method for a step size, gain of a path, its further arguments)
METHODS = {
    "heavy ball": (lambda h: HeavyBall(h, 0.7), of_heavy_ball, (0.7,)),
    "heavy ball, 0.95": (lambda h: HeavyBall(h, 0.95), of_heavy_ball, (0.95,)),
    "nesterov": (lambda h: Nesterov(h, 0.7), of_nesterov, (0.7,)),
    "F-GR": (lambda h: GradientRegularized(h, 0.04, 0.1), of_regularized, (0.04, 0.1)),
    "B-GR": (lambda h: GradientRegularized(h, 0.04, -0.05), of_regularized, (0.04, -0.05)),
    "exact GR": (lambda h: GradientRegularized(h, 0.04), of_regularized, (0.04, 0)),
    "SAM": (lambda h: SharpnessAware(h, 0.03), of_sharpness_aware, (0.03, True)),
    "USAM": (lambda h: SharpnessAware(h, 0.05, False), of_sharpness_aware, (0.05, False)),
    "1-SAM": (lambda h: SharpnessAware(h, 0.03, True, True), of_sample_ascent, (0.03, True)),
    "1-USAM": (lambda h: SharpnessAware(h, 0.03, False, True), of_sample_ascent, (0.03, False)),
    "flooding": (lambda h: Flooding(h, 0.02), of_flooding, (0.02,)),
}
HOVERING = ("SAM", "1-SAM", "flooding")
KINDS = ("squares", "product")
EVERY_METHOD = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def problem_of(kind, problem):
    model = DiagonalLinearNetwork(*problem(6, 9), parametrization=kind)
    return (
        model,
        model.init(scale=0.3, shape=np.random.default_rng(5).uniform(-1, 1, 9)),
        2.0 if kind == "product" else 1.0,
    )


def check(model, run, gain):
    """The ledger is `gain`, and what it says about the end of the run holds, wherever the run ended."""
    for entry, expected in zip(run.ledger()[:2], gain, strict=True):
        np.testing.assert_allclose(entry, expected, rtol=1e-10, atol=1e-10)
    assert run.range_residual() < 1e-11
    beta, (log_a, xi) = run.predictor(run.final), run.effective_init()
    point = hypentropy_minimum(model.X, model.X @ beta, log_a=log_a, xi0=xi).point
    np.testing.assert_allclose(point, beta, rtol=0, atol=1e-10)


@EVERY_METHOD
@EVERY_KIND
@pytest.mark.parametrize(("h", "steps"), [(0.05, 1), (0.05, 300), (0.2, 60)], ids=["one step", "calm", "wild"])
def test_the_ledger_is_the_gain(problem, kind, h, steps, method):
    make, gain, hyper = method
    model, start, unit = problem_of(kind, problem)
    run = simulate(model, make(unit * h), start, steps=steps, save=np.arange(steps + 1))
    assert run.status is Status.HORIZON
    check(model, run, gain(Net(model), run.theta[:-1], unit * h, *hyper))
    # Half or twice the first-order terms would move R by this much: they are no rounding error.
    assert np.abs(run.state["first_order"]).max() > 0.01


@pytest.mark.parametrize("method", [METHODS[name] for name in METHODS if name not in HOVERING])
@EVERY_KIND
def test_the_limit_is_the_minimizer(problem, kind, method):
    model, start, unit = problem_of(kind, problem)
    run = simulate(model, method[0](unit * 0.05), start, steps=200_000, until_loss=1e-27)
    assert run.status is Status.CONVERGED
    log_a, xi = run.effective_init()
    beta = run.predictor(run.final)
    point = hypentropy_minimum(model.X, model.y, log_a=log_a, xi0=xi).point
    np.testing.assert_allclose(point, beta, rtol=0, atol=1e-10)
    start_log_a, start_xi = model.potential_coordinates(start)
    for rival in ({"log_a": start_log_a, "xi0": xi}, {"log_a": log_a, "xi0": start_xi}):
        assert np.abs(hypentropy_minimum(model.X, model.y, **rival).point - beta).max() > 1e-7


@pytest.mark.parametrize("name", HOVERING)
def test_hovering_runs_keep_their_identity(problem, name):
    model, start, _ = problem_of("squares", problem)
    run = simulate(model, METHODS[name][0](0.1), start, steps=100_000)
    assert run.final_loss > 1e-5
    assert run.ledger().q.min() < -10
    assert run.range_residual() < 1e-11
    log_a, xi = run.effective_init()
    beta = run.predictor(run.final)
    point = hypentropy_minimum(model.X, model.X @ beta, log_a=log_a, xi0=xi).point
    np.testing.assert_allclose(point, beta, rtol=0, atol=1e-10)


# ---- below the range of floating point ----


@pytest.mark.parametrize(("name", "steps"), [("flooding", 6500), ("SAM", 2600), ("1-SAM", 2100), ("F-GR", 6000)])
def test_factors_that_decay_below_floating_point(problem, name, steps):
    """At h = 1 the run bounces for ever and a decays; the gradients, which the formula takes, do not see it."""
    make, gain, hyper = METHODS[name]
    model, start, _ = problem_of("squares", problem)
    run = simulate(model, make(1.0), start, steps=steps, save=np.arange(steps + 1))
    assert run.ledger().log_a.min() < -800
    assert np.abs(run.final).min() < FLOOR
    check(model, run, gain(Net(model), run.theta[:-1], 1.0, *hyper))


class Logarithms:
    """The methods in ``(log|u|, log|v|)``: what one step multiplies the factors by, with ``beta = kappa (u^2 - v^2)``.

    With s = +-1 for u and v a step is ``1 - 2 kappa h s (...)``; a look ahead multiplies by ``1 + 2 kappa eps s g``.
    """

    def __init__(self, model, start):
        self.X, self.y, self.n = model.X, model.y, model.n_samples
        self.kappa = 0.5 if model.parametrization == "product" else 1.0
        self.s = np.array([[1.0], [-1.0]])
        factors = np.stack(model.to_multiplicative(*np.split(start, 2)))
        self.logs, self.memory = np.log(np.abs(factors)), np.ones_like(factors)

    def residual(self, change=1.0):
        square = np.exp(2 * (self.logs + np.log(np.abs(change))))
        return self.X @ (self.kappa * (square[0] - square[1])) - self.y

    def g(self, change=1.0):
        return self.X.T @ self.residual(change) / self.n

    def heavy_ball(self, h, momentum):
        self.memory = 1 - 2 * self.kappa * h * self.s * self.g() + momentum * (1 - 1 / self.memory)
        return self.memory  # rho

    def nesterov(self, h, momentum):
        """``y+ = (1 + b) x+ - b x`` with ``x+ = A y`` and y = memory x: ``y+/y = (1 + b) A - b / memory``."""
        A = 1 - 2 * self.kappa * h * self.s * self.g()
        ratio = (1 + momentum) * A - momentum / self.memory
        self.memory = ratio / A
        return ratio

    def ascent(self, h, weight, reach):
        g = self.g()
        look = 1 + 2 * self.kappa * reach * self.s * g
        return 1 - 2 * self.kappa * h * self.s * ((1 - weight) * g + weight * look * self.g(look))

    def exact(self, h, strength):
        g, w = self.g(), np.sum(np.exp(2 * self.logs), axis=0)
        turned = self.X.T @ (self.X @ (4 * self.kappa**2 * w * g)) / self.n
        return 1 - 2 * self.kappa * h * self.s * (g + strength * (turned + 2 * self.kappa * self.s * g * g))

    def samples(self, h, radius):
        total, r = 0.0, self.residual()
        for i in range(self.n):
            look = 1 + 2 * self.kappa * radius * self.s * self.X[i] * r[i]
            total = total + look * self.X[i] * self.residual(look)[i] / self.n
        return 1 - 2 * self.kappa * h * self.s * total

    def flooding(self, h, level):
        side = np.sign(np.mean(self.residual() ** 2) / 2 - level)
        return 1 - 2 * self.kappa * h * side * self.s * self.g()


LOGARITHMS = {
    "heavy ball": lambda net, h: net.heavy_ball(h, 0.7),
    "nesterov": lambda net, h: net.nesterov(h, 0.7),
    "F-GR": lambda net, h: net.ascent(h, 0.4, 0.1),
    "B-GR": lambda net, h: net.ascent(h, -0.8, -0.05),
    "exact GR": lambda net, h: net.exact(h, 0.04),
    "USAM": lambda net, h: net.ascent(h, 1.0, 0.05),
    "1-USAM": lambda net, h: net.samples(h, 0.03),
    "flooding": lambda net, h: net.flooding(h, 0.02),
}


@pytest.mark.parametrize("name", LOGARITHMS)
@EVERY_KIND
def test_factors_that_start_below_floating_point(problem, kind, name):
    """Scale 1e-200, a = e^-921: every factor grows by its own power; also what momentum remembers of it."""
    model, _, unit = problem_of(kind, problem)
    start, h, steps = model.init(scale=1e-200), 0.2 * unit, 6000
    run = simulate(model, METHODS[name][0](h), start, steps=steps)
    net = Logarithms(model, start)
    for _ in range(steps):
        net.logs += np.log(np.abs(LOGARITHMS[name](net, h)))
    measured = np.stack([run.state["log_plus"][0], run.state["log_minus"][0]])
    np.testing.assert_allclose(measured, net.logs, rtol=0, atol=1e-9)
    assert run.final_loss < 0.05  # it has left the origin, and a saddle or two
    assert run.ledger().log_a.max() < -800
    assert run.range_residual() < 1e-11


# ---- bits ----


def same(a, b):
    assert np.array_equal(a.final, b.final, equal_nan=True)
    for x, y in zip(a.ledger(), b.ledger(), strict=True):
        assert np.array_equal(x, y, equal_nan=True)


@pytest.mark.parametrize("name", METHODS)
@EVERY_KIND
@pytest.mark.parametrize("tiny", [False, True])
def test_pauses_saves_and_companions_leave_no_trace(problem, kind, tiny, name):
    model, _, _ = problem_of(kind, problem)
    small = 1e-90 if name in ("SAM", "1-SAM") else 1e-160
    make, start = METHODS[name][0], model.init(scale=small if tiny else 0.3, shape=0.3)
    whole = simulate(model, make(0.1), start, steps=1500)
    same(simulate(model, make(0.1), start, steps=1500, save=np.arange(1501)), whole)
    pieces = simulate(model, make(0.1), start, steps=1)
    for steps in (700, 0, 799):
        pieces = simulate(model, make(0.1), None, resume=pieces, steps=steps)
    same(pieces, whole)
    h = np.linspace(0.02, 0.1, 21)
    together = simulate(model, make(h), np.linspace(0.5, 1.0, 21)[:, None] * start, steps=1500)
    assert np.array_equal(together.final[20], whole.final)
    for entry, alone in zip(together.ledger(), whole.ledger(), strict=True):
        assert np.array_equal(entry[20], alone)


OWN = {
    "heavy ball": lambda k: HeavyBall(0.05, np.array([0.0, 0.5, 0.9])[k]),
    "nesterov": lambda k: Nesterov(0.05, np.array([0.0, 0.5, 0.9])[k]),
    "F-GR": lambda k: GradientRegularized(0.05, np.array([0.0, 0.1, 0.2])[k], np.array([0.1, -0.1, 0.3])[k]),
    "exact GR": lambda k: GradientRegularized(0.05, np.array([0.0, 0.1, 0.2])[k]),
    "SAM": lambda k: SharpnessAware(0.05, np.array([0.0, 0.01, 0.1])[k]),
    "1-SAM": lambda k: SharpnessAware(0.05, np.array([0.0, 0.01, 0.1])[k], per_sample=True),
    "flooding": lambda k: Flooding(0.05, np.array([0.0, 0.01, 0.5])[k]),
}


@pytest.mark.parametrize("make", OWN.values(), ids=OWN)
@EVERY_KIND
def test_every_member_has_its_own_hyperparameters(problem, kind, make):
    model, start, _ = problem_of(kind, problem)
    together = simulate(model, make(slice(None)), start, steps=200)
    for k in range(3):
        alone = simulate(model, make(k), start, steps=200)
        assert np.array_equal(together.final[k], alone.final)
        for entry, own in zip(together.ledger(), alone.ledger(), strict=True):
            assert np.array_equal(entry[k], own)
    plain = simulate(model, GradientDescent(0.05), start, steps=200)  # what member 0 amounts to
    for entry, own in zip(together.ledger(), plain.ledger(), strict=True):
        np.testing.assert_allclose(entry[0], own, rtol=0, atol=1e-12)


@EVERY_METHOD
def test_members_that_diverge_do_not_disturb(problem, method):
    model, start, _ = problem_of("squares", problem)
    both = simulate(model, method[0]([0.05, 60.0]), start, steps=100)
    assert both.status.tolist() == [Status.HORIZON, Status.DIVERGED]
    alone = simulate(model, method[0](0.05), start, steps=100)
    assert np.array_equal(both.final[0], alone.final)
    assert np.array_equal(both.ledger().R[0], alone.ledger().R)
    assert both.range_residual()[0] < 1e-11
    again = simulate(model, method[0]([0.05, 60.0]), None, resume=both, steps=1)
    assert np.array_equal(again.final[1], both.final[1])


# ---- refusals, and what counts as zero ----


def test_adam_has_no_ledger(network):
    run = simulate(network, Adam(0.01, 0.9, 0.999, 1e-8), network.init(scale=0.3), steps=3)
    assert not run.has_ledger
    with pytest.raises(ValueError, match=r"known for Adam\(.*moved by a method that multiplies its factors"):
        run.effective_init()


@pytest.mark.parametrize("per_sample", [False, True])
def test_a_start_whose_gradient_has_no_length_is_refused(network, per_sample):
    method = functools.partial(SharpnessAware, 0.1, per_sample=per_sample)
    with pytest.raises(
        ValueError, match="theta0 of normalized SharpnessAware must be 0 or have an entry of size 1e-100"
    ):
        simulate(network, method(0.1), network.init(scale=1e-101), steps=1)
    for fine in (method(0.0), method(0.1, normalized=False)):
        assert simulate(network, fine, network.init(scale=1e-200), steps=1).range_residual() < 1e-11
    assert not simulate(network, method(0.1), np.zeros(18), steps=1).final.any()


@pytest.mark.parametrize("per_sample", [False, True])
def test_a_gradient_made_of_lost_factors_counts_as_zero(per_sample):
    """The first coordinate fits exactly, so the gradient lies along factors of 1e-200 alone."""
    model = DiagonalLinearNetwork(np.eye(2), [0.75, 1.0])
    start = np.array([1.0, 1e-200, 0.5, 1e-200])
    method = SharpnessAware(0.1, 0.2, per_sample=per_sample)
    run, plain = (simulate(model, m, start, steps=20) for m in (method, GradientDescent(0.1)))
    assert np.abs(run.final[1]) < NO_NORM
    np.testing.assert_allclose(run.ledger().log_a, plain.ledger().log_a, rtol=0, atol=1e-12)
    assert np.array_equal(run.final[[0, 2]], [1.0, 0.5])


@pytest.mark.parametrize(("of_data", "of_factors"), [(1e-5, 1e-2), (1e4, 1e2)])
def test_exact_regularization_keeps_its_digits_in_other_units(of_data, of_factors):
    rng = np.random.default_rng(0)
    X = of_data * rng.standard_normal((4, 8))
    y = of_factors**2 * X @ rng.standard_normal(8)
    model = DiagonalLinearNetwork(X, y)
    unit = 4 / (of_data * of_factors) ** 2 / 100  # of time: the inverse of the sharpness
    run = simulate(model, GradientRegularized(unit, unit), model.init(0.5 * of_factors), steps=300, save=np.arange(301))
    u, v = np.split(run.theta[:-1], 2, axis=-1)
    g = ((u**2 - v**2) @ X.T - y) @ X / 4
    bend = 4 * ((u**2 + v**2) * g) @ X.T @ X / 4
    gain = gain_gradient_regularized(g, bend, unit, unit, 0.0)
    np.testing.assert_allclose(run.ledger().R, gain.R, atol=1e-11 * (1 + np.abs(gain.R).max()))
    np.testing.assert_allclose(run.ledger().q, gain.q, atol=1e-11 * (1 + np.abs(gain.q).max()))
