"""The workloads, one a module with ``TITLE`` and ``build(seconds) -> Workload``."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ..workload import Workload

NAMES = (
    "descent-ensemble",
    "sgd-ensemble",
    "label-noise-ensemble",
    "deep-ensemble",
    "sensing-single",
    "sensing-ensemble",
    "relu-descent",
    "relu-label-noise",
)


def build(name: str, seconds: float) -> Workload:
    """The workload called `name`, sized so that some rounds of it fit in `seconds`."""
    workload: Workload = _module(name).build(seconds)
    return workload


def title(name: str) -> str:
    """What it is, in one line."""
    return str(_module(name).TITLE)


def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name.replace('-', '_')}")
