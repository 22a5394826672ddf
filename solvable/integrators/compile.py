"""One decorator for every compiled function, and the rule that no stale kernel can ever run.

numba's disk cache looks at the file of the function it compiles and at no other: edit a helper in a second file and the
caller keeps running the old formula. Here the cache folder itself carries the name of a hash over *all* compiled
sources (this package and ``solvable.common``), numba, llvmlite, Python and the processor. An edit anywhere names a
new, empty folder; nothing has to be cleared by hand.

Three decorators:

``helper``
    a small function called from inside compiled code (an ordinary lazy dispatcher).
``inlined``
    a helper that is inlined whatever its length: no loop around a call is vectorized.
``kernel(signature)``
    an entry point called from Python, or passed to another kernel as a first-class function. It is compiled at first
    use, for exactly one signature, and releases the GIL. Callables arrive as ``FunctionType`` arguments: a dispatcher
    argument or a closure over one would never hit the disk cache.
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
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llvmlite
import numba
from llvmlite import binding
from numba.core import caching, config, event
from numba.core.registry import CPUDispatcher

# Contraction to fused multiply-add changes no comparison with NaN and keeps compensated sums; `nsz` drops signed zeros.
# Reassociation and `nnan` would change results or hide NaN: they are never used here.
FASTMATH = {"contract", "nsz"}
OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": FASTMATH}

_SOURCES = (Path(__file__).parent, Path(__file__).parent.parent / "common")
_lock = threading.RLock()


@functools.cache
def source_hash() -> str:
    """Hash of everything that decides what the machine code is."""
    digest = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    processor = f"{platform.machine()} {binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    digest.update(f"{numba.__version__} {llvmlite.__version__} {sys.version} {processor}".encode())
    return digest.hexdigest()[:20]


def cache_parent() -> Path:
    """The folder that holds the caches: ``NUMBA_CACHE_DIR`` where set, else the user's cache folder."""
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
def cache_folder() -> Path:
    """A writable folder ``kernels-HASH`` for compiled code; a temporary one, announced on stderr, if need be."""
    name = f"kernels-{source_hash()}"
    try:
        folder = cache_parent() / name
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        return folder
    except (OSError, RuntimeError) as error:
        folder = _private_temporary_folder() / name
        folder.mkdir(exist_ok=True)
        print(f"solvable: no writable cache folder ({error}); compiled code goes to {folder}", file=sys.stderr)
        return folder


def _private_temporary_folder() -> Path:
    """A folder in the temporary directory that only this user can write: cached kernels are executable content."""
    owner = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"solvable-{owner}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        private = not hasattr(os, "getuid") or (found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700)
        if private and stat.S_ISDIR(found.st_mode) and os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="solvable-"))


_NumbaLocator: Any = vars(caching).get("UserProvidedCacheLocator") or vars(caching)["_UserProvidedCacheLocator"]


class Locator(_NumbaLocator):  # type: ignore[misc]
    """Names the files of the package by where they stand in it: wherever it lies, equal sources share a cache."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        folder, package = Path(py_file).parent, Path(__file__).parent.parent
        if folder.is_relative_to(package):
            return ".".join(folder.relative_to(package.parent).parts)
        return str(super().get_suitable_cache_subpath(py_file))


@contextlib.contextmanager
def _caching_here() -> Iterator[None]:
    # numba reads both once, when caching is enabled on a function; other packages must not see our choice.
    choice = {"CACHE_DIR": str(cache_folder()), "CACHE_LOCATOR_CLASSES": f"{__name__}.{Locator.__name__}"}
    with _lock:
        before = {name: getattr(config, name, "") for name in choice}
        vars(config).update(choice)
        try:
            yield
        finally:
            vars(config).update(before)


def helper(function: Callable[..., Any]) -> Any:
    """Compile `function` for use inside other compiled functions."""
    with _caching_here():
        return numba.njit(**OPTIONS)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile `function` into the body of every compiled function that calls it."""
    with _caching_here():
        return numba.njit(forceinline=True, **OPTIONS)(function)


class Kernel:
    """A function with one signature, compiled at first use.

    Attributes: ``py_func``, the plain Python function; ``compiled``, the numba dispatcher (compiles when first read).
    """

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self.signature = signature
        self._compiled: Any = None

    @property
    def compiled(self) -> Any:
        if self._compiled is None:
            with _lock:  # threads that come together wait for one compilation
                if self._compiled is None:
                    with _caching_here(), _announced(self.py_func):
                        self._compiled = _fix_address(numba.njit(self.signature, **OPTIONS)(self.py_func))
        return self._compiled

    def __call__(self, *arguments: Any) -> Any:
        return self.compiled(*arguments)


class _Fixed(CPUDispatcher):
    """A dispatcher that knows its type and its addresses, which numba looks up at every call that it is an argument of.

    A kernel has one signature for life, so its one compilation is the answer; `function_type` reads it.
    """

    wrapper_address: int
    direct_address: int

    @functools.cached_property
    def _numba_type_(self) -> Any:
        return numba.types.Dispatcher(self)


def _fix_address(dispatcher: Any) -> Any:
    dispatcher.__class__ = _Fixed
    (result,) = dispatcher.overloads.values()
    dispatcher.wrapper_address = result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)
    dispatcher.direct_address = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
    return dispatcher


def kernel(signature: Any) -> Callable[[Callable[..., Any]], Kernel]:
    """Decorator: an entry point of the compiled floor, with its explicit numba signature."""
    return functools.partial(_make_kernel, signature)


def _make_kernel(signature: Any, function: Callable[..., Any]) -> Kernel:
    return Kernel(function, signature)


@contextlib.contextmanager
def _announced(function: Callable[..., Any]) -> Iterator[None]:
    """Say on stderr when a compilation takes longer than a second: silence would look like a hang.

    A kernel that the cache holds is not compiled, however long a busy machine takes to load it.
    """
    name, started = function.__name__, time.perf_counter()
    text = f"solvable: compiling {name} (once; kept for later runs) ..."
    timer = threading.Timer(PATIENCE, _say, (text,))
    timer.daemon = True
    try:
        with event.install_listener("numba:compile", _Start(function, timer)):
            yield
    finally:
        timer.cancel()
        timings[name] = timings.get(name, 0.0) + time.perf_counter() - started


class _Start(event.Listener):
    """Starts a timer when numba begins to compile `function`: after it has looked into the cache, in vain."""

    def __init__(self, function: Callable[..., Any], timer: threading.Timer) -> None:
        self.function, self.timer = function, timer

    def on_start(self, event: Any) -> None:
        ours = event.data["dispatcher"].py_func is self.function
        if ours and not getattr(_heard, "elsewhere", False):
            self.timer.start()

    def on_end(self, event: Any) -> None:
        pass


PATIENCE = 1.0
"""Seconds that a compilation goes on without a word."""

timings: dict[str, float] = {}
"""Seconds that each kernel took to compile, or to load from the cache, in this process."""

_heard = threading.local()


@contextlib.contextmanager
def unannounced() -> Iterator[None]:
    """Compile in this thread without a word: the caller reports."""
    _heard.elsewhere = True
    try:
        yield
    finally:
        _heard.elsewhere = False


def _say(text: str) -> None:
    with contextlib.suppress(ValueError, OSError):  # stderr may be closed while the process ends
        print(text, file=sys.stderr, flush=True)
