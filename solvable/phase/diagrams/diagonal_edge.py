r"""Descent on a diagonal network below the edge of stability, at it and beyond.

Where gradient flow from ``u = v = scale`` ends, the Hessian has the largest eigenvalue lambda, that of
``(4/n) X diag(u^2 + v^2) X^T``, and descent of step h is stable there if ``h lambda < 2``. Below that line descent ends
close by. Above it three things happen: it converges to another interpolant, whose own sharpness is at most ``2/h``; it
keeps bouncing; or it diverges. No interpolant with ``h lambda > 2`` attracts, so the measured ``h lambda / 2`` of what
has settled is never above 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized
from ._diagonal import descend, flow_edge, sharpness, sparse_data

STEPS = 20_000


@vectorized
def measure(step_size: np.ndarray, scale: np.ndarray) -> dict[str, np.ndarray]:
    """``h lambda / 2`` at the end, by the Gauss-Newton part of the Hessian where the run has not settled."""
    end, lost, unresolved = descend(scale, step_size, STEPS)
    u, v = np.split(np.where(lost[:, None], 0.0, end), 2, axis=1)
    top = np.where(lost, np.inf, sharpness(sparse_data()[0], u**2 + v**2))
    return {"edge": step_size * top / 2, "unresolved": unresolved}


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """The largest step that is stable where the flow ends."""
    scales = np.geomspace(np.min(axes["scale"]), np.max(axes["scale"]), 120)
    return [Curve(scales, flow_edge(*sparse_data(), scales), r"$h = 2/\lambda$, where the flow ends")]


DIAGRAM = Diagram(
    name="diagonal-edge",
    title="Below the edge of stability, at it and beyond",
    statement=r"an interpolant attracts descent of step $h$ only if $h \lambda \leq 2$",
    source="arXiv:2302.08982",
    axes={
        "step_size": Axis(r"step size $h$", np.geomspace(0.01, 1, 48), np.geomspace(0.01, 1, 160), "log"),
        "scale": Axis(r"scale $\alpha$ of $u = v$", np.geomspace(0.05, 2, 48), np.geomspace(0.05, 2, 160), "log"),
    },
    values={
        "edge": Quantity(r"sharpness at the end, $h \lambda / 2$", scale="diverging", center=1.0, limits=(0.0, 2.0))
    },
    measure=measure,
    theory=theory,
    chunk=2560,
)
