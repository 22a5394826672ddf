"""``simulate``: a model, a dynamics, a start, a horizon.

An ensemble is cut into tiles, which run on a pool of threads; each is advanced by its driver and the pieces are put
together. Nothing here depends on how the tiles were cut.
"""

from __future__ import annotations

import functools
import platform
from typing import Any

import numpy as np

from ..common.blas import one_blas_thread
from ..common.checks import integer, nonnegative, real_array
from ..models.base import ParameterSpace, compiled_once
from .base import Dynamics
from .driving import Outcome, drive_flow, drive_steps, run_tasks, thread_count
from .factors import has_ledger
from .flow_stepper import FlowStepper
from .horizon import Horizon, horizon_of
from .interruption import interruptible
from .progress import reporter
from .stepper import DiscreteStepper, Tile
from .trajectory import Status, Trajectory

MACHINE = platform.machine()
NAMED = np.array([Status.HORIZON, *Status], dtype=object)
"""A status by its code, from RUNNING on."""
START = "start_log_a", "start_xi"
"""Names of the part of the state that says where the ledger began."""
TILES_A_THREAD = 4
"""At least, where an ensemble is large enough: so that no thread has to wait long for another at the end."""


def simulate(
    model: Any,
    dynamics: Dynamics,
    theta0: Any = None,
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
    streams. `resume` continues a trajectory, bit for bit as if it had never stopped: without `theta0`, `steps` or
    `time` come on top, `save` counts from the very beginning, and `seed` and `replica` are the trajectory's own.
    `progress`: True for a bar on stderr, or a function ``f(done, total)`` of the tiles of the ensemble.

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
    horizon = horizon_of(dynamics, members, steps, time, save, state)
    goal, saves, unit = horizon.goal, horizon.saves, horizon.unit
    tiles = _tiles(members, *dynamics.tile_sizes(model))
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"), interruptible() as flag:
        first = _first_state(model, theta, state)

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
        if (failure := compiled_once(model).failure) is not None:
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
            raise ValueError("theta0 must be left out where resume is given: the run goes on from its own end")
        for what, now in (("model", model), ("dynamics", dynamics)):
            if resume.provenance[f"{what}_fingerprint"] != now.fingerprint():
                raise ValueError(f"{what} must be the one of the trajectory to resume, {resume.provenance[what]}")
        final = np.atleast_2d(resume.final)
        return final, resume.final.ndim == 1, resume.state
    if theta0 is None:
        raise ValueError("theta0 must be given, such as model.init(scale=0.1), or a trajectory as resume")
    theta = real_array("theta0", theta0, ndim=(1, 2))
    if theta.shape[-1] != model.n_params:
        raise ValueError(f"theta0 must have {model.n_params} parameters for this model, got shape {theta.shape}")
    size = dynamics.members()
    single = theta.ndim == 1 and size is None
    if theta.ndim == 1:
        theta = theta[None].repeat(size or 1, axis=0)
    elif size is not None and theta.shape[0] != size:
        raise ValueError(f"theta0 has {theta.shape[0]} members, but the hyperparameters have {size}")
    if theta.shape[0] == 0:
        raise ValueError("theta0 must have at least one member, got shape (0, ...)")
    return theta, single, {}


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
    lanes = np.arange(members)
    if members <= least:
        return [lanes]
    wanted = -(-members // (TILES_A_THREAD * thread_count()))
    width = min(most, max(least, -(-wanted // least) * least))
    return [lanes[first : first + width] for first in range(0, members, width)]


def _first_state(model: Any, theta: np.ndarray, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Where the ledger began: at `theta`, or before the `state` to resume."""
    if state:
        return {name: state[name] for name in START if name in state}
    return dict(zip(START, model.potential_coordinates(theta), strict=True)) if has_ledger(model) else {}


def _assemble(
    model: Any,
    dynamics: Dynamics,
    outcomes: list[Outcome],
    single: bool,
    first: dict[str, np.ndarray],
    horizon: Horizon,
    seed: int,
    replicas: np.ndarray,
    until_loss: float | None,
) -> Trajectory:
    whole = _joined(outcomes)
    status = NAMED[whole.status]
    state = whole.state | first | {"goal": horizon.goal, "asked": horizon.asked}
    loss = _losses(model, whole.saved)
    provenance = {
        "model": f"{type(model).__name__}(n={model.n_samples}, p={model.n_params})",
        "model_fingerprint": model.fingerprint(),
        "dynamics": dynamics.describe(),
        "dynamics_fingerprint": dynamics.fingerprint(),
        "seed": seed,
        "replica": int(replicas[0]) if (replicas[1:] - replicas[:-1] == 1).all() else replicas.tolist(),
        "until_loss": until_loss,
        "machine": MACHINE,
    }
    if single:
        kept = _until_the_end(horizon.saves[:, 0], state["reached"][0])
        theta, time, step, loss = (rows[:kept, 0] for rows in (whole.saved, whole.time, whole.step, loss))
        return Trajectory(theta, time, step, loss, whole.final[0], status[0], provenance, model, state)
    time, step = (rows[:, 0] if np.all(rows == rows[:, :1]) else rows for rows in (whole.time, whole.step))
    return Trajectory(whole.saved, time, step, loss, whole.final, status, provenance, model, state)


def _joined(tiles: list[Outcome]) -> Outcome:
    """The outcome of all tiles, side by side."""
    if len(tiles) == 1:
        return tiles[0]
    return Outcome(
        saved=np.concatenate([tile.saved for tile in tiles], axis=1),
        step=np.concatenate([tile.step for tile in tiles], axis=1),
        time=np.concatenate([tile.time for tile in tiles], axis=1),
        final=np.concatenate([tile.final for tile in tiles]),
        status=np.concatenate([tile.status for tile in tiles]),
        state={name: np.concatenate([tile.state[name] for tile in tiles]) for name in tiles[0].state},
    )


def _losses(model: Any, theta: np.ndarray) -> np.ndarray:
    """Losses ``(T, R)`` at ``theta (T, R, p)``, a few megabytes at a time."""
    rows = max(1, 2**19 // (theta.shape[1] * (model.n_params + model.n_samples)))
    return np.concatenate([model.loss(theta[k : k + rows]) for k in range(0, theta.shape[0], rows)])


def _until_the_end(saves: np.ndarray, end: Any) -> int:
    """Number of rows up to the first one at or after the `end` of the run (a run that ends early repeats its end)."""
    return min(saves.size, 1 + int((saves < end).sum())) if saves[-1] > end else saves.size
