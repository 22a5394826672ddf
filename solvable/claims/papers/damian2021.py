r"""Damian, Ma and Lee, Label Noise SGD Provably Prefers Flat Global Minimizers (arXiv:2106.06530): a finite step.

At minima of zero loss, for a fixed step h and labels with noise of a small size s, the full batch moves by

    -(h lam / (1-m)) P grad R_h,     R_h = -(1+m)/(2h) tr log( I - h H / (2 (1+m)) ),     lam = h s^2 / (n (1-m))

a step on average: P projects onto the tangent space, H is the Hessian of L, m the momentum. R_h is a quarter of the
trace for a small step, and infinite at the edge of stability. For batches of b < n samples the paper has the same
``R_h`` with ``lam = h s^2 / b``, and that is right in the leading term only: the fluctuations e of the model are also
driven by the choice of the samples, with a noise that is proportional to e itself and no smaller. Their covariance S
solves

    H S + S H - h E[H_B S H_B] = (h s^2 / b) H,      H_B the Hessian of the loss of a batch,

and the drift is ``-(h/2) P D^3 L[S]``. For orthogonal gradients and one example, ``S_i = h s^2 / (2 - h |g_i|^2)``
where ``R_h`` has ``h s^2 / (2 - h |g_i|^2 / n)``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solvable import LabelNoiseSGD, claim
from solvable.theory import label_noise_drift, second_moment_radius, trace_drift, trlog_regularizer

from ._outputs import Outputs
from ._rates import Minimum, check_rates, diagonal_minimum, product_minimum


def projected_gradient(outputs: Outputs, theta: np.ndarray, function: Callable[[np.ndarray], float]) -> np.ndarray:
    """P grad of a function of the eigenvalues of H, by central differences."""

    def at(point: np.ndarray) -> float:
        J = outputs.jacobian(point)
        return function(np.linalg.svd(J, compute_uv=False) ** 2 / len(J))

    step = 1e-5 * float(np.max(np.abs(theta)))
    gradient = np.array([at(theta + e) - at(theta - e) for e in step * np.eye(theta.size)]) / (2 * step)
    J = outputs.jacobian(theta)
    return gradient - np.linalg.pinv(J) @ (J @ gradient)


def _full_batches(rng):
    """A minimum of ``u v``, and one of a diagonal network with two samples."""
    return {
        "target": float(rng.uniform(0.8, 1.6)),
        "angle": float(rng.uniform(0.3, 0.8)),
        "design": np.eye(2, 3) + 0.4 * rng.standard_normal((2, 3)),
        "theta": rng.uniform(0.5, 1.2, 6),
    }


@claim(
    "damian2021-trlog",
    title="Full-batch label noise descends the trace of a logarithm, at any stable step",
    statement=r"$E\,P \Delta\theta = -\frac{h \lambda}{1-m} P \nabla R_h + O(s^4),\quad R_h = -\frac{1+m}{2h}"
    r"\mathrm{tr} \log\left(1 - \frac{h H}{2(1+m)}\right),\ \ \lambda = \frac{h s^2}{n (1-m)}$",
    source="arXiv:2106.06530, theorem numbers unverified; derived again, with all constants",
    rivals=("the trace alone", "half the strength", "momentum left out of the logarithm"),
    convention="u v at h H = 0.4, 1, 1.6 and, with momentum 1/2, 0.8 and 2.3 (unstable without it); u^2 - v^2 with"
    " n = 2 at half the stable step; 800 steps after the start-up, s^2 extrapolated to 0",
)
def trace_of_a_logarithm(lab):
    problem = lab.instance(_full_batches)
    product = product_minimum(problem["target"], problem["angle"])
    network = diagonal_minimum(problem["design"], problem["theta"])
    for minimum, curvature, m in (
        (product, 0.4, 0.0),
        (product, 1.0, 0.0),
        (product, 1.6, 0.0),
        (product, 0.8, 0.5),
        (product, 2.3, 0.5),
        (network, 1.0, 0.0),
    ):
        J = minimum.outputs.jacobian(minimum.theta)
        h = curvature / (np.linalg.norm(J, 2) ** 2 / len(J))

        def rates(function, minimum=minimum):
            return -minimum.weights @ projected_gradient(minimum.outputs, minimum.theta, function)

        predicted = rates(lambda values, h=h, m=m: trlog_regularizer(values, h, m))
        rivals = {"the trace alone": rates(lambda values: np.sum(values) / 4), "half the strength": predicted / 2}
        if m and curvature < 2:
            rivals["momentum left out of the logarithm"] = rates(lambda values, h=h: trlog_regularizer(values, h))
        check_rates(lab, minimum, LabelNoiseSGD(h, 1.0, None, momentum=m), predicted, rivals)


def _small_batches(rng):
    """Diagonal networks with orthogonal samples, with two and with three that are not."""
    return {
        "lengths": rng.uniform(0.6, 1.4, 2),
        "theta": rng.uniform(0.5, 1.2, 4),
        "pair": np.eye(2, 3) + 0.4 * rng.standard_normal((2, 3)),
        "theta of the pair": rng.uniform(0.5, 1.2, 6),
        "triple": np.eye(3, 4) + 0.4 * rng.standard_normal((3, 4)),
        "theta of the triple": rng.uniform(0.5, 1.2, 8),
    }


@claim(
    "damian2021-small-batches",
    title="Batches smaller than the data: sampling noise changes the law of a finite step",
    statement=r"$E\,P \Delta\theta = -\frac{h}{2} P D^3 L[S] + O(s^4),\quad H S + S H - h\,E[H_B S H_B] ="
    r" \frac{h s^2}{b} H;\quad$ orthogonal gradients, $b = 1:\ \ S_i = \frac{h s^2}{2 - h |g_i|^2}$",
    source="arXiv:2106.06530 (the regularizer); the law is our own",
    rivals=("the published regularizer", "the trace alone", "half the strength"),
    convention="u^2 - v^2; one example of n = 2, orthogonal or not, and batches of 2 of n = 3; half the step that is"
    " stable in mean square, for one orthogonal example h max |g_i|^2 = 1; s^2 extrapolated to 0",
    errata="The paper has R_h = -(1/2h) tr log(1 - (h/2) H) with lambda = h s^2 / b for every batch size b. For b < n"
    " only its leading term, the trace, is right at a finite step: the fluctuations are also driven by the sampling,"
    " and that noise is of the same order. One of two orthogonal samples at h |g|^2 = 1: the factor over the trace is 2"
    " and not 4/3.",
)
def small_batches(lab):
    problem = lab.instance(_small_batches)
    orthogonal = diagonal_minimum(np.diag(problem["lengths"]), problem["theta"])
    g = orthogonal.outputs.jacobian(orthogonal.theta)
    h, size = _half_stable(g, 1), np.sum(g * g, axis=1)
    closed = -2 * problem["lengths"] ** 2 / (1 - h * size / 2)
    lab.identity(
        _rates(orthogonal, label_noise_drift, h, 1),
        closed,
        rivals={"the published regularizer": -2 * problem["lengths"] ** 2 / (1 - h * size / 4)},
        reason="two roads to the prediction: rounding only",
    )
    for minimum, b in (
        (orthogonal, 1),
        (diagonal_minimum(problem["pair"], problem["theta of the pair"]), 1),
        (diagonal_minimum(problem["triple"], problem["theta of the triple"]), 2),
    ):
        h = _half_stable(minimum.outputs.jacobian(minimum.theta), b)
        predicted = _rates(minimum, label_noise_drift, h, b)
        rivals = {
            "the published regularizer": _rates(minimum, label_noise_drift, h, None),
            "the trace alone": _rates(minimum, trace_drift, h, b),
            "half the strength": predicted / 2,
        }
        check_rates(lab, minimum, LabelNoiseSGD(h, 1.0, b), predicted, rivals)


def _rates(minimum: Minimum, drift: Callable[..., np.ndarray], h: float, b: int | None) -> np.ndarray:
    """Of the logarithms, per slow time, under a law of `solvable.theory`."""
    J, H = minimum.outputs.jacobian(minimum.theta), minimum.outputs.hessians(minimum.theta)
    return minimum.weights @ drift(J, H, h, 1.0, b) * (b or len(J)) / h**2


def _half_stable(design: np.ndarray, b: int) -> float:
    """Half the largest step that is stable in mean square, by bisection."""
    low, high = 0.0, 2 * len(design) / float(np.linalg.norm(design, 2)) ** 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if second_moment_radius(design, middle, b) < 1 else (low, middle)
    return low / 2
