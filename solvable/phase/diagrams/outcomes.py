"""How the members of an ensemble ended, for diagrams of descent."""

from __future__ import annotations

from typing import Any

import numpy as np


def diverged(run: Any) -> np.ndarray:
    """Which of the R members of a trajectory left every bound, bool ``(R,)``."""
    from solvable import Status

    return np.isin(run.status.astype(int), [Status.DIVERGED, Status.NONFINITE])


def converged(run: Any) -> np.ndarray:
    """Which of them reached the loss that they were to reach, bool ``(R,)``."""
    from solvable import Status

    return np.asarray(run.status.astype(int) == Status.CONVERGED)
