r"""Steps and flows behind the demonstration of modified equations, on ``L = (1 - x y)^2 / 2``, many step sizes at once.

The fields are derived once in exact arithmetic, with the optimizer's one number (the momentum; or the radius or the
strength in units of the step) as a symbol, and turned into NumPy code. An optimizer with memory starts with the memory
that a run along its flow would have left it: what a start at rest needs to find its flow would hide the power of h.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

TERMS, FAR = 6, 10.0
MOMENTUM = ("heavy_ball", "nesterov")


@dataclass(frozen=True)
class Setting:
    """An optimizer and its one number."""

    optimizer: str
    weight: float

    @property
    def clock(self) -> float:
        """The time ``h k`` in which gradient flow takes the time 1: momentum makes steps longer."""
        return 1 - self.weight if self.optimizer in MOMENTUM else 1.0

    @property
    def unit(self) -> float:
        """What a step is measured in, so that the terms fall alike: with momentum, ``(1 - beta)^2 / 3``."""
        return self.clock**2 / 3 if self.optimizer in MOMENTUM else 1.0


def hyperparameters(optimizer: str, weight: Any, h: Any) -> dict[str, Any]:
    """The keyword arguments of the step; gradient regularization takes h for the ascent step."""
    return {
        "gradient_descent": {},
        "heavy_ball": {"momentum": weight},
        "nesterov": {"momentum": weight},
        "usam": {"radius": weight * h},
        "gradient_regularized": {"strength": weight * h, "ascent_step": h},
    }[optimizer]


@cache
def derived(optimizer: str) -> tuple[Any, Any]:
    """Symbols ``(x, y, c)`` and the terms of the modified field, in exact arithmetic."""
    import sympy

    from derivations import modified_field

    x, y, h, c = sympy.symbols("x y h c")
    given = hyperparameters(optimizer, c, h)
    return (x, y, c), modified_field(optimizer, (1 - x * y) ** 2 / 2, (x, y), TERMS, h, **given).terms


@cache
def numeric(optimizer: str, count: int) -> Any:
    """``(x, y, c) -> [f_0 in x, f_0 in y, f_1 in x, ...]``, `count` terms, for numbers or arrays x and y."""
    import sympy

    symbols, terms = derived(optimizer)
    return sympy.lambdify(symbols, [e for term in terms[:count] for e in term], "math", cse=True)


def gradient(theta: np.ndarray) -> np.ndarray:
    """Of the loss, for theta ``(2, R)``."""
    return np.asarray((theta[0] * theta[1] - 1) * theta[::-1])


def run_flows(
    setting: Setting, start: np.ndarray, steps: np.ndarray, orders: Any, times: np.ndarray, rtol: float = 1e-11
) -> np.ndarray:
    """Points ``(T, 2, R)`` of flows from `start` ``(2, R)``: member r has step ``steps[r]`` and ``orders[r]`` terms.

    `times` is ``(T,)``, or ``(T, R)`` with rows that are multiples of one another. A truncated field may blow up: from
    where a member has gone far, all is NaN.
    """
    from scipy.integrate import solve_ivp

    count = int(np.max(orders))
    terms, k, single = numeric(setting.optimizer, count), np.arange(count)[:, None], steps.size == 1
    ends = np.broadcast_to(times[-1], steps.shape)
    weights = np.where(k < orders, steps**k, 0.0) * ends  # every member's time is stretched to [0, 1]

    def rate(_: float, flat: np.ndarray) -> np.ndarray:
        x, y = map(float, flat) if single else flat.reshape(2, -1)
        found = terms(x, y, setting.weight)
        return np.concatenate([sum(w * f for w, f in zip(weights, found[i::2], strict=True)) for i in (0, 1)])

    clock = (times.reshape(times.shape[0], -1) / ends)[:, 0]

    def inside(_: float, flat: np.ndarray) -> float:
        return FAR - float(np.abs(flat).max())

    inside.terminal = True  # type: ignore[attr-defined]
    with np.errstate(over="ignore", invalid="ignore"):
        run = solve_ivp(rate, (0.0, 1.0), start.ravel(), "DOP853", clock, events=inside, rtol=rtol, atol=rtol / 100)
    points = np.full((clock.size, 2, steps.size), np.nan)
    if len(run.t):
        points[: len(run.t)] = run.y.T.reshape(-1, 2, steps.size)
    return points


def memory(setting: Setting, start: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, ...]:
    """The state of the optimizer at `start` ``(2, R)`` after a step along its flow, all terms kept."""
    if setting.optimizer not in MOMENTUM:
        return ()
    before = run_flows(setting, start, steps, TERMS, -steps[None])[-1]
    moved = (before - start) / steps
    if setting.optimizer == "heavy_ball":
        return (moved,)  # theta = before - h m
    return ((moved - gradient(before)) / setting.weight,)  # theta = before - h (g + beta m)


def run_steps(setting: Setting, start: np.ndarray, steps: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Points ``(max(counts) + 1, 2, R)`` of the optimizer; each member stays where its last step led."""
    from derivations.catalog import OPTIMIZERS

    step = OPTIMIZERS[setting.optimizer].step
    theta, state = start, memory(setting, start, steps)
    given, points = hyperparameters(setting.optimizer, setting.weight, steps), [start]
    for k in range(int(counts.max())):
        theta, state = step(theta, state, gradient, np.where(k < counts, steps, 0.0), **given)
        points.append(theta)
    return np.array(points)


def response(setting: Setting, start: np.ndarray, orders: tuple[int, ...]) -> np.ndarray:
    """``|e|`` of the first omitted term at the time of the clock, for each order: the height of its line."""
    from scipy.integrate import solve_ivp

    terms, clock = numeric(setting.optimizer, max(orders) + 1), setting.clock

    def rate(_: float, flat: np.ndarray) -> np.ndarray:
        x, y = map(float, flat[:2])
        found = np.array(terms(x, y, setting.weight)).reshape(-1, 2)
        slope = -np.array([[y * y, 2 * x * y - 1], [2 * x * y - 1, x * x]]) / clock
        pushed = flat[2:].reshape(-1, 2) @ slope + found[list(orders)]
        return np.concatenate([found[0], pushed.ravel()])

    state = np.concatenate([start, np.zeros(2 * len(orders))])
    end = solve_ivp(rate, (0.0, clock), state, "DOP853", rtol=1e-9, atol=1e-12).y[2:, -1]
    return np.linalg.norm(end.reshape(-1, 2), axis=1)
