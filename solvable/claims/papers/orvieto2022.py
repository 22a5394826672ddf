r"""Orvieto et al., Anticorrelated Noise Injection for Improved Generalization (arXiv:2202.02831).

Noise is added to the parameters after every step and taken back after the next one, ``theta+ = theta - h grad L + s xi+
- s xi``. The gradient step then acts on ``z = theta - s xi``,

    z+ = z - h grad L(z + s xi):

noise before the gradient, on every path and at any step size. On average it descends ``E L(z + s xi)``, which is ``L +
(s^2/2) tr Hess L`` up to ``O(s^4)``, and on ``f = u v`` up to a constant. Along the minima the fluctuations that the
noise keeps alive count too. For small noise the drift is ``-h P grad R`` a step with

    R = -(s^2/h) tr log( I - (h/2) Hess L ) = (s^2/2) tr Hess L + (h s^2/8) tr (Hess L)^2 + ...,

the functional of label noise of variance ``2 n s^2/h`` on the full batch. On ``f = u v`` it takes the share ``2 h s^2 /
(1 - h lambda/2)`` from ``q = u^2 - v^2``, where ``lambda = u^2 + v^2``.

Noise that is not taken back makes q wander: its variance grows by ``4 lambda s^2`` a step. Its mean falls as well, by
the share ``h^2 E r^2``, a quarter of what anticorrelated noise takes.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from solvable import DiagonalLinearNetwork, NoiseInjection, ScalarFactorization, claim, simulate
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import PARAMETER_NOISE
from solvable.theory import balance_under_noise

from ._hyperbola import Hyperbola, gaussians, squares_apart

STEPS = 256
LARGE_STEPS = (0.5, 1.0, 1.5)
"""In units of 1/lambda at the start."""
CLOCK = 0.3
"""``2 h s^2 k`` at a finite step."""


def _network(rng, n=4, d=6):
    """A regression, and parameters of size 1 of the network ``u^2 - v^2``."""
    return {
        "X": rng.standard_normal((n, d)),
        "y": rng.standard_normal(n),
        "theta": rng.uniform(0.5, 1.0, 2 * d),
    }


@claim(
    "orvieto2022-noise-before-gradient",
    title="Anticorrelated injection is noise before the gradient, path by path",
    statement=r"$\theta_{k+1} = \theta_k - h \nabla L(\theta_k) + s\,\xi_{k+1} - s\,\xi_k,\ \ z_k = \theta_k -"
    r" s\,\xi_k:\quad z_{k+1} = z_k - h \nabla L(z_k + s\,\xi_k)$",
    source="arXiv:2202.02831 (the change of variables)",
    rivals=("noise not taken back", "gradient without the noise", "gradient with the noise to come"),
    convention="beta = u^2 - v^2 on random data, 256 steps of 0.2 / sharpness, s = |theta| / 10; xi from its generator",
)
def noise_before_gradient(lab):
    problem = lab.instance(_network)
    model, start = DiagonalLinearNetwork(problem["X"], problem["y"]), np.asarray(problem["theta"])
    h, s = 0.2 / model.sharpness(start), 0.1 * np.sqrt(np.mean(start**2))
    method = NoiseInjection(h, s, anticorrelated=True)
    theta = simulate(model, method, start, steps=STEPS, save=np.arange(STEPS + 1), seed=lab.seed).theta
    xi = np.vstack([np.zeros(start.size), s * gaussians(lab.seed, 0, STEPS, PARAMETER_NOISE, start.size)])
    z = theta - xi

    def step(points):
        return z[:-1] - h * np.array([model.gradient(point) for point in points])

    lab.identity(
        z[1:],
        step(theta[:-1]),
        rivals={
            "noise not taken back": step(theta[:-1]) + xi[:-1],
            "gradient without the noise": step(z[:-1]),
            "gradient with the noise to come": step(z[:-1] + xi[1:]),
        },
        tolerance=1e-11,
        reason="exact at every step: rounding only",
    )


def _factors(rng):
    """A target, and three factors away from the minima."""
    return {"target": np.array(rng.uniform(1.0, 2.0)), "factors": rng.uniform(0.7, 1.5, 3)}


@claim(
    "orvieto2022-modified-loss",
    title="On average anticorrelated noise descends the loss and half the trace of its Hessian",
    statement=r"$E\,[z_{k+1} | z_k] = z_k - h \nabla \left( L + \frac{s^2}{2} \mathrm{tr}\, \nabla^2 L \right) (z_k)"
    r" + O(h s^4)$, without the last term on $f = uv$",
    source="arXiv:2202.02831 (the modified loss; theorem number unverified)",
    rivals=("half the penalty", "twice the penalty", "no penalty"),
    convention="L = (w_1 ... w_D - y)^2 / 2, D = 2 and 3; a step is a polynomial in the noise, which some replicas"
    " determine: the mean is exact",
)
def modified_loss(lab):
    problem = lab.instance(_factors)
    y, w = float(problem["target"]), np.asarray(problem["factors"])
    sizes = 0.2 * np.min(np.abs(w)) / 2.0 ** np.arange(4)
    wrong = {"half the penalty": 0.25, "twice the penalty": 1.0, "no penalty": 0.0}
    for depth in (2, 3):
        model = ScalarFactorization(target=y, depth=depth)
        h = 0.2 / model.sharpness(w[:depth])
        point = w[:depth] - h * model.gradient(w[:depth])
        means = np.array([_mean_gradient(model, w[:depth], h, s, lab.seed) for s in sizes])

        def modified(factor, descent=model.gradient(point), slope=trace_slope(point)):
            return descent + factor * np.outer(sizes**2, slope)

        if depth == 2:
            rivals = {name: modified(factor) for name, factor in wrong.items()}
            lab.identity(means, modified(0.5), rivals=rivals, reason="rounding")
        else:
            rivals = {name: np.max(np.abs(means - modified(factor)), axis=1) for name, factor in wrong.items()}
            errors = np.max(np.abs(means - modified(0.5)), axis=1)
            lab.order(sizes, errors, 4, rivals=rivals, tolerance=0.01, reason="a polynomial in s^2 of degree two")


def trace_slope(w):
    """The gradient of ``tr Hess L = sum_i (w_1 ... w_D / w_i)^2``."""
    squares = (np.prod(w) / w) ** 2
    return 2 * (np.sum(squares) - squares) / w


def _mean_gradient(model, start, h, s, seed):
    """``E grad L(z + s xi)`` at the point z that one step reaches, from the second step of the dynamics.

    A polynomial in xi, of degree one less than the loss: products of Hermite polynomials fit it exactly, and only the
    constant one has a mean.
    """
    degree = 2 * model.depth - 1
    powers = [k for k in product(range(degree + 1), repeat=start.size) if sum(k) <= degree]
    replicas = np.arange(4 * len(powers))
    first, second = (_injected(seed, step, replicas, start.size) for step in (0, 1))
    method = NoiseInjection(h, s, anticorrelated=True)
    after = simulate(model, method, np.tile(start, (replicas.size, 1)), steps=2, seed=seed).final - s * second
    table = np.polynomial.hermite_e.hermevander(first, degree)
    basis = np.stack([np.prod([table[:, j, a] for j, a in enumerate(k)], axis=0) for k in powers], axis=1)
    before = start - h * model.gradient(start)
    return np.linalg.lstsq(basis, (before - after) / h, rcond=None)[0][powers.index((0,) * start.size)]


def _injected(seed, step, replicas, size):
    """The standard normal numbers that `replicas` get after step number `step`, ``(len(replicas), size)``."""
    drawn = np.empty((size, replicas.size))
    fill_tile(seed, replicas, step, PARAMETER_NOISE, drawn)
    return drawn.T


@claim(
    "orvieto2022-flat-minima",
    title="Along the minima anticorrelated noise descends the trace, at a finite step the trace of a logarithm",
    statement=r"$-h P\, \nabla R$ a step,$\ \ R = -\frac{s^2}{h} \mathrm{tr} \log \left( I - \frac{h}{2} H \right) ="
    r" \frac{s^2}{2} \mathrm{tr}\, H + O(h)$; on $f = uv$:$\ \ E\, \Delta \log q = -\frac{2 h s^2}{1 - h \lambda/2}$",
    source="arXiv:2202.02831 (the leading term); the finite step is derived in solvable.theory",
    hypotheses=("q is one to five times y",),
    rivals=("the leading term", "half the coefficient", "noise not taken back"),
    convention="(u v - y)^2 / 2 from a minimum with q = 2 to 4 y; q = u^2 - v^2 of theta - s xi, lambda = u^2 + v^2;"
    " noise to 0 at h lambda = 0.5, 1, 1.5 until 2 h s^2 k = 0.3; h to 0 at s^2 = y/20 until 1",
)
def flat_minima(lab):
    curve = Hyperbola(lab, 2.0, 4.0)

    def fall(h, s, steps, first, count):
        """Of log q, over a number of steps."""
        last = s * _injected(lab.seed, steps - 1, np.arange(first, first + count), 2)
        ends = curve.run(NoiseInjection(h, s, anticorrelated=True), steps, first, count, lab.seed) - last
        return np.log(np.abs(squares_apart(ends)) / curve.balance)

    for share in LARGE_STEPS:
        h = share / curve.sharpness
        largest = CLOCK / (2 * h * STEPS)
        q = balance_under_noise(curve.balance, curve.target, h, np.sqrt(largest), STEPS, "injected")
        law = np.log(float(q) / curve.balance)

        def small_noise(variance, first, count, h=h, largest=largest):
            return fall(h, np.sqrt(variance), round(STEPS * largest / variance), first, count)

        lab.extrapolation(
            small_noise,
            largest / 2.0 ** np.arange(4),
            law,
            0.02 * abs(law),
            rivals={"the leading term": -CLOCK, "half the coefficient": law / 2, "noise not taken back": 0.0},
            order=1,
            reason="noise to 0; margin: a fiftieth of the drift",
        )
    # At any noise the leading term is exact for h to 0.
    s = np.sqrt(abs(curve.target) / 20)
    largest = 0.2 / curve.sharpness
    steps = np.ceil(0.5 / s**2 / largest)

    def small_step(h, first, count):
        return fall(h, s, round(0.5 / s**2 / h), first, count)

    lab.extrapolation(
        small_step,
        0.5 / s**2 / steps / 2.0 ** np.arange(4),
        np.log(curve.in_the_limit(balance_under_noise, 1.0, "injected")),
        0.03,
        rivals={"half the coefficient": -0.5, "noise not taken back": 0.0},
        reason="h to 0; margin: three hundredths of the drift",
    )


def recursion_variances(factor, steps):
    """Of ``x+ = factor x + xi`` from ``x = 0``, at every step but the last, for xi of variance 1."""
    return (1 - factor ** (2 * np.arange(steps))) / (1 - factor**2)


@claim(
    "orvieto2022-plain-injection",
    title="Noise that is not taken back wanders along the minima, and drifts a quarter as fast",
    statement=r"$f = uv$, $q = u^2 - v^2$, $\theta_{k+1} = \theta_k - h \nabla L + s\,\xi_{k+1}$:$\quad E\, \Delta q ="
    r" -\frac{h s^2}{2 - h \lambda}\, q,\ \ \Delta\, \mathrm{Var}\, q = 4 \lambda s^2$ for small noise",
    source="arXiv:2202.02831 (that uncorrelated noise does not find flat minima, abstract); constants are our own",
    hypotheses=("q is one to five times y",),
    rivals=("no drift", "the drift of anticorrelated noise", "half the spread"),
    convention="(u v - y)^2 / 2 from a minimum, lambda = u^2 + v^2, h lambda = 0.5; 256 steps, s to 0",
)
def plain_injection(lab):
    curve = Hyperbola(lab, 2.0, 4.0)
    h = 0.5 / curve.sharpness
    drift = -(h**2) * curve.sharpness * np.sum(recursion_variances(1 - h * curve.sharpness, STEPS))
    spread = 4 * curve.sharpness / curve.balance**2 * STEPS

    @cache
    def moments(variance, first, count):
        """Rows of what ``q/q_0 - 1`` and its square are over s^2, with controls of mean 0."""
        s = np.sqrt(variance)
        path = curve.run(NoiseInjection(h, s), STEPS, first, count, lab.seed, every=True)
        change, kicks = squares_apart(path) / curve.balance - 1, curve.kicks(path, h) / curve.balance
        ends = change[-1], change[-1] ** 2
        controls = np.sum(kicks, axis=0), np.sum(2 * change[:-1] * kicks, axis=0)
        return [
            np.stack([end / variance, control / variance], axis=1) for end, control in zip(ends, controls, strict=True)
        ]

    largest = 0.1 / spread
    for place, law, rivals in (
        (0, drift, {"no drift": 0.0, "the drift of anticorrelated noise": 4 * drift}),
        (1, spread, {"half the spread": spread / 2}),
    ):
        lab.extrapolation(
            lambda variance, first, count, place=place: moments(variance, first, count)[place],
            largest / 2.0 ** np.arange(4),
            law,
            0.05 * abs(law),
            rivals=rivals,
            order=1,
            control_mean=0.0,
            reason="the martingale of the path is the control; margin: a twentieth",
        )
