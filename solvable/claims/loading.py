"""From a place in the source to the objects there: by module (the package's) or by path (a user's).

A user's file runs only when it is named. It is imported once per process under a module name made from its
path, so that it can neither shadow nor be shadowed by an installed module of the same name.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from .declaration import Claim
from .errors import UsageError

PAPERS_PACKAGE = "solvable.claims.papers"
USER_MODULE = "_solvable_user_"
"""How the names of modules begin that were made from a user's files."""


def load_file(path: str | Path) -> ModuleType:
    """The module made by running the Python file at `path` (once per process).

    Raises
    ------
    UsageError : there is no such file, or running it fails.
    """
    full = Path(path).resolve()
    if not full.is_file():
        raise UsageError(f"there is no file {path}")
    name = f"{USER_MODULE}{sha256(str(full).encode()).hexdigest()[:12]}_{full.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, full)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    # Files beside the user's own are importable, as they are when Python runs the file itself.
    folder = str(full.parent)
    added = folder not in sys.path
    if added:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        text = str(error).partition("\n")[0]
        raise UsageError(f"{path} could not be imported: {type(error).__name__}: {text}") from error
    return module


def claims_in(module: ModuleType) -> list[Claim]:
    """The claims that a module holds, in the order of its namespace, each once."""
    found: dict[int, Claim] = {}
    for value in vars(module).values():
        if isinstance(value, Claim):
            found.setdefault(id(value), value)
    return list(found.values())


def find_in_module(module: str | None, file: str | None, name: str) -> Claim:
    """The claim whose function is called `name`, in a module (the package's) or else in a file (a user's)."""
    if module is not None and module.startswith(PAPERS_PACKAGE + "."):
        home = importlib.import_module(module)
    elif file is not None:
        home = load_file(file)
    else:
        raise UsageError(f"the claim function {name} has no source file to import it from")
    value = getattr(home, name, None)
    if not isinstance(value, Claim):
        raise UsageError(f"{file or module} holds no claim function named {name}")
    return value


def load_function(module: str | None, file: str | None, name: str) -> Callable[[Any], None]:
    """The test function of a claim that was read and not imported."""
    function = find_in_module(module, file, name).function
    if function is None:
        raise UsageError(f"{file or module} holds no claim function named {name}")
    return function
