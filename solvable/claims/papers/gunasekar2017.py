r"""Gunasekar, Woodworth, Bhojanapalli, Neyshabur and Srebro, Implicit Regularization in Matrix Factorization (arXiv
1705.09280): gradient flow on ``X = U U^T`` whose measurements commute.

With ``U' = -(2/n) sum_i r_i A_i U`` and commuting A_i,

    X(t) = E X(0) E,      E = exp(sum_i s_i(t) A_i),      s_i' = -(2/n) (<A_i, X> - y_i),

whether X(0) commutes with them or not. From ``X(0) = a 1`` the limit minimizes the relative entropy ``tr(X log X - X -
X log a)`` over the interpolants at every a, and tends to the least trace as a falls, with an excess of a power of a.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import linprog

from solvable import GradientFlow, MatrixSensing, claim, simulate
from solvable.theory import entropy_minimum, entropy_rate, least_trace
from solvable.theory.sensing.joint_eigenbasis import joint_eigenbasis

from ._problems import CONVERGES, reached_zero
from ._sensing import COMMUTE, FITS, commute, commuting, fitting, matrix_size, sensing_limit

CHOICE = "the measurements leave a choice"
START = "U has as many rows as X, and no more columns"


def _setting(lab, make):
    problem = lab.instance(make)
    A, y = problem["A"], problem["y"]
    lab.require(FITS, fitting(A, y))
    lab.require(COMMUTE, commute(A))
    return problem, A, y


@claim(
    "gunasekar2017-entropy",
    title="Commuting measurements: gradient flow projects the start in relative entropy, at every scale",
    statement=r"$X(0) = a I:\quad X_\infty = \mathrm{argmin}_{X \succeq 0,\ \mathcal{A}(X) = y}\ "
    r"\mathrm{tr}(X \log X - X - X \log a)$ for every $a > 0$, not only $a \to 0$",
    source="arXiv:1705.09280 (limit a -> 0, theorem number unverified); at finite a our own",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the measurements are symmetric and commute",
        "the measurements leave a choice",
        "the run reaches zero loss",
    ),
    rivals=("least trace", "twice the scale", "the scale of U"),
    convention="L = 1/(2n) sum (<A_i, U U^T> - y_i)^2, X(0) = U(0) U(0)^T = a 1, a = 1, 1e-2, 1e-4 of the size of X",
)
def entropy(lab):
    _, A, y = _setting(lab, commuting)
    model, size = MatrixSensing(A, y), matrix_size(A, y)
    for relative in (1.0, 1e-2, 1e-4):
        a = relative * size
        run = sensing_limit(model, model.init(np.sqrt(a)))
        lab.require(CONVERGES, reached_zero(run))
        minimum, other = entropy_minimum(A, y, alpha=a), entropy_minimum(A, y, alpha=2 * a).point
        lab.require(CHOICE, np.max(np.abs(minimum.point - other)) > 1e-5 * np.max(np.abs(minimum.point)))
        rivals = {"twice the scale": other, "least trace": least_trace(A, y).point}
        if relative < 1:
            rivals["the scale of U"] = entropy_minimum(A, y, alpha=np.sqrt(relative) * size).point
        lab.optimum(
            run.predictor(run.final),
            minimum,
            rivals=rivals,
            tolerance=1e-7,
            reason="the flow is integrated to relative accuracy 1e-10 a step",
        )


def started(rng, n=3, d=8):
    """`commuting`, and a start of rank 5 that commutes with none of the measurements."""
    return {**commuting(rng, n, d), "U": rng.standard_normal((d, min(d, 5))) / np.sqrt(d)}


@claim(
    "gunasekar2017-conjugation",
    title="Commuting measurements: the flow conjugates its start, whatever that is",
    statement=r"$X(t) = E\,X(0)\,E,\quad E = \exp \sum_i s_i(t) A_i,\quad s_i' = -\frac{2}{n}(\langle A_i, X\rangle"
    r" - y_i)$, also for an $X(0)$ that is singular and commutes with no $A_i$",
    source="arXiv:1705.09280, proof",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the measurements are symmetric and commute",
        "U has as many rows as X, and no more columns",
    ),
    rivals=("clock 1/n", "E on one side", "the start projected to what commutes"),
    convention="L = 1/(2n) sum (<A_i, U U^T> - y_i)^2, U(0) Gaussian of rank 5; at 1 and 10 units of time"
    " n / (2 |sum y_i A_i|)",
)
def conjugation(lab):
    problem, A, y = _setting(lab, started)
    U = problem["U"]
    lab.require(START, U.shape[0] == A.shape[1] and 1 <= U.shape[1] <= U.shape[0])
    model = MatrixSensing(A, y, rank=U.shape[1])
    unit = y.size / (2 * np.linalg.norm(np.tensordot(y, A, 1), 2))
    times = np.array([1.0, 10.0]) * unit
    run = simulate(model, GradientFlow(rtol=1e-12), U.ravel(), time=times[-1], save=times)

    def conjugated(s, start):
        values, vectors = np.linalg.eigh(np.tensordot(s, A, 1))
        E = (vectors * np.exp(values)) @ vectors.T
        return E @ start @ E, E @ E @ start

    def path(start, clock):
        def velocity(_, s):
            return -clock / y.size * (np.tensordot(A, conjugated(s, start)[0], 2) - y)

        return solve_ivp(velocity, (0, times[-1]), 0 * y, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-13).y.T

    start = U @ U.T
    axes = np.linalg.eigh(np.tensordot(np.sqrt(2 + np.arange(y.size)), A, 1))[1]
    projected = (axes * np.sum(axes * (start @ axes), axis=0)) @ axes.T
    shifts, slow, straight = path(start, 2), path(start, 1), path(projected, 2)
    lab.identity(
        run.predictor(),
        [conjugated(s, start)[0] for s in shifts],
        rivals={
            "clock 1/n": [conjugated(s, start)[0] for s in slow],
            "E on one side": [conjugated(s, start)[1] for s in shifts],
            "the start projected to what commutes": [conjugated(s, projected)[0] for s in straight],
        },
        tolerance=1e-9,
        reason="two integrations to relative accuracy 1e-12 a step",
    )


APART = "the exponent is from 1/3 to 0.85, 0.15 away from that of the dual vertex, and leads by 0.25"


def vertex_exponent(A, y):
    """The least positive reduced cost at the vertex of the dual that a linear program returns."""
    axes = np.linalg.eigh(np.tensordot(np.sqrt(2 + np.arange(y.size)), A, 1))[1]
    D = np.einsum("ji,njk,ki->ni", axes, A, axes)
    found = linprog(np.ones(D.shape[1]), A_eq=D, b_eq=y, bounds=(0, None), method="highs-ds")
    costs = 1 - D.T @ found.eqlin.marginals
    return float(np.min(costs[costs > 1e-6], initial=np.inf))


def _apart(A, y):
    rate = entropy_rate(A, y)
    slack, c, vertex = np.linalg.eigvalsh(rate.slack), rate.exponent, vertex_exponent(A, y)
    following = np.min(slack[slack > c + 1e-6], initial=np.inf)
    near = min(1 - c, abs(c - vertex), following - c - 0.1)
    return bool(rate.unique and c > 1 / 3 and np.isfinite(vertex) and near > 0.15)


def degenerate(rng, n=3, d=8):
    """Commuting measurements of a matrix of rank 1 or 2, the least trace, which leaves its multiplier free."""
    for _ in range(200):
        Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
        D, x = rng.standard_normal((n, d)), np.zeros(d)
        x[: rng.integers(1, 3)] = 1.0
        A, y = np.einsum("ij,nj,kj->nik", Q, D, Q), D @ x
        if np.isclose(entropy_rate(A, y).least_trace, np.sum(x), rtol=1e-6) and _apart(A, y):
            break
    return {"A": A, "y": y}


@claim(
    "gunasekar2017-rate",
    title="Commuting measurements: the trace exceeds the least one by a power of the scale",
    statement=r"$\mathrm{tr}\,X_\infty - t \sim C a^c,\quad c = \max_{\nu:\ (D^T\nu)_S = 1}\ \min_{j \notin S}"
    r"\ (1 - (D^T\nu)_j)$; S the support of the least trace t, D the joint eigenvalues",
    source="arXiv:1705.09280 (the limit); the rate is our own",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the measurements are symmetric and commute",
        "the exponent is from 1/3 to 0.85, 0.15 away from that of the dual vertex, and leads by 0.25",
        "the run reaches zero loss",
    ),
    rivals=("exponent 1", "reduced costs of a vertex of the dual"),
    convention="X(0) = a 1, a = 1e-9 and 1e-11, with the measurements in their joint eigenbasis, which turns the flow"
    " with it (compared at a = 1e-2): elsewhere rounding refills the directions that the flow empties; a least trace of"
    " lower rank than there are measurements, so that the dual has many solutions",
)
def rate(lab):
    _, A, y = _setting(lab, degenerate)
    size = matrix_size(A, y)
    axes, eigenvalues = joint_eigenbasis(A)
    given, turned = MatrixSensing(A, y), MatrixSensing(eigenvalues[:, :, None] * np.eye(len(axes)), y)
    rough, other = (sensing_limit(model, model.init(np.sqrt(1e-2 * size))) for model in (given, turned))
    lab.require(CONVERGES, reached_zero(rough))
    lab.require(APART, _apart(A, y))
    lab.identity(
        rough.predictor(rough.final),
        axes @ other.predictor(other.final) @ axes.T,
        tolerance=1e-7,
        reason="two flows integrated to relative accuracy 1e-10 a step",
    )
    found = entropy_rate(A, y)
    scales, excess = size * np.array([1e-9, 1e-11]), []
    for a in scales:
        # Where the flow takes an eigenvalue of U below the rounding of the largest one, entries outside the diagonal
        # would keep that rounding, grow with what is left of the row, and change the limit: here they stay zero.
        # The eigenvalues that the least trace lacks are of order a^c, and so is the rate of the last approach.
        run = sensing_limit(turned, turned.init(np.sqrt(a)), slow=1e9, atol=1e-10 * np.sqrt(a))
        lab.require(CONVERGES, reached_zero(run))
        excess.append(np.trace(run.predictor(run.final)) - found.least_trace)
    lab.identity(
        np.log(excess[0] / excess[1]) / np.log(scales[0] / scales[1]),
        found.exponent,
        rivals={"exponent 1": 1.0, "reduced costs of a vertex of the dual": vertex_exponent(A, y)},
        scale=1.0,
        tolerance=0.01,
        reason="the next power of the scale, and rounding of the excess",
    )
