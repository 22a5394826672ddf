"""Stationary points of one-point networks against 30 digits, second derivatives, and descent from random starts."""

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import minimize

from solvable.theory import limiting_flow, single_point_stationary

CASES = [
    ("tanh", 0.9, 5, 1.0),
    ("tanh", -2.5, 3, 0.4),
    ("sigmoid", 0.9, 5, 1.0),
    ("sigmoid", -3.0, 3, 1.0),
    ("sigmoid", 2.5, 5, 1.0),  # two minima, even shares and one large neuron, with a saddle in between
    ("sigmoid", 1.2, 6, 4.0),
]
MINIMA = [1, 1, 1, 1, 2, 2]


class Network:
    """``sum_j c_j phi(z_j)`` in ``(c, z)``, where z moves with the gradient ``|x| d/dz``."""

    def __init__(self, activation, width, squared_norm):
        self.m, self.root, self.tanh = width, np.sqrt(squared_norm), activation == "tanh"

    def phi(self, z):
        return np.tanh(z) if self.tanh else 1 / (1 + np.exp(-z))

    def slopes(self, a):
        return (1 - a * a, -2 * a * (1 - a * a)) if self.tanh else (a * (1 - a), a * (1 - a) * (1 - 2 * a))

    def start(self, state):
        z = np.arctanh(state.hidden) if self.tanh else np.log(state.hidden / (1 - state.hidden))
        return np.concatenate([state.outer, z / self.root])

    def output(self, t):
        return t[: self.m] @ self.phi(self.root * t[self.m :])

    def gradient(self, t):
        a = self.phi(self.root * t[self.m :])
        return np.concatenate([a, self.root * t[: self.m] * self.slopes(a)[0]])

    def hessian(self, t):
        first, second = self.slopes(self.phi(self.root * t[self.m :]))
        cross = np.diag(self.root * first)
        return np.block([[0 * cross, cross], [cross, np.diag(self.root**2 * t[: self.m] * second)]])

    def regularizer(self, t):
        return float(self.gradient(t) @ self.gradient(t))


@pytest.mark.parametrize(("activation", "y", "m", "X"), CASES)
def test_each_point_is_stationary_to_30_digits_after_one_newton_step(activation, y, m, X):
    """The first-order conditions, written out for each neuron in mpmath."""
    with mp.workdps(30):
        slope = (lambda a: 1 - a * a) if activation == "tanh" else (lambda a: a * (1 - a))
        for state in single_point_stationary(X, y, m, activation):
            c, a = ([mp.mpf(float(v)) for v in values] for values in (state.outer, state.hidden))
            assert abs(mp.fsum(p * q for p, q in zip(c, a, strict=True)) - y) < 1e-13 * abs(y)
            R = mp.fsum(q**2 + X * p**2 * slope(q) ** 2 for p, q in zip(c, a, strict=True))
            assert abs(R - state.regularizer) < 1e-12 * R
            multipliers = []
            for p, q in zip(c, a, strict=True):
                by_c = 2 * X * p * slope(q) ** 2
                by_a = mp.diff(lambda s, p=p: s**2 + X * p**2 * slope(s) ** 2, q)
                if q == 0:
                    assert by_c == by_a == p == 0
                else:
                    multipliers += [by_c / q, by_a / p]
            assert max(multipliers) - min(multipliers) < 1e-10 * max(map(abs, multipliers))


@pytest.mark.parametrize(("activation", "y", "m", "X"), CASES)
def test_unstable_directions_by_finite_differences(activation, y, m, X):
    """The Hessian of R less multiplier times f, on the tangent space of f = y."""
    net = Network(activation, m, X)
    for state in single_point_stationary(X, y, m, activation):
        t = net.start(state)
        g = net.gradient(t)
        multiplier = 2 * net.hessian(t) @ g @ g / (g @ g)

        def slope(t, multiplier=multiplier):
            return 2 * net.hessian(t) @ net.gradient(t) - multiplier * net.gradient(t)

        assert np.abs(slope(t)).max() < 1e-9
        H = np.array([(slope(t + 1e-5 * e) - slope(t - 1e-5 * e)) / 2e-5 for e in np.eye(2 * m)])
        tangent = np.linalg.svd(g[None])[2][1:]
        values = np.linalg.eigvalsh(tangent @ (H + H.T) @ tangent.T / 2)
        assert np.abs(values).min() > 1e-9  # differences are good to 1e-11
        assert np.sum(values < 0) == state.unstable


