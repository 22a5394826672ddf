"""Trajectories as files: npz, CSV, xarray."""

from __future__ import annotations

import csv
import json
import zipfile
from typing import Any

import numpy as np

from ..common.optional import optional
from . import knot_events

POINTS = "theta", "time", "step", "loss", "final"
STATE, EVENTS = "state.", "events."
"""Prefixes of what a resumed run needs, and of the entries of `KnotEvents`."""


def to_npz(trajectory: Any, path: Any) -> None:
    """``theta, time, step, loss, final, status``, the provenance as JSON text, state and events; nothing pickled."""
    arrays: dict[str, Any] = {name: getattr(trajectory, name) for name in POINTS}
    arrays["status"] = np.asarray(trajectory.status, dtype=np.int64)
    arrays["provenance"] = np.array(json.dumps(trajectory.provenance, sort_keys=True))
    arrays |= {STATE + name: value for name, value in trajectory.state.items() if name != "events"}
    if "events" in trajectory.state:
        arrays |= {EVENTS + name: value for name, value in knot_events.columns(trajectory).items()}
    np.savez(path, **arrays)


def from_npz(path: Any, model: Any) -> dict[str, Any]:
    """The fields of the trajectory that `to_npz` wrote, with status codes for the status."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
    except (EOFError, TypeError, ValueError, zipfile.BadZipFile):  # all that np.load makes of a foreign file
        raise ValueError(f"path must be a file of Trajectory.to_npz, got {path}") from None
    if missing := {*POINTS, "status", "provenance", STATE + "reached"} - set(arrays):
        raise ValueError(f"path must be a file of Trajectory.to_npz, got {path} without {', '.join(sorted(missing))}")
    provenance = json.loads(str(arrays["provenance"]))
    if provenance["model_fingerprint"] != model.fingerprint():
        raise ValueError(f"model must be the one of the saved trajectory, {provenance['model']}")
    state, events = (
        {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
        for prefix in (STATE, EVENTS)
    )
    if events:
        state["events"] = knot_events.rows(events, model, members=state["reached"].size)
    points = {name: arrays[name] for name in POINTS}
    return points | {"status": arrays["status"], "provenance": provenance, "model": model, "state": state}


def to_csv(trajectory: Any, path: Any) -> None:
    """One row a saved point: ``member`` (ensembles only), ``step, time, loss`` and the parameters by name."""
    names = parameter_names(trajectory.model)
    ensemble = trajectory.theta.ndim == 3
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*(["member"] if ensemble else []), "step", "time", "loss", *names])
        for k in range(trajectory.theta.shape[0]):
            for member in range(trajectory.theta.shape[1]) if ensemble else [()]:
                at = (k, member) if ensemble else (k,)
                step, time = trajectory.step[at[: trajectory.step.ndim]], trajectory.time[at[: trajectory.time.ndim]]
                row = [step, repr(float(time)), repr(float(trajectory.loss[at]))]
                values = [repr(float(value)) for value in trajectory.theta[at]]
                writer.writerow([*([member] if ensemble else []), *row, *values])


def to_xarray(trajectory: Any) -> Any:
    """Dimensions ``save``, ``member`` (ensembles) and ``parameter``."""
    xarray = optional("xarray", "to_xarray")
    save = ("save", "member") if trajectory.theta.ndim == 3 else ("save",)
    return xarray.Dataset(
        {"theta": ((*save, "parameter"), trajectory.theta), "loss": (save, trajectory.loss)},
        coords={
            "time": (save[: trajectory.time.ndim], trajectory.time),
            "step": (save[: trajectory.step.ndim], trajectory.step),
            "parameter": parameter_names(trajectory.model),
        },
        attrs={"provenance": json.dumps(trajectory.provenance, sort_keys=True)},
    )


def parameter_names(model: Any) -> list[str]:
    """``u[0], u[1], ...``: one name for each entry of theta."""
    names = []
    for part, shape in model.shapes().items():
        if not shape:
            names.append(part)
        names += [f"{part}[{','.join(map(str, k))}]" for k in np.ndindex(*shape)] if shape else []
    return names
