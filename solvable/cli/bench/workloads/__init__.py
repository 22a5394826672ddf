"""The workloads, one a module with ``TITLE`` and ``build(seconds, rivals) -> Workload``."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from types import ModuleType

from ..rivals import ALWAYS
from ..workload import Workload

NAMES = (
    "descent-ensemble",
    "descent-few",
    "map-slice",
    "sgd-ensemble",
    "label-noise-ensemble",
    "deep-ensemble",
    "sensing-single",
    "sensing-ensemble",
    "relu-descent",
    "relu-label-noise",
    "flow-short",
    "flow-long",
    "flow-longest",
    "flow-tight",
    "limit-row",
)


def build(name: str, seconds: float, rivals: Collection[str] = ALWAYS) -> Workload:
    """The workload called `name`, against the libraries `rivals`, sized so that some rounds of it fit in `seconds`."""
    workload: Workload = _module(name).build(seconds, rivals)
    return workload


def title(name: str) -> str:
    """What it is, in one line."""
    return str(_module(name).TITLE)


def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name.replace('-', '_')}")
