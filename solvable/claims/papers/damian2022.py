r"""Damian, Nichani and Lee, Self-Stabilization (arXiv:2209.15594): the dynamics at the edge of stability in two
variables.

The loss ``(2/h + sqrt(beta) w) x^2/2 - (alpha/sqrt(beta)) w`` has the sharpness ``2/h + y``, ``y = sqrt(beta) w``, and
gradient descent on it is exactly the paper's map ``x+ = -(1 + h y) x, y+ = y + h (alpha - beta x^2/2)``. Bursts of
``|x|`` repeat with the period of a conserved energy E, found by quadrature. The step does not conserve E: a burst gains
``h oint F^2 dt``, ``F = alpha - beta x^2/2``, so that bursts grow (`solvable.theory.modified.self_stabilization`).
"""

from __future__ import annotations

import numpy as np

from solvable import Simultaneous, TwoPlayerGame, claim, simulate
from solvable.theory import burst_energy, burst_growth, burst_period


@claim(
    "damian2022-self-stabilization",
    title="Self-stabilization: the period of the bursts, and their growth",
    statement=r"$x^+ = -(1 + hy)\,x,\ y^+ = y + h\left(\alpha - \frac{\beta}{2}x^2\right):\quad"
    r" \Delta t = 2\int\frac{du}{\sqrt{2(E - V(u))}} + O(h),\quad \Delta E = h\oint F^2\,dt + O(h^2)$",
    source="arXiv:2209.15594 (the map); period and growth are derived in solvable.theory.modified.self_stabilization",
    hypotheses=("the smallest |x| is 0.1 to 0.8 of the center",),
    rivals=("period of small oscillations", "energy conserved", "half the growth"),
    convention="u = log|x|, V = (beta/4) e^(2u) - alpha u, F = -V'; time h k; smallest |x| 0.15 to 0.5 of the center",
    errata="The energy is a first integral of the flow, not of gradient descent: it grows by h times 3 to 14 in each"
    " burst, in units where alpha = 1, beta = 2.",
)
def bursts(lab):
    problem = lab.instance(
        lambda rng: {
            "alpha": np.array(rng.uniform(0.5, 2.0)),
            "beta": np.array(rng.uniform(1.0, 4.0)),
            "share": np.array(rng.uniform(0.15, 0.5)),
        }
    )
    alpha, beta = float(problem["alpha"]), float(problem["beta"])
    lab.require("the smallest |x| is 0.1 to 0.8 of the center", 0.1 <= problem["share"] <= 0.8)
    smallest = float(problem["share"]) * np.sqrt(2 * alpha / beta)
    period, growth = burst_period(smallest, alpha, beta), burst_growth(smallest, alpha, beta)
    small = 2 * np.pi / np.sqrt(2 * alpha)
    step_sizes = small / np.array([400, 800, 1600, 3200])
    spacings, gains = np.array([_first_burst(h, smallest, alpha, beta) for h in step_sizes]).T
    reason = "leading order in the step"
    lab.order(
        step_sizes, spacings - period, 1, rivals={"period of small oscillations": spacings - small}, reason=reason
    )
    rates = gains / step_sizes
    rivals = {"energy conserved": rates, "half the growth": rates - growth / 2}
    lab.order(step_sizes, rates - growth, 1, rivals=rivals, reason=reason)


def _first_burst(h, smallest, alpha, beta):
    """(time until the displacement is smallest again, energy gained) of gradient descent."""
    loss = TwoPlayerGame(lambda x, y: -(2 / h + y) * x, lambda x, y: alpha - beta / 2 * x**2)

    def run(saves):
        return simulate(loss, Simultaneous((h, h)), [smallest, 0.0], steps=saves[-1], save=saves).theta.T

    def rising(y):
        return np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0))[0]

    # First coarsely over more than two small periods, then every step where y rises through 0.
    coarse = np.arange(201) * int(np.ceil(2.2 * 2 * np.pi / np.sqrt(2 * alpha) / h / 200))
    k = rising(run(coarse)[1])
    saves = np.concatenate([[0], np.arange(coarse[k], coarse[k + 1] + 1)])
    x, y = run(saves)
    k = 1 + rising(y[1:])
    part = -y[k] / (y[k + 1] - y[k])
    energy = burst_energy(x, y, alpha, beta)
    return (saves[k] + part) * h, energy[k] + part * (energy[k + 1] - energy[k]) - energy[0]
