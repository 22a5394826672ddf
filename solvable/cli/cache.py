"""The folders of compiled code: how large they are, and which of them no version of the sources uses any more.

A folder is ours if its name is ``kernels-`` and a hash of twenty digits, it is no link, and it holds nothing but what
numba writes. Nothing else is ever touched; derived fields lie in a folder of their own, one for all source versions.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"kernels-[0-9a-f]{20}")
_SUFFIXES = {".nbi", ".nbc"}


@dataclass(frozen=True)
class Folder:
    """A cache folder with the number of its compiled functions and its size in bytes."""

    path: Path
    kernels: int
    size: int

    def __str__(self) -> str:
        return f"{self.kernels} compiled functions, {self.size / 1e6:.1f} MB"


def measure(path: Path) -> Folder:
    """What a cache folder holds."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return Folder(path, sum(file.suffix == ".nbi" for file in files), sum(file.stat().st_size for file in files))


def old_folders(current: Path) -> list[Folder]:
    """The folders of ours beside `current` that belong to other sources, compilers or processors."""
    if not current.parent.is_dir():
        return []
    beside = sorted(current.parent.iterdir())
    return [measure(path) for path in beside if path.name != current.name and is_ours(path)]


def is_ours(path: Path) -> bool:
    """Whether `path` is a cache folder of this package and nothing but that."""
    if not _NAME.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
        return False
    return all(file.is_dir() or file.suffix in _SUFFIXES for file in path.rglob("*"))


def remove_old(current: Path) -> list[Folder]:
    """Remove them, and say which."""
    removed = old_folders(current)
    for folder in removed:
        shutil.rmtree(folder.path)
    return removed
