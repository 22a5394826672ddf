r"""Chen and Bruna, Beyond the Edge of Stability via Two-step Gradient Updates (arXiv:2206.04172), for two numbers.

When ``h |T| > 1`` no minimum of ``(u v - T)^2 / 2`` attracts gradient descent of step h. What does is an orbit of
period two on the line ``|u| = |v|``,

    u_1 u_2 = 1/h,      u_1^2 + u_2^2 = |T| + 1/h,

up to ``h |T| = sqrt 5 - 1``, where it doubles its period. The multipliers of two steps are ``9 - 2 (1 + h|T|)^2`` on
the line and ``3 - 2 h|T|`` across: the orbit is balanced although nothing converges.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, ScalarFactorization, claim, simulate
from solvable.theory import period_two_orbit

from ._ellipse import INSIDE, bounded, inside

WINDOW = "1.03 < step_size |target| < 1.22: the orbit exists and attracts by 0.95 in two steps"
LIMIT = np.sqrt(5) - 1
"""Of ``h |T|``, where the orbit loses its stability."""


def beyond(rng):
    """A step past the stability of every minimum, and 64 bounded starts."""
    target, product = rng.uniform(0.5, 2.0) * rng.choice([-1.0, 1.0]), rng.uniform(1.04, 1.21)
    h = product / abs(target)
    return {"target": np.array(target), "step_size": np.array(h), "starts": inside(rng, h, target, 64)}


def two_steps(model, step_size, points):
    """Where descent is after two steps from ``points (R, 2)``."""
    return simulate(model, GradientDescent(step_size), points, steps=2).final


def multipliers(model, step_size, point, target):
    """Derivatives of two steps on the line ``v = u sign(T)`` and across it, by central differences."""
    line = np.array([1.0, np.sign(target)]) / np.sqrt(2)
    directions, e = np.array([line, [-line[1], line[0]]]), 1e-5 * np.linalg.norm(point)
    after = two_steps(model, step_size, np.concatenate([point + e * directions, point - e * directions]))
    return np.sum((after[:2] - after[2:]) * directions, axis=1) / (2 * e)


@claim(
    "chen2022-period-two",
    title="Past the stability of every minimum: a balanced orbit of period two",
    statement=r"$1 < h|T| < \sqrt{5} - 1:\quad |u_k| = |v_k| = \frac{1}{2}\left(\sqrt{|T| + \frac{3}{h}} \pm"
    r" \sqrt{|T| - \frac{1}{h}}\right),\quad$ multipliers $9 - 2(1 + h|T|)^2$ and $3 - 2h|T|$ in two steps",
    source="arXiv:2206.04172 (the orbit), theorem number unverified; the multipliers are derived here",
    hypotheses=(
        "1.03 < step_size |target| < 1.22: the orbit exists and attracts by 0.95 in two steps",
        "the starts lie inside the ellipse of bounded ones, and no step leads onto a fixed point or toward zero",
    ),
    rivals=("the flattest minimum", "multipliers of the minimum", "stable up to h|T| = 4/3"),
    convention="L = (u v - T)^2 / 2; 64 starts inside the ellipse of bounded ones, 8000 steps",
)
def period_two(lab):
    problem = lab.instance(beyond)
    T, h, starts = float(problem["target"]), float(problem["step_size"]), problem["starts"]
    lab.require(WINDOW, 1.03 < h * abs(T) < 1.22)
    lab.require(INSIDE, bounded(starts, h, T))
    model, orbit = ScalarFactorization(T), period_two_orbit(h, T)
    path = simulate(model, GradientDescent(h), starts, steps=8001, save=[8000, 8001]).theta
    larger, smaller = np.sort(np.abs(path), axis=0)[::-1]
    found = np.array([larger, smaller])
    lab.identity(
        found,
        np.broadcast_to(np.abs(orbit.points)[:, None, :], found.shape),
        rivals={"the flattest minimum": np.full(found.shape, np.sqrt(abs(T)))},
        tolerance=1e-9,
        reason="attracted by 0.95 in two steps, of 8000 altogether: rounding is left",
    )
    flat = 1 - 2 * h * abs(T)
    lab.identity(
        multipliers(model, h, orbit.points[0], T),
        [orbit.along, orbit.across],
        rivals={"multipliers of the minimum": [flat**2, 1.0]},
        scale=1.0,
        tolerance=1e-6,
        reason="central differences",
    )
    returns = [comes_back(model, share * LIMIT / abs(T), T) for share in (0.99, 1.01)]
    lab.identity(
        returns,
        [abs(period_two_orbit(share * LIMIT / abs(T), T).along) < 1 for share in (0.99, 1.01)],
        rivals={"stable up to h|T| = 4/3": [1.0, 1.0]},
        reason="a run comes back to the orbit, or does not",
    )


def comes_back(model, step_size, target):
    """Whether 1000 steps from a thousandth beside the orbit lead onto it."""
    point = period_two_orbit(step_size, target).points[0]
    end = simulate(model, GradientDescent(step_size), 1.001 * point, steps=1000).final
    return float(np.max(np.abs(end - point)) < 1e-6 * np.max(np.abs(point)))
