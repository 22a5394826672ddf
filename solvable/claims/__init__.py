"""Claims: where a measurement meets a prediction, and every rival statement must fail.

A claim is a function of a `Lab`, declared with literal metadata by `claim`. Running it records evidence; the
evidence of an instance makes a `Verdict`; the verdicts of all claims make a `Report`. This package resolves
its names on first use, so that reading the registry costs neither NumPy nor a compiler.
"""

from ..common.lazy import lazy_names

_HOMES = {
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

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
