r"""Li, Tai and E, Stochastic modified equations and adaptive stochastic gradient algorithms (arXiv 1511.06251, ICML
2017), and their Mathematical Foundations (arXiv 1811.01558).

In the weak sense, on a fixed interval of ``t = h k``, SGD of step h is to first and second order

    order 1:    dTheta = -grad L dt + sqrt(h) Sigma^{1/2} dW,
    order 2:    dTheta = -grad( L + (h/4) |grad L|^2 ) dt + sqrt(h) Sigma^{1/2} dW,

Sigma the covariance of a batch's gradient about its mean, in Ito's sense. Expectations of SGD are taken here without
a sample. On linear regression all affine maps of the compiled step are read off it, and moments follow. For a loss on
a circle the compiled steps from the nodes of a grid make an operator on periodic functions, whose powers are the
expectations from every start.
"""

from __future__ import annotations

import functools

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov

from solvable import SGD, LabelNoiseSGD, LinearRegression, ResidualModel, claim, simulate
from solvable.theory import (
    circle_descent,
    circle_modified_equation,
    descent_moments,
    matching_equation,
    modified_equation_moments,
    modified_stationary_covariance,
)

from ._regression_steps import (
    ENUMERABLE,
    FULL_RANK,
    STABLE,
    compiled_steps,
    distinct,
    enumerable,
    full_rank,
    noisy_regression,
    stable,
    unit_step,
)

EXACT = "exact: rounding only"
LEADING = "leading order in the step"
SHOWN = "every sample shows in the compiled steps"


def started(rng, n=4, d=2):
    """A noisy regression, and signs: where a start lies from the fit, in the basis of the eigenvectors of A."""
    return noisy_regression(rng, n, d) | {"signs": rng.choice([-1.0, 1.0], d)}


def _about(origin, moments):
    """First and second moments about `origin` in one array."""
    mean = moments.mean - origin
    return np.concatenate([mean, (moments.covariance + np.outer(mean, mean)).ravel()])


@claim(
    "li2017-linear",
    title="Stochastic modified equations of order 1 and 2 on linear regression: first and second moments",
    statement=r"$t = h k$ fixed:$\quad E\, \varphi(\theta_k) - E\, \varphi(\Theta(t)) = O(h^p)$ for the equation of"
    r" order p = 1, 2 and $\varphi = e,\ e e^T$; but $O(h^2)$ for the covariance already at p = 1",
    source="arXiv:1511.06251, arXiv:1811.01558, theorem numbers unverified; the remark on the covariance is our own",
    hypotheses=(
        "X has full column rank",
        "the step is stable in mean square",
        "the outcomes of the draws of a step can be enumerated",
    ),
    rivals=("the equation of order 1", "no noise", "noise of the labels alone", "a covariance of first order"),
    convention="L = 1/(2n) |X theta - y|^2, e = theta less the fit; one example a step, signs; start 2 std(y) from the"
    " fit along each eigenvector of A; t = 1 / max |x_i|^2, h = t / 8 to t / 64; expectations over all maps that the"
    " compiled step can make; a variance from runs of 8 steps, margin 10 percent",
)
def linear(lab):
    problem = lab.instance(started)
    X, y, s = problem["X"], problem["y"], float(problem["noise_std"])
    n, t, counts = len(y), unit_step(X), np.array([8, 16, 32, 64])
    vectors = np.linalg.eigh(X.T @ X / n)[1]
    fit = np.linalg.lstsq(X, y, rcond=None)[0]
    start = fit + 2 * np.std(y) * vectors @ problem["signs"]
    lab.require(FULL_RANK, full_rank(X))
    lab.require(STABLE, stable(X, t))
    lab.require(ENUMERABLE, enumerable(n, 1))
    raw = functools.partial(_about, fit)
    methods = [LabelNoiseSGD(t / k, s) for k in counts]
    measured = [
        compiled_steps(X, y, method, lab.seed).moments(start, k) for method, k in zip(methods, counts, strict=True)
    ]
    exact = [descent_moments(X, y, start, t / k, s, k) for k in counts]
    for found, moments in zip(measured, exact, strict=True):
        noiseless = moments._replace(covariance=0 * moments.covariance)
        lab.identity(raw(found), raw(moments), rivals={"no noise": raw(noiseless)}, reason=EXACT)

    def errors(order, noise=s, batch=1, part=raw):
        equations = [modified_equation_moments(X, y, start, t / k, noise, t, batch, order) for k in counts]
        return [np.max(np.abs(part(a) - part(b))) for a, b in zip(measured, equations, strict=True)]

    lab.order(t / counts, errors(1), 1, tolerance=0.2, reason=LEADING)
    lab.order(
        t / counts,
        errors(2),
        2,
        rivals={
            "the equation of order 1": errors(1),
            "no noise": errors(2, 0.0, None),
            # The full batch has no noise of sampling, and that of n labels; one of them has n times its variance.
            "noise of the labels alone": errors(2, s * np.sqrt(n), None),
        },
        reason=LEADING,
    )
    covariances = errors(1, part=lambda moments: moments.covariance)
    lab.order(t / counts, covariances, 2, rivals={"a covariance of first order": 1.0}, reason=LEADING)

    w, moments = vectors[:, -1], exact[0]

    def squares(first, count):
        runs = simulate(
            LinearRegression(X, y), methods[0], np.tile(start, (count, 1)), steps=8, replica=first, seed=lab.seed
        )
        return ((runs.final - moments.mean) @ w) ** 2

    variance = w @ moments.covariance @ w
    alone = modified_equation_moments(X, y, start, t / 8, s * np.sqrt(n), t, None).covariance
    lab.statistic(
        squares,
        variance,
        0.1 * variance,
        rivals={"no noise": 0.0, "noise of the labels alone": w @ alone @ w},
        first=4096,
        reason="the variance of runs after 8 steps along the largest eigenvalue of A",
    )


