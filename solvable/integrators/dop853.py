"""Adaptive DOP853: order 8, twelve stages, for flows that are not stiff.

The main sequence of accepted steps ``(t_n, y_n, h_n)`` depends on the field, the start and the tolerances
alone. ``advance`` moves along it while ``t_n + h_n <= target``; it never shortens a step to meet a target.
The value *at* a time ``t`` in ``[t_n, t_n + h_n)`` comes from ``evaluate``: an auxiliary step of length
``t - t_n`` from ``y_n`` that leaves the sequence alone (with its own error control: the step ``h_n`` itself
has not been tried yet). So a trajectory has the same bits whatever was saved on the way and however often
the run was stopped and resumed.

The error estimate is Hairer's: ``|h| e5^2 / sqrt(e5^2 + 0.01 e3^2)`` from the embedded orders 5 and 3,
which behaves like ``h^8``. The step follows a proportional-integral rule
``h' = 0.9 h err^-(1/8 - 0.2 b) err_old^b``, at most 5 h.

An explicit method in the stability-limited regime is recognized by the last stage, which sits next to the
new state: ``|F(ynew) - F(stage)| / |ynew - stage|`` estimates the dominant eigenvalue. Fifteen accepted
steps with ``h lambda > 6.1``, not interrupted by six others in a row, return ``STIFF`` (if
``control[DETECT_STIFFNESS]``).

E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I, Springer 1993, II.4, II.5,
II.10; stiffness test: Hairer and Wanner, volume II, IV.2.
"""

from __future__ import annotations

import math

from .compile import helper, kernel
from .dop853_control import (
    GROWTH,
    LARGEST,
    RESOLUTION,
    SAFETY,
    SHRINK,
    combine,
    copy,
    dot,
    first_step,
    judge,
    reject,
    shrunk,
    weigh,
    why_stalled,
    wide,
    within,
)
from .dop853_tableau import STAGES, SUMS
from .signatures import FIELD, LOSS, VECTOR, f8, i8
from .status import (
    BUDGET,
    DETECT_STIFFNESS,
    ERROR_OLD,
    FAILED,
    H_OLD,
    N_EVALUATIONS,
    N_STEPS,
    NONFINITE,
    NONSTIFF_COUNT,
    REJECTED,
    RUNNING,
    STALLED,
    STIFF,
    STIFF_COUNT,
    H,
    T,
)

# Rows of the work matrix: the stages, the field at the new state, then vectors, the last of zeros.
F_NEW, STAGE, Y_NEW, ERROR5, ERROR3, ZERO, ROWS = range(STAGES, STAGES + 7)

MEMORY = 0.04
EXPONENT = 1.0 / 8.0
STABILITY = 6.1  # boundary of the stability region on the negative axis, h |lambda|
STIFF_STEPS, NONSTIFF_STEPS = 15, 6
SUBSTEPS = 100_000


def work_size(m: int) -> int:
    """Length of `work` for a state of length `m`."""
    return ROWS * wide(m)


@helper
def attempt(field, y, data, K, h, rtol, atol):
    """One step of length `h` from `y`, with ``K[0] = F(y)`` given; the error, and the result in
    ``K[Y_NEW]``.
    """
    m = y.shape[0]
    stage, ynew, e5, e3, zero = K[STAGE][:m], K[Y_NEW][:m], K[ERROR5][:m], K[ERROR3][:m], K[ZERO][:m]
    for j in range(m):
        zero[j] = 0.0
    for s in range(1, SUMS.shape[0]):
        row = STAGE if s < STAGES else Y_NEW + s - STAGES
        base, factor = (y, h) if s <= STAGES else (zero, 1.0)
        combine(K[row][:m], base, K, SUMS[s], min(s, STAGES), factor)
        if s < STAGES:
            field(stage, data, K[s][:m])
    weigh(e5, y, ynew, rtol, atol)
    weigh(e3, y, ynew, rtol, atol)
    s5, s3 = dot(e5, e5), dot(e3, e3)
    total = s5 + 0.01 * s3
    if total == 0.0:
        return 0.0
    return abs(h) * s5 / math.sqrt(m * total)


@helper
def propose(h, error, error_old):
    factor = SAFETY * error ** (0.2 * MEMORY - EXPONENT) * error_old**MEMORY if error > 0.0 else GROWTH
    return h * min(GROWTH, max(SHRINK, factor))


@helper
def accept(control, h, error):
    proposal = propose(h, error, control[ERROR_OLD])
    control[H] = min(h, proposal) if control[REJECTED] != 0.0 else proposal
    control[T] += h
    control[H_OLD] = h
    control[ERROR_OLD] = max(error, 1e-4)
    control[REJECTED] = 0.0
    control[FAILED] = 0.0
    control[N_STEPS] += 1


