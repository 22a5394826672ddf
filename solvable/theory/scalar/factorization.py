r"""Gradient descent on ``(u v - T)^2 / 2`` beyond the stable step: the exact boundary of bounded starts.

With ``p = u + v, m = u - v, r = u v - T`` a step of size h is ``p+ = p (1 - h r), m+ = m (1 + h r)``. Let

    E = p^2 / (4 (2/h + T)) + m^2 / (4 (2/h - T)),        h |T| < 2.

Then, exactly,

    E+ - 1 = (1 + h^2 r u v) (E - 1),        1 + h^2 r (r + T) >= 1 - (h T)^2/4 > 0.

So no step leaves or enters the ellipse ``E = 1``: inside everything is bounded. On the ellipse, ``p = 2 sqrt(2/h + T)
cos a``, ``m = 2 sqrt(2/h - T) sin a``, one has ``h r = 2 cos 2a``, and a step triples the angle,

    a+ = pi - 3 a:

chaos with Lyapunov exponent log 3, uniform in a. There ``log |E - 1|`` grows in the mean by the Mahler measure

    (1/2 pi) int log(1 + 2 h T cos b + 4 cos^2 b) db = arcosh( [1 + sqrt(25 - 4 h^2 T^2)]/4 ) > 0,

so that the ellipse repels from both sides. That every start outside diverges, apart from a null set, is measured and
not proved here; the null set contains the minima outside and what is mapped on them. ``T -> -T, v -> -v`` is a
symmetry; at ``T = 0`` the ellipse is a circle. At ``h |T| = 2`` it collapses onto the line u = v (u = -v for T < 0),
where one step is a Chebyshev polynomial, and from there on almost every start diverges (measured).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import broadcast, positive_array, real_array


def ellipse_level(u: Any, v: Any, step_size: Any, target: Any = 1.0) -> np.ndarray:
    """E: below one inside the ellipse of bounded starts. A step multiplies ``E - 1`` by ``1 + h^2 (u v - T) u v``.

    Args:
        u, v: the point; all arguments broadcast.
        step_size: h > 0, with ``h |target| < 2``.
        target: T, any sign.

    Raises:
        ValueError: non-finite entries, shapes that do not broadcast, h outside its range.

    Source: derived in this module.

    >>> float(ellipse_level(0.0, 2.0, 1.0, target=0.0)), float(ellipse_level(1.0, 1.0, 1.0))
    (1.0, 0.3333333333333333)
    """
    u, v, h, T = _broadcast(u=u, v=v, step_size=step_size, target=target)
    with np.errstate(over="ignore"):
        return (u + v) ** 2 / (4.0 * (2.0 / h + T)) + (u - v) ** 2 / (4.0 * (2.0 / h - T))


def factorization_bounded(u: Any, v: Any, step_size: Any, target: Any = 1.0) -> np.ndarray:
    """Whether gradient descent on ``(u v - target)^2 / 2`` stays bounded: inside the ellipse, or at a minimum.

    Args:
        u, v: the start; all arguments broadcast.
        step_size: h > 0, with ``h |target| < 2``.
        target: T, any sign.

    Returns:
        booleans of the broadcast shape. Minima outside the ellipse are unstable and count as bounded; other starts
        there whose steps happen to hit one are a null set and do not.

    Raises:
        ValueError: non-finite entries, shapes that do not broadcast, ``h |target| >= 2``.

    Source: derived in this module; the smooth boundary was observed in arXiv:2509.25351.

    >>> factorization_bounded([0.1, 3.0, 3.2], 0.0, step_size=0.4).tolist()
    [True, True, False]
    """
    u, v, h, T = _broadcast(u=u, v=v, step_size=step_size, target=target)
    with np.errstate(over="ignore", under="ignore"):
        at_minimum = u * v == T
    return np.asarray((ellipse_level(u, v, h, T) <= 1.0) | at_minimum)


def ellipse_point(angle: Any, step_size: Any, target: Any = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """(u, v) on the ellipse. A step of gradient descent maps the angle a to ``pi - 3 a``.

    Args:
        angle: a in radians; all arguments broadcast.
        step_size, target: as for `ellipse_level`.

    Raises:
        ValueError: as for `ellipse_level`.

    Source: derived in this module.

    >>> u, v = ellipse_point(0.3, 0.5)
    >>> r = u * v - 1.0
    >>> np.allclose((u - 0.5 * r * v, v - 0.5 * r * u), ellipse_point(np.pi - 0.9, 0.5), atol=1e-14)
    True
    """
    a, h, T = _broadcast(angle=angle, step_size=step_size, target=target)
    p, m = np.sqrt(2.0 / h + T) * np.cos(a), np.sqrt(2.0 / h - T) * np.sin(a)
    return p + m, p - m


def ellipse_repulsion(step_size: Any, target: Any = 1.0) -> np.ndarray:
    """The mean growth of ``log |E - 1|`` in a step at the ellipse: its transverse Lyapunov exponent.

    Args:
        step_size, target: as for `ellipse_level`; they broadcast.

    Raises:
        ValueError: as for `ellipse_level`.

    Source: derived in this module.

    >>> round(float(np.exp(ellipse_repulsion(1.5))), 12)
    2.0
    """
    h, T = _broadcast(step_size=step_size, target=target)
    return np.arccosh((1.0 + np.sqrt(25.0 - 4.0 * (h * T) ** 2)) / 4.0)


def _broadcast(**values: Any) -> tuple[np.ndarray, ...]:
    """The arguments, the last two of which are the step size and the target."""
    checks = {name: positive_array if name == "step_size" else real_array for name in values}
    arrays = broadcast(**{name: checks[name](name, value) for name, value in values.items()})
    product = arrays[-2] * np.abs(arrays[-1])
    if not np.all(product < 2):
        raise ValueError(
            f"step_size * |target| must be < 2, got {float(product.max()):g}: from there on there is no ellipse, and "
            "almost every start diverges"
        )
    return arrays
