"""How an adaptive run stands: the codes that the solvers return and the memory that they keep.

A run is the pair (state ``y``, ``control``) and nothing else: two equal pairs continue to equal bits,
whatever the save times, budgets and interruptions were before. ``control`` is a float64 vector; its slots
are named below. The caller makes it with ``new_control`` and may read every slot, but writes none.

Public codes are those that a user meets in a trajectory. Private ones (10 and above) are a conversation
between a solver and the loop that calls it.
"""

from __future__ import annotations

import numpy as np

RUNNING = 0
"""Nothing ended the run: the next step would pass the target."""
CONVERGED = 1
"""The loss of an accepted state is at most ``until_loss``."""
HORIZON = 2
"""The caller's last target is reached (solvers themselves return ``RUNNING``)."""
DIVERGED = 3
"""The loss passed ``limit``, or the state blows up in finite time or leaves the range of floating point
numbers.
"""
NONFINITE = 4
"""The field is NaN or infinite at the state, or wherever the next step could lead."""
INTERRUPTED = 5
"""Stopped from outside."""
UNRESOLVED = 6
"""Events accumulate: there is no end of them in any interval from here on."""
BUDGET = 10
"""``max_steps`` attempts were used; call again."""
STIFF = 11
"""The step is limited by stability, not by accuracy: an implicit method would be cheaper."""
STALLED = 12
"""The step became too small to move the time, though the state and the field are finite."""

T = 0
"""Time of the internal state."""
H = 1
"""Step to try next; 0 before the first call, which chooses it."""
H_OLD = 2
"""Last accepted step."""
ERROR_OLD = 3
"""Its error, as the controller remembers it."""
REJECTED = 4
"""1 if the last attempt was rejected (the step after a rejection does not grow)."""
FAILED = 5
"""1 if it was rejected because something was not finite."""
STIFF_COUNT = 6
"""Accepted steps found at the stability limit."""
NONSTIFF_COUNT = 7
"""Accepted steps in a row found away from it."""
N_STEPS = 8
"""Accepted steps."""
N_REJECTED = 9
"""Rejected attempts."""
N_EVALUATIONS = 10
"""Evaluations of the field on the main sequence (those for save times, and repeated ones after a pause, not
counted).
"""
N_JACOBIANS = 11
"""Evaluations of the Jacobian on the main sequence."""
DETECT_STIFFNESS = 12
"""Option: 1 lets an explicit solver return ``STIFF``."""
SYMMETRIC = 13
"""Option: 1 says that the Jacobian is symmetric, so that Cholesky is tried first."""
FINITE_DIFFERENCES = 14
"""Option: 1 replaces the given Jacobian by forward differences of the field."""
CONTROL_SIZE = 16


def new_control(
    t: float = 0.0,
    *,
    step: float = 0.0,
    detect_stiffness: bool = False,
    symmetric: bool = False,
    finite_differences: bool = False,
) -> np.ndarray:
    """The control vector of a run that starts at time `t`, with a first `step` to try (0: the solver
    chooses).
    """
    control = np.zeros(CONTROL_SIZE)
    control[T], control[H] = t, step
    control[ERROR_OLD] = 1.0
    control[DETECT_STIFFNESS] = detect_stiffness
    control[SYMMETRIC] = symmetric
    control[FINITE_DIFFERENCES] = finite_differences
    return control
