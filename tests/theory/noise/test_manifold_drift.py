"""Drift along minima: against exact expectations over all batches and signs, and against numerical derivatives."""

import itertools

import numpy as np
import pytest

from solvable.theory import (
    autocovariance,
    gain_label_noise,
    gradient_noise_drift,
    injected_noise_drift,
    label_noise_drift,
    trace_drift,
    trlog_regularizer,
)


class Outputs:
    """``f_i = size (sin(a_i . theta) + theta . Q_i theta / 2 + c_i . theta^3)``, and a point of their zero loss."""

    def __init__(self, seed, n, p, curvature, step_size=0.3):
        """Scaled so that ``step_size * lambda_max = curvature``."""
        rng = np.random.default_rng(seed)
        self.a, self.c, Q = (
            rng.standard_normal((n, p)),
            0.3 * rng.standard_normal((n, p)),
            rng.standard_normal((n, p, p)),
        )
        self.Q, self.point, self.size = (Q + Q.transpose(0, 2, 1)) / 2, rng.standard_normal(p) / 2, 1.0
        sharpness = np.linalg.norm(self.jacobian(self.point), 2) ** 2 / n
        self.size = np.sqrt(curvature / (step_size * sharpness))
        self.target = self.value(self.point)

    def value(self, t):
        quadratic = np.einsum("...j,ijk,...k->...i", t, self.Q, t) / 2
        return self.size * (np.sin(t @ self.a.T) + quadratic + t**3 @ self.c.T)

    def jacobian(self, t):
        slope = np.cos(t @ self.a.T)[..., None] * self.a + np.einsum("ijk,...k->...ij", self.Q, t)
        return self.size * (slope + 3 * self.c * (t**2)[..., None, :])

    def hessians(self, t):
        sine = -np.sin(self.a @ t)[:, None, None] * self.a[:, :, None] * self.a[:, None, :]
        return self.size * (sine + self.Q + 6 * self.c[:, :, None] * np.diag(t))

    def derivatives(self):
        return self.jacobian(self.point), self.hessians(self.point)

    def gradient(self, t, batch=slice(None), noise=0.0):
        residuals = (self.value(t) - self.target)[..., batch] - noise
        return np.einsum("...i,...ij->...j", residuals, self.jacobian(t)[..., batch, :]) / residuals.shape[-1]

    @property
    def tangent(self):
        g = self.jacobian(self.point)
        return np.eye(g.shape[1]) - np.linalg.pinv(g) @ g


def last_move(start, moves, steps, momentum=0.0, before=None):
    """Mean displacement of the last step, over all sequences of equally likely moves; at rest at first, or not."""
    new, old = start, start if before is None else before
    for _ in range(steps):
        new, old = np.concatenate([move(new) + momentum * (new - old) for move in moves]), np.tile(new, (len(moves), 1))
    return np.mean(new - old, axis=0)


def extrapolated(mean_move):
    """The limit of ``mean_move(std) / std^2`` for ``std -> 0``."""
    coarse, fine = (mean_move(s) / s**2 for s in (4e-3, 2e-3))
    return fine + (fine - coarse) / 3


def two_points(covariance):
    """Equally likely points of mean zero and this covariance."""
    values, vectors = np.linalg.eigh(covariance)
    ends = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, values > 1e-12 * values[-1]].T
    return np.sqrt(len(ends)) * np.concatenate([ends, -ends])


def signs(count):
    return np.array(list(itertools.product((-1.0, 1.0), repeat=count)))


@pytest.mark.parametrize(("momentum", "steps"), [(0.0, 8), (0.15, 12)])
def test_one_sample_from_the_manifold(momentum, steps):
    """All 2^k sequences of signs, from a point of zero loss: the fluctuations fill up on the way."""
    h, model = 0.3, Outputs(0, 1, 3, 0.9)

    def mean_move(s):
        moves = [lambda t, xi=xi: t - h * model.gradient(t, noise=s * xi) for xi in (-1.0, 1.0)]
        return model.tangent @ last_move(model.point[None], moves, steps, momentum)

    exact, (g, H) = extrapolated(mean_move), model.derivatives()
    drift = label_noise_drift(g, H, h, 1.0, 1, momentum)
    scale = np.abs(exact).max()
    assert np.abs(drift - exact).max() < 2e-6 * scale
    assert np.abs(trace_drift(g, H, h, 1.0, 1, momentum) - exact).max() > 0.2 * scale
    assert momentum == 0 or np.abs(label_noise_drift(g, H, h, 1.0) - exact).max() > 0.2 * scale


