r"""Where the modified equation should be cut: exponentially small errors, and more terms that only do harm.

For a fixed step the series of the modified field diverges. On the logistic equation, whose flow has its nearest poles
at the imaginary times ``+- i pi`` from ``x = 1/2``, exact rational arithmetic to order 104 shows the size of the
smallest error, ``exp(-2 pi^2/h)``, and of the best number of terms, ``2 pi^2/h`` (`solvable.theory.modified.logistic`).
That errors can be made exponentially small is a theorem (Benettin and Giorgilli; Hairer and Lubich); the constant is
measured.
"""

from __future__ import annotations

import numpy as np
import sympy
from scipy.integrate import solve_ivp

from derivations import modified_field
from solvable import Simultaneous, TwoPlayerGame, claim, simulate
from solvable.theory import (
    LOGISTIC_RADIUS,
    logistic_defects,
    logistic_modified_series,
    logistic_modified_terms,
)

ORDER = 104


@claim(
    "solvable2026-truncation",
    title="The modified equation cut at its best order",
    statement=r"$\min_N |\tilde{f}_N(\Phi) - \Phi'\tilde{f}_N| = e^{-(1 + o(1))\,R/h},\quad N_* \sim \frac{R}{h},"
    r"\quad R = 2\pi^2$ for $\dot x = x(1-x)$ around $x = \frac{1}{2}$",
    source="exponential smallness: Benettin and Giorgilli; Hairer and Lubich (numbers unverified); constant measured",
    rivals=("a power of the step", "more terms always help", "one best order for all steps"),
    convention="gradient descent on x^3/3 - x^2/2, h from 0.55 to 0.27, to 104 terms; R = 2 pi |t_s| at the next pole",
)
def truncation(lab):
    problem = lab.instance(
        lambda rng: {"width": np.array(rng.uniform(0.1, 0.3)), "factor": np.array(rng.uniform(0.92, 1.1))}
    )
    points = 0.5 + float(problem["width"]) * np.linspace(-1, 1, 7)
    step_sizes = float(problem["factor"]) * np.array([0.5, 0.42, 0.35, 0.29])
    errors = np.array([logistic_defects(points, h, ORDER) for h in step_sizes])
    lab.order(
        np.exp(-LOGISTIC_RADIUS / step_sizes),
        np.min(errors, axis=1),
        1,
        rivals={"a power of the step": errors[:, 5], "more terms always help": errors[:, -1]},
        tolerance=0.2,
        floor=0.0,
        reason="an unknown power of h in front of the exponential",
    )
    # The minimum is flat and ragged: the middle of all N within a factor 10 of it.
    best = np.array([np.mean(1 + np.flatnonzero(e <= 10 * np.min(e))) for e in errors])
    lab.order(
        step_sizes,
        best,
        -1,
        rivals={"one best order for all steps": 0.0},
        tolerance=0.3,
        reason="N = R/h + O(1), and the minimum is flat",
    )
    lab.note(f"best N h / R = {', '.join(f'{v:.3f}' for v in best * step_sizes / LOGISTIC_RADIUS)}")
    _derived(lab)
    # Far beyond the best order, where the field is wrong by 1e-6 (and not yet too wild to be integrated).
    beyond = int(best[0] + np.flatnonzero(errors[0][int(best[0]) :] > 1e-6)[0])
    _run(lab, float(step_sizes[0]), beyond)


def _derived(lab):
    """The recursion gives what the general machine gives."""
    x, h = sympy.symbols("x h")
    derived = modified_field("gradient_descent", x**3 / 3 - x**2 / 2, (x,), 8, h).terms
    own = [
        sum(sympy.Rational(c.numerator, c.denominator) * x**i for i, c in enumerate(q))
        for q in logistic_modified_terms(8)
    ]
    lab.symbolic([sympy.expand(d[0] - x * (1 - x) * q) for d, q in zip(derived, own, strict=True)])


def _run(lab, h, beyond):
    """Six steps of descent against the flows of the field cut at 2 pi^2/h terms, at six terms, and far beyond."""
    game = TwoPlayerGame(lambda x, y: x * (1 - x), lambda x, y: 0 * y)
    orbit = simulate(game, Simultaneous((h, h)), [0.2, 0.0], steps=6, save=np.arange(1, 7)).theta[:, 0]

    def flow(order):
        field, times = logistic_modified_series(h, order), h * np.arange(1, 7)
        return solve_ivp(lambda _, x: field(x), (0, times[-1]), [0.2], "DOP853", times, rtol=1e-13, atol=1e-15).y[0]

    lab.identity(
        orbit,
        flow(round(LOGISTIC_RADIUS / h)),
        rivals={"a power of the step": flow(6), "more terms always help": flow(beyond)},
        tolerance=1e-10,
        reason="exp(-2 pi^2/h) < 1e-15 with h up to 0.55; flow and series are accurate to 1e-13",
    )
