r"""Whether gradient regularization finds a sparser interpolant on a diagonal network, and what the ascent step does.

The flow of ``L + (mu/2) |grad L|^2`` by finite differences of reach eps ends where the hyperbolic entropy of scale
``a exp(-8 mu int g g+ dt)`` does, ``g = X^T (X beta - y) / n``, g+ the same after the ascent ``eps grad L``. The scale
falls for every coordinate, and the more the larger eps is: Karakida et al. call that richer, and the minima better. But
the l1 norm answers by

    |beta|_1 - |beta_0|_1 = -8 mu sum_j S_j int g_j g_j+ dt + O(mu^2)

with a sensitivity S that is negative on the support as a rule (`solvable.theory.l1_sensitivity`). On entries of mean 0
the residuals push on the support most and the norm *rises*; columns that share a large mean are pushed alike and it
*falls*. The curve is where the entropy of the smaller scale, its integral taken along the flow of the loss alone,
predicts no change.

Steps are in units of ``2 / lambda``, lambda the sharpness where the flow of the loss ends; negative eps is a backward
difference. A cell averages over `DRAWS` designs and targets, the same ones in every cell.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized

SAMPLES, FEATURES, NONZEROS, DRAWS = 10, 24, 3, 4
SHARE, STRENGTH = 0.1, 0.125
"""Scale of the start in units of the size of beta, and mu in units of ``2 / lambda``."""

RTOL, ARRIVED = 1e-6, 1e-9
"""Of the flows, and of the residual in units of the targets: they leave 1e-6 percent of the norm open."""


def problem(draw: int, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """(X, y): Gaussian columns with a common mean, targets of three unit coefficients."""
    rng = np.random.default_rng([0, draw])
    X = mean + rng.standard_normal((SAMPLES, FEATURES))
    beta = np.zeros(FEATURES)
    beta[rng.choice(FEATURES, size=NONZEROS, replace=False)] = 1.0
    return X, X @ beta


@vectorized
def measure(mean: np.ndarray, ascent: np.ndarray) -> dict[str, np.ndarray]:
    """Mean change of the l1 norm by the regularizer, in percent; not resolved where a flow did not reach zero loss."""
    changes, unresolved = np.zeros((DRAWS, mean.size)), np.zeros(mean.size, bool)
    for value in np.unique(mean):
        cells = np.flatnonzero(mean == value)
        for draw in range(DRAWS):
            changes[draw, cells], late = _changes(*problem(draw, value), ascent[cells])
            unresolved[cells] |= late
    return {"change": np.mean(changes, axis=0), "unresolved": unresolved}


def _changes(X: np.ndarray, y: np.ndarray, ascent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change of the norm in percent, and whether it is not that of a limit, for each ascent step."""
    from ... import GradientFlow, simulate
    from ...claims.papers._gains import network
    from ...dynamics.trajectory import Status

    model, start, edge = network(X, y, SHARE)
    flows = GradientFlow(RTOL), GradientFlow(RTOL, strength=STRENGTH * edge, ascent_step=ascent * edge)
    zero = 0.5 * ARRIVED**2 * np.mean(y**2)
    runs = [simulate(model, flow, start, time=1e8 * edge, until_loss=zero) for flow in flows]
    with np.errstate(over="ignore", invalid="ignore"):  # of flows that diverged
        plain, norms = (np.sum(np.abs(model.predictor(run.final)), axis=-1) for run in runs)
    lost = np.isin(runs[1].status, (Status.DIVERGED, Status.NONFINITE))
    late = (runs[1].status == Status.HORIZON) | (runs[0].status != Status.CONVERGED)
    return np.where(lost, np.inf, 100 * (norms / plain - 1)), late


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """Where no change is predicted, interpolated between the cells of the map, as its level is."""
    means, ascent = np.unique(axes["mean"]), np.unique(axes["ascent"])
    change = np.array([np.mean([predicted(*problem(k, mean), ascent) for k in range(DRAWS)], axis=0) for mean in means])
    return [Curve(ascent, crossing(means, change), r"no change at scale $a e^{-8\mu \int g g^+ dt}$")]


def predicted(X: np.ndarray, y: np.ndarray, ascent: np.ndarray) -> np.ndarray:
    """Change of the norm in percent at the scale ``a exp(-8 mu int g g+ dt)``, for each ascent step.

    The integral is along the flow of the loss, by Gauss quadrature.
    """
    from ... import GradientFlow, simulate
    from ...claims.papers._gains import ascended, network, slopes
    from ...claims.papers._problems import decay_rates, gauss_rule
    from ...theory import hypentropy_minima

    model, start, edge = network(X, y, SHARE)
    log_a = model.potential_coordinates(start)[0]
    limit = hypentropy_minima(X, y, log_a[None]).point[0]
    rates = decay_rates(X, limit, np.exp(log_a))
    ends = np.append(0, np.geomspace(0.3 / rates[0], 14 / rates[-1], 24))
    nodes, weights = gauss_rule(ends, 4)
    path = simulate(model, GradientFlow(rtol=1e-10), start, time=ends[-1], save=nodes).theta
    g = slopes(X, y, path)
    integrals = np.array([weights @ (g * ascended(X, y, path, step * edge)) for step in ascent])
    ends_at = hypentropy_minima(X, y, log_a - 8 * STRENGTH * edge * integrals).point
    return 100 * (np.sum(np.abs(ends_at), axis=1) / np.sum(np.abs(limit)) - 1)


def crossing(heights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The lowest height at which each column of ``values (H, C)`` changes its sign, by linear interpolation; or NaN."""
    found = np.full(values.shape[1], np.nan)
    for k, column in enumerate(values.T):
        places = np.flatnonzero(np.diff(np.signbit(column)))
        if places.size:
            i = places[0]
            found[k] = heights[i] + (heights[i + 1] - heights[i]) * column[i] / (column[i] - column[i + 1])
    return found


DIAGRAM = Diagram(
    name="gradient-regularization",
    title="Gradient regularization: where the minimum is sparser",
    statement=r"$\|\beta\|_1$ changes by $-8 \mu \sum_j S_j \int g_j g_j^+ dt$: it rises where $X$ has no mean",
    source="arXiv:2210.02720",
    axes={
        "mean": Axis("mean of the entries of $X$", np.linspace(0, 3, 25), np.linspace(0, 3, 61)),
        "ascent": Axis(
            r"ascent step $\epsilon \lambda / 2$ (negative: backward)",
            np.linspace(-0.5, 1, 19),
            np.linspace(-0.5, 1, 61),
        ),
    },
    values={
        "change": Quantity(
            r"change of $\|\beta\|_1$ by $\mu = 1/(4\lambda)$", "%", "diverging", (-0.6, 0.6), levels=(0.0,)
        )
    },
    measure=measure,
    theory=theory,
    chunk=95,
)
