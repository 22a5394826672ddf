r"""The phase diagram of two-layer ReLU networks: how far their input weights move, over the scales of the start.

With ``f = (1/alpha) sum_k a_k relu(w_k . X)``, ``a`` and ``w`` of deviations beta_1 and beta_2,

    beta_1 beta_2 / alpha = m^-gamma,      beta_1 / beta_2 = m^-gamma',

the relative change of the input weights goes like ``m^S``: wide networks are linear where S < 0 and condensed where
S > 0. S is piecewise linear (`solvable.theory.relative_change_exponent`). Measured is the slope between two widths,
the mean over two starts which are the same for all cells. It is off by 0.03 in the root mean square, and by up to 0.1
where S changes its formula near the mean field (gamma = 1, gamma' = 0) and two powers compete.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized

WIDTHS, STARTS = (1000, 4000), 2
SAMPLES = np.array([-1.0, 0.9]), np.array([0.6, -0.5])
MARGIN = 0.1  # of the cells at the ends
LEVELS = (-3.0, -2.0, -1.0, -0.5, 0.5)


@vectorized
def measure(gamma_prime: np.ndarray, gamma: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """The exponent of the relative change; unresolved where a network did not fit its samples."""
    from ...claims.papers._weight_motion import relative_changes

    starts = [seed * STARTS + k for k in range(STARTS)]
    few, many = (np.log(relative_changes(*SAMPLES, gamma, gamma_prime, m, starts)) for m in WIDTHS)
    slopes = (many - few) / np.log(WIDTHS[1] / WIDTHS[0])
    exponent = (slopes[:, 0] + slopes[:, 1]) / STARTS
    return {"exponent": exponent, "unresolved": np.isnan(exponent)}


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """Where linear training ends, where the exponent changes its form, and its levels."""
    ends = ((float(np.min(axes[n])) - MARGIN, float(np.max(axes[n])) + MARGIN) for n in ("gamma_prime", "gamma"))
    (low, high), (least, most) = ends
    end = min(most, 1 + high)
    critical = Curve(np.array([1.0, 1.0, end]), np.array([low, 0.0, end - 1]), "critical,  $S = 0$: linear | condensed")
    forms = [([least, 1.0], [0.0, 0.0]), ([1.0, 1.0], [0.0, high]), ([1.0, most], [0.0, 1 - most])]
    curves = [critical, *(Curve(np.array(x), np.array(y), "the formula of $S$ changes") for x, y in forms)]
    levels = (Curve(*_level(S, least, most, low), r"$S = -3, -2, -1, -\frac{1}{2}, \frac{1}{2}$") for S in LEVELS)
    return [*curves, *levels]


def _level(S: float, least: float, most: float, low: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the exponent is S: where it falls in gamma', and before that at ``gamma = 1 + S``, where it does not."""
    from solvable.theory import relative_change_exponent

    gamma, prime = np.linspace(max(least, 1 + S + 1e-9), most, 600), np.linspace(-6.0, 6.0, 1201)
    table = relative_change_exponent(gamma[:, None], prime[None])
    first = np.argmax((table[:, :-1] >= S) & (table[:, 1:] < S), axis=1)
    before, after = table[np.arange(gamma.size), first], table[np.arange(gamma.size), first + 1]
    where = prime[first] + (prime[1] - prime[0]) * (before - S) / (before - after)
    if least > 1 + S:
        return gamma, where
    return np.concatenate([gamma[:1], gamma]), np.concatenate([[low], where])


DIAGRAM = Diagram(
    name="relu-regimes",
    title="How input weights of wide ReLU networks move: linear or condensed",
    statement=r"$|w(t) - w(0)|/|w(0)| \sim m^S$: linear where $\gamma < 1$ or $\gamma^\prime > \gamma - 1$.",
    source="arXiv:2007.07497",
    axes={
        "gamma_prime": Axis(
            r"$\gamma^\prime$:  ratio of the layers $m^{-\gamma^\prime}$",
            np.linspace(-1, 1.5, 21),
            np.linspace(-1, 1.5, 61),
        ),
        "gamma": Axis(r"$\gamma$:  output scale $m^{-\gamma}$", np.linspace(0.5, 2, 19), np.linspace(0.5, 2, 55)),
    },
    values={
        "exponent": Quantity(
            r"exponent $S$:  change of the input weights $\sim m^S$",
            "",
            "diverging",
            (-3.0, 1.0),
            levels=(*LEVELS, 0.0),
            level=0.0,
        ),
    },
    measure=measure,
    theory=theory,
    chunk_size=10,
)
