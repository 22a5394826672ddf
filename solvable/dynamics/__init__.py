"""How it moves: one optimizer or flow a file, ``simulate``, and the trajectory that it returns."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Adam": "adaptive",
    "Alternating": "alternating",
    "Flooding": "flooding",
    "Flow": "field_flow",
    "GradientDescent": "gradient_descent",
    "GradientFlow": "gradient_flow",
    "GradientNoise": "gradient_noise",
    "GradientRegularized": "gradient_regularized",
    "HeavyBall": "heavy_ball",
    "LabelNoiseSGD": "label_noise",
    "ModifiedFlow": "modified_flow",
    "Nesterov": "nesterov",
    "NoiseInjection": "noise_injection",
    "SGD": "stochastic_descent",
    "SharpnessAware": "sharpness_aware",
    "Simultaneous": "simultaneous",
    "Status": "trajectory",
    "StochasticGradientFlow": "stochastic_flow",
    "Trajectory": "trajectory",
    "simulate": "simulation",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
