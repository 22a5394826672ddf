"""Argument checks: each names the argument, says what it was and what is allowed, in one line.

Every function returns the checked value in canonical form (``float``, ``int``, float64 array) or raises
``ValueError``; callers never see a traceback of a compiled kernel or of LAPACK for bad input.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from .naming import nearest


def real_array(name: str, value: Any, *, ndim: int | tuple[int, ...] | None = None, finite: bool = True) -> np.ndarray:
    """`value` as a new C-contiguous, read-only float64 array.

    >>> real_array("y", [1, 2], ndim=1)
    array([1., 2.])
    >>> real_array("y", [1, float("nan")])
    Traceback (most recent call last):
        ...
    ValueError: y must be finite, but entry (1,) is nan
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "biufO":  # complex numbers, text, dates: NumPy would convert some of them in silence
            raise TypeError
        if given.dtype.kind == "O" and any(entry is None for entry in given.ravel()):
            raise TypeError
        array = np.array(given, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be an array of real numbers, got {_describe(value)}") from None
    if ndim is not None:
        allowed = (ndim,) if isinstance(ndim, int) else ndim
        if array.ndim not in allowed:
            wanted = " or ".join(f"{k}-dimensional" for k in allowed)
            raise ValueError(f"{name} must be {wanted}, got shape {array.shape}")
    if finite and not np.isfinite(array).all():
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, but entry {where} is {array[where]}")
    array.setflags(write=False)
    return array


def broadcast(**arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arguments `arrays`, broadcast against one another.

    >>> broadcast(u=np.ones(2), v=np.ones(3))
    Traceback (most recent call last):
        ...
    ValueError: u, v must broadcast together, got shapes (2,), (3,)
    """
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays.values())
        raise ValueError(f"{', '.join(arrays)} must broadcast together, got shapes {shapes}") from None


def positive_array(name: str, value: Any) -> np.ndarray:
    """`value` as a float64 array of any shape with entries > 0.

    >>> positive_array("step_size", [0.1, 0.0])
    Traceback (most recent call last):
        ...
    ValueError: step_size must be > 0, got 0
    """
    array = real_array(name, value)
    if not np.all(array > 0):
        raise ValueError(f"{name} must be > 0, got {array.min():g}")
    return array


def positive(name: str, value: Any) -> float:
    """`value` as a finite float > 0."""
    number = real(name, value)
    if not number > 0:
        raise ValueError(f"{name} must be > 0, got {number:g}")
    return number


def nonnegative(name: str, value: Any) -> float:
    """`value` as a finite float >= 0."""
    number = real(name, value)
    if not number >= 0:
        raise ValueError(f"{name} must be >= 0, got {number:g}")
    return number


def real(name: str, value: Any) -> float:
    """`value` as a finite float."""
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a real number, got {_describe(value)}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return number


def integer(name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """`value` as an int inside [minimum, maximum]; a float with no fraction is accepted.

    >>> integer("depth", 1, minimum=2)
    Traceback (most recent call last):
        ...
    ValueError: depth must be an integer >= 2, got 1
    """
    try:
        number = int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be {_integers(minimum, maximum)}, got {_describe(value)}") from None
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise ValueError(f"{name} must be {_integers(minimum, maximum)}, got {number}")
    return number


def _integers(minimum: int | None, maximum: int | None) -> str:
    if minimum is not None and maximum is not None:
        return f"an integer from {minimum} to {maximum}"
    if minimum is not None:
        return f"an integer >= {minimum}"
    return "an integer" if maximum is None else f"an integer <= {maximum}"


def choice(name: str, value: Any, allowed: Iterable[Any]) -> Any:
    """`value`, which must be one of `allowed`.

    >>> choice("weight", "biass", ("bias", "free"))
    Traceback (most recent call last):
        ...
    ValueError: weight must be one of 'bias', 'free', got 'biass' (did you mean 'bias'?)
    """
    options = list(allowed)
    if not any(type(value) is type(option) and value == option for option in options):
        near = nearest(value, options)
        hint = f" (did you mean {near!r}?)" if near else ""
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}, got {value!r}{hint}")
    return value


def flag(name: str, value: Any) -> bool:
    """`value`, which must be True or False: "no" is not False.

    >>> flag("normalized", "no")
    Traceback (most recent call last):
    ValueError: normalized must be True or False, got 'no'
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def regression(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """A design matrix ``(n, d)`` and targets ``(n,)`` that fit each other.

    >>> regression([[1.0, 2.0]], [1.0, 2.0])
    Traceback (most recent call last):
        ...
    ValueError: y must have one entry per row of X: X has shape (1, 2), y has shape (2,)
    """
    X, y = real_array("X", X, ndim=2), real_array("y", y, ndim=1)
    if X.shape[0] != y.shape[0]:
        raise ValueError(f"y must have one entry per row of X: X has shape {X.shape}, y has shape {y.shape}")
    if 0 in X.shape:
        raise ValueError(f"X must have at least one row and one column, got shape {X.shape}")
    return X, y


def interpolable(X: np.ndarray, y: np.ndarray, *, tolerance: float = 1e-10) -> np.ndarray:
    """The solution of ``X b = y`` of least norm; raise unless there is one (to `tolerance`, relative to ``|y|``)."""
    solution: np.ndarray = np.linalg.lstsq(X, y, rcond=None)[0]
    miss = float(np.linalg.norm(X @ solution - y))
    size = float(np.linalg.norm(y))
    if miss > tolerance * max(size, np.finfo(float).tiny):
        raise ValueError(
            f"y must lie in the range of X (an interpolating solution must exist), but the least-squares residual "
            f"is {miss:.3g} for |y| = {size:.3g}"
        )
    return solution


def _describe(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def hyperparameter(
    name: str, value: Any, *, above: float | None = None, minimum: float | None = None, below: float | None = None
) -> Any:
    """A number, or one number a trajectory ``(R,)``, inside the given bounds: a float or a read-only array.

    >>> hyperparameter("step_size", -1, above=0)
    Traceback (most recent call last):
        ...
    ValueError: step_size must be > 0, got -1
    """
    result = least = most = value
    if not (type(value) is float and math.isfinite(value)):
        array = real_array(name, value, ndim=(0, 1))
        if array.size == 0:
            raise ValueError(f"{name} must have at least one entry, got shape {array.shape}")
        result, least, most = float(array) if array.ndim == 0 else array, array.min(), array.max()
    if above is not None and not least > above:
        raise ValueError(f"{name} must be > {above:g}, got {least:g}")
    if minimum is not None and not least >= minimum:
        raise ValueError(f"{name} must be >= {minimum:g}, got {least:g}")
    if below is not None and not most < below:
        raise ValueError(f"{name} must be < {below:g}, got {most:g}")
    return result
