r"""What momentum adds to the implicit penalty: more than the effective step accounts for.

With momentum beta and step h an optimizer follows, to first order, the gradient flow at the effective step ``h_eff =
h / (1 - beta)``, and to the next order the flow of ``L + kappa (h_eff / 4) |grad L|^2``. If ``b_1`` and ``b_2`` are
the coefficients of f and of f'f in its modified equation, ``kappa = -2 b_2 / b_1^2``:

    gradient descent 1,   heavy ball (1 + beta)/(1 - beta),   Nesterov (1 - beta + 2 beta^2)/(1 - beta).

On ``L = (y - a b)^2 / 2`` the flow conserves ``Q = a^2 - b^2`` and the penalty alone makes it decay, ``log(Q_end /
Q_0) = -kappa h_eff I`` with ``I = int (y - a b)^2 dt`` along the gradient flow, which has a closed form. So kappa can
be read off the end of a run. (The start without memory displaces the flow along the gradient, which changes Q to
second order only.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

TITLE = "The penalty of momentum"
SUMMARY = (
    "At equal effective step, momentum adds more to the implicit penalty than gradient descent has. The factor is (1 "
    "+ beta)/(1 - beta) for heavy ball, (1 - beta + 2 beta^2)/(1 - beta) for Nesterov."
)
ANSWERS = "the stronger regularization by momentum of Ghosh et al., arXiv:2302.00849 (figure number unverified)"
CLAIMS = ("ghosh2023-heavy-ball", "solvable2026-nesterov")
CAPTION = (
    "Measured (markers): the factor by which momentum multiplies the implicit penalty (h/4)|grad L|^2 of gradient "
    "descent at equal effective step h/(1 - beta), read off the drift of a^2 - b^2 in runs on (2 - ab)^2 / 2. "
    "Theory (dashed): the same from the rooted-tree series of the optimizers. Left: at effective step 0.001; "
    "dotted, the rival that only the effective step counts. Right: how the difference vanishes with the effective "
    "step; dashed, slope 1."
)
TARGET, START = 2.0, (1.2, 0.2)
EFFECTIVE = np.array([1e-2, 3e-3, 1e-3, 3e-4, 1e-4])
SHOWN = 2
MOMENTA = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
COMPARED = (5, 9)
TIME = 20.0
NAMES = ("heavy_ball", "nesterov")


def integral() -> float:
    """The I of the module's text."""
    first, product = abs(START[0] ** 2 - START[1] ** 2), START[0] * START[1]
    roots = math.hypot(first, 2 * TARGET) - math.hypot(first, 2 * product)
    return TARGET / 2 * (math.asinh(2 * TARGET / first) - math.asinh(2 * product / first)) - roots / 4


def factor(name: str, momentum: np.ndarray) -> np.ndarray:
    """kappa from the series of rooted trees with two vertices."""
    import sympy

    from derivations import bseries

    first, second = bseries(name, 2).values()
    kappa = sympy.lambdify(sympy.Symbol("beta"), sympy.cancel(-2 * second / first**2), "numpy")
    return np.asarray(kappa(momentum))


def data() -> dict[str, np.ndarray]:
    """Run both optimizers for all momenta and effective steps."""
    from solvable import HeavyBall, Nesterov, ScalarFactorization, simulate

    model, start = ScalarFactorization(target=TARGET), np.array(START)
    before = start[0] ** 2 - start[1] ** 2
    measured = np.empty((2, EFFECTIVE.size, MOMENTA.size))
    for i, optimizer in enumerate((HeavyBall, Nesterov)):
        for j, step in enumerate(EFFECTIVE):
            run = simulate(model, optimizer(step * (1 - MOMENTA), MOMENTA), start, steps=round(TIME / step))
            drift = np.log((run.final[:, 0] ** 2 - run.final[:, 1] ** 2) / before)
            measured[i, j] = -drift / (step * integral())
    grid = np.linspace(0.0, 0.965, 200)
    return {
        "momentum": MOMENTA,
        "effective_step": EFFECTIVE,
        "measured": measured,
        "theory": np.array([factor(name, MOMENTA) for name in NAMES]),
        "grid": grid,
        "curve": np.array([factor(name, grid) for name in NAMES]),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the factor against the momentum. Right: its error against the step."""
    from solvable.plotting import BLUE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.5)
    factors, errors = figure.subplots(1, 2, width_ratios=[1.3, 1])
    styles = ((BLUE, "o", "heavy ball"), (VERMILION, "s", "Nesterov"))
    formulas = (r"$\frac{1+\beta}{1-\beta}$", r"$\frac{1-\beta+2\beta^2}{1-\beta}$")
    step, places = arrays["effective_step"], ((0.56, 4.9), (0.62, 2.1))
    rows = zip(styles, formulas, places, arrays["measured"], arrays["theory"], arrays["curve"], strict=True)
    for (color, marker, name), formula, place, measured, theory, curve in rows:
        factors.plot(arrays["momentum"], measured[SHOWN], marker, color=color, label=f"{name}, measured")
        factors.plot(arrays["grid"], curve, **THEORY, label="theory" if marker == "s" else None)
        right = marker == "o"
        factors.annotate(formula, place, ha="right" if right else "left", va="bottom" if right else "top",
                         color=color, fontsize=19)  # fmt: skip
        for index, fill in zip(COMPARED, ("none", "full"), strict=True):
            error = np.abs(measured[:, index] / theory[index] - 1)
            beta = arrays["momentum"][index]
            errors.plot(step, error, marker, color=color, fillstyle=fill, label=rf"{name}, $\beta = {beta:g}$")
            errors.plot(step, error[-1] * step / step[-1], **THEORY)
    factors.axhline(1.0, **REFERENCE, label="only the effective step")
    factors.set_yscale("log")
    factors.set_yticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    factors.minorticks_off()
    factors.set_ylim(0.85, 70)
    factors.set_xlim(-0.03, 1.0)
    factors.set_xlabel(r"momentum  $\beta$")
    factors.set_ylabel(r"penalty, in units of $h_\mathrm{eff}/4$")
    factors.legend(loc="upper left")
    errors.set_xscale("log")
    errors.set_yscale("log")
    errors.set_xlabel(r"effective step  $h_\mathrm{eff} = h/(1-\beta)$")
    errors.set_ylabel("|measured / theory − 1|")
    errors.set_title("the rest vanishes with the step", loc="left")
    errors.legend(loc="upper left", fontsize=10.5, handlelength=1.2)
    errors.set_ylim(None, 4.0)
    return figure
