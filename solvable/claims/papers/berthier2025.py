"""Berthier, Diagonal Linear Networks and the Lasso Regularization Path (arXiv:2509.18766).

Gradient flow on ``beta = u^2 - v^2`` obeys ``xi' = -4 g`` for ``xi = log|u/v|``, and g is affine in beta. So the time
average of beta is what moves xi:

    xi(t) - xi(0) = (4 t / n) X^T (y - X beta_bar(t)),        xi = asinh(beta / 2a),

exactly, at any scale. As the scale vanishes, xi in units of ``log(1/a)`` is the sign of an active coordinate and at
most 1 elsewhere: the average obeys the optimality conditions of the lasso with penalty ``1/tau``, ``tau = 4 t /
log(1/a)``, for as long as no coordinate that was ever active has left its sign. In the paper's words: if ``tau b(tau)``
is monotone in every coordinate along the lasso path.
"""

from __future__ import annotations

import numpy as np

from solvable import DiagonalLinearNetwork, GradientFlow, claim, simulate
from solvable.theory import lasso, saddle_to_saddle

from ._problems import TARGETS, coefficient_size, dense_regression, gauss_rule
from ._saddles import (
    LEAVES,
    LONG_RESTS,
    SCALES,
    crossings,
    extrapolated,
    has_long_rests,
    inside_rests,
    rescaled_flow,
    restful,
)

MONOTONE = "tau times the lasso of penalty 1/tau is monotone in every coordinate"
EXTRAPOLATED = "the error is c / log(1/a) and exponentially small terms: two scales give the limit; and the quadrature"
DECAY = 0.3
"""lambda/2 relative to the largest penalty that matters, ``max |X^T y| / n``."""
POINTS = 3
"""Nodes a panel of the time averages."""


def _monotone(rng: np.random.Generator) -> dict:
    return restful(rng, 4, 8, leaving=False)


def _leaving(rng: np.random.Generator) -> dict:
    return restful(rng, 4, 8, leaving=True)


