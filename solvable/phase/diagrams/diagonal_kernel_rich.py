r"""From the kernel regime to the rich one on a diagonal network, and what a finite step adds.

Gradient flow from ``u = v = scale`` ends at the interpolant of least hyperbolic entropy of the product scale
``a = scale^2``: near least l2 where a is large, near least l1 where it is small (Woodworth et al.). Descent of step h
multiplies a by ``exp(-Gain_h)`` (Even et al.), a number for each coordinate, and

    Gain_h = 4 h int_0^infinity g_j^2 dt + O(h^2),       g = X^T (X beta - y) / n    along the flow.

The column of step size 0 is the exact limit of the flow, a convex program and no run. The curves are levels of what the
entropy of scale ``a exp(-4 h int g^2 dt)`` selects, as far as the edge ``h = 2 / lambda``, lambda the sharpness where
the flow ends. Beyond it a run may still converge, to another interpolant.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized
from ._diagonal import descend, flow_edge, sparse_data

STEPS = 10_000
LEVELS = (0.05, 0.1, 0.2, 0.4, 0.55)


@vectorized
def measure(scale: np.ndarray, step_size: np.ndarray) -> dict[str, np.ndarray]:
    """Excess of the l1 norm over the least, after `STEPS` steps, or in the limit of the flow where the step is 0."""
    from ...theory import hypentropy_minima

    X, y = sparse_data()
    beta, lost, unresolved = np.empty((scale.size, X.shape[1])), np.zeros(scale.size, bool), np.zeros(scale.size, bool)
    flow = step_size == 0
    if flow.any():
        limits = hypentropy_minima(X, y, 2 * np.log(scale[flow]))
        beta[flow], unresolved[flow] = limits.point, ~limits.certified
    if not flow.all():
        end, lost[~flow], unresolved[~flow] = descend(scale[~flow], step_size[~flow], STEPS)
        u, v = np.split(end, 2, axis=1)
        with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
            beta[~flow] = u**2 - v**2
    return {"excess": np.where(lost, np.inf, excess(beta)), "unresolved": unresolved}


def excess(beta: np.ndarray) -> np.ndarray:
    """``|beta|_1 / min |b|_1 - 1`` of each row."""
    with np.errstate(over="ignore"):
        return np.sum(np.abs(beta), axis=-1) / _least() - 1


@cache
def _least() -> float:
    from ...theory import least_l1

    return least_l1(*sparse_data()).objective


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """Where the flow's end loses stability, and levels of the excess at the effective scale."""
    from ...claims.papers._problems import gain_per_step_size
    from ...models.diagonal import DiagonalLinearNetwork
    from ...theory import hypentropy_minima

    X, y = sparse_data()
    model = DiagonalLinearNetwork(X, y)
    scales = np.geomspace(np.min(axes["scale"]), np.max(axes["scale"]), 24)
    steps = np.linspace(0.0, np.max(axes["step_size"]), 25)
    gains = np.array([gain_per_step_size(model, scale) for scale in scales])
    effective = 2 * np.log(scales)[:, None, None] - steps[:, None] * gains[:, None, :]
    points = hypentropy_minima(X, y, effective.reshape(-1, X.shape[1])).point
    predicted = excess(points).reshape(scales.size, steps.size)
    fine = np.geomspace(scales[0], scales[-1], 120)
    edge = flow_edge(X, y, fine)
    curves = [Curve(edge, fine, r"$h = 2/\lambda$, where the flow ends")]
    for level in LEVELS:
        # At a fixed step the excess grows with the scale.
        heights = np.exp([np.interp(level, column, np.log(scales), np.nan, np.nan) for column in predicted.T])
        heights[steps > np.interp(heights, fine, edge)] = np.nan
        if np.isfinite(heights).sum() > 1:
            names = ", ".join(f"{level:g}" for level in LEVELS)
            curves.append(Curve(steps, heights, rf"excess {names} at scale $\alpha^2 e^{{-4h\int g^2 dt}}$"))
    return curves


DIAGRAM = Diagram(
    name="diagonal-kernel-rich",
    title="From kernel to rich: scale and step size",
    statement=r"$\beta_\infty$ has the least hyperbolic entropy of scale $\alpha^2 e^{-\mathrm{Gain}_h}$",
    source="arXiv:2002.09277",
    axes={
        "scale": Axis(r"scale $\alpha$ of $u = v$", np.geomspace(0.01, 2, 40), np.geomspace(0.01, 2, 100), "log"),
        "step_size": Axis(r"step size $h$ (0: the flow)", np.linspace(0, 0.5, 41), np.linspace(0, 0.5, 100)),
    },
    values={
        "excess": Quantity(r"excess $\|\beta\|_1 / \min \|b\|_1 - 1$", scale="log", limits=(0.03, 1.0), levels=LEVELS)
    },
    measure=measure,
    theory=theory,
    chunk=2560,
)
