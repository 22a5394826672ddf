r"""Step size against momentum: what heavy ball adds to the effective step, and up to where it is stable.

On ``(x y - t)^2 / 2`` gradient flow conserves ``Q = x^2 - y^2`` and heavy ball loses of ``log Q``, over a whole run and
to first order, ``h (1 + beta)/(1 - beta)^2`` times an integral along the flow (`solvable.theory.balancedness_loss`).
Were it flow at the effective step ``h/(1 - beta)`` with the penalty of gradient descent, it would lose as much where
``h/(1 - beta)`` is the same. It stays at a minimum of sharpness lambda up to ``h = 2 (1 + beta)/lambda``; flow comes to
one with ``lambda = sqrt(Q^2 + 4 t^2)``. With much momentum, which swings far before it settles, this start diverges
sooner, and the change of Q may have either sign.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized
from .outcomes import diverged

TARGET, START = 2.0, (1.2, 0.2)
LEVELS = (0.003, 0.03, 0.3)
SOLVED = 1e-20
BALANCED = 36.0
"""Where rounding has balanced x and y."""


@vectorized
def measure(step_size: np.ndarray, momentum: np.ndarray) -> dict[str, np.ndarray]:
    """``|log|Q_end/Q_0||``; infinite where heavy ball diverges."""
    from solvable import HeavyBall, ScalarFactorization, simulate

    # Long enough for flow at the effective step, and for oscillations that momentum damps by its square root a step.
    steps = np.ceil(30 * (1 - momentum) / step_size + 200 / (1 - momentum)).astype(int)
    run = simulate(ScalarFactorization(TARGET), HeavyBall(step_size, momentum), np.array(START), steps=steps)
    lost = diverged(run)
    x, y = np.where(lost[:, None], np.array(START), run.final).T
    with np.errstate(divide="ignore"):
        change = np.abs(np.log(np.abs((x - y) * (x + y) / (START[0] ** 2 - START[1] ** 2))))
    change = np.minimum(change, BALANCED)
    return {"change": np.where(lost, np.inf, change), "unresolved": ~lost & ~(run.final_loss <= SOLVED)}


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """Equal losses, as they are and as they would be if only the effective step counted; the edge of stability."""
    from solvable.theory import balancedness_loss, end_sharpness

    beta = np.linspace(0.0, 0.999, 250)
    unit = np.array([-balancedness_loss(*START, TARGET, 1.0, momentum=b) for b in beta])  # of a step of size one
    curves = [Curve(beta, 2 * (1 + beta) / end_sharpness(*START, TARGET), r"stable up to $2(1 + \beta)/\lambda$")]
    plain = -balancedness_loss(*START, TARGET, 1.0)
    for level in LEVELS:
        curves.append(Curve(beta, level / unit, r"equal loss, $h(1 + \beta)/(1 - \beta)^2$"))
        curves.append(Curve(beta, level / plain * (1 - beta), r"equal effective step, $h/(1 - \beta)$"))
    return curves


DIAGRAM = Diagram(
    name="momentum",
    title="Balance $Q = x^2 - y^2$ that heavy ball loses on $(xy - 2)^2/2$",
    statement="Momentum has a larger penalty than its effective step; it is stable up to $2(1 + \\beta)/\\lambda$.",
    source="arXiv:2302.00849",
    axes={
        "step_size": Axis("step size  $h$", np.geomspace(1e-3, 2, 80), np.geomspace(1e-3, 2, 240), "log"),
        "momentum": Axis(r"momentum  $\beta$", np.linspace(0, 0.95, 80), np.linspace(0, 0.95, 240)),
    },
    values={
        "change": Quantity(
            r"change of balance  $|\log|Q_\infty/Q_0||$", "natural logarithm", "log", (1e-3, 1.0), levels=LEVELS[:2]
        ),
    },
    measure=measure,
    theory=theory,
    chunk=800,
)
