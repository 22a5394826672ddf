r"""Label noise on ``f = u v``: it does not rest on the minima ``u v = 1``, it drifts along them.

With noise of size s on the label, SGD of step h shakes about the hyperbola of minima, and the shaking moves it towards
the balanced point, where the sharpness ``lambda = u^2 + v^2`` is least. For ``q = u^2 - v^2``, with momentum beta,

    d log q = - d tau / (1 - h lambda / (2 (1 + beta))),       tau = (h s / (1 - beta))^2 k,

and ``q = q_0 exp(-tau)`` for small steps: one slow clock for all of them.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from figures.slow_drift import balance, minimum
from solvable.plotting import BLUE, GRAY, REFERENCE, THEORY

from .page import Arrays, drawn, three

TITLE = "The slow drift of label noise"
STEPS = (0.04, 0.08, 0.16, 0.24, 0.32, 0.4)
NOISES = (0.1, 0.2, 0.3, 0.4)
MOMENTA = (0.0, 0.3, 0.5, 0.7, 0.8)
STARTS = (1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.5, 3.0)
KINDS = ("sign", "gaussian")
START = {"step_size": 0.08, "noise": 0.2, "momentum": 0.0, "u": 2.0, "kind": "gaussian"}
WARM = (START, START | {"momentum": 0.5}, START | {"kind": "sign"})
CLOCK, POINTS, RUNS, WORK = 3.0, 400, 32, 2_000_000
"""The last moment of the slow clock, saved points, the most runs, and the most steps of all runs together."""


def compute(step_size: float, noise: float, momentum: float, u: float, kind: str) -> Arrays:
    """Independent runs from one minimum, and the law at the same moments."""
    from solvable import LabelNoiseSGD, ScalarFactorization, Status, simulate
    from solvable.theory import balance_under_noise

    start, unit = np.array([u, 1 / u]), (step_size * noise / (1 - momentum)) ** 2
    counts = np.unique(np.round(np.linspace(0, CLOCK / unit, POINTS + 1)).astype(int))
    runs = int(np.clip(WORK // counts[-1], 4, RUNS))
    method = LabelNoiseSGD(step_size, noise, noise=kind, momentum=momentum)
    run = simulate(ScalarFactorization(), method, np.tile(start, (runs, 1)), steps=int(counts[-1]), save=counts)
    q0, edge = float(balance(start)), step_size * float(start @ start) / (2 * (1 + momentum))
    law = np.full(counts.size, np.nan)
    if edge < 1:
        law = balance_under_noise(q0, 1.0, step_size, noise, counts, momentum=momentum)
    return {
        "clock": counts * unit,
        "theta": run.theta,
        "law": law,
        "leading": q0 * np.exp(-counts * unit),
        "edge": np.array(edge),
        "steps": counts[-1],
        "lost": np.sum(np.isin(run.status.astype(int), [Status.DIVERGED, Status.NONFINITE])),
    }


def mean_log(arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of ``log q`` over the runs; runs past the balanced point have no logarithm."""
    q = balance(arrays["theta"])
    logs = np.log(np.where(q > 0, q, np.nan))
    return logs.mean(axis=1), logs.std(axis=1)


def numbers(arrays: Arrays) -> dict[str, str]:
    """How far log q has fallen, measured and by the two laws."""
    found = {"h λ / 2(1+β) at the start": three(arrays["edge"])}
    if arrays["lost"]:
        return found | {"runs": f"{int(arrays['lost'])} of {arrays['theta'].shape[1]} diverged"}
    center, spread = mean_log(arrays)
    runs = arrays["theta"].shape[1]
    error = 2 * spread[-1] / np.sqrt(runs)
    crossed = int(np.sum(balance(arrays["theta"][-1]) <= 0))
    if crossed:
        found["past u = v at the end"] = f"{crossed} of {runs} runs"
    measured = "–" if np.isnan(center[-1]) else f"{center[0] - center[-1]:.3f} ± {error:.3f}"
    predicted = np.log(arrays["law"][0] / arrays["law"][-1])
    if arrays["edge"] >= 1:
        found["the start"] = "is an unstable minimum: no law"
    return found | {
        "fall of log q, measured": measured,
        "law at this step": three(predicted),
        "leading law": f"{arrays['clock'][-1]:.3g}",
        "runs × steps": f"{runs} × {int(arrays['steps'])}",
    }


@drawn
def draw(figure: Figure, arrays: Arrays) -> None:
    """Left: one run in the plane, with the law's points. Right: q against the slow clock."""
    plane, fall = figure.subplots(1, 2, width_ratios=[1.2, 1])
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.115, top=0.87, wspace=0.24)
    clock, theta, law = arrays["clock"], arrays["theta"], arrays["law"]
    plane.plot(*minimum(2 * np.sinh(np.linspace(-4, 4, 161))).T, color=GRAY, linewidth=3.0, zorder=1, label="minima")
    plane.plot(*theta[:, 0].T, ".", color=BLUE, markersize=4, alpha=0.5, zorder=2, label="one run")
    marked = np.searchsorted(clock, [0.0, 1.0, 2.0, 2.99])
    ring = {"color": "black", "marker": "o", "fillstyle": "none", "markersize": 13, "linestyle": "none", "zorder": 6}
    plane.plot(*np.nanmean(theta[marked], axis=1).T, "o", color=BLUE, markeredgecolor="white", markersize=10, zorder=5,
               label="mean of all runs")  # fmt: skip
    plane.plot(*minimum(law[marked]).T, **ring, label=r"theory at $\tau = 0, 1, 2, 3$")
    reach = max(2.2, 1.15 * float(theta[0, 0, 0]))
    plane.plot([0.4, 1.4], [0.4, 1.4], **REFERENCE)
    plane.annotate("flattest: $u = v$", (1.4, 1.4), (5, 0), textcoords="offset points", color="#555555", va="center")
    plane.set(xlim=(0.4, reach), ylim=(0.15, 0.15 + 0.75 * (reach - 0.4)), xlabel="$u$", ylabel="$v$")
    center, spread = mean_log(arrays)
    fall.fill_between(clock, np.exp(center - spread), np.exp(center + spread), color=BLUE, alpha=0.22, linewidth=0)
    fall.plot(clock, np.exp(center), color=BLUE, linewidth=2.4)
    fall.plot(clock, law, **THEORY | {"linewidth": 2.0})
    fall.plot(clock, arrays["leading"], **REFERENCE | {"color": "black", "linewidth": 2.0})
    fall.set(yscale="log", xlim=(0, CLOCK), ylim=(arrays["leading"][-1] / 8, arrays["leading"][0] * 1.6),
             xlabel=r"slow clock  $\tau = h^2 s^2 k / (1 - \beta)^2$")  # fmt: skip
    fall.set_title("$q = u^2 - v^2$", loc="left", fontsize=12)
    fall.annotate("dashed: law at this step\ndotted: $q_0 e^{-\\tau}$", (0.04, 0.05), xycoords="axes fraction")
    figure.legend(*plane.get_legend_handles_labels(), loc="upper center", ncols=4, columnspacing=1.4, handlelength=1.8)
