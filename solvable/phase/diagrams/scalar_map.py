r"""Where gradient descent with a large step takes each start of ``(x y - 1)^2 / 2``.

The starts from which descent stays bounded are those inside an ellipse (`solvable.theory.factorization_bounded`), whose
half axes ``sqrt(2/h + 1)`` and ``sqrt(2/h - 1)`` lie along ``x = y`` and ``x = -y``. Inside, where ``h < 1``, almost
every start comes to a minimum: of either sign, with less and less of a pattern towards the ellipse, and at most ``h
(x^2 + y^2) / 2 = 1`` sharp.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized
from .outcomes import converged, diverged

STEP, STEPS, SOLVED = 0.6, 2000, 1e-20
WIDEST = 2.75
"""Beyond the ellipse, which reaches ``2 / sqrt(h)`` in x and in y."""


@vectorized
def measure(y: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    """x at the end of descent from ``(x, y)``, and ``h (x^2 + y^2) / 2``; infinite where it diverges."""
    from solvable import GradientDescent, ScalarFactorization, simulate

    start = np.stack([x, y], axis=1)
    run = simulate(ScalarFactorization(), GradientDescent(STEP), start, steps=STEPS, until_loss=SOLVED)
    lost = diverged(run)
    ends = np.where(lost[:, None], np.inf, run.final)
    return {
        "end": ends[:, 0],
        "sharpness": STEP / 2 * (ends[:, 0] ** 2 + ends[:, 1] ** 2),
        "unresolved": ~lost & ~converged(run),
    }


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """The ellipse."""
    from solvable.theory import ellipse_point

    return [Curve(*ellipse_point(np.linspace(0.0, 2 * np.pi, 721), STEP), "the ellipse of bounded starts")]


# The two counts keep the starts off the line x = -y, which descent takes to the saddle and not to a minimum.
DIAGRAM = Diagram(
    name="scalar-map",
    title=rf"Gradient descent on $(xy - 1)^2/2$ with step size $h = {STEP:g}$",
    statement="Starts inside an ellipse, and no others, stay bounded; which minimum they find is fractal near it.",
    source="arXiv:2509.25351",
    axes={
        "y": Axis("start  $y$", np.linspace(-WIDEST, WIDEST, 320), np.linspace(-WIDEST, WIDEST, 800)),
        "x": Axis("start  $x$", np.linspace(-WIDEST, WIDEST, 400), np.linspace(-WIDEST, WIDEST, 1250)),
    },
    values={
        "end": Quantity("final  $x$", r"in units of $\sqrt{\mathrm{target}}$", "diverging", (-1.8, 1.8)),
        "sharpness": Quantity("final sharpness  $x^2 + y^2$", "in units of $2/h$", limits=(STEP, 1.0)),
    },
    measure=measure,
    theory=theory,
    chunk=16384,
)
