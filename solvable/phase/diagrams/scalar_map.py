"""The scalar factorization on the plane of its starts: which ones descent with a large step leaves bounded.

For ``L = (x y - t)^2 / 2`` and a step h the bounded set is an ellipse, up to a set of measure zero
(`solvable.theory.factorization_bounded`); inside it almost every start converges where ``h |t| < 1``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized

STEP, TARGET, STEPS = 0.6, 1.0, 400


@vectorized
def measure(y: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    """Loss after `STEPS` steps of descent from ``(x, y)``."""
    import solvable

    model = solvable.ScalarFactorization(TARGET)
    run = solvable.simulate(model, solvable.GradientDescent(STEP), np.stack([x, y], axis=1), steps=STEPS)
    return {"loss": run.loss[-1]}


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """The ellipse."""
    return []


DIAGRAM = Diagram(
    name="scalar-map",
    title="",
    statement="",
    source="arXiv:2102.07432",
    axes={
        "y": Axis("$y$", np.linspace(-4, 4, 100), np.linspace(-4, 4, 1000)),
        "x": Axis("$x$", np.linspace(-4, 4, 100), np.linspace(-4, 4, 1000)),
    },
    values={"loss": Quantity("loss", scale="log", limits=(1e-16, 1e2))},
    measure=measure,
    theory=theory,
    chunk=4096,
)
