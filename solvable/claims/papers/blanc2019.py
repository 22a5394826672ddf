r"""Blanc, Gupta, Valiant and Valiant, Implicit regularization for deep neural networks driven by an Ornstein-Uhlenbeck
like process (arXiv:1904.09080): the drift of label noise along the minima.

SGD of step h on labels with fresh noise of size s, near a minimum of zero loss, moves in the slow time ``T = h^2 s^2 k
/ b`` by

    d theta / dT = -(1/4) P grad reg + O(h),        reg = (1/n) sum_i |grad f_i|^2,

P the projection onto the tangent space. Only the variance of the noise enters. In theta the drift is blurred by the
fluctuations across the minima, of size ``s sqrt(h)``. Not so in these products, by identities that hold at every step,
with the noisy residual ``rho = f - y - s xi``:

    f = w_1 ... w_D:            (w_i^2 - w_j^2)+ = (w_i^2 - w_j^2) (1 - h^2 rho^2 prod_{k != i,j} w_k^2),
    f = X (u^2 - v^2):          (u_j v_j)+ = u_j v_j (1 - 4 h^2 G_j^2),     G the mean of rho_i x_i over the batch.

So for ``f = u v`` the logarithm of ``q = u^2 - v^2`` falls by ``h^2 E rho^2 = h^2 s^2 (1 + O(h))`` a step: at the same
rate wherever q has gone meanwhile, so that the slow time spanned by a run need not be short.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from solvable import DiagonalLinearNetwork, LabelNoiseSGD, ScalarFactorization, claim, simulate
from solvable.theory import gain_label_noise, limiting_flow, trace_drift

from ._outputs import batch_mean, diagonal_outputs, noisy_residuals, product_outputs, twin

STEPS = np.array([0.16, 0.08, 0.04, 0.02])
"""Step sizes, in units of 1 / lambda, the largest eigenvalue of the Hessian (of any sample) at the start."""
NOISE = 0.25
"""Size of the label noise, in units of lambda."""


def products(rng):
    """A target, and minima of the products of two and of three factors."""
    angles = np.sort(rng.uniform(0.25, 0.6, 2)) * [-1, 1]
    return {
        "target": float(rng.uniform(0.8, 1.6)),
        "angle": float(rng.uniform(0.3, 0.9)),
        "angles": np.append(angles, -np.sum(angles)),
    }


def two_factors(problem):
    """The model ``u v``, its minimum and lambda."""
    y, a = problem["target"], problem["angle"]
    return ScalarFactorization(y), np.sqrt(y) * np.exp([a, -a]), 2 * y * np.cosh(2 * a)


def three_factors(problem):
    """The model ``a b c``, its minimum and lambda."""
    y = problem["target"]
    start = np.cbrt(y) * np.exp(problem["angles"])
    return ScalarFactorization(y, depth=3), start, np.sum((y / start) ** 2)


def diagonal(rng):
    """A design, and a minimum of the diagonal network on the labels that it has there."""
    return {"design": rng.standard_normal((3, 5)), "factors": rng.uniform(0.5, 1.2, (2, 5))}


def diagonal_network(problem):
    """The model ``X (u^2 - v^2)``, its minimum and lambda."""
    X, (u, v) = problem["design"], problem["factors"]
    y, start = X @ (u**2 - v**2), np.concatenate([u, v])
    g = diagonal_outputs(X, y).jacobian(start)
    return DiagonalLinearNetwork(X, y), start, np.max(np.sum(g * g, axis=1))


def differences(theta):
    """``log|w_i^2 - w_j^2|`` of neighbors in a circle."""
    return np.log(np.abs(theta**2 - np.roll(theta, 1, axis=-1) ** 2))


def fall(model, start, h, s, steps, first, count, seed, **options):
    """How far `differences` have fallen in each of `count` runs, per slow time."""
    method = LabelNoiseSGD(h, s, **options)
    run = simulate(model, method, np.tile(start, (count, 1)), steps=steps, replica=first, seed=seed)
    return (differences(start) - differences(run.final)) / ((h * s) ** 2 * steps)


def slow_rate(model, start):
    """Of log q of two factors, per slow time, by the leading law: -1 wherever it is asked for."""
    outputs, (u, v) = product_outputs(model.target), start
    move = trace_drift(outputs.jacobian(start), outputs.hessians(start), 1.0, 1.0)
    return float(move @ [2 * u, -2 * v] / (u * u - v * v))


@claim(
    "blanc2019-exact-steps",
    title="What label noise shrinks, it multiplies: identities at every step",
    statement=r"$(w_i^2 - w_j^2)^+ = (w_i^2 - w_j^2)\left(1 - h^2 \rho^2 \prod_{k \ne i,j} w_k^2\right),\quad"
    r" (u_j v_j)^+ = u_j v_j (1 - 4 h^2 G_j^2)$",
    source="arXiv:1904.09080 (the setting); the identities are our own",
    rivals=("the noise left out of the residual", "half the factor"),
    convention="f = w_1 .. w_D, D = 2, 3, and f = X (u^2 - v^2) in batches of 1 and 2; rho = f - y - s xi, G the mean"
    " of rho_i x_i; signs and Gaussian noise, 300 steps from a minimum",
)
def exact_steps(lab):
    problem = lab.instance(lambda rng: {**products(rng), **diagonal(rng)})
    X = problem["design"]

    def factor(w, _, rho):
        return (rho * np.prod(w, axis=1, keepdims=True) / (w * np.roll(w, 1, axis=1))) ** 2

    def network_logs(theta):
        return np.log(np.abs(np.prod(np.split(theta, 2, axis=-1), axis=0)))

    def network_factor(_, chosen, rho):
        return 4 * batch_mean(rho, X, chosen) ** 2

    for (model, start, size), logs, square, batches in (
        (two_factors(problem), differences, factor, (1,)),
        (three_factors(problem), differences, factor, (1,)),
        (diagonal_network(problem), network_logs, network_factor, (1, 2)),
    ):
        for batch, noise in itertools.product(batches, ("sign", "gaussian")):
            method = LabelNoiseSGD(STEPS[0] / size, NOISE * size, batch, noise)
            run = simulate(model, method, start, steps=300, save=np.arange(301), seed=lab.seed)
            noisy, plain = (multiplied(run, method, square, s, lab.seed) for s in (method.noise_std, 0.0))
            lab.identity(
                logs(run.theta[1:]) - logs(start),
                noisy,
                rivals={"the noise left out of the residual": plain, "half the factor": noisy / 2},
                tolerance=1e-11,
                reason="exact: rounding only",
            )


def multiplied(run, method, square, noise_std, seed):
    """Logarithms of the products of the factors ``1 - h^2 square`` so far, from every saved point and its draws."""
    chosen, rho = noisy_residuals(run, method, noise_std, seed)
    return np.cumsum(np.log(1 - method.step_size**2 * square(run.theta[:-1], chosen, rho)), axis=0)


@claim(
    "blanc2019-drift-rate",
    title="Label noise moves a product of two factors at the rate h^2 s^2",
    statement=r"$\lim_{h \to 0}\ \frac{E \log (q_k / q_0)}{h^2 s^2 k} = -1,\qquad q = u^2 - v^2,\ \ h^2 s^2 k$ fixed",
    source="arXiv:1904.09080, theorem number unverified; the constant is our own",
    rivals=("half the rate", "twice the rate", "four times the rate"),
    convention="L = (u v - y)^2 / 2, signs, from a minimum, h^2 s^2 k = 1/2; h lambda = 0.16 to 0.02, extrapolated to"
    " 0",
)
def drift_rate(lab):
    model, start, size = two_factors(lab.instance(products))
    s = NOISE * size

    def sampler(h, first, count):
        return -fall(model, start, h, s, round(0.5 / (h * s) ** 2), first, count, lab.seed)[:, 0]

    rate = slow_rate(model, start)
    lab.extrapolation(
        sampler,
        STEPS / size,
        rate,
        1e-3,
        rivals={"half the rate": rate / 2, "twice the rate": 2 * rate, "four times the rate": 4 * rate},
        first=256,
        reason="0.1 %: no control variate, the identity has removed the fluctuations",
    )


@claim(
    "blanc2019-only-the-variance",
    title="Only the variance of the label noise enters the drift",
    statement=r"$\lim_{h \to 0}\ \frac{E \log (q_k / q_0)}{h^2 s^2 k} = -E\,\xi^2$ for Gaussian noise as for signs",
    source="arXiv:1904.09080, theorem number unverified",
    rivals=("the fourth moment", "the square of the mean size"),
    convention="f = u v, Gaussian noise, from a minimum, h^2 s^2 k = 1/4; h lambda = 0.16 to 0.02, extrapolated to 0;"
    " control variate: the mean of xi^2 over the run",
)
def only_the_variance(lab):
    model, start, size = two_factors(lab.instance(products))
    s, memoryless = 2 * NOISE * size, LabelNoiseSGD(1.0, 1.0, noise="gaussian")

    def sampler(h, first, count):
        steps = round(0.25 / (h * s) ** 2)
        rate = -fall(model, start, h, s, steps, first, count, lab.seed, noise="gaussian")[:, 0]
        # One step of size 1 on the identity goes to the label: the twin is the noise itself.
        noise = twin(np.ones((1, 1)), memoryless, np.arange(1, steps + 1), first, count, lab.seed)[..., 0]
        return np.stack([rate, np.mean(noise**2, axis=0)], axis=1)

    rate = slow_rate(model, start)
    lab.extrapolation(
        sampler,
        STEPS / size,
        rate,
        1e-2,
        rivals={"the fourth moment": 3 * rate, "the square of the mean size": 2 / np.pi * rate},
        control_mean=1.0,
        reason="1 %, a thirtieth of the gap to the nearest rival",
    )


@claim(
    "blanc2019-drift",
    title="Label noise descends the mean square gradient of the outputs, to first order in the step",
    statement=r"$\frac{d\theta}{dT} = -\frac{1}{4} P \nabla\, \frac{1}{n} \sum_i |\nabla f_i|^2 + O(h),\qquad"
    r" T = h^2 s^2 k / b$",
    source="arXiv:1904.09080, theorem number unverified; the constant is our own",
    rivals=("half the rate", "twice the rate", "no drift"),
    convention="f = a b c: logarithms of a^2 - b^2, b^2 - c^2, c^2 - a^2; f = X (u^2 - v^2) with one of n = 3 examples:"
    " those of u v, rates 4 H; signs, h lambda = 0.16 to 0.02, extrapolated to 0",
)
def drift(lab):
    problem = lab.instance(lambda rng: {**products(rng), **diagonal(rng)})

    def check(rates, size, predicted):
        rates = functools.cache(rates)
        for j, value in enumerate(predicted):
            lab.extrapolation(
                lambda h, first, count, j=j: rates(h, first, count)[:, j],
                STEPS / size,
                value,
                0.02 * abs(value),
                rivals={"half the rate": value / 2, "twice the rate": 2 * value, "no drift": 0.0},
                first=256,
                reason="2 %, a twenty-fifth of the gap to the nearest rival",
            )

    model, start, size = three_factors(problem)
    s, T = NOISE * size, 0.4 / np.max(start**2)
    path = limiting_flow(*product_outputs(problem["target"]), start, T)

    def falls(h, first, count):
        return fall(model, start, h, s, round(T / (h * s) ** 2), first, count, lab.seed)

    check(falls, size, (differences(start) - differences(path.points[0])) / T)
    network, minimum, sharpest = diagonal_network(problem)
    noise, span = NOISE * sharpest / 2, 0.125 / np.max(np.mean(network.X**2, axis=0))

    def gains(h, first, count):
        steps, starts = round(span / (h * noise) ** 2), np.tile(minimum, (count, 1))
        run = simulate(network, LabelNoiseSGD(h, noise), starts, steps=steps, replica=first, seed=lab.seed)
        return run.ledger().q / ((h * noise) ** 2 * steps)

    check(gains, sharpest, gain_label_noise(network.X, 1, 1.0, 1.0).q)
