r"""Stochastic descent on a circle without sampling: expectations by Fourier series.

Let the gradient at theta (of period ``2 pi``) be ``g_j(theta)`` with probability p_j. For an observable phi, the
function ``theta -> E phi(theta_k)`` of the start obeys

    phi_{k+1}(theta) = sum_j p_j phi_k( theta - h g_j(theta) )

under SGD, and ``d phi/dt = b phi' + (h/2) V phi''`` under a modified equation of drift b and noise ``sqrt(h V) dW``,
with ``V = sum_j p_j (g_j - g)^2`` about the mean gradient ``g = f'`` and

    b = -f'  at order 1,        b = -( f + (h/4) f'^2 )' = -f' - (h/2) f' f''  at order 2.

On N equispaced points smooth periodic functions are their trigonometric interpolants up to an error that is
exponentially small in N. So both maps are N x N matrices, all starts are seen at once, and weak errors of modified
equations on a nonlinear loss can be measured down to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import expm

from ...common.blas import one_blas_thread
from ...common.checks import choice, integer, nonnegative, positive, real_array

Observable = Callable[[np.ndarray], Any]


class CircleExpectation(NamedTuple):
    """Starts, shape ``(nodes,)``, and the expectation of the observable from each."""

    starts: np.ndarray
    values: np.ndarray


@one_blas_thread()
def circle_descent(
    gradients: Observable, probabilities: Any, observable: Observable, step_size: Any, steps: Any, nodes: Any = 65
) -> CircleExpectation:
    """``E observable(theta_k)`` under SGD with finitely many gradients, from every start.

    Args:
        gradients: ``theta (N,) -> (J, N)``, smooth and of period ``2 pi``.
        probabilities: of the J gradients, shape ``(J,)``, >= 0, of sum 1.
        observable: ``theta (N,) -> (N,)``, smooth and of period ``2 pi``.
        step_size: h > 0.
        steps: k >= 0.
        nodes: N, odd.

    Raises:
        ValueError: shapes that do not fit, or arguments outside these ranges.

    Source: derived in this module.

    >>> one = circle_descent(lambda t: [np.sin(t) - 1, np.sin(t) + 1], [0.5, 0.5], np.sin, 0.1, 1)
    >>> bool(np.allclose(one.values, np.cos(0.1) * np.sin(one.starts - 0.1 * np.sin(one.starts)), atol=1e-14))
    True
    """
    h, k = positive("step_size", step_size), integer("steps", steps, minimum=0)
    theta, g, p = _grid(gradients, probabilities, nodes)
    half = (theta - h * g)[..., None] / 2.0 - theta / 2.0
    sine = np.sin(half)
    near = np.abs(sine) < 1e-9  # there the quotient below is 1 up to rounding
    cardinal = np.where(near, 1.0, np.sin(theta.size * half) / (theta.size * np.where(near, 1.0, sine)))
    step = np.einsum("j,jik->ik", p, cardinal)
    return CircleExpectation(theta, np.linalg.matrix_power(step, k) @ _values("observable", observable, theta))


@one_blas_thread()
def circle_modified_equation(
    gradients: Observable,
    probabilities: Any,
    observable: Observable,
    step_size: Any,
    t: Any,
    order: int = 2,
    nodes: Any = 65,
) -> CircleExpectation:
    """``E observable(Theta(t))`` under the stochastic modified equation of order 1 or 2, from every start.

    Args:
        t: a time >= 0; ``h k`` after k steps.
        order: 1 or 2, or 0 for the gradient flow of the mean.
        gradients, probabilities, observable, step_size, nodes: as of `circle_descent`.

    Raises:
        ValueError: as of `circle_descent`.

    Source: Li, Tai and E, arXiv:1511.06251 and arXiv:1811.01558.

    >>> spread = circle_modified_equation(lambda t: [t * 0 - 1, t * 0 + 1], [0.5, 0.5], np.sin, 0.1, 2.0)
    >>> bool(np.allclose(spread.values, np.exp(-0.1) * np.sin(spread.starts), atol=1e-12))  # heat: exp(-h t / 2)
    True
    """
    h, t = positive("step_size", step_size), nonnegative("t", t)
    choice("order", order, (0, 1, 2))
    theta, g, p = _grid(gradients, probabilities, nodes)
    modes = np.fft.fftfreq(theta.size, 1.0 / theta.size)
    first, second = (
        np.real(np.fft.ifft(power[:, None] * np.fft.fft(np.eye(theta.size), axis=0), axis=0))
        for power in (1j * modes, -(modes**2))
    )
    slope = p @ g
    drift = -slope - (h / 2.0 * slope * (first @ slope) if order == 2 else 0.0)
    variance = h * (p @ (g - slope) ** 2) if order else np.zeros_like(slope)
    generator = drift[:, None] * first + variance[:, None] / 2.0 * second
    return CircleExpectation(theta, expm(t * generator) @ _values("observable", observable, theta))


def _grid(gradients: Observable, probabilities: Any, nodes: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    N = integer("nodes", nodes, minimum=3)
    if N % 2 == 0:
        raise ValueError(f"nodes must be odd, got {N}")
    p = real_array("probabilities", probabilities, ndim=1)
    if not (np.all(p >= 0) and abs(np.sum(p) - 1.0) < 1e-12):
        raise ValueError(f"probabilities must be >= 0 and of sum 1, got {p}")
    theta = 2.0 * np.pi * np.arange(N) / N
    g = real_array("gradients", gradients(theta))
    if g.shape != (p.size, N):
        raise ValueError(f"gradients must return shape {(p.size, N)}, one row per probability, got {g.shape}")
    return theta, g, p


def _values(name: str, function: Observable, theta: np.ndarray) -> np.ndarray:
    values = real_array(name, function(theta))
    if values.shape != theta.shape:
        raise ValueError(f"{name} must return shape {theta.shape}, got {values.shape}")
    return values
