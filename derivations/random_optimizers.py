r"""The optimizers that draw, as steps with given draws: ``step(theta, state, gradient, h, draws...) -> theta, state``.

Conventions are those of `derivations.optimizers`; what a step drew are its arguments `batch` (indices of samples) and
`noise` (numbers). A step that tells samples apart takes for ``gradient`` the tuple of the samples' gradients:
``gradient[i](theta)`` is the gradient of ``L_i = (f(x_i) - y_i)^2 / 2``, ``gradient[i].loss(theta)`` is L_i itself, and
``gradient[i].of_output(theta)`` the gradient of ``f(x_i)``. A label that is raised by c lowers the first by c times the
last.
"""

from __future__ import annotations

from typing import Any

from derivations.numbers import inner, inverse_root, mean


def sgd(theta: Any, state: Any, gradient: Any, h: Any, *, batch: Any) -> Any:
    """``theta - (h/b) sum_{i in B} grad L_i``.

    >>> sgd(1.0, (), (lambda x: 2.0 * x, lambda x: 1.0 * x), 0.25, batch=[1])
    (0.75, ())
    """
    return theta - h * mean(gradient[i](theta) for i in batch), state


def label_noise_sgd(
    theta: Any, state: Any, gradient: Any, h: Any, *, noise_std: Any, momentum: Any, batch: Any, noise: Any
) -> Any:
    """``c+ = m c - (h/b) sum_{i in B} (grad L_i - s xi_i grad f(x_i))``, ``theta+ = theta + c+``.

    The label of sample i is ``y_i + s xi_i``; m is the momentum, and the state c the last change of theta.

    >>> class Sample:  # (x - 1)^2 / 2
    ...     of_output = staticmethod(lambda x: 1.0)
    ...     __call__ = staticmethod(lambda x: x - 1.0)
    >>> label_noise_sgd(1.0, (0.5,), (Sample(),), 0.25, noise_std=2.0, momentum=0.5, batch=[0], noise=[-1])
    (0.75, (-0.25,))
    """
    (change,) = state
    drawn = zip(batch, noise, strict=True)
    slope = mean(gradient[i](theta) - noise_std * xi * gradient[i].of_output(theta) for i, xi in drawn)
    change = momentum * change - h * slope
    return theta + change, (change,)


def noise_injection(theta: Any, state: Any, gradient: Any, h: Any, *, std: Any, noise: Any) -> Any:
    """``theta - h g + s xi``.

    >>> noise_injection(1.0, (), lambda x: 2.0 * x, 0.25, std=0.5, noise=-1.0)
    (0.0, ())
    """
    return theta - h * gradient(theta) + std * noise, state


def anticorrelated_noise_injection(theta: Any, state: Any, gradient: Any, h: Any, *, std: Any, noise: Any) -> Any:
    """``theta - h g + s xi_+ - s xi``: the noise of the step before, which is the state, is taken back.

    >>> anticorrelated_noise_injection(1.0, (0.25,), lambda x: 2.0 * x, 0.25, std=0.5, noise=-1.0)
    (-0.25, (-0.5,))
    """
    (before,) = state
    kick = std * noise
    return theta - h * gradient(theta) + kick - before, (kick,)


def gradient_noise(theta: Any, state: Any, gradient: Any, h: Any, *, std: Any, noise: Any) -> Any:
    """``theta - h (g + s z)``.

    >>> gradient_noise(1.0, (), lambda x: 2.0 * x, 0.25, std=0.5, noise=-1.0)
    (0.625, ())
    """
    return theta - h * (gradient(theta) + std * noise), state


def normal_gradient_noise(theta: Any, state: Any, gradient: Any, h: Any, *, std: Any, noise: Any) -> Any:
    """``theta - h (g + s P z)``, P onto the span of the samples' ``grad f(x_i)``, which must be independent.

    By the orthogonal basis of Gram and Schmidt, not normalized, so that rationals stay rational.

    >>> import numpy as np
    >>> class Sample:  # (2 x_0 - 1)^2 / 2
    ...     of_output = staticmethod(lambda x: np.array([2.0, 0.0]))
    ...     __call__ = staticmethod(lambda x: (2 * x[0] - 1) * np.array([2.0, 0.0]))
    >>> normal_gradient_noise(np.ones(2), (), (Sample(),), 1.0, std=1.0, noise=np.array([3.0, 5.0]))[0]
    array([-4.,  1.])
    """
    basis: list[Any] = []
    for sample in gradient:
        slope = sample.of_output(theta)
        basis.append(slope - _projection(basis, slope))
    return theta - h * (mean(sample(theta) for sample in gradient) + std * _projection(basis, noise)), state


def _projection(basis: list[Any], z: Any) -> Any:
    """``z`` projected on the span of an orthogonal `basis`."""
    return sum((inner(b, z) / inner(b, b) * b for b in basis), 0 * z)


def stochastic_gradient_flow(theta: Any, state: Any, gradient: Any, h: Any, *, rate: Any, noise: Any) -> Any:
    """``theta - dt g - sqrt(rate dt / n) sum_i xi_i (grad L_i - g)``: one Euler-Maruyama step of length ``dt = h``.

    >>> stochastic_gradient_flow(1.0, (), (lambda x: 2.0 * x, lambda x: 0.0), 0.5, rate=1.0, noise=[1.0, 0.0])
    (0.0, ())
    """
    slopes = [sample(theta) for sample in gradient]
    full = mean(slopes)
    kick = sum(xi * (slope - full) for xi, slope in zip(noise, slopes, strict=True))
    return theta - h * full - kick / inverse_root(rate * h / len(slopes)), state


def loss_gradient_flow(theta: Any, state: Any, gradient: Any, h: Any, *, rate: Any, noise: Any) -> Any:
    """``theta - dt g - sqrt(rate dt 2 L / n) sum_i xi_i grad f(x_i)``, ``dt = h``: the covariance of Pesme et al.

    >>> class Sample:  # (x - 1)^2 / 2
    ...     loss = staticmethod(lambda x: (x - 1.0) ** 2 / 2)
    ...     of_output = staticmethod(lambda x: 1.0)
    ...     __call__ = staticmethod(lambda x: x - 1.0)
    >>> loss_gradient_flow(2.0, (), (Sample(),), 0.25, rate=1.0, noise=[2.0])
    (0.75, ())
    """
    full, loss = mean(sample(theta) for sample in gradient), mean(sample.loss(theta) for sample in gradient)
    kick = sum(xi * sample.of_output(theta) for xi, sample in zip(noise, gradient, strict=True))
    return theta - h * full - kick / inverse_root(2 * loss * rate * h / len(gradient)), state
