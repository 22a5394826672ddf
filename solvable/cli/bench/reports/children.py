"""A fresh interpreter that runs a few lines, and what it cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping


def cost_of(lines: str, environment: Mapping[str, str] | None = None) -> tuple[float, float, str]:
    """(wall seconds, processor seconds, standard output) of ``python -c lines``, with additions to its environment."""
    before, began = os.times(), time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-c", lines],
        env={**os.environ, "SOLVABLE_THREADS": "1", **(environment or {})},
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wall, after = time.perf_counter() - began, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, spent, answer.stdout


SETTING = """
import numpy as np
from solvable import DiagonalLinearNetwork, GradientDescent, simulate
rng = np.random.default_rng(0)
X = rng.standard_normal((20, 40))
model = DiagonalLinearNetwork(X, X[:, :3].sum(axis=1))
"""
"""A model of n = 20, d = 40 for the children to work on."""
