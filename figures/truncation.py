r"""The modified equation does not converge: for a given step there is a best number of terms.

Gradient descent ``Phi(x) = x + h x (1 - x)`` on the potential of the logistic equation ``x' = f(x) = x (1 - x)``. If
Phi is the flow of f~ over the time h, then ``f~(Phi) = Phi' f~``. Order by order, ``q_n = f_n / f`` obeys

    q_n' = - sum_{j=2}^{n+1} f_(n+1-j)^(j) f^(j-2) / j!,        q_n(0) = (-1)^n / (n + 1),

the constant from ``f~'(0) = log(1 + h) / h``. The terms grow like ``n! / R^n``, where R is 2 pi times the distance in
complex time to the nearest pole of the exact flow: pi from x = 1/2, so R = 2 pi^2. Hence the best number of terms is
about R/h, and what is left is of size ``exp(-R/h)``, up to a prefactor that is not predicted here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

TITLE = "The best number of terms"
SUMMARY = (
    "The modified equation does not converge: for each step there is a best number of terms. What remains is "
    "exponentially small in 1/h, with a rate that the poles of the flow in complex time decide."
)
ANSWERS = "no figure that we know; the statement is that of Benettin and Giorgilli, and of Hairer and Lubich"
CLAIMS = ("solvable2026-truncation",)
CAPTION = (
    "Measured: how far gradient descent on the logistic potential is from the flow of its modified equation with N "
    "terms, as the largest relative defect |f~(step) - step' f~| / f over 0.1 <= x <= 0.5, in 150-digit arithmetic."
    " Left: against N, stars at the best N. Right: the least defect against 1/h. Theory (dashed): left, N = 2 pi^2 "
    "/ h for each h; right, exp(-2 pi^2 / h) times one fitted constant. The exponent comes from the nearest pole of"
    " the exact flow in complex time; the prefactor, which falls with h too, is not predicted. "
    "The best N moves in jumps: it is 31 for all steps from 0.96 to 0.68."
)
TERMS = 60
SHOWN = (1.0, 0.8, 0.65, 0.5)
PERCENT = tuple(range(100, 49, -2))
"""Steps of the right panel, in hundredths; 0.65 is added for the left one."""
POINTS = np.arange(10, 51, 2)
"""Hundredths of x, up to the point that is nearest to the pole."""
UNIT = 10**150
RATE = 2 * math.pi**2


def terms(count: int) -> list[np.ndarray]:
    """Coefficients of ``f_0, ..., f_(count-1)`` from the constant up, as integers in units of ``1/UNIT``.

    >>> [float(c / UNIT) for c in terms(2)[1]]
    [0.0, -0.5, 1.5, -1.0]
    """
    f = np.array([0, UNIT, -UNIT], dtype=object)
    powers = [np.array([UNIT], dtype=object)]
    taylor = [_taylor(f)]
    for n in range(1, count):
        powers.append(np.convolve(powers[-1], f) // UNIT)
        slope = np.zeros(n + 1, dtype=object)
        for j in range(2, n + 2):
            if j < len(taylor[n + 1 - j]):
                product = np.convolve(taylor[n + 1 - j][j], powers[j - 2]) // UNIT
                kept = min(len(product), n)
                slope[:kept] -= product[:kept]
        ratio = np.concatenate([[(-1) ** n * UNIT // (n + 1)], slope[:n] // np.arange(1, n + 1)])
        taylor.append(_taylor(np.convolve(ratio, f) // UNIT))
    return [series[0] for series in taylor]


def _taylor(polynomial: np.ndarray) -> list[np.ndarray]:
    """Its derivatives over factorials."""
    found = [polynomial]
    for j in range(1, len(polynomial)):
        found.append(found[-1][1:] * np.arange(1, len(found[-1])) // j)
    return found


def defects(fields: list[np.ndarray], percent: int) -> np.ndarray:
    """Largest relative defect over `POINTS` with 1, 2, ... terms, for the step ``percent / 100``."""
    x = POINTS.astype(object) * (UNIT // 100)
    moved = x + x * (UNIT - x) // UNIT * percent // 100
    slope = UNIT + (UNIT - 2 * x) * percent // 100
    before = after = 0 * x
    power, found = UNIT, []
    for field in fields:
        before = before + power * _value(field, x) // UNIT
        after = after + power * _value(field, moved) // UNIT
        power = power * percent // 100
        defect = abs(after - slope * before // UNIT)
        found.append(max(defect * UNIT // _value(fields[0], x)) / UNIT)
    return np.array(found)


def _value(polynomial: np.ndarray, x: np.ndarray) -> np.ndarray:
    total = 0 * x
    for coefficient in polynomial[::-1]:
        total = total * x // UNIT + coefficient
    return total


def data() -> dict[str, np.ndarray]:
    """The defects of all truncations, for all steps."""
    fields = terms(TERMS)
    percents = np.array(sorted({*PERCENT, *(round(100 * h) for h in SHOWN)}, reverse=True))
    found = np.array([defects(fields, int(percent)) for percent in percents])
    return {"step": percents / 100, "defect": found, "best": 1 + found.argmin(axis=1), "least": found.min(axis=1)}


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: defect against N. Right: the least defect against 1/h."""
    from solvable.plotting import COLORS, THEORY, new_figure

    figure = new_figure(height=4.5)
    curves, least = figure.subplots(1, 2, sharey=True, width_ratios=[1.45, 1])
    counts, step = np.arange(1, TERMS + 1), arrays["step"]
    for h, color, marker in zip(SHOWN, COLORS, "osD^", strict=False):
        row = int(np.argmin(np.abs(step - h)))
        defect, best = arrays["defect"][row], arrays["best"][row]
        dots: dict[str, Any] = {"color": color, "marker": marker, "linewidth": 1.2, "markersize": 4}
        curves.plot(counts, defect, **dots, label=f"$h = {h:g}$")
        star: dict[str, Any] = {"color": color, "markersize": 17, "markeredgecolor": "black", "zorder": 7}
        curves.plot(best, defect[best - 1], "*", **star)
        curves.vlines(RATE / h, defect[best - 1] / 30, defect[best - 1] * 1e2, **THEORY)
        least.plot(1 / h, arrays["least"][row], "*", **star)
    least.plot(1 / step, arrays["least"], "o", color="#444444", markersize=4.5)
    constant = np.exp(np.mean(np.log(arrays["least"]) + RATE / step))
    wide = np.array([0.97, 2.03])
    least.plot(wide, constant * np.exp(-RATE * wide), **THEORY, label=r"$\propto e^{-2\pi^2/h}$")
    curves.plot([], [], **THEORY, label=r"$N = 2\pi^2/h$")
    curves.set_yscale("log")
    curves.set_ylim(1e-16, 1e1)
    curves.set_xlabel("number of terms  $N$")
    curves.set_ylabel("defect of the modified equation")
    curves.set_title("more terms help, then harm", loc="left")
    curves.legend(loc="lower left")
    least.set_xlabel("1 / step size  $1/h$")
    least.set_title("the least defect", loc="left")
    least.legend(loc="upper right")
    return figure
