r"""Liang and Montufar, Gradient Descent with Large Step Sizes: Chaos and Fractal Convergence Region (arXiv:2509.25351),
for two numbers.

On ``(u v - T)^2 / 2`` gradient descent of step h stays bounded inside an ellipse,

    E = (u + v)^2 / (4 (2/h + T)) + (u - v)^2 / (4 (2/h - T)) < 1,   that is   h (u^2 + v^2) < 4 + h^2 T (u v - T),

and diverges outside. The boundary is smooth, but not what happens there: a step triples the angle on the ellipse, which
repels, so that the minimum that is reached from beside it depends on everything
(`solvable.theory.scalar.factorization`).
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, ScalarFactorization, claim, simulate
from solvable.dynamics import Status
from solvable.theory import ellipse_level, ellipse_point, ellipse_repulsion, factorization_bounded

from ._ellipse import EXISTS, box, exists, imbalance, moving

DIVERGED, CONVERGED, BOUNDED = 0.0, 1.0, 2.0
QUICK = "no step_size |target| is within 0.05 of 1, where convergence is slow"
MOVING = "no step from the starts leads onto a fixed point or toward zero"
SEEN = "0.05 < step_size |target| < 2: the exponent across differs from that at target 0"
SHORT, LONG = 2000, 2_000_000
APART, STEPS = 1e-9, 12


def grid(rng):
    """A target, three steps (two below ``1/|T|``, one above), and starts in the unit square, to be scaled."""
    return {
        "target": np.array(rng.uniform(0.5, 2.0) * rng.choice([-1.0, 1.0])),
        "products": np.array([rng.uniform(0.1, 0.5), rng.uniform(0.5, 0.9), rng.uniform(1.1, 1.9)]),
        "starts": box(rng, 2.0, 0.0, 1500),
    }


@claim(
    "liang2025-boundary",
    title="The starts from which gradient descent stays bounded are exactly an ellipse",
    statement=r"$\sup_k |\theta_k| < \infty \Leftrightarrow h(u^2 + v^2) < 4 + h^2 T(uv - T)\ \ (h|T| < 2):\quad"
    r" E_{k+1} - 1 = (1 + h^2 r_k u_k v_k)(E_k - 1)$",
    source="arXiv:2509.25351 (a smooth boundary), theorem number unverified; the ellipse is derived here",
    hypotheses=(
        "0 < step_size |target| < 2, so that there are bounded starts",
        "no step_size |target| is within 0.05 of 1, where convergence is slow",
        "no step from the starts leads onto a fixed point or toward zero",
    ),
    rivals=("h (u^2 + v^2) < 4", "four over the sharpness at the start", "two over the sharpness at the start"),
    convention="L = (u v - T)^2 / 2; 1500 starts for each of three steps; all but a null set, which is measured and not"
    " proved, as is convergence inside for h|T| < 1",
)
def boundary(lab):
    problem = lab.instance(grid)
    T, model = float(problem["target"]), ScalarFactorization(float(problem["target"]))
    fates, predicted, rivals = [], [], []
    for product in problem["products"]:
        lab.require(EXISTS, T != 0 and exists(product / abs(T), T))
        h = product / abs(T)
        starts = problem["starts"] * np.sqrt(2 / h + abs(T))
        lab.require(QUICK, abs(product - 1) > 0.05)
        lab.require(MOVING, moving(starts, h, T))
        check_step(lab, model, starts, h, T)
        # The slowest minima, at sharpness 2/h, attract as a power of the number of steps.
        steps = LONG if product < 1 else SHORT
        run = simulate(model, GradientDescent(h), starts, steps=steps, until_loss=1e-22 * T**2)
        stays = CONVERGED if product < 1 else BOUNDED
        away = np.isin(run.status, (Status.DIVERGED, Status.NONFINITE))
        rest = np.where(trapped(run.final, h, T), CONVERGED, BOUNDED)
        fates.append(np.where(away, DIVERGED, rest))
        predicted.append(np.where(factorization_bounded(*starts.T, h, T), stays, DIVERGED))
        size, sharpness = np.sum(starts**2, axis=1), sharpness_at(starts, T)
        pairs = ((size, 4), (sharpness, 4), (sharpness, 2))
        rivals.append([np.where(h * value < bound, stays, DIVERGED) for value, bound in pairs])
    names = ("h (u^2 + v^2) < 4", "four over the sharpness at the start", "two over the sharpness at the start")
    lab.identity(
        fates,
        predicted,
        rivals=dict(zip(names, np.swapaxes(rivals, 0, 1), strict=True)),
        reason="diverged, at rest in a minimum, or neither: all agree",
    )


def trapped(theta, h, T):
    """Whether steps from ``theta (..., 2)`` provably lead to a minimum: a chaotic run may pass near one that repels.

    With the residual r, ``s = h (u^2 + v^2)`` and ``g = 1 - |1 - s|``, a step moves s by ``h^2 r (r s - 4 u v)`` and
    multiplies r by ``1 - s + h^2 r u v``. So ``40 h^2 |T r| < g^2`` keeps g above half of what it is, for ever, and r
    contracts by ``1 - g / 4`` or faster.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # diverged
        r, gap = np.abs(theta.prod(axis=-1) - T), 1 - np.abs(1 - h * np.sum(theta**2, axis=-1))
        return (gap > 0) & (r < 0.1 * abs(T)) & (40 * h**2 * abs(T) * r < gap**2)


