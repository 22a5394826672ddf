"""Content hashes: two things with the same fingerprint are the same input.

A fingerprint identifies models in provenance, instances of claims and chunks of stored maps. It is built from a
canonical byte string, so it does not depend on the process, the platform's hash seed or dictionary order.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any

import numpy as np


def fingerprint(*parts: Any) -> str:
    """Hexadecimal SHA-256 (first 32 digits) of numbers, strings, arrays and containers of them.

    >>> fingerprint({"a": 1, "b": 2.0}) == fingerprint({"b": 2.0, "a": 1})
    True
    >>> fingerprint(np.zeros(3)) == fingerprint(np.zeros((3, 1)))
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()[:32]


def _feed(digest: Any, part: Any) -> None:
    if part is None or isinstance(part, (str, float, int, np.generic)):
        digest.update(_plain(part.item() if isinstance(part, np.generic) else part))
    elif isinstance(part, np.ndarray) and not part.dtype.hasobject:
        # Adding zero turns -0.0 into +0.0: equal arrays must have equal fingerprints.
        array = np.ascontiguousarray(part)
        array = array + 0.0 if array.dtype.kind == "f" else array
        digest.update(f"array:{array.dtype.str}:{part.shape}:".encode())
        digest.update(array.tobytes())
    elif isinstance(part, dict):
        digest.update(f"dict:{len(part)}:".encode())
        for key in sorted(part, key=repr):
            _feed(digest, key)
            _feed(digest, part[key])
    elif isinstance(part, (list, tuple)):
        digest.update(f"sequence:{len(part)}:".encode())
        for item in part:
            _feed(digest, item)
    else:
        raise TypeError(f"cannot fingerprint a {type(part).__name__}")


@functools.lru_cache(maxsize=256, typed=True)
def _plain(value: Any) -> bytes:
    value = value + 0.0 if isinstance(value, float) else value
    text = f"{type(value).__name__}:{value!r}"
    return f"{len(text)}:{text};".encode()
