"""Pesme and Flammarion, Saddle-to-Saddle Dynamics in Diagonal Linear Networks (arXiv:2304.00488).

As the initialization vanishes, the flow of ``beta = u^2 - v^2`` jumps from saddle to saddle. In the clock ``tau = 4 t /
log(1/a)``, ``a = alpha^2``, the exponents ``z = log|u/v| / log(1/a)`` move along straight lines with the velocity
``-g`` of the saddle; a coordinate becomes active when z_j reaches +-1, and one that leaves its sign returns to zero.
Each saddle is the least-squares solution on the active, signed coordinates. `solvable.theory.saddle_to_saddle` finds
times and saddles by a finite recursion; here they are compared with the flow itself at scales down to 1e-140.
"""

from __future__ import annotations

import numpy as np

from solvable import claim
from solvable.theory import lasso, least_l1, least_l2, saddle_to_saddle

from ._problems import INTERPOLATES, many_interpolants
from ._saddles import (
    LEAVES,
    LONG_RESTS,
    SCALES,
    at_rest,
    crossings,
    extrapolated,
    has_long_rests,
    inside_rests,
    lasso_dual,
    rescaled_flow,
    restful,
)

ONE_OVER_LOG = "the error is c / log(1/a) and exponentially small terms: two scales give the limit, to e^-10"
AT_REST = "the distance to a saddle is exponentially small in log(1/a)"


def _wide(rng: np.random.Generator) -> dict:
    return restful(rng, 4, 8)


def _leaving(rng: np.random.Generator) -> dict:
    return restful(rng, 4, 8, leaving=True)


def _tall(rng: np.random.Generator) -> dict:
    return restful(rng, 12, 5)


@claim(
    "pesme2023-path",
    title="From saddle to saddle, at a distance of 1 / log(1/alpha)",
    statement=r"$z_\alpha = \frac{\log|u/v|}{\log(1/\alpha^2)}:\quad \max_\tau |z_\alpha(\tau) - z(\tau)|"
    r" \sim \frac{c}{\log(1/\alpha)},\quad \dot z = -\nabla L(\beta),\ |z_j| \leq 1$",
    source="arXiv:2304.00488 (abstract: the limit), theorem number unverified; the rate is our own",
    hypotheses=("the limit path is unique, and rests long enough to be seen at the larger scale",),
    rivals=("error of order alpha", "error of second order", "clock twice as fast"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, u(0) = v(0) = alpha = 1e-35, 1e-70, 1e-140"
    " in units of max|X^+ y|^(1/2); tau = 4 t / log(1/alpha^2) at the jump times and inside the rests",
)
def path_of_saddles(lab):
    problem = lab.instance(_wide)
    X, y = problem["X"], problem["y"]
    path = saddle_to_saddle(X, y)
    lab.require(LONG_RESTS, has_long_rests(X, path))
    times = np.sort(np.append(inside_rests(path), path.times[1:]))
    scales = np.array([1e-35, *SCALES])
    flows = [rescaled_flow(X, y, scale, times) for scale in scales]
    inverse_logs = np.array([1 / flow.log_scale for flow in flows])
    lab.order(
        inverse_logs,
        [np.max(np.abs(flow.z - path.dual(times))) for flow in flows],
        1,
        rivals={
            "error of order alpha": np.log(scales[0] / scales[-1]) / np.log(inverse_logs[0] / inverse_logs[-1]),
            "error of second order": 2.0,
            "clock twice as fast": [np.max(np.abs(flow.z - path.dual(2 * times))) for flow in flows],
        },
        tolerance=0.02,
        reason="what remains beside c / log(1/a) is exponentially small at the larger scale, to e^-5 at the largest",
    )


@claim(
    "pesme2023-jump-times",
    title="When the flow jumps",
    statement=r"$\tau_1 = n / \|X^\top y\|_\infty,\quad \tau_{k+1} = \tau_k + \min_{j:\,\beta_j = 0}"
    r" \frac{1 - z_j\,\mathrm{sign}(-g_j)}{|g_j|}$, also where a coordinate returns to zero",
    source="arXiv:2304.00488 (abstract: a recursion like that of the lasso path), theorem number unverified",
    hypotheses=(
        "the limit path is unique, and rests long enough to be seen at the larger scale",
        "a coordinate returns to zero on the way",
    ),
    rivals=("knots of the lasso", "clock twice as fast", "no coordinate ever leaves"),
    convention="alpha = 1e-70 and 1e-140, in the units of pesme2023-path, extrapolated in 1 / log(1/alpha); a jump is"
    " where the lines of z in two rests meet",
)
def jump_times(lab):
    problem = lab.instance(_leaving)
    X, y = problem["X"], problem["y"]
    path = saddle_to_saddle(X, y)
    lab.require(LONG_RESTS, has_long_rests(X, path))
    lab.require(LEAVES, np.isfinite(path.first_deactivation))
    times, (coarse, fine) = inside_rests(path), at_rest(X, y, path)
    logs = coarse.log_scale, fine.log_scale
    jumps = extrapolated(crossings(times, coarse.z), crossings(times, fine.z), logs)
    lab.identity(jumps[0], y.size / np.max(np.abs(X.T @ y)), tolerance=1e-6, reason=ONE_OVER_LOG)
    lab.identity(
        jumps,
        path.times[1:],
        rivals={
            "knots of the lasso": crossings(times, lasso_dual(X, y, times)),
            "clock twice as fast": path.times[1:] / 2,
        },
        tolerance=1e-4,
        reason=ONE_OVER_LOG,
    )
    lab.identity(
        fine.beta, path.points[:, None], rivals={"no coordinate ever leaves": _staying(X, y, path)[:, None]},
        tolerance=1e-6, reason=AT_REST,
    )  # fmt: skip


def _staying(X, y, path):
    """Least squares on all coordinates that have been active so far, the unique ones of the path."""
    points, seen = [], np.zeros(X.shape[1], dtype=bool)
    for point in path.points:
        seen = seen | (point != 0)
        fit = np.zeros(X.shape[1])
        fit[seen] = np.linalg.lstsq(X[:, seen], y, rcond=None)[0]
        points.append(fit)
    return np.array(points)


@claim(
    "pesme2023-saddles",
    title="Where the flow rests, and where it ends",
    statement=r"$\beta_\alpha(\tau) \to \mathrm{argmin}\{L(b):\ b_j = 0\ (|z_j| < 1),\ z_j b_j \geq 0\ (|z_j| = 1)\}$,"
    r" at last $\mathrm{argmin}_{Xb=y} \|b\|_1$",
    source="arXiv:2304.00488 (abstract), theorem number unverified",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the limit path is unique, and rests long enough to be seen at the larger scale",
    ),
    rivals=("lasso of penalty 1/tau", "least l2 norm at the end"),
    convention="alpha = 1e-140, in the units of pesme2023-path; the lasso is 1/(2n) |X b - y|^2 + |b|_1 / tau",
)
def saddles(lab):
    problem = lab.instance(_wide)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    path = saddle_to_saddle(X, y)
    lab.require(LONG_RESTS, has_long_rests(X, path))
    lab.optimum(
        _compare_rests(lab, X, y, path)[-1, -1],
        least_l1(X, y),
        rivals={"least l2 norm at the end": least_l2(X, y)},
        tolerance=1e-6,
        reason=AT_REST,
    )


