r"""Where gradient descent with large steps goes, on ``(u v - 1)^2 / 2``.

It stays bounded exactly inside an ellipse, ``E < 1``. Inside, it ends at a minimum ``u v = 1`` of either sign. A step
triples the angle on the ellipse and drives off what is beside it, so that towards the boundary the two signs share the
starts ever more finely: n steps lead off the boundary from the distance ``1 - E = 1/(g_0 ... g_{n-1})``, g the factors
along the tripled angles. An angle shifted by eps changes the sign for a share ``eps^x`` of the starts, x the exponent
of a transfer operator; a radius that grows by eps makes a share of the order of eps diverge, for the ellipse is smooth.
Weight decay makes that boundary fractal as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Where large steps go"
CLAIMS = ("liang2025-boundary", "liang2025-chaos")
STEP, DECAY, SIZE, PIXELS = 0.4, 0.3, 4.2, 340
ANGLES, DEPTHS, DEEPEST = 360, 240, 3.2
SHIFTS = 3.0 ** -np.arange(2, 11)
PAIRS, LONGEST, ALONG = 16_000, 16.0, 4000
DIVERGED, NEGATIVE, POSITIVE = 0, 1, 2
SUMMARY = (
    "Gradient descent with a large step on a product stays bounded exactly inside an ellipse. Inside, the basins of "
    "the two signs are wound into each other, with a boundary of fractal dimension."
)
ANSWERS = (
    "the convergence regions of Liang et al., arXiv:2509.25351 (figure number unverified); the dimension is our own"
)
CAPTION = (
    "Measured (shades): what becomes of gradient descent of step 0.4 on (uv - 1)^2 / 2. Blue: it ends at a minimum "
    "with u > 0; orange: with u < 0; white: it diverges. Top left: starts in the plane; gray: the minima. Top right: "
    "starts beside the boundary, by their angle on it and their distance from it. Bottom left: with weight decay 0.3. "
    "Bottom right, markers: the share of the starts for which a shift of the angle changes the sign, or a growth of "
    "the radius makes the run diverge. Theory (dashed): left, the ellipse that bounds the starts without weight decay; "
    "top right, the distance from which one and two steps lead off the boundary; bottom right, powers, the smaller one "
    "from a transfer operator: the boundary between the signs has dimension 1.32."
)


def fates(theta: np.ndarray, decay: float = 0.0) -> np.ndarray:
    """What becomes of the starts ``(..., 2)``: diverged, or the sign of u at the end."""
    from solvable import GradientDescent, ScalarFactorization, Status, simulate

    # With weight decay the loss does not vanish, but no minimum attracts slowly.
    horizon: dict[str, Any] = {"steps": 200} if decay else {"steps": 1000, "until_loss": 1e-12}
    run = simulate(ScalarFactorization(), GradientDescent(STEP, decay), theta.reshape(-1, 2), **horizon)
    lost = np.isin(run.status.astype(int), [Status.DIVERGED, Status.NONFINITE])
    kinds = np.where(lost, DIVERGED, np.where(run.final[:, 0] > 0, POSITIVE, NEGATIVE))
    return kinds.reshape(theta.shape[:-1]).astype(np.uint8)


def beside(angle: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Starts at these angles on the ellipse E = level."""
    from solvable.theory import ellipse_point

    return np.stack(ellipse_point(angle, STEP), axis=-1) * np.sqrt(level)[..., None]


