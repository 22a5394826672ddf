"""Each figure is made at most twice in a session, at the first demand."""

import functools

import numpy as np
import pytest

from figures.making import make


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The folder with the files of the figure `name`: ``made(name, 0)``, and ``made(name, 1)`` made independently."""
    folders = [tmp_path_factory.mktemp("figures") for _ in range(2)]

    @functools.cache
    def folder(name, copy=0):
        make(name, folders[copy])
        return folders[copy]

    return folder


@pytest.fixture(scope="session")
def arrays_of(made):
    """The arrays of the figure `name`, as they were saved."""

    @functools.cache
    def load(name):
        with np.load(made(name) / f"{name}.npz") as archive:
            return dict(archive)

    return load
