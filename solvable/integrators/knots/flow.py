r"""Event-driven gradient flow of a two-layer ReLU network of one variable, with sorted samples.

The gradient jumps where a knot passes a sample, and no method of high order survives a jump inside a step. Between two
events the flow is analytic (`series`); a step ends where its Taylor series end (`steps`) or at the first event
(`search`), whatever comes first; at an event the neurons concerned change their places (`rules`, `events`).

A run is ``theta``, the ``place`` of every neuron, and ``control``: the sequence of steps depends on nothing else. Save
times lie inside steps and are read off the series.
"""

from __future__ import annotations

import math

import numpy as np

from ..compile import helper, kernel
from ..dop853_control import copy
from ..fields.relu import problem
from ..signatures import INTEGERS, MATRIX, VECTOR, f8, i8
from ..status import BUDGET, CONVERGED, DIVERGED, N_STEPS, NONFINITE, RUNNING, STALLED, UNRESOLVED, T
from .events import LOGGED, first_places, settle, settle_ties
from .search import EARLIEST
from .series import EXPAND, START, move
from .steps import at_rest, largest_sum, order_of, rate, stride
from .work import new_work

ANCHOR, WINDOW, CROWD = 2, 3, 4
"""Places in `control`: events since the time ANCHOR are counted as CROWD until WINDOW has passed."""
MOMENT = 1e-9
"""The window, as a share of the step."""
LEAST_CROWD, CROWD_PER_NEURON = 100, 20
"""So many events in one moment are an accumulation."""


@kernel(i8(START, EXPAND, EARLIEST, VECTOR, INTEGERS, VECTOR, VECTOR, MATRIX, f8, f8, f8, f8, f8, i8, VECTOR))
def advance(
    start, expand, earliest, theta, place, data, control, log, target, rtol, atol, until_loss, limit, max_steps, out
):
    """Take steps, in place, while they end at or before `target`; the code says why it stopped.

    ``start``, ``expand``, ``earliest``: the kernels of `series` and `search`, which compile faster apart. ``theta
    (p,)``; ``place (m,)``, -1 before the first call, which finds the places; ``control`` zeros at first; ``log (at
    least 2m + 1, LOG_COLUMNS)``: events go below row ``control[LOGGED]``. ``RUNNING``: `out` holds the parameters at
    `target`. ``BUDGET``: `max_steps` steps were taken, or the log must be emptied. Others as for DOP853.
    """
    x, _, n, m, _, _ = problem(data)
    order = order_of(rtol)
    work, before = new_work(n, m, order), np.empty(theta.size)
    if place[0] < 0:
        first_places(theta, place, x, work)
        start(theta, place, data, work)
        settle_ties(theta, place, x, control, log, work)
    steps = 0
    while True:
        count = start(theta, place, data, work)
        code = judge(loss_of(work.e[0], n), control, until_loss, limit, m)
        if code != RUNNING:
            return code
        size = largest_sum(data, work, count)
        if at_rest(data, work, count, size):
            copy(theta, out)
            return RUNNING
        unit = 1.0 / (rate(data, work, count) or 1.0)
        expand(data, work, count, order, unit)
        step = stride(data, work, count, order, unit, rtol, atol)
        if not (step > 0.0 and unit > 0.0):
            return NONFINITE
        share, found = earliest(theta, place, data, work, count, order, step, size)
        length = step if share == math.inf else share * step
        end = control[T] + length * unit
        if not end <= target:
            move(theta, place, data, work, count, order, (target - control[T]) / unit, out)
            return RUNNING
        if steps >= max_steps or control[LOGGED] + 2.0 * m > log.shape[0]:
            return BUDGET
        if share == math.inf and not end > control[T]:
            return STALLED
        steps += 1
        copy(theta, before)
        move(before, place, data, work, count, order, length, theta)
        control[T] = end
        control[N_STEPS] += 1.0
        if end > control[ANCHOR] + control[WINDOW]:
            control[ANCHOR], control[WINDOW], control[CROWD] = end, MOMENT * step * unit, 0.0
        if share < math.inf:
            control[CROWD] += found
            start(theta, place, data, work)
            settle(theta, before, place, x, control, log, work, found)


@helper
def loss_of(e, n):
    """``1/(2n) |e|^2``."""
    total = 0.0
    for j in range(n):
        total += e[j] * e[j]
    return total / (2.0 * n)


@helper
def judge(loss, control, until_loss, limit, m):
    """Whether the run ends where it is."""
    if loss <= until_loss:
        return CONVERGED
    if not loss <= limit:
        return NONFINITE if math.isnan(loss) else DIVERGED
    return UNRESOLVED if control[CROWD] > LEAST_CROWD + CROWD_PER_NEURON * m else RUNNING
