r"""Papazov, Pesme and Flammarion, Leveraging Continuous Time to Understand Momentum When Training Diagonal Linear
Networks (arXiv:2403.05293).

Heavy ball, ``theta_{k+1} = theta_k - h grad L + b (theta_k - theta_{k-1})``, from the ratios ``rho = u_{k+1} / u_k`` of
its factors: with ``E(rho) = (rho - 1) - b (1 - 1/rho) - (1-b) log|rho|``,

    (1 - b) log|u_K / u_0| = -2 h sum g - sum E(rho_k) - b (1 - 1/rho_{K-1}),

at every step and for any step size. In continuous time, ``lambda theta'' + theta' + grad L = 0``, this becomes ``q =
-lambda int (u'/u)^2 + (v'/v)^2``. Heavy ball approaches that flow with ``lambda = h / (1-b)^2`` as b tends to 1; at
equal lambda and finite b its gain is ``(1 + b)/2`` of the flow's to leading order, so lambda alone does not determine
it.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, HeavyBall, claim, simulate
from solvable.theory import gain_gradient_descent, gain_heavy_ball, gain_momentum_flow

from ._gains import check_gain, network, slopes
from ._problems import INTERPOLATES, many_interpolants, sparse_problem

NO_CROSSING = "no factor changes sign"


def ratios(theta):
    """``theta_{k+1} / theta_k``, shape ``(K, 2, d)``."""
    return (theta[1:] / theta[:-1]).reshape(theta.shape[0] - 1, 2, -1)


@claim(
    "papazov2024-heavy-ball",
    title="Heavy ball at any step size and momentum: effective initialization, at every step",
    statement=r"$\log a_K = \log a_0 - \frac{F_u + F_v}{1 - b},\ \ \xi_K = \xi_0 - \frac{F_u - F_v}{1 - b},\quad"
    r" F = \sum_k \left[(\rho_k - 1) - b (1 - 1/\rho_k) - (1 - b) \log|\rho_k|\right] + b (1 - 1/\rho_{K-1})$",
    source="arXiv:2403.05293 (continuous time); the discrete formula is our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("half the gain", "shift dropped", "gradient descent of step h / (1 - b)", "boundary term dropped"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; b = 0.5 and 0.9, h = (1 - b)/2 of the largest stable step"
    " of descent; stopped after 50 and after 2000 steps",
)
def heavy_ball(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    for b in (0.5, 0.9):
        h = 0.5 * (1 - b) * edge
        for steps in (50, 2000):
            run = simulate(model, HeavyBall(h, b), start, steps=steps, save=np.arange(steps + 1))
            rho = ratios(run.theta)
            gain = gain_heavy_ball(rho, b)
            rivals = {
                "half the gain": gain._replace(q=gain.q / 2),
                "shift dropped": gain._replace(R=0 * gain.R),
                "gradient descent of step h / (1 - b)": gain_gradient_descent(
                    slopes(X, y, run.theta[:-1]), h / (1 - b)
                ),
            }
            if steps == 50:  # later it has died out
                last = b * (1 - 1 / rho[-1]) / (1 - b)
                rivals["boundary term dropped"] = gain._replace(
                    q=gain.q + last[0] + last[1], R=gain.R + last[0] - last[1]
                )
            check_gain(lab, run, gain, rivals)


@claim(
    "papazov2024-flow",
    title="Momentum gradient flow: effective initialization",
    statement=r"$\lambda \ddot\theta + \dot\theta + \nabla L = 0:\quad \log a(T) = \log a_0 - \lambda (F_u + F_v),\ \ "
    r"\xi(T) = \xi_0 - \lambda (F_u - F_v),\quad F_u = \int_0^T (\dot u / u)^2 dt + (\dot u / u)(T)$",
    source="arXiv:2403.05293; the boundary term is our own",
    hypotheses=("the data can be interpolated, in more than one way", "no factor changes sign"),
    rivals=("half the gain", "shift dropped", "no inertia"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, from rest; lambda = 1/10 of 2 / sharpness at the end",
)
def momentum_flow(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    inertia, times = 0.1 * edge, 40 * edge * np.linspace(0, 1, 2001) ** 2
    # The factors themselves: in their logarithms, which "auto" would choose, the formula is half done.
    flow = GradientFlow(rtol=1e-12, atol=0.0, inertia=inertia, method="explicit")
    run = simulate(model, flow, start, time=times[-1], save=times)
    lab.require(NO_CROSSING, np.all(np.sign(run.theta) == np.sign(start)))
    gain = gain_momentum_flow(times, _rates(times, run.theta), inertia)
    check_gain(
        lab,
        run,
        gain,
        {
            "half the gain": gain._replace(q=gain.q / 2),
            "shift dropped": gain._replace(R=0 * gain.R),
            "no inertia": gain._replace(q=0 * gain.q, R=0 * gain.R),
        },
        tolerance=1e-8,
        reason="the tolerance of the flow, and of a spline in time and its derivative",
    )


def _rates(times, theta):
    """u'/u and v'/v, shape ``(T, 2, d)``, from a quintic spline through the logarithms."""
    from scipy.interpolate import make_interp_spline

    rates = make_interp_spline(times, np.log(np.abs(theta)), k=5).derivative()(times)
    return rates.reshape(times.size, 2, -1)


@claim(
    "papazov2024-intrinsic-parameter",
    title="At equal lambda, heavy ball gains (1 + b)/2 of what the momentum flow gains",
    statement=r"$\lambda = \frac{h}{(1-b)^2} \to 0:\quad \frac{\log a_\infty^{HB} - \log a_0}"
    r"{\log a_\infty^{MGF} - \log a_0} \to \frac{1 + b}{2}$",
    source="arXiv:2403.05293 (lambda determines the path, as b tends to 1); the factor is our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("lambda alone determines the gain", "gradient descent of step h / (1 - b)"),
    convention="total gain over all coordinates, beta = u^2 - v^2; b = 0, 0.5, 0.8; lambda to 1/160 of 2 / sharpness",
    errata="'lambda determines the path' holds in the limit b -> 1: as lambda -> 0 the gain of heavy ball with b = 0.5"
    " is 0.75 of the flow's, at b = 0 it is half",
)
def intrinsic_parameter(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    inertias, momenta = edge / 20 / 2.0 ** np.arange(4), np.array([0.0, 0.5, 0.8])
    time = 100 * edge
    flows = np.array(
        [
            -np.sum(simulate(model, GradientFlow(rtol=1e-11, inertia=inertia), start, time=time).ledger().q)
            for inertia in inertias
        ]
    )
    measured = []
    for inertia, whole in zip(inertias, flows, strict=True):
        h = inertia * (1 - momenta) ** 2
        steps = np.round(time * (1 - momenta) / h).astype(int)  # the flow's clock is h k / (1 - b)
        books = simulate(model, HeavyBall(h, momenta), start, steps=steps).ledger()
        measured.append(-np.sum(books.q, axis=1) / whole)
    # One step of Richardson's extrapolation: the ratio is linear in lambda at first.
    ratio = 2 * np.array(measured)[1:] - np.array(measured)[:-1]
    lab.limit(
        inertias[1:],
        ratio,
        (1 + momenta) / 2,
        rivals={
            "lambda alone determines the gain": np.ones(3),
            "gradient descent of step h / (1 - b)": (1 - momenta) / 2,
        },
        tolerance=2e-2,
        reason="extrapolated to lambda = 0 from two values; the rest is of second order",
    )