@claim(
    "pesme2023-least-squares",
    title="The same without an interpolant: the path ends at least squares",
    statement=r"$\beta_\alpha(\tau) \to \mathrm{argmin}\{L(b):\ b_j = 0\ (|z_j| < 1),\ z_j b_j \geq 0\ (|z_j| = 1)\}$,"
    r" at last $(X^\top X)^{-1} X^\top y$",
    source="arXiv:2304.00488 (abstract: under and overparametrised settings), theorem number unverified",
    hypotheses=(
        "the columns are independent, and y is not in their span",
        "the limit path is unique, and rests long enough to be seen at the larger scale",
    ),
    rivals=("lasso of penalty 1/tau", "the last saddle but one"),
    convention="alpha = 1e-140, in the units of pesme2023-path; the lasso is 1/(2n) |X b - y|^2 + |b|_1 / tau",
)
def least_squares(lab):
    problem = lab.instance(_tall)
    X, y = problem["X"], problem["y"]
    solution, _, rank, _ = np.linalg.lstsq(X, y, rcond=None)
    lab.require(
        "the columns are independent, and y is not in their span",
        rank == X.shape[1] and np.linalg.norm(X @ solution - y) > 1e-6 * np.linalg.norm(y),
    )
    path = saddle_to_saddle(X, y)
    lab.require(LONG_RESTS, has_long_rests(X, path))
    end = _compare_rests(lab, X, y, path)[-1, -1]
    lab.identity(end, solution, rivals={"the last saddle but one": path.points[-2]}, tolerance=1e-6, reason=AT_REST)


def _compare_rests(lab, X, y, path):
    """beta at two times in each rest, against the saddles; returned."""
    times, (_, fine) = inside_rests(path), at_rest(X, y, path)
    shrunken = np.array([lasso(X, y, 1 / tau).point for tau in times.ravel()]).reshape(fine.beta.shape)
    lab.identity(
        fine.beta, path.points[:, None], rivals={"lasso of penalty 1/tau": shrunken}, tolerance=1e-6, reason=AT_REST
    )
    return fine.beta
