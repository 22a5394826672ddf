"""Trajectories as files: npz, CSV, xarray."""

from __future__ import annotations

import csv
import json
from typing import Any

import numpy as np

from ..common.optional import optional


def to_npz(trajectory: Any, path: Any) -> None:
    """``theta, time, step, loss, final, status`` and the provenance as JSON text; nothing pickled."""
    np.savez(
        path,
        theta=trajectory.theta,
        time=trajectory.time,
        step=trajectory.step,
        loss=trajectory.loss,
        final=trajectory.final,
        status=np.asarray(trajectory.status, dtype=np.int64),
        provenance=np.array(json.dumps(trajectory.provenance, sort_keys=True)),
    )


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
