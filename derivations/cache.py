r"""Where compiled derivations live: a folder named by what compiled them, with files named by what they say.

A generated source is never edited: its name is the hash of its content, so a changed formula is a new file and an old
kernel cannot be mistaken for it. Beside it a note, named by the hash of the formula, remembers which source belongs to
the formula, so that common subexpressions are looked for once. The folder carries the hash of Python, numba and the
processor. Its parent is ``NUMBA_CACHE_DIR`` where that is set, else the user's cache folder, else a private temporary
folder, which is announced once on stderr.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


def environment_hash() -> str:
    """Hash of what turns a source into machine code."""
    import llvmlite
    import numba
    from llvmlite import binding

    processor = f"{platform.machine()} {binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    text = f"{numba.__version__} {llvmlite.__version__} {sys.version} {processor}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def parent_folder() -> Path:
    """The folder that holds the caches.

    >>> isinstance(parent_folder(), Path)
    True
    """
    explicit = os.environ.get("NUMBA_CACHE_DIR")
    if explicit:
        return Path(explicit)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "solvable"


@functools.cache
def source_folder() -> Path:
    """A writable folder for generated sources and what numba makes of them."""
    name = f"derivations-{environment_hash()}"
    try:
        folder = parent_folder() / name
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError) as error:
        folder = _private_folder() / name
        folder.mkdir(exist_ok=True)
        print(f"derivations: no writable cache folder ({error}); compiled code goes to {folder}", file=sys.stderr)
    return folder


def _private_folder() -> Path:
    """A temporary folder that only this user can write, since what lies there is executed."""
    owner = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"solvable-{owner}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        private = not hasattr(os, "getuid") or (found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700)
        if private and stat.S_ISDIR(found.st_mode) and os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="solvable-"))


def remembered_source(formula: str, generate: Callable[[], str]) -> Path:
    """The file with the source of a formula; generated if it is not there, or not what its name says.

    Args:
        formula: text that determines the source.
        generate: makes the source.
    """
    note = source_folder() / f"formula_{_name(formula)}.txt"
    with contextlib.suppress(OSError):
        path = source_folder() / f"field_{note.read_text(encoding='utf-8')}.py"
        if f"field_{_name(path.read_text(encoding='utf-8'))}.py" == path.name:
            return path  # not rewritten: numba compares the time of the file
    source = generate()
    path = source_folder() / f"field_{_name(source)}.py"
    _write(path, source)
    _write(note, _name(source))
    return path


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _write(path: Path, text: str) -> None:
    """Write the file at once or not at all, and not if it is there already."""
    with contextlib.suppress(OSError):
        if path.read_text(encoding="utf-8") == text:
            return
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(temporary, path)
