"""Reading a user's data: named arrays from npz, or ``X, y`` (``x, y``) from CSV.

A CSV file is a table of numbers with an optional header. Two columns named ``x`` and ``y`` are exactly that;
otherwise the column named ``y``, or else the last one, is ``y`` and the rest, in their order, are the columns
of ``X``. Only numbers are read: npz without pickle.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .errors import UsageError


def read_data(data: Mapping[str, Any] | str | Path) -> dict[str, np.ndarray]:
    """Named arrays from a mapping, an npz file or a CSV file.

    Raises
    ------
    UsageError : the file is missing, of another kind, or holds something that is not a finite number.

    >>> sorted(read_data({"X": [[1.0, 2.0]], "y": [3.0]}))
    ['X', 'y']
    """
    if isinstance(data, Mapping):
        named, origin = dict(data), "data"
    else:
        path = Path(data)
        origin = str(data)
        if not path.is_file():
            raise UsageError(f"there is no file {data}")
        readers = {".npz": _read_npz, ".csv": _read_csv}
        if path.suffix.lower() not in readers:
            raise UsageError(f"{data} must be a .npz or .csv file")
        named = readers[path.suffix.lower()](path)
    arrays = {str(name): _checked(f"{name} in {origin}", value) for name, value in named.items()}
    if not arrays:
        raise UsageError(f"{origin} holds no arrays")
    return arrays


def _checked(name: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise UsageError(f"{name} must be an array of numbers") from None
    if array.dtype.kind not in "biufc":
        raise UsageError(f"{name} must hold numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise UsageError(f"{name} is empty, shape {array.shape}")
    if not np.all(np.isfinite(array)):
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise UsageError(f"{name} must be finite, but entry {where} is {array[where]}")
    return array


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise UsageError(f"{path} is not a readable npz file of plain arrays: {_first_line(error)}") from None


def input_columns(path: str | Path) -> list[str]:
    """The columns of ``X`` in a CSV file by name, or by number (from 1) where it has no header."""
    header, rows = _rows(Path(path))
    names = header or [str(number) for number, _ in enumerate(rows[0][1], 1)]
    target = _target(header, len(names))
    return names[:target] + names[target + 1 :]


def _target(header: list[str] | None, width: int) -> int:
    """The place of ``y``."""
    return header.index("y") if header and "y" in header else width - 1


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    header, rows = _rows(path)
    width = len(header) if header else len(rows[0][1])
    if width < 2:
        raise UsageError(f"{path} needs at least two columns, separated by commas, got {width}")
    table = np.array([_numbers(path, number, row, width) for number, row in rows])
    if header and sorted(header) == ["x", "y"]:
        return {name: table[:, header.index(name)] for name in ("x", "y")}
    target = _target(header, width)
    return {"X": np.delete(table, target, axis=1), "y": table[:, target]}


def _rows(path: Path) -> tuple[list[str] | None, list[tuple[int, list[str]]]]:
    """The header, if there is one, and the rows that are not empty, with their numbers in the file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = [(number, row) for number, row in enumerate(csv.reader(stream), 1) if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is not a readable CSV file: {_first_line(error)}") from None
    if not rows:
        raise UsageError(f"{path} is empty")
    header = None
    if not all(map(_is_number, rows[0][1])):
        header, rows = [cell.strip() for cell in rows[0][1]], rows[1:]
    if not rows:
        raise UsageError(f"{path} has a header but no rows")
    return header, rows


def _numbers(path: Path, number: int, row: list[str], width: int) -> list[float]:
    if len(row) != width:
        raise UsageError(f"{path}, line {number}: expected {width} columns, got {len(row)}")
    for cell in row:
        if not _is_number(cell):
            raise UsageError(f"{path}, line {number}: {cell.strip()!r} is not a number")
    return [float(cell) for cell in row]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