@claim(
    "berthier2025-average",
    title="The time average solves the equations of the lasso, at any scale",
    statement=r"$\mathrm{asinh}\frac{\beta_t}{2a} - \xi_0 = \frac{4t}{n} X^\top (y - X \bar\beta_t),\quad"
    r" \bar\beta_t = \frac{1}{t} \int_0^t \beta_s\, ds$",
    source="arXiv:2509.18766, section 4.2 (mirror flow); the form is our own",
    hypotheses=("the shift is at most 2", "the targets are not all zero"),
    rivals=("the point itself", "shift ignored", "half the clock"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, a = |u v|(0), xi_0 = log|u/v|(0); average by quadrature",
)
def average(lab):
    problem = lab.instance(lambda rng, n=8, d=20: dense_regression(rng, n, d) | {"shape": rng.uniform(-1.0, 1.0, d)})
    X, y, shape = problem["X"], problem["y"], problem["shape"]
    lab.require(TARGETS, np.any(y))
    lab.require("the shift is at most 2", np.max(np.abs(shape)) <= 2)
    model, a = DiagonalLinearNetwork(X, y), 0.01 * coefficient_size(X, y)
    unit = y.size / np.max(np.abs(X.T @ y))
    for periods in (1, 10):
        time = periods * unit
        nodes, weights = gauss_rule(np.linspace(0, time, 41))
        flow, start = GradientFlow(rtol=1e-11, method="explicit"), model.init(np.sqrt(a), shape=shape)
        run = simulate(model, flow, start, time=time, save=np.append(nodes, time))
        beta = run.predictor()
        mean = weights @ beta[:-1] / time
        correlation = 4 * time / y.size * X.T @ (y - X @ mean)
        lab.identity(
            np.arcsinh(beta[-1] / (2 * a)) - shape,
            correlation,
            rivals={
                "the point itself": 4 * time / y.size * X.T @ (y - X @ beta[-1]),
                "shift ignored": correlation - shape,
                "half the clock": correlation / 2,
            },
            tolerance=1e-6,
            reason="quadrature of a smooth integrand by composite Gauss rules",
        )


@claim(
    "berthier2025-lasso-path",
    title="The time average runs along the lasso path",
    statement=r"$\alpha \to 0:\quad \bar\beta(\tau) \to \mathrm{argmin}\ \frac{1}{2n} \|Xb - y\|^2 +"
    r" \frac{1}{\tau} \|b\|_1,\quad \tau = \frac{4t}{\log(1/\alpha^2)}$",
    source="arXiv:2509.18766, Theorem 2.1",
    hypotheses=(
        "tau times the lasso of penalty 1/tau is monotone in every coordinate",
        "the limit path is unique, and rests long enough to be seen at the larger scale",
        "the targets are not all zero",
    ),
    rivals=("the point itself", "penalty 2/tau"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, u(0) = v(0) = alpha = 1e-70 and 1e-140 in units of"
    " max|X^+ y|^(1/2), extrapolated in 1 / log(1/alpha); averages by quadrature, tau in the middle of each rest",
)
def lasso_path(lab):
    problem = lab.instance(_monotone)
    X, y = problem["X"], problem["y"]
    lab.require(TARGETS, np.any(y))
    path = saddle_to_saddle(X, y)
    lab.require(MONOTONE, np.isinf(path.first_deactivation) and _is_monotone(X, y, 1.5 * path.times[-1]))
    lab.require(LONG_RESTS, has_long_rests(X, path))
    times, limit = _averages(X, y, path)
    lab.identity(
        limit,
        _lasso(X, y, times),
        rivals={
            "the point itself": path.at(times),
            "penalty 2/tau": _lasso(X, y, times / 2),
        },
        tolerance=1e-5,
        reason=EXTRAPOLATED,
    )


@claim(
    "berthier2025-monotonicity",
    title="The lasso path ends where a coordinate returns to zero",
    statement=r"$\alpha \to 0:\quad \bar\beta(\tau) \to \frac{1}{\tau} \int_0^\tau \beta_{\mathrm{saddles}}$, the lasso"
    r" of penalty $1/\tau$ until a coordinate returns to zero, and no longer",
    source="arXiv:2509.18766, Theorems 2.1 and 2.2 (the hypothesis, a bound without it); the limit is our own",
    hypotheses=(
        "a coordinate returns to zero on the way",
        "the limit path is unique, and rests long enough to be seen at the larger scale",
        "the targets are not all zero",
    ),
    rivals=("the lasso on the whole path", "the point itself"),
    convention="as for berthier2025-lasso-path; the saddles are those of solvable.theory.saddle_to_saddle",
)
def monotonicity(lab):
    problem = lab.instance(_leaving)
    X, y = problem["X"], problem["y"]
    lab.require(TARGETS, np.any(y))
    path = saddle_to_saddle(X, y)
    lab.require(LEAVES, np.isfinite(path.first_deactivation))
    lab.require(LONG_RESTS, has_long_rests(X, path))
    times, limit = _averages(X, y, path)
    solutions, before = _lasso(X, y, times), times < path.first_deactivation
    lab.identity(
        limit,
        path.average(times),
        rivals={"the lasso on the whole path": solutions, "the point itself": path.at(times)},
        tolerance=1e-5,
        reason=EXTRAPOLATED,
    )
    lab.identity(limit[before], solutions[before], scale=np.max(np.abs(solutions)), tolerance=1e-5, reason=EXTRAPOLATED)


@claim(
    "berthier2025-weight-decay",
    title="With weight decay the penalties add",
    statement=r"$L + \frac{\lambda}{2} (\|u\|^2 + \|v\|^2),\ \alpha \to 0:\quad \bar\beta(\tau) \to \mathrm{argmin}\ "
    r"\frac{1}{2n} \|Xb - y\|^2 + \left(\frac{1}{\tau} + \frac{\lambda}{2}\right) \|b\|_1$",
    source="arXiv:2509.18766, Theorem 2.1",
    hypotheses=(
        "tau times the lasso of penalty 1/tau is monotone in every coordinate",
        "the targets are not all zero",
    ),
    rivals=("penalty 1/tau", "penalty 1/tau + lambda"),
    convention="beta = u^2 - v^2 (lambda/2 |b|_1; for u v it is lambda |b|_1), alpha = 1e-12, 1e-25, 1e-50, in the"
    " units of berthier2025-lasso-path; compared in X^T (y - X beta_bar) / n, which is log|u/v| / (4 t) exactly",
)
def weight_decay(lab):
    problem = lab.instance(_decaying)
    X, y = problem["X"], problem["y"]
    lab.require(TARGETS, np.any(y))
    first = y.size / np.max(np.abs(X.T @ y))
    decay = DECAY / first
    times = np.geomspace(0.5, 1.5 / DECAY, 12) * first
    lab.require(MONOTONE, _is_monotone(X, y, times[-1], decay))

    def correlation(extra):
        return (y - _lasso(X, y, times, extra) @ X.T) @ X / y.size

    scales = (1e-12, 1e-25, 1e-50)
    flows = [rescaled_flow(X, y, scale, times, weight_decay=2 * decay) for scale in scales]
    lab.limit(
        scales,
        [flow.z / times[:, None] for flow in flows],
        correlation(decay),
        rivals={"penalty 1/tau": correlation(0.0), "penalty 1/tau + lambda": correlation(2 * decay)},
        tolerance=0.02,
        reason="the error is about 1 / log(1/a), and log(1/a) is 230 at last",
    )


def _decaying(rng: np.random.Generator) -> dict:
    """Gaussian X and y, drawn again until the lasso path is monotone."""
    for _ in range(20):
        problem = dense_regression(rng, 4, 8)
        X, y = problem["X"], problem["y"]
        first = y.size / np.max(np.abs(X.T @ y))
        if _is_monotone(X, y, 1.5 / DECAY * first, DECAY / first):
            break
    return problem


def _lasso(X, y, times, extra=0.0):
    return np.array([lasso(X, y, 1 / tau + extra).point for tau in times])


def _is_monotone(X, y, end, extra=0.0):
    """Whether ``|tau b(tau)|`` grows, at 60 times; no coordinate changes sign without passing zero."""
    times = np.linspace(0, end, 61)[1:]
    curve = np.abs(times[:, None] * _lasso(X, y, times, extra))
    return bool(np.all(np.diff(curve, axis=0) >= -1e-9 * np.max(curve)))


def _averages(X, y, path):
    """Middles of the rests; averages of beta from 0 until there, extrapolated to scale 0."""
    times = inside_rests(path)
    logs, means = [], []
    for scale in SCALES:
        resting = rescaled_flow(X, y, scale, times.ravel())
        jumps = crossings(times, resting.z.reshape(*times.shape, -1))
        middles = np.mean(times, axis=1)
        edges = _graded(middles, jumps, path.times[1] / resting.log_scale)
        nodes, weights = gauss_rule(edges, POINTS)
        beta = rescaled_flow(X, y, scale, nodes).beta
        pieces = np.sum((weights[:, None] * beta).reshape(-1, POINTS, X.shape[1]), axis=1)
        whole = np.vstack([np.zeros(X.shape[1]), np.cumsum(pieces, axis=0)])
        means.append(whole[np.searchsorted(edges, middles)] / middles[:, None])
        logs.append(resting.log_scale)
    return middles, extrapolated(*means, tuple(logs))


def _graded(middles, jumps, width):
    """Panels that halve toward each jump, down to `width`, between the middles of the rests."""
    edges = [np.zeros(1), middles]
    for jump, low, high in zip(jumps, middles[:-1], middles[1:], strict=True):
        for side in (low - jump, high - jump):
            halvings = np.arange(1, max(2, int(np.log2(abs(side) / width)) + 2))
            edges.append(jump + side * 0.5**halvings)
        edges.append([jump])
    return np.unique(np.concatenate(edges))
