r"""The modes of a whole deep linear network (Saxe, McClelland and Ganguli, arXiv:1312.6120).

On white inputs, ``X X^T = n I``, with ``Y X^T / n = U S V^T``, layers that start along these directions, ``W_1 = R_1
diag(u_0^{1/N}) V^T``, ..., ``W_N = U diag(u_0^{1/N}) R_{N-1}^T`` with any orthonormal R, stay along them, and every
mode learns alone, as the product of numbers in `saxe2013`. What is not linear in X, in Y, only adds to the loss.
"""

from __future__ import annotations

import numpy as np

from solvable import DeepLinearNetwork, GradientFlow, claim, simulate
from solvable.theory import deep_scalar_mode, escape_time

WHITE = "the inputs are white, X X^T = n I"
RANK = "Y X^T / n has full rank, and modes of different strength"
SHARE = 0.01
"""Where the modes start, over the strongest of them."""


def frame(rng, rows, columns):
    """Orthonormal columns."""
    return np.linalg.qr(rng.standard_normal((rows, columns)))[0]


def white_inputs(rng):
    """Twelve samples of three white inputs and two noisy linear functions of them."""
    X = np.sqrt(12) * frame(rng, 12, 3).T
    target = frame(rng, 2, 2) @ np.diag(rng.uniform([0.5, 1.7], [1.2, 3.0])) @ frame(rng, 3, 2).T
    return {"X": X, "Y": target @ X + 0.3 * rng.standard_normal((2, 12))}


@claim(
    "saxe2013-network",
    title="On white inputs the modes of a deep linear network learn one by one",
    statement=r"$\frac{1}{n} Y X^T = \sum_r s_r\, a_r b_r^T,\ W(0) = u_0 \sum_r a_r b_r^T$ aligned: $W(t) ="
    r" \sum_r u_r(t)\, a_r b_r^T,\ \ u_r' = N u_r^{2 - 2/N}(s_r - u_r)$",
    source="arXiv:1312.6120, equation numbers unverified",
    hypotheses=("the inputs are white, X X^T = n I", "Y X^T / n has full rank, and modes of different strength"),
    rivals=("the rate of one layer", "the clock of the sum over samples", "all modes at the mean strength"),
    convention="L = 1/(2n) |W_N ... W_1 X - Y|^2, hidden widths 4, N = 2, 3 and 4; aligned layers, all modes from 1 % "
    "of the strongest",
)
def network(lab):
    problem = lab.instance(white_inputs)
    X, Y = problem["X"], problem["Y"]
    lab.require(WHITE, X.ndim == 2 and np.max(np.abs(X @ X.T / X.shape[1] - np.eye(X.shape[0]))) < 1e-8)
    lab.require(RANK, X.shape[1:] == Y.shape[1:])
    U, s, Vt = np.linalg.svd(Y @ X.T / X.shape[1], full_matrices=False)
    lab.require(RANK, 2 * SHARE * s[0] < s[-1] < 0.95 * s[0])
    rng, u0 = np.random.default_rng(lab.seed), SHARE * s[0]
    for depth in (2, 3, 4):
        width = max(4, s.size)
        frames = [Vt.T, *(frame(rng, width, s.size) for _ in range(depth - 1)), U]
        root = u0 ** (1 / depth)
        start = np.concatenate([(root * frames[j + 1] @ frames[j].T).ravel() for j in range(depth)])
        model = DeepLinearNetwork(X, Y, (width,) * (depth - 1))
        times = np.linspace(0.2, 1.6, 8) * escape_time(u0, s[-1], depth)
        run = simulate(model, GradientFlow(rtol=1e-11), start, time=times[-1], save=times)
        moment = times[:, None]
        rivals = {
            "the rate of one layer": deep_scalar_mode(u0, s, depth, moment / depth),
            "the clock of the sum over samples": deep_scalar_mode(u0, s, depth, moment * X.shape[1]),
            "all modes at the mean strength": deep_scalar_mode(u0, np.full(s.size, np.mean(s)), depth, moment),
        }
        lab.identity(
            run.predictor(),
            network_of(deep_scalar_mode(u0, s, depth, moment), U, Vt),
            rivals={name: network_of(modes, U, Vt) for name, modes in rivals.items()},
            tolerance=1e-7,
            reason="the flow is integrated to relative accuracy 1e-11 a step",
        )


def network_of(modes, U, Vt):
    """``U diag(u) V^T`` for ``u (T, r)``."""
    return np.einsum("or,tr,ri->toi", U, modes, Vt)
