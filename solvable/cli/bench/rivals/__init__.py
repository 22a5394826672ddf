"""The same work as others would write it: readable, idiomatic, with nothing left out that a competent user would do.

All in float64 on one thread. NumPy and SciPy are always there; the others come with ``pip install '.[bench]'`` in a
clone, numbalsoda by hand, since it needs a Fortran compiler.
"""

from __future__ import annotations

from importlib.util import find_spec

ALWAYS = ("numpy", "scipy")
OPTIONAL = ("jax", "torch", "diffrax", "numbalsoda")


def choose(words: str | None) -> frozenset[str]:
    """The libraries that take part: those of the list `words`, separated by commas; None means all that are installed.

    Raises
    ------
    UsageError : a name that is not known, or not installed.

    >>> sorted(choose("scipy"))
    ['numpy', 'scipy']
    """
    from ....claims.errors import UsageError
    from ....common.optional import missing

    if words is None:
        return frozenset(ALWAYS) | {name for name in OPTIONAL if find_spec(name)}
    names = [word.strip() for word in words.split(",") if word.strip()]
    known = ALWAYS + OPTIONAL
    for name in names:
        if name not in known:
            raise UsageError(f"--rivals: unknown library {name!r} (known: {', '.join(known)})")
        if not find_spec(name):
            raise UsageError(missing(name, f"--rivals {name}"))
    return frozenset(ALWAYS) | set(names)
