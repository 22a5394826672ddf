"""A measure as plain data: where its function is defined, what it is called there, and the content of the files.

What travels to another process is never a function but its address, a module or a file and a name; the worker imports
it there and compares the content. A function defined inside another one, or a lambda, has no address: it can be
evaluated in this process only, and a map of it cannot be stored, since what it does cannot be hashed.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..claims.loading import USER_MODULE, load_file

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Source:
    """The address of a function: its `name` at the top of a `module` or `file`, whose content has the `digest`."""

    name: str
    module: str | None
    file: str
    digest: str


def label_of(function: Callable[..., Any]) -> str:
    """What messages call a measure."""
    return str(getattr(function, "__qualname__", None) or repr(function))


def locate(function: Callable[..., Any], purpose: str) -> Source:
    """The address of `function`, which is needed for a `purpose`.

    Raises
    ------
    ValueError : it has none; the message names the function.
    """
    name, label = getattr(function, "__name__", ""), label_of(function)
    home = sys.modules.get(getattr(function, "__module__", None) or "")
    file = getattr(home, "__file__", None)
    if not name.isidentifier() or getattr(home, name, None) is not function:
        raise ValueError(f"measure {label} cannot {purpose}: it is not a function at the top of a module")
    if file is None or not Path(file).is_file():
        raise ValueError(f"measure {label} cannot {purpose}: it was not defined in a file")
    spec = getattr(home, "__spec__", None)  # None for a script, which is __main__ here and nowhere else
    module = spec.name if spec is not None and not spec.name.startswith(USER_MODULE) else None
    return Source(name, module, str(Path(file).resolve()), content_of(file))


@functools.lru_cache(maxsize=64)
def fetch(source: Source) -> Callable[..., Any]:
    """The function at an address, imported in this process.

    Raises
    ------
    ValueError : what is found there has another content.
    """
    for home in _homes(source):
        found = getattr(home, source.name, None)
        if found is not None and content_of(str(home.__file__)) == source.digest:
            return found  # type: ignore[no-any-return]
    raise ValueError(
        f"{source.file} holds another {source.name} where it is evaluated than where the map was asked for"
    )


def _homes(source: Source) -> Iterator[Any]:
    if source.module is not None:
        with contextlib.suppress(ImportError):
            yield importlib.import_module(source.module)
    yield load_file(source.file)


def source_text(function: Callable[..., Any]) -> str:
    """The lines that define a function, for people to read; empty where they cannot be found."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def content_of(file: str | Path) -> str:
    """A hash of a Python file and of the files beside it that it imports, directly or not."""
    digest = sha256()
    for path in sorted(_with_neighbors(Path(file).resolve(), set())):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def _with_neighbors(path: Path, seen: set[Path]) -> set[Path]:
    seen.add(path)
    if PACKAGE in path.parents:
        return seen  # all of the package is hashed as such
    for neighbor in _imported_files(path):
        if neighbor not in seen:
            _with_neighbors(neighbor, seen)
    return seen


def _imported_files(path: Path) -> Iterator[Path]:
    """The files that `path` imports from its own folder, as far as its import statements say."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            stems = [path.parent.joinpath(*alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            folder = path.parents[max(0, node.level - 1)].joinpath(*(node.module or "").split("."))
            stems = [folder, *(folder / alias.name for alias in node.names)]
        else:
            continue
        candidates = [file for stem in stems for file in (stem.parent / f"{stem.name}.py", stem / "__init__.py")]
        yield from (file for file in candidates if file.is_file())


@functools.cache
def package_content() -> str:
    """A hash of all sources of this package, which a stored map depends on."""
    digest = sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]
