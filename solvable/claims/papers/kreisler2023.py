r"""Kreisler, Nacson, Soudry and Carmon, Gradient Descent Monotonically Decreases the Sharpness of Gradient Flow
Solutions in Scalar Networks and Beyond (arXiv:2305.13064), at depth 2.

On ``L = (u v - T)^2 / 2`` the flow conserves ``q = u^2 - v^2`` and ends at a minimum of sharpness ``phi = sqrt(q^2 + 4
T^2)``. A step of gradient descent multiplies q by ``1 - h^2 r^2``, exactly, so phi falls if and only if ``h |r| < sqrt
2``. It falls to ``2/h`` or below, and not to ``2/h`` in general: beside a minimum that is too sharp by d (``h phi = 2 +
d``) an oscillation starts that ends as far below the edge as it began above it
(`solvable.theory.scalar.past_the_edge`).
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, GradientFlow, ScalarFactorization, claim, simulate
from solvable.theory import end_sharpness, sharpness_past_the_edge

from ._ellipse import EXISTS, INSIDE, bounded, exists, imbalance, inside

NOT_FLAT = "0.02 < step_size |target| < 0.8"
BOTH = "some steps have h|r| between 1 and sqrt 2, and some between sqrt 2 and 2"


def chaotic_starts(rng):
    """64 starts inside the ellipse of bounded ones."""
    target = rng.uniform(0.5, 2.0) * rng.choice([-1.0, 1.0])
    h = rng.uniform(0.1, 0.9) / abs(target)
    return {"target": np.array(target), "step_size": np.array(h), "starts": inside(rng, h, target, 64)}


@claim(
    "kreisler2023-flow-solution",
    title="The sharpness at which the flow would end falls at a step if and only if h |r| < sqrt 2",
    statement=r"$\phi = \sqrt{q^2 + 4T^2},\ q = u^2 - v^2:\quad q_{k+1} = q_k\,(1 - h^2 r_k^2),\quad"
    r" \phi_{k+1} < \phi_k \Leftrightarrow h\,|r_k| < \sqrt{2}\ \ (q_k \neq 0,\ r_k \neq 0)$",
    source="arXiv:2305.13064 (decrease, any depth), theorem number unverified; the equivalence is derived here",
    hypotheses=(
        "0 < step_size |target| < 2, so that there are bounded starts",
        "the starts lie inside the ellipse of bounded ones, and no step leads onto a fixed point or toward zero",
        "some steps have h|r| between 1 and sqrt 2, and some between sqrt 2 and 2",
    ),
    rivals=("it always falls", "it falls up to h|r| = 2", "it falls up to h|r| = 1", "first order in h"),
    convention="L = (u v - T)^2 / 2, r = u v - T; 64 starts inside the ellipse of bounded ones, 60 steps",
)
def flow_solution(lab):
    problem = lab.instance(chaotic_starts)
    T, h, starts = float(problem["target"]), float(problem["step_size"]), problem["starts"]
    lab.require(EXISTS, exists(h, T))
    lab.require(INSIDE, bounded(starts, h, T))
    model = ScalarFactorization(T)
    path = simulate(model, GradientDescent(h), starts, steps=60, save=np.arange(61)).theta
    flow = [
        simulate(model, GradientFlow(rtol=1e-10), theta, time=60 / abs(T)).final
        for theta in path[::20, :4].reshape(-1, 2)
    ]
    lab.identity(
        [model.sharpness(end) for end in flow],
        end_sharpness(*path[::20, :4].reshape(-1, 2).T, T),
        tolerance=1e-7,
        reason="the flow is integrated to relative accuracy 1e-10 a step",
    )
    moved = h * np.abs(path[:-1].prod(axis=-1) - T)
    q = imbalance(path)
    scale = np.sum(path[:-1] ** 2, axis=-1)
    lab.identity(
        q[1:],
        q[:-1] * (1 - moved**2),
        scale=scale,
        rivals={"first order in h": q[:-1] * (1 - moved)},
        tolerance=1e-12,
        reason="exact: rounding of a difference of squares",
    )
    values = end_sharpness(path[..., 0], path[..., 1], T)
    # q^2 changes by q^2 m^2 (m^2 - 2), m = h r: where that is lost in rounding nothing is seen.
    seen = np.abs(q[:-1] ** 2 * moved**2 * (moved**2 - 2)) > 1e-12 * values[:-1] ** 2
    moved, falls = moved[seen], (values[1:] < values[:-1])[seen]
    small, large = (moved > 1) & (moved < np.sqrt(2)), (moved > np.sqrt(2)) & (moved < 2)
    lab.require(BOTH, np.any(small) and np.any(large))
    lab.identity(
        falls.astype(float),
        (moved < np.sqrt(2)).astype(float),
        rivals={
            "it always falls": np.ones(moved.size),
            "it falls up to h|r| = 2": (moved < 2).astype(float),
            "it falls up to h|r| = 1": (moved < 1).astype(float),
        },
        reason="a comparison, true or false at every step",
    )


@claim(
    "kreisler2023-past-the-edge",
    title="Past the edge of stability: gradient descent ends as far below 2/h as it started above",
    statement=r"$h\,\phi_0 = 2 + d,\ r_0 \to 0:\quad h\,\phi_\infty = 2 - d +"
    r" \frac{2}{3}\,\frac{4a - 1}{1 - a}\,d^2 + O(d^3),\quad a = h^2 T^2 < 1$",
    source="arXiv:2305.13064 (convergence to the edge), theorem number unverified; the law is derived here",
    hypotheses=("0.02 < step_size |target| < 0.8", "the runs come to rest"),
    rivals=("it ends at 2/h", "it ends at the minimum of the flow", "a step taken for a derivative"),
    convention="L = (u v - T)^2 / 2, from beside a minimum of sharpness phi_0; d = 0.04, 0.02, 0.01",
    errata="Descent is often said to end at the edge of stability, phi = 2/h. Only a run that starts infinitely near"
    " the edge does: the oscillation that lowers phi outlasts the crossing, and phi ends as far below.",
)
def past_the_edge(lab):
    problem = lab.instance(
        lambda rng: {
            "target": np.array(rng.uniform(0.5, 2.0) * rng.choice([-1.0, 1.0])),
            "product": np.array(rng.uniform(0.1, 0.7)),
        }
    )
    T, a = float(problem["target"]), float(problem["product"]) ** 2
    lab.require(NOT_FLAT, T != 0 and 0.02 < problem["product"] < 0.8)
    h, distances = float(problem["product"]) / abs(T), np.array([0.04, 0.02, 0.01])
    model, ends = ScalarFactorization(T), []
    for d in distances:
        # A residual whose square is small against d^4: it is the third power of d that must be seen.
        start = minimum((2 + d) / h, T) * np.array([1 + 1e-10, 1.0])
        run = simulate(model, GradientDescent(h), start, steps=int(80 / d))
        lab.require("the runs come to rest", run.final_loss < 1e-20 * T**2)
        ends.append(h * float(end_sharpness(*run.final, T)))
    first, both = (h * sharpness_past_the_edge((2 + distances) / h, h, T, order) for order in (1, 2))
    lab.limit(
        distances,
        (2 - np.array(ends)) / distances,
        ((2 - first) / distances)[-1],
        rivals={"it ends at 2/h": 0.0, "it ends at the minimum of the flow": -1.0},
        tolerance=0.03,
        reason="terms of higher order at d = 0.01",
    )
    second = (np.array(ends) - 2 + distances) / distances**2
    lab.identity(
        2 * second[-1] - second[-2],
        ((both - first) / distances**2)[-1],
        rivals={"a step taken for a derivative": 2 / 3 * (1 + 2 * a) / (1 - a)},
        scale=1.0,
        tolerance=0.03,
        reason="extrapolated once in d; what is left is of second order",
    )


def minimum(sharpness, target):
    """A minimum ``(u, v)`` of that sharpness."""
    u = np.sqrt((sharpness + np.sqrt((sharpness - 2 * target) * (sharpness + 2 * target))) / 2)
    return np.array([u, target / u])
