r"""Li, Tai and E (arXiv:1511.06251, 1811.01558): stochastic modified equations on a nonlinear loss.

For a loss on a circle the compiled steps from the nodes of a grid make an operator on periodic functions, whose powers
are the expectations of SGD from every start. The equations of `li2017` make another one.
"""

from __future__ import annotations

import numpy as np

from solvable import SGD, claim, simulate
from solvable.theory import circle_descent, circle_modified_equation

from ._circle import circle_model, circle_problem, compiled_gradients
from ._regression_steps import distinct
from .li2017 import LEADING

SHOWN = "every sample shows in the compiled steps"


@claim(
    "li2017-circle",
    title="Stochastic modified equations on a nonlinear loss: weak orders 1 and 2",
    statement=r"$\max_{\theta_0} |E\, \varphi(\theta_k) - E\, \varphi(\Theta(h k))| = O(h^p)$ for the equations"
    r" $d\Theta = -\nabla f\, dt + \sqrt{h}\, \Sigma^{1/2} dW$ (p = 1), with $f + \frac{h}{4} |\nabla f|^2$ (p = 2)",
    source="arXiv:1511.06251, arXiv:1811.01558, theorem numbers unverified",
    hypotheses=("every sample shows in the compiled steps",),
    rivals=("wrong sign of the correction", "twice the correction", "uncentered covariance", "no noise"),
    convention="f = -cos, gradients sin + z_j (a + b cos) of five samples, observable sin + c cos 2 theta, h k = 1, h ="
    " 1/32 to 1/256; all starts on a circle, by Fourier series; one example a step",
)
def circle(lab):
    problem = lab.instance(circle_problem)
    z, (a, b), c = problem["z"], problem["amplitudes"], float(problem["c"])
    model, p = circle_model(z, a, b), np.full(z.size, 1 / z.size)

    def observable(theta):
        return np.sin(theta) + c * np.cos(2 * theta)

    def gradients(theta):
        return np.sin(theta) + z[:, None] * (a + b * np.cos(theta))

    def compiled(theta, h):
        found = compiled_gradients(model, h, theta, lab.seed)
        lab.require(SHOWN, np.all(np.isfinite(found)))
        return found

    counts = np.array([32, 64, 128, 256])
    measured = [circle_descent(lambda t, h=1 / k: compiled(t, h), p, observable, 1 / k, k).values for k in counts]
    _check_three_steps(lab, model, observable, compiled, p)

    def errors(equation):
        return [np.max(np.abs(equation(1 / k).values - found)) for k, found in zip(counts, measured, strict=True)]

    def modified(order):
        return errors(lambda h: circle_modified_equation(gradients, p, observable, h, 1.0, order))

    def altered(correction, centered=True):
        """Two equally likely gradients with another drift and variance; at order 1 nothing is added to them."""

        def pair(theta, h):
            drift = np.sin(theta) + correction * h / 2 * np.sin(theta) * np.cos(theta)
            spread = np.hypot(a + b * np.cos(theta), 0.0 if centered else np.sin(theta))
            return np.array([drift - spread, drift + spread])

        half = np.full(2, 0.5)
        return errors(lambda h: circle_modified_equation(lambda t: pair(t, h), half, observable, h, 1.0, 1))

    def noiseless(h):
        return circle_modified_equation(
            lambda t: (np.sin(t) * (1 + h / 2 * np.cos(t)))[None], np.ones(1), observable, h, 1.0, 0
        )

    lab.order(1 / counts, modified(1), 1, tolerance=0.2, reason=LEADING)
    lab.order(
        1 / counts,
        modified(2),
        2,
        rivals={
            "wrong sign of the correction": altered(-1.0),
            "twice the correction": altered(2.0),
            "uncentered covariance": altered(1.0, centered=False),
            "no noise": errors(noiseless),
        },
        tolerance=0.2,
        reason=LEADING,
    )


def _check_three_steps(lab, model, observable, compiled, p):
    """Runs of three steps at h = 1/4, each sequence of samples once, against the operator of the compiled steps."""
    found = circle_descent(lambda t: compiled(t, 0.25), p, observable, 0.25, 3)
    node, sequences = found.starts.size // 3, p.size**3
    starts = np.full((20 * sequences, 1), found.starts[node])
    ends = distinct(simulate(model, SGD(0.25), starts, steps=3, seed=lab.seed).final)
    lab.require(SHOWN, len(ends) == sequences)
    lab.identity(np.mean(observable(ends)), found.values[node], scale=1.0, reason="all sequences of three samples")