@pytest.mark.parametrize(("case", "count"), list(zip(CASES, MINIMA, strict=True)))
def test_random_descent_finds_the_listed_minima_and_nothing_else(case, count):
    """For given z the best c is known, ``c_j ~ a_j / phi'_j^2``: descent in z alone, without constraints."""
    activation, y, m, X = case
    net, rng = Network(activation, m, X), np.random.default_rng(0)
    states = single_point_stationary(X, y, m, activation)
    minima = [s.regularizer for s in states if s.unstable == 0]
    assert len(minima) == count
    assert minima[0] == states[0].regularizer

    def value(z):
        a = net.phi(z)
        first, second = net.slopes(a)
        weight = (a / first) ** 2
        total = weight.sum()
        by_z = 2 * a * first - X * y**2 / total**2 * 2 * weight * (first / a - second / first)
        return a @ a + X * y**2 / total, by_z

    box = [(-4 if net.tanh else -12, 4)] * m  # a first step too far would end where phi is flat to rounding
    found, tight = set(), {"gtol": 1e-10, "ftol": 0.0, "maxfun": 10**5, "maxiter": 10**5}
    for _ in range(12):
        start = rng.uniform(-3, 1) + rng.uniform(0, 2) * rng.standard_normal(m)  # from alike to unlike
        z = minimize(value, start, jac=True, method="L-BFGS-B", bounds=box, options=tight).x
        best = int(np.argmin(np.abs(np.array(minima) - value(z)[0])))
        assert value(z)[0] == pytest.approx(minima[best], rel=1e-5)
        found.add(best)
    assert found == set(range(count))


@pytest.mark.parametrize(("activation", "y", "m", "T"), [("tanh", 0.9, 4, 400.0), ("sigmoid", 3.0, 3, 1e8)])
def test_the_limiting_flow_ends_at_the_minimum(activation, y, m, T):
    rng, net = np.random.default_rng(1), Network(activation, m, 1.0)
    t = rng.standard_normal(2 * m)
    for _ in range(60):
        g = net.gradient(t)
        t = t - g * (net.output(t) - y) / (g @ g)
    path = limiting_flow(
        lambda t: [net.gradient(t)], lambda t: [net.hessian(t)], lambda t: [net.output(t) - y], t, [1.0, T / 10, T]
    )
    least = single_point_stationary(1.0, y, m, activation)[0]
    assert np.all(np.diff(path.regularizer) < 0)
    assert path.residual.max() < 1e-9
    assert path.regularizer[-1] == pytest.approx(least.regularizer, rel=1e-5)
    shares = np.sort(np.abs(path.points[-1][:m] * net.phi(path.points[-1][m:])))[::-1]
    assert shares == pytest.approx(np.abs(least.outer * least.hidden), abs=1e-3)


def test_what_the_formulas_say_of_wide_networks():
    for y, m in ((0.9, 50), (2.0, 200)):
        narrow, spread = (single_point_stationary(1.0, y, m, kind)[0] for kind in ("tanh", "sigmoid"))
        assert np.count_nonzero(narrow.hidden) == 1
        assert np.ptp(spread.hidden) == 0
        assert spread.regularizer == pytest.approx(y**2 / m, rel=2 * (y / m) ** 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: single_point_stationary(0.0, 1.0, 2), "squared_norm must be > 0"),
        (lambda: single_point_stationary(1.0, 0.0, 2), "target must be nonzero"),
        (lambda: single_point_stationary(1.0, 1.0, 0), "width must be an integer >= 1"),
        (lambda: single_point_stationary(1.0, 1.0, 2, "relu"), "activation must be one of 'tanh', 'sigmoid'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
