"""Claims: where a measurement meets a prediction, and every rival statement must fail.

A claim is a function of a `Lab`, declared with literal metadata by `claim`. Running it records evidence; the
evidence of an instance makes a `Verdict`; the verdicts of all claims make a `Report`. This package resolves
its names on first use, so that reading the registry costs neither NumPy nor a compiler.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .declaration import Claim as Claim
    from .declaration import claim as claim
    from .evidence import Evidence as Evidence
    from .evidence import Outcome as Outcome
    from .falsification import Falsification as Falsification
    from .falsification import falsify as falsify
    from .lab import Lab as Lab
    from .registry import all_claims as all_claims
    from .results import Report as Report
    from .results import Result as Result
    from .sequential import Interval as Interval
    from .sequential import student_interval as student_interval
    from .time_averages import BatchMeans as BatchMeans
    from .time_averages import autocorrelation_time as autocorrelation_time
    from .time_averages import batch_means as batch_means
    from .verdicts import Verdict as Verdict
    from .verification import verify as verify

_HOME = {
    "Claim": "declaration",
    "claim": "declaration",
    "Evidence": "evidence",
    "Outcome": "evidence",
    "Falsification": "falsification",
    "falsify": "falsification",
    "Lab": "lab",
    "all_claims": "registry",
    "Report": "results",
    "Result": "results",
    "Interval": "sequential",
    "student_interval": "sequential",
    "BatchMeans": "time_averages",
    "autocorrelation_time": "time_averages",
    "batch_means": "time_averages",
    "Verdict": "verdicts",
    "verify": "verification",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
