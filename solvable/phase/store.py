"""Maps on disk: one folder a map, one file a chunk, and the rule that no folder ever holds pieces of two maps.

``map.json`` has the specification and its hash, the key; ``axes.npz`` the axes; ``chunk-000017.npz`` the values in the
cells of one chunk, with the key and its own number. Every file appears at once and whole (`os.replace`): a process
killed at any moment loses the chunks that it was computing and nothing else. A chunk that cannot be read, or is another
map's, counts as not computed.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from .measures import UNRESOLVED, Values

FORMAT = 2
HEAD, AXES = "map.json", "axes.npz"
LEFT_BEHIND = 3600.0
"""Seconds after which nobody is still writing a file."""


class Store(Protocol):
    """Where the chunks of one map or boundary are kept, under a `head` that says which."""

    @property
    def path(self) -> Path: ...
    def exists(self) -> bool:
        """Whether there is something at the path."""

    def create(self, head: dict[str, Any], axes: Values) -> None:
        """Begin; the head comes last, so that what has one is complete."""

    def head(self) -> dict[str, Any]:
        """The format, key, specification and provenance.

        Raises
        ------
        ValueError : something else is at the path.
        """

    def axes(self) -> list[np.ndarray]:
        """The values of the axes, in order."""

    def write(self, number: int, values: Values, key: str) -> None:
        """Keep a chunk."""

    def read(self, number: int, size: int, key: str) -> Values | None:
        """The chunk of that number, with so many entries a value; None if it is not there or not whole."""

    def finish(self, arrays: Values, dimensions: tuple[str, ...]) -> None:
        """Tidy up when all chunks are there; `arrays` are what they add up to, over the axes `dimensions`."""

    def remove(self) -> None:
        """Discard all of it and nothing else.

        Raises
        ------
        ValueError : something else is at the path.
        """


def open_store(path: str | Path) -> Store:
    """The store at `path`: a folder of npz files, or a zarr group if the name ends in ``.zarr``."""
    if str(path).endswith(".zarr"):
        from .zarr_store import ZarrStore

        return ZarrStore(path)
    return NpzStore(path)


class NpzStore:
    """A folder; see `Store` for what the methods do."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def exists(self) -> bool:
        """Whether there is something at the path."""
        return self.path.is_file() or (self.path.is_dir() and any(self.path.iterdir()))

    def remove(self) -> None:
        """Discard the map and nothing else.

        Raises
        ------
        ValueError : this is not the folder of a map.
        """
        self.head()
        for pattern in (HEAD, AXES, "chunk-*.npz", "*.part-*"):  # the head first: what is left is no map
            for file in self.path.glob(pattern):
                file.unlink()
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def head(self) -> dict[str, Any]:
        """What ``map.json`` says.

        Raises
        ------
        ValueError : this is not the folder of a map.
        """
        try:
            head = json.loads((self.path / HEAD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            head = None
        return checked_head(head, self.path)

    def create(self, head: dict[str, Any], axes: Values) -> None:
        """Begin a map; the head comes last, so that a folder that has one is complete."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._write(AXES, lambda file: np.savez(file, *axes.values()))
        text = json.dumps(head, indent=1)
        self._write(HEAD, lambda file: file.write(text.encode()))

    def finish(self, arrays: Values, dimensions: tuple[str, ...]) -> None:
        """Tidy up when all chunks are there: pieces that a killed process left, long ago enough to be sure."""
        for file in self.path.glob("*.part-*"):
            if time.time() - file.stat().st_mtime > LEFT_BEHIND:
                file.unlink(missing_ok=True)

    def axes(self) -> list[np.ndarray]:
        """The values of the axes, in order."""
        try:
            with open(self.path / AXES, "rb") as file, np.load(file, allow_pickle=False) as archive:
                return [archive[f"arr_{k}"] for k in range(len(archive.files))]
        except Exception:  # a damaged file fails to be read in any way
            raise ValueError(f"{self.path / AXES} cannot be read") from None

    def write(self, number: int, values: Values, key: str) -> None:
        """Keep a chunk."""
        names = [name for name in values if name != UNRESOLVED]
        arrays = {
            "label": np.array([key, str(number), json.dumps(names)]),
            "values": np.array([values[name] for name in names], dtype=float).reshape(len(names), -1),
            UNRESOLVED: values[UNRESOLVED],
        }
        self._write(_chunk_name(number), lambda file: np.savez(file, allow_pickle=False, **arrays))

    def read(self, number: int, size: int, key: str) -> Values | None:
        """The chunk of that number, with `size` cells; None if it is not there or not whole."""
        path = self.path / _chunk_name(number)
        if not path.is_file():
            return None
        try:
            # np.load leaves a file open that it has opened itself and cannot read.
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                own, place, names = archive["label"].tolist()
                table, unresolved = archive["values"], archive[UNRESOLVED]
            found = dict(zip(json.loads(names), table, strict=True))
            if (own, place, unresolved.dtype) != (key, str(number), bool) or unresolved.shape != (size,):
                return None
            return {**found, UNRESOLVED: unresolved} if table.shape[1:] == (size,) else None
        except Exception:  # a damaged file fails to be read in any way
            return None

    def _write(self, name: str, fill: Callable[[BinaryIO], Any]) -> None:
        part = self.path / f"{name}.part-{os.getpid()}"
        try:
            with open(part, "wb") as file:
                fill(file)
            os.replace(part, self.path / name)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()


def checked_head(head: Any, path: Path) -> dict[str, Any]:
    """What a store says of its map, if it is one that this version can read."""
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ValueError(f"{path} is not the folder of a map of this version; choose a new or empty folder")
    return head


def _chunk_name(number: int) -> str:
    return f"chunk-{number:06d}.npz"
