r"""Blanc et al. (arXiv:1904.09080) on ReLU networks of one variable: what label noise balances.

Rescaling a neuron leaves f alone, so that gradients cannot change ``a^2 - w^2 - b^2`` to first order in the step. With
the sums ``E0 = (1/n) sum rho_j``, ``E1 = (1/n) sum rho_j x_j`` of the noisy residuals over the samples at which the
neuron is active, a step of size h changes it by exactly

    h^2 [ (w E1 + b E0)^2 - a^2 (E1^2 + E0^2) ].

From zero loss its mean for label noise of size s is exactly ``h^2 s^2`` times the derivative of ``R / (2 n)`` by the
logarithm of the scale, ``R = (1/n) sum_j |grad f_j|^2``, and the noise of the step has the covariance ``(h^2 s^2 / n)
Hessian``: label noise descends ``L + (h s^2 / 4 n) R``, and at rest the two terms of every neuron are equal. Both are
means of quadratic forms in the noises: the sign patterns in the rows of a Hadamard matrix give them exactly.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import hadamard

from solvable import GradientDescent, LabelNoiseSGD, UnivariateReLUNetwork, claim, simulate

from ._dots import DISTINCT, distinct, dots, in_order, interpolating
from ._outputs import noisy_residuals

SMALL, LARGE = 0.01, 0.5
"""Step sizes of the mean and of the identity, in units of 1 / the largest square gradient of a sample."""
COUNT = 200
NOISE = 0.01
RESOLVED = "200 steps change the neurons by 3e-8 of their size"


def regularizer(model, theta):
    """``(1/n) sum_j |grad f_j|^2``."""
    return float(np.mean(np.sum(model.jacobian(theta) ** 2, axis=1)))


def scale_derivatives(model, theta):
    """Of R, by the logarithm of the k in ``(a/k, k w, k b)`` of every neuron."""
    m, derivatives = model.width, np.zeros(model.width)
    for i in range(m):
        ends = []
        for k in (1e-4, -1e-4):
            moved = theta.copy()
            moved[[i, m + i, 2 * m + i]] *= np.exp([-k, k, k])
            ends.append(regularizer(model, moved))
        derivatives[i] = (ends[0] - ends[1]) / 2e-4
    return derivatives


def one_step(model, theta, h, s):
    """theta after one step on labels moved by s with signs that have mean 0 and are uncorrelated, ``(N, p)``."""
    n = model.n_samples
    signs = hadamard(2 ** int(np.ceil(np.log2(n + 1))))[:, 1 : n + 1]
    shape = {"width": model.width, "skip": model.skip, "output_bias": model.output_bias}
    moved = [UnivariateReLUNetwork(model.x, model.y + s * row, **shape) for row in signs]
    return np.array([simulate(noisy, GradientDescent(h), theta, steps=1).final for noisy in moved])


def imbalance(model, points):
    """``a^2 - w^2 - b^2`` of every neuron, ``(..., m)``."""
    m = model.width
    return points[..., :m] ** 2 - points[..., m : 2 * m] ** 2 - points[..., 2 * m : 3 * m] ** 2


@claim(
    "blanc2019-relu-balance",
    title="Label noise balances the neurons of a ReLU network, at the rate of its regularizer",
    statement=r"$\Delta(a^2 - w^2 - b^2) = h^2 [(w E_1 + b E_0)^2 - a^2 (E_1^2 + E_0^2)]$ at every step, on average"
    r" $\frac{h^2 s^2}{2 n} \frac{\partial R}{\partial \log k}$ for $(a/k, k w, k b)$: exactly from zero loss, then"
    r" up to a factor $1 + O(h)$",
    source="arXiv:1904.09080 (the regularizer); the identity is our own",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "200 steps change the neurons by 3e-8 of their size",
    ),
    rivals=("the noise left out of the residual", "half the rate", "twice the rate", "no drift"),
    convention="L = 1/(2n) |f - y|^2, full batch with noise of signs on every label, from an interpolating network with"
    " two knots a gap; 200 steps, h max |grad f_j|^2 = 0.5 for the identity and 0.01 for the mean, of the neurons"
    " summed with the signs of their rates, to 5 percent; one step from zero loss by all rows of a Hadamard matrix as"
    " signs, s the deviation of y: every neuron, and the covariance of the step, (h^2 s^2 / n) times the Hessian",
)
def balance(lab):
    x, y = in_order(lab.instance(dots))
    lab.require(DISTINCT, distinct(x, y))
    model, theta = interpolating(x, y, np.random.default_rng(lab.seed))
    n, sharpest = x.size, np.max(np.sum(model.jacobian(theta) ** 2, axis=1))
    s = NOISE * np.std(y)
    method = LabelNoiseSGD(LARGE / sharpest, 100 * s, batch_size=None)
    run = simulate(model, method, theta, steps=COUNT, save=np.arange(COUNT + 1), seed=lab.seed)
    changes = {}
    for name, size in (("noisy", method.noise_std), ("plain", 0.0)):
        chosen, rho = noisy_residuals(run, method, size, lab.seed)
        changes[name] = method.step_size**2 * exact_change(model, run.theta[:-1], x[chosen], rho)
    exact = np.cumsum(changes["noisy"], axis=0)
    lab.require(RESOLVED, np.max(np.abs(exact)) >= 3e-8 * np.max(run.theta**2))
    lab.identity(
        imbalance(model, run.theta[1:]) - imbalance(model, theta),
        exact,
        rivals={"the noise left out of the residual": np.cumsum(changes["plain"], axis=0)},
        tolerance=1e-6,
        reason="rounding of a hundred units in the last place of the weights",
    )
    rates = scale_derivatives(model, theta) / (2 * n)
    rate = float(np.sum(np.abs(rates)))

    h, large = method.step_size, np.std(y)
    after, unit = one_step(model, theta, h, large), (h * large) ** 2
    lab.identity(
        np.mean(imbalance(model, after), axis=0) - imbalance(model, theta),
        unit * rates,
        rivals={"half the rate": unit * rates / 2, "twice the rate": 2 * unit * rates, "no drift": 0 * rates},
        tolerance=1e-6,
        reason="exact; the derivative is a difference quotient with an error of 1e-8",
    )
    covariance = unit / n * model.hessian(theta)
    lab.identity(
        (after - theta).T @ (after - theta) / len(after),
        covariance,
        rivals={"half the rate": covariance / 2, "twice the rate": 2 * covariance},
        reason="exact: rounding only",
    )

    noisy = LabelNoiseSGD(SMALL / sharpest, s, batch_size=None)

    def sampler(first, count):
        ends = simulate(model, noisy, np.tile(theta, (count, 1)), steps=COUNT, replica=first, seed=lab.seed).final
        moved = imbalance(model, ends) - imbalance(model, theta)
        return moved @ np.sign(rates) / ((noisy.step_size * s) ** 2 * COUNT)

    lab.statistic(
        sampler,
        rate,
        0.05 * rate,
        rivals={"half the rate": rate / 2, "twice the rate": 2 * rate, "no drift": 0.0},
        reason="5 %, a tenth of the gap to the nearest rival; corrections of order h are half a percent",
    )


def exact_change(model, points, inputs, rho):
    """What a step adds to the imbalances over h^2, ``(k, m)``."""
    m = model.width
    a, w, b = points[:, :m], points[:, m : 2 * m], points[:, 2 * m : 3 * m]
    active = w[:, :, None] * inputs[:, None, :] + b[:, :, None] > 0
    E0, E1 = (np.mean(active * terms[:, None, :], axis=2) for terms in (rho, rho * inputs))
    return (w * E1 + b * E0) ** 2 - a**2 * (E1**2 + E0**2)
