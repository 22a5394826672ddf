r"""What an optimizer leaves behind on a two-layer diagonal network: its gain.

Let ``beta = u^2 - v^2``, ``g = dL/dbeta = X^T (X beta - y) / n``, ``dL/du = 2 u g``, ``dL/dv = -2 v g``. Every method
below multiplies, coordinate by coordinate, ``u <- A u`` and ``v <- B v``. In ``a = |u v|`` and ``xi = log|u/v|``
(``beta = 2 a sinh xi`` up to signs that do not matter) put

    q = sum_k log|A_k B_k|,        R = sum_k ( log|A_k / B_k| + 2 s_k ),        s_k in the row space of X.

Then ``log a_K = log a_0 + q`` and ``asinh(beta_K / 2 a_K) = xi_0 + R - 2 sum s_k``, identically. So at every step, beta
minimizes the hyperbolic entropy of scale ``a_0 exp(q)`` and shift ``xi_0 + R`` among all b with the same ``X b``: no
convergence and no small step is needed, and factors may change sign. A theorem about the implicit bias of a method is
a formula for q and R. (The hypothesis is that no factor is zero.)

Two numbers say what a gradient step is: ``A = 1 - (p + m)``, ``B = 1 + (p - m)`` with p in the row space. p drives, as
in gradient descent; m shrinks u and v alike. Then ``s = p`` and, per step,

    q = log|(1 - m)^2 - p^2|  =  -2 m - p^2 + ...,        R = -2 p m - 2 p^3/3 + ....

In continuous time p and m become rates and only ``q = -2 int m dt``, ``R = 0`` remain.

A product network ``beta = u v`` is this one in ``w+- = (u +- v)/2``, ``beta = w+^2 - w-^2``, with everything halved
that multiplies a gradient: step size, strength, ascent step, inertia, time. Gradients (with respect to beta) stay the
same.

Every array of gradients has the steps along its first axis, then any axes of an ensemble, then the d coordinates.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...common.checks import nonnegative, positive, real, real_array
from .products import log_products


class Gain(NamedTuple):
    """``q`` and ``R``: change of ``log a``, and shift of the initialization; of the shape of one gradient."""

    q: np.ndarray
    R: np.ndarray


def gain_gradient_descent(gradients: Any, step_size: Any, weight_decay: Any = 0.0) -> Gain:
    r"""Gradient descent, and SGD with any batches: exact.

    ``u+ = u - h (2 u g + lam u)`` gives ``p = 2 h g`` and ``m = h lam``. Without decay, with ``x = 2 h g``,
    ``q = sum log|1 - x^2|`` and ``R = sum log|1 - x| - log|1 + x| + 2 x``. The gradient of a batch lies in the row
    space too, and so does that of a batch with label noise.

    Args:
        gradients: gradient (of the batch) with respect to beta before each step, shape ``(K, ..., d)``.
        step_size: h > 0.
        weight_decay: lam >= 0 in ``L + (lam/2) (|u|^2 + |v|^2)``.

    Raises:
        ValueError: arguments outside these ranges, or a step that makes a factor zero.

    Source: Even et al., arXiv:2302.08982; derived in this module.

    >>> gain = gain_gradient_descent([[0.5], [-0.5]], 0.5)
    >>> gain.q.tolist() == [2 * np.log(0.75)], gain.R.tolist()
    (True, [0.0])
    """
    g = _steps("gradients", gradients)
    h, decay = positive("step_size", step_size), nonnegative("weight_decay", weight_decay)
    return _sum(2.0 * h * g, h * decay)


def gain_flooding(gradients: Any, losses: Any, step_size: Any, level: Any) -> Gain:
    r"""Flooding, descent on ``|L - b| + b``: exact.

    The step is a gradient step of size h where ``L > b`` and of size -h where ``L < b``: ``p = +-2 h g``. So
    ``q = sum log|1 - 4 h^2 g^2|`` whatever the order of ups and downs. While L hovers at b, a shrinks at the rate
    ``4 h g^2`` per unit of ``t = h k``, the rate of gradient regularization of strength h/2.

    Args:
        gradients: as for `gain_gradient_descent`.
        losses: L before each step, shape ``(K, ...)``; no step is taken where it equals the level.
        step_size: h > 0.
        level: b >= 0.

    Source: arXiv:2210.02720 (flooding as a regularizer); derived in this module.

    >>> gain_flooding([[0.5]], [0.1], 0.5, 0.2).R.tolist() == (-gain_gradient_descent([[0.5]], 0.5).R).tolist()
    True
    """
    g = _steps("gradients", gradients)
    values = real_array("losses", losses)
    if values.shape != g.shape[:-1]:
        raise ValueError(f"losses must have shape {g.shape[:-1]}, one per gradient, got {values.shape}")
    side = np.sign(values - nonnegative("level", level))[..., None]
    return _sum(2.0 * positive("step_size", step_size) * side * g, 0.0)


def gain_gradient_regularized(
    gradients: Any, ascent_gradients: Any, step_size: Any, strength: Any, ascent_step: Any
) -> Gain:
    r"""Finite-difference gradient regularization with any ascent step, forward or backward: exact.

    The direction is ``D(theta) + (mu/eps) (D(theta+) - D(theta))``, ``D = grad L``, ``theta+ = theta + eps D(theta)``.
    Now ``u+ = u (1 + 2 eps g)`` and ``v+ = v (1 - 2 eps g)``, so with ``g+ = g(beta+)`` the u-part of ``D(theta+)`` is
    ``2 u (1 + 2 eps g) g+``, and its v-part ``-2 v (1 - 2 eps g) g+``. Collecting,

        p = 2 h ( g + (mu/eps) (g+ - g) ),        m = 4 h mu g g+ .

    p lies in the row space for every eps. For ``eps = 0`` (exact regularization) the difference quotient becomes the
    derivative ``(4/n) X^T X (w g)``, ``w = u^2 + v^2``, since ``d beta+ / d eps = 4 w g``.

    Args:
        gradients: g before each step, shape ``(K, ..., d)``.
        ascent_gradients: g+ at the ascended point, the same shape. For ``ascent_step = 0``, where g+ is g, pass that
            derivative instead.
        step_size: h > 0.
        strength: mu >= 0 in ``L + (mu/2) |grad L|^2``.
        ascent_step: eps; negative for a backward difference.

    Source: Karakida et al., arXiv:2210.02720 (the methods); the formula is derived in this module.

    >>> same = gain_gradient_regularized([[0.2]], [[0.3]], 0.1, 0.05, 0.05)
    >>> bool(np.allclose(same, gain_sharpness_aware([[0.2]], [[0.3]], 0.1, 0.05), rtol=1e-14, atol=0))
    True
    """
    g, up = _pair(gradients, ascent_gradients)
    h, mu, eps = positive("step_size", step_size), nonnegative("strength", strength), real("ascent_step", ascent_step)
    if eps == 0.0:
        return _sum(2.0 * h * (g + mu * up), 4.0 * h * mu * g * g)
    return _sum(2.0 * h * (g + (mu / eps) * (up - g)), 4.0 * h * mu * g * up)


def gain_sharpness_aware(gradients: Any, ascent_gradients: Any, step_size: Any, ascent_step: Any) -> Gain:
    r"""Full-batch SAM, normalized or not: exact.

    The gradient is taken at ``theta+ = theta + eps grad L(theta)``: as in `gain_gradient_regularized` with
    ``mu = eps``, ``p = 2 h g+`` and ``m = 4 h eps g g+``. Normalization makes ``eps = radius / |grad L|`` a number of
    the step.

    Args:
        gradients, ascent_gradients: as for `gain_gradient_regularized`.
        step_size: h > 0.
        ascent_step: eps >= 0, a number (the radius of unnormalized SAM), or one a step, shape ``(K, ...)``
            (``radius / |grad L(theta_k)|`` if normalized; ``|grad L|^2 = 4 sum_j (u_j^2 + v_j^2) g_j^2``).

    Source: Andriushchenko and Flammarion, arXiv:2206.06232 (the methods); the formula is derived in this module.

    >>> gain_sharpness_aware([[0.1]], [[0.1]], 0.1, 0.0).q == gain_gradient_descent([[0.1]], 0.1).q
    array([ True])
    """
    g, up = _pair(gradients, ascent_gradients)
    h, eps = positive("step_size", step_size), _reach("ascent_step", ascent_step, g.shape[:-1])
    return _sum(2.0 * h * up, 4.0 * h * (eps[..., None] if eps.ndim else eps) * g * up)


def gain_per_sample_ascent(X: Any, residuals: Any, ascent_residuals: Any, step_size: Any, ascent_step: Any) -> Gain:
    r"""1-SAM averaged over the samples, each of which ascends on its own loss: exact.

    Sample i has the gradient ``g_i = x_i r_i`` and ascends to a point where its residual is ``r_i+``. The argument of
    `gain_sharpness_aware` holds for each sample, and the step averages:

        p_j = (2h/n) sum_i x_ij r_i+,        m_j = (4h/n) sum_i eps_i x_ij^2 r_i r_i+ .

    Args:
        X: design, shape ``(n, d)``.
        residuals: r_i before each step, shape ``(K, ..., n)``.
        ascent_residuals: r_i at the point to which sample i ascended, the same shape.
        step_size: h > 0.
        ascent_step: eps >= 0, a number, or one a step and sample, ``(K, ..., n)``.

    Source: Andriushchenko and Flammarion, arXiv:2206.06232 (the methods); the formula is derived in this module.

    >>> one = gain_per_sample_ascent([[2.0]], [[0.1]], [[0.2]], 0.1, 0.05)
    >>> bool(np.allclose(one, gain_sharpness_aware([[0.2]], [[0.4]], 0.1, 0.05), rtol=1e-14, atol=0))
    True
    """
    X = real_array("X", X, ndim=2)
    r, up = _pair(residuals, ascent_residuals, ("residuals", "ascent_residuals"))
    if r.shape[-1] != X.shape[0]:
        raise ValueError(f"residuals must have one entry per row of X: X has shape {X.shape}, residuals {r.shape}")
    h, eps = positive("step_size", step_size), _reach("ascent_step", ascent_step, r.shape)
    n = X.shape[0]
    return _sum((2.0 * h / n) * (up @ X), (4.0 * h / n) * ((eps * r * up) @ (X * X)))


def _sum(p: np.ndarray, m: np.ndarray | float) -> Gain:
    """Add up the steps in blocks, so that long runs need no copies of their full length."""
    q, R = np.zeros(p.shape[1:]), np.zeros(p.shape[1:])
    block = max(1, 2**18 // max(1, q.size))
    for first in range(0, p.shape[0], block):
        part = slice(first, first + block)
        product, ratio = log_products(p[part], m[part] if isinstance(m, np.ndarray) else m)
        q, R = q + np.sum(product, axis=0), R + np.sum(ratio, axis=0)
    if not (np.all(np.isfinite(q)) and np.all(np.isfinite(R))):
        raise ValueError("gradients must leave every factor nonzero, but a step multiplies one of them by 0")
    return Gain(q, R)


def _steps(name: str, value: Any) -> np.ndarray:
    array = real_array(name, value)
    if array.ndim < 2 or array.size == 0:
        raise ValueError(f"{name} must have shape (steps, ..., d), got {array.shape}")
    return array


def _pair(first: Any, second: Any, names: tuple[str, str] = ("gradients", "ascent_gradients")) -> tuple[Any, Any]:
    g, up = _steps(names[0], first), real_array(names[1], second)
    if up.shape != g.shape:
        raise ValueError(f"{names[1]} must have the shape of {names[0]}, {g.shape}, got {up.shape}")
    return g, up


def _reach(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A number or an array of `shape`, >= 0."""
    array = real_array(name, value)
    if array.shape not in ((), shape):
        raise ValueError(f"{name} must be a number or have shape {shape}, got {array.shape}")
    if not np.all(array >= 0):
        raise ValueError(f"{name} must be >= 0, got {float(array.min()):g}")
    return array
