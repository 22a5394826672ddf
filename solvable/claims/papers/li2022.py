r"""Li, Wang and Arora, What Happens after SGD Reaches Zero Loss? (arXiv:2110.06914), and HaoChen et al., Shape Matters
(arXiv:2006.08680), on diagonal linear networks.

SGD of step h on labels with fresh noise of size s moves along the interpolants of ``beta = u^2 - v^2``. Each step
multiplies u by ``1 - 2 h G``, v by ``1 + 2 h G``, G the noisy gradient of the batch in beta, which lies in the row
space of X: the ledger holds exactly, without convergence. Near an interpolant ``E G_j^2 = s^2 H_j / b``, ``H_j = mean_i
x_ij^2``, so that on the slow clock ``T = h^2 s^2 k / b``

    a_j(T) = a_j(0) exp(-4 H_j T),        beta(T) = argmin_{Xb=y} phi_{a(T)}(b):

the slow flow of these papers in closed form, a central path. Its end is the interpolant of least *H-weighted* l1 norm;
that is least l1 only if all columns have the same length, as for the +-1 designs of HaoChen et al. (who treat ``beta =
v^2``; ``u^2 - v^2`` is our extension).
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from solvable import DiagonalLinearNetwork, GradientFlow, LabelNoiseSGD, claim, simulate
from solvable.theory import (
    gain_gradient_descent,
    gain_label_noise,
    label_noise_limit,
    least_l1,
    slow_flow_diagonal,
)

from ._gains import check_gain
from ._hyperbola import clocked
from ._noise import sample_limit
from ._outputs import batch_mean, noisy_residuals
from ._problems import COLUMNS, INTERPOLATES, coefficient_size, many_interpolants, no_zero_column, zero_loss

REPLICAS = 32
UNEQUAL = "the columns of X have different lengths, so that the weighted and the plain l1 norm part"
DECIDES = "the certificate is strict, and decides within the horizon"
NOISE = 0.5
"""Size of the label noise, in units of the largest label."""


def unequal_columns(rng, n=6, d=12):
    """Columns of lengths between 0.6 and 1.6, mean square 1; targets of a dense vector."""
    X = rng.standard_normal((n, d)) * np.geomspace(0.6, 1.6, d)[rng.permutation(d)]
    X /= np.sqrt(np.mean(X**2))
    return {"X": X, "y": X @ rng.standard_normal(d)}


def prepared(X, y):
    """(model, an interpolant where the flow ends, the stable step of single samples there, size of the noise)."""
    model = DiagonalLinearNetwork(X, y)
    start = model.init(0.5 * np.sqrt(coefficient_size(X, y)))
    run = simulate(model, GradientFlow(rtol=1e-10), start, time=1e8, until_loss=zero_loss(y))
    return model, run.final, sample_limit(model, run.final), NOISE * float(np.max(np.abs(y)))


@claim(
    "li2022-ledger",
    title="SGD with label noise at any step size: effective initialization, without convergence",
    statement=r"$a_k = a_0 \prod_{j<k} |1 - 4 h^2 G_j^2|,\ \ \xi_k = \xi_0 + \sum_{j<k} r(2 h G_j):\quad"
    r" \beta_k = \mathrm{argmin}_{Xb = X\beta_k}\ \phi_{a_k}(b) - \langle \xi_k, b \rangle$",
    source="arXiv:2110.06914, arXiv:2006.08680 (the method); the formula is arXiv:2302.08982's",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("the noise left out of the gradients", "half the gain", "shift dropped"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; signs, batches of 1, 3, n, and Gaussian noise; 500 steps;"
    " r(x) = log|1 - x| - log|1 + x| + 2 x",
)
def exact_ledger(lab):
    problem = lab.instance(unequal_columns)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge, s = prepared(X, y)
    steps = 500
    for batch, noise in ((1, "sign"), (min(3, y.size), "sign"), (None, "sign"), (1, "gaussian")):
        method = LabelNoiseSGD(edge / 8, s, batch_size=batch, noise=noise)
        run = simulate(model, method, start, steps=steps, save=np.arange(steps + 1), seed=lab.seed)
        draws = [noisy_residuals(run, method, size, lab.seed) for size in (s, 0.0)]
        noisy, plain = (batch_mean(rho, X, chosen) for chosen, rho in draws)
        gain = gain_gradient_descent(noisy, edge / 8)
        check_gain(
            lab,
            run,
            gain,
            {
                "the noise left out of the gradients": gain_gradient_descent(plain, edge / 8),
                "half the gain": gain._replace(q=gain.q / 2),
                "shift dropped": gain._replace(R=0 * gain.R),
            },
        )


def quenched(model, ends):
    """beta where the noiseless flow ends that starts at ``ends (R, 2d)``."""
    return simulate(model, GradientFlow(rtol=1e-9), ends, time=1e8, until_loss=zero_loss(model.y)).predictor()[-1]


def _runs(model, start, s, T, seed, h, first, count):
    """`count` runs of the step h to the slow time T."""
    steps, starts = round(T / (h * s) ** 2), np.tile(start, (count, 1))
    return simulate(model, LabelNoiseSGD(h, s), starts, steps=steps, replica=first, seed=seed)


@claim(
    "li2022-central-path",
    title="Label noise follows a central path: scales exp(-4 H T), to first order in the step",
    statement=r"$T = h^2 s^2 k:\quad \log \frac{a_j(T)}{a_j(0)} = -4 H_j T + O(h),\quad"
    r" \beta(T) = \mathrm{argmin}_{Xb=y}\ \phi_{a(T)}(b) + O(h),\ \ H_j = \frac{1}{n} \sum_i x_{ij}^2$",
    source="arXiv:2110.06914 (the slow flow); its closed form is our own",
    hypotheses=("the data can be interpolated, in more than one way", "no column of X is zero"),
    rivals=("constant 2", "constant 8", "the same rate for all", "no drift"),
    convention="batch 1, signs, from an interpolant, T = 1 / (4 max H), limits for h to 0; beta after noiseless flow",
)
def central_path(lab):
    problem = lab.instance(unequal_columns)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    lab.require(COLUMNS, no_zero_column(X))
    model, start, edge, s = prepared(X, y)
    T = 0.25 / np.max(np.mean(X**2, axis=0))
    step_sizes = clocked(s * s, T, edge / 8)
    runs = cache(partial(_runs, model, start, s, T, lab.seed))
    u, v = np.split(start, 2)
    here, half, there = (slow_flow_diagonal(X, y, u, v, clock).point for clock in (0.0, T / 2, T))
    rates = gain_label_noise(X, 1, 1.0, 1.0).q
    odd = int(np.argmax(np.abs(np.mean(rates) - rates) / np.abs(rates)))
    for j, rate in enumerate(rates):
        rivals = {"constant 2": rate / 2, "constant 8": 2 * rate}
        lab.extrapolation(
            lambda h, first, count, j=j: runs(h, first, count).ledger().q[:, j] / T,
            step_sizes,
            rate,
            0.02 * abs(rate),
            rivals=rivals | ({"the same rate for all": np.mean(rates)} if j == odd else {}),
            first=REPLICAS,
            reason="2 %, a twenty-fifth of the gap to half the rate",
        )
    way = there - here
    axes = np.linalg.svd(np.vstack([X, way]))[2][y.size + 1 :]  # what X does not see, normal to the way
    moved = cache(lambda h, first, count: quenched(model, runs(h, first, count).final) - here)
    lab.extrapolation(
        lambda h, first, count: moved(h, first, count) @ way / (way @ way),
        step_sizes,
        1.0,
        0.02,
        rivals={"no drift": 0.0, "constant 2": (half - here) @ way / (way @ way)},
        first=REPLICAS,
        reason="2 % of the way",
    )
    for axis in axes:
        lab.extrapolation(
            lambda h, first, count, axis=axis: moved(h, first, count) @ axis / np.linalg.norm(way),
            step_sizes,
            0.0,
            0.02,
            first=REPLICAS,
            reason="2 % of the way",
        )


@claim(
    "li2022-weighted-l1",
    title="The end of label noise is the interpolant of least H-weighted l1 norm",
    statement=r"$T \to \infty:\quad \beta(T) \to \mathrm{argmin}_{Xb=y} \sum_j H_j |b_j|,\quad"
    r" |\beta_j(T)| \propto e^{-4 T (H_j - |z_j|)}$ off the support, z the weighted certificate; SGD follows",
    source="arXiv:2006.08680 (equal columns, beta = v^2), arXiv:2110.06914; the weights and the rate are our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the columns of X have different lengths, so that the weighted and the plain l1 norm part",
        "the certificate is strict, and decides within the horizon",
        "no column of X is zero",
    ),
    rivals=("plain l1", "sqrt(H)-weighted l1", "half the rate", "rate 4 H"),
    convention="closed form: up to T of 60 e-foldings; SGD: batch 1, signs, h = 1/32 of the stable step, mean beta"
    " after noiseless flow at 5 e-foldings, in the directions of the rivals",
)
def weighted_l1(lab):
    problem = lab.instance(unequal_columns)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    lab.require(COLUMNS, no_zero_column(X))
    limit, H = label_noise_limit(X, y), np.mean(X**2, axis=0)
    target, plain, root = limit.minimum.point, least_l1(X, y).point, least_l1(X, y, np.sqrt(H)).point
    size = np.max(np.abs(target))
    apart = min(np.max(np.abs(plain - target)), np.max(np.abs(root - target)))
    lab.require(UNEQUAL, apart > 0.2 * size)
    full = (
        np.sum(np.abs(target) > 1e-9 * size) == y.size
    )  # fewer: a slower certificate may rule (see label_noise_limit)
    lab.require(DECIDES, full and limit.margin > 0.02 * np.max(H))
    model, start, edge, s = prepared(X, y)
    u, v = np.split(start, 2)
    # The closed form: every coordinate off the support decays at a rate of its own.
    off = np.abs(target) <= 1e-9 * size
    times = np.array([40.0, 60.0]) / limit.rate
    path = np.array([slow_flow_diagonal(X, y, u, v, T).point for T in times])
    seen = off & (np.abs(path[1]) > 1e-290)  # the fastest have left the range of floating point
    rates = np.log(np.abs(path[0][seen] / path[1][seen])) / (times[1] - times[0])
    predicted = 4 * (H - np.abs(limit.certificate))[seen]
    lab.identity(
        rates,
        predicted,
        rivals={"half the rate": predicted / 2, "rate 4 H": 4 * H[seen]},
        tolerance=1e-2,
        reason="one exponential a coordinate, after 40 e-foldings of the slowest",
    )
    lab.identity(path[1], target, scale=size, tolerance=1e-6, reason="60 e-foldings")
    # The algorithm, on its way.
    T = 5 / limit.rate
    there = slow_flow_diagonal(X, y, u, v, T).point

    @cache
    def ends(first, count):
        return quenched(model, _runs(model, start, s, T, lab.seed, edge / 32, first, count).final) - there

    for name, other in (("plain l1", plain), ("sqrt(H)-weighted l1", root)):
        away = other - there
        lab.statistic(
            lambda first, count, away=away: ends(first, count) @ away / (away @ away),
            0.0,
            0.075,
            rivals={name: 1.0},
            first=16,
            reason="7.5 % of the way to the rival, for what a finite step leaves",
        )
