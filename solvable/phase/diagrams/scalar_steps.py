r"""Step size against the size of the start, for descent on ``(x y - 1)^2 / 2`` from ``(s, 0)``.

A start stays bounded up to ``s = sqrt(4/h - h)``, where the ellipse of `solvable.theory.factorization_bounded` cuts the
axis. What it comes to has ``x^2 + y^2 <= 2/h``; as no minimum has less than 2, there is none to come to where ``h >
1``: there a cycle of two points, with mean ``x^2 + y^2 = 1 + 1/h``, attracts up to ``h = sqrt(5) - 1``, and further
cycles and chaos beyond.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized
from .outcomes import converged, diverged

STEPS, SOLVED, SAME = 4000, 1e-20, 1e-8


@vectorized
def measure(step_size: np.ndarray, start: np.ndarray) -> dict[str, np.ndarray]:
    """``h (x^2 + y^2) / 2`` at the end, the mean of the last two steps; infinite where descent diverges.

    A cell is resolved at a minimum, and on a cycle of two steps.
    """
    from solvable import GradientDescent, ScalarFactorization, simulate

    starts = np.stack([start, np.zeros_like(start)], axis=1)
    last = np.arange(STEPS - 2, STEPS + 1)
    run = simulate(ScalarFactorization(), GradientDescent(step_size), starts, steps=STEPS, until_loss=SOLVED, save=last)
    lost = diverged(run)
    ends = np.where(lost[:, None], 0.0, run.theta)
    cycle = np.max(np.abs(ends[2] - ends[0]), axis=1) < SAME
    squares = sum(ends[row, :, j] ** 2 for row in (1, 2) for j in (0, 1))  # one order of adding in any chunk
    return {
        "sharpness": np.where(lost, np.inf, step_size / 4 * squares),
        "unresolved": ~lost & ~converged(run) & ~cycle,
    }


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """The boundary of the bounded starts, and the step sizes that end convergence and the cycle."""
    from solvable.theory import ellipse_level

    lowest, highest = float(np.min(axes["step_size"])), min(float(np.max(axes["step_size"])), 2.0 - 1e-9)
    farthest = float(np.max(axes["start"]))
    h = np.linspace(lowest, highest, 800)
    curves = [Curve(1 / np.sqrt(ellipse_level(1.0, 0.0, h)), h, r"bounded up to $s = \sqrt{4/h - h}$")]
    for edge, words in (
        (1.0, "minima lose stability, $h = 1$"),
        (np.sqrt(5) - 1, r"cycles of two lose it, $h = \sqrt{5} - 1$"),
    ):
        within = min(farthest, float(1 / np.sqrt(ellipse_level(1.0, 0.0, edge))))
        curves.append(Curve(np.array([0.0, within]), np.array([edge, edge]), words))
    return curves


DIAGRAM = Diagram(
    name="scalar-steps",
    title="Gradient descent on $(xy - 1)^2/2$ from $(s, 0)$",
    statement=r"Bounded up to $s = \sqrt{4/h - h}$; minima attract for $h < 1$, cycles of two for $h < \sqrt{5} - 1$.",
    source="arXiv:2509.25351",
    axes={
        "step_size": Axis("step size  $h$", np.linspace(0.1, 1.996, 317), np.linspace(0.1, 1.999, 1000)),
        "start": Axis("start  $s$", np.linspace(0.01, 4.5, 400), np.linspace(0.01, 4.5, 1000)),
    },
    values={"sharpness": Quantity("final  $x^2 + y^2$", "in units of $2/h$", limits=(0.0, 1.2))},
    measure=measure,
    theory=theory,
    chunk=16384,
)
