r"""A matrix completed by gradient flow: small starts prefer rank, not trace.

Observe ``X_12 = X_13 = 1`` and ``X_23 = e`` of a symmetric 3 x 3 matrix with a free diagonal. The flow on ``X = U
U^T`` from ``X = a 1`` ends at the completion of rank one as a falls, whose trace ``1/e + 2e`` is not the least, ``4 -
2e``; at moderate a it comes near the latter first. What is left of a second eigenvalue vanishes as ``a^(1 + e/mu)``,
``mu = e/2 + sqrt(e^2/4 + 2)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Small starts prefer rank, not trace"
CLAIMS = ("li2020-rank-not-trace", "li2020-not-monotone", "li2020-contamination")
EPSILON = (0.2, 0.35, 0.45)
SUMMARY = (
    "Gradient flow from smaller and smaller starts completes this matrix with the least rank, not with the least "
    "trace. The second eigenvalue vanishes with a power that theory names."
)
ANSWERS = (
    "the preference of rank over norm of Li, Luo and Lyu, arXiv:2012.09839 (figure number unverified); matrix and "
    "power are our own"
)
CAPTION = (
    "A symmetric 3 x 3 matrix with two entries 1 and one entry e observed and a free diagonal, completed by gradient "
    "flow on U U^T from X = a I. Left, measured (markers, e = 0.2): the trace of the limit; as the scale a falls, it "
    "falls nearly to the least trace and rises again to that of rank one. Theory (dashed): both traces. Right, "
    "measured (markers): the second eigenvalue of the limit over a. Theory (dashed): the power e/mu of a, through the "
    "smallest scale. Dotted: an eigenvalue equal to a."
)


def data() -> dict[str, np.ndarray]:
    """Run the flow from every scale."""
    from solvable import GradientFlow, MatrixSensing, simulate
    from solvable.theory import noncommuting_completion

    scales = np.logspace(0.25, -9, 38)
    problems = [noncommuting_completion(e) for e in EPSILON]
    found = np.empty((len(EPSILON), 2, scales.size))
    for k, problem in enumerate(problems):
        model = MatrixSensing(problem.A, problem.y)
        flow = GradientFlow(rtol=1e-11, atol=1e-22)
        for i, a in enumerate(scales):
            run = simulate(model, flow, model.init(np.sqrt(a)), time=1e5, until_loss=1e-26)
            X = run.predictor(run.final)
            found[k, :, i] = np.trace(X), X[1, 1] - X[1, 2]
    return {
        "epsilon": np.array(EPSILON),
        "scale": scales,
        "trace": found[:, 0],
        "second": found[:, 1],
        "rank_one": np.array([np.trace(problem.rank_one) for problem in problems]),
        "least_trace": np.array([np.trace(problem.least_trace) for problem in problems]),
        "exponent": np.array([problem.exponent for problem in problems]),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the trace, which is not monotone. Right: the second eigenvalue."""
    from solvable.plotting import BLUE, GREEN, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.0)
    left, right = figure.subplots(1, 2)
    scale = arrays["scale"]
    for name, text, offset in (("rank_one", "rank one", 6), ("least_trace", "least trace", -6)):
        left.axhline(arrays[name][0], **THEORY)
        left.annotate(text, (2e-9, arrays[name][0]), (0, offset), textcoords="offset points",
                      va="bottom" if offset > 0 else "top")  # fmt: skip
    left.plot(scale, arrays["trace"][0], "o", color=BLUE, markersize=4.5)
    left.set_ylim(3.2, 6.0)
    left.set_ylabel(r"trace of the limit")
    left.set_title(rf"$\epsilon = {arrays['epsilon'][0]:g}$", loc="left")
    small = scale < 1e-2
    for epsilon, second, exponent, color, marker in zip(
        arrays["epsilon"], arrays["second"], arrays["exponent"], (BLUE, VERMILION, GREEN), "osD", strict=True
    ):
        ratio = second / scale
        right.plot(scale, ratio, marker, color=color, markersize=4.5, label=rf"$\epsilon = {epsilon:g}$")
        right.plot(scale[small], ratio[-1] * (scale[small] / scale[-1]) ** (exponent - 1), **THEORY)
    right.legend(loc="lower right")
    right.axhline(1.0, **REFERENCE)
    right.set_yscale("log")
    right.set_ylabel(r"second eigenvalue  $\lambda_2 / a$")
    right.set_title("the second eigenvalue", loc="left")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("scale of the start  $a$")
        axes.set_xlim(3e-10, 5.0)
    return figure
