r"""Each further term of the modified equation gains one order: the error at a fixed time falls as h^p.

With p terms the first omitted one, ``h^p f_p``, decides. It displaces the gradient flow ``x(t)`` by ``h^p e(t)``,
where

    e' = D f_0(x) e + f_p(x),        e(0) = 0,

so that the error at a fixed time has the slope p and a known height: nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

TITLE = "One order for each term"
SUMMARY = (
    "Each further term of the modified equation gains one power of the step. Slopes and heights are predicted without"
    " any fit."
)
ANSWERS = (
    "the error slopes of backward error analysis, as in Barrett and Dherin, arXiv:2009.11162 (figure number "
    "unverified), at six terms"
)
CLAIMS = ("solvable2026-euler-series", "barrett2021-one-step")
CAPTION = (
    "Measured (markers): distance at time 1 between gradient descent on (1 - ab)^2 / 2 and the flow of its modified"
    " equation with 1 to 6 terms, against the step size. Theory (dashed): h^p times the response of the gradient "
    "flow to the first omitted term, which fixes slope and height without any fit. Shaded: rounding in double "
    "precision; markers there are hollow."
)
START, TIME, ORDERS = (1.4, 0.3), 1.0, (1, 2, 3, 4, 5, 6)
STEP_COUNTS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
FLOOR = 1e-13


def data() -> dict[str, np.ndarray]:
    """Run gradient descent for all step sizes; solve the compiled flows, and the equation for the constants."""
    import sympy

    from derivations import modified_field
    from solvable import GradientDescent, ScalarFactorization, simulate

    a, b, h = sympy.symbols("a b h")
    field = modified_field("gradient_descent", (1 - a * b) ** 2 / 2, (a, b), max(ORDERS) + 1, h)
    steps = TIME / np.array(STEP_COUNTS)
    ends = simulate(ScalarFactorization(target=1.0), GradientDescent(steps), np.array(START), time=TIME).final
    errors = []
    for p in ORDERS:
        kernel = field.compile(order=p)
        flow = [_end_of_flow(kernel, step) for step in steps]
        errors.append(np.linalg.norm(np.array(flow) - ends, axis=1))
    return {
        "order": np.array(ORDERS),
        "step": steps,
        "error": np.array(errors),
        "constant": np.array([_response(field, (a, b), p) for p in ORDERS]),
    }


def _end_of_flow(kernel: Callable[..., None], step: float) -> np.ndarray:
    numbers, out = np.array([step]), np.empty(2)

    def rate(_: float, theta: np.ndarray) -> np.ndarray:
        kernel(np.ascontiguousarray(theta), numbers, out)
        return out.copy()

    return _solve(rate, np.array(START))


def _response(field: Any, params: tuple[Any, ...], p: int) -> float:
    """``|e(TIME)|`` of the module's text."""
    import sympy

    flow, omitted = sympy.Matrix(field.terms[0]), sympy.Matrix(field.terms[p])
    at = sympy.lambdify(params, [flow, flow.jacobian(params), omitted], "numpy")

    def rate(_: float, state: np.ndarray) -> np.ndarray:
        force, slope, push = at(*state[:2])
        return np.concatenate([force[:, 0], slope @ state[2:] + push[:, 0]])

    return float(np.linalg.norm(_solve(rate, np.array([*START, 0.0, 0.0]))[2:]))


def _solve(rate: Callable[[float, np.ndarray], np.ndarray], start: np.ndarray) -> np.ndarray:
    from scipy.integrate import solve_ivp

    return np.asarray(solve_ivp(rate, (0.0, TIME), start, method="DOP853", rtol=3e-14, atol=1e-16).y[:, -1])


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """One line an order."""
    from solvable.plotting import COLORS, THEORY, new_figure

    figure = new_figure(height=5.2)
    axes = figure.subplots()
    steps, wide = arrays["step"], np.array([arrays["step"].min() / 1.15, arrays["step"].max() * 1.15])
    axes.axhspan(1e-16, FLOOR, color="#EDEDED", zorder=0)
    axes.annotate("rounding", (0.985, FLOOR), (0, -6), xycoords=("axes fraction", "data"),
                  textcoords="offset points", ha="right", va="top", color="#555555")  # fmt: skip
    rows = zip(arrays["order"], arrays["error"], arrays["constant"], COLORS, "osD^vP", strict=True)
    for p, error, constant, color, marker in rows:
        clear = error > FLOOR
        name = f"{p} terms: $h^{p}$" if p > 1 else "1 term: $h$"
        axes.plot(steps[clear], error[clear], marker, color=color, zorder=6, label=name)
        axes.plot(steps[~clear], error[~clear], marker, color=color, fillstyle="none", zorder=6)
        axes.plot(wide, constant * wide**p, **THEORY, label="theory" if p == arrays["order"][-1] else None)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(*wide)
    axes.set_ylim(3e-15, 0.2)
    axes.set_xticks([2.0**-k for k in range(2, 9)], [f"1/{2**k}" for k in range(2, 9)])
    axes.minorticks_off()
    axes.set_xlabel("step size  $h$")
    axes.set_ylabel("distance of flow and descent at time 1")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.13), title="terms of the modified equation", ncols=2)
    return figure
