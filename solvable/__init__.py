"""solvable: verify theorems about implicit regularization on models that can be solved.

Two roads lead to every number. On one, compiled integrators run the dynamics (``models``, ``dynamics``). On the other,
closed forms, convex programs and modified equations predict it (``theory``, ``derivations``) without seeing the first.
``claims`` say whether the two meet, and whether every rival statement fails.

Importing this package loads none of numba, scipy, sympy, matplotlib: names are fetched at first use.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    # models
    "DeepLinearNetwork": "models",
    "DiagonalLinearNetwork": "models",
    "LinearRegression": "models",
    "MatrixSensing": "models",
    "ResidualModel": "models",
    "ScalarFactorization": "models",
    "SinglePointNetwork": "models",
    "TwoPlayerGame": "models",
    "UnivariateReLUNetwork": "models",
    "VectorField": "models",
    # dynamics
    "Adam": "dynamics",
    "Alternating": "dynamics",
    "GradientNoise": "dynamics",
    "GradientRegularized": "dynamics",
    "HeavyBall": "dynamics",
    "LabelNoiseSGD": "dynamics",
    "ModifiedFlow": "dynamics",
    "Nesterov": "dynamics",
    "NoiseInjection": "dynamics",
    "SharpnessAware": "dynamics",
    "Simultaneous": "dynamics",
    "Flooding": "dynamics",
    "Flow": "dynamics",
    "GradientDescent": "dynamics",
    "GradientFlow": "dynamics",
    "SGD": "dynamics",
    "Status": "dynamics",
    "StochasticGradientFlow": "dynamics",
    "Trajectory": "dynamics",
    "simulate": "dynamics",
    # functions
    "PiecewiseLinear": "common.piecewise_linear",
    "segment_statistics": "models.segments",
    # claims
    "Claim": "claims",
    "Report": "claims",
    "Verdict": "claims",
    "all_claims": "claims",
    "claim": "claims",
    "falsify": "claims",
    "verify": "claims",
}
_ROOMS = ("claims", "cli", "common", "dynamics", "integrators", "models", "phase", "theory")

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
