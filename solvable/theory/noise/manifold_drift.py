r"""How label noise moves a model along its minima: the law at a finite step, and its leading term.

Let all n residuals vanish at theta, with gradients ``g_i = grad f_i`` and Hessians H_i of the outputs, ``H = (1/n) sum
g_i g_i^T`` the Hessian of the loss, and let P project onto the tangent space of the minima, the orthogonal complement
of the g_i. Labels carry noise of a small standard deviation s. The model fluctuates around the minima like linear
regression with the design g_i (`solvable.theory.noise.stationary`); call the covariance S, of order s^2. Per step it
drifts, to order s^2 at a fixed step h, by

    -(h/2) P D^3 L [S] = -(h/n) P sum_i H_i S g_i,

times ``1/(1-beta)`` with momentum.

*Derivation.* Let Phi(theta) be the limit of gradient descent from theta. ``Phi(theta - h grad L) = Phi(theta)``, and
the noise of a step has mean 0 and a covariance Q: a step moves Phi by ``D^2 Phi[Q]/2`` on average. Differentiating the
identity twice at a minimum, ``D^2 Phi[M S M] - D^2 Phi[S] = h P D^3 L[S]``, ``M = I - h H``, and ``S = M S M + Q`` says
that ``D^2 Phi[Q] = -h P D^3 L[S]``. The Hessian of L is ``(1/n) sum (g_i g_i^T + r_i H_i)``, so that ``D^3 L[S] = (1/n)
sum ( 2 H_i S g_i + tr(H_i S) g_i )`` where ``r = 0``, and P removes the last term. No third derivatives of f are
needed. With momentum, average the step itself: ``E P (theta+ - theta)`` is ``beta`` times the one before, less ``h P E
grad L = (h/2) P D^3 L[S]``.

**Leading term.** For small h, ``S = (h s^2 / 2b) (I - P)``, over ``1 - beta`` with momentum, and the drift is

    -(h^2 s^2 / 4b) P grad R,        R = (1/n) sum_i |g_i|^2 = tr H,        grad R = (2/n) sum_i H_i g_i .

**Full batch.** ``S = (h s^2 / n) (1+beta)/(1-beta) (2(1+beta) - h H)^{-1}`` is a function of H. The drift is then a
gradient: ``-(h lam / (1-beta)) P grad R_h`` with ``lam = h s^2 / (n (1-beta))`` and

    R_h = -(1+beta)/(2h) tr log( I - h H / (2 (1+beta)) ) = tr H / 4 + h tr H^2 / (16 (1+beta)) + ....

With smaller batches S is not a function of H, and R_h is right in its first term only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import nonnegative, positive, real_array
from .modes import batch, modes, momentum_below_one, row_space
from .second_moments import label_noise_moments


@one_blas_thread()
def label_noise_drift(
    gradients: Any, hessians: Any, step_size: Any, noise_std: Any, batch_size: Any = 1, momentum: Any = 0.0
) -> np.ndarray:
    """The mean displacement per step along the minima under label noise, to order ``noise_std^2`` at a finite step.

    Args:
        gradients: of the outputs at a point of zero loss, shape ``(n, p)``.
        hessians: of the outputs, symmetric, shape ``(n, p, p)``.
        step_size: h > 0.
        noise_std: standard deviation >= 0 of each label, drawn afresh whenever it is used.
        batch_size: number of distinct samples a step, from 1 to n, or None for all.
        momentum: of heavy ball, in [0, 1).

    Returns:
        shape ``(p,)``.

    Raises:
        ValueError: shapes that do not fit, arguments outside these ranges, gradients that all vanish, or a step that is
            not stable in mean square.

    Source: Damian, Ma and Lee, arXiv:2106.06530 (the full batch); derived in this module.

    >>> gradients, hessians = [[1.0, 2.0]], [[[0.0, 1.0], [1.0, 0.0]]]  # of f = u v at (2, 1)
    >>> drift = label_noise_drift(gradients, hessians, 0.2, 0.1)
    >>> bool(np.isclose(drift @ [4.0, -2.0] / 3.0, -(0.2**2) * 0.1**2 / (1 - 0.1 * 5.0)))  # of log(u^2 - v^2)
    True
    """
    g, H = output_derivatives(gradients, hessians)
    parts = modes("gradients", g)
    S = parts.matrix(label_noise_moments(parts, np.zeros(g.shape[0]), step_size, noise_std, batch_size, momentum))
    return -float(step_size) / (1.0 - float(momentum)) * along(parts.basis, bend(g, H, S))


@one_blas_thread()
def trace_drift(
    gradients: Any, hessians: Any, step_size: Any, noise_std: Any, batch_size: Any = 1, momentum: Any = 0.0
) -> np.ndarray:
    """The leading term of `label_noise_drift` for a small step, ``-(h/(1-beta))^2 noise_std^2/(4 b) P grad tr H``.

    Args, returns, raises: as of `label_noise_drift`; no step is refused.

    Source: Blanc et al., arXiv:1904.09080; derived in this module.

    >>> drift = trace_drift([[1.0, 2.0]], [[[0.0, 1.0], [1.0, 0.0]]], 0.2, 0.1)
    >>> bool(np.isclose(drift @ [4.0, -2.0] / 3.0, -(0.2**2) * 0.1**2))
    True
    """
    g, H = output_derivatives(gradients, hessians)
    h, noise = positive("step_size", step_size), nonnegative("noise_std", noise_std)
    b, beta = batch(batch_size, g.shape[0])[0], momentum_below_one(momentum)
    clock = (h * noise / (1.0 - beta)) ** 2 / b
    return -clock / 2.0 * along(row_space("gradients", g)[0], bend(g, H))


def trlog_regularizer(eigenvalues: Any, step_size: Any, momentum: Any = 0.0) -> float:
    """``R_h = -(1+beta)/(2h) sum_j log(1 - h lambda_j / (2 (1+beta)))``.

    Full-batch label noise descends, along the minima, ``lam R_h`` with ``lam = h noise_std^2 / (n (1-beta))``.

    Args:
        eigenvalues: of the Hessian of the loss, >= 0, any shape; those that are 0 do not matter.
        step_size: h > 0, with ``h lambda < 2 (1+beta)``.
        momentum: beta in [0, 1).

    Raises:
        ValueError: arguments outside these ranges.

    Source: Damian, Ma and Lee, arXiv:2106.06530; constants derived in this module.

    >>> round(trlog_regularizer([4.0, 0.0], 1e-9), 6)  # a quarter of the trace for a small step
    1.0
    """
    values, h = real_array("eigenvalues", eigenvalues), positive("step_size", step_size)
    whole = 1.0 + momentum_below_one(momentum)
    if not np.all(values >= 0):
        raise ValueError(f"eigenvalues must be >= 0, got {float(values.min()):g}")
    if values.size and not h * float(values.max()) < 2.0 * whole:
        raise ValueError(
            f"step_size must be below 2 (1 + momentum) / lambda = {2.0 * whole / values.max():.6g}, got {h:g}"
        )
    return -whole / (2.0 * h) * float(np.sum(np.log1p(-h * values / (2.0 * whole))))


def output_derivatives(gradients: Any, hessians: Any) -> tuple[np.ndarray, np.ndarray]:
    """Checked gradients ``(n, p)`` and Hessians ``(n, p, p)``."""
    g, H = real_array("gradients", gradients, ndim=2), real_array("hessians", hessians, ndim=3)
    if g.size == 0 or H.shape != (*g.shape, g.shape[1]):
        raise ValueError(f"gradients and hessians must have shapes (n, p) and (n, p, p), got {g.shape} and {H.shape}")
    return g, H


def bend(g: np.ndarray, H: np.ndarray, S: np.ndarray | None = None) -> np.ndarray:
    """``(1/n) sum_i H_i S g_i``, half of the part of ``D^3 L[S]`` that is not normal; S = I if None."""
    return np.einsum("ijk,ik->j", H, g if S is None else g @ S) / g.shape[0]


def along(normal: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """P of a vector, given an orthonormal basis ``(p, r)`` of the span of the gradients."""
    return vector - normal @ (normal.T @ vector)
