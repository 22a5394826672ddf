"""What happens to the knots of a ReLU network during its gradient flow."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

KINDS = np.array(["passes", "pins", "leaves", "dies"])
STATES = np.array(["inactive", "pinned", "active"])
ROWS = 8
"""Events that `repr` shows."""


class KnotEvents(NamedTuple):
    """Events in the order of time, each entry ``(E,)``.

    ``kind`` is "passes" (the knot of ``neuron`` passes ``sample``, an index into the model's x), "pins" (it stays at
    the sample: on either side the flow pushes it back), "leaves" (a pinned knot goes on), or "dies" (the neuron comes
    to ``w = b = 0``). ``state`` tells how the neuron sees the sample from then on: "inactive", "pinned" or "active".

    ``unique`` is False where another continuation obeys the same equation, and ``relu'(0) = 0`` decides: a knot that
    starts at a sample from which it is pushed away to both sides, and a pinned neuron whose a changes its sign, go to
    the inactive side; a neuron that dies could have left ``w = b = 0`` again. What small steps do there depends on how
    long they are.

    Knots that start at a sample have an event at time 0.
    """

    time: np.ndarray
    neuron: np.ndarray
    sample: np.ndarray
    kind: np.ndarray
    state: np.ndarray
    unique: np.ndarray

    def __repr__(self) -> str:
        """How many of each kind, and the first rows.

        >>> x = np.array([0, 1])
        >>> KnotEvents(np.array([0.0, 2.5]), x, x, KINDS[[1, 3]], STATES[[1, 0]], x == 0)
        KnotEvents(2: 1 pins, 1 dies)
           time  neuron  sample  kind     state  unique
              0       0       0  pins    pinned    True
            2.5       1       1  dies  inactive   False
        """
        counts = ", ".join(f"{np.sum(self.kind == kind)} {kind}" for kind in KINDS if np.any(self.kind == kind))
        head = f"KnotEvents({self.time.size}{': ' if counts else ''}{counts})"
        if not self.time.size:
            return head
        rows = [[f"{row[0]:.6g}", *map(str, row[1:])] for row in zip(*(entry[:ROWS] for entry in self), strict=True)]
        table = [self._fields, *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        more = [f"   ... and {self.time.size - ROWS} more"] if self.time.size > ROWS else []
        return "\n".join([head, *("   " + line for line in lines), *more])


def events(trajectory: Any) -> Any:
    if "events" not in trajectory.state:
        what = f"{trajectory.provenance['dynamics']} on {trajectory.provenance['model']}"
        raise ValueError(f"events are those of a GradientFlow on a UnivariateReLUNetwork, got {what}")
    order = np.argsort(trajectory.model.x)
    found = [_read(rows, order) for rows in trajectory.state["events"]]
    return found if trajectory.final.ndim == 2 else found[0]


def columns(trajectory: Any) -> dict[str, np.ndarray]:
    """The entries of `KnotEvents`, of all members one after the other, and ``member (E,)``."""
    found = events(trajectory)
    members = found if trajectory.final.ndim == 2 else [found]
    entries = [np.concatenate(entry) for entry in zip(*members, strict=True)]
    counts = [one.time.size for one in members]
    return {"member": np.repeat(np.arange(len(members)), counts)} | dict(zip(KnotEvents._fields, entries, strict=True))


def rows(columns: dict[str, np.ndarray], model: Any, members: int) -> np.ndarray:
    """The events ``(members,)`` in the state of a run: the reverse of `columns`."""
    place = np.argsort(np.argsort(model.x))
    kind, state = (
        np.argmax(columns[name][:, None] == names, axis=1) for name, names in (("kind", KINDS), ("state", STATES))
    )
    entries = columns["time"], columns["neuron"], place[columns["sample"]], kind, state, columns["unique"]
    table, found = np.stack(entries, axis=1).astype(np.float64), np.empty(members, dtype=object)
    for member in range(members):
        found[member] = table[columns["member"] == member]
    return found


def _read(rows: np.ndarray, order: np.ndarray) -> KnotEvents:
    neuron, sample, kind, state = rows[:, 1:5].astype(np.int64).T
    return KnotEvents(rows[:, 0].copy(), neuron, order[sample], KINDS[kind], STATES[state], rows[:, 5] == 1.0)
