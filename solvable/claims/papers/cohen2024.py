r"""Cohen et al., Understanding Optimization in Deep Learning with Central Flows (arXiv:2410.24206), on a loss that can
be solved.

``L = S(w) x^2/2 + sum k_i (w_i - m_i)^2/2`` with ``S = s + a . w`` has a valley whose minimum is too sharp for the
step: ``S(m) > 2/h``. The central flow descends the valley until ``S = 2/h`` and then slides along that surface to the
constrained minimum, held by the variance sigma^2 of the oscillating x. Three things are true of gradient descent here
(`solvable.theory.modified.central_flow`): it ends exactly there, as an orbit of period two; on the surface it follows
the central flow up to an error proportional to the slowness of the valley; but before that it overshoots ``2/h``, since
x has to grow again from what it has decayed to. The last is a delay that the central flow does not have.
"""

from __future__ import annotations

import numpy as np

from solvable import Simultaneous, TwoPlayerGame, claim, simulate
from solvable.theory import SharpValley

ATTRACTS = "the orbit of period two attracts by 0.995 a step"


def _descend(valley, x, w, steps, save=None):
    """Gradient descent on the loss of a valley: two players whose fields are minus its two gradients."""
    a, k, m = valley.slope, valley.stiffness, valley.minimum
    loss = TwoPlayerGame(
        lambda x, w: -(valley.offset + a @ w) * x, lambda x, w: -k * (w - m) - x[0] ** 2 / 2 * a, sizes=(1, a.size)
    )
    h = valley.step_size
    theta = simulate(loss, Simultaneous((h, h)), np.append(x, w), steps=steps, save=save).theta
    return theta[..., 0], theta[..., 1:]


def _steep(rng):
    """A valley of two variables from 30 % below the edge of stability to 8 to 18 % above it."""
    return {
        "step_size": np.array(rng.uniform(0.2, 0.5)),
        "pull": rng.uniform(0.03, 0.09, 2),
        "slope": rng.uniform(0.5, 1.0, 2),
        "over": np.array(rng.uniform(0.08, 0.18)),
    }


def _valley(problem):
    h = float(problem["step_size"])
    over, below = float(problem["over"]), 0.3
    slope = problem["slope"] / np.sum(problem["slope"]) * (over + below) * 2 / h
    return SharpValley(problem["pull"] / h, np.ones(slope.size), slope, (1 - below) * 2 / h, h)


@claim(
    "cohen2024-central-flow",
    title="Where the central flow ends, gradient descent ends",
    statement=r"$\theta_k \to (\pm\sigma_*, w_*):\quad w_* = m - \frac{\sigma_*^2}{2}K^{-1}a,\quad"
    r" \sigma_*^2 = \frac{2\,(S(m) - 2/h)}{a \cdot K^{-1}a},\quad S(w_*) = \frac{2}{h}$",
    source="arXiv:2410.24206 (the flow); the closed form is derived in solvable.theory.modified.central_flow",
    hypotheses=(
        "the orbit of period two attracts by 0.995 a step",
        "the valley is slow and at most 25 % too sharp",
        "the run comes to rest in the time of its linear rate",
    ),
    rivals=("gradient flow", "half the variance"),
    convention="L = S(w) x^2/2 + (w - m).K(w - m)/2, S = s + a.w; from S = 0.7 * 2/h, with S(m) 8 to 18 % above 2/h",
)
def equilibrium(lab):
    valley = _valley(lab.instance(_steep))
    factor = valley.contraction()
    lab.require(ATTRACTS, factor < 0.995)
    # Attraction is local: far beyond the edge the overshoot throws the run out.
    edge = 2 / valley.step_size
    gentle = np.max(valley.stiffness) * valley.step_size <= 0.5 and valley.sharpness(valley.minimum) <= 1.25 * edge
    lab.require("the valley is slow and at most 25 % too sharp", gentle)
    steps = int(np.log(1e-12) / np.log(factor))
    x, w = _descend(valley, 1e-3, np.zeros(2), steps, [steps - 2, steps])
    moved = np.max(np.abs(w[1] - w[0])) + abs(x[1] - x[0])
    lab.require("the run comes to rest in the time of its linear rate", moved < 1e-9 * (1 - factor))
    point, variance = valley.equilibrium()
    soft = valley.slope / valley.stiffness
    lab.identity(
        np.append(w[-1], x[-1] ** 2),
        np.append(point, variance),
        rivals={
            "gradient flow": np.append(valley.minimum, 0.0),
            "half the variance": np.append(valley.minimum - variance / 4 * soft, variance / 2),
        },
        tolerance=1e-8,
        reason="the run stops where the linear rate has brought the distance to about 1e-11",
    )


