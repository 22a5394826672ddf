"""A trajectory as text: one line a saved point, or one line a member of an ensemble; comments start with ``#``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.relu import UnivariateReLUNetwork

if TYPE_CHECKING:
    from ..dynamics.trajectory import Trajectory


def as_text(trajectory: Trajectory, origin: str) -> str:
    """A table that people and ``numpy.loadtxt`` can read."""
    head = [
        f"# {trajectory.provenance['dynamics']} on {trajectory.provenance['model']}",
        f"# data: {origin}",
    ]
    if trajectory.final.ndim == 1:
        columns = {"step": trajectory.step, "time": trajectory.time, "loss": trajectory.loss}
        columns |= _measures(trajectory, trajectory.theta)
        tail = [f"# range residual {residual:.2g}" for residual in _range_residuals(trajectory)]
        tail.append(f"# {trajectory.status.name.lower()}: {trajectory.status.message}")
        return "\n".join([*head, *_table(columns), *tail])
    return "\n".join([*head, *_table(_ends(trajectory)), *_legend(trajectory)])


def as_json(trajectory: Trajectory, origin: str) -> str:
    """One object; numbers that JSON cannot hold (NaN, infinity) are null."""
    single = trajectory.final.ndim == 1
    record: dict[str, Any] = {
        **{name: trajectory.provenance[name] for name in ("model", "dynamics", "seed", "replica", "until_loss")},
        "data": origin,
        "status": trajectory.status.name.lower() if single else [s.name.lower() for s in trajectory.status],
        "step": _plain(trajectory.step),
        "time": _plain(trajectory.time),
        "loss": _plain(trajectory.loss),
    }
    record |= {name: _plain(values) for name, values in _measures(trajectory, trajectory.theta).items()}
    residuals = _range_residuals(trajectory)
    if residuals:
        record["range_residual"] = _plain(np.array(residuals[0] if single else residuals))
    record["final"] = {name: _plain(value) for name, value in trajectory.model.unpack(trajectory.final).items()}
    name = _predictor_name(trajectory)
    if name:
        with np.errstate(over="ignore", invalid="ignore"):
            record["final"][name] = _plain(trajectory.predictor(trajectory.final))
    return json.dumps(record, allow_nan=False)


def _ends(trajectory: Trajectory) -> dict[str, Any]:
    """The last point of every member."""
    members = trajectory.final.shape[0]
    last = {name: np.broadcast_to(getattr(trajectory, name)[-1], members) for name in ("step", "time")}
    columns = {"member": np.arange(members), **last, "loss": np.asarray(trajectory.final_loss)}
    columns |= _measures(trajectory, trajectory.final)
    residuals = _range_residuals(trajectory)
    if residuals:
        columns["range_residual"] = np.array(residuals)
    columns["status"] = np.array([int(s) for s in trajectory.status])
    return columns


def _legend(trajectory: Trajectory) -> list[str]:
    return [f"# status {int(s)} = {s.name.lower()}: {s.message}" for s in sorted(set(trajectory.status))]


def _measures(trajectory: Trajectory, theta: np.ndarray) -> dict[str, np.ndarray]:
    """What is told of the predictors at ``theta (..., p)``: norms, or the variation of f' between samples."""
    if isinstance(trajectory.model, UnivariateReLUNetwork):
        return {"int|f''|": np.apply_along_axis(_variation, -1, theta, trajectory.model)}
    name = _predictor_name(trajectory)
    if not name:
        return {}
    with np.errstate(over="ignore", invalid="ignore"):
        found = trajectory.predictor(theta)
        if name == "beta":
            return {"|beta|_1": np.abs(found).sum(axis=-1), "|beta|_2": np.sqrt((found**2).sum(axis=-1))}
        return {f"|{name}|_*": _nuclear(found), f"|{name}|_F": np.sqrt((found**2).sum(axis=(-2, -1)))}


def _variation(theta: np.ndarray, model: UnivariateReLUNetwork) -> float:
    if not np.all(np.isfinite(theta)):
        return float("nan")
    window = model.x.min(), model.x.max()
    return model.predictor(theta).total_variation2(window) if model.n_samples > 1 else 0.0


def _nuclear(X: np.ndarray) -> np.ndarray:
    """Sums of singular values; NaN for a matrix that is not finite."""
    finite = np.isfinite(X).all(axis=(-2, -1))
    total: np.ndarray = np.linalg.svd(np.where(finite[..., None, None], X, 0.0), compute_uv=False).sum(axis=-1)
    return np.where(finite, total, np.nan)


def _predictor_name(trajectory: Trajectory) -> str:
    """What a table shows norms of: beta of a diagonal network, the matrix of sensing or of layers, else nothing."""
    return {"DiagonalLinearNetwork": "beta", "MatrixSensing": "X", "DeepLinearNetwork": "W"}.get(
        type(trajectory.model).__name__, ""
    )


def _range_residuals(trajectory: Trajectory) -> list[float]:
    """One a member; empty where there is no such identity (depth above 2, other models)."""
    if not trajectory.has_ledger:
        return []
    with np.errstate(all="ignore"):
        return [float(value) for value in np.atleast_1d(trajectory.range_residual())]


def _table(columns: dict[str, Any]) -> list[str]:
    cells = {name: [_cell(value) for value in values] for name, values in columns.items()}
    widths = {name: max(len(name), *map(len, column)) for name, column in cells.items()}
    head = "  ".join(name.rjust(widths[name]) for name in cells)
    padded = [[cell.rjust(widths[name]) for cell in column] for name, column in cells.items()]
    rows = ["  ".join(row) for row in zip(*padded, strict=True)]
    # The mark of a comment replaces a blank of the margin, so that the columns stay under their names.
    return ["# " + head, *("  " + row for row in rows)]


def _cell(value: Any) -> str:
    return str(int(value)) if isinstance(value, (int, np.integer)) else f"{float(value):.6g}"


def _plain(values: Any) -> Any:
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return array.tolist()
    kept = array.astype(object)
    kept[~np.isfinite(array)] = None
    return kept.tolist()
