r"""The optimizers, each written once: ``step(theta, state, gradient, h) -> theta, state``.

A step uses ``+ - * /`` and `inverse_root` only. So the same function runs on floats, on mpmath numbers, on exact
rationals, on series in h over a differential ring, and (where it commutes with affine maps) on trees. Conventions:

- ``theta`` is a vector (an object array, or a float array), ``state`` a tuple of vectors, empty without memory;
- ``gradient(theta)`` is the gradient of the loss at any point, ``gradient.derivative(theta, direction)`` the Hessian
  applied to a direction, ``gradient.loss(theta)`` the loss;
- for games ``gradient(theta)`` is the stacked field ``(F, G)`` that the players ascend, and `players` marks the entries
  of the first with 1; for random reshuffling ``gradient`` is the tuple of the batch gradients, and the step an epoch;
  for an ascent of its own for every sample it is the tuple of the samples' gradients;
- a radius or an ascent step that shrinks with the step is given as a multiple of h.

Each corresponds to a compiled optimizer of the experiment side, which is written independently. Those that draw are in
`derivations.random_optimizers`.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

from derivations.numbers import inner, inverse_root, mean


def gradient_descent(theta: Any, state: Any, gradient: Any, h: Any, *, weight_decay: Any = 0) -> Any:
    """``theta - h (g + lambda theta)``, with coupled weight decay lambda.

    >>> gradient_descent(1.0, (), lambda x: 2.0 * x, 0.25)
    (0.5, ())
    """
    return theta - h * (gradient(theta) + weight_decay * theta), state


def heavy_ball(theta: Any, state: Any, gradient: Any, h: Any, *, momentum: Any) -> Any:
    """``m+ = beta m + g``, ``theta+ = theta - h m+`` (Polyak).

    >>> heavy_ball(1.0, (2.0,), lambda x: 2.0 * x, 0.25, momentum=0.5)
    (0.25, (3.0,))
    """
    (velocity,) = state
    velocity = momentum * velocity + gradient(theta)
    return theta - h * velocity, (velocity,)


def nesterov(theta: Any, state: Any, gradient: Any, h: Any, *, momentum: Any) -> Any:
    """``m+ = beta m + g``, ``theta+ = theta - h (g + beta m+)``: theta is the lookahead variable, which is stored.

    >>> nesterov(1.0, (2.0,), lambda x: 2.0 * x, 0.25, momentum=0.5)
    (0.125, (3.0,))
    """
    (velocity,) = state
    slope = gradient(theta)
    velocity = momentum * velocity + slope
    return theta - h * (slope + momentum * velocity), (velocity,)


def adam(theta: Any, state: Any, gradient: Any, h: Any, *, beta1: Any, beta2: Any, epsilon: Any) -> Any:
    """Exponential means m of g and v of g^2; ``theta+ = theta - h m / sqrt(v + epsilon)``, epsilon inside the root.

    Without bias correction, which depends on time: the modified equation describes the state after the start.

    >>> import numpy as np
    >>> start = np.array([1.0])
    >>> adam(start, (0 * start, 0 * start), lambda x: 2 * x, 0.5, beta1=0.5, beta2=0.75, epsilon=0.0)[0]
    array([0.5])
    """
    first, second = state
    slope = gradient(theta)
    first = beta1 * first + (1 - beta1) * slope
    second = beta2 * second + (1 - beta2) * (slope * slope)
    return theta - h * (first * inverse_root(second + epsilon)), (first, second)


def adam_corrected(theta: Any, state: Any, gradient: Any, h: Any, *, beta1: Any, beta2: Any, epsilon: Any) -> Any:
    """`adam` with bias correction: each mean is divided by its weight ``1 - beta^k``, the same mean of the number 1.

    >>> import numpy as np
    >>> start = np.array([1.0])
    >>> adam_corrected(start, (0 * start,) * 4, lambda x: 2 * x, 0.5, beta1=0.5, beta2=0.75, epsilon=0.0)[0]
    array([0.5])
    """
    first, second, *weights = state
    slope = gradient(theta)
    first = beta1 * first + (1 - beta1) * slope
    second = beta2 * second + (1 - beta2) * (slope * slope)
    seen1, seen2 = (beta * seen + (1 - beta) for beta, seen in zip((beta1, beta2), weights, strict=True))
    return theta - h * (first / seen1 * inverse_root(second / seen2 + epsilon)), (first, second, seen1, seen2)


def rmsprop(theta: Any, state: Any, gradient: Any, h: Any, *, beta2: Any, epsilon: Any) -> Any:
    """``theta+ = theta - h g / sqrt(v + epsilon)``, v the exponential mean of g^2.

    >>> import numpy as np
    >>> rmsprop(np.array([1.0]), (np.zeros(1),), lambda x: 2 * x, 0.5, beta2=0.75, epsilon=0.0)[0]
    array([0.])
    """
    (second,) = state
    slope = gradient(theta)
    second = beta2 * second + (1 - beta2) * (slope * slope)
    return theta - h * (slope * inverse_root(second + epsilon)), (second,)


def sam(theta: Any, state: Any, gradient: Any, h: Any, *, radius: Any) -> Any:
    """``theta - h g(theta + rho g / |g|)``: sharpness-aware minimization, normalized.

    >>> import numpy as np
    >>> sam(np.array([1.0]), (), lambda x: 2 * x, 0.25, radius=0.5)[0]
    array([0.25])
    """
    slope = gradient(theta)
    return theta - h * gradient(theta + radius * inverse_root(inner(slope, slope)) * slope), state


def usam(theta: Any, state: Any, gradient: Any, h: Any, *, radius: Any) -> Any:
    """``theta - h g(theta + rho g)``: the unnormalized variant.

    >>> usam(1.0, (), lambda x: 2.0 * x, 0.25, radius=0.5)
    (0.0, ())
    """
    return theta - h * gradient(theta + radius * gradient(theta)), state


def sample_sam(theta: Any, state: Any, gradient: Any, h: Any, *, radius: Any) -> Any:
    """``theta - (h/n) sum_i g_i(theta + rho g_i / |g_i|)``: the mean of what `sam` does on each sample alone.

    >>> import numpy as np
    >>> sample_sam(np.array([1.0]), (), (lambda x: 2 * x, lambda x: -x), 0.25, radius=0.5)[0]
    array([0.6875])
    """
    return mean(sam(theta, state, sample, h, radius=radius)[0] for sample in gradient), state


def sample_usam(theta: Any, state: Any, gradient: Any, h: Any, *, radius: Any) -> Any:
    """``theta - (h/n) sum_i g_i(theta + rho g_i)``: the unnormalized variant, `usam` on each sample alone.

    >>> sample_usam(1.0, (), (lambda x: 2.0 * x, lambda x: -x), 0.25, radius=0.5)[0]
    0.5625
    """
    return mean(usam(theta, state, sample, h, radius=radius)[0] for sample in gradient), state


def flooding(theta: Any, state: Any, gradient: Any, h: Any, *, level: Any) -> Any:
    """``theta - h sign(L - b) g``: descent on ``|L - b| + b``; no step where the loss is the level b.

    >>> class Square:
    ...     loss = staticmethod(lambda x: x * x)
    ...     __call__ = staticmethod(lambda x: 2 * x)
    >>> [flooding(1.0, (), Square(), 0.25, level=level)[0] for level in (0.5, 1.0, 2.0)]
    [0.5, 1.0, 1.5]
    """
    loss = gradient.loss(theta)
    side = int(loss > level) - int(loss < level)
    return theta - h * (side * gradient(theta)), state


def gradient_regularized(
    theta: Any, state: Any, gradient: Any, h: Any, *, strength: Any, ascent_step: Any = None
) -> Any:
    """Descent on ``L + (mu/2) |g|^2``, mu the strength.

    Exact without ascent step; else the finite difference ``g + (mu/eps) (g(theta + eps g) - g)``: F-GR for a positive
    ascent step, B-GR for a negative one.

    >>> gradient_regularized(1.0, (), lambda x: 2.0 * x, 0.25, strength=0.5, ascent_step=0.5)[0]
    0.0
    """
    slope = gradient(theta)
    if ascent_step is None:
        return theta - h * (slope + strength * gradient.derivative(theta, slope)), state
    ratio = strength / ascent_step
    return theta - h * (slope + ratio * (gradient(theta + ascent_step * slope) - slope)), state


def random_reshuffling(theta: Any, state: Any, gradient: Any, h: Any) -> Any:
    """One epoch over the batches, averaged exactly over all orders.

    >>> random_reshuffling(1.0, (), (lambda x: 1.0 * x, lambda x: 0.0 * x), 0.5)
    (0.5, ())
    """
    total, orders = 0, 0
    for order in permutations(gradient):
        point = theta
        for batch in order:
            point = point - h * batch(point)
        total, orders = total + point, orders + 1
    return total / orders, state


def simultaneous(theta: Any, state: Any, gradient: Any, h: Any, *, rates: Any, players: Any) -> Any:
    """``theta + h r (F, G)``, both players at once, with a rate for each parameter.

    >>> import numpy as np
    >>> field = lambda x: np.array([x[1], -x[0]])
    >>> simultaneous(np.array([1.0, 2.0]), (), field, 0.5, rates=np.array([1.0, 1.0]), players=np.array([1, 0]))[0]
    array([2. , 1.5])
    """
    return theta + h * (rates * gradient(theta)), state


def alternating(theta: Any, state: Any, gradient: Any, h: Any, *, rates: Any, players: Any) -> Any:
    """The first player moves, the second answers at the new point.

    >>> import numpy as np
    >>> field = lambda x: np.array([x[1], -x[0]])
    >>> alternating(np.array([1.0, 2.0]), (), field, 0.5, rates=np.array([1.0, 1.0]), players=np.array([1, 0]))[0]
    array([2., 1.])
    """
    moved = theta + h * (rates * players * gradient(theta))
    return moved + h * (rates * (1 - players) * gradient(moved)), state
