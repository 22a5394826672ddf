r"""How noise of other shapes moves a model along its minima.

As in `solvable.theory.noise.manifold_drift`: noise that makes fluctuations S around the minima drifts by ``-(h/2) P D^3
L[S]`` a step. What S is, and so what is descended, depends on the shape of the noise. Let ``theta+ = theta - h (grad L
+ s z)`` with z of mean 0.

**Normal isotropic noise**, ``Cov z`` the projection onto the range of H: ``S = h s^2 (H (2 - h H))^+``. For a small
step this is ``(h s^2/2) H^+``, and ``P tr(H^+ D H) = P grad log det H`` (of the nonzero eigenvalues): the determinant
is descended, with the coefficient ``h^2 s^2 / 4`` with which label noise descends the trace.

**Isotropic noise**, ``Cov z = I``: the same, and diffusion along the minima besides, of covariance ``h^2 s^2 P`` a
step. A curved manifold turns this into a mean displacement: along a curve of minima ``J gamma'' = -(gamma'^T H_i
gamma')_i`` with J the rows g_i, so that it is ``-(h^2 s^2/2) J^+ (tr P H_i)_i``. For ``f = u v`` drift and curvature
cancel in ``q = u^2 - v^2`` to leading order, and nothing is selected.

**Injected noise that is taken back at the next step** (anti-correlated perturbed gradient descent), ``theta+ = theta -
h grad L + xi+ - xi``, ``Cov xi = s^2 I``. The gradient step acts on ``z = theta - xi``, as ``z+ = z - h grad L(z +
xi)``. Around the minima ``S_z = h s^2 H (2 - h H)^{-1}``, and ``z + xi``, at which the gradient is taken, has ``S_z +
s^2 I``: ``s^2 (1 - h H/2)^{-1}`` on the range of H. (What is tangential drops out: H v = 0 for tangent v along the
minima, so that ``P D^3 L[v, v] = 0``.) The drift is ``-h P grad R``,

    R = -(s^2/h) tr log( I - h H/2 ) = (s^2/2) tr H + ...,

``2 s^2`` times the regularizer of full-batch label noise: noise of the labels of variance ``2 n s^2/h`` does the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...common.checks import choice, nonnegative, positive
from .manifold_drift import along, bend, output_derivatives
from .modes import row_space


class Drift(NamedTuple):
    """Per step: the mean displacement ``(p,)``, and the covariance ``(p, p)`` of the diffusion along the minima."""

    mean: np.ndarray
    covariance: np.ndarray


def gradient_noise_drift(gradients: Any, hessians: Any, step_size: Any, std: Any, shape: str = "isotropic") -> Drift:
    """Drift and diffusion along the minima under noise added to the gradient, to order ``std^2``.

    Args:
        gradients: of the outputs at a point of zero loss, shape ``(n, p)``.
        hessians: of the outputs, symmetric, shape ``(n, p, p)``.
        step_size: h > 0, ``h lambda_max < 2``.
        std: standard deviation >= 0 of the noise in each direction, added to the gradient.
        shape: ``"isotropic"``, or ``"normal"`` for noise in the span of the gradients only.

    Raises:
        ValueError: shapes that do not fit, arguments outside these ranges, or gradients that all vanish.

    Source: Wei and Schwab, arXiv:1910.00195 (trace and determinant); HaoChen et al., arXiv:2006.08680 (isotropic noise
        has no bias); derived in this module.

    >>> gradients, hessians = [[1.0, 2.0]], [[[0.0, 1.0], [1.0, 0.0]]]  # of f = u v at (2, 1)
    >>> normal = gradient_noise_drift(gradients, hessians, 1e-6, 1.0, "normal").mean
    >>> bool(np.isclose(normal @ [4.0, -2.0], -1e-12 * 3.0 / 5.0, rtol=1e-5))  # of q = u^2 - v^2: -h^2 s^2 q/lambda
    True
    """
    g, H = output_derivatives(gradients, hessians)
    choice("shape", shape, ("isotropic", "normal"))
    h, noise = positive("step_size", step_size), nonnegative("std", std)
    basis, values = _stable(g, h)
    mean = -h * along(basis, bend(g, H, (basis * (h * noise**2 / (values * (2.0 - h * values)))) @ basis.T))
    covariance = np.zeros((g.shape[1],) * 2)
    if shape == "isotropic":
        tangent = np.eye(g.shape[1]) - basis @ basis.T
        curvature = np.linalg.lstsq(g, np.einsum("ijk,jk->i", H, tangent), rcond=None)[0]
        mean, covariance = mean - 0.5 * (h * noise) ** 2 * curvature, (h * noise) ** 2 * tangent
    return Drift(mean, covariance)


def injected_noise_drift(gradients: Any, hessians: Any, step_size: Any, std: Any) -> np.ndarray:
    """The mean displacement per step along the minima under anti-correlated injected noise, to order ``std^2``.

    Args:
        gradients, hessians: as of `gradient_noise_drift`.
        step_size: h > 0, ``h lambda_max < 2``.
        std: standard deviation s >= 0 of what is injected into each parameter, and taken back.

    Returns:
        shape ``(p,)``: ``-h P grad R``, ``R = -(s^2/h) tr log(I - h H/2)``.

    Raises:
        ValueError: as of `gradient_noise_drift`.

    Source: Orvieto et al., arXiv:2202.02831 (the method, the leading term); the finite step is derived in this module.

    >>> drift = injected_noise_drift([[1.0, 2.0]], [[[0.0, 1.0], [1.0, 0.0]]], 0.2, 0.1)
    >>> bool(np.isclose(drift @ [4.0, -2.0] / 3.0, -2 * 0.2 * 0.1**2 / (1 - 0.1 * 5.0)))  # of log(u^2 - v^2)
    True
    """
    g, H = output_derivatives(gradients, hessians)
    h, noise = positive("step_size", step_size), nonnegative("std", std)
    basis, values = _stable(g, h)
    return -h * along(basis, bend(g, H, (basis * (noise**2 / (1.0 - h * values / 2.0))) @ basis.T))


def _stable(g: np.ndarray, h: float) -> tuple[np.ndarray, np.ndarray]:
    basis, values = row_space("gradients", g)
    if not h * values[0] < 2.0:
        raise ValueError(f"step_size must be below 2 / lambda_max = {2.0 / values[0]:.6g}, got {h:g}")
    return basis, values
