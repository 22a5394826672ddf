"""From how many measurements a convex program recovers a matrix: the experiment that a figure and a diagram share.

A further measurement only makes the feasible set smaller. So along nested measurements there is one number at which
recovery sets in, and a bisection finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

RECOVERED = 1e-4
"""Largest error of an entry, in units of the largest entry, at which a matrix counts as recovered."""


class Bracket(NamedTuple):
    """No recovery up to ``fails`` measurements, by a certified minimum elsewhere; recovery from ``recovers`` on."""

    fails: int
    recovers: int


def recovery_bracket(A: np.ndarray, X: np.ndarray, solve: Callable[..., Any]) -> Bracket:
    """Bisect the number of the leading measurements ``A (most, d1, d2)`` from which `solve` recovers X.

    `most` measurements must be enough. The two numbers differ by one unless a minimum lacks its certificate.
    """
    values = np.tensordot(A, X, 2)
    fails, certified, recovers = 0, 0, len(A)
    while recovers - fails > 1:
        n = (fails + recovers) // 2
        found = solve(A[:n], values[:n])
        if np.abs(found.point - X).max() < RECOVERED * np.abs(X).max():
            recovers = n
        else:
            fails = n
            certified = n if found.certified else certified
    return Bracket(certified, recovers)
