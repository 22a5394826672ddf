r"""Diagonal linear networks: which interpolant do the steps select?

On ``beta = u^2 - v^2`` every step of gradient descent, heavy ball or SGD, with or without label noise, multiplies the
factors. So at any time beta is, among all b with the same ``X b``, the one of least hyperbolic entropy, for the scale
``a = |u v|`` and the shift that the steps have left: small steps leave those of the start, large or noisy steps a
smaller scale, which selects a sparser vector. Adam multiplies nothing of that kind, and there is no such theorem.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from figures.kernel_to_rich import FEATURES, problem
from solvable.plotting import BLUE, GRAY, GREEN, THEORY, VERMILION

from .page import Arrays, drawn, three

TITLE = "Diagonal linear networks"
OPTIMIZERS = ("gradient descent", "heavy ball", "SGD", "Adam")
STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
SCALES = (1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
NOISES = (0.0, 0.1, 0.2, 0.4, 0.7, 1.0)
START = {"optimizer": "gradient descent", "step_size": 0.01, "scale": 0.1, "noise": 0.0}
WARM = tuple(START | {"optimizer": name} for name in OPTIMIZERS)
TRUE, MOMENTUM = 3, 0.9
LAST, SAVES, CURVE = 100.0, 160, np.geomspace(1e-7, 10.0, 30)
MOST = 20_000  # steps of Adam, which takes roots in each of them and needs no more


@cache
def between() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Norms ``(l1, l2)`` of the least l1 and the least l2 interpolant, and of those that gradient flow selects."""
    from solvable.theory import hypentropy_minimum, least_l1, least_l2

    X, y = problem()
    flow = [hypentropy_minimum(X, y, a=a).point for a in CURVE]
    return norms(least_l1(X, y).point), norms(least_l2(X, y).point), norms(np.array(flow))


def norms(beta: np.ndarray) -> np.ndarray:
    """l1 and l2, on a last axis."""
    return np.stack([np.abs(beta).sum(axis=-1), np.sqrt((beta**2).sum(axis=-1))], axis=-1)


def compute(optimizer: str, step_size: float, scale: float, noise: float) -> Arrays:
    """Run; then predict the end from the scale and the shift that the steps left, and from those of the start."""
    from solvable import Adam, DiagonalLinearNetwork, LabelNoiseSGD, Status, simulate
    from solvable.theory import hypentropy_minimum

    X, y = problem()
    model, steps = DiagonalLinearNetwork(X, y), round(LAST / step_size)
    if optimizer == "Adam":
        steps = min(steps, MOST)
    method = {
        "gradient descent": LabelNoiseSGD(step_size, noise, batch_size=None),
        "heavy ball": LabelNoiseSGD(step_size, noise, batch_size=None, momentum=MOMENTUM),
        "SGD": LabelNoiseSGD(step_size, noise),
        "Adam": Adam(step_size, 0.9, 0.999, 1e-8),
    }[optimizer]
    save = np.unique(np.round(np.geomspace(1, steps, SAVES)).astype(int))
    run = simulate(model, method, model.init(scale=scale), steps=steps, save=save)
    ended = run.status in (Status.HORIZON, Status.CONVERGED)
    beta, none = run.predictor(run.final), np.full(FEATURES, np.nan)
    predicted = none
    if ended and run.has_ledger:
        log_a, xi = run.effective_init()
        predicted = hypentropy_minimum(X, X @ beta, log_a=log_a, xi0=xi).point
    l1, l2, curve = between()
    return {
        "time": run.time,
        "path": run.predictor(),
        "end": beta if ended else none,
        "predicted": predicted,
        "flow": hypentropy_minimum(X, y, a=scale**2).point,
        "loss": np.array(run.final_loss if ended else np.nan),
        "steps": np.array(int(run.step[-1])),
        "least_l1": l1,
        "least_l2": l2,
        "curve": curve,
    }


