r"""Blanc, Gupta, Valiant and Valiant (arXiv:1904.09080) on Gaussian measurements: what label noise charges on average.

The mean square gradient of ``<G, U U^T>`` and ``<G, U V^T>``, G of independent standard Gaussians, is a quadratic in G.
On average its weights are multiples of the identity, so that label noise charges the (nuclear) norm of X.
"""

from __future__ import annotations

import numpy as np

from solvable import MatrixSensing, claim

NARROW = "the factors are narrow, left and right of different sides and as many columns"


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
