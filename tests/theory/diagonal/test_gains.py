"""Gains against the optimizers written out in NumPy on (u, v).

The identity: ``log a`` moves by q, and ``asinh(beta / 2a) - xi0 - R`` lies in the row space of X.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import null_space

from solvable import theory

N, D = 6, 14


class Network:
    """A two-layer diagonal network and its gradients."""

    def __init__(self, seed, mean=0.3):
        rng = np.random.default_rng(seed)
        self.X = rng.standard_normal((N, D)) + mean
        truth = np.zeros(D)
        truth[:3] = 1.0, -0.7, 0.5
        self.y = self.X @ truth
        self.u, self.v = rng.uniform(0.3, 0.6, D), rng.uniform(0.3, 0.6, D)
        self.null = null_space(self.X).T
        self.rng = rng

    @property
    def start(self):
        return np.concatenate([self.u, self.v])

    def beta(self, theta):
        return theta[:D] ** 2 - theta[D:] ** 2

    def residual(self, theta):
        return self.X @ self.beta(theta) - self.y

    def loss(self, theta):
        return float(np.mean(self.residual(theta) ** 2) / 2)

    def g(self, theta):
        return self.X.T @ self.residual(theta) / N

    def grad(self, theta, g=None):
        g = self.g(theta) if g is None else g
        return np.concatenate([2 * theta[:D] * g, -2 * theta[D:] * g])

    def check(self, theta, gain, tolerance=1e-11):
        """Both identities at theta, from the factors themselves."""
        log_a = np.log(np.abs(theta[:D] * theta[D:]))
        assert np.abs(log_a - np.log(self.u * self.v) - gain.q).max() < tolerance
        xi = np.arcsinh(self.beta(theta) / (2 * np.exp(log_a)))
        assert np.abs(self.null @ (xi - np.log(self.u / self.v) - gain.R)).max() < tolerance
        # The optimum that the identity claims.
        at = self.X @ self.beta(theta)
        minimum = theory.hypentropy_minimum(
            self.X, at, log_a=np.log(self.u * self.v) + gain.q, xi0=np.log(self.u / self.v) + gain.R
        )
        assert np.abs(minimum.point - self.beta(theta)).max() < 1e-10

    def misses(self, theta, q, R=None):
        """How far the two identities are off."""
        log_a = np.log(np.abs(theta[:D] * theta[D:]))
        xi = np.arcsinh(self.beta(theta) / (2 * np.exp(log_a)))
        first = np.abs(log_a - np.log(self.u * self.v) - q).max()
        return first, np.abs(self.null @ (xi - np.log(self.u / self.v) - (0 if R is None else R))).max()


@pytest.mark.parametrize(("step_size", "steps", "decay"), [(0.05, 300, 0.0), (0.15, 40, 0.0), (0.05, 100, 0.02)])
def test_gradient_descent(step_size, steps, decay):
    net = Network(0)
    theta, gradients = net.start, []
    for _ in range(steps):
        gradients.append(net.g(theta))
        theta = theta - step_size * (net.grad(theta) + decay * theta)
    gain = theory.gain_gradient_descent(gradients, step_size, decay)
    net.check(theta, gain)
    x = 2 * step_size * np.array(gradients)
    if not decay:
        assert np.allclose(gain.q, np.log(np.abs(1 - x**2)).sum(0), atol=1e-12)
        # Without the shift, or with half the gain, the identities fail.
        assert net.misses(theta, gain.q)[1] > 1e-5
        assert net.misses(theta, 0.5 * gain.q)[0] > 1e-3


def test_stochastic_descent_and_label_noise_are_exact_batch_by_batch():
    net, h = Network(1), 0.05
    theta, gradients = net.start, []
    for _ in range(400):
        batch = net.rng.choice(N, 2, replace=False)
        r = net.residual(theta)[batch] - 0.3 * net.rng.choice([-1.0, 1.0], 2)
        gradients.append(net.X[batch].T @ r / 2)
        theta = theta - h * net.grad(theta, gradients[-1])
    net.check(theta, theory.gain_gradient_descent(gradients, h))


def test_sign_changes_and_ensembles():
    # x beyond 1: a factor changes its sign, and the identities still hold.
    net, h = Network(2), 0.6
    theta, gradients = net.start, []
    for _ in range(3):
        gradients.append(net.g(theta))
        theta = theta - h * net.grad(theta)
    assert np.any(theta * net.start < 0)
    gain = theory.gain_gradient_descent(gradients, h)
    xi = np.log(np.abs(theta[:D] / theta[D:]))
    assert np.abs(np.log(np.abs(theta[:D] * theta[D:])) - np.log(net.u * net.v) - gain.q).max() < 1e-12
    assert np.abs(net.null @ (xi - np.log(net.u / net.v) - gain.R)).max() < 1e-11
    pair = np.stack([gradients, gradients[::-1]], axis=1)
    both = theory.gain_gradient_descent(pair, h)
    assert both.q.shape == (2, D)
    assert np.allclose(both.q[0], gain.q, rtol=1e-14)


@pytest.mark.parametrize("ascent_step", [-0.05, 0.0, 0.03, 0.2])
def test_gradient_regularization(ascent_step):
    net, h, mu = Network(3), 0.02, 0.1
    theta, g, up = net.start, [], []
    for _ in range(300):
        here = net.grad(theta)
        g.append(net.g(theta))
        if ascent_step:
            high = theta + ascent_step * here
            up.append(net.g(high))
            direction = here + mu / ascent_step * (net.grad(high) - here)
        else:
            w = theta[:D] ** 2 + theta[D:] ** 2
            up.append(4 / N * net.X.T @ (net.X @ (w * g[-1])))
            # The Hessian times the gradient, by central differences of a field that is cubic in theta.
            eps = 1e-3
            central = [net.grad(theta + s * here) - net.grad(theta - s * here) for s in (eps, 2 * eps)]
            direction = here + mu * (8 * central[0] - central[1]) / (12 * eps)
        theta = theta - h * direction
    gain = theory.gain_gradient_regularized(g, up, h, mu, ascent_step)
    net.check(theta, gain, 1e-10)
    rival = theory.gain_gradient_regularized(g, up, h, mu / 2, ascent_step)
    assert net.misses(theta, rival.q)[0] > 1e-2


def test_a_product_network_is_this_one_with_everything_halved():
    net, h, mu, eps = Network(12), 0.1, 0.1, 0.06
    u, v = 1.1 * net.u, 0.4 * net.v
    plus, minus, g, up = (u + v) / 2, (u - v) / 2, [], []

    def slope(u, v):
        return net.X.T @ (net.X @ (u * v) - net.y) / N

    start = plus, minus
    for _ in range(100):
        g.append(slope(u, v))
        above = u + eps * v * g[-1], v + eps * u * g[-1]
        up.append(slope(*above))
        du = v * g[-1] + mu / eps * (above[1] * up[-1] - v * g[-1])
        dv = u * g[-1] + mu / eps * (above[0] * up[-1] - u * g[-1])
        u, v = u - h * du, v - h * dv
    plus, minus = (u + v) / 2, (u - v) / 2
    gain = theory.gain_gradient_regularized(g, up, h / 2, mu / 2, eps / 2)
    assert np.abs(np.log(np.abs(plus * minus / (start[0] * start[1]))) - gain.q).max() < 1e-11
    moved = np.log(np.abs(plus / minus)) - np.log(np.abs(start[0] / start[1]))
    assert np.abs(net.null @ (moved - gain.R)).max() < 1e-11


@pytest.mark.parametrize("normalized", [False, True])
def test_sharpness_aware(normalized):
    net, h, radius = Network(4), 0.04, 0.08
    theta, g, up, eps = net.start, [], [], []
    for _ in range(200):
        here = net.grad(theta)
        eps.append(radius / np.linalg.norm(here) if normalized else radius)
        assert np.linalg.norm(here) ** 2 == pytest.approx(
            4 * np.sum(np.sum(theta.reshape(2, D) ** 2, 0) * net.g(theta) ** 2)
        )
        high = theta + eps[-1] * here
        g.append(net.g(theta))
        up.append(net.g(high))
        theta = theta - h * net.grad(high)
    net.check(theta, theory.gain_sharpness_aware(g, up, h, eps if normalized else radius), 1e-10)


@pytest.mark.parametrize("normalized", [False, True])
def test_per_sample_ascent(normalized):
    net, h, radius = Network(5), 0.04, 0.05
    theta, r, up, eps = net.start, [], [], []
    for _ in range(200):
        here, step = net.residual(theta), np.zeros(2 * D)
        high, reach = np.zeros(N), np.full(N, radius)
        for i in range(N):
            ascent = net.grad(theta, net.X[i] * here[i])
            if normalized:
                reach[i] = radius / np.linalg.norm(ascent)
            above = theta + reach[i] * ascent
            high[i] = net.residual(above)[i]
            step += net.grad(above, net.X[i] * high[i]) / N
        r.append(here)
        up.append(high)
        eps.append(reach)
        theta = theta - h * step
    net.check(theta, theory.gain_per_sample_ascent(net.X, r, up, h, eps if normalized else radius), 1e-10)


def test_flooding():
    net, h, level = Network(6), 0.03, 0.05
    theta, g, losses = net.start, [], []
    for _ in range(500):
        g.append(net.g(theta))
        losses.append(net.loss(theta))
        theta = theta - h * np.sign(losses[-1] - level) * net.grad(theta)
    assert min(losses) < level < max(losses)
    net.check(theta, theory.gain_flooding(g, losses, h, level))
    # The order of ups and downs does not matter for q, but it does for R.
    assert np.allclose(
        theory.gain_flooding(g, losses, h, 0.0).q, theory.gain_flooding(g, losses, h, level).q, atol=1e-13
    )
    assert net.misses(theta, 0.0, theory.gain_flooding(g, losses, h, 0.0).R)[1] > 1e-6


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("steps", [7, 300])
def test_heavy_ball_with_its_boundary_term(momentum, steps):
    net, h = Network(7), 0.04 * (1 - momentum)
    theta, before, ratios = net.start, net.start, []
    for _ in range(steps):
        new = theta - h * net.grad(theta) + momentum * (theta - before)
        ratios.append((new / theta).reshape(2, D))
        before, theta = theta, new
    gain = theory.gain_heavy_ball(ratios, momentum)
    net.check(theta, gain, 1e-10)
    if momentum and steps == 7:
        last = np.array(ratios)[-1]
        boundary = -momentum * (2 - 1 / last[0] - 1 / last[1]) / (1 - momentum)
        assert net.misses(theta, gain.q - boundary)[0] > 1e-3


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("steps", [1, 7, 300])
def test_nesterov_at_the_lookahead(momentum, steps):
    net, h = Network(7), 0.04 * (1 - momentum)
    x, theta, gradients = net.start, net.start, []
    for _ in range(steps):
        gradients.append(net.g(theta))
        new = theta - h * net.grad(theta)
        x, theta = new, new + momentum * (new - x)
    gain = theory.gain_nesterov(gradients, h, momentum)
    net.check(theta, gain, 1e-10)
    if momentum and steps == 300:
        assert net.misses(theta, gain.q, gain.R / 2)[1] > 1e-4
    if momentum and steps == 7:  # what the last change still holds is no small part
        short = theory.gain_nesterov(gradients[:-1], h, momentum)
        assert net.misses(theta, short.q)[0] > 1e-3


def test_the_gain_of_nesterov_for_small_steps():
    """``q = -4 h (1 - b + 2 b^2) / (1-b)^3 sum h g^2`` to leading order, where heavy ball has 1 + b."""
    b, errors = 0.6, []
    for h in (2e-3, 1e-3):
        net, gradients, x = Network(7), [], Network(7).start
        theta = x
        while len(gradients) * h < 4.0:
            gradients.append(net.g(theta))
            new = theta - h * net.grad(theta)
            x, theta = new, new + b * (new - x)
        leading = -4 * h * h * (1 - b + 2 * b * b) / (1 - b) ** 3 * np.sum(np.square(gradients), axis=0)
        errors.append(np.abs(theory.gain_nesterov(gradients, h, b).q / leading - 1).max())
    assert errors[1] < 0.55 * errors[0] < 0.1


# ---- flows ----


def test_regularized_flow_momentum_flow_and_sample_ascent_flow():
    net, mu, eps, inertia = Network(8), 0.05, 0.08, 0.1
    times = np.concatenate([[0.0], np.geomspace(1e-3, 40.0, 1200)])

    def regularized(_, theta):
        here = net.grad(theta)
        return -(here + mu / eps * (net.grad(theta + eps * here) - here))

    def solve(field, start):
        return solve_ivp(field, (0, 40.0), start, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-13).y.T

    path = solve(regularized, net.start)
    g = np.array([net.g(p) for p in path])
    up = np.array([net.g(p + eps * net.grad(p)) for p in path])
    gain = theory.gain_regularized_flow(times, g, up, mu)
    net.check(path[-1], gain, 2e-10)
    assert not np.any(gain.R)
    # The square in place of the product, and a constant of 4, are wrong.
    assert net.misses(path[-1], theory.gain_regularized_flow(times, g, g, mu).q)[0] > 1e-3
    assert net.misses(path[-1], gain.q / 2)[0] > 1e-2
    assert np.allclose(theory.gain_regularized_flow(times, g, up, np.full(times.size, mu)).q, gain.q, rtol=1e-12)

    def heavy(_, state):
        theta, velocity = np.split(state, 2)
        return np.concatenate([velocity, -(velocity + net.grad(theta)) / inertia])

    path = solve(heavy, np.concatenate([net.start, 0 * net.start]))
    theta, velocity = np.split(path, 2, axis=1)
    rates = (velocity / theta).reshape(-1, 2, D)
    for end in (300, 900, 1201):
        gain = theory.gain_momentum_flow(times[:end], rates[:end], inertia)
        net.check(theta[end - 1], gain, 1e-9)
    # R is needed: its part outside the row space is what is left without it.
    assert net.misses(theta[-1], gain.q)[1] > 1e-3
    assert net.misses(theta[-1], gain.q / 2)[0] > 1e-2

    def sample(_, theta):
        r, total = net.residual(theta), np.zeros(2 * D)
        for i in range(N):
            above = theta + eps * net.grad(theta, net.X[i] * r[i])
            total -= net.grad(above, net.X[i] * net.residual(above)[i]) / N
        return total

    path = solve(sample, net.start)
    r = np.array([net.residual(p) for p in path])
    up = np.array(
        [
            [net.residual(p + eps * net.grad(p, net.X[i] * q[i]))[i] for i in range(N)]
            for p, q in zip(path, r, strict=True)
        ]
    )
    net.check(path[-1], theory.gain_sample_ascent_flow(net.X, times, r, up, eps), 2e-10)


@pytest.mark.parametrize("covariance", ["sample", "loss"])
def test_stochastic_gradient_flow(covariance):
    net, h, steps, dt = Network(9), 0.02, 15000, 2.5e-5
    theta, residuals = net.start, []
    root = np.sqrt(h * dt / N)
    for _ in range(steps):
        r = net.residual(theta)
        residuals.append(r)
        if covariance == "loss":
            noise = np.sqrt(np.mean(r * r)) * net.rng.standard_normal(N)
        else:
            normal = net.rng.standard_normal(N)
            noise = r * (normal - normal.mean())
        theta = theta - net.grad(theta, net.g(theta) * dt + root * (net.X.T @ noise))
    residuals.append(net.residual(theta))
    times = dt * np.arange(steps + 1)
    gain = theory.gain_stochastic_gradient_flow(net.X, times, residuals, h, covariance)
    log_a = np.log(np.abs(theta[:D] * theta[D:])) - np.log(net.u * net.v)
    # <Z> of one path fluctuates by sqrt(2 / steps), 1.2 %; the drift adds dt/h of its own.
    assert np.abs(log_a / gain.q - 1).max() < 0.08
    other = theory.gain_stochastic_gradient_flow(
        net.X, times, residuals, h, "loss" if covariance == "sample" else "sample"
    )
    assert np.abs(log_a / gain.q - 1).mean() < 0.2 * np.abs(log_a / other.q - 1).mean()


def test_expected_gain_of_a_batch_by_enumeration():
    import itertools

    net, h = Network(10), 1e-3
    r = net.residual(net.start)
    for b in (1, 2, 4, N):
        batches = [net.X[list(B)].T @ r[list(B)] / b for B in itertools.combinations(range(N), b)]
        average = np.mean([theory.gain_gradient_descent([g], h).q for g in batches], axis=0)
        expected = theory.gain_stochastic_descent(net.X, [r], h, b).q
        assert np.abs(average / expected - 1).max() < 1e-4
        if b < N:
            # In the flow the mean gradient has no part: only its covariance counts.
            flow = theory.gain_stochastic_gradient_flow(net.X, [0.0, h], [r, r], h, "sample", b).q
            drift = theory.gain_gradient_descent([net.g(net.start)], h).q
            assert np.abs((flow + drift) / expected - 1).max() < 1e-4


def test_label_noise_on_average():
    import itertools

    net, h, noise = Network(11), 1e-3, 0.7
    for b in (1, 2):
        gradients = [
            net.X[list(B)].T @ np.array(s) * noise / b
            for B in itertools.combinations(range(N), b)
            for s in itertools.product([-1.0, 1.0], repeat=b)
        ]
        average = np.mean([theory.gain_gradient_descent([g], h).q for g in gradients], axis=0)
        assert np.abs(average / theory.gain_label_noise(net.X, 1, h, noise, b).q - 1).max() < 1e-5
    # With momentum: a factor driven by white noise, many replicas.
    momentum, steps, replicas = 0.6, 400, 4000
    rho_minus_1, F = np.zeros((replicas, 2)), np.zeros(replicas)
    for _ in range(steps):
        x = 0.02 * net.rng.choice([-1.0, 1.0], replicas)
        ratio = 1 + np.stack([-x, x], axis=1) + momentum * (1 - 1 / (1 + rho_minus_1))
        F += np.log(np.abs(ratio)).sum(1)
        rho_minus_1 = ratio - 1
    expected = theory.gain_label_noise([[1.0]], steps, 0.01, 1.0, 1, momentum).q[0]
    assert F.mean() == pytest.approx(expected, rel=0.03)