def sharpness_at(theta, T):
    """The larger eigenvalue of the Hessian at ``theta (..., 2)``."""
    return (np.sum(theta**2, axis=-1) + np.hypot(imbalance(theta), 2 * (2 * theta.prod(axis=-1) - T))) / 2


def check_step(lab, model, starts, h, T):
    """The level after one compiled step."""
    u, v = starts.T
    before, after = (
        ellipse_level(u, v, h, T),
        ellipse_level(*simulate(model, GradientDescent(h), starts, steps=1).final.T, h, T),
    )
    factor = 1 + h**2 * (u * v - T) * u * v
    lab.identity(after - 1, factor * (before - 1), scale=1 + after, tolerance=1e-12, reason="exact: rounding only")


@claim(
    "liang2025-chaos",
    title="On the boundary of bounded starts gradient descent triples an angle",
    statement=r"$(u, v) = (p + m, p - m),\ p = \sqrt{2/h + T}\,\cos a,\ m = \sqrt{2/h - T}\,\sin a:\quad"
    r" a_{k+1} = \pi - 3a_k;\quad$ Lyapunov exponents $\log 3$ along,"
    r" $\mathrm{arcosh}\,\frac{1 + \sqrt{25 - 4h^2T^2}}{4}$ across",
    source="arXiv:2509.25351 (chaos at the boundary); the angle and the exponents are derived here",
    hypotheses=("0.05 < step_size |target| < 2: the exponent across differs from that at target 0",),
    rivals=("the angle is doubled", "exponent log 2", "nothing pushes off the boundary", "the rate at target 0"),
    convention="L = (u v - T)^2 / 2; E < 1 inside; the exponent across is the mean of log |E_1 - 1|/|E_0 - 1| over the"
    " angle",
)
def chaos(lab):
    problem = lab.instance(
        lambda rng: {
            "target": np.array(rng.uniform(0.5, 2.0) * rng.choice([-1.0, 1.0])),
            "product": np.array(rng.uniform(0.7, 1.9)),
            "angles": rng.uniform(0, 2 * np.pi, 200),
        }
    )
    T, product, angles = float(problem["target"]), float(problem["product"]), problem["angles"]
    lab.require(SEEN, T != 0 and 0.05 < product < 2)
    h, model = product / abs(T), ScalarFactorization(T)

    def on_ellipse(a):
        return np.stack(ellipse_point(a, h, T), axis=-1)

    lab.identity(
        simulate(model, GradientDescent(h), on_ellipse(angles), steps=1).final,
        on_ellipse(np.pi - 3 * angles),
        rivals={"the angle is doubled": on_ellipse(np.pi - 2 * angles)},
        tolerance=1e-12,
        reason="exact: rounding only",
    )
    near = np.concatenate([angles, angles + APART])
    ends = simulate(model, GradientDescent(h), on_ellipse(near), steps=STEPS).final
    u, v = ends.T
    a = np.arctan2((u - v) / np.sqrt(2 / h - T), (u + v) / np.sqrt(2 / h + T))
    distance = np.abs(np.angle(np.exp(1j * (a[angles.size :] - a[: angles.size]))))
    lab.identity(
        np.log(distance / APART) / STEPS,
        np.full(angles.size, np.log(3)),
        rivals={"exponent log 2": np.full(angles.size, np.log(2))},
        tolerance=1e-4,
        reason="rounding of 1e-16 in a distance of 1e-9, over 12 steps",
    )
    start = (1 - 1e-7) * on_ellipse(np.linspace(0, 2 * np.pi, 4096, endpoint=False))
    end = simulate(model, GradientDescent(h), start, steps=1).final
    levels = [np.abs(ellipse_level(*theta.T, h, T) - 1) for theta in (start, end)]
    lab.identity(
        np.mean(np.log(levels[1] / levels[0])),
        ellipse_repulsion(h, T),
        rivals={"nothing pushes off the boundary": 0.0, "the rate at target 0": float(ellipse_repulsion(h, 0.0))},
        scale=1.0,
        tolerance=1e-5,
        reason="2e-7 inside the ellipse",
    )