def numbers(arrays: Arrays) -> dict[str, str]:
    """Norms, measured and predicted."""
    if not np.isfinite(arrays["loss"]):
        return {"diverged": f"at step {arrays['steps']}: take a smaller step"}
    measured, predicted = norms(arrays["end"]), norms(arrays["predicted"])
    return {
        "l1 norm": f"{measured[0]:.4f}",
        "l1, predicted": f"{predicted[0]:.4f}" if np.isfinite(predicted[0]) else "no theorem",
        "l1, gradient flow": f"{norms(arrays['flow'])[0]:.4f}",
        "least l1": f"{arrays['least_l1'][0]:.4f}",
        "l2 norm": f"{measured[1]:.4f}",
        "worst coefficient, off by": three(np.abs(arrays["end"] - arrays["predicted"]).max()),
        "loss": three(arrays["loss"]),
    }


@drawn
def draw(figure: Figure, arrays: Arrays) -> None:
    """Left: coefficients over time. Right: the two norms of where they end."""
    path, plane = figure.subplots(1, 2, width_ratios=[1.25, 1])
    figure.subplots_adjust(left=0.085, right=0.985, bottom=0.125, top=0.87, wspace=0.36)
    time, beta, ends = arrays["time"], arrays["path"], arrays["predicted"]
    path.plot(*_joined(time, beta[:, TRUE:]), color=GRAY, linewidth=0.9, alpha=0.7)
    path.set_prop_cycle(color=(BLUE, VERMILION, GREEN))
    path.plot(time, beta[:, :TRUE], linewidth=2.4)
    for values, width in ((ends[:TRUE], 1.8), (ends[TRUE:], 0.8)):
        path.plot(*_joined(np.array([1.01, 1.08]), np.stack([values, values])), color="black", linewidth=width,
                  transform=path.get_yaxis_transform(), clip_on=False)  # fmt: skip
    path.set(
        xscale="log", xlim=(0.01, LAST), ylim=(-1.2, 1.2), xlabel="time  $t = hk$", ylabel=r"coefficient  $\beta_j$"
    )
    l1, l2 = arrays["least_l1"][0], arrays["least_l2"][1]
    plane.plot(arrays["curve"][:, 1] / l2, arrays["curve"][:, 0] / l1, **THEORY)
    for name, place, words in (("least_l1", (-9, -4), r"least $\ell_1$"), ("least_l2", (14, -4), r"least $\ell_2$")):
        x, y = arrays[name][1] / l2, arrays[name][0] / l1
        plane.plot(x, y, "s", color=GRAY, markersize=7)
        side = "right" if name == "least_l1" else "left"
        plane.annotate(words, (x, y), place, textcoords="offset points", ha=side, color="#555555")
    for name, style in (("end", {"color": BLUE, "markersize": 13}),
                        ("predicted", {"color": "black", "fillstyle": "none", "markersize": 19}),
                        ("flow", {"color": GRAY, "fillstyle": "none", "markersize": 11})):  # fmt: skip
        size = norms(arrays[name])
        plane.plot(size[1] / l2, size[0] / l1, "o", zorder=6, **style)
    corner = np.stack([arrays["least_l1"][1] / l2, arrays["least_l2"][0] / l1])
    plane.set(xlim=(0.97, corner[0] * 1.1), ylim=(0.97, corner[1] * 1.06),
              xlabel=r"$\|\beta\|_2$ over the least", ylabel=r"$\|\beta\|_1$ over the least")  # fmt: skip
    _legend(figure)
    if not np.isfinite(arrays["loss"]):
        path.annotate("diverged", (0.5, 0.5), xycoords="axes fraction", ha="center", fontsize=26, color=VERMILION)


def _joined(x: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Many lines as one that is interrupted: a tenth of the time to draw."""
    gap = np.full((1, ys.shape[1]), np.nan)
    return np.tile(np.append(x, np.nan), ys.shape[1]), np.concatenate([ys, gap]).T.ravel()


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    keys = [Line2D([], [], color=BLUE, marker="o"), Line2D([], [], color=GRAY, linewidth=0.9),
            Line2D([], [], color="black", marker="o", fillstyle="none", markersize=12),
            Line2D([], [], color=GRAY, linestyle="", marker="o", fillstyle="none")]  # fmt: skip
    names = ["measured: true support", f"the other {FEATURES - TRUE}", "theory, these steps", "theory, gradient flow"]
    figure.legend(keys, names, loc="upper center", ncols=4, columnspacing=1.4, handlelength=1.7)
