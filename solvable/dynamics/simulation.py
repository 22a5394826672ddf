"""``simulate``: a model, a dynamics, a start, a horizon.

An ensemble is cut into tiles, which run on a pool of threads; each is advanced by its driver and the pieces are put
together. Nothing here depends on how the tiles were cut.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..common.blas import one_blas_thread
from ..common.checks import integer, nonnegative, real_array
from ..models.base import ParameterSpace
from .base import Dynamics
from .driving import Outcome, drive_flow, drive_steps, run_tasks, thread_count
from .factors import has_ledger
from .flow_stepper import FlowStepper
from .interruption import interruptible
from .progress import reporter
from .schedule import save_steps, save_times
from .stepper import DiscreteStepper, Tile
from .trajectory import Status, Trajectory

MOST_STEPS = 2**53
TILES_A_THREAD = 4
"""At least, where an ensemble is large enough: so that no thread has to wait long for another at the end."""


def simulate(
    model: Any,
    dynamics: Dynamics,
    theta0: Any,
    *,
    steps: Any = None,
    time: Any = None,
    save: Any = None,
    until_loss: float | None = None,
    seed: int = 0,
    replica: Any = 0,
    resume: Trajectory | None = None,
    progress: Any = None,
) -> Trajectory:
    """Run `dynamics` on `model` from ``theta0 (p,)``; an ensemble from ``(R, p)``, or with ``(R,)`` hyperparameters.

    Exactly one of `steps` and `time`; for an optimizer, `time` means ``round(time / step_size)`` steps of each member
    (of length `dt` for ``StochasticGradientFlow``).
    `save`: None keeps start and end, an integer that many moments spaced in logarithm, an array exactly those (in the
    unit of `steps` or `time`). `until_loss` ends a run at the first step whose loss is at most this (stochastic methods
    look every n steps). `seed` and `replica` (the global number of the first member, or ``(R,)``) select the random
    streams. `resume` continues a trajectory, bit for bit as if it had never stopped: `theta0` is then None, `steps` or
    `time` come on top, `save` counts from the very beginning, and `seed` and `replica` are the trajectory's own.
    `progress`: True for a bar on stderr, or a function of the fraction done.

    Divergence is no error: see ``Trajectory.status``. Ctrl-C ends the run with status "interrupted" and keeps what was
    computed.

    >>> from solvable import GradientDescent, ScalarFactorization, simulate
    >>> run = simulate(ScalarFactorization(), GradientDescent(0.1), [2.0, 0.1], steps=500)
    >>> run.status.name, round(run.final_loss, 12)
    ('HORIZON', 0.0)
    """
    if not isinstance(model, ParameterSpace):
        raise ValueError(f"model must be a model such as LinearRegression(X, y), got {type(model).__name__}")
    if not isinstance(dynamics, Dynamics):
        raise ValueError(f"dynamics must be an optimizer or a flow such as GradientFlow(), got {dynamics!r}")
    seed = integer("seed", seed, minimum=0, maximum=2**64 - 1)
    if until_loss is not None:
        until_loss = nonnegative("until_loss", until_loss)
    theta, single, state = _start(model, dynamics, theta0, resume)
    members = theta.shape[0]
    replicas = _replicas(replica, members)
    if resume is not None:
        seed, replicas = _streams(resume, seed, replica, replicas)
    horizon = _horizon(dynamics, members, steps, time, save, state)
    goal, saves, unit = horizon.goal, horizon.saves, horizon.unit
    tiles = _tiles(members, *dynamics.tile_sizes(model))
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"), interruptible() as flag:
        first = state or _fresh_state(model, theta)

        def run(lanes: np.ndarray) -> Outcome:
            mine = {name: value[lanes] for name, value in state.items()}
            tile = Tile(theta[lanes], lanes, replicas[lanes], seed, until_loss, mine)
            with np.errstate(over="ignore", invalid="ignore"):  # the outer block does not reach into other threads
                stepper = dynamics.stepper(model, tile)
                if isinstance(stepper, DiscreteStepper):
                    return drive_steps(stepper, saves[:, lanes], goal[lanes], unit[lanes], flag)
                assert isinstance(stepper, FlowStepper)
                outcome = drive_flow(stepper, saves[:, lanes[0]], goal[lanes[0]], flag)
                if stepper.failure is not None:
                    stepper.failure.check()
                return outcome

        with reporter(progress, len(tiles)) as tick:
            outcomes = run_tasks([functools.partial(run, lanes) for lanes in tiles], tick)
        if (failure := model.compiled().failure) is not None:
            failure.check()
        return _assemble(model, dynamics, outcomes, single, first, horizon, seed, replicas, until_loss)


def _start(
    model: Any, dynamics: Dynamics, theta0: Any, resume: Trajectory | None
) -> tuple[np.ndarray, bool, dict[str, np.ndarray]]:
    """Parameters ``(R, p)``, whether the answer is a single run, and the state to resume (empty for a fresh start)."""
    if resume is not None:
        if not isinstance(resume, Trajectory):
            raise ValueError(f"resume must be a Trajectory, got {type(resume).__name__}")
        if theta0 is not None:
            raise ValueError("theta0 must be None when resume is given")
        for what, now in (("model", model), ("dynamics", dynamics)):
            if resume.provenance[f"{what}_fingerprint"] != now.fingerprint():
                raise ValueError(f"{what} must be the one of the trajectory to resume, {resume.provenance[what]}")
        final = np.atleast_2d(resume.final)
        return final, resume.final.ndim == 1, resume.state
    theta = real_array("theta0", theta0, ndim=(1, 2))
    if theta.shape[-1] != model.n_params:
        raise ValueError(f"theta0 must have {model.n_params} parameters for this model, got shape {theta.shape}")
    size = dynamics.members()
    single = theta.ndim == 1 and size is None
    if theta.ndim == 1:
        theta = np.broadcast_to(theta, (size or 1, theta.size))
    elif size is not None and theta.shape[0] != size:
        raise ValueError(f"theta0 has {theta.shape[0]} members, but the hyperparameters have {size}")
    if theta.shape[0] == 0:
        raise ValueError("theta0 must have at least one member, got shape (0, ...)")
    return np.array(theta), single, {}


def _replicas(replica: Any, members: int) -> np.ndarray:
    if np.ndim(replica) == 0:
        return integer("replica", replica, minimum=0, maximum=2**32 - members) + np.arange(members)
    numbers = real_array("replica", replica, ndim=1)
    whole = (numbers == np.round(numbers)) & (numbers >= 0) & (numbers < 2**32)
    if numbers.shape != (members,) or not whole.all():
        raise ValueError(f"replica must be an integer in [0, 2^32), or one for each of the {members} members")
    return numbers.astype(np.int64)


def _streams(resume: Trajectory, seed: int, replica: Any, replicas: np.ndarray) -> tuple[int, np.ndarray]:
    """Seed and replicas of the trajectory to resume; the arguments may be left out, but not differ."""
    own, members = resume.provenance["seed"], replicas.size
    numbers = _replicas(resume.provenance["replica"], members)
    if seed not in (0, own):
        raise ValueError(f"seed must be the one of the trajectory to resume, {own}, got {seed}")
    if not np.array_equal(replicas, numbers) and not np.array_equal(replica, 0):
        raise ValueError(f"replica must be the one of the trajectory to resume, {resume.provenance['replica']}")
    return own, numbers


def _tiles(members: int, least: int, most: int) -> list[np.ndarray]:
    """The trajectories, cut into tiles of equal size between the two bounds."""
    wanted = -(-members // (TILES_A_THREAD * thread_count()))
    width = min(most, max(least, -(-wanted // least) * least))
    return np.split(np.arange(members), range(width, members, width))


def _each(name: str, value: Any, members: int, check: Callable[[Any], Any]) -> np.ndarray:
    """`value`, or one a member, after a `check`."""
    given = np.asarray(value, dtype=object)
    if given.shape == ():
        return np.full(members, check(value))
    if given.shape != (members,):
        allowed = f"one number, or one for each of the {members} members"
        raise ValueError(f"{name} must be {allowed}, got shape {given.shape}")
    return np.array([check(entry) for entry in given.tolist()])


class _Horizon(NamedTuple):
    """``goal (R,)`` and ``saves (S, R)`` in the `unit` of the clock, a step or time; the time that was `asked` for.

    A pause at a time between two steps is moved to one of them: what follows counts from the time asked for, and so
    ends where it would have without the pause.
    """

    goal: np.ndarray
    saves: np.ndarray
    unit: np.ndarray
    asked: np.ndarray


def _horizon(
    dynamics: Dynamics, members: int, steps: Any, time: Any, save: Any, state: dict[str, np.ndarray]
) -> _Horizon:
    if (steps is None) == (time is None):
        raise ValueError("exactly one of steps and time must be given")
    if dynamics.clock == "time":
        if time is None:
            raise ValueError(f"time must be given for {type(dynamics).__name__}, which has no steps")
        start = state["reached"] if state else np.zeros(members)
        goal = start + _each("time", time, members, functools.partial(nonnegative, "time"))
        saves = np.stack([save_times(save, start[b], goal[b]) for b in range(members)], axis=1)
        return _Horizon(goal, saves, np.ones(members), goal)
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
            return _Horizon(goal, saves.astype(np.int64), length, asked)
    else:
        whole = functools.partial(integer, "steps", minimum=0, maximum=MOST_STEPS)
        goal = start + _each("steps", steps, members, whole)
        asked = goal * length
    # Members with the same horizon have the same saves; in a large ensemble most do, and all often.
    kinds, which = np.stack([start[:1], goal[:1]]), np.zeros(members, dtype=np.int64)
    if np.any(start != start[0]) or np.any(goal != goal[0]):
        kinds, which = np.unique(np.stack([start, goal]), axis=1, return_inverse=True)
    points = [save_steps(save, int(first), int(last)) for first, last in kinds.T]
    longest = max(p.size for p in points)
    padded = np.stack([np.pad(p, (0, longest - p.size), mode="edge") for p in points], axis=1)
    return _Horizon(goal, padded[:, which.ravel()], length, asked)


def _fresh_state(model: Any, theta: np.ndarray) -> dict[str, np.ndarray]:
    if not has_ledger(model):
        return {}
    log_a, xi = model.potential_coordinates(theta)
    return {"start_log_a": log_a, "start_xi": xi}


def _assemble(
    model: Any,
    dynamics: Dynamics,
    outcomes: list[Outcome],
    single: bool,
    first: dict[str, np.ndarray],
    horizon: _Horizon,
    seed: int,
    replicas: np.ndarray,
    until_loss: float | None,
) -> Trajectory:
    theta = np.concatenate([o.saved for o in outcomes], axis=1)
    step = np.concatenate([o.step for o in outcomes], axis=1)
    time = np.concatenate([o.time for o in outcomes], axis=1)
    final = np.concatenate([o.final for o in outcomes])
    codes = np.concatenate([o.status for o in outcomes])
    named = np.array([Status.HORIZON, *Status], dtype=object)  # by its code, from RUNNING on
    status = named[codes]
    state = {name: np.concatenate([o.state[name] for o in outcomes]) for name in outcomes[0].state}
    for name in ("start_log_a", "start_xi"):
        if name in first:
            state[name] = first[name]
    state |= {"goal": horizon.goal, "asked": horizon.asked}
    loss = _losses(model, theta)
    provenance = {
        "model": f"{type(model).__name__}(n={model.n_samples}, p={model.n_params})",
        "model_fingerprint": model.fingerprint(),
        "dynamics": dynamics.describe(),
        "dynamics_fingerprint": dynamics.fingerprint(),
        "seed": seed,
        "replica": int(replicas[0]) if np.all(np.diff(replicas) == 1) else replicas.tolist(),
        "until_loss": until_loss,
        "machine": platform.machine(),
    }
    if single:
        kept = _until_the_end(horizon.saves[:, 0], state["reached"][0])
        return Trajectory(
            theta[kept, 0], time[kept, 0], step[kept, 0], loss[kept, 0], final[0], status[0], provenance, model, state
        )
    time, step = (rows[:, 0] if np.all(rows == rows[:, :1]) else rows for rows in (time, step))
    return Trajectory(theta, time, step, loss, final, status, provenance, model, state)


def _losses(model: Any, theta: np.ndarray) -> np.ndarray:
    """Losses ``(T, R)`` at ``theta (T, R, p)``, a few megabytes at a time."""
    rows = max(1, 2**19 // (theta.shape[1] * (model.n_params + model.n_samples)))
    return np.concatenate([model.loss(theta[k : k + rows]) for k in range(0, theta.shape[0], rows)])


def _until_the_end(saves: np.ndarray, end: Any) -> np.ndarray:
    """Rows up to the first one at or after the `end` of the run (a run that ends early repeats its end)."""
    return np.arange(min(saves.size, 1 + int(np.sum(saves < end))) if saves[-1] > end else saves.size)
