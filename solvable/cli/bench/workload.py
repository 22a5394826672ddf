"""What a workload is: work that several contenders do, and a check that they all did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    ``run()`` is what is timed; it does ``units`` units of work. ``check()`` returns ``(answer, reference)``, two arrays
    that must agree; None for a first contender that is the reference. ``library`` is whose work it is.
    """

    name: str
    run: Callable[[], Any]
    units: float
    check: Callable[[], tuple[np.ndarray, np.ndarray]] | None = None
    library: str = "numpy"


@dataclass(frozen=True)
class Workload:
    """``contenders``, this package first; ``unit`` is what one unit of work is, ``flops`` what it costs
    (None where every contender has its own way, and a share of the peak no meaning).
    """

    title: str
    unit: str
    flops: float | None
    contenders: tuple[Contender, ...]
    tolerance: float = 1e-10
