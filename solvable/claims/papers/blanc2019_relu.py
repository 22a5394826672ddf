r"""Blanc et al. (arXiv 1904.09080) on ReLU networks of one variable: what label noise balances, and where it ends.

Rescaling a neuron leaves f alone, so that gradients cannot change ``a^2 - w^2 - b^2`` to first order in the step. With
the sums ``E0 = (1/n) sum rho_j``, ``E1 = (1/n) sum rho_j x_j`` of the noisy residuals over the samples at which the
neuron is active, a step of size h changes it by exactly

    h^2 [ (w E1 + b E0)^2 - a^2 (E1^2 + E0^2) ].

Its mean for label noise of size s is, per ``h^2 s^2``, the derivative of ``R / (2 n)`` by the logarithm of the scale,
``R = (1/n) sum_j |grad f_j|^2``: label noise descends R, and at rest the two terms of every neuron are equal. Then R
is a functional of f alone, the curvature weighed by what a jump costs (`solvable.theory.label_noise_function_cost`).
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, LabelNoiseSGD, UnivariateReLUNetwork, claim, simulate
from solvable.theory import label_noise_function_cost, least_curvature

from ._dots import DISTINCT, bending, bends, distinct, dots, in_order, interpolating
from ._outputs import noisy_residuals

SMALL, LARGE = 0.01, 0.5
"""Step sizes of the mean and of the identity, in units of 1 / the largest square gradient of a sample."""
COUNT = 200
NOISE = 0.01
RESOLVED = "200 steps change the neurons by 3e-8 of their size"
POLISHED = "the noiseless polish reaches zero loss"


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


def imbalance(model, points):
    """``a^2 - w^2 - b^2`` of every neuron, ``(..., m)``."""
    m = model.width
    return points[..., :m] ** 2 - points[..., m : 2 * m] ** 2 - points[..., 2 * m : 3 * m] ** 2


@claim(
    "blanc2019-relu-balance",
    title="Label noise balances the neurons of a ReLU network, at the rate of its regularizer",
    statement=r"$\Delta(a^2 - w^2 - b^2) = h^2 [(w E_1 + b E_0)^2 - a^2 (E_1^2 + E_0^2)]$ at every step, on average"
    r" $\frac{h^2 s^2}{2 n} \frac{\partial R}{\partial \log k} (1 + O(h))$ for $(a/k, k w, k b)$",
    source="arXiv:1904.09080 (the regularizer); the identity is our own",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "200 steps change the neurons by 3e-8 of their size",
    ),
    rivals=("the noise left out of the residual", "half the rate", "twice the rate", "no drift"),
    convention="L = 1/(2n) |f - y|^2, full batch with noise of signs on every label, from an interpolating network with"
    " two knots a gap; 200 steps, h max |grad f_j|^2 = 0.5 for the identity and 0.01 for the mean, of the neurons"
    " summed with the signs of their rates, to 5 percent",
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


@claim(
    "blanc2019-relu-curvature",
    title="Label noise leaves a ReLU network with the least regularizer and the fewest changes of convexity",
    statement=r"from a random start label noise comes to $R \approx \min_f R(f)$, $R(f) = \frac{1}{n} \sum_j (1 +"
    r" x_j^2) + \frac{2}{n} \int |f''| \varphi$, with no more changes of convexity between the data than they need",
    source="arXiv:1904.09080, theorem number unverified; R(f) is our own",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "the noiseless polish reaches zero loss",
    ),
    rivals=("descent without noise", "half the curvature", "twice the curvature"),
    errata="Connecting the dots, if it is the least R of all, need not be where noise rests: on x = -1.2, -0.7, -0.1,"
    " 0.4, 0.8, 1.3 and y = 0.8, -0.2, -0.5, -0.1, 0.9, 0.3 (h = 0.02, s = 0.3, 60 neurons) it takes R from 5.378 there"
    " to 5.487 after 1e6 steps and 5.453 after 4e6, the knots at -0.7 and -0.1 to -0.56 and -0.23; from a random start"
    " R falls to 5.398. R is discontinuous where knots cross data, and the noise keeps them crossing. In 2 of 8 draws"
    " descent without noise had as few changes of convexity.",
    convention="L = 1/(2n) |f - y|^2, c x + d trained, 40 neurons, h = 0.02 and s = 0.3 at mean square labels of 1/4,"
    " full batch, signs; 1.2e7 steps, then 5e4 without noise; jumps below 2 percent of the largest do not count, knots"
    " closer than 0.02 are one",
    tier="slow",
)
def curvature(lab):
    x, y = in_order(lab.instance(lambda rng, n=6: bending(rng, [1, 1, -1, 1], n)))
    lab.require(DISTINCT, distinct(x, y))
    x = x * 1.5 / np.max(np.abs(x))
    y = y - np.polyval(np.polyfit(x, y, 1), x)
    y = y / (2 * np.sqrt(np.mean(y**2)))
    model = UnivariateReLUNetwork(x, y, 40, skip=True)
    quiet = GradientDescent(0.02)
    free = simulate(model, quiet, model.init(1.0, seed=lab.seed), steps=500_000).final
    noisy = simulate(model, LabelNoiseSGD(0.02, 0.3, batch_size=None), free, steps=12_000_000, seed=lab.seed).final
    theta = simulate(model, quiet, noisy, steps=50_000).final
    lab.require(POLISHED, max(model.loss(free), model.loss(theta)) <= 1e-9)
    f = model.predictor(theta)
    least = label_noise_function_cost(least_curvature(x, y, "label-noise").point, x)
    affine = float(np.mean(1 + x**2))
    measured = regularizer(model, theta)
    lab.identity(
        measured - affine,
        least - affine,
        rivals={
            "descent without noise": regularizer(model, free) - affine,
            "half the curvature": (least - affine) / 2,
            "twice the curvature": 2 * (least - affine),
        },
        tolerance=0.05,
        reason="5 percent: the noise does not rest, and knots move on only as fast as R falls",
    )
    lab.identity(measured, label_noise_function_cost(f, x), tolerance=0.02, reason="2 percent: neurons still balancing")
    needed = int(np.count_nonzero(np.diff(np.sign(bends(x, y)))))
    lab.bound(f.convexity_changes(0.02, (x[0], x[-1]), tolerance=0.02), needed, tolerance=1e-9, reason="a number")