@claim(
    "cohen2024-entry-delay",
    title="Gradient descent overshoots the edge of stability before it oscillates",
    statement=r"$|x_k| = |x_0|\prod_{j<k}|1 - hS(w_j)|$ to order $x^2$:"
    r" $|x|$ is back at $|x_0|$ only when $S$ is far above $2/h$",
    source="derived in solvable.theory.modified.central_flow",
    hypotheses=("the oscillation comes back within 2000 steps",),
    rivals=("sharpness held at 2/h", "gradient flow"),
    convention="L = S(w) x^2/2 + (w - m).K(w - m)/2, S = s + a.w; |x_0| = 1e-7; S when |x| is first back there",
    errata="The central flow of arXiv:2410.24206 holds S <= 2/h from the first crossing on. That is right for the"
    " average once x oscillates. From a small x gradient descent first overshoots, by nearly all of S(m) - 2/h in"
    " these valleys, and by as much however small x_0 is.",
)
def entry_delay(lab):
    valley = _valley(lab.instance(_steep))
    w, gains = valley.free_descent(np.zeros(2), 2000)
    back = 1 + np.flatnonzero(gains[1:] >= 0)
    lab.require("the oscillation comes back within 2000 steps", back.size > 0)
    k, h = int(back[0]), valley.step_size
    crossing = int(np.flatnonzero(valley.sharpness(w) > 2 / h)[0])
    x, points = _descend(valley, 1e-7, np.zeros(2), k + 50, np.arange(k + 51))
    measured = int(1 + np.flatnonzero(np.abs(x[1:]) >= np.abs(x[0]))[0])
    excess = valley.sharpness(points[measured]) - 2 / h
    lab.identity(
        [excess, np.log(np.abs(x[measured] / x[0]))],
        [valley.sharpness(w[k]) - 2 / h, gains[k]],
        scale=valley.sharpness(valley.minimum) - 2 / h,
        rivals={
            "sharpness held at 2/h": [0.0, gains[k]],
            "gradient flow": [valley.sharpness(valley.minimum) - 2 / h, gains[k]],
        },
        tolerance=1e-8,
        reason="x^2 stays below 1e-13",
    )
    share = excess / (valley.sharpness(valley.minimum) - 2 / h)
    lab.note(f"crossing at step {crossing}, return at step {measured}: overshoot {share:.1%} of S(m) - 2/h")


@claim(
    "cohen2024-slow-valley",
    title="On the edge of stability gradient descent follows the central flow of a slow valley",
    statement=r"$K = \epsilon K_0,\ S(w_0) = \frac{2}{h},\ x_0 = \sigma(w_0):\quad"
    r" \tau\cdot(w_k - w(hk)) = O(\epsilon)$ for $hk \leq \frac{2}{\kappa}$, $\tau \perp a$",
    source="arXiv:2410.24206 (the flow); the order is our own measurement",
    rivals=("gradient flow", "half the variance"),
    convention="two variables; kappa is the rate of the central flow; epsilon = 1/8 to 1/64; along the surface only",
)
def slow_valley(lab):
    problem = lab.instance(
        lambda rng: {
            "step_size": np.array(rng.uniform(0.2, 0.5)),
            "pull": np.array([0.03, 0.1]) * rng.uniform(0.7, 1.3, 2),
            "slope": rng.uniform(0.5, 1.0, 2),
            "over": np.array(rng.uniform(0.1, 0.2)),
            "shift": np.array(rng.uniform(0.3, 0.6)),
        }
    )
    epsilons = 1 / np.array([8, 16, 32, 64])
    errors = {name: [] for name in ("central flow", "gradient flow", "half the variance")}
    for epsilon in epsilons:
        for name, error in _along_the_surface(problem, epsilon).items():
            errors[name].append(error)
    lab.order(
        epsilons,
        errors.pop("central flow"),
        1,
        rivals=errors,
        tolerance=0.2,
        reason="the remaining oscillation of x meets the end of the time window in any phase",
    )


def _along_the_surface(problem, epsilon):
    """The largest distance along the surface between gradient descent and each of three flows."""
    h, slope = float(problem["step_size"]), problem["slope"]
    a = 0.4 / h * slope / np.linalg.norm(slope)
    offset = (2 + float(problem["over"])) / h - np.sum(a)
    valley = SharpValley(epsilon * problem["pull"] / h, np.ones(2), a, offset, h)
    tangent = np.array([-a[1], a[0]]) / np.linalg.norm(a)
    end, variance = valley.equilibrium()
    # To the side from which the variance falls: it stays above its limit.
    side = np.sign(valley.variance(end + tangent) - variance)
    start = end + side * float(problem["shift"]) * tangent
    steps = int(2 / (tangent @ (valley.stiffness * tangent)) / h)
    saves = np.unique(np.linspace(0, steps, 100).astype(int))
    _, w = _descend(valley, np.sqrt(valley.variance(start)), start, steps, saves)
    times = h * saves
    K, m = np.diag(valley.stiffness), valley.minimum
    halved = K - np.outer(a, a) @ K / (2 * a @ a)
    flows = {
        "central flow": valley.central_flow(start, times),
        "gradient flow": m + _decay(K, start - m, times),
        "half the variance": m + _decay(halved, start - m, times),
    }
    return {name: np.max(np.abs((w - flow) @ tangent)) for name, flow in flows.items()}


def _decay(matrix, start, times):
    """``exp(-t matrix) start`` for every t."""
    rates, modes = np.linalg.eig(matrix)
    return np.real(np.exp(-np.multiply.outer(times, rates)) * np.linalg.solve(modes, start) @ modes.T)
