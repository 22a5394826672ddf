"""What a simulation returns: saved parameters, how each run ended, and where it came from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from . import knot_events, ledgers, saving


class Status(IntEnum):
    """How a run ended. Failure is data: nothing raises, and the parameters are those at which it ended."""

    CONVERGED = 1
    HORIZON = 2
    DIVERGED = 3
    NONFINITE = 4
    INTERRUPTED = 5
    UNRESOLVED = 6

    @property
    def message(self) -> str:
        """One sentence for people."""
        return _MESSAGES[self]


_MESSAGES = {
    Status.CONVERGED: "the wanted loss was reached",
    Status.HORIZON: "all steps were taken, or the end time was reached",
    Status.DIVERGED: "the loss grew beyond all bounds; the run ended at the step that showed it",
    Status.NONFINITE: "the model returned NaN or infinity",
    Status.INTERRUPTED: "the run was interrupted; resume it to go on",
    Status.UNRESOLVED: "the events of the flow accumulate: no number of steps leads past this time",
}


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory:
    """Saved points of one run ``(p,)`` or of an ensemble ``(R, p)``.

    ``theta (T, p)`` or ``(T, R, p)``, ``loss (T,)`` or ``(T, R)``, ``step`` and ``time`` ``(T,)``, or ``(T, R)`` where
    members differ in it; ``final (p,)`` or ``(R, p)``; ``status`` a `Status` or an array of them. A single run that
    ends early has fewer saved points, the last one where it ended; a member of an ensemble that ends early stays,
    in the later rows, where it ended. For a flow ``step`` counts the steps of its integrator.
    """

    theta: np.ndarray
    time: np.ndarray
    step: np.ndarray
    loss: np.ndarray
    final: np.ndarray
    status: Any
    provenance: dict[str, Any]
    model: Any = field(repr=False)
    state: dict[str, np.ndarray] = field(repr=False)

    @property
    def final_loss(self) -> Any:
        """Loss at ``final``: a float, or ``(R,)``."""
        return _loss(self.model, self.final)

    @property
    def remaining(self) -> Any:
        """Steps (or time) that an interrupted run still had to go: what to give ``simulate(..., resume=...)``."""
        left = self.state["goal"] - self.state["reached"]
        return left if self.final.ndim == 2 else left[0].item()

    def predictor(self, theta: Any = None) -> np.ndarray:
        """The model's predictor (beta, product, matrix, ...) at every saved point, or at `theta`."""
        return self.model.predictor(self.theta if theta is None else theta)

    @property
    def has_ledger(self) -> bool:
        """Whether the effective initialization of this run is known (`ledger`, `effective_init`, `range_residual`).

        It is on diagonal networks of depth 2, for every method that multiplies their factors: the table in
        `solvable.dynamics.factors`.
        """
        return "log_plus" in self.state

    def ledger(self) -> ledgers.Ledger:
        """``(q, R, log_a, xi)`` of a depth-2 diagonal network at ``final``; see `solvable.dynamics.factors`."""
        return ledgers.ledger(self)

    def effective_init(self) -> tuple[np.ndarray, np.ndarray]:
        """``(log_a, xi)`` such that ``hypentropy_minimum(X, y, log_a=log_a, xi0=xi)`` is the limit of this run.

        ``log_a = log a_0 + q`` and ``xi = xi_0 + R`` (see `solvable.dynamics.factors`); each ``(d,)`` or ``(R, d)``.
        """
        return ledgers.effective_init(self)

    def range_residual(self) -> Any:
        """Largest entry of ``(I - P) (asinh(beta / 2a) - xi_0 - R)``, P onto the row space of X: 0 up to rounding.

        This is the whole identity of the effective initialization, and needs no convergence. A float, or ``(R,)``.
        """
        return ledgers.range_residual(self)

    @property
    def events(self) -> Any:
        """What happened to the knots in a `GradientFlow` of a `UnivariateReLUNetwork`, since the start of the run.

        `solvable.dynamics.knot_events.KnotEvents` of a run, a list of them of an ensemble.
        """
        return knot_events.events(self)

    def to_npz(self, path: Any) -> None:
        """Save everything but the model in one npz without pickles; the provenance is JSON text."""
        saving.to_npz(self, path)

    @classmethod
    def from_npz(cls, path: Any, model: Any) -> Trajectory:
        """The trajectory of `model` that `to_npz` wrote: it can be resumed, and has its ledger or its events.

        Raises:
            ValueError: `to_npz` did not write the file, or did for another model.

        >>> import tempfile
        >>> from solvable import GradientDescent, ScalarFactorization, simulate
        >>> run = simulate(ScalarFactorization(), GradientDescent(0.1), [2.0, 0.1], steps=5)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run.to_npz(f"{folder}/run.npz")
        ...     Trajectory.from_npz(f"{folder}/run.npz", run.model).final_loss == run.final_loss
        True
        """
        fields = saving.from_npz(path, model)
        codes = fields.pop("status")
        each = np.array([Status(code) for code in codes.ravel().tolist()], dtype=object)
        return cls(**fields, status=each[0] if codes.ndim == 0 else each)

    def to_csv(self, path: Any) -> None:
        """Save one row a saved point (and member): time, step, loss, parameters."""
        saving.to_csv(self, path)

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` with labelled axes (extra ``sweep``)."""
        return saving.to_xarray(self)

    def __repr__(self) -> str:
        what = f"{self.provenance['dynamics']} on {self.provenance['model']}"
        return f"Trajectory({what}: {self.theta.shape[0]} saved, {self._summary()})"

    def _repr_html_(self) -> str:
        rows = {
            "model": self.provenance["model"],
            "dynamics": self.provenance["dynamics"],
            "saved points": self.theta.shape[0],
            "end": self._summary(),
        }
        cells = "".join(f"<tr><th style='text-align:left'>{k}</th><td>{v}</td></tr>" for k, v in rows.items())
        return f"<table>{cells}</table>"

    def _summary(self) -> str:
        if self.final.ndim == 1:
            loss = self.final_loss
            value = "" if math.isnan(loss) else f", loss {loss:.4g}"
            return f"{self.status.name.lower()} at t = {self.time[-1]:.6g}{value}"
        counts = {s: int(np.sum(self.status == s)) for s in Status}
        return ", ".join(f"{count} {s.name.lower()}" for s, count in counts.items() if count)


def _loss(model: Any, theta: np.ndarray) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        return model.loss(theta)
