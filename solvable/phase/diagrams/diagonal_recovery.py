r"""Which sparse vectors gradient flow on a diagonal network recovers when it starts from a vanishing scale.

There the flow ends at the interpolant of least l1 norm (Woodworth et al.). With Gaussian measurements that one is the
k-sparse truth if n is above ``psi(k/d) d``, the weak threshold of Donoho and Tanner, and is not below it; in finite
dimension the chance of recovery rises over a width of ``sigma sqrt d`` (`solvable.theory.donoho_tanner_width`), its
middle up to ``2 sqrt(d/k)`` measurements lower. No flow is run: the limit is a linear program, solved with a
certificate.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity

FEATURES, TRIALS = 60, 8
RECOVERED = 1e-6
"""Error, relative to the truth, below which a vector counts as recovered."""
MARGIN = 1.6449
"""The 5 and 95 percent points of the normal law."""


def measure(measurements: float, sparsity: float, *, seed: int = 0, replica: int = 0) -> dict[str, float]:
    """Share of `TRIALS` random problems whose truth least l1 finds, and the mean distance from it."""
    from ...theory import least_l1

    n, k = max(1, round(measurements * FEATURES)), round(sparsity * FEATURES)
    errors, certified = np.zeros(TRIALS), True
    for trial in range(TRIALS):
        rng = np.random.default_rng([seed, replica, trial])
        truth = np.zeros(FEATURES)
        truth[rng.choice(FEATURES, size=k, replace=False)] = rng.standard_normal(k)
        X = rng.standard_normal((n, FEATURES))
        found = least_l1(X, X @ truth)
        errors[trial] = np.linalg.norm(found.point - truth) / max(np.linalg.norm(truth), np.finfo(float).tiny)
        certified &= found.certified
    return {
        "recovered": float(np.mean(errors < RECOVERED)),
        "error": float(np.mean(errors)),
        "unresolved": not certified,
    }


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """The threshold, and where recovery has the chances 5 and 95 percent at this dimension."""
    from ...theory import donoho_tanner, donoho_tanner_width

    s = np.linspace(0.0, np.max(axes["sparsity"]) * 1.05, 200)
    middle, spread = donoho_tanner(s), MARGIN * donoho_tanner_width(s) / np.sqrt(FEATURES)
    return [
        Curve(s, middle, r"$n/d = \psi(k/d)$ (Donoho-Tanner)"),
        Curve(s, middle - spread, f"5 % and 95 % at $d = {FEATURES}$"),
        Curve(s, middle + spread, f"5 % and 95 % at $d = {FEATURES}$"),
    ]


DIAGRAM = Diagram(
    name="diagonal-recovery",
    title="Recovery of a sparse vector from a vanishing scale",
    statement=r"least $\ell_1$, the limit $\alpha \to 0$ of gradient flow, finds $\beta_*$ iff $n > \psi(k/d)\,d$",
    source="arXiv:1303.6672",
    axes={
        "measurements": Axis(r"measurements $n/d$", np.arange(3, 60, 3) / FEATURES, np.arange(1, 60) / FEATURES),
        "sparsity": Axis(r"nonzero entries $k/d$", np.arange(1, 37, 2) / FEATURES, np.arange(1, 37) / FEATURES),
    },
    values={
        "recovered": Quantity(r"share of vectors recovered", limits=(0.0, 1.0)),
        "error": Quantity(r"mean error $\|\beta - \beta_*\|_2 / \|\beta_*\|_2$", limits=(0.0, 1.0)),
    },
    measure=measure,
    theory=theory,
    chunk=16,
)
