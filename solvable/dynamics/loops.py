"""Loops that were written for one kind of model, by method. A new one is entered here, or, if it moves plain parameters
in blocks, in the model's own ``CompiledModel.fused``.

Everything else takes the generic loop of its method, through the residuals of the model and their pullback, one of its
samples at a time, or its field.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..models.base import compiled_once
from ..models.relu import UnivariateReLUNetwork
from ..models.sensing import MatrixSensing
from .base import STEP_TILE
from .block_descent import BLOCK_TILE
from .factors import has_ledger

FEW = 4
"""Up to so many trajectories of matrix sensing are faster one by one than in a tile of eight or more."""


class Loop(NamedTuple):
    """``stepper`` is a "module.Class" of this room, imported when wanted; ``fits(model, method)`` whether it will do.

    It pays for up to ``few`` trajectories, and a tile of it holds ``most`` at most.
    """

    stepper: str
    fits: Callable[[Any, Any], bool]
    few: float = np.inf
    most: int = STEP_TILE


def _is_relu(model: Any, _: Any) -> bool:
    return isinstance(model, UnivariateReLUNetwork)


def _is_sensing(model: Any, _: Any) -> bool:
    return isinstance(model, MatrixSensing)


def _is_diagonal(model: Any, _: Any) -> bool:
    return has_ledger(model)


def _has_blocks(model: Any, _: Any) -> bool:
    return "GradientDescent" in compiled_once(model).fused


def _is_relu_in_one_or_all(model: Any, method: Any) -> bool:
    return _is_relu(model, method) and method.batch_size in (1, None)


def _is_plain_diagonal(model: Any, flow: Any) -> bool:
    return flow.method == "auto" and has_ledger(model)


def _is_forced_diagonal(model: Any, flow: Any) -> bool:
    forced = any(np.count_nonzero(value) for value in (flow.inertia, flow.strength))
    return forced and _is_plain_diagonal(model, flow)


LOOPS = {
    "GradientDescent": (
        Loop("diagonal_descent.DiagonalDescent", _is_diagonal, most=BLOCK_TILE),
        Loop("relu_rows.ReluDescent", _is_relu),
        Loop("sensing_descent.SensingDescent", _is_sensing, few=FEW),
        Loop("block_descent.BlockDescent", _has_blocks, most=BLOCK_TILE),
    ),
    "RowDescent": (
        Loop("row_descent.DiagonalRows", _is_diagonal),
        Loop("relu_rows.ReluRows", _is_relu_in_one_or_all),
    ),
    "GradientFlow": (
        Loop("factor_flow.FactorFlow", _is_forced_diagonal),
        Loop("diagonal_flow.DiagonalFlow", _is_plain_diagonal),
        Loop("relu_flow.ReLUFlow", _is_relu),
    ),
}
"""By the name of a method; the first that fits is taken."""


def own_loop(name: str, method: Any, model: Any, members: int) -> Loop | None:
    """The loop for a tile of `members` trajectories of `model` under `method`, or None."""
    return next((loop for loop in LOOPS[name] if members <= loop.few and loop.fits(model, method)), None)


def own_stepper(name: str, method: Any, model: Any, members: int) -> Any:
    """The class of its stepper, or None."""
    loop = own_loop(name, method, model, members)
    return loop and _fetched(loop.stepper)


@functools.cache
def _fetched(stepper: str) -> Any:
    home, kind = stepper.split(".")
    return getattr(importlib.import_module(f".{home}", __package__), kind)
