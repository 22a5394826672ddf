r"""Wei and Schwab, How noise affects the Hessian spectrum in overparameterized neural networks (arXiv:1910.00195), on
diagonal linear networks.

Noise in the span of the gradients of the samples moves ``beta = u^2 - v^2`` as a gradient does: it multiplies u_j by
``1 - 2 h G_j`` and v_j by ``1 + 2 h G_j``, G in the row space of X, and so ``a_j = |u_j v_j|`` by ``|1 - 4 h^2
G_j^2|``, at any step size. Around an interpolant small noise gives G the covariance of a linear recursion. With ``A = X
W X^T``, ``W = diag(u^2 + v^2)``, and ``F = 1 - (2h/n) A``, which is 1 for a small step,

    label noise sigma, full batch     E G G^T = (sigma^2/n^2) X^T F^{-1} X,
    normal noise s                    E G G^T = (s^2/4) X^T (A F)^{-1} X,

and ``log a_j`` falls by ``4 h^2 E G_j^2`` a step. For small steps that is with label noise the square of a column of X,
a constant, and with normal noise the leverage of the column, which changes as W does.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.integrate import solve_ivp

from solvable import DiagonalLinearNetwork, GradientNoise, LabelNoiseSGD, claim, simulate
from solvable.integrators.philox import GRADIENT_NOISE
from solvable.theory import gradient_noise_drift, label_noise_drift

from ._hyperbola import PART, gaussians
from ._problems import INTERPOLATES, coefficient_size, many_interpolants

STEPS = 256
"""At the largest noise."""


def few(rng, n=3, d=6):
    """Gaussian samples, and targets of a Gaussian vector."""
    X = rng.standard_normal((n, d))
    return {"X": X, "y": X @ rng.standard_normal(d)}


class Interpolant:
    """The network at the interpolant of least l2 norm, all ``|u_j v_j|`` half its largest coefficient."""

    def __init__(self, X, y):
        self.X, self.n, self.model = X, y.size, DiagonalLinearNetwork(X, y)
        beta, a = np.linalg.lstsq(X, y, rcond=None)[0], 0.5 * coefficient_size(X, y)
        u = np.sqrt((np.hypot(beta, 2 * a) + beta) / 2)
        self.start = np.concatenate([u, a / u])
        self.hessians = np.array([np.diag(np.concatenate([2 * x, -2 * x])) for x in X])
        sizes = np.linalg.svd(self.gradients(self.start), compute_uv=False) ** 2 / y.size
        self.trace, self.largest_step = np.sum(sizes), 2 / sizes[0]

    def gradients(self, theta):
        """Of the outputs, ``(n, 2d)``."""
        u, v = np.split(theta, 2)
        return 2 * np.hstack([self.X * u, -self.X * v])

    def log_scales(self, theta):
        """``log|u v|`` at ``theta (..., 2d)``, less its start."""
        u, v = np.split(theta, 2, axis=-1)
        return np.log(np.abs(u * v)) - self.model.potential_coordinates(self.start)[0]

    def fall(self, drift):
        """Rates of `log_scales` at the start under a displacement ``drift(gradients, hessians)``."""
        return np.sum(np.split(drift(self.gradients(self.start), self.hessians) / self.start, 2), axis=0)

    def follow(self, drift, time):
        """`log_scales` where the flow of a drift ends."""

        def velocity(_, theta):
            g = self.gradients(theta)
            back = np.linalg.lstsq(g, self.model.residuals(theta), rcond=None)[0]
            return drift(g, self.hessians) - 10 * self.trace * back  # vanishes on the minima, and holds the path there

        path = solve_ivp(velocity, (0, time), self.start, method="LSODA", rtol=1e-9, atol=1e-10 * np.max(self.start))
        return self.log_scales(path.y[:, -1])


@claim(
    "wei2019-network",
    title="On a diagonal network normal noise shrinks scales by leverage, label noise by the squares of the columns",
    statement=r"$-E\, \Delta \log a_j = \frac{4 h^2 \sigma^2}{n^2} [X^T F^{-1} X]_{jj}$ under label noise,"
    r" $h^2 s^2 [X^T (A F)^{-1} X]_{jj}$ under normal noise:$\ \ A = X\, \mathrm{diag}(u^2 + v^2)\, X^T,\ F = 1 -"
    r" \frac{2h}{n} A$; at a finite step, for noise to 0",
    source="arXiv:1910.00195 (trace and determinant); on these networks, and at a finite step, our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the laws that are compared lie apart by a tenth or more",
    ),
    rivals=("the law of the other noise", "the law of a small step", "half the rate", "no noise in the gain"),
    convention="beta = u^2 - v^2, a = |u v|, from the interpolant of least l2 norm, h half of the largest stable step,"
    " full batch; s^2 n = (sigma^2/n) tr H, the same power at the start; mean of log a_j for the j that separates the"
    " laws best, until the first scale has fallen by about a factor exp(-1/2)",
)
def network(lab):
    problem = lab.instance(few)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    net = Interpolant(X, y)
    h, share = net.largest_step / 2, net.trace / net.n**2  # s^2 / sigma^2
    A = (X * np.sum(np.square(np.split(net.start, 2)), axis=0)) @ X.T

    def label(noise_std, h=h):
        return lambda g, hessians: label_noise_drift(g, hessians, h, noise_std, None)

    def normal(noise_std, h=h):
        return lambda g, hessians: gradient_noise_drift(g, hessians, h, np.sqrt(share) * noise_std, "normal").mean

    def columns(h):
        return -((2 * h / net.n) ** 2) * np.sum(X * np.linalg.solve(np.eye(net.n) - 2 * h / net.n * A, X), axis=0)

    def leverage(h):
        return -share * h**2 * np.sum(X * np.linalg.solve(A - 2 * h / net.n * A @ A, X), axis=0)

    for drift, law, other in ((label, columns, leverage), (normal, leverage, columns)):
        rivals = {
            "the law of the other noise": other(h),
            "the law of a small step": h**2 * law(1e-9 * h) / (1e-9 * h) ** 2,
            "half the rate": law(h) / 2,
        }
        lab.identity(net.fall(drift(1.0)), law(h), rivals=rivals, tolerance=1e-9, reason="rounding")
    # The noise at which the scale that falls first has lost about half after so many steps.
    largest = np.sqrt(-0.5 / STEPS / min(np.min(columns(h)), np.min(leverage(h))))
    _check_gain(lab, net, h, np.sqrt(share) * largest)
    ends = np.array([net.follow(drift(largest), STEPS) for drift in (label, normal)])
    early = np.array([net.follow(drift(1e4 * largest, 1e-4 * h), STEPS) for drift in (label, normal)])
    apart = np.minimum(np.abs(ends - ends[::-1]), np.abs(ends - early)) / np.abs(ends)
    j = int(np.argmax(np.min(apart, axis=0)))
    lab.require(PART, np.min(apart[:, j]) > 0.1)

    def sampler(variance, first, count, method):
        starts, steps = np.tile(net.start, (count, 1)), round(STEPS * largest**2 / variance)
        run = simulate(net.model, method(np.sqrt(variance)), starts, steps=steps, seed=lab.seed, replica=first)
        return net.log_scales(run.final)[:, j]

    def label_noise(noise_std):
        return LabelNoiseSGD(h, noise_std, batch_size=None)

    def normal_noise(noise_std):
        return GradientNoise(h, np.sqrt(share) * noise_std, shape="normal")

    laws = zip((label_noise, normal_noise), ends[:, j], ends[::-1, j], early[:, j], strict=True)
    for method, law, other, small in laws:
        rivals = {"the law of the other noise": other, "the law of a small step": small, "half the rate": law / 2}
        lab.extrapolation(
            partial(sampler, method=method),
            largest**2 / 2.0 ** np.arange(4),
            law,
            0.05 * abs(law),
            rivals=rivals,
            order=1,
            first=32,
            reason="noise to 0; margin: a twentieth of the drift, half of the least distance to a rival",
        )


def _check_gain(lab, net, h, s):
    """log a falls by ``-log|1 - 4 h^2 G^2|`` a step, G from the generator itself."""
    method = GradientNoise(h, s, shape="normal")
    path = simulate(net.model, method, net.start, steps=STEPS, save=np.arange(STEPS + 1), seed=lab.seed).theta
    z = gaussians(lab.seed, 0, STEPS, GRADIENT_NOISE, net.start.size)
    noise = np.array([np.linalg.lstsq(net.gradients(p).T, s * x, rcond=None)[0] for p, x in zip(path, z, strict=False)])
    quiet = net.model.residuals(path[:-1]) / net.n
    predicted, without = (np.log(np.abs(1 - (2 * h * weights @ net.X) ** 2)) for weights in (quiet + noise, quiet))
    lab.identity(
        np.diff(net.log_scales(path), axis=0),
        predicted,
        rivals={"no noise in the gain": without},
        tolerance=1e-9,
        reason="exact at every step: rounding only",
    )
