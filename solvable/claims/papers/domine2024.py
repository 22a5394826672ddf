r"""Dominé, Anguita, Proca, Braun, Kunin, Mediano and Saxe, From Lazy to Rich: Exact Learning Dynamics in Deep Linear
Networks (arXiv:2409.14623), after Fukumizu (1998) and Braun et al. (2022).

Two layers with ``W2^T W2 - W1 W1^T = lambda I`` at the start and white inputs are solved in time: ``Q = [W1^T; W2]``
obeys a Riccati equation, closed in ``Q Q^T``, whose blocks are ``W1^T W1``, ``W2 W1`` and ``W2 W2^T``. Here the layers
are integrated.
"""

from __future__ import annotations

import numpy as np

from solvable import DeepLinearNetwork, GradientFlow, claim, simulate
from solvable.theory import balanced_two_layer
from solvable.theory.deep_linear.riccati import RiccatiSolution

TIMES = np.array([0.0, 0.3, 1.0, 3.0, 10.0])
"""In units of the inverse of the largest singular value of the target."""

SHAPES = ((4, 3, 3, 0.0), (3, 2, 4, 0.0), (3, 3, 5, 0.7), (5, 4, 4, 3.0), (2, 1, 3, -0.7))
"""Inputs, hidden width, outputs, lambda."""

SQUARE = "the target and the layers are square, of one size, at least 2"
APART = "the determinants differ in sign, and the singular values of the target are well apart"
BALANCED = "the layers are balanced at lambda = 0, and not large"
GENERIC = "generic: in the leading eigenvectors of F, fewer than d, the start has full rank"
LEAST = 0.05
"""Of the singular values that make a start generic, in units of the square root of the target's largest."""


def target(rng):
    """A target for each shape, of largest singular value 1, and the seed of the starts."""
    targets = {}
    for k, (d_in, _, d_out, _) in enumerate(SHAPES):
        Y = rng.standard_normal((d_out, d_in))
        targets[f"Y{k}"] = Y / np.linalg.norm(Y, 2)
    return {**targets, "start": int(rng.integers(2**31))}


def balanced_start(rng, d_in, h, d_out, level):
    """Random layers with ``W2^T W2 - W1 W1^T = level I``; lambda below zero by exchanging the layers."""
    if level < 0:
        W1, W2 = balanced_start(rng, d_out, h, d_in, -level)
        return W2.T, W1.T
    frame, _ = np.linalg.qr(rng.standard_normal((h, h)))
    inner, _ = np.linalg.qr(rng.standard_normal((d_in, min(h, d_in))))
    outer, _ = np.linalg.qr(rng.standard_normal((d_out, h)))
    s = np.zeros(h)
    s[: inner.shape[1]] = rng.uniform(0.1, 0.4, inner.shape[1])
    return (frame[:, : inner.shape[1]] * s[: inner.shape[1]]) @ inner.T, (outer * np.sqrt(s * s + level)) @ frame.T


def integrated(W1, W2, Y, times):
    """The layers at the times, from a network on white inputs."""
    d = Y.shape[1]
    X = np.sqrt(d) * np.eye(d)
    model = DeepLinearNetwork(X, Y @ X, W1.shape[0])
    flow = GradientFlow(rtol=1e-12, atol=1e-14)
    run = simulate(model, flow, model.pack(W_1=W1, W_2=W2), time=times[-1], save=times)
    parts = model.unpack(run.theta)
    return parts["W_1"], parts["W_2"]


def blocks(first, second):
    """``W1^T W1``, ``W2 W1``, ``W2 W2^T``, flat, over the leading axis."""
    parts = (np.swapaxes(first, -1, -2) @ first, second @ first, second @ np.swapaxes(second, -1, -2))
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


@claim(
    "domine2024-balanced",
    title="Balanced two-layer networks are solved in time",
    statement=r"$S(t) = e^{Ft} Q_0 \left( I + Q_0^T \int_0^t e^{2Fs} ds\, Q_0 \right)^{-1} Q_0^T e^{Ft},\quad"
    r" Q = [W_1^T;\, W_2],\ S = Q Q^T$",
    source="arXiv:2409.14623, after Fukumizu (1998) and Braun et al. (2022), theorem numbers unverified",
    rivals=("the formula of lambda = 0", "twice the clock"),
    convention="|W2 W1 - Y|^2 / 2, F = [[-lambda I, 2 Y^T], [2 Y, lambda I]] / 2; five shapes, d_in != d_out, hidden"
    " layers narrower than the output, lambda = 0, 0.7, 3, -0.7; five times",
)
def balanced(lab):
    problem = lab.instance(target)
    rng = np.random.default_rng(problem["start"])
    for k, (d_in, h, d_out, level) in enumerate(SHAPES):
        Y = problem[f"Y{k}"]
        W1, W2 = balanced_start(rng, d_in, h, d_out, level)
        rivals = {"twice the clock": solved(W1, W2, Y, 2 * TIMES)}
        if level:
            without = RiccatiSolution(np.vstack([W1.T, W2]), Y, 0.0)
            factors = np.array([without.factor(float(t)) for t in TIMES])
            rivals["the formula of lambda = 0"] = blocks(np.swapaxes(factors[:, :d_in], 1, 2), factors[:, d_in:])
        lab.identity(
            blocks(*integrated(W1, W2, Y, TIMES)),
            solved(W1, W2, Y, TIMES),
            rivals=rivals,
            tolerance=1e-9,
            reason="the layers are integrated to 1e-12 a step",
        )