@pytest.mark.parametrize(
    ("n", "b", "momentum"), [(2, 1, 0.0), (2, 2, 0.0), (3, 1, 0.0), (3, 2, 0.0), (3, 3, 0.0), (2, 1, 0.6), (3, 2, 0.4)]
)
def test_batches_of_distinct_samples(n, b, momentum):
    """All batches and signs, from the stationary fluctuations: their covariance must persist, and the drift follow."""
    h, model = 0.3, Outputs(n, n, n + 2, 0.5)
    g, H = model.derivatives()

    def mean_move(s):
        S, C = (autocovariance(g, np.zeros(n), h, s, lag, b, momentum) for lag in (0, 1))
        start, before = np.split(np.tile(model.point, 2) + two_points(np.block([[S, C], [C.T, S]])), 2, axis=1)
        moves = [
            lambda t, batch=list(batch), xi=xi: t - h * model.gradient(t, batch, s * xi)
            for batch in itertools.combinations(range(n), b)
            for xi in signs(b)
        ]
        early, late = (last_move(start, moves, steps, momentum, before) for steps in (3, 4))
        # Mean moves along the minima still gather momentum: ``late = momentum * early + constant``.
        return model.tangent @ (late - momentum * early) / (1 - momentum)

    exact, drift = extrapolated(mean_move), label_noise_drift(g, H, h, 1.0, b, momentum)
    assert np.abs(drift - exact).max() < 1e-6 * np.abs(exact).max()
    # The law of the full batch, rescaled, is another one.
    full = label_noise_drift(g, H, h, 1.0, None, momentum) * n / b
    assert (np.abs(full - exact).max() < 0.02 * np.abs(exact).max()) == (b == n)


def directional(model, function, step=1e-4):
    """P times the gradient of a function of the Jacobian, by central differences along the tangent space."""
    total = np.zeros(model.point.size)
    for axis in np.linalg.svd(model.tangent)[0][:, : round(np.trace(model.tangent))].T:
        up, down = (function(model.jacobian(model.point + s * step * axis)) for s in (1, -1))
        total += (up - down) / (2 * step) * axis
    return total


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_the_full_batch_descends_the_trace_of_a_logarithm(momentum):
    h, s, n, model = 0.3, 0.2, 3, Outputs(5, 3, 5, 1.4)
    g, H = model.derivatives()

    def regularizer(J):
        return trlog_regularizer(np.linalg.svd(J / np.sqrt(n))[1] ** 2, h, momentum)

    lam = h * s**2 / (n * (1 - momentum))
    found = -h / (1 - momentum) * lam * directional(model, regularizer)
    drift = label_noise_drift(g, H, h, s, None, momentum)
    assert np.abs(drift - found).max() < 1e-6 * np.abs(drift).max()
    trace = -((h * s / (1 - momentum)) ** 2) / (4 * n) * directional(model, lambda J: np.sum(J**2) / n)
    leading = trace_drift(g, H, h, s, None, momentum)
    assert np.abs(leading - trace).max() < 1e-6 * np.abs(leading).max()
    assert np.abs(leading - drift).max() > 0.1 * np.abs(drift).max()
    misses = []
    for small in (1e-3, 5e-4):  # for one example too the leading term is one
        finite, leading = (f(g, H, small, s, 1, momentum) for f in (label_noise_drift, trace_drift))
        misses.append(np.linalg.norm(finite - leading) / np.linalg.norm(leading))
    assert np.log2(misses[0] / misses[1]) == pytest.approx(1.0, abs=0.05)


def test_diagonal_networks_shrink_as_the_ledger_says():
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((3, 5)), rng.uniform(0.4, 0.9, 10)
    u, v = w[:5], w[5:]
    drift = trace_drift(
        np.hstack([2 * X * u, -2 * X * v]), [np.diag(np.concatenate([2 * x, -2 * x])) for x in X], 0.1, 0.3, 2
    )
    gain = gain_label_noise(X, 1, 0.1, 0.3, 2).q
    assert np.abs(drift[:5] / u + drift[5:] / v - gain).max() < 1e-15


def moving_signs(model, h, s, basis):
    """Gradient steps with noise on every sign pattern in the directions of ``basis(theta)``, shape ``(R, p, r)``."""
    count = basis(model.point[None]).shape[-1]
    return [lambda t, z=z: t - h * (model.gradient(t) + s * basis(t) @ z) for z in signs(count)]


def test_normal_noise():
    h, model = 0.3, Outputs(7, 1, 3, 0.9)
    unit = lambda t: np.swapaxes(model.jacobian(t) / np.linalg.norm(model.jacobian(t), axis=-1, keepdims=True), -1, -2)  # noqa: E731
    exact = extrapolated(lambda s: last_move(model.point[None], moving_signs(model, h, s, unit), 8))
    mean, covariance = gradient_noise_drift(*model.derivatives(), h, 1.0, "normal")
    assert np.abs(mean - model.tangent @ exact).max() < 1e-6 * np.abs(mean).max()
    assert not covariance.any()
    # In small steps the determinant is descended, and not the trace.
    model = Outputs(8, 2, 4, 1.0)
    mean = gradient_noise_drift(*model.derivatives(), 1e-7, 1.0, "normal").mean / 1e-14
    descent = -directional(model, lambda J: np.linalg.slogdet(J @ J.T)[1]) / 4
    assert np.abs(mean - descent).max() < 1e-5 * np.abs(mean).max()


