"""What is trained: one frozen dataclass a file, with its data, parameter layout, loss, gradient and predictor.

NumPy only: a model can be built, packed and evaluated without numba. Its compiled kernels are fetched when something
moves it (``Model.compiled``).
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Model": "base",
    "DeepLinearNetwork": "deep_linear",
    "DiagonalLinearNetwork": "diagonal",
    "LinearRegression": "linear",
    "MatrixSensing": "sensing",
    "ResidualModel": "residual",
    "ScalarFactorization": "scalar",
    "SinglePointNetwork": "single_point",
    "TwoPlayerGame": "game",
    "UnivariateReLUNetwork": "relu",
    "VectorField": "field",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
