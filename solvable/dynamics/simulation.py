"""``simulate``: a model, a dynamics, a start, a horizon.

An ensemble is cut into tiles, which run on a pool of threads; each is advanced by its driver and the pieces are put
together. Nothing here depends on how the tiles were cut.
"""

from __future__ import annotations

import functools
import platform
from typing import Any

import numpy as np

from ..common.checks import integer, nonnegative, positive, real_array
from ..integrators.blas import one_blas_thread
from ..integrators.status import RUNNING
from .base import Dynamics
from .driving import Outcome, drive_flow, drive_steps, run_tasks
from .factors import has_ledger
from .interruption import interruptible
from .progress import reporter
from .schedule import save_steps, save_times
from .stepper import Tile
from .trajectory import Status, Trajectory

STEP_TILE = 32


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
    """Run `dynamics` on `model` from ``theta0 (p,)``, or as an ensemble from ``(R, p)`` or with ``(R,)`` hyperparameters.

    Exactly one of `steps` and `time`; for an optimizer, `time` means ``round(time / step_size)`` steps of each member.
    `save`: None keeps start and end, an integer that many moments spaced in logarithm, an array exactly those (in the
    unit of `steps` or `time`). `until_loss` ends a run at the first step whose loss is at most this (stochastic methods
    look every n steps). `seed` and `replica` (the global number of the first member, or ``(R,)``) select the random
    streams. `resume` continues a trajectory, bit for bit as if it had never stopped: `theta0` is then None, and `steps` or
    `time` come on top. `progress`: True for a bar on stderr, or a function of the fraction done.

    Divergence is no error: see ``Trajectory.status``. Ctrl-C ends the run with status "interrupted" and keeps what was
    computed.

    >>> from solvable import GradientDescent, ScalarFactorization, simulate
    >>> run = simulate(ScalarFactorization(), GradientDescent(0.1), [2.0, 0.1], steps=500)
    >>> run.status.name, round(run.final_loss, 12)
    ('HORIZON', 0.0)
    """
    if not isinstance(dynamics, Dynamics):
        raise ValueError(f"dynamics must be an optimizer or a flow such as GradientFlow(), got {dynamics!r}")
    seed = integer("seed", seed, minimum=0, maximum=2**64 - 1)
    if until_loss is not None:
        until_loss = nonnegative("until_loss", until_loss)
    theta, single, state = _start(model, dynamics, theta0, resume)
    members = theta.shape[0]
    replicas = _replicas(replica, members)
    start, goal, saves, unit = _horizon(dynamics, members, steps, time, save, state)
    order = np.arange(members)
    width = STEP_TILE if dynamics.clock == "steps" else 1
    tiles = [order[k : k + width] for k in range(0, members, width)]
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"), interruptible() as flag:
        first = state or _fresh_state(model, theta)

        def run(lanes: np.ndarray) -> Outcome:
            mine = {name: value[lanes] for name, value in state.items()} if state else {}
            tile = Tile(theta[lanes], lanes, replicas[lanes], seed, until_loss, mine)
            stepper = dynamics.stepper(model, tile)
            if dynamics.clock == "steps":
                return drive_steps(stepper, saves[:, lanes], goal[lanes], unit[lanes], flag)
            return drive_flow(stepper, saves[:, lanes[0]], goal[lanes[0]], flag)

        with reporter(progress, len(tiles)) as tick:
            outcomes = run_tasks([functools.partial(run, lanes) for lanes in tiles], tick)
        if (failure := model.compiled().failure) is not None:
            failure.check()
        return _assemble(model, dynamics, outcomes, single, first, goal, seed, replicas, until_loss)


def _start(
    model: Any, dynamics: Dynamics, theta0: Any, resume: Trajectory | None
) -> tuple[np.ndarray, bool, dict[str, np.ndarray]]:
    """Parameters ``(R, p)``, whether the answer is a single run, and the state to resume (empty for a fresh start)."""
    if resume is not None:
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
    if numbers.shape != (members,) or np.any(numbers != np.round(numbers)) or np.any((numbers < 0) | (numbers >= 2**32)):
        raise ValueError(f"replica must be an integer in [0, 2^32), or one for each of the {members} members")
    return numbers.astype(np.int64)


