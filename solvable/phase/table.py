"""What is known of a plan while its chunks come in, in any order."""

from __future__ import annotations

import numpy as np

from .measures import UNRESOLVED, Values, names_differ
from .plan import Layout
from .store import Store


class Table:
    """Values by name, `per_cell` entries a cell; NaN and unresolved where no chunk has come in."""

    def __init__(self, layout: Layout, per_cell: int = 1) -> None:
        self.layout, self.per_cell = layout, per_cell
        self.values: Values = {UNRESOLVED: np.ones(layout.size * per_cell, dtype=bool)}
        self.filled = np.zeros(layout.n_chunks, dtype=bool)
        self.finished = 0

    def missing(self) -> list[int]:
        """The chunks that have not come in."""
        return [int(chunk) for chunk in np.flatnonzero(~self.filled)]

    def fill_from(self, store: Store, key: str) -> None:
        """Take what a store holds."""
        for chunk in self.missing():
            found = store.read(chunk, self.layout.numbers(chunk).size * self.per_cell, key)
            if found is not None:
                self.fill(chunk, found)

    def fill(self, chunk: int, found: Values) -> None:
        """Take a chunk.

        Raises
        ------
        ValueError : its values have other names than those of the chunks before.
        """
        if not self.filled.any():
            size = self.layout.size * self.per_cell
            self.values |= {name: np.full(size, np.nan) for name in found if name != UNRESOLVED}
        elif found.keys() != self.values.keys():
            before, now = ([name for name in names if name != UNRESOLVED] for names in (self.values, found))
            raise ValueError(names_differ("the measure", before, now))
        first, size = self.layout.chunk_size * chunk, self.layout.numbers(chunk).size
        for name, values in found.items():
            self.values[name][first * self.per_cell : (first + size) * self.per_cell] = values
        self.filled[chunk] = True
        self.finished += size

    def arrays(self) -> Values:
        """The values in the shape of the cells, with a last dimension of the entries of a cell if they are several."""
        shape = self.layout.shape if self.per_cell == 1 else (*self.layout.shape, self.per_cell)
        return {name: values.reshape(shape) for name, values in self.values.items()}

    def in_finished(self) -> np.ndarray:
        """Which cells have come in, bool ``(size,)``."""
        return np.repeat(self.filled, self.layout.chunk_size)[: self.layout.size]
