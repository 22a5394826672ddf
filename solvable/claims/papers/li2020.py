r"""Li, Luo and Lyu, Towards Resolving the Implicit Bias of Gradient Descent for Matrix Factorization: Greedy Low-Rank
Learning (arXiv:2012.09839): from a vanishing start rank is preferred, not trace.

The problem here is not theirs but the smallest one: complete a symmetric 3 x 3 matrix from ``X_12 = X_13 = 1`` and
``X_23 = e`` (`solvable.theory.sensing.noncommuting`).
"""

from __future__ import annotations

import numpy as np

from solvable import MatrixSensing, claim
from solvable.theory import least_nuclear_norm, least_trace, noncommuting_completion

from ._problems import CONVERGES, reached_zero
from ._sensing import sensing_limit

BETWEEN = "0.15 <= e <= 0.4"
"""Below, the amplitude of the law is so large that these scales are not small (at e = 0.12 the exponent is not yet seen
at a = 1e-12); towards 1/2 rank one and least trace become the same."""


def observed(rng):
    """The entry ``X_23``."""
    return {"epsilon": float(rng.uniform(0.15, 0.4))}


def _setting(lab, scales):
    """The problem, and where the flow ends from every scale."""
    epsilon = lab.instance(observed)["epsilon"]
    lab.require(BETWEEN, 0.15 <= epsilon <= 0.4)
    problem = noncommuting_completion(epsilon)
    model, ends = MatrixSensing(problem.A, problem.y), []
    for a in scales:
        run = sensing_limit(model, model.init(np.sqrt(a)), atol=1e-24)
        lab.require(CONVERGES, reached_zero(run))
        ends.append(run.predictor(run.final))
    return problem, np.array(ends)


@claim(
    "li2020-rank-not-trace",
    title="Measurements that do not commute: the limit of small starts has least rank, not least trace",
    statement=r"$X_{12} = X_{13} = 1,\ X_{23} = \epsilon \in (0, \frac{1}{2})$, $X(0) = a I$, $a \to 0$: $X_\infty"
    r" \to uu^T$ of trace $1/\epsilon + 2\epsilon$; the least trace is $4 - 2\epsilon$, of rank 2",
    source="arXiv:2012.09839 (the phenomenon, on another matrix); this matrix is our own",
    hypotheses=("0.15 <= e <= 0.4", "the run reaches zero loss"),
    rivals=("least trace", "least nuclear norm of symmetric matrices"),
    convention="L = 1/(2n) sum (<A_i, U U^T> - y_i)^2, n = 3, free diagonal; a = 1e-6, 1e-9, 1e-12",
    errata="arXiv:1705.09280 conjectures that small starts always end at the least nuclear norm. At e = 0.2 they end at"
    " trace 5.4; the least trace, the least nuclear norm of positive semidefinite completions, is 3.6, and a symmetric"
    " completion that is not semidefinite has nuclear norm 3.035.",
)
def rank_not_trace(lab):
    scales = (1e-6, 1e-9, 1e-12)
    problem, ends = _setting(lab, scales)
    lab.limit(
        scales,
        ends,
        problem.rank_one,
        rivals={
            "least trace": least_trace(problem.A, problem.y).point,
            "least nuclear norm of symmetric matrices": least_nuclear_norm(problem.A, problem.y).point,
        },
        tolerance=1e-5,
        reason="the error is of order a^(1 + e/mu)",
    )


@claim(
    "li2020-contamination",
    title="How fast the second eigenvalue of the completion vanishes",
    statement=r"$X_{22} - X_{23} \sim C a^{1 + \epsilon/\mu},\quad \mu = \frac{\epsilon}{2} + \sqrt{\frac{\epsilon^2}"
    r"{4} + 2}$",
    source="arXiv:2012.09839 (the phenomenon); the exponent is our own",
    hypotheses=("0.15 <= e <= 0.4", "the run reaches zero loss"),
    rivals=("exponent 1", "exponent 1 + e"),
    convention="X(0) = a 1, a = 1e-10 and 1e-11; X_22 - X_23 is exactly an eigenvalue",
)
def contamination(lab):
    scales = np.array([1e-10, 1e-11])
    problem, ends = _setting(lab, scales)
    second = ends[:, 1, 1] - ends[:, 1, 2]
    epsilon = problem.y[2]
    lab.identity(
        np.log(second[0] / second[1]) / np.log(scales[0] / scales[1]),
        problem.exponent,
        rivals={"exponent 1": 1.0, "exponent 1 + e": 1 + epsilon},
        scale=1.0,
        tolerance=0.02 * min(epsilon, 0.1),
        reason="the local exponent moves by 3e-4 at most to the next decade; a small part of e",
    )


@claim(
    "li2020-not-monotone",
    title="A smaller start may have a larger trace",
    statement=r"$\mathrm{tr}\,X_\infty(a)$ falls from $a = 1$ to within 5 % of the least trace $4 - 2\epsilon$ near"
    r" $a = 10^{-3/4}$, and then rises to $1/\epsilon + 2\epsilon$",
    source="arXiv:2012.09839 (the phenomenon); our own",
    hypotheses=("0.15 <= e <= 0.4", "the run reaches zero loss"),
    rivals=("the smaller the start, the smaller the trace", "the larger the start, the smaller the trace"),
    convention="3 x 3 completion from X_12 = X_13 = 1, X_23 = e; a = 1, 10^(-1/4), ..., 0.1, 1e-2, 1e-4, 1e-10",
)
def not_monotone(lab):
    scales = 10.0 ** -np.array([0, 0.25, 0.5, 0.75, 1, 2, 4, 10])
    problem, ends = _setting(lab, scales)
    traces, least = np.trace(ends, axis1=1, axis2=2), np.trace(problem.least_trace)
    lab.bound(traces[3], 1.05 * least, reason="an inequality, at a = 10^(-3/4)")
    lab.identity(
        traces[-1],
        np.trace(problem.rank_one),
        rivals={"the smaller the start, the smaller the trace": np.min(traces)},
        tolerance=1e-4,
        reason="the limit is approached to a^(1 + e/mu), with an amplitude that grows as e falls",
    )
    lab.identity(
        np.sign(np.diff(traces[[0, 3, -1]])),
        [-1.0, 1.0],
        rivals={
            "the smaller the start, the smaller the trace": [-1.0, -1.0],
            "the larger the start, the smaller the trace": [1.0, 1.0],
        },
        reason="signs: a fall, then a rise",
    )
