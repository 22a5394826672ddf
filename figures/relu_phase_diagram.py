r"""The phase diagram of two-layer ReLU networks: do the input weights stay, or do they condense?

Let ``f = (1/alpha) sum_k a_k relu(w_k . X)`` with m neurons, ``a ~ N(0, beta_1^2)``, ``w ~ N(0, beta_2^2)`` and

    beta_1 beta_2 / alpha = m^-gamma,      beta_1 / beta_2 = m^-gamma'.

Training changes the input weights by ``sup_t |w(t) - w(0)| / |w(0)| ~ m^S``. Wide networks are linear in their
parameters where S < 0 and condense on few directions where S > 0. The exponent is continuous and linear on five pieces
of the plane: S = 0 on a line that goes through the mean field, along gamma = 1 and then along gamma' = gamma - 1.
The diagram is that of Luo, Xu, Ma and Zhang (arXiv:2007.07497), the exponents are this package's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Initialization decides whether wide networks are linear or condense"
SUMMARY = (
    "Two exponents of the initialization decide whether the weights of a wide ReLU network stay or condense. The "
    "measured exponent of their relative change changes its sign on the predicted line."
)
ANSWERS = "the phase diagram of Luo et al., arXiv:2007.07497 (figure number unverified)"
CLAIMS = ("luo2021-map", "luo2021-exponents")
CAPTION = (
    "Measured (filled circles, numbers): how the relative change of the input weights of two-layer ReLU networks, the "
    "largest on the way to zero loss, grows with their width m: the exponent fitted to m = 1000, 4000 and 16000 (means "
    "of two starts at f = 0) at 17 places of the plane of initializations. Theory (shades of the plane, those of the "
    "circles, and formulas): the exponent S; dashed: where its formula changes; black: S = 0, left of it wide networks "
    "stay linear in their parameters, right of it they condense. Top right: the change at six of the places (markers) "
    "and the slopes S (dashed, through the last marker). Bottom right: all 17 exponents against S; crosses: the rival "
    "gamma - 1."
)
X, Y = np.array([-1.0, 1.0]), np.array([0.6, -0.4])
WIDTHS, SEEDS = np.array([1000, 4000, 16000]), 2
LEFT, RIGHT, BOTTOM, TOP, PIXELS = 0.35, 2.25, -1.25, 1.5, 400
STANDARD = (0.5, 0.5)
SCALINGS = (
    ("NTK", (0.5, 0.0), (0, -13), "center"),
    ("mean\nfield", (1.0, 0.0), (-8, -16), "right"),
    ("LeCun", STANDARD, (0, -13), "center"),
)
"""Scalings of practice: the two ends that theory takes, and variances of one over the number of inputs."""
LEVELS = (-3, -2.5, -2, -1.5, -1, -0.5, 0.25, 0.5, 0.75, 1)
SHOWN = ((2.0, 0.0), (1.25, -0.6), (1.0, 0.0), (0.75, 0.0), (1.5, 0.9), (1.0, 1.0))
ASIDE = {
    (1.0, 0.0): ((11, 0), "left"),
    (1.0, -0.5): ((10, 0), "left"),
    (1.5, 0.5): ((-9, 5), "right"),
    (1.5, 1.3): ((10, 0), "left"),
}
"""Where a number does not stand above its circle."""
NAMED = (("linear", (0.68, -0.85), "black"), ("condensed", (1.72, -0.2), "black"))
FORMULAS = (
    (r"$\gamma - 1$", (0.68, -1.08), "black"),
    (r"$\gamma - 1 - 2\gamma'$", (0.68, 1.25), "white"),
    (r"$2\,(\gamma - 1 - \gamma')$", (1.23, 1.39), "white"),
    (r"$(\gamma - 1 - \gamma')\,/\,2$", (1.85, -0.42), "black"),
    (r"$\gamma - 1$", (1.3, -1.08), "black"),
)


def signed(value: float) -> str:
    """With two digits, a sign unless they are zero, and a minus as long as the plus."""
    return "0" if abs(value) < 0.005 else f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def data() -> dict[str, np.ndarray]:
    """Train at all places and widths; the exponent of theory there and on the plane."""
    from solvable.claims.papers.luo2021 import MAP, relative_changes
    from solvable.theory import relative_change_exponent

    changes = np.array([[relative_changes(X, Y, *point, int(m), range(SEEDS)) for m in WIDTHS] for point in MAP])
    gamma, prime = np.linspace(LEFT, RIGHT, PIXELS), np.linspace(BOTTOM, TOP, PIXELS)
    places = np.array(MAP)
    logs = np.mean(np.log(changes), axis=2)
    return {
        "place": places,
        "width": WIDTHS,
        "change": np.exp(logs),
        "measured": np.polyfit(np.log(WIDTHS), logs.T, 1)[0],
        "theory": relative_change_exponent(*places.T),
        "critical": np.array([[1.0, BOTTOM], [1.0, 0.0], [RIGHT, RIGHT - 1.0]]),
        "gamma": gamma,
        "gamma_prime": prime,
        "exponent": relative_change_exponent(*np.meshgrid(gamma, prime)),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the plane. Right: the change against the width, and exponents against those of theory."""
    from matplotlib.colors import TwoSlopeNorm
    from matplotlib.patheffects import withStroke

    from solvable.phase.diagrams.relu_regimes import DIAGRAM
    from solvable.plotting import DIVERGING, GRAY, THEORY, new_figure

    exponent = DIAGRAM.values["exponent"]
    figure = new_figure(height=6.2)
    left, right = figure.subfigures(1, 2, width_ratios=[2, 1])
    plane = left.subplots()
    growth, agreement = right.subplots(2, 1, height_ratios=[1.25, 1])
    norm = TwoSlopeNorm(exponent.center, *exponent.limits)
    gamma, prime = arrays["gamma"], arrays["gamma_prime"]
    image = plane.imshow(arrays["exponent"], cmap=DIVERGING, norm=norm, origin="lower", aspect="auto",
                         extent=(LEFT, RIGHT, BOTTOM, TOP))  # fmt: skip
    plane.contour(gamma, prime, arrays["exponent"], LEVELS, colors="white", linewidths=0.6, linestyles="solid")
    plane.plot(*arrays["critical"].T, color="black", linewidth=3, solid_capstyle="butt", zorder=3)
    for fold in ([[LEFT, 1], [0, 0]], [[1, RIGHT], [0, 1 - RIGHT]], [[1, 1], [0, TOP]]):
        plane.plot(*fold, **THEORY | {"linewidth": 0.9, "zorder": 2.5})
    places, measured, theory = arrays["place"], arrays["measured"], arrays["theory"]
    circle: dict[str, Any] = {"edgecolor": "black", "linewidth": 1.1, "c": DIVERGING(norm(measured))}
    plane.scatter(*places.T, s=140, zorder=6, **circle)
    halo = [withStroke(linewidth=2.2, foreground="white", alpha=0.9)]
    for point, value in zip(places.tolist(), measured, strict=True):
        shift, side = ASIDE.get(tuple(point), ((0, 10), "center"))
        plane.annotate(signed(value), point, shift, textcoords="offset points", ha=side, fontsize=10.5,
                       va="bottom" if side == "center" else "center", path_effects=halo, zorder=7)  # fmt: skip
    for words, place, color in NAMED:
        plane.annotate(words, place, color=color, fontsize=17, ha="center", va="center", style="italic")
    for words, place, color in FORMULAS:
        plane.annotate(words, place, color=color, fontsize=11.5, ha="center", va="center")
    plane.text(1.86, 0.92, "critical", fontsize=15, style="italic", ha="center", va="center", rotation=45,
               rotation_mode="anchor", transform_rotates_text=True)  # fmt: skip
    plane.plot(*STANDARD, "+", color="black", markersize=9, markeredgewidth=1.5)
    for words, point, shift, side in SCALINGS:
        plane.annotate(words, point, shift, textcoords="offset points", ha=side, va="center", fontsize=10.5)
    plane.set(xlim=(LEFT, RIGHT), ylim=(BOTTOM, TOP), xlabel=DIAGRAM.axes["gamma"].label,
              ylabel=DIAGRAM.axes["gamma_prime"].label, xticks=[0.5, 1, 1.5, 2],
              yticks=[-1, -0.5, 0, 0.5, 1, 1.5])  # fmt: skip
    plane.grid(visible=False)
    bar = left.colorbar(image, cax=plane.inset_axes([0, 1.03, 1, 0.028]), orientation="horizontal")
    bar.set_ticks([-3, -2, -1, 0, 0.5, 1],
                  labels=[r"$\leq -3$", "\N{MINUS SIGN}2", "\N{MINUS SIGN}1", "0", "0.5", "1"])  # fmt: skip
    bar.ax.xaxis.set_ticks_position("top")
    bar.ax.set_title(exponent.label, loc="left")
    bar.ax.title.set_in_layout(False)
    width = arrays["width"]
    for k in (places.tolist().index(list(point)) for point in SHOWN):
        change, color = arrays["change"][k], DIVERGING(norm(measured[k]))
        growth.scatter(width, change, s=45, color=color, edgecolor="black", linewidth=0.9, zorder=4)
        growth.plot(width, change[-1] * (width / width[-1]) ** theory[k], **THEORY)
        growth.annotate(rf"$S = {signed(theory[k])}$", (width[-1], change[-1]), (8, 0), textcoords="offset points",
                        va="center", fontsize=10.5)  # fmt: skip
    growth.set(xscale="log", yscale="log", xlim=(600, 5e5), xticks=[1e3, 1e4, 1e5], xlabel="width  $m$",
               ylabel="relative change of $w$")  # fmt: skip
    agreement.axline((0, 0), slope=1, **THEORY)
    agreement.plot(places[:, 0] - 1, measured, "x", color=GRAY, markersize=5)
    agreement.scatter(theory, measured, s=45, zorder=6, **circle)
    agreement.set(xlim=(-2.3, 1.2), ylim=(-2.7, 1.2), xticks=[-2, -1, 0, 1], yticks=[-2, -1, 0, 1],
                  xlabel="predicted exponent", ylabel="measured")  # fmt: skip
    agreement.annotate(r"rival: $\gamma - 1$", (1.1, -2.45), ha="right", color="#666666", fontsize=10.5)
    return figure
