r"""Blanc, Gupta, Valiant and Valiant (arXiv:1904.09080) on matrix sensing: what label noise selects.

The drift of label noise is that of ``(h s^2 / 4 b) (1/n) sum_i |grad f_i|^2`` along the minima (`blanc2019`). For
``f_i = <A_i, U U^T>`` the mean is ``4 <S, X>``, ``S = (1/n) sum A_i^2``; for ``<A_i, U V^T>`` it is ``tr U^T P U + tr
V^T R V`` with ``P, R = (1/n) sum A_i A_i^T, (1/n) sum A_i^T A_i``, at its least ``2 |P^(1/2) X R^(1/2)|_*``. From any
start, small or not, SGD goes to the interpolant of least weighted trace or nuclear norm, if the weights are positive
definite: what no measurement sees, noise does not move. On average over Gaussian
measurements the weights are multiples of the identity; in a finite sample they are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import null_space

from solvable import LabelNoiseSGD, MatrixSensing, claim, simulate
from solvable.theory import (
    Minimum,
    label_noise_weights,
    least_nuclear_norm,
    least_trace,
    penalized_nuclear_norm,
    penalized_trace,
)

from ._problems import CONVERGES, reached_zero
from ._sensing import FITS, fitting, matrix_size, sensing_limit

APART = "the minima with and without weights are certified and differ by 60 %"
AWAY = "gradient flow ends elsewhere, 55 % away"
FULL = "the weights are positive definite"
RANKED = "the nonzero singular values of the minimum are above 5 % of its norm"
SOON = "the minimum is reached within five million steps"
CLOSE = "the penalty of this step and noise moves the minimum by less than 1 %"
NARROW = "the factors are narrow, left and right of different sides and as many columns"
LIMIT = 5e6
LONG, LOUDER = 8.0, 4.0
"""Slow time in units of the slowest rate, and how much louder the noise is on the way there."""


class Selection(NamedTuple):
    """What label noise selects, the same without weights, and the rate of the slowest approach per slow time."""

    model: MatrixSensing
    chosen: Minimum
    plain: Minimum
    rate: float

    @property
    def step(self) -> float:
        """Step size times sharpness."""
        return 0.0125 if self.model.symmetric else 0.025

    @property
    def floor(self) -> float:
        """Step size times squared noise, as a share of the matrix."""
        return 5e-4 if self.model.symmetric else 1e-3

    def distance(self, X: np.ndarray) -> float:
        """From the chosen matrix, in units of its norm."""
        return float(np.linalg.norm(X - self.chosen.point) / np.linalg.norm(self.chosen.point))

    def plan(self) -> tuple[LabelNoiseSGD, float]:
        """The method, and the number of its steps to the end of the slow time."""
        sharpness = np.linalg.eigvalsh(self.model.hessian(balanced(self.model, self.chosen.point)))[-1]
        h = self.step / sharpness
        method = LabelNoiseSGD(h, np.sqrt(self.floor * np.linalg.norm(self.chosen.point) / h))
        return method, LONG / self.rate / (h * method.noise_std) ** 2

    def shift(self) -> float:
        """How far the minimum moves if the drift is a penalty on the loss, as it is at a finite step."""
        A, y, strength = self.model.A, self.model.y, self.floor * np.linalg.norm(self.chosen.point)
        if self.model.symmetric:
            return self.distance(penalized_trace(A, y, label_noise_weights(A), strength).point)
        left, right = label_noise_weights(A, symmetric=False)
        return self.distance(penalized_nuclear_norm(A, y, left, right, strength / 2).point)


def balanced(model, X):
    """The flattest factors of X, where the weights let them be."""
    A, d = model.A, model.columns
    if model.symmetric:
        values, axes = np.linalg.eigh(X)
        return (axes * np.sqrt(np.maximum(values, 0))).ravel()
    P, R = (root(W) for W in label_noise_weights(A, symmetric=False))
    left, values, right = np.linalg.svd(P @ X @ R)
    half = np.sqrt(values[:d])
    U, V = np.linalg.pinv(P) @ (left[:, :d] * half), np.linalg.pinv(R) @ (right[:d].T * half)
    return np.concatenate([U.ravel(), V.ravel()])


def root(weight):
    """The symmetric square root."""
    values, axes = np.linalg.eigh(weight)
    return (axes * np.sqrt(np.maximum(values, 0))) @ axes.T


def semidefinite(A, y):
    """For ``X = U U^T``: on the slow clock ``dU/dT = -2 (S - sum nu_i A_i) U``, nu such that it stays a minimum."""
    S = label_noise_weights(A)
    chosen = least_trace(A, y, weight=S)
    slack = 2 * (S - np.tensordot(chosen.multiplier, A, 1))
    return _selection(MatrixSensing(A, y), chosen, least_trace(A, y), slack)


def bilinear(A, y):
    """For ``X = U V^T``: the same with half the Hessian of the Lagrangian in ``[U; V]``."""
    P, R = label_noise_weights(A, symmetric=False)
    chosen = least_nuclear_norm(A, y, P, R)
    N = np.tensordot(chosen.multiplier, A, 1)
    slack = np.block([[P, -N], [-N.T, R]]) / 2
    return _selection(MatrixSensing(A, y, symmetric=False), chosen, least_nuclear_norm(A, y), slack)


def _selection(model, chosen, plain, slack):
    """With the least nonzero eigenvalue of the slack in the tangent space of the minima."""
    J = model.jacobian(balanced(model, chosen.point))
    free = null_space(J, rcond=1e-10)
    values = np.linalg.eigvalsh(free.T @ np.kron(slack, np.eye(model.columns)) @ free)
    return Selection(
        model, chosen, plain, float(np.min(values[values > 1e-7 * np.max(np.abs(values), initial=0)], initial=np.inf))
    )


def decisive(selection):
    """Whether the two minima are certified and far apart."""
    certified = selection.chosen.certified and selection.plain.certified
    return bool(certified and selection.distance(selection.plain.point) > 0.6)


def ranked(selection):
    """Whether the rank of the minimum is clear."""
    values = np.linalg.svd(selection.chosen.point, compute_uv=False) / np.linalg.norm(selection.chosen.point)
    return bool(np.min(values[values > 1e-7]) > 0.05)


def _drawn(draw, select):
    """The first of many problems that is decided soon."""
    for _ in range(200):
        A, X = draw()
        y = np.tensordot(A, X, 2) / np.linalg.norm(X)
        selection = select(A, y)
        if not (
            decisive(selection)
            and ranked(selection)
            and selection.plan()[1] < 0.5 * LIMIT
            and selection.shift() < 0.005
        ):
            continue
        flow = flow_end(selection.model)
        if reached_zero(flow) and selection.distance(flow.predictor(flow.final)) > 0.6:
            break
    return {"A": A, "y": y}


def flow_end(model):
    """Gradient flow from a start of moderate size."""
    return sensing_limit(model, model.init(0.8 * np.sqrt(matrix_size(model.A, model.y))))


def stretched(rng, d):
    """Scales from 1/2 to 2 in a random order: what makes the weights differ from the identity."""
    return np.geomspace(0.5, 2, d)[rng.permutation(d)] ** 0.5


def symmetric_sensing(rng, n=4, d=4):
    """Symmetric measurements with unequal rows of a matrix of rank 2, fewer than determine it."""

    def draw():
        scale, U = stretched(rng, d), rng.standard_normal((d, 2))
        G = rng.standard_normal((n, d, d)) * np.outer(scale, scale)
        return (G + G.transpose(0, 2, 1)) / 2, U @ U.T

    return _drawn(draw, semidefinite)


def rectangular_sensing(rng, n=4):
    """The same for a 3 x 4 matrix."""

    def draw():
        G = rng.standard_normal((n, 3, 4)) * np.outer(stretched(rng, 3), stretched(rng, 4))
        return G, rng.standard_normal((3, 2)) @ rng.standard_normal((2, 4))

    return _drawn(draw, bilinear)


def check_selection(lab, make, select, plain):
    """The time average of SGD with label noise against the minimum, from the end of gradient flow."""
    problem = lab.instance(make)
    A, y = problem["A"], problem["y"]
    lab.require(FITS, fitting(A, y) and (select is bilinear or A.shape[1] == A.shape[2]))
    model = MatrixSensing(A, y, symmetric=select is semidefinite)
    weights = (label_noise_weights(A),) if select is semidefinite else label_noise_weights(A, symmetric=False)
    lab.require(FULL, all(np.linalg.cond(W) < 1e3 for W in weights))
    flow = flow_end(model)
    lab.require(CONVERGES, reached_zero(flow))
    selection = select(model.A, y)
    end = flow.predictor(flow.final)
    lab.require(APART, decisive(selection))
    # A singular value of the size of the fluctuations is there at times and gone at others.
    lab.require(RANKED, ranked(selection))
    lab.require(AWAY, selection.distance(end) > 0.55)
    method, steps = selection.plan()
    lab.require(SOON, steps < LIMIT)
    lab.require(CLOSE, selection.shift() < 0.01)
    loud = LabelNoiseSGD(method.step_size, LOUDER * method.noise_std)
    warm = simulate(model, loud, flow.final, steps=int(steps / 2), seed=lab.seed).final
    save = np.linspace(steps / 2, 2 * steps, 4001).astype(int)
    run = simulate(model, method, warm, steps=save[-1], save=save, seed=lab.seed + 1)
    X = np.mean(run.predictor(), axis=0)
    rivals = {plain: selection.plain.point, "the limit of gradient flow": end}
    lab.bound(selection.distance(X), 0.025, reason="an inequality: 2.5 % in the Frobenius norm")
    chosen = selection.chosen.point
    for name, other in rivals.items():
        way = other - chosen
        lab.identity(
            np.sum((X - chosen) * way) / np.sum(way**2),
            0.0,
            rivals={name: 1.0},
            scale=1.0,
            tolerance=0.05,
            reason="a share of the way to the rival: first order in the step, and the fluctuations",
        )
    unit = np.linalg.norm(chosen)
    others = [-float(np.linalg.norm(X - other) / unit) for other in rivals.values()]
    lab.bound(others, [-0.5, -0.5], reason="an inequality: the rivals are 50 % away and more")


@claim(
    "blanc2019-sensing-trace",
    title="Label noise on matrix sensing selects the least weighted trace, from any start",
    statement=r"$\frac{1}{n}\sum_i |\nabla f_i|^2 = 4 \langle S, UU^T \rangle,\ S = \frac{1}{n} \sum_i A_i^2"
    r" \succ 0:\quad X_\infty = \mathrm{argmin}_{X \succeq 0,\ \mathcal{A}(X) = y} \langle S, X \rangle$",
    source="arXiv:1904.09080 (matrix sensing, theorem number unverified); exact in a finite sample, our own",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the weights are positive definite",
        "the run reaches zero loss",
        "the minima with and without weights are certified and differ by 60 %",
        "gradient flow ends elsewhere, 55 % away",
        "the nonzero singular values of the minimum are above 5 % of its norm",
        "the minimum is reached within five million steps",
        "the penalty of this step and noise moves the minimum by less than 1 %",
    ),
    rivals=("least trace", "the limit of gradient flow"),
    convention="L = 1/(2n) sum (<A_i, U U^T> - y_i)^2, U d x d, one example a step, signs; n = d = 4;"
    " h lambda = 0.0125, h s^2 = 0.0005 |X|, four times the noise on the way; time average; distances in units of |X|",
    errata="The paper's regularizer is the mean over Gaussian measurements, a multiple of the nuclear norm. In a finite"
    " sample it is the weighted trace, and SGD ends 60 % and more from the least trace.",
)
def trace(lab):
    check_selection(lab, symmetric_sensing, semidefinite, "least trace")


@claim(
    "blanc2019-sensing-nuclear",
    title="Label noise on bilinear sensing selects the least weighted nuclear norm",
    statement=r"$P, R = \frac{1}{n} \sum_i A_i A_i^T,\ \frac{1}{n} \sum_i A_i^T A_i:\quad"
    r" X_\infty = \mathrm{argmin}_{\mathcal{A}(X) = y} \|P^{1/2} X R^{1/2}\|_*$ for $X = U V^T$",
    source="arXiv:1904.09080 (matrix sensing, theorem number unverified); exact in a finite sample, our own",
    hypotheses=(
        "A holds one matrix for each entry of y",
        "the weights are positive definite",
        "the run reaches zero loss",
        "the minima with and without weights are certified and differ by 60 %",
        "gradient flow ends elsewhere, 55 % away",
        "the nonzero singular values of the minimum are above 5 % of its norm",
        "the minimum is reached within five million steps",
        "the penalty of this step and noise moves the minimum by less than 1 %",
    ),
    rivals=("least nuclear norm", "the limit of gradient flow"),
    convention="L = 1/(2n) sum (<A_i, U V^T> - y_i)^2, full width, one example a step, signs; n = 4, 3 x 4;"
    " h lambda = 0.025, h s^2 = 0.001 |X|, four times the noise on the way; time average; distances in units of |X|",
)
def nuclear(lab):
    check_selection(lab, rectangular_sensing, bilinear, "least nuclear norm")


def factors(rng):
    """A square and a pair of rectangular factors."""
    return {
        "U": rng.standard_normal((4, 4)), "left": rng.standard_normal((3, 3)), "right": rng.standard_normal((5, 3)),
    }  # fmt: skip


@claim(
    "blanc2019-gaussian-measurements",
    title="Gaussian measurements: the mean square gradient is a multiple of the nuclear norm",
    statement=r"$E |\nabla \langle G, UU^T \rangle|^2 = (2d + 2) \|U\|_F^2$ and $E |\nabla \langle G, UV^T \rangle|^2"
    r" = d_1 \|V\|_F^2 + d_2 \|U\|_F^2$, at its least $2 \sqrt{d_1 d_2} \|X\|_*$",
    source="arXiv:1904.09080 (matrix sensing, theorem number unverified); the constants are our own",
    hypotheses=("the factors are narrow, left and right of different sides and as many columns",),
    rivals=("4 d", "sides exchanged", "2 |X|_* without the sides"),
    convention="exact: a quadratic in G has its Gaussian mean over the d_1 d_2 matrices (d_1 d_2)^(1/2) E_ij; G is not"
    " symmetric, f sees its symmetric part",
)
def gaussian(lab):
    problem = lab.instance(factors)
    U, left, right = problem["U"], problem["left"], problem["right"]
    narrow = all(0 < factor.shape[1] <= len(factor) for factor in (U, left, right))
    lab.require(NARROW, narrow and left.shape[1] == right.shape[1] and len(left) != len(right))

    def mean(symmetric, theta, d1, d2, rank):
        units = np.sqrt(d1 * d2) * np.eye(d1 * d2).reshape(-1, d1, d2)
        model = MatrixSensing(units, np.zeros(d1 * d2), rank=rank, symmetric=symmetric)
        return np.mean(np.sum(model.jacobian(theta) ** 2, axis=1))

    d, size = len(U), np.sum(U**2)
    lab.identity(
        mean(True, U.ravel(), d, d, U.shape[1]), (2 * d + 2) * size, rivals={"4 d": 4 * d * size}, tolerance=1e-12
    )  # fmt: skip
    (d1, rank), d2 = left.shape, len(right)
    theta = np.concatenate([left.ravel(), right.ravel()])
    squares = np.sum(left**2), np.sum(right**2)
    lab.identity(
        mean(False, theta, d1, d2, rank),
        d1 * squares[1] + d2 * squares[0],
        rivals={"sides exchanged": d2 * squares[1] + d1 * squares[0]},
        tolerance=1e-12,
    )
    a, values, b = np.linalg.svd(left @ right.T, full_matrices=False)
    half, tilt = np.sqrt(values[:rank]), (d1 / d2) ** 0.25
    flattest = np.concatenate([(tilt * a[:, :rank] * half).ravel(), (b[:rank].T * half / tilt).ravel()])
    norm = 2 * np.sum(values)
    lab.identity(
        mean(False, flattest, d1, d2, rank),
        np.sqrt(d1 * d2) * norm,
        rivals={"2 |X|_* without the sides": norm},
        tolerance=1e-12,
    )
