r"""Gatmiry, Li, Chuang, Reddi, Ma and Jegelka, The Inductive Bias of Flatness Regularization for Deep Matrix
Factorization (arXiv:2306.13239).

Among the factorizations ``M = W_L ... W_1`` the least trace of the Hessian is, for Gaussian measurements in the mean
and for a regression with white inputs exactly,

    L (d_0 d_L)^{1/L} |M|_*^{2(L-1)/L},

a function of the nuclear norm at every depth. What weight decay minimizes is another object, ``L sum_r s_r^{2/L}``.
Here both are minimized numerically over all changes of basis of the hidden spaces.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from solvable import DeepLinearNetwork, claim
from solvable.theory import balanced_factors, deep_flatness, least_weight_norm, population_flatness

DEPTHS = (2, 3)
RANK = "the product has rank two or more"
UNEQUAL = "the singular values other than zero differ: where they are equal, balanced factors are the flattest"


def product(rng):
    """A matrix of rank two or three."""
    rank = int(rng.integers(2, 4))
    M = rng.standard_normal((3, rank)) @ rng.standard_normal((rank, 4))
    return {"M": M / np.linalg.norm(M)}


def normalized(lab):
    """The matrix of the problem in units of its norm, to which the search is tuned, and its singular values."""
    M = lab.instance(product)["M"]
    lab.require(RANK, min(M.shape) >= 2 and np.any(M))
    M = M / np.max(np.abs(M))
    M = M / np.linalg.norm(M)
    s = np.linalg.svd(M, compute_uv=False)
    lab.require(RANK, s[1] > 1e-2 * s[0])
    return M, s


def white_network(M, depth):
    """The network on white inputs, ``X X^T = n I``, fitted exactly by the factorizations of M."""
    d = M.shape[1]
    X = np.sqrt(d) * np.eye(d)
    return DeepLinearNetwork(X, M @ X, (d,) * (depth - 1))


def least_over_bases(model, M, objective, seed):
    """The least ``objective(theta)`` among ``W_l -> G_l W_l G_{l-1}^{-1}``, from random bases of the hidden spaces."""
    hidden = model.layer_widths[1:-1]
    factors = balanced_factors(M, hidden)
    cuts = np.cumsum([d * d for d in hidden])[:-1]

    def layers(x):
        bases = [np.eye(d) + part.reshape(d, d) for d, part in zip(hidden, np.split(x, cuts), strict=True)]
        moved = list(factors)
        for layer, basis in enumerate(bases):
            moved[layer] = basis @ moved[layer]
            moved[layer + 1] = np.linalg.solve(basis.T, moved[layer + 1].T).T
        return np.concatenate([W.ravel() for W in moved])

    start = 0.3 * np.random.default_rng(seed).standard_normal(sum(d * d for d in hidden))
    found = minimize(lambda x: objective(layers(x)), start, method="BFGS", options={"gtol": 1e-7, "maxiter": 2000})
    return float(found.fun), layers(found.x)


@claim(
    "gatmiry2023-flattest",
    title="The flattest factorization measures the nuclear norm, at every depth",
    statement=r"$\min_{W_L \cdots W_1 = M}\ \mathrm{tr}\,\nabla^2 L = L\,(d_0 d_L)^{1/L}\ \|M\|_*^{2(L-1)/L}$",
    source="arXiv:2306.13239 (under restricted isometry), theorem number unverified; the exact formula is our own",
    rivals=("the quasi-norm of weight decay", "balanced factors are the flattest"),
    hypotheses=(
        "the product has rank two or more",
        "the singular values other than zero differ: where they are equal, balanced factors are the flattest",
    ),
    convention="1/(2n) |W_L .. W_1 X - Y|^2 with X X^T = n I, fitted exactly; L = 2 and 3, hidden layers as wide as the"
    " input; measured by BFGS over the bases of the hidden spaces",
)
def flattest(lab):
    M, s = normalized(lab)
    lab.require(UNEQUAL, np.min(s[s > 1e-2 * s[0]]) < 0.9 * s[0])
    measured, predicted, quasi, balanced = [], [], [], []
    for depth in DEPTHS:
        model = white_network(M, depth)
        measured.append(least_over_bases(model, M, model.flatness, lab.seed)[0])
        predicted.append(deep_flatness(M, depth))
        quasi.append(depth * M.size ** (1 / depth) * (least_weight_norm(M, depth) / depth) ** (depth - 1))
        balanced.append(population_flatness(balanced_factors(M, model.layer_widths[1:-1])))
    lab.identity(
        measured,
        predicted,
        rivals={"the quasi-norm of weight decay": quasi, "balanced factors are the flattest": balanced},
        tolerance=1e-6,
        reason="the search ends where differences of the objective are rounding",
    )


@claim(
    "gatmiry2023-weight-norm",
    title="Weight decay measures another norm: a Schatten quasi-norm",
    statement=r"$\min_{W_L \cdots W_1 = M}\ \sum_l \|W_l\|_F^2 = L\,\sum_r \sigma_r(M)^{2/L}$",
    source="arXiv:2306.13239 (the contrast); the variational form is classical, number unverified",
    rivals=("a function of the nuclear norm",),
    hypotheses=("the product has rank two or more",),
    convention="L = 3, the factorizations of a 3 x 4 matrix; measured by BFGS over the bases of the hidden spaces",
)
def weight_norm(lab):
    M, s = normalized(lab)
    least, _ = least_over_bases(white_network(M, 3), M, lambda theta: theta @ theta, lab.seed)
    lab.identity(
        least,
        least_weight_norm(M, 3),
        rivals={"a function of the nuclear norm": 3 * np.sum(s) ** (2 / 3)},
        tolerance=1e-6,
        reason="the search ends where differences of the objective are rounding",
    )
