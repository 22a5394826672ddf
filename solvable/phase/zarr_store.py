"""Maps as zarr groups, for those whose tools read zarr.

The group ``@cells`` has one array a value, flat in the numbers of the cells, with the chunks of the map as its chunks,
and for each chunk a digest of its contents, written last: a chunk that is missing, torn or another's has a digest that
does not fit. When the last one is there, the group gets the map itself, arrays with named dimensions and coordinates
that ``xarray.open_zarr`` understands.
"""

from __future__ import annotations

import functools
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ..common.optional import optional
from .measures import Values

CELLS, DIGESTS, NAMES = "@cells", "@digests", "names"
"""Names that no value can have, quoted as they are."""


class ZarrStore:
    """The group of one map; the same methods as `solvable.phase.store.NpzStore`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.zarr = optional("zarr", f"a store named {self.path.name}", ValueError)
        self._arrays: dict[str, Any] = {}

    def exists(self) -> bool:
        """Whether there is something at the path."""
        return self.path.is_file() or (self.path.is_dir() and any(self.path.iterdir()))

    def remove(self) -> None:
        """Discard the map; see `NpzStore.remove`."""
        self.head()
        shutil.rmtree(self.path)

    def head(self) -> dict[str, Any]:
        """The attribute ``map`` of the group; see `NpzStore.head`."""
        from .store import checked_head

        try:
            head = dict(self.zarr.open_group(self.path, mode="r").attrs)["map"]
        except Exception:  # anything may lie there
            head = None
        return checked_head(head, self.path)

    def create(self, head: dict[str, Any], axes: Values) -> None:
        """Begin a map; the head comes last."""
        group = self.zarr.open_group(self.path, mode="w")
        size, chunk = int(np.prod([values.size for values in axes.values()])), head["specification"]["chunk_size"]
        for name, values in axes.items():
            _put(group, name, values, (name,))
        cells = group.create_group(CELLS)
        cells.create_array(DIGESTS, shape=(-(-size // chunk),), chunks=(1,), dtype=np.uint64, fill_value=0)
        group.attrs["map"] = head

    def finish(self, arrays: Values, dimensions: tuple[str, ...]) -> None:
        """Add the map with its dimensions."""
        for name, values in arrays.items():
            if quote(name, safe="") not in self._group:
                _put(self._group, name, values, dimensions)

    def axes(self) -> list[np.ndarray]:
        """The values of the axes, in order."""
        return [np.asarray(self._group[quote(name, safe="")][:]) for name in self._specification["axes"]]

    def write(self, number: int, values: Values, key: str) -> None:
        """Keep a chunk."""
        cells, chunk = self._group[CELLS], self._specification["chunk_size"]
        if NAMES not in cells.attrs:
            size = int(np.prod([axis[0] for axis in self._specification["axes"].values()]))
            for name, column in values.items():
                options = {"shape": (size,), "chunks": (min(size, chunk),), "dtype": column.dtype, "overwrite": True}
                cells.create_array(quote(name, safe=""), fill_value=column.dtype.type(0), **options)
            cells.attrs[NAMES] = list(values)
        for name, column in values.items():
            self._array(quote(name, safe=""))[number * chunk : number * chunk + column.size] = column
        self._array(DIGESTS)[number] = _digest(number, values, key)

    def read(self, number: int, size: int, key: str) -> Values | None:
        """The chunk of that number, with `size` cells; None if it is not there or not whole."""
        try:
            start, digest = number * self._specification["chunk_size"], int(self._array(DIGESTS)[number])
            names = self._group[CELLS].attrs[NAMES] if digest else []
            found = {name: np.asarray(self._array(quote(name, safe=""))[start : start + size]) for name in names}
        except Exception:  # a damaged group fails to be read in any way
            return None
        return found if found and digest == _digest(number, found, key) else None

    def _array(self, place: str) -> Any:
        """An array of the cells; opening one takes as long as writing a chunk of it."""
        if place not in self._arrays:
            self._arrays[place] = self._group[CELLS][place]
        return self._arrays[place]

    @functools.cached_property
    def _group(self) -> Any:
        return self.zarr.open_group(self.path, mode="r+")

    @functools.cached_property
    def _specification(self) -> dict[str, Any]:
        return dict(self.head()["specification"])


def _put(group: Any, name: str, values: np.ndarray, dimensions: tuple[str, ...]) -> None:
    place = {"shape": values.shape, "dtype": values.dtype, "dimension_names": dimensions}
    group.create_array(quote(name, safe=""), **place)[...] = values


def _digest(number: int, values: Values, key: str) -> int:
    content = sha256(f"{key} {number}".encode())
    for name in sorted(values):
        content.update(name.encode() + b"\0" + np.ascontiguousarray(values[name]).tobytes())
    return int.from_bytes(content.digest()[:8], "little") | 1  # never the 0 of a chunk that is not there
