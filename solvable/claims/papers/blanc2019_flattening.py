r"""Blanc et al. (arXiv:1904.09080) on ReLU networks of one variable: label noise flattens pieces of f.

Let u be the change of theta that turns pieces of f between knots of opposite signs (`blanc2019_turning`): no output
changes along it. From zero loss label noise of size s moves theta along u, to the order of s^2, by

    E u . (theta_k - theta_0) = -(h s^2 / n) sum_(i < k) sum_j g_j^T C_i H_j u,
    C_i = (h / n) (2 - h H)^(-1) (1 - (1 - h H)^(2 i))    on the range of H,

g_j and H_j the derivatives of the output at sample j, H the Hessian of the loss, C_i the covariance of ``(theta_i -
theta_0) / s`` to first order in s. In small steps C_i tends to h / (2 n), and the drift to ``-(h^2 s^2 k / 4 n) u .
grad R``: the derivative of R by the turn, in closed form.
"""

from __future__ import annotations

import numpy as np

from solvable import LabelNoiseSGD, claim, simulate

from ._dots import DISTINCT, distinct, dots, in_order
from ._pieces import balanced_network, bent, derivative, parameters, pivots, slopes_through, small_turn, turned
from .blanc2019_turning import turning_rate

RESOLVED = "the drift is at least 1e-11 of the weights"
STEPS, STEP, NOISE = 300, 0.5, 1e-3
"""Steps, their size times the largest eigenvalue of the Hessian, and the noise in deviations of y."""


def output_hessians(model, theta):
    """Of the outputs at the samples, ``(n, p, p)``."""
    parts, i = model.unpack(theta), np.arange(model.width)
    seen = (np.multiply.outer(model.x, parts["w"]) + parts["b"] > 0).astype(float)
    found = np.zeros((model.n_samples, theta.size, theta.size))
    for inner, mixed in ((model.width + i, seen * model.x[:, None]), (2 * model.width + i, seen)):
        found[:, i, inner] = found[:, inner, i] = mixed
    return found


def drift(model, theta, u, h, steps):
    """``E u . (theta_k - theta_0) / s^2`` after k = `steps`; of one step late in a run if `steps` is None."""
    J, n = model.jacobian(theta), model.n_samples
    values, basis = np.linalg.eigh(J.T @ J / n)
    kept = values > 1e-12 * values[-1]
    values, basis = values[kept], basis[:, kept]
    spans = 1.0 if steps is None else np.sum(1 - (1 - h * values) ** (2 * np.arange(steps)[:, None]), axis=0)
    covariance = (basis * (h / n * spans / (2 - h * values))) @ basis.T
    return -h / n * np.einsum("jp,pq,jqr,r", J, covariance, output_hessians(model, theta), u, optimize=True)


def flattening(x, y, rng):
    """A network, and the sum of the changes u, made units, that flatten its pieces between knots of opposite signs; and
    the derivative of R along that sum."""
    slopes = slopes_through(x, y, rng, 1.0)
    knots, jumps = bent(x, y, slopes, fewest=False)
    model, right, sizes = balanced_network(x, y, knots, jumps, rng)
    along, rate, sign = np.zeros(model.n_params), 0.0, np.sign(jumps)
    for k, pivot in pivots(x, knots, rng):
        if sign[k] == sign[k + 1]:
            continue

        def network(e, k=k, pivot=pivot):
            return parameters(model, *turned(knots, jumps, k, pivot, e), right, sizes, slopes[0])

        pair = slice(k, k + 2)
        u = sign[k] * derivative(network, small_turn(x, knots, jumps, k, pivot))
        along += u / np.linalg.norm(u)
        rate += sign[k] * turning_rate(x, knots[pair], jumps[pair], right[pair], pivot) / np.linalg.norm(u)
    return model, parameters(model, knots, jumps, right, sizes, slopes[0]), along, rate


@claim(
    "blanc2019-relu-flattening",
    title="Label noise flattens the pieces between knots of opposite signs, at the rate of its regularizer",
    statement=r"$E\, u \cdot (\theta_k - \theta_0) = -\frac{h s^2}{n} \sum_{i < k} \sum_j g_j^T C_i H_j u + O(s^4),"
    r"\ C_i = \frac{h}{n} \frac{1 - (1 - h H)^{2 i}}{2 - h H}$, which is $-\frac{h^2 s^2 k}{4 n} \frac{dR}{de} (1 +"
    r" O(h)) > 0$, $u$ the change of $\theta$ that turns pieces between knots of opposite signs",
    source="arXiv:1904.09080 (the regularizer); the covariance at any step and step size is our own",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "the drift is at least 1e-11 of the weights",
    ),
    rivals=("half the rate", "twice the rate", "no drift", "the rate of small steps"),
    convention="L = 1/(2n) |f - y|^2, full batch with signs on every label, s = 0.001 deviations of y; balanced neurons"
    " of random sides, two knots a gap; h = 0.5 over the largest eigenvalue of the Hessian, 300 steps from zero loss,"
    " margin 1 percent; h to 0 for the second, late in a run",
)
def flattens(lab):
    x, y = in_order(lab.instance(dots))
    lab.require(DISTINCT, distinct(x, y))
    model, theta, u, rate = flattening(x, y, np.random.default_rng(lab.seed))
    largest = np.linalg.eigvalsh(model.hessian(theta))[-1]
    h, s = STEP / largest, NOISE * np.std(y)
    exact, small = drift(model, theta, u, h, STEPS), -(h**2) * STEPS / (4 * x.size) * rate
    lab.require(RESOLVED, abs(exact) * s**2 > 1e-11 * np.max(np.abs(theta)) * np.linalg.norm(u))

    def sampler(first, count):
        noisy = LabelNoiseSGD(h, s, batch_size=None)
        starts = np.tile(theta, (count, 1))
        ends = simulate(model, noisy, starts, steps=STEPS, replica=first, seed=lab.seed).final
        return (ends - theta) @ u / s**2

    lab.statistic(
        sampler,
        exact,
        0.01 * abs(exact),
        rivals={
            "half the rate": exact / 2,
            "twice the rate": 2 * exact,
            "no drift": 0.0,
            "the rate of small steps": small,
        },
        first=512,
        reason="1 percent; of order s^2 corrections are 1e-5",
    )
    sizes = h / 5.0 ** np.arange(2, 7)
    lab.limit(
        sizes,
        [drift(model, theta, u, size, None) * 4 * x.size / size**2 for size in sizes],
        -rate,
        rivals={"half the rate": -rate / 2, "twice the rate": -2 * rate, "no drift": 0.0},
        reason="of first order in h",
    )
