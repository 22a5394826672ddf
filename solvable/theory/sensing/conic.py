r"""How many random measurements determine a matrix of low rank.

Let X* have rank r and let m Gaussian measurements of it be given. The convex program ``minimize N(X)`` subject to the
measurements recovers X* if and only if their null space meets the descent cone D of N at X* in zero only, and by the
kinematic formula of convex geometry the probability of that rises from 0 to 1 where m passes the *statistical
dimension* delta of D: the mean squared length of the projection of a Gaussian point onto D. Writing D as the polar of
the cone over the subdifferential,

    delta  <=  inf over tau >= 0 of  E dist(G, tau dN(X*))^2,

with an error of lower order than delta (at most ``2 sup |dN| / N(X*/|X*|_F)``). With the tangent space of matrices of
rank r split off, what is left is the spectrum of a smaller Gaussian matrix:

    nuclear norm, d1 x d2:  r (d1 + d2 - r) + r tau^2      + E sum_i (sigma_i(G_(d1-r, d2-r)) - tau)_+^2,
    trace on X >= 0, d x d:  r (r+1)/2 + r (d-r) + r tau^2  + E sum_i (lambda_i(G_(d-r)) - tau)_+^2,

the symmetric Gaussian matrix having variance 1 on and 1/2 off its diagonal. Factorizations ``U U^T`` need the second,
which is about half of the first. At tau = 0 it is the dimension at which X* becomes the *only* positive semidefinite
solution, ``r (r+1)/2 + r (d-r) + (d-r)(d-r+1)/4``: with more measurements than that there is nothing left to select.

The mean spectra are exact (`solvable.theory.sensing.real_spectra`), not asymptotic and not sampled, and so is the
infimum: its derivative in tau, ``2 r tau - 2 E sum_i (x_i - tau)_+``, increases.
"""

from __future__ import annotations

from typing import Any

from scipy.optimize import brentq

from ...common.checks import choice, integer
from .real_spectra import rectangular_density, symmetric_density


def statistical_dimension(rank: Any, d1: Any, d2: Any = None, cone: Any = "psd") -> float:
    """Number of Gaussian measurements around which the convex program starts to recover a matrix of given rank.

    Args:
        rank: of the matrix, from 0 to its smaller side.
        d1: rows.
        d2: columns; d1 by default, as it must be for the cone "psd".
        cone: "psd" for the least trace over positive semidefinite matrices, "nuclear" for the least nuclear norm.

    Returns:
        The infimum over tau of the finite-dimensional expectation; deterministic, relative accuracy about 1e-12.

    Raises:
        ValueError: arguments outside these ranges.

    Source: Amelunxen, Lotz, McCoy and Tropp, arXiv:1303.6672 (nuclear norm); the positive semidefinite version is
        derived in this module.

    >>> round(statistical_dimension(1, 10), 2), round(statistical_dimension(1, 10, cone="nuclear"), 2)
    (17.13, 35.72)
    """
    cone = choice("cone", cone, ("psd", "nuclear"))
    d1 = integer("d1", d1, minimum=1)
    d2 = d1 if d2 is None else integer("d2", d2, minimum=1)
    if cone == "psd" and d1 != d2:
        raise ValueError(f"d2 must equal d1 for the cone 'psd', got {d1} and {d2}")
    r = integer("rank", rank, minimum=0, maximum=min(d1, d2))
    tangent = r * (d1 + d2 - r) if cone == "nuclear" else r * (r + 1) / 2 + r * (d1 - r)
    if r in (0, min(d1, d2)):
        return float(tangent)
    small, large = sorted((d1 - r, d2 - r))
    density = rectangular_density(small, large) if cone == "nuclear" else symmetric_density(small)
    edge = density.domain[1]
    # Integrals from the edge: int (x - tau)_+ rho is the second, int (x - tau)_+^2 rho is -2 times the third.
    first, second = density.integ(2, lbnd=edge), density.integ(3, lbnd=edge)
    tau = brentq(lambda t: r * t - first(t), 0.0, edge, xtol=1e-14)
    return float(tangent + r * tau**2 - 2.0 * second(tau))


def feasibility_dimension(rank: Any, d: Any) -> float:
    """Number of Gaussian measurements around which a matrix of given rank becomes the only positive semidefinite one.

    Args:
        rank: of the matrix, from 0 to d.
        d: its size.

    Returns:
        ``r (r+1)/2 + r (d-r) + (d-r)(d-r+1)/4``.

    Raises:
        ValueError: arguments outside these ranges.

    Source: derived in `solvable.theory.sensing.conic`; statistical dimension is that of arXiv:1303.6672.

    >>> feasibility_dimension(1, 10)
    32.5
    """
    d = integer("d", d, minimum=1)
    r = integer("rank", rank, minimum=0, maximum=d)
    return r * (r + 1) / 2 + r * (d - r) + (d - r) * (d - r + 1) / 4
