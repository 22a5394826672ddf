r"""The diverging completion of Razin and Cohen (arXiv:2005.06398) at two layers, where simulation of the layers fails.

``(log det W)' = -(2/3) W_22`` makes the determinant sink like ``exp(-(t^2/2)^{1/3})``: below the rounding of float64
after a time of a few hundred. Layers that should diverge then cross to a negative determinant and converge, at an entry
``W_11`` of about ten. The flow of ``(W_12 - 1, log W_22, log det W)``, closed for symmetric positive definite W, does
not: it is that of the layers as long as they are right, and goes on.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, MatrixSensing, VectorField, claim, simulate
from solvable.theory import completion_flow, completion_growth, completion_log_det

from ._completion import draw_start, is_small

DEFINITE = "the start is symmetric and positive definite, with eigenvalues from 0.05 to 2"


@claim(
    "razin2020-two-layers",
    title="Two layers: the determinant sinks below rounding, its logarithm says how the free entry diverges",
    statement=r"$\frac{d}{dt} \log\det W = -\frac{2}{3}W_{22}:\quad |W_{11}| \sim (2t)^{1/3},\quad"
    r" \log\det W \sim -\left(\frac{t^2}{2}\right)^{1/3}$",
    source="arXiv:2005.06398 (divergence), theorem number unverified;"
    " laws derived in solvable.theory.sensing.completion",
    hypotheses=("the start is symmetric and positive definite, with eigenvalues from 0.05 to 2",),
    rivals=("half the clock", "the square root of time", "the clock of the sum of squares", "a power of time"),
    convention="L = (1/6) sum of the three squared residuals, W = U V^T from U = V; factors to a time of 60,"
    " then (W_12 - 1, log W_22, log det W) to 1e7",
)
def two_layers(lab):
    W0 = lab.instance(lambda rng: {"start": definite(draw_start(rng)["start"])})["start"]
    lab.require(DEFINITE, is_small(W0) and W0[0, 1] == W0[1, 0] and within(np.linalg.eigvalsh(W0), 0.05, 2))
    early = np.array([0.5, 2.0, 7.0, 20.0, 60.0])
    lab.identity(
        factored(W0, early),
        entries(completion_flow(W0, early)),
        rivals={"half the clock": entries(completion_flow(W0, early / 2))},
        tolerance=1e-6,
        reason="rounding of det W, 1e-16 in about 1e-5",
    )
    late = np.geomspace(1e3, 1e7, 9)
    r, log_v, log_d = logarithmic(W0, late)
    x = (np.exp(log_d) + (1 + r) ** 2) / np.exp(log_v)
    law, sinking = completion_growth(2, late), completion_log_det(2, late)
    lab.limit(
        late,
        x / law,
        1.0,
        rivals={
            "the square root of time": (4 * late[-1] / 3) ** 0.5 / law[-1],
            "the clock of the sum of squares": 3 ** (1 / 3),
        },
        tolerance=1e-3,
        reason="corrections fall with a power of time",
    )
    lab.limit(
        late,
        log_d / sinking,
        1.0,
        rivals={"a power of time": completion_log_det(3, late[-1]) / sinking[-1]},
        tolerance=2e-3,
        reason="corrections fall with a power of time",
    )


def definite(W):
    """A symmetric positive definite matrix of the same size."""
    return W @ W.T * 2


def within(values, low, high):
    """Whether all values are."""
    return bool(np.all((values >= low) & (values <= high)))


def factored(W0, times):
    """``W_11, W_12, W_21, W_22, log |det W|`` along the flow of two factors, ``(T, 5)``."""
    observed = np.eye(4)[1:].reshape(3, 2, 2)
    values, vectors = np.linalg.eigh(W0)
    root = (vectors * np.sqrt(values)) @ vectors.T
    model = MatrixSensing(observed, [1.0, 1.0, 0.0], symmetric=False)
    run = simulate(model, GradientFlow(rtol=1e-10), model.pack(U=root, V=root), time=times[-1], save=times)
    factors = np.stack(list(model.unpack(run.theta).values()))
    return np.column_stack([run.predictor().reshape(-1, 4), np.sum(np.linalg.slogdet(factors)[1], axis=0)])


def entries(path):
    """The entries of W and log det W, ``(T, 5)``."""
    return np.transpose([path.w11, path.w12, path.w12, path.w22, path.log_det])


def logarithmic(W0, times):
    """``(W_12 - 1, log W_22, log det W)`` along the flow of two balanced layers."""

    def field(state):
        r, v = state[0], np.exp(state[1])
        w = 1 + r
        x = (np.exp(state[2]) + w * w) / v
        return np.array([-r * (v + x) - v * w, -2 * (r * w / v + v), -2 * v]) / 3

    first = [W0[0, 1] - 1, np.log(W0[1, 1]), np.linalg.slogdet(W0)[1]]
    return simulate(VectorField(field, 3), GradientFlow(rtol=1e-9), first, time=times[-1], save=times).theta.T
