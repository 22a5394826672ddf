r"""Gains in continuous time, and of noise on average: what remains of `solvable.theory.diagonal.gains` for small steps.

With ``A = 1 - (p + m) dt``, ``B = 1 + (p - m) dt`` the sums become ``q = -2 int m dt`` and ``R = 0``. Where the driving
has a martingale part, ``dZ`` in place of ``g dt``, ``du = -2 u dZ`` (Ito) means ``d log|u| = -2 dZ - 2 d<Z>``, and
likewise ``d log|v| = +2 dZ - 2 d<Z>``. As dZ lies in the row space of X,

    q = -4 <Z>,      R = 0,

with <Z> the quadratic variation of each coordinate. In the Stratonovich sense there would be no gain at all.

Momentum is the exception: it has a shift R too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import choice, integer, nonnegative, positive, real_array
from .gains import Gain
from .quadrature import left_sum, moments, smooth_integral


def gain_regularized_flow(times: Any, gradients: Any, ascent_gradients: Any, strength: Any) -> Gain:
    r"""Flow of gradient regularization with any ascent step, or of SAM: ``q = -8 mu int g g+ dt``, ``R = 0``.

    The step of `gain_gradient_regularized` has ``m = 4 h mu g g+``, a rate of ``4 mu g g+``; the driving lies in the
    row space for every ascent step. Unnormalized SAM has ``mu = eps``; normalized SAM ``mu(t) = radius / |grad L|``.

    Args:
        times: increasing, shape ``(T,)``; they have to resolve the gradients (quintic spline).
        gradients, ascent_gradients: g and g+ at these times, shape ``(T, d)``; both g for an ascent step of 0.
        strength: mu >= 0, a number or ``(T,)``.

    Source: Karakida et al., arXiv:2210.02720 (the methods); the formula is derived in this module.

    >>> t = np.linspace(0.0, 1.0, 20)
    >>> np.round(gain_regularized_flow(t, np.ones((20, 1)), np.ones((20, 1)), 0.5).q, 12).tolist()
    [-4.0]
    """
    t, g, up = (
        moments(times),
        _samples("gradients", gradients, times),
        _samples("ascent_gradients", ascent_gradients, times),
    )
    if g.shape != up.shape:
        raise ValueError(f"ascent_gradients must have the shape of gradients, {g.shape}, got {up.shape}")
    mu = real_array("strength", strength, ndim=(0, 1))
    if mu.shape not in ((), t.shape) or not np.all(mu >= 0):
        raise ValueError(
            f"strength must be >= 0, a number or of shape {t.shape}, got shape {mu.shape}, least {mu.min():g}"
        )
    q = -8.0 * smooth_integral(t, (mu[:, None] if mu.ndim else mu) * g * up)
    return Gain(q, np.zeros_like(q))


def gain_sample_ascent_flow(X: Any, times: Any, residuals: Any, ascent_residuals: Any, radius: Any) -> Gain:
    r"""Flow of unnormalized 1-SAM: ``q_j = -(8 eps/n) int sum_i x_ij^2 r_i r_i+ dt``, ``R = 0``.

    From ``m`` of `gain_per_sample_ascent`.

    Args:
        X: design, shape ``(n, d)``.
        times: as for `gain_regularized_flow`.
        residuals, ascent_residuals: r_i, and r_i where sample i ascended to, shape ``(T, n)``.
        radius: eps >= 0.

    Source: Andriushchenko and Flammarion, arXiv:2206.06232 (the methods); the formula is derived in this module.

    >>> t = np.linspace(0.0, 1.0, 20)
    >>> np.round(gain_sample_ascent_flow([[2.0]], t, np.ones((20, 1)), np.ones((20, 1)), 0.5).q, 12).tolist()
    [-16.0]
    """
    X, t = real_array("X", X, ndim=2), moments(times)
    r, up = _residuals(X, residuals, times), _residuals(X, ascent_residuals, times, "ascent_residuals")
    eps = nonnegative("radius", radius)
    q = (-8.0 * eps / X.shape[0]) * smooth_integral(t, (r * up) @ (X * X))
    return Gain(q, np.zeros_like(q))


def gain_momentum_flow(times: Any, rates: Any, inertia: Any) -> Gain:
    r"""Momentum gradient flow ``lambda theta'' + theta' + grad L = 0`` from rest: exact at every time.

    With ``s = u'/u``, ``u''/u = s' + s^2``, so that ``lambda (s' + s^2) + s + 2 g = 0``. Integrated from ``s = 0``,

        log|u(T)/u(0)| = -2 int g - lambda ( int s_u^2 + s_u(T) ),

    and v obeys the same with -g. With ``F = int s^2 + s(T)``: ``q = -lambda (F_u + F_v)``, ``R = -lambda (F_u - F_v)``.
    No factor may cross zero on the way. To leading order ``s_u = -2 g = -s_v`` and ``q = -8 lambda int g^2``.

    Args:
        times: as for `gain_regularized_flow`, from the start at rest.
        rates: ``u'/u`` and ``v'/v`` at these times, shape ``(T, 2, d)``.
        inertia: lambda >= 0; heavy ball of step h and momentum b approaches it with ``lambda = h / (1-b)^2`` and the
            clock ``t = h k / (1-b)`` as b tends to 1.

    Source: Papazov et al., arXiv:2403.05293; derived in this module.

    >>> t = np.linspace(0.0, 1.0, 20)
    >>> rates = np.stack([t, -t], axis=1)[:, :, None]
    >>> gain = gain_momentum_flow(t, rates, 0.3)
    >>> np.round(gain.q, 12).tolist(), np.round(gain.R, 12).tolist()
    ([-0.2], [-0.6])
    """
    t, s = moments(times), _samples("rates", rates, times)
    if s.ndim != 3 or s.shape[1] != 2:
        raise ValueError(f"rates must have shape (T, 2, d), of u and of v, got {s.shape}")
    whole = smooth_integral(t, s * s) + s[-1]
    inertia = nonnegative("inertia", inertia)
    return Gain(-inertia * (whole[0] + whole[1]), -inertia * (whole[0] - whole[1]))


def gain_stochastic_gradient_flow(
    X: Any, times: Any, residuals: Any, step_size: Any, covariance: str = "sample", batch_size: Any = 1
) -> Gain:
    r"""Stochastic gradient flow, path by path: ``q = -4 <Z>``, ``R = 0``.

    The noise of SGD has, per unit of ``t = h k``, the covariance ``h C`` in the space of gradients. For the samples
    themselves, one at a time, ``C_jj = (1/n) sum_i x_ij^2 r_i^2 - g_j^2``; batches of b distinct samples have
    ``(n-b) / (b (n-1))`` of it. Replacing the residuals by their mean square gives the covariance "loss" of Pesme et
    al., ``C = 2 L H``, ``H_jj = (1/n) sum_i x_ij^2``, which is not centered. So

        q_j = -4 h int C_jj dt;      for "loss",  q_j = -8 h H_jj int L dt .

    Args:
        X: design, shape ``(n, d)``.
        times: increasing, shape ``(T,)``: all steps of the path (left sums).
        residuals: ``X beta - y`` at these times, shape ``(T, ..., n)``.
        step_size: h > 0 of the SGD that the flow stands for.
        covariance: ``"sample"`` or ``"loss"``.
        batch_size: b, from 1 to n; 1 for ``"loss"``.

    Source: Pesme et al., arXiv:2106.09524 ("loss"); derived in this module.

    >>> gain_stochastic_gradient_flow([[1.0], [1.0]], [0.0, 1.0], [[1.0, 1.0], [0.0, 0.0]], 0.5, "loss").q.tolist()
    [-2.0]
    """
    X, t, h = real_array("X", X, ndim=2), moments(times), positive("step_size", step_size)
    n = X.shape[0]
    r = _residuals(X, residuals, times)
    b = integer("batch_size", batch_size, minimum=1, maximum=n)
    if choice("covariance", covariance, ("sample", "loss")) == "loss":
        if b != 1:
            raise ValueError(f"batch_size must be 1 for the covariance 'loss', got {b}")
        rate = np.mean(r * r, axis=-1, keepdims=True) * np.mean(X * X, axis=0)  # 2 L H
    else:
        rate = _spread(X, r, b)
    q = -4.0 * h * left_sum(t, rate)
    return Gain(q, np.zeros_like(q))


def gain_stochastic_descent(X: Any, residuals: Any, step_size: Any, batch_size: Any = 1) -> Gain:
    r"""SGD given the path of its residuals, averaged over the next batch, to leading order in the step.

    ``E log|1 - x^2| = -E x^2 + O(h^4)`` with ``x = 2 h g_B``, and
    ``E g_B^2 = g^2 + (n-b)/(b(n-1)) [ (1/n) sum_i x_ij^2 r_i^2 - g_j^2 ]``. For b = 1 this is
    ``q_j = -4 h^2 sum_k (1/n) sum_i x_ij^2 r_i^2``: each coordinate is weighted by the residuals of the samples in
    which it is large. (For the gain of one run, exactly: `gain_gradient_descent` with the gradients of its batches.)

    Args:
        X: design, shape ``(n, d)``.
        residuals: ``X beta - y`` before each step, shape ``(K, ..., n)``.
        step_size: h > 0.
        batch_size: b distinct samples, from 1 to n.

    Source: derived in this module; the setting is that of Even et al., arXiv:2302.08982.

    >>> gain_stochastic_descent([[1.0], [2.0]], [[1.0, 1.0]], 0.5).q.tolist()
    [-2.5]
    """
    X, h = real_array("X", X, ndim=2), positive("step_size", step_size)
    b = integer("batch_size", batch_size, minimum=1, maximum=X.shape[0])
    r = _residuals(X, residuals, None)
    g = r @ X / X.shape[0]
    q = -4.0 * h**2 * np.sum(g * g + _spread(X, r, b), axis=0)
    return Gain(q, np.zeros_like(q))


def gain_label_noise(
    X: Any, steps: Any, step_size: Any, noise_std: Any, batch_size: Any = 1, momentum: Any = 0.0
) -> Gain:
    r"""Label noise at an interpolant, on average and to leading order: ``q_j = -4 H_jj T``, ``R = 0``.

    At ``X beta = y`` the gradient of a batch of b distinct samples with labels ``y_i + noise_std xi_i`` is
    ``-(noise_std/b) sum_{i in B} x_i xi_i``, of variance ``noise_std^2 H_jj / b``. So ``E log|1 - 4 h^2 g^2|`` is
    ``-4 h^2 noise_std^2 H_jj / b`` a step, and ``T = h^2 noise_std^2 k / b`` is the slow clock. With momentum,
    ``rho_k - 1`` is an autoregression of variance ``4 h^2 Var(g) / (1 - b'^2)``, and ``q`` of `gain_heavy_ball`
    (``-(1+b')/(1-b')`` times that, a step, u and v together) makes the clock ``1/(1 - b')^2`` as fast.

    Args:
        X: design, shape ``(n, d)``.
        steps: k >= 0.
        step_size: h > 0.
        noise_std: noise_std >= 0, of each label, drawn afresh at every step.
        batch_size: b, from 1 to n (n for the full batch).
        momentum: 0 <= b' < 1.

    Source: derived in this module; the setting is that of arXiv:2006.08680 and arXiv:2110.06914.

    >>> gain_label_noise([[1.0], [1.0]], 64, 0.25, 0.5).q.tolist()
    [-4.0]
    """
    X = real_array("X", X, ndim=2)
    b, k = integer("batch_size", batch_size, minimum=1, maximum=X.shape[0]), integer("steps", steps, minimum=0)
    rest = 1.0 - nonnegative("momentum", momentum)
    if not rest > 0:
        raise ValueError(f"momentum must be < 1, got {1.0 - rest:g}")
    clock = positive("step_size", step_size) ** 2 * nonnegative("noise_std", noise_std) ** 2 * k / b / rest**2
    q = -4.0 * clock * np.mean(X * X, axis=0)
    return Gain(q, np.zeros_like(q))


def _spread(X: np.ndarray, r: np.ndarray, b: int) -> np.ndarray:
    """Variance of the gradient of a batch of b distinct samples, shape ``(..., d)``."""
    n = X.shape[0]
    share = (n - b) / (b * (n - 1)) if n > 1 else 0.0
    g = r @ X / n
    return share * np.maximum((r * r) @ (X * X) / n - g * g, 0.0)


def _samples(name: str, value: Any, times: Any) -> np.ndarray:
    array = real_array(name, value)
    if array.ndim < 2 or array.shape[0] != np.shape(times)[0]:
        raise ValueError(f"{name} must have one row per time, {np.shape(times)[0]}, got shape {array.shape}")
    return array


def _residuals(X: np.ndarray, value: Any, times: Any, name: str = "residuals") -> np.ndarray:
    array = real_array(name, value) if times is None else _samples(name, value, times)
    if array.ndim < 2 or array.shape[-1] != X.shape[0]:
        raise ValueError(f"{name} must have one entry per row of X: X has shape {X.shape}, {name} {array.shape}")
    return array
