"""The models and dynamics that can be named on a command line, and the small problems that stand in for data.

Names are free in case and punctuation: ``diagonal-linear-network`` is ``DiagonalLinearNetwork``. Left out are
the classes that take a function or an optimizer, which no word of a command line can be.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..claims.errors import UsageError
from ..common.checks import integer
from ..common.naming import nearest, plain

_MODELS_OF_FUNCTIONS = ("Model", "ResidualModel", "TwoPlayerGame", "VectorField")
_DYNAMICS_OF_FUNCTIONS = ("Alternating", "Flow", "ModifiedFlow", "Simultaneous")


def model_names() -> list[str]:
    """The models, by the names of their classes."""
    from .. import models
    from ..models.base import ParameterSpace

    return _classes(models, ParameterSpace, _MODELS_OF_FUNCTIONS)


def dynamics_names() -> list[str]:
    """The optimizers and flows, by the names of their classes."""
    from .. import dynamics
    from ..dynamics.base import Dynamics

    return _classes(dynamics, Dynamics, _DYNAMICS_OF_FUNCTIONS)


def _classes(room: Any, base: type, without: Sequence[str]) -> list[str]:
    found = {name: getattr(room, name) for name in room.__all__ if name not in without}
    return [name for name, value in found.items() if inspect.isclass(value) and issubclass(value, base)]


def find_model(name: str) -> Any:
    """The class of the model called `name`."""
    from .. import models

    return getattr(models, match("model", name, model_names()))


def find_dynamics(name: str) -> Any:
    """The class of the dynamics called `name`."""
    from .. import dynamics

    return getattr(dynamics, match("dynamics", name, dynamics_names()))


def match(kind: str, name: str, allowed: Sequence[str]) -> str:
    """The entry of `allowed` that `name` means.

    >>> match("dynamics", "gradient-flow", ["GradientFlow", "SGD"])
    'GradientFlow'
    """
    spelled = {plain(entry): entry for entry in allowed}
    if plain(name) in spelled:
        return spelled[plain(name)]
    near = nearest(name, allowed)
    hint = f"did you mean {near}? " if near else ""
    raise UsageError(f"unknown {kind} {name!r} ({hint}known: {', '.join(allowed)})")


def sparse_regression(n: int = 20, d: int = 40, data_seed: int = 0) -> dict[str, np.ndarray]:
    """``X (n, d)`` standard Gaussian and ``y = X b`` with b = (1, -1, 1, 0, ..., 0): fewer samples than columns.

    >>> sparse_regression(n=2, d=3)["y"].shape
    (2,)
    """
    n, d = integer("n", n, minimum=1), integer("d", d, minimum=1)
    X = np.random.default_rng(integer("data_seed", data_seed, minimum=0)).standard_normal((n, d))
    return {"X": X, "y": X @ _planted(d)}


def low_rank_sensing(n: int = 10, d: int = 6, data_seed: int = 0) -> dict[str, np.ndarray]:
    """``A (n, d, d)`` standard Gaussian and ``y_i = <A_i, b b^T>`` with b = (1, -1, 1, 0, ..., 0).

    >>> low_rank_sensing(n=2, d=3)["A"].shape
    (2, 3, 3)
    """
    n, d = integer("n", n, minimum=1), integer("d", d, minimum=1)
    A = np.random.default_rng(integer("data_seed", data_seed, minimum=0)).standard_normal((n, d, d))
    b = _planted(d)
    return {"A": A, "y": np.tensordot(A, np.outer(b, b), 2)}


def _planted(d: int) -> np.ndarray:
    """(1, -1, 1, 0, ..., 0), or its first d entries."""
    b = np.zeros(d)
    b[:3] = [1.0, -1.0, 1.0][:d]
    return b


def low_rank_regression(n: int = 20, d: int = 4, data_seed: int = 0) -> dict[str, np.ndarray]:
    """``X (d, n)`` standard Gaussian, a sample a column, and ``Y = M X`` with ``M = diag(2, 1, 0, ..., 0)``.

    >>> low_rank_regression(n=3, d=2)["Y"].shape
    (2, 3)
    """
    n, d = integer("n", n, minimum=1), integer("d", d, minimum=1)
    X = np.random.default_rng(integer("data_seed", data_seed, minimum=0)).standard_normal((d, n))
    return {"X": X, "Y": np.diag([2.0, 1.0, *[0.0] * d][:d]) @ X}


def sine_samples(n: int = 8, data_seed: int = 0) -> dict[str, np.ndarray]:
    """``x (n,)``, one drawn at random in each of n equal parts of [-1, 1], and ``y = sin(3 x)``.

    >>> sine_samples(n=3)["x"].shape
    (3,)
    """
    n = integer("n", n, minimum=1)
    rng = np.random.default_rng(integer("data_seed", data_seed, minimum=0))
    x = -1.0 + 2.0 * (np.arange(n) + rng.uniform(size=n)) / n
    return {"x": x, "y": np.sin(3.0 * x)}


DEFAULT_PROBLEMS: dict[tuple[str, ...], Callable[..., dict[str, np.ndarray]]] = {
    ("X", "y"): sparse_regression,
    ("A", "y"): low_rank_sensing,
    ("X", "Y"): low_rank_regression,
    ("x", "y"): sine_samples,
}
"""By the data that a model takes: what is drawn where no file is given."""


def data_names(model: Any) -> tuple[str, ...]:
    """Which parameters of a model class are data: arrays of these names."""
    parameters = inspect.signature(model).parameters
    arrays = {name for name, parameter in parameters.items() if parameter.annotation == "np.ndarray"}
    return next((wanted for wanted in DEFAULT_PROBLEMS if set(wanted) <= arrays), ())
