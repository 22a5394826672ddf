r"""Gradient regularization enriches; whether that makes sparser depends on the data.

Gradient regularization of strength mu by finite differences with the ascent step eps steps along ``g + (mu/eps)
(grad L(theta + eps g) - g)``, g the gradient of L; eps < 0 is a backward difference. On ``beta = u^2 - v^2`` it shrinks
``a = |u v|`` at the rate ``8 mu g g+`` per unit of time, g and g+ now gradients with respect to beta before and after
the ascent: the larger eps, the smaller a at the end, the richer the regime.

A smaller a alone would mean a smaller l1 norm. But the gain ``-q = log(a_0/a)`` is not the same for all coordinates.
Where columns are centered it concentrates on the support, which makes large coefficients expensive, and the l1 norm
grows. Where columns have a mean, the gradient of every coordinate contains the mean of the residuals, the gain is
nearly homogeneous, and the l1 norm shrinks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Richer is not always sparser"
SUMMARY = (
    "Gradient regularization shrinks the effective scale, and the more so the longer its ascent step. Whether the "
    "result is sparser depends on the data: on centered features it is not."
)
ANSWERS = (
    "the effect of the ascent step on diagonal networks in Karakida et al., arXiv:2210.02720 (figure number "
    "unverified); centered data are our own"
)
CLAIMS = ("karakida2023-sparsity", "karakida2023-smaller-norm", "karakida2023-ascent-enriches")
CAPTION = (
    "Measured (markers): diagonal linear networks (10 samples, 24 features, 3 of them active, scale 0.2) trained with "
    "gradient regularization by finite differences of ascent step eps (negative: backward) and of strength one over "
    "the sharpness lambda; means over 8 draws of the data (thin: each), centered Gaussian or with mean 2. "
    "Left: how much a = |uv| has shrunk, averaged over the coordinates; it grows with the ascent step on both. Right: "
    "the l1 norm of the result against that of gradient flow; on average it falls with the ascent step only where "
    "the features have a mean. Theory (dashed): left, the exact formula for the gain, along the runs; right, the "
    "interpolant of least hyperbolic entropy for that gain. Dotted: the rival that only the mean of the gain counts."
)
SAMPLES, FEATURES, ACTIVE, SCALE, DRAWS = 10, 24, 3, 0.2, 8
MEANS = (0.0, 2.0)
ASCENTS = np.array([-0.5, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
"""Ascent steps times the sharpness at the interpolant of gradient flow."""
STEP, STRENGTH = 0.4, 1.0
"""In the same unit."""
FOLLOWED, STEPS = 1200, 60_000
"""Steps after which the gain is taken (it changes by less than 0.1 percent later), and the most that follow."""


def problem(mean: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian X of the given mean, and the targets of a vector with three unit entries."""
    X = np.random.default_rng(seed).standard_normal((SAMPLES, FEATURES)) + mean
    return X, X[:, :ACTIVE].sum(axis=1)


def data() -> dict[str, np.ndarray]:
    """All draws of both kinds of data."""
    found = [[_measure(*problem(mean, seed)) for seed in range(DRAWS)] for mean in MEANS]
    gain, excess = (np.array([[draw[part] for draw in row] for row in found]) for part in (0, 1))
    return {"mean": np.array(MEANS), "ascent": ASCENTS, "gain": gain, "excess": excess}


def _measure(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean gains, measured and by theory ``(2, ascents)``; excess of l1, measured, by theory and by the rival."""
    from solvable import DiagonalLinearNetwork, GradientRegularized, simulate
    from solvable.theory import gain_gradient_regularized, hypentropy_minimum, stability_threshold

    model, log_a = DiagonalLinearNetwork(X, y), 2 * np.log(SCALE)
    flow = hypentropy_minimum(X, y, log_a=log_a).point
    sharpness = stability_threshold(X, flow, SCALE**2).sharpness
    step_size, strength, ascents = STEP / sharpness, STRENGTH / sharpness, ASCENTS / sharpness
    dynamics, start = GradientRegularized(step_size, strength, ascents), model.init(scale=SCALE)
    run = simulate(model, dynamics, start, steps=FOLLOWED, save=np.arange(FOLLOWED + 1))
    final = simulate(model, dynamics, None, steps=STEPS, until_loss=1e-12, resume=run).final
    path = run.theta[:-1]
    gradients = model.residuals(path) @ X / SAMPLES
    # theta + eps grad L(theta): u grows by the factor 1 + 2 eps g, v by 1 - 2 eps g.
    ascended = path * (1 + 2 * np.tile(ascents[:, None] * gradients, 2) * np.repeat([1.0, -1.0], FEATURES))
    after = model.residuals(ascended) @ X / SAMPLES
    gain = [gain_gradient_regularized(gradients[:, i], after[:, i], step_size, strength, eps)
            for i, eps in enumerate(ascents)]  # fmt: skip
    ends = [hypentropy_minimum(X, y, log_a=log_a + q, xi0=R).point for q, R in gain]
    rivals = [hypentropy_minimum(X, y, log_a=log_a + q.mean()).point for q, _ in gain]
    gains = log_a - model.potential_coordinates(run.final)[0], -np.array([q for q, _ in gain])
    norms = [np.abs(points).sum(axis=1) for points in (model.predictor(final), np.array(ends), np.array(rivals))]
    return np.mean(gains, axis=2), np.array(norms) / np.abs(flow).sum() - 1


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the gain. Right: the l1 norm."""
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.8)
    gains, norms = figure.subplots(1, 2, sharex=True)
    ascent = arrays["ascent"]
    styles = ((BLUE, "o"), (VERMILION, "s"))
    rival = REFERENCE | {"linewidth": 2.2, "zorder": 4}
    for (color, marker), gain, excess in zip(styles, arrays["gain"], arrays["excess"], strict=True):
        for axes, values in ((gains, gain), (norms, 100 * excess)):
            axes.plot(ascent, values[:, 0].T, color=color, linewidth=0.7, alpha=0.45)
            axes.plot(ascent, values[:, 0].mean(axis=0), marker, color=color)
            axes.plot(ascent, values[:, 1].mean(axis=0), **THEORY)
        norms.plot(ascent, 100 * excess[:, 2].mean(axis=0), **rival | {"color": color})
    norms.axhline(0.0, color="#444444", linewidth=0.9, zorder=1)
    norms.set_ylabel(r"change of the $\ell_1$ norm (%)")
    norms.set_title("not always sparser", loc="left")
    gains.set_ylim(0.0, 1.0)
    gains.set_ylabel(r"mean gain  $\log(a_0 / a)$")
    gains.set_title("always richer", loc="left")
    for axes in (gains, norms):
        axes.set_xlabel(r"ascent step $\times$ sharpness  $\epsilon\lambda$")
    handles = [Line2D([], [], color=color, marker=marker, linestyle="none") for color, marker in styles]
    handles += [Line2D([], [], **THEORY), Line2D([], [], **rival | {"color": "#444444"})]
    names = ["centered features", "features of mean 2", "theory", "rival: mean gain for all coordinates"]
    figure.legend(handles, names, loc="outside upper center", ncols=2, columnspacing=3)
    return figure
