r"""Knots that stay at samples: gradient flow of a ReLU network in the sense of Filippov, and small steps.

A knot moves as long as its neuron sees the same samples. Where it meets sample j the gradient jumps, and the
pre-activation there moves at the speed ``-a q`` if the sample is not seen and ``-a (q + r)`` if it is, where q is the
force of the other samples that the neuron sees and r that of the sample. If both speeds lead to the sample, the knot is
pinned: a solution stays, and sees the sample at the fraction ``-q/r``, the same for all knots that point the same way.
Knots leave when the fraction comes to 0 or 1, all at once.

Gradient descent knows none of this. It steps to and fro over the sample, and sees it in that fraction of its steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "Knots that stay at samples"
SUMMARY = (
    "Where a knot of a ReLU network meets a sample, gradient flow may hold it there from both sides. Gradient descent"
    " steps to and fro over the sample, in the fraction that Filippov's solution foretells."
)
ANSWERS = (
    "the knots that samples attract in Williams et al., arXiv:1906.07842, and Maennel et al., arXiv:1803.08367 "
    "(figure number unverified)"
)
CLAIMS = ("williams2019-knot-velocity", "williams2019-delta")
CAPTION = (
    "A ReLU network with 14 neurons is trained on five samples. Top, measured: the knots of gradient descent with a "
    "step of 0.0001 (thick where the knot is at a sample); dotted: the samples. Theory (dashed): gradient flow "
    "from event to event, in which a knot stays at a sample as long as the flow pushes it back from both sides. Bottom"
    " left, measured: how many of 500 steps in a row see the sample at which a knot stays. Theory (dashed): the "
    "fraction at which the force of the sample balances that of the others; knots leave when it comes to 0 or 1. Bottom"
    " right, measured: how far gradient descent is from the flow after the time 20, and how far the balance a^2 - w^2 -"
    " b^2 of its neurons has drifted; the flow conserves it to rounding. Theory (dashed): first order in the step."
)
SEED, SAMPLES, WIDTH, TIME = 274, 5, 14, 20.0
FIRST, FAR, AT = 0.03, 4.0, 0.002
HELD = ((7, 4), (4, 2), (11, 2))
"""Neurons and the samples at which their knots stay."""
NEXT = 1 + 1e-9
STEP, WINDOW = 1e-4, 500
STEPS = np.array([1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5])


def problem() -> tuple[Any, np.ndarray]:
    """The network and its start."""
    from solvable import UnivariateReLUNetwork

    rng = np.random.default_rng(SEED)
    x, y = np.sort(rng.uniform(-1.5, 1.5, SAMPLES)), rng.standard_normal(SAMPLES)
    model = UnivariateReLUNetwork(x, y, WIDTH)
    return model, model.init(seed=SEED, kind="general", deviations=(0.8, 0.4, 0.4))


def knots(model: Any, theta: np.ndarray) -> np.ndarray:
    """``-b/w`` of all neurons, ``(T, m)``, cut at +-`FAR`."""
    parts = model.unpack(theta)
    return np.clip(-parts["b"] / parts["w"], -FAR, FAR)


def balance(model: Any, theta: np.ndarray) -> np.ndarray:
    """``a^2 - w^2 - b^2`` of all neurons."""
    parts = model.unpack(theta)
    return parts["a"] ** 2 - parts["w"] ** 2 - parts["b"] ** 2


def fraction(model: Any, theta: np.ndarray, neuron: int, sample: int) -> float:
    """``-q/r`` at a sample where the knot of a neuron is."""
    parts, lift = model.unpack(theta), 1 + model.x * model.x[sample]
    seen = parts["w"][neuron] * (model.x - model.x[sample]) > 0
    forces = model.residuals(theta) * lift
    return float(-forces[seen].sum() / forces[sample])


def stay(events: Any, neuron: int, sample: int) -> tuple[float, float]:
    """When a knot comes to a sample for the longest time, and when it leaves."""
    own = events.neuron == neuron
    times, pinned = events.time[own], (events.kind[own] == "pins") & (events.sample[own] == sample)
    ends = np.append(times[1:], TIME)
    k = np.argmax(np.where(pinned, ends - times, 0))
    return float(times[k]), float(ends[k])


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Run the flow and gradient descent; the fractions of both."""
    from solvable import GradientDescent, GradientFlow, simulate

    model, start = problem()
    flow = GradientFlow(rtol=1e-12)
    time = np.geomspace(FIRST, TIME, 500)
    path = simulate(model, flow, start, time=TIME, save=time)
    rough = simulate(model, GradientDescent(STEP), start, time=TIME, save=time)
    counted, predicted, moments, fine = [], [], [], []
    for neuron, sample in HELD:
        began, ended = stay(path.events, neuron, sample)
        exact = simulate(model, flow, start, time=ended, save=np.geomspace(began * NEXT, ended / NEXT, 60))
        fine.append(exact.time)
        predicted.append([fraction(model, theta, neuron, sample) for theta in exact.theta])
        length = WINDOW * STEP
        moments.append(np.geomspace(began + length, ended - length, 9))
        first = np.round((moments[-1] - length / 2) / STEP).astype(int)
        run = simulate(model, GradientDescent(STEP), start, steps=first[-1] + WINDOW,
                       save=np.unique(first[:, None] + np.arange(WINDOW)))  # fmt: skip
        parts = model.unpack(run.theta)
        sees = (parts["w"] * model.x[sample] + parts["b"])[:, neuron] > 0
        place = np.searchsorted(run.step, first)
        counted.append([np.mean(sees[k : k + WINDOW]) for k in place])
    ends = [simulate(model, GradientDescent(h), start, time=TIME).final for h in STEPS]
    return {
        "x": model.x,
        "time": time,
        "flow": knots(model, path.theta),
        "descent": knots(model, rough.theta),
        "fine": np.array(fine),
        "predicted": np.array(predicted),
        "moments": np.array(moments),
        "counted": np.array(counted),
        "distance": np.array([np.max(np.abs(end - path.final)) for end in ends]),
        "drift": np.array([np.max(np.abs(balance(model, end) - balance(model, start))) for end in ends]),
        "conserved": np.max(np.abs(balance(model, path.theta) - balance(model, start))),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Knots over time; fractions; convergence of small steps."""
    from solvable.plotting import BLUE, GREEN, PURPLE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=8.0)
    panels = figure.subplot_mosaic([["knots", "knots"], ["fraction", "order"]], height_ratios=[1.25, 1])
    axes = panels["knots"]
    for at in arrays["x"]:
        axes.axhline(at, **REFERENCE)
    near = np.min(np.abs(arrays["descent"][:, :, None] - arrays["x"]), axis=2) < AT
    for k in range(WIDTH):
        free = np.where(np.abs(arrays["descent"][:, k]) < FAR, arrays["descent"][:, k], np.nan)
        label = ("free", "at a sample") if k == 0 else (None, None)
        axes.plot(arrays["time"], free, color=BLUE, linewidth=1.6, zorder=2, label=label[0])
        axes.plot(arrays["time"], np.where(near[:, k], free, np.nan), color=VERMILION, linewidth=4.5, zorder=3,
                  label=label[1])  # fmt: skip
        exact = np.where(np.abs(arrays["flow"][:, k]) < FAR, arrays["flow"][:, k], np.nan)
        axes.plot(arrays["time"], exact, **THEORY, label="gradient flow" if k == 0 else None)
    axes.set(xscale="log", xlim=(FIRST, TIME), ylim=(-2, 2), xlabel="time", ylabel="knot  $-b_i/w_i$")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    axes = panels["fraction"]
    for k, color in enumerate((VERMILION, GREEN, PURPLE)):
        neuron, sample = HELD[k]
        label = f"neuron {neuron} at $x_{sample + 1}$"
        axes.plot(arrays["moments"][k], arrays["counted"][k], "o", color=color, label=label, zorder=3)
        axes.plot(arrays["fine"][k], arrays["predicted"][k], **THEORY)
    axes.set(xscale="log", ylim=(-0.04, 1.04), xlabel="time", ylabel="fraction of steps that see it")
    axes.legend(loc="best")
    axes = panels["order"]
    for name, color, mark, text in (
        ("distance", BLUE, "o", "distance to the flow"),
        ("drift", GREEN, "s", "drift of the balance"),
    ):
        axes.plot(STEPS, arrays[name], mark, color=color, label=text, zorder=3)
        axes.plot(STEPS, arrays[name][-1] * STEPS / STEPS[-1], **THEORY)
    axes.set(xscale="log", yscale="log", xlabel="step size", ylabel="largest entry")
    axes.legend(loc="upper left")
    return figure
