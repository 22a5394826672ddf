r"""Label noise on one datapoint: tanh neurons concentrate, sigmoid neurons equalize.

The network ``f = sum_j c_j phi(w_j x)`` fits one number y, in many ways. Label noise moves it along these, to leading
order by the flow ``d theta/dT = -(1/4) P grad R`` in the slow clock ``T = h^2 sigma^2 k``,

    R = |grad f|^2 = sum_j ( a_j^2 + x^2 c_j^2 phi'^2 ),        a_j = phi(w_j x).

For given shares ``P_j = |x c_j a_j|`` of the target, R is at least ``sum_j F(P_j)``. For tanh F is concave: stationary
states have k equally active neurons, and are saddles unless k = 1. For the sigmoid F is convex for small shares: in a
wide network even shares are a minimum, here the only one. At a finite step h the flow has ``-log(1 - h R/2) / 2h`` in
place of R/4, with the same stationary states.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Neurons that concentrate, neurons that equalize"
SUMMARY = (
    "On one datapoint label noise makes these tanh neurons concentrate on one, and these sigmoid neurons share alike."
    " The limiting flow says when."
)
ANSWERS = "the one-datapoint examples of Blanc et al., arXiv:1904.09080 (figure number unverified)"
CLAIMS = ("blanc2019-one-point-tanh", "blanc2019-one-point-saddles", "blanc2019-one-point-sigmoid-spreads")
CAPTION = (
    "Measured (colored lines): five neurons that fit one datapoint (tanh: y = 0.9, sigmoid: y = 2; x = 1) under SGD "
    "with label noise, one run each from where gradient flow ends, step 0.3 and noise 0.1, against the slow clock. "
    "Top: activations. Bottom: the squared gradient of the output, which label noise descends. Theory (dashed): the "
    "limiting flow for this step. Dotted: the stationary states of theory; of tanh, top, only the one with one "
    "active neuron, the others are saddles."
)
CASES = (("tanh", 0.9, 1e2), ("sigmoid", 2.0, 1e4))
WIDTH, STEP, NOISE = 5, 0.3, 0.1
LABELS = {"tanh": ("minimum: one active", "saddles: 2–5 active"), "sigmoid": ("minimum: all alike",)}
FIRST, MOMENTS = 0.1, 161


def data() -> dict[str, np.ndarray]:
    """Run label noise and solve the limiting flow from the same minimum."""
    from solvable import GradientFlow, LabelNoiseSGD, SinglePointNetwork, simulate
    from solvable.theory import limiting_flow, single_point_stationary

    arrays: dict[str, np.ndarray] = {}
    for activation, target, last in CASES:
        counts = np.round(np.geomspace(FIRST, last, MOMENTS) / (STEP * NOISE) ** 2).astype(int)
        clock = counts * (STEP * NOISE) ** 2
        model, other = (SinglePointNetwork(1.0, y, WIDTH, activation) for y in (target, target - 1.0))

        def hessians(theta: np.ndarray, model: Any = model, other: Any = other) -> np.ndarray:
            """Of the output: what the Hessians of two losses differ by, whose residuals differ by 1."""
            return np.asarray(other.hessian(theta) - model.hessian(theta))[None]

        start = simulate(model, GradientFlow(), model.init(), time=1e4, until_loss=1e-24).final
        run = simulate(model, LabelNoiseSGD(STEP, NOISE), start, steps=int(counts[-1]), save=counts)
        flow = limiting_flow(model.jacobian, hessians, model.residuals, start, clock, step_size=STEP, rtol=1e-7)
        states = single_point_stationary(1.0, target, WIDTH, activation)
        measured = [model.predictor(run.theta)[..., 1], [model.flatness(theta) for theta in run.theta]]
        theory = [model.predictor(flow.points)[..., 1], flow.regularizer]
        arrays[f"{activation}_clock"] = clock
        arrays[f"{activation}_measured"], arrays[f"{activation}_theory"] = map(np.column_stack, (measured, theory))
        arrays[f"{activation}_states"] = np.array([[*state.hidden, state.regularizer] for state in states])
    return arrays


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """A column an activation function: neurons, and the regularizer."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import COLORS, GRAY, REFERENCE, THEORY, new_figure

    figure = new_figure(height=6.4)
    panels = figure.subplots(2, 2, sharex="col", height_ratios=[1.25, 1])
    level = REFERENCE | {"color": "#444444", "zorder": 2}
    for (activation, target, _), (neurons, size) in zip(CASES, panels.T, strict=True):
        clock, measured, theory, states = (
            arrays[f"{activation}_{kind}"] for kind in ("clock", "measured", "theory", "states")
        )
        for j in range(WIDTH):
            neurons.plot(clock, measured[:, j], color=COLORS[j], linewidth=2.2)
            neurons.plot(clock, theory[:, j], **THEORY)
        size.plot(clock, measured[:, -1], color=GRAY, linewidth=2.2)
        size.plot(clock, theory[:, -1], **THEORY)
        for a in {*states[0, :-1]}:
            neurons.axhline(a, **level)
            if activation == "tanh" and a:
                neurons.axhline(-a, **level)
        for state in states:
            size.axhline(state[-1], **level)
        for words, height, x, side in zip(LABELS[activation], states[[0, -1], -1], (0.02, 0.98), ("left", "right"),
                                          strict=False):  # fmt: skip
            size.annotate(words, (x, height), (0, 2), ha=side, va="bottom", xycoords=("axes fraction", "data"),
                          textcoords="offset points", fontsize=11)  # fmt: skip
        neurons.set_title(f"{activation}, $y = {target:g}$", loc="left")
        size.set_xscale("log")
        size.set_xlim(clock[0], clock[-1])
        size.set_xlabel(r"slow clock  $T = h^2\sigma^2 k$")
    panels[0, 0].set_ylabel("activation  $a_j$")
    panels[1, 0].set_ylabel(r"$R = |\nabla f|^2$")
    keys: list[Any] = [tuple(Line2D([], [], color=color) for color in COLORS[:WIDTH]), Line2D([], [], **THEORY),
                       Line2D([], [], **level)]  # fmt: skip
    figure.legend(keys, ["label noise, five neurons", "limiting flow", "stationary states"], ncols=3,
                  loc="outside upper center", handlelength=3,
                  handler_map={tuple: HandlerTuple(ndivide=None, pad=0.1)})  # fmt: skip
    return figure
