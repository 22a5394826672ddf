"""How far each member of an ensemble goes, and where it saves: in steps or in time, afresh or from where it stopped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..common.checks import integer, nonnegative
from .base import Dynamics
from .schedule import save_steps, save_times

MOST_STEPS = 2**53


class Horizon(NamedTuple):
    """``goal (R,)`` and ``saves (S, R)`` in the `unit` of the clock, a step or time; the time that was `asked` for.

    A pause at a time between two steps is moved to one of them: what follows counts from the time asked for, and so
    ends where it would have without the pause.
    """

    goal: np.ndarray
    saves: np.ndarray
    unit: np.ndarray
    asked: np.ndarray


def horizon_of(
    dynamics: Dynamics, members: int, steps: Any, time: Any, save: Any, state: dict[str, np.ndarray]
) -> Horizon:
    """From the arguments of ``simulate``, and the `state` of a trajectory to resume (empty for a fresh start)."""
    if (steps is None) == (time is None):
        raise ValueError("exactly one of steps and time must be given")
    if dynamics.clock == "time":
        if time is None:
            raise ValueError(f"time must be given for {type(dynamics).__name__}, which has no steps")
        start = state["reached"] if state else np.zeros(members)
        goal = start + _each("time", time, members, functools.partial(nonnegative, "time"))
        saves = np.array([save_times(save, start[b], goal[b]) for b in range(members)]).T
        return Horizon(goal, saves, np.ones(members), goal)
    length = dynamics.step_length(np.arange(members))
    start = state["reached"] if state else np.zeros(members, dtype=np.int64)
    if time is not None:
        spans = _each("time", time, members, functools.partial(nonnegative, "time"))
        if not np.all(spans / length < MOST_STEPS):
            raise ValueError(f"time must be less than {MOST_STEPS:g} steps, got {spans.max():g}")
        paused = np.where(start == state["goal"], state["asked"], start * length) if state else np.zeros(members)
        asked = paused + spans
        goal = np.maximum(start, np.round(asked / length).astype(np.int64))
        if save is not None and np.ndim(save):
            times = save_times(save, float((start * length).max()), float(asked.max()))
            saves = np.clip(np.round(times[:, None] / length), start, goal)
            return Horizon(goal, saves.astype(np.int64), length, asked)
    else:
        whole = functools.partial(integer, "steps", minimum=0, maximum=MOST_STEPS)
        goal = start + _each("steps", steps, members, whole)
        asked = goal * length
    if (start == start[0]).all() and (goal == goal[0]).all():
        points = save_steps(save, int(start[0]), int(goal[0]))
        return Horizon(goal, np.repeat(points[:, None], members, axis=1), length, asked)
    # Members with the same horizon have the same saves; in a large ensemble many do.
    kinds, which = np.unique(np.stack([start, goal]), axis=1, return_inverse=True)
    each = [save_steps(save, int(first), int(last)) for first, last in kinds.T]
    longest = max(points.size for points in each)
    padded = np.stack([np.pad(points, (0, longest - points.size), mode="edge") for points in each], axis=1)
    return Horizon(goal, padded[:, which.ravel()], length, asked)


def _each(name: str, value: Any, members: int, check: Callable[[Any], Any]) -> np.ndarray:
    """`value`, or one a member, after a `check`."""
    given = np.asarray(value, dtype=object)
    if given.shape == ():
        return np.full(members, check(value))
    if given.shape != (members,):
        allowed = f"one number, or one for each of the {members} members"
        raise ValueError(f"{name} must be {allowed}, got shape {given.shape}")
    return np.array([check(entry) for entry in given.tolist()])