def solved(W1, W2, Y, times):
    """The blocks by the closed form."""
    found = balanced_two_layer(W1, W2, Y, times)
    parts = (found.first_gram, found.product, found.second_gram)
    return np.concatenate([part.reshape(len(times), -1) for part in parts], axis=1)


def obstructed_target(rng):
    """A square target and orthogonal layers whose product has a determinant of the other sign, a generic one."""
    while True:
        left, right, first, second = (np.linalg.qr(rng.standard_normal((3, 3)))[0] for _ in range(4))
        Y = (left * [1.0, rng.uniform(0.65, 0.75), rng.uniform(0.3, 0.4)]) @ right
        if np.linalg.det(second @ first) * np.linalg.det(Y) > 0:
            first[0] *= -1
        if opening(0.3 * first, 0.3 * second, Y) > LEAST:
            return {"Y": Y, "W1": 0.3 * first, "W2": 0.3 * second}


def opening(W1, W2, Y):
    """Least singular value of ``Q_0`` in the leading k eigenvectors of F, over ``k < d``: zero if these are blocked."""
    U, _, Vt = np.linalg.svd(Y)
    rows = (Vt @ W1.T + U.T @ W2) / np.sqrt(2)
    return min(float(np.linalg.svd(rows[:k], compute_uv=False)[-1]) for k in range(1, len(Y)))


@claim(
    "domine2024-obstructed",
    title="Balanced layers whose determinant has the wrong sign end at a saddle",
    statement=r"$\det(W_2 W_1)\,\det Y < 0,\ W_2^T W_2 = W_1 W_1^T,\ Q_0$ generic $\ \Rightarrow\ \ L(t) \to"
    r" \sigma_{\min}(Y)^2 / 2$",
    source="arXiv:2409.14623 (the solution); the statement is our own",
    hypotheses=(
        "the target and the layers are square, of one size, at least 2",
        "the determinants differ in sign, and the singular values of the target are well apart",
        "the layers are balanced at lambda = 0, and not large",
        "generic: in the leading eigenvectors of F, fewer than d, the start has full rank",
        "the start determines the solution up to the time of the comparison",
    ),
    rivals=("ends at the target", "half the plateau", "the largest mode is blocked"),
    convention="|W2 W1 - Y|^2 / 2, lambda = 0; up to the time 15 / sigma_min; Q_0 = [W1^T; W2], F as for"
    " domine2024-balanced",
    errata="The determinants and the balance alone do not say where the layers end: where leading blocks of the start"
    " are singular other modes are blocked, or several at once. With Y = diag(1, .7, .4), W1 = .3 I and W2 = .3"
    " diag(1, -1, 1) the loss goes to .7^2/2.",
)
def obstructed(lab):
    problem = lab.instance(obstructed_target)
    Y, W1, W2 = (problem[name] for name in ("Y", "W1", "W2"))
    lab.require(SQUARE, Y.shape == W1.shape == W2.shape == (len(Y), len(Y)) and len(Y) >= 2)
    s = np.linalg.svd(Y, compute_uv=False)
    apart = s[-1] > 0.1 * s[0] and np.min(-np.diff(s)) > 0.6 * s[-1]
    lab.require(APART, apart and signs(W1) * signs(W2) * signs(Y) < 0)
    # In units in which the largest singular value of the target is 1.
    Y, W1, W2, s = Y / s[0], W1 / np.sqrt(s[0]), W2 / np.sqrt(s[0]), s / s[0]
    size = np.linalg.norm(W1, 2)
    lab.require(BALANCED, size < 5 and np.linalg.norm(W2.T @ W2 - W1 @ W1.T) <= 1e-12 * size**2)
    lab.require(GENERIC, opening(W1, W2, Y) > LEAST)
    end = 15 / s[-1]
    found = balanced_two_layer(W1, W2, Y, end)
    lab.require("the start determines the solution up to the time of the comparison", end < found.determined_until)
    first, second = integrated(W1, W2, Y, np.array([0.0, end]))
    product = second[-1] @ first[-1]
    lab.identity(
        product, found.product, rivals={"ends at the target": Y}, tolerance=1e-3, reason="rounding grows on the saddle"
    )
    lab.identity(
        np.sum((product - Y) ** 2) / 2,
        s[-1] ** 2 / 2,
        rivals={
            "ends at the target": 0.0,
            "half the plateau": s[-1] ** 2 / 4,
            "the largest mode is blocked": s[0] ** 2 / 2,
        },
        tolerance=1e-3,
        reason="what is left decays like exp(-2 t sigma_min), and like exp(-2 t gap) where the order settles",
    )


def signs(W):
    """The sign of the determinant."""
    return np.linalg.slogdet(W)[0]