def circle_problem(rng):
    """``f = -cos``, gradients ``sin + z_j (a + b cos)`` of five samples, z of mean 0 and mean square 1; an observable.

    The observable is ``sin + c cos 2 theta``.
    """
    z = rng.standard_normal(5)
    z -= np.mean(z)
    return {
        "z": z / np.sqrt(np.mean(z**2)),
        "amplitudes": np.array([rng.uniform(0.4, 0.8), rng.uniform(0.1, 0.4)]),
        "c": np.array(rng.uniform(0.2, 0.5)),
    }


def _circle_model(z, a, b):
    """Residuals ``r_j`` with ``r_j r_j' = sin + z_j (a + b cos)``: twice the root of a positive integral of it."""
    bottom = 2.0 + 8 * np.max(np.abs(z)) * (a + b)

    def residuals(theta):
        return np.sqrt(2 * (bottom - np.cos(theta[0]) + z * (a * theta[0] + b * np.sin(theta[0]))))

    def jacobian(theta):
        slopes = np.sin(theta[0]) + z * (a + b * np.cos(theta[0]))
        return (slopes / residuals(theta))[:, None]

    return ResidualModel(residuals, jacobian, n_params=1, n_samples=z.size)


def compiled_gradients(model, h, nodes, seed):
    """``(theta - theta+) / h`` of the compiled step of each sample from each node ``(N,)``: shape ``(n, N)``.

    NaN if some sample shows in none of the first steps of ``16 n`` replicas.
    """
    n = model.n_samples
    trial = simulate(model, SGD(h), np.full((16 * n, 1), nodes[1]), steps=1, seed=seed)
    _, replicas = np.unique(trial.final[:, 0], return_index=True)
    if replicas.size != n:
        return np.full((n, nodes.size), np.nan)
    starts = np.tile(nodes, n)[:, None]
    ends = simulate(model, SGD(h), starts, steps=1, seed=seed, replica=np.repeat(replicas, nodes.size)).final
    return (nodes - ends.reshape(n, nodes.size)) / h


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
    model, p = _circle_model(z, a, b), np.full(z.size, 1 / z.size)

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


@claim(
    "li2017-stationary",
    title="The equation of order 2 is twice as far from the stationary variance as that of order 1",
    statement=r"$\frac{S_1}{S} - 1 = -\frac{h \lambda}{2},\quad \frac{S_2}{S} - 1 = -\frac{2 h \lambda}{2 + h \lambda}$"
    r" along an eigenvector of A with the full batch; exact means and stationary covariances at $t = h k$ need"
    r" the drift $\log(1 - h A) / h$",
    source="arXiv:1511.06251, arXiv:1811.01558 (the equations); our own",
    hypotheses=(
        "X has full column rank",
        "the step is stable in mean square",
        "the outcomes of the draws of a step can be enumerated",
    ),
    rivals=("order 2 is closer", "exact at order 1", "exact at order 2"),
    convention="L = 1/(2n) |X theta - y|^2, signs; the full batch at h = 1/2, and one example at h = 1/2 to 1/16 of"
    " 1 / max |x_i|^2; expectations over all maps that the compiled step can make",
    errata="Weak order 2 is a statement about absolute errors at fixed time, and a stationary variance is itself of"
    " order h: both equations have it up to O(h^2), with relative errors h lambda / 2 and h lambda.",
)
def stationary(lab):
    problem = lab.instance(noisy_regression)
    X, y, s = problem["X"], problem["y"], float(problem["noise_std"])
    lab.require(FULL_RANK, full_rank(X))
    lab.require(STABLE, stable(X, unit_step(X)))
    lab.require(ENUMERABLE, enumerable(len(y)))
    A, step_sizes = X.T @ X / len(y), unit_step(X) / 2.0 ** np.arange(1, 5)
    values, vectors = np.linalg.eigh(A)
    h, full = step_sizes[0], LabelNoiseSGD(step_sizes[0], s, batch_size=None)
    S = compiled_steps(X, y, full, lab.seed).stationary_covariance()
    first, second = (
        np.diag(vectors.T @ modified_stationary_covariance(X, y, h, s, None, order) @ vectors)
        / np.diag(vectors.T @ S @ vectors)
        - 1
        for order in (1, 2)
    )
    lab.identity(first, -h * values / 2, rivals={"exact at order 1": 0 * first}, reason=EXACT)
    lab.identity(second, -2 * h * values / (2 + h * values), rivals={"exact at order 2": 0 * second}, reason=EXACT)
    errors = []
    for step in step_sizes:
        maps = compiled_steps(X, y, LabelNoiseSGD(step, s), lab.seed)
        S = maps.stationary_covariance()
        errors.append([np.max(np.abs(modified_stationary_covariance(X, y, step, s, 1, order) - S)) for order in (1, 2)])
        equation = matching_equation(X, y, step, s)
        lab.identity(solve_continuous_lyapunov(equation.drift, equation.diffusion), S, reason=EXACT)
        lab.identity(
            expm(-3 * step * equation.drift) @ S,
            np.linalg.matrix_power(maps.mean, 3) @ S,
            rivals={
                "exact at order 1": expm(-3 * step * A) @ S,
                "exact at order 2": expm(-3 * step * (A + step / 2 * A @ A)) @ S,
            },
            reason=EXACT,
        )
    first, second = np.array(errors).T
    lab.bound(
        second, 2.5 * first, rivals={"order 2 is closer": first}, reason="the errors are as 1 to 2 at small steps"
    )
    for found in (first, second):
        lab.order(step_sizes, found, 2, tolerance=0.3, reason=LEADING)
