"""Where a claim's problem comes from: a random draw, a draw at other scales, or the user's own data.

A draw is a function of (claim id, seed, which call), so instance k of a run with seed s is the default
instance of a run with seed s + k. Data replace the entries of their name. The rest of the problem has to fit
them, so ``make`` is called with the sizes of the data for those of its keyword parameters that it has
defaults for:

- ``n``: the number of samples, the leading length of ``X``, ``A``, ``x`` or ``y``;
- ``d``: the number of features, the last length of ``X`` or ``A``;
- any parameter named like a number in the data gets that number.

An entry named ``name@2`` replaces `name` in the second call only (so for 3, 4, ...): that is how `falsify`
stores claims that draw more than once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..common.fingerprint import fingerprint
from .errors import ClaimError, NotApplicable

_SAMPLES = ("X", "A", "x", "y")
_FEATURES = ("X", "A")


class InstanceSource:
    """Draws the problems of one run of a claim.

    Parameters
    ----------
    claim_id, seed : key of the random stream.
    data : named arrays that replace the drawn ones, or None.
    rescale : maps ``(label, array)`` to the array to use instead (`falsify`), or None.

    >>> source = InstanceSource("euler1755-double", 0)
    >>> source.draw(lambda rng: {"x": rng.standard_normal(2)})["x"].shape
    (2,)
    """

    def __init__(
        self,
        claim_id: str,
        seed: int,
        data: Mapping[str, np.ndarray] | None = None,
        rescale: Callable[[str, np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self._key = int(fingerprint(claim_id)[:15], 16)
        self._seed = seed
        self._data = dict(data) if data is not None else None
        self._rescale = rescale
        self._used: set[str] = set()
        self._calls = 0
        self.drawn: dict[str, np.ndarray] = {}

    def draw(self, make: Callable[..., Mapping[str, Any]]) -> dict[str, Any]:
        """The next problem: ``make(rng)`` with the data in place."""
        self._calls += 1
        rng = np.random.default_rng([self._key, self._seed, self._calls])
        replacements = self._replacements()
        problem = make(rng, **self._sizes(make, replacements))
        if not isinstance(problem, Mapping) or not all(isinstance(name, str) for name in problem):
            raise ClaimError(f"make must return a dict of named arrays, got {type(problem).__name__}")
        entries = dict(problem)
        if self._data is not None:
            self._replace(entries, replacements)
        for name, value in entries.items():
            label = name if self._calls == 1 else f"{name}@{self._calls}"
            array = np.asarray(value)
            if self._rescale is not None and array.dtype.kind in "fc":
                array = self._rescale(label, array)
                entries[name] = _like(value, array)
            self.drawn[label] = array
        return entries

    def check_all_used(self) -> None:
        """Raise `NotApplicable` when some of the data never entered the claim."""
        unused = sorted(set(self._data or ()) - self._used)
        if unused:
            held = ", ".join(sorted(name for name in self.drawn if "@" not in name)) or "nothing"
            raise NotApplicable(f"the data hold {', '.join(unused)}, but the claim draws {held}")

    def _replacements(self) -> dict[str, np.ndarray]:
        # Plain names serve every call, suffixed ones only their own, which they take over.
        found: dict[str, np.ndarray] = {}
        for label, array in (self._data or {}).items():
            name, _, call = label.partition("@")
            if not call:
                found.setdefault(name, array)
            elif call == str(self._calls):
                found[name] = array
                self._used.add(label)
        return found

    def _sizes(self, make: Callable[..., Any], replacements: Mapping[str, np.ndarray]) -> dict[str, Any]:
        adjustable = {
            name
            for name, parameter in inspect.signature(make).parameters.items()
            if parameter.default is not inspect.Parameter.empty
        }
        sizes: dict[str, Any] = {}
        for parameter, sources, axis in (("n", _SAMPLES, 0), ("d", _FEATURES, -1)):
            given = [replacements[name] for name in sources if name in replacements and replacements[name].ndim]
            if parameter in adjustable and given and (axis == 0 or given[0].ndim > 1):
                sizes[parameter] = int(given[0].shape[axis])
        for name in adjustable & set(replacements):
            if replacements[name].ndim == 0:
                sizes[name] = replacements[name].item()
                self._used.add(name)
        return sizes

    def _replace(self, entries: dict[str, Any], replacements: Mapping[str, np.ndarray]) -> None:
        shared = [name for name in entries if name in replacements]
        if not shared and not self._used:
            raise NotApplicable(
                f"the data hold {', '.join(sorted(replacements))}, but the claim draws {', '.join(entries)}"
            )
        missing = [name for name in entries if name not in shared]
        for name in shared:
            drawn, given = np.asarray(entries[name]), replacements[name]
            # When everything is replaced the data only have to be of the right kind; otherwise they must fit
            # the rest.
            if drawn.ndim != given.ndim or (missing and drawn.shape != given.shape):
                beside = f" beside the {', '.join(missing)} that it draws" if missing else ""
                raise NotApplicable(
                    f"{name} in the data has shape {given.shape}, the claim needs shape {drawn.shape}{beside}"
                )
            entries[name] = _like(entries[name], given)
            self._used.add(name)


def _like(original: Any, array: np.ndarray) -> Any:
    """A fresh array, or a plain number where the claim had drawn one."""
    if isinstance(original, (bool, int, float, complex)):
        return type(original)(array.item())
    return np.array(array, dtype=np.asarray(original).dtype if array.dtype.kind in "biu" else None)
