"""Adaptive Rodas5P: order 5, L-stable, for stiff flows such as the long tail of a training run.

A Rosenbrock method linearizes the field once a step and solves eight linear systems with one matrix; no
Newton iteration decides when to stop, so a step is a fixed sequence of operations and its bits are
reproducible. L-stability sends fast modes to zero instead of letting them ring: on a plateau the step grows
with the time itself.

Calling convention, main sequence, ``evaluate`` and the guarantee on bits are those of ``dop853``. The step
follows Gustafsson's predictive rule: the smaller of ``0.9 h err^(-1/5)`` and
``0.9 h (h/h_old) (err_old / err^2)^(1/5)``, at most 5 h.

The matrix ``I/(h gamma) - J`` is factored by Cholesky first where ``control[SYMMETRIC]`` is set. With
``control[FINITE_DIFFERENCES]`` the argument `jacobian` is not called (pass ``no_jacobian``).

G. Steinebach, BIT Numerical Mathematics 63, 27 (2023); K. Gustafsson, ACM Transactions on Mathematical
Software 20 (1994) 496; E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, Springer 1996,
IV.7 and IV.8.
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
from .rosenbrock_jacobian import finite_difference_jacobian
from .rosenbrock_linear import factor, solve
from .rosenbrock_tableau import GAMMA, STAGES, A, C
from .signatures import FIELD, JACOBIAN, LOSS, VECTOR, f8, i8
from .status import (
    BUDGET,
    ERROR_OLD,
    FAILED,
    FINITE_DIFFERENCES,
    H_OLD,
    N_EVALUATIONS,
    N_JACOBIANS,
    N_STEPS,
    NONFINITE,
    REJECTED,
    RUNNING,
    STALLED,
    SYMMETRIC,
    H,
    T,
)

# Rows of the work matrix: the stages, then vectors, then the Jacobian and the factored matrix.
F0, F_NEW, STAGE, Y_NEW, ERROR, PIVOTS, INVERSE, VECTORS = range(STAGES, STAGES + 8)

EXPONENT = 1.0 / 5.0
SUBSTEPS = 100_000


def work_size(m: int) -> int:
    """Length of `work` for a state of length `m`."""
    return VECTORS * wide(m) + 2 * m * m


@helper
def linearize(field, jacobian, y, data, control, K, J):
    """The Jacobian at `y`, with ``K[F0] = F(y)`` given; returns the evaluations of the field that it took."""
    if control[FINITE_DIFFERENCES] == 0.0:
        jacobian(y, data, J)
        return 0
    m = y.shape[0]
    finite_difference_jacobian(field, y, data, K[F0], J, K[STAGE][:m], K[ERROR][:m])
    return m


@helper
def attempt(field, y, data, K, J, M, symmetric, h, rtol, atol):
    """One step of length `h` from `y`, with ``K[F0]`` and `J` given; the error, and the result in
    ``K[Y_NEW]``.
    """
    m = y.shape[0]
    stage, slope, ynew, error = K[STAGE][:m], K[ERROR][:m], K[Y_NEW][:m], K[STAGES - 1][:m]
    pivots, inverse = K[PIVOTS][:m], K[INVERSE][:m]
    kind = factor(J, M, 1.0 / (h * GAMMA), symmetric, pivots, inverse)
    if kind == 0:
        return math.nan
    for s in range(STAGES):
        combine(stage, y, K, A[s], s, 1.0)
        if s == 0:
            copy(K[F0], slope)
        else:
            field(stage, data, slope)
        combine(K[s][:m], slope, K, C[s], s, 1.0 / h)
        solve(M, kind, pivots, inverse, K[s][:m])
    for j in range(m):
        ynew[j] = stage[j] + error[j]
    weigh(error, y, ynew, rtol, atol)
    return math.sqrt(dot(error, error) / m)


@helper
def propose(h, error, h_old, error_old):
    """The next step; ``h_old = 0`` where nothing can be predicted from the past."""
    if error == 0.0:
        return GROWTH * h
    factor = SAFETY * error**-EXPONENT
    if h_old > 0.0:
        factor = min(factor, SAFETY * (h / h_old) * (error_old / (error * error)) ** EXPONENT)
    return h * min(GROWTH, max(SHRINK, factor))


@helper
def accept(control, h, error):
    proposal = propose(h, error, control[H_OLD], control[ERROR_OLD])
    control[H] = min(h, proposal) if control[REJECTED] != 0.0 else proposal
    control[T] += h
    control[H_OLD] = h
    control[ERROR_OLD] = max(error, 1e-2)
    control[REJECTED] = 0.0
    control[FAILED] = 0.0
    control[N_STEPS] += 1


@kernel(i8(FIELD, JACOBIAN, LOSS, VECTOR, VECTOR, VECTOR, VECTOR, f8, f8, VECTOR, f8, f8, i8))
def advance(field, jacobian, loss, y, data, control, work, target, rtol, atol, until_loss, limit, max_steps):
    """Accept steps, in place, while they end at or before `target`; the code says why it stopped.

    ``y (m,)``, ``atol (m,)``, ``work (work_size(m),)``, ``control`` from ``new_control``.
    ``until_loss < 0`` and ``limit = inf`` switch off the tests of the loss. `max_steps` counts attempts of
    this call.
    """
    m = y.shape[0]
    K = work[: work.shape[0] - 2 * m * m].reshape(VECTORS, (work.shape[0] - 2 * m * m) // VECTORS)
    J, M = work[K.size : K.size + m * m].reshape(m, m), work[K.size + m * m :].reshape(m, m)
    f, f_new, y_new = K[F0][:m], K[F_NEW][:m], K[Y_NEW][:m]
    field(y, data, f)
    if not within(f, LARGEST):
        return NONFINITE
    if control[N_EVALUATIONS] == 0.0:
        control[N_EVALUATIONS] = 1.0
        if control[H] <= 0.0:
            control[H] = first_step(field, y, f, data, rtol, atol, 5.0, K[STAGE][:m], K[ERROR][:m])
            control[N_EVALUATIONS] = 2.0
    attempts = 0
    linearized = False
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
        if not linearized:
            extra = linearize(field, jacobian, y, data, control, K, J)
            linearized = True
            if control[REJECTED] == 0.0:
                control[N_EVALUATIONS] += extra
                control[N_JACOBIANS] += 1
        error = attempt(field, y, data, K, J, M, control[SYMMETRIC] != 0.0, h, rtol, atol)
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
        linearized = False
        copy(y_new, y)
        copy(f_new, f)


@kernel(i8(FIELD, JACOBIAN, VECTOR, VECTOR, VECTOR, VECTOR, f8, f8, VECTOR, VECTOR))
def evaluate(field, jacobian, y, data, control, work, target, rtol, atol, out):
    """The solution at `target` >= ``control[T]`` into `out`; `y` and `control` stay as they are.
    ``RUNNING`` is success.
    """
    m = y.shape[0]
    K = work[: work.shape[0] - 2 * m * m].reshape(VECTORS, (work.shape[0] - 2 * m * m) // VECTORS)
    J, M = work[K.size : K.size + m * m].reshape(m, m), work[K.size + m * m :].reshape(m, m)
    copy(y, out)
    rest = target - control[T]
    h = control[H] if control[H] > 0.0 else rest
    linearized = False
    for _ in range(SUBSTEPS):
        if rest == 0.0:
            return RUNNING
        if not h > RESOLUTION * abs(target):
            break
        h = min(h, rest)
        if not linearized:
            field(out, data, K[F0][:m])
            linearize(field, jacobian, out, data, control, K, J)
            linearized = True
        error = attempt(field, out, data, K, J, M, control[SYMMETRIC] != 0.0, h, rtol, atol)
        if error < 1.0 and within(K[Y_NEW][:m], LARGEST):
            copy(K[Y_NEW], out)
            linearized = False
            rest -= h
            h = propose(h, error, 0.0, 1.0)
        else:
            h = shrunk(h, error, EXPONENT)
    for j in range(m):
        out[j] = math.nan
    return STALLED
