"""Amelunxen, Lotz, McCoy and Tropp, Living on the Edge (arXiv:1303.6672): when convex programs recover a matrix.

As for vectors (`amelunxen2014`), recovery from Gaussian measurements sets in around the statistical dimension of the
descent cone: of the nuclear norm for any matrix, of the trace on positive semidefinite ones for factorizations ``U
U^T``, where it is about half as large. Neither is a count of degrees of freedom.
"""

from __future__ import annotations

import numpy as np

from solvable import claim
from solvable.theory import least_nuclear_norm, least_trace, statistical_dimension

RANK = "the factors have full rank, below the sides of the matrix"
ELSEWHERE = "the rivals change over outside of the two numbers of measurements"


def _recovery(lab, solve, X, n):
    """A sampler of whether `solve` finds X from n Gaussian measurements."""

    def recovers(replica):
        A = np.random.default_rng([lab.seed, n, X.size, replica]).standard_normal((n, *X.shape))
        found = solve(A, np.tensordot(A, X, 2)).point
        return np.max(np.abs(found - X)) < 1e-4 * np.max(np.abs(X))

    return lambda first, count: np.array([recovers(first + i) for i in range(count)])


def _check(lab, solve, X, threshold, rivals):
    """Recovery is the exception at 0.8 root-thresholds below, and the rule above; rivals change over elsewhere."""
    width = 0.8 * np.sqrt(threshold)
    few, many = int(np.floor(threshold - width)), int(np.ceil(threshold + width))
    lab.require(ELSEWHERE, all(not few < place <= many for place in rivals.values()))
    for n, predicted in ((few, 0.0), (many, 1.0)):
        others = {name: float(n >= place) for name, place in rivals.items() if float(n >= place) != predicted}
        lab.proportion(
            _recovery(lab, solve, X, n),
            predicted,
            0.5,
            rivals=others,
            first=32,
            reason="which side of one half the probability is on",
        )


def semidefinite_factor(rng):
    """A factor of rank 2."""
    return {"U": rng.standard_normal((8, 2))}


@claim(
    "amelunxen2014-psd",
    title="How many measurements the least trace needs to recover a semidefinite matrix",
    statement=r"$\mathrm{P}(X_*\ \mathrm{recovered})$ passes 1/2 between $n = \delta - 0.8\sqrt{\delta}$ and"
    r" $\delta + 0.8 \sqrt{\delta}$, $\delta = \inf_\tau\ \frac{r(r+1)}{2} + r(d - r) + r\tau^2 + E \sum_i"
    r" (\lambda_i(G_{d-r}) - \tau)_+^2$",
    source="arXiv:1303.6672 (nuclear norm; theorem numbers unverified); the semidefinite cone is our own",
    hypotheses=(
        "the factors have full rank, below the sides of the matrix",
        "the rivals change over outside of the two numbers of measurements",
    ),
    rivals=(
        "as many as degrees of freedom, d r - r (r-1) / 2",
        "r (2 d - r) measurements",
        "3 r (2 d - r) measurements",
        "the curve of the nuclear norm",
    ),
    convention="A_i Gaussian, rank 2 in d = 8, delta = 20.7; G symmetric with variance 1 on and 1/2 off the diagonal;"
    " sequential binomial tests of level 1e-4",
)
def psd(lab):
    U = lab.instance(semidefinite_factor)["U"]
    d, r = U.shape
    lab.require(RANK, r < d and np.linalg.matrix_rank(U) == r)
    rivals = {
        "as many as degrees of freedom, d r - r (r-1) / 2": d * r - r * (r - 1) / 2,
        "r (2 d - r) measurements": r * (2 * d - r),
        "3 r (2 d - r) measurements": 3 * r * (2 * d - r),
        "the curve of the nuclear norm": statistical_dimension(r, d, cone="nuclear"),
    }
    _check(lab, least_trace, U @ U.T, statistical_dimension(r, d), rivals)


def rectangular_factors(rng):
    """Factors of a 6 x 9 matrix of rank 1."""
    return {"U": rng.standard_normal((6, 1)), "V": rng.standard_normal((9, 1))}


@claim(
    "amelunxen2014-nuclear",
    title="How many measurements the least nuclear norm needs to recover a matrix",
    statement=r"$\mathrm{P}(X_*\ \mathrm{recovered})$ passes 1/2 between $n = \delta - 0.8\sqrt{\delta}$ and"
    r" $\delta + 0.8 \sqrt{\delta}$, $\delta = \inf_\tau\ r(d_1 + d_2 - r + \tau^2) + E \sum_i"
    r" (\sigma_i(G_{d_1-r, d_2-r}) - \tau)_+^2$",
    source="arXiv:1303.6672, theorem numbers unverified",
    hypotheses=(
        "the factors have full rank, below the sides of the matrix",
        "the rivals change over outside of the two numbers of measurements",
    ),
    rivals=("r (d1 + d2 - r) measurements", "3 r (d1 + d2 - r) measurements"),
    convention="A_i and G Gaussian, rank 1 in 6 x 9; sequential binomial tests of level 1e-4",
)
def nuclear(lab):
    problem = lab.instance(rectangular_factors)
    U, V = problem["U"], problem["V"]
    fits = U.shape[1] == V.shape[1] < min(len(U), len(V))
    lab.require(RANK, fits and np.linalg.matrix_rank(U) == np.linalg.matrix_rank(V) == U.shape[1])
    r, freedom = U.shape[1], U.shape[1] * (len(U) + len(V) - U.shape[1])
    rivals = {"r (d1 + d2 - r) measurements": freedom, "3 r (d1 + d2 - r) measurements": 3 * freedom}
    _check(lab, least_nuclear_norm, U @ V.T, statistical_dimension(r, len(U), len(V), cone="nuclear"), rivals)
