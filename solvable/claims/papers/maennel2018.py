r"""Maennel, Bousquet and Gelly, Gradient Descent Quantizes ReLU Network Features (arXiv:1803.08367), with one input.

While all neurons are small, the direction u of ``(w, b)`` climbs ``s G(u)``, ``G(u) = (1/n) sum_j y_j relu(u . X_j)``,
s the sign of a, and balanced neurons grow at the rate s G. So few directions are left when the loss begins to
move: D of a sector of the circle, or a boundary where a sample is just inactive.
`solvable.theory.extremal_directions` lists them, with the directions that tend to each.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, UnivariateReLUNetwork, claim, simulate
from solvable.theory import extremal_directions

from ._wide import DISTINCT, samples, usable

SMALL = 1e-20
"""Size of the neurons at the start: enough time to align, and the loss does not move."""
COUNT = 400
NEAR = 0.05
BOTH = "limits inside and at the ends of sectors, each growing at 0.3 of the largest rate or more"


def _limits(x, y):
    """The limits of neurons that do not die at once."""
    return [limit for limit in extremal_directions(x, y) if limit.kind in ("interior", "kink")]


def _both_kinds(x, y):
    limits = _limits(x, y)
    rates = [limit.growth_rate for limit in limits]
    flat = any(limit.kind == "flat" for limit in extremal_directions(x, y))
    return (
        {limit.kind for limit in limits} == {"interior", "kink"} and not flat and np.min(rates) >= 0.3 * np.max(rates)
    )


def _aligning(rng: np.random.Generator, n: int = 4) -> dict[str, np.ndarray]:
    """Data with limits of both kinds."""
    for _ in range(200):
        drawn = samples(rng, n)
        if usable(**drawn) and _both_kinds(**drawn):
            break
    return drawn


def _within(angle, limit):
    """Whether angles lie in the basin of a limit."""
    start, end = limit.basin
    return np.mod(angle - start, 2 * np.pi) < end - start


def _apart(angle, other):
    return np.abs(np.mod(angle - other + np.pi, 2 * np.pi) - np.pi)


def _nearest(angle, signs, limits):
    """The share of the neurons to which each limit is the nearest one of their sign."""
    apart = np.array([np.where(signs == limit.sign, _apart(angle, limit.angle), np.inf) for limit in limits])
    kept = np.argmin(apart, axis=0)[np.isfinite(np.min(apart, axis=0))]
    return np.bincount(kept, minlength=len(limits)) / angle.size


@claim(
    "maennel2018-quantized",
    title="Small neurons align with few directions before the loss moves",
    statement=r"$\dot u = s\,(I - u u^T)\, \frac{1}{n} \sum_{j:\, u \cdot X_j > 0} y_j X_j$: u tends to a local maximum"
    r" of $s\, G(u) = \frac{s}{n} \sum_j y_j\, \mathrm{relu}(u \cdot X_j)$, inside a sector of the circle or at its"
    r" end, and $(\log r)\dot{\ } = s\, G(u)$",
    source="arXiv:1803.08367 (extremal vectors); the early phase arXiv:2206.00939",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "limits inside and at the ends of sectors, each growing at 0.3 of the largest rate or more",
    ),
    rivals=("limits inside sectors only", "every neuron to the nearest limit", "growth at twice the rate"),
    convention="400 balanced neurons, |a| = |(w, b)| = 1e-20, in random directions, at the time 20 / max |G|; the share"
    " within 0.05 of each limit; growth of the neurons nearest to each, over the last tenth of the time",
)
def quantized(lab):
    problem = lab.instance(_aligning)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    lab.require(BOTH, _both_kinds(x, y))
    limits, model = _limits(x, y), UnivariateReLUNetwork(x, y, COUNT)
    rng = np.random.default_rng(lab.seed)
    before, signs = rng.uniform(0, 2 * np.pi, COUNT), np.repeat([1.0, -1.0], COUNT // 2)
    start = SMALL * np.concatenate([signs, np.cos(before), np.sin(before)])
    end = 20 / max(abs(limit.value) for limit in limits)
    step = 0.004 / np.mean(np.abs(y) * np.hypot(1, x))
    steps = 10 * int(end / (10 * step))
    run = simulate(model, GradientDescent(step), start, steps=steps, save=[0, 9 * steps // 10, steps])
    parts = model.unpack(run.theta)
    angles = np.arctan2(parts["b"], parts["w"])
    growth = np.diff(np.log(np.hypot(parts["w"], parts["b"]))[1:], axis=0)[0] / (step * steps / 10)
    nearest = _nearest(before, signs, limits)
    shares, expected, rates = [], [], []
    for limit in limits:
        near = (_apart(angles[-1], limit.angle) < NEAR) & (signs == limit.sign)
        shares.append(np.mean(near))
        expected.append(np.mean(_within(before, limit) & (signs == limit.sign)))
        rates.append(np.median(growth[near]) if np.any(near) else np.nan)
    inside = np.array([limit.kind == "interior" for limit in limits])
    lab.identity(
        shares,
        expected,
        rivals={
            "limits inside sectors only": np.where(inside, expected, 0.0),
            "every neuron to the nearest limit": nearest,
        },
        tolerance=0.01,
        scale=1.0,
        reason="a neuron in a hundred may start too near to a boundary between two basins",
    )
    values = np.array([limit.growth_rate for limit in limits])
    lab.identity(
        rates, values, rivals={"growth at twice the rate": 2 * values}, tolerance=0.02, reason="the step of descent"
    )