@helper
def stability_limited(control, K, m, h):
    """Count the evidence of the step just accepted; True when it suffices (the count then starts again)."""
    rise, reach = K[ERROR5][:m], K[ERROR3][:m]
    for j in range(m):
        rise[j] = K[F_NEW, j] - K[STAGES - 1, j]
        reach[j] = K[Y_NEW, j] - K[STAGE, j]
    speed, length = dot(rise, rise), dot(reach, reach)
    if length > 0.0 and h * math.sqrt(speed / length) > STABILITY:
        control[NONSTIFF_COUNT] = 0.0
        control[STIFF_COUNT] += 1
    elif control[STIFF_COUNT] > 0.0:
        control[NONSTIFF_COUNT] += 1
        if control[NONSTIFF_COUNT] >= NONSTIFF_STEPS:
            control[STIFF_COUNT] = 0.0
            control[NONSTIFF_COUNT] = 0.0
    if control[STIFF_COUNT] < STIFF_STEPS:
        return False
    control[STIFF_COUNT] = 0.0
    return True


@kernel(i8(FIELD, LOSS, VECTOR, VECTOR, VECTOR, VECTOR, f8, f8, VECTOR, f8, f8, i8))
def advance(field, loss, y, data, control, work, target, rtol, atol, until_loss, limit, max_steps):
    """Accept steps, in place, while they end at or before `target`; the code says why it stopped.

    ``y (m,)``, ``atol (m,)``, ``work (work_size(m),)``, ``control`` from ``new_control``.
    ``until_loss < 0`` and ``limit = inf`` switch off the tests of the loss. `max_steps` counts attempts of
    this call.
    """
    m = y.shape[0]
    K = work.reshape(ROWS, work.shape[0] // ROWS)
    f, f_new, y_new = K[0][:m], K[F_NEW][:m], K[Y_NEW][:m]
    field(y, data, f)
    if not within(f, LARGEST):
        return NONFINITE
    if control[N_EVALUATIONS] == 0.0:
        control[N_EVALUATIONS] = 1.0
        if control[H] <= 0.0:
            control[H] = first_step(field, y, f, data, rtol, atol, 8.0, K[STAGE][:m], K[1][:m])
            control[N_EVALUATIONS] = 2.0
    attempts = 0
    while True:
        if control[REJECTED] == 0.0:
            code = judge(loss, y, data, until_loss, limit)
            if code != RUNNING:
                return code
        h = control[H]
        if not h > RESOLUTION * abs(control[T]):
            return why_stalled(y, f, h, control)
        if not control[T] + h <= target:
            return RUNNING
        if attempts >= max_steps:
            return BUDGET
        attempts += 1
        error = attempt(field, y, data, K, h, rtol, atol)
        control[N_EVALUATIONS] += STAGES - 1
        if error < 1.0:
            field(y_new, data, f_new)
            control[N_EVALUATIONS] += 1
            if not (within(y_new, LARGEST) and within(f_new, LARGEST)):
                error = math.inf
        if not error < 1.0:
            reject(control, error, EXPONENT)
            continue
        accept(control, h, error)
        stiff = control[DETECT_STIFFNESS] != 0.0 and stability_limited(control, K, m, h)
        copy(y_new, y)
        copy(f_new, f)
        if stiff:
            return STIFF


@kernel(i8(FIELD, VECTOR, VECTOR, VECTOR, VECTOR, f8, f8, VECTOR, VECTOR))
def evaluate(field, y, data, control, work, target, rtol, atol, out):
    """The solution at `target` >= ``control[T]`` into `out`; `y` and `control` stay as they are.
    ``RUNNING`` is success.
    """
    m = y.shape[0]
    K = work.reshape(ROWS, work.shape[0] // ROWS)
    copy(y, out)
    rest = target - control[T]
    h = control[H] if control[H] > 0.0 else rest
    for _ in range(SUBSTEPS):
        if rest == 0.0:
            return RUNNING
        if not h > RESOLUTION * abs(target):
            break
        h = min(h, rest)
        field(out, data, K[0][:m])
        error = attempt(field, out, data, K, h, rtol, atol)
        if error < 1.0 and within(K[Y_NEW][:m], LARGEST):
            copy(K[Y_NEW], out)
            rest -= h
            h = propose(h, error, 1.0)
        else:
            h = shrunk(h, error, EXPONENT)
    for j in range(m):
        out[j] = math.nan
    return STALLED
