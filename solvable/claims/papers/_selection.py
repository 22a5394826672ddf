"""Matrix sensing problems on which label noise has something to select, and what it selects.

On the slow clock the noise descends a weighted trace or nuclear norm along the interpolants (`blanc2019_sensing`). The
rate of its slowest approach is the least nonzero eigenvalue of the Hessian of the Lagrangian in their tangent space.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import null_space

from solvable import LabelNoiseSGD, MatrixSensing
from solvable.theory import (
    Minimum,
    label_noise_weights,
    least_nuclear_norm,
    least_trace,
    penalized_nuclear_norm,
    penalized_trace,
)

from ._problems import reached_zero
from ._sensing import matrix_size, sensing_limit

APART = "the minima with and without weights are certified and differ by 60 %"
LIMIT = 5e6
LONG = 8.0
"""Slow time of a run in units of the slowest rate."""


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
