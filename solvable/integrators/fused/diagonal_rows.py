"""One trajectory of a depth-2 diagonal network, a row: the loops over its coordinates.

The factors of a row are u, then v, each padded with zeros to a whole number of eights; the design has its rows padded
the same way. Zeros stay zeros, and add nothing to any sum. All arrays are flat, and a place in them says which row is
meant.
"""

from __future__ import annotations

from ..compile import helper
from ..eight import WIDTH, load, opposite, plus, spread, store, times, times_plus, total


@helper
def product(factors, u, design, x, width):
    """``sum_j x_j (u_j^2 - v_j^2)`` of the row at `u` and the sample at `x`."""
    v = u + width
    s = spread(0.0)
    for j in range(0, width, WIDTH):
        p, m = load(factors, u + j), load(factors, v + j)
        s = times_plus(load(design, x + j), times_plus(opposite(m), m, times(p, p)), s)
    return total(s)


@helper
def multiply(factors, u, design, x, weight, following, width):
    """``u *= 1 - weight x``, ``v *= 1 + weight x``; returns the new `product` with the sample at `following`.

    One pass for both, since the numbers are at hand; the bits are those of two.
    """
    v = u + width
    w, s = spread(weight), spread(0.0)
    for j in range(0, width, WIDTH):
        change = times(w, load(design, x + j))
        p, m = load(factors, u + j), load(factors, v + j)
        p, m = times_plus(opposite(change), p, p), times_plus(change, m, m)
        store(factors, u + j, p)
        store(factors, v + j, m)
        s = times_plus(load(design, following + j), times_plus(opposite(m), m, times(p, p)), s)
    return total(s)


@helper
def roll(factors, velocity, u, slope, weight, momentum, width):
    """Heavy ball: ``V <- momentum V -+ weight slope (u, v)``, then ``(u, v) += V``."""
    v = u + width
    w, keep = spread(weight), spread(momentum)
    for j in range(0, width, WIDTH):
        change = times(w, load(slope, j))
        p, m = load(factors, u + j), load(factors, v + j)
        dp = times_plus(keep, load(velocity, u + j), times(opposite(change), p))
        dm = times_plus(keep, load(velocity, v + j), times(change, m))
        store(velocity, u + j, dp)
        store(velocity, v + j, dm)
        store(factors, u + j, plus(p, dp))
        store(factors, v + j, plus(m, dm))


@helper
def full_loss(factors, u, design, y, kappa, width):
    """The loss, without noise."""
    square = 0.0
    for i in range(y.size):
        r = kappa * product(factors, u, design, i * width, width) - y[i]
        square += r * r
    return square / (2.0 * y.size)
