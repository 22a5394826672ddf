r"""How label noise finds a sparse vector from a large start, on its slow clock.

SGD of step h on noisy labels, one sample at a time, first reaches an interpolant that depends on the start; then the
noise shrinks the product scale ``a = |u v|`` and carries it along the central path

    beta(T) = argmin over X b = y of the hyperbolic entropy of scale a_0 exp(-4 m T),      T = h^2 s^2 k,

``m_j = mean_i x_ij^2``, to the least weighted l1 norm (Li, Wang and Arora; the closed form is
`solvable.theory.slow_flow_diagonal`). Here the design is one of signs, so all weights are equal. On the clock T the
noise s drops out: the predicted levels are horizontal. Runs are ahead of them by O(h), because the residuals that the
noise keeps alive add to it: the scale shrinks 3 percent faster until T = 0.3, and 1 percent faster until T = 2.

The end of a run fluctuates. What is shown is where gradient flow without noise would take it: the minimum of the
entropy of *its* scale and shift, a convex program. The clock holds while the time ``h k = T / (h s^2)`` is long against
the relaxation time, ``1 / lambda`` of the slowest mode where the flow ends: the other line. A run whose residual is
not smaller than that of ``beta = 0`` is not resolved.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized

SAMPLES, FEATURES, NONZEROS, SCALE, STEP = 20, 40, 3, 0.5, 0.001
LEVELS = (0.5, 0.3, 0.1, 0.03)


@cache
def problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(X, y, truth): a design of signs, three unit coefficients, which least l1 finds."""
    rng = np.random.default_rng(0)
    X = rng.choice([-1.0, 1.0], (SAMPLES, FEATURES))
    truth = np.zeros(FEATURES)
    truth[rng.choice(FEATURES, size=NONZEROS, replace=False)] = 1.0
    return X, X @ truth, truth


@vectorized
def measure(slow_time: np.ndarray, noise: np.ndarray, *, seed: int, replica: np.ndarray) -> dict[str, np.ndarray]:
    """Distance of the settled end of one run from the truth, and from the central path."""
    from ... import DiagonalLinearNetwork, LabelNoiseSGD, simulate
    from ...dynamics.trajectory import Status
    from ...theory import hypentropy_minima

    X, y, truth = problem()
    model = DiagonalLinearNetwork(X, y)
    steps = np.round(slow_time / (STEP * noise) ** 2).astype(int)
    dynamics = LabelNoiseSGD(np.full(noise.size, STEP), noise)
    run = simulate(model, dynamics, model.init(SCALE), steps=steps, seed=seed, replica=replica)
    lost = np.isin(run.status, (Status.DIVERGED, Status.NONFINITE))
    log_a, xi = (np.where(lost[:, None], 0.0, part) for part in model.potential_coordinates(run.final))
    settled = hypentropy_minima(X, y, log_a, xi)
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
        far = np.linalg.norm(model.residuals(run.final), axis=1) >= np.linalg.norm(y)
    return {
        "distance": np.where(lost, np.inf, distance(settled.point - truth)),
        "deviation": np.where(lost, np.inf, distance(settled.point - central_path(slow_time))),
        "unresolved": ~lost & (far | ~settled.certified),
    }


def distance(difference: np.ndarray) -> np.ndarray:
    """Lengths of the rows, in units of the truth."""
    return np.linalg.norm(difference, axis=-1) / np.linalg.norm(problem()[2])


def central_path(slow_time: np.ndarray) -> np.ndarray:
    """`slow_flow_diagonal` at each slow time, ``(R, d)``."""
    from ...theory import hypentropy_minima

    X, y, _ = problem()
    log_a = 2 * np.log(SCALE) - 4 * np.asarray(slow_time)[:, None] * np.mean(X**2, axis=0)
    return hypentropy_minima(X, y, log_a).point


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """The slow times at which the central path is so close to the truth, and where the clock begins to hold."""
    from ...claims.papers._problems import decay_rates

    X, _, truth = problem()
    least, most = (float(end(axes["slow_time"])) for end in (np.min, np.max))
    times = np.linspace(least, most, 200)
    # The distance from the truth falls along the path.
    found = np.interp(LEVELS[::-1], distance(central_path(times) - truth)[::-1], times[::-1], np.nan, np.nan)
    noise = np.geomspace(np.min(axes["noise"]), np.max(axes["noise"]), 200)
    names = ", ".join(f"{level:g}" for level in LEVELS)
    curves = [Curve(noise, np.full(noise.size, T), f"distance {names} on the central path") for T in found]
    relaxation = 1 / decay_rates(X, central_path(np.zeros(1))[0], SCALE**2)[-1]
    start = STEP * noise**2 * relaxation
    shown = (start >= least) & (start <= most)
    return [*curves, Curve(noise[shown], start[shown], "$hk$ = relaxation time")]


DIAGRAM = Diagram(
    name="label-noise-recovery",
    title="Label noise recovers a sparse vector on its slow clock",
    statement=r"the settled end is the entropy minimum of scale $a_0 e^{-4 m T}$, $T = h^2 s^2 k$, whatever $s$ is",
    source="arXiv:2110.06914",
    axes={
        "slow_time": Axis(r"slow time $T = h^2 s^2 k$", np.linspace(0.08, 2, 25), np.linspace(0.05, 2.5, 50)),
        "noise": Axis("label noise $s$", np.geomspace(1, 60, 24), np.geomspace(0.5, 60, 60), "log"),
    },
    values={
        "distance": Quantity(
            r"distance from the truth, $\|\Phi(\beta) - \beta_*\| / \|\beta_*\|$",
            scale="log",
            limits=(0.01, 1.0),
            levels=LEVELS,
        ),
        "deviation": Quantity(
            r"distance from the central path, in units of $\|\beta_*\|$", scale="log", limits=(0.001, 1.0)
        ),
    },
    measure=measure,
    theory=theory,
    chunk=100,
)
