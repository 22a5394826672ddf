"""What happens to the knots of a ReLU network during its gradient flow."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

KINDS = np.array(["passes", "pins", "leaves", "dies"])
STATES = np.array(["inactive", "pinned", "active"])


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


def events(trajectory: Any) -> Any:
    if "events" not in trajectory.state:
        what = f"{trajectory.provenance['dynamics']} on {trajectory.provenance['model']}"
        raise ValueError(f"events are those of a GradientFlow on a UnivariateReLUNetwork, got {what}")
    order = np.argsort(trajectory.model.x)
    found = [_read(rows, order) for rows in trajectory.state["events"]]
    return found if trajectory.final.ndim == 2 else found[0]


def _read(rows: np.ndarray, order: np.ndarray) -> KnotEvents:
    neuron, sample, kind, state = rows[:, 1:5].astype(np.int64).T
    return KnotEvents(rows[:, 0].copy(), neuron, order[sample], KINDS[kind], STATES[state], rows[:, 5] == 1.0)
