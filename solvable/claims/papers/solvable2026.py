"""Results of this package's own: closed forms derived here and checked against simulation."""

from __future__ import annotations

import numpy as np

from solvable import DiagonalLinearNetwork, GradientFlow, claim, simulate
from solvable.theory import half_time, orthogonal_flow


@claim(
    "solvable2026-orthogonal-flow",
    title="Gradient flow on an orthogonal design, in closed form",
    statement=r"$\frac{E-E_+}{E-E_-} = \frac{E_0-E_+}{E_0-E_-}\,e^{-4hst},\quad \beta = a\,(E - 1/E),\ "
    r"E_\pm = \frac{b \pm s}{2a},\ s = \sqrt{b^2+4a^2}$",
    source="derived in solvable.theory.diagonal.orthogonal",
    rivals=("half the rate", "twice the scale", "shape ignored"),
    convention="X^T X / n = diag(h), beta = u^2 - v^2, E = u/v, targets b of both signs, a from 1e-12 to 0.09",
)
def orthogonal(lab):
    problem = lab.instance(
        lambda rng: {
            "h": rng.uniform(0.5, 2.0, 6),
            "target": rng.uniform(1.0, 2.0, 6) * rng.choice([-1, 1], 6),
            "log_scale": rng.uniform(np.log(1e-6), np.log(0.3), 6),
            "shape": rng.uniform(-1.5, 1.5, 6),
        }
    )
    h, target, tilt = problem["h"], problem["target"], problem["shape"]
    d, a = h.size, np.exp(2 * problem["log_scale"])
    X = np.diag(np.sqrt(d * h))
    model = DiagonalLinearNetwork(X, X @ target)
    times = np.sort(np.concatenate([half_time(h, target, a, tilt), [0.3, 1.0, 30.0]]))
    run = simulate(
        model,
        GradientFlow(rtol=1e-11),
        model.init(np.sqrt(a), shape=tilt),
        time=times[-1],
        save=times,
    )
    moments = times[:, None]
    lab.identity(
        run.predictor(),
        orthogonal_flow(h, target, moments, a, tilt),
        rivals={
            "half the rate": orthogonal_flow(h, target, moments / 2, a, tilt),
            "twice the scale": orthogonal_flow(h, target, moments, 2 * a, tilt),
            "shape ignored": orthogonal_flow(h, target, moments, a),
        },
        tolerance=1e-8,
        reason="the flow is integrated to relative accuracy 1e-11 a step",
    )


@claim(
    "solvable2026-half-time",
    title="When a coordinate is learned",
    statement=r"$t_{1/2} \cdot \frac{4 h |b|}{\log(|b|/a)} \to 1 \quad (a \to 0)$",
    source="derived in solvable.theory.diagonal.orthogonal",
    rivals=("half the time", "twice the time"),
    convention="X^T X / n = h, beta = u^2 - v^2, u(0) = v(0) = a^(1/2), a = 1e-4, 1e-8, 1e-16",
)
def learning_time(lab):
    problem = lab.instance(lambda rng: {"h": rng.uniform(0.5, 2.0, 1), "target": rng.uniform(0.5, 2.0, 1)})
    h, target = float(problem["h"][0]), float(problem["target"][0])
    model = DiagonalLinearNetwork([[np.sqrt(h)]], [np.sqrt(h) * target])
    scales, ratios = np.array([1e-4, 1e-8, 1e-16]), []
    for a in scales:
        expected = np.log(target / a) / (4 * h * target)
        grid = np.linspace(0.7 * expected, 1.3 * expected, 61)
        run = simulate(model, GradientFlow(), model.init(np.sqrt(a)), time=grid[-1], save=grid)
        share = run.predictor()[:, 0] / target
        # log(share / (1 - share)) is linear in time while the coordinate is learned, so its zero interpolates exactly.
        learning = (share > 0.01) & (share < 0.99)
        logit = np.log(share[learning] / (1 - share[learning]))
        ratios.append(np.interp(0.0, logit, grid[learning]) / expected)
    lab.limit(
        scales,
        ratios,
        1.0,
        rivals={"half the time": 0.5, "twice the time": 2.0},
        tolerance=1e-4,
        reason="corrections vanish like a; the crossing is interpolated",
    )