def test_isotropic_noise_diffuses_on_the_curved_manifold():
    h, model = 0.3, Outputs(9, 1, 3, 0.98)
    exact = extrapolated(
        lambda s: last_move(model.point[None], moving_signs(model, h, s, lambda t: np.eye(3)[None]), 5)
    )
    mean, covariance = gradient_noise_drift(*model.derivatives(), h, 1.0)
    assert np.abs(mean - exact).max() < 1e-4 * np.abs(mean).max()
    assert np.abs(covariance - h**2 * model.tangent).max() < 1e-15
    assert np.abs(mean - model.tangent @ mean).max() > 0.1 * np.abs(mean).max()
    # For u v both parts cancel in u^2 - v^2, up to h^3: E q+ = q - h^2 q E r^2 with E r^2 = h s^2 / (2 - h lambda).
    u, v, h = 1.3, 0.4, 0.1
    mean, covariance = gradient_noise_drift([[v, u]], [[[0, 1], [1, 0]]], h, 0.2)
    drift = mean @ [2 * u, -2 * v] + covariance[0, 0] - covariance[1, 1]
    assert drift == pytest.approx(-(h**3) * 0.04 * (u * u - v * v) / (2 - h * (u * u + v * v)), rel=1e-12)


def test_injected_noise_that_is_taken_back():
    h, model = 0.3, Outputs(11, 1, 3, 0.9)
    patterns = signs(3)

    def mean_move(s):
        """theta and the last xi are the state: theta+ = theta - h grad + xi+ - xi."""
        theta, xi = model.point + 0 * patterns, s * patterns
        theta, old = theta + xi, theta
        for _ in range(5):
            next_theta = theta - h * model.gradient(theta) - xi
            old = np.repeat(theta, 8, axis=0)
            xi = np.tile(s * patterns, (len(theta), 1))
            theta = np.repeat(next_theta, 8, axis=0) + xi
        return model.tangent @ np.mean(theta - old, axis=0)

    exact, (g, H) = extrapolated(mean_move), model.derivatives()
    drift = injected_noise_drift(g, H, h, 1.0)
    assert np.abs(drift - exact).max() < 1e-5 * np.abs(exact).max()
    half = -h / 2 * directional(model, lambda J: np.sum(J**2))
    assert np.abs(half - exact).max() > 0.2 * np.abs(exact).max()
    n, model = 2, Outputs(12, 2, 4, 1.2)
    same = label_noise_drift(*model.derivatives(), h, np.sqrt(2 * n * 0.01 / h), None)
    assert np.abs(injected_noise_drift(*model.derivatives(), h, 0.1) / same - 1).max() < 1e-12
    found = -h * 2 * 0.01 * directional(model, lambda J: trlog_regularizer(np.linalg.svd(J)[1] ** 2 / n, h))
    assert np.abs(found / same - 1).max() < 1e-5


G, H = [[1.0, 2.0]], [[[0.0, 1.0], [1.0, 0.0]]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: label_noise_drift(G, H[0], 0.1, 1.0), "hessians must be 3-dimensional"),
        (lambda: label_noise_drift(G, [[[1.0]]], 0.1, 1.0), r"must have shapes \(n, p\) and \(n, p, p\)"),
        (lambda: label_noise_drift([[0.0, 0.0]], H, 0.1, 1.0), "gradients must have a nonzero entry"),
        (lambda: label_noise_drift(G, H, 0.5, 1.0), "step_size must be stable in mean square"),
        (lambda: label_noise_drift(G, H, 0.1, 1.0, 2), "batch_size must be an integer from 1 to 1"),
        (lambda: trace_drift(G, H, 0.1, 1.0, 1, 1.0), "momentum must be < 1"),
        (lambda: trace_drift(G, H, -0.1, 1.0), "step_size must be > 0"),
        (lambda: trlog_regularizer([-1.0], 0.1), "eigenvalues must be >= 0"),
        (lambda: trlog_regularizer([4.0], 0.5), r"step_size must be below 2 \(1 \+ momentum\) / lambda = 0.5"),
        (lambda: gradient_noise_drift(G, H, 0.1, 1.0, "label"), "shape must be one of 'isotropic', 'normal'"),
        (lambda: gradient_noise_drift(G, H, 0.4, 1.0), "step_size must be below 2 / lambda_max = 0.4"),
        (lambda: injected_noise_drift(G, H, 0.5, 1.0), "step_size must be below 2 / lambda_max = 0.4"),
        (lambda: injected_noise_drift(G, H, 0.1, -1.0), "std must be >= 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