def spread(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evenly spread angles and logarithms of distances from the ellipse, and the weights of these in the plane."""
    distance = np.exp(-LONGEST * (np.arange(count) + 0.5) / count)
    return 2 * np.pi * (np.arange(count) * (np.sqrt(5) - 1) / 2 % 1), distance, LONGEST * distance


def sign_changes() -> np.ndarray:
    """The share of bounded starts that a shift of the angle takes to the other sign."""
    angle, distance, weight = spread(PAIRS)
    before = fates(beside(angle, 1 - distance))
    return np.array([np.mean(weight * (fates(beside(angle + shift, 1 - distance)) != before)) for shift in SHIFTS])


def escapes() -> np.ndarray:
    """The share of bounded starts that a growth of the radius makes diverge."""
    angle, distance, weight = spread(ALONG)
    moved = [fates(beside(angle, (1 - distance) * (1 + shift) ** 2)) for shift in SHIFTS]
    return np.array([np.mean(weight * (after == DIVERGED)) for after in moved])


def leaving(angle: np.ndarray, steps: int) -> np.ndarray:
    """The distance from the ellipse that this many steps take to one."""
    cosines = np.cos(2 * np.multiply.outer(3 ** np.arange(steps), angle))
    return np.prod(1 / (1 + 2 * STEP * cosines + 4 * cosines**2), axis=0)


def data() -> dict[str, np.ndarray]:
    """Fates on a square without and with weight decay, and beside the ellipse; how they change under a shift."""
    from solvable.theory import uncertainty_exponent

    middles = ((np.arange(PIXELS) + 0.5) / PIXELS * 2 - 1) * SIZE
    square = np.stack(np.meshgrid(middles, middles), axis=-1)
    angles = np.pi / 2 * (np.arange(ANGLES) + 0.5) / ANGLES
    distances = 10 ** (-DEEPEST * (np.arange(DEPTHS) + 0.5) / DEPTHS)
    fine = np.linspace(0, np.pi / 2, 721)
    return {
        "plane": fates(square),
        "decay": fates(square, DECAY),
        "unrolled": fates(beside(*np.meshgrid(angles, 1 - distances))),
        "ellipse": beside(4 * fine, np.ones(fine.size)),
        "angle": fine,
        "leaving": np.array([leaving(fine, n) for n in (1, 2)]),
        "shift": SHIFTS,
        "signs": sign_changes(),
        "escapes": escapes(),
        "exponent": np.array(uncertainty_exponent(STEP)),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the plane, without and with weight decay. Right: the boundary unrolled, and powers."""
    from matplotlib.colors import ListedColormap

    from solvable.plotting import BLUE, GRAY, GREEN, ORANGE, THEORY, new_figure

    figure = new_figure(height=8.3)
    (plane, unrolled), (decay, powers) = figure.subplots(2, 2)
    shades: dict[str, Any] = {"cmap": ListedColormap(["white", ORANGE, BLUE]), "vmin": 0, "vmax": 2,
                              "interpolation": "nearest"}  # fmt: skip
    for axes, name in ((plane, "plane"), (decay, "decay")):
        axes.imshow(arrays[name], origin="lower", extent=(-SIZE, SIZE, -SIZE, SIZE), **shades)
        axes.plot(*arrays["ellipse"].T, **THEORY)
        axes.set(xlim=(-SIZE, SIZE), ylim=(-SIZE, SIZE), ylabel="$v$", xticks=[-3, 0, 3], yticks=[-3, 0, 3])
        axes.grid(visible=False)
    for place, words in (((1.5, -0.5), "$u > 0$"), ((-1.5, 0.5), "$u < 0$")):
        plane.annotate(words, place, ha="center", va="center", fontsize=14, color="white")
    branch = np.geomspace(1 / SIZE, SIZE, 100)
    for side in (-1, 1):
        plane.plot(side * branch, side / branch, color="#404040", linewidth=1.6)
    plane.annotate("diverges", (0.03, 0.04), xycoords="axes fraction", color=GRAY)
    plane.set_title(f"step $h = {STEP:g}$", loc="left")
    decay.set_xlabel("$u$")
    decay.set_title(rf"with weight decay ${DECAY:g}$", loc="left")
    unrolled.imshow(arrays["unrolled"], extent=(0, 90, -DEEPEST, 0), aspect="auto", **shades)
    for curve, words, height in zip(arrays["leaving"], ("1 step", "2 steps"), (0.3, 0.016), strict=True):
        unrolled.plot(np.degrees(arrays["angle"]), np.log10(curve), **THEORY)
        unrolled.annotate(words, (1.5, np.log10(height)), va="center", fontsize=11,
                          bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1.5})  # fmt: skip
    unrolled.set(xlim=(0, 90), ylim=(-DEEPEST, 0), xticks=[0, 30, 60, 90], xlabel="angle on the ellipse, degrees",
                 ylabel="$1 - E$", yticks=[-3, -2, -1, 0])  # fmt: skip
    unrolled.set_yticklabels(["$10^{-3}$", "$10^{-2}$", "$10^{-1}$", "$1$"])
    unrolled.grid(visible=False)
    shift = arrays["shift"]
    powers.plot(shift, arrays["signs"], "o", color=BLUE)
    powers.plot(shift, arrays["escapes"], "s", color=GREEN)
    for values, exponent in ((arrays["signs"], arrays["exponent"]), (arrays["escapes"], 1)):
        small = slice(3, None)
        height = np.exp(np.mean(np.log(values / shift**exponent)[small]))
        powers.plot(shift, height * shift**exponent, **THEORY)
    powers.set(xscale="log", yscale="log", xlabel=r"shift $\epsilon$", ylabel="share of starts that change")
    power = float(arrays["exponent"])
    powers.annotate(rf"the sign: $\epsilon^{{{power:.3f}}}$", (0.06, 0.72), xycoords="axes fraction", color=BLUE)
    powers.annotate(r"divergence: $\epsilon$", (0.5, 0.2), xycoords="axes fraction", color=GREEN)
    return figure