def _horizon(
    dynamics: Dynamics, members: int, steps: Any, time: Any, save: Any, state: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(start, goal, saves (S, R), length of a step) in the unit of the clock: whole steps, or time."""
    if (steps is None) == (time is None):
        raise ValueError("exactly one of steps and time must be given")
    if dynamics.clock == "time":
        if time is None:
            raise ValueError(f"time must be given for {type(dynamics).__name__}, which has no steps")
        start = state["reached"] if state else np.zeros(members)
        goal = start + np.array([positive("time", value) for value in np.broadcast_to(time, members)])
        saves = np.stack([save_times(save, start[b], goal[b]) for b in range(members)], axis=1)
        return start, goal, saves, np.ones(members)
    length = dynamics.at("step_size", np.arange(members))
    start = state["reached"].astype(np.int64) if state else np.zeros(members, dtype=np.int64)
    if time is not None:
        span = np.round(positive("time", time) / length).astype(np.int64)
    else:
        span = np.array([integer("steps", value, minimum=0) for value in np.broadcast_to(steps, members).tolist()])
    goal = start + span
    if save is not None and np.ndim(save) and time is not None:
        times = save_times(save, 0.0, float((goal * length).max()))
        saves = np.stack([np.minimum(np.round(times / length[b]), goal[b]) for b in range(members)], axis=1)
        return start, goal, saves.astype(np.int64), length
    points = [save_steps(save, int(start[b]), int(goal[b])) for b in range(members)]
    if len({p.size for p in points}) > 1:
        raise ValueError("save must be None or an array of times when members take different numbers of steps this small")
    return start, goal, np.stack(points, axis=1), length


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
    goal: np.ndarray,
    seed: int,
    replicas: np.ndarray,
    until_loss: float | None,
) -> Trajectory:
    theta = np.concatenate([o.saved for o in outcomes], axis=1)
    step = np.concatenate([o.step for o in outcomes], axis=1)
    time = np.concatenate([o.time for o in outcomes], axis=1)
    final = np.concatenate([o.final for o in outcomes])
    codes = np.concatenate([o.status for o in outcomes])
    status = np.array([Status(int(code)) for code in np.where(codes == RUNNING, Status.HORIZON, codes)], dtype=object)
    state = {name: np.concatenate([o.state[name] for o in outcomes]) for name in outcomes[0].state}
    for name in ("start_log_a", "start_xi"):
        if name in first:
            state[name] = first[name]
    state["goal"] = goal
    state["reached"] = state["count"] if "count" in state else np.where(status == Status.HORIZON, goal, time[-1])
    loss = np.stack([np.atleast_1d(model.loss(row)) for row in theta])
    provenance = {
        "model": f"{type(model).__name__}(n={model.n_samples}, p={model.n_params})",
        "model_fingerprint": model.fingerprint(),
        "dynamics": dynamics.describe(),
        "dynamics_fingerprint": dynamics.fingerprint(),
        "seed": seed,
        "replica": int(replicas[0]) if np.array_equal(replicas, replicas[0] + np.arange(replicas.size)) else replicas.tolist(),
        "until_loss": until_loss,
        "machine": platform.machine(),
    }
    if single:
        kept = _distinct(step[:, 0], time[:, 0])
        return Trajectory(
            theta[kept, 0], time[kept, 0], step[kept, 0], loss[kept, 0], final[0], status[0], provenance, model, state
        )
    same = bool(np.all(time == time[:, :1]) and np.all(step == step[:, :1]))
    clock = (time[:, 0], step[:, 0]) if same else (time, step)
    return Trajectory(theta, *clock, loss, final, status, provenance, model, state)


def _distinct(step: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Rows up to the first one at which the run had ended."""
    moved = np.concatenate([[True], (np.diff(time) > 0) | (np.diff(step) > 0)])
    return np.flatnonzero(moved)
