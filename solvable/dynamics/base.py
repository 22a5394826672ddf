"""What every optimizer and flow is: a frozen dataclass of hyperparameters that sets a tile of trajectories in motion.

A hyperparameter is a number, or an array ``(R,)`` with one entry a trajectory; the ensemble then has R members.
"""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ..common.fingerprint import fingerprint
from ..models.base import Model, compiled_once
from ..models.user import identity_of
from .stepper import Stepper, Tile

STEP_TILE = 64


class Dynamics(ABC):
    """Abstract: an optimizer (clock "steps") or a flow (clock "time").

    An optimizer says what a step is, and so what may be built on it: ``random``, whether it draws; ``memory``, whether
    it depends on more than theta; ``smooth``, whether it is a smooth map wherever the gradient is smooth and not zero.
    None of them has a default, so that one forgotten is an error.
    """

    clock: ClassVar[str]
    random: ClassVar[bool]
    memory: ClassVar[bool]
    smooth: ClassVar[bool]

    @abstractmethod
    def stepper(self, model: Any, tile: Tile) -> Stepper:
        """A tile of trajectories of `model`, ready to move."""

    def hyperparameters(self) -> dict[str, Any]:
        """Name -> value, as given."""
        return {name: getattr(self, name) for name in _names(type(self))}

    def members(self) -> int | None:
        """The R of the ``(R,)`` hyperparameters; None if all are single numbers."""
        sizes = {name: v.size for name, v in self.hyperparameters().items() if isinstance(v, np.ndarray)}
        if len(set(sizes.values())) > 1:
            listed = ", ".join(f"{name} ({size},)" for name, size in sizes.items())
            raise ValueError(f"hyperparameters must have one common length, got {listed}")
        return next(iter(sizes.values()), None)

    def at(self, name: str, lanes: np.ndarray) -> np.ndarray:
        """Hyperparameter `name` for the trajectories `lanes`, as float64 ``(B,)``."""
        value = getattr(self, name)
        return value[lanes] if isinstance(value, np.ndarray) else np.full(lanes.size, float(value))

    def step_length(self, lanes: np.ndarray) -> np.ndarray:
        """How far one step of each of the trajectories `lanes` moves the clock, ``(B,)``: by default its step size."""
        return self.at("step_size", lanes)

    def tile_sizes(self, model: Any) -> tuple[int, int]:
        """The smallest and the largest number of trajectories of `model` that a large ensemble is cut into."""
        return (STEP_TILE, STEP_TILE) if self.clock == "steps" else (1, 1)

    def need_loss(self, model: Any) -> None:
        """Raise unless `model` has residuals: an optimizer cannot move a bare vector field."""
        if not isinstance(model, Model):
            raise ValueError(f"{type(self).__name__} needs a model with a loss, got {type(model).__name__}: use a flow")

    def need_continuity(self, model: Any) -> None:
        """Raise if the gradient of `model` jumps: no Runge-Kutta step may cross a jump."""
        if compiled_once(model).flow is None:
            raise ValueError(
                f"{type(self).__name__} needs a model with a continuous gradient, got {type(model).__name__}, whose "
                "gradient jumps where a knot passes a sample: use GradientFlow, or an optimizer such as GradientDescent"
            )

    def describe(self) -> str:
        """``Name(argument=value, ...)``, arrays by their range."""
        parts = []
        for name, value in self.hyperparameters().items():
            if isinstance(value, np.ndarray):
                value = f"[{value.min():g} .. {value.max():g}]*{value.size}"
            elif callable(value):
                value = getattr(value, "__name__", type(value).__name__)
            parts.append(f"{name}={value}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def fingerprint(self) -> str:
        """Content hash of the kind and the hyperparameters."""
        given = self.hyperparameters()
        values = [_identity(value) for value in given.values()]
        try:
            return _fingerprint(type(self).__name__, tuple(given), *values)
        except TypeError:  # arrays, and what identifies a function, have no hash of their own
            return _fingerprint.__wrapped__(type(self).__name__, tuple(given), *values)


@functools.lru_cache(maxsize=256, typed=True)
def _fingerprint(kind: str, names: tuple[str, ...], *values: Any) -> str:
    return fingerprint(kind, dict(zip(names, values, strict=True)))


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _identity(value: Any) -> Any:
    if value is None or isinstance(value, (float, int, str)):
        return value
    if isinstance(value, Dynamics):
        return value.fingerprint()
    return identity_of(value) if callable(value) else value
