"""Each figure is made at most twice in a run, at the first demand, whichever worker demands it."""

import fcntl
import functools
import os

import numpy as np
import pytest

from figures.making import make


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The folder with the files of the figure `name`: ``made(name, 0)``, and ``made(name, 1)`` made independently."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # that of all workers

    @functools.cache
    def folder(name, copy=0):
        place = shared / "figures" / str(copy)
        place.mkdir(parents=True, exist_ok=True)
        with (place / f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / f"{name}.png").exists():
                make(name, place)
        return place

    return folder


@pytest.fixture(scope="session")
def arrays_of(made):
    """The arrays of the figure `name`, as they were saved."""

    @functools.cache
    def load(name):
        with np.load(made(name) / f"{name}.npz") as archive:
            return dict(archive)

    return load
