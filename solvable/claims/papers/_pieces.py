"""Interpolants bent inside the gaps between samples, their balanced networks, and pieces that turn about a sample."""

from __future__ import annotations

import numpy as np

from solvable import UnivariateReLUNetwork

from ._dots import bends


def slopes_through(x, y, rng, spread):
    """Slopes at the samples: means of the chords next to them with random weights, and Gaussian deviations."""
    chords = np.diff(y) / np.diff(x)
    share = rng.uniform(size=x.size)
    mean = share * np.append(chords[:1], chords) + (1 - share) * np.append(chords, chords[-1:])
    return mean + spread * np.std(chords) * rng.standard_normal(x.size)


def alternating(x, y):
    """Slopes at six samples of convex data that bend f up and down in turn, once a gap."""
    first, second, _, fourth, last = np.diff(y) / np.diff(x)
    d = np.min(bends(x, y)) / 2
    return np.array([first - d, second + d, second - d, fourth + d, fourth - d, last + d])


def bent(x, y, slopes, fewest=True):
    """Knots and jumps of an interpolant with these slopes at the samples, two a gap, at thirds.

    With `fewest` only one where the chord is between the slopes at both ends of a gap: their lines meet there.
    """
    knots, jumps = [], []
    for i, (d, chord) in enumerate(zip(np.diff(x), np.diff(y) / np.diff(x), strict=True)):
        left, right = slopes[i], slopes[i + 1]
        if fewest and (chord - left) * (right - chord) > 0:
            knots.append(x[i] + d * (right - chord) / (right - left))
            jumps.append(right - left)
        else:
            middle = 3 * chord - left - right
            knots.extend([x[i] + d / 3, x[i] + 2 * d / 3])
            jumps.extend([middle - left, right - middle])
    return np.array(knots), np.array(jumps)


def active(x, t, right):
    """Which samples a neuron with the knot t sees."""
    return x > t if right else x < t


def balanced(x, t, G, right):
    """``|w|`` of the neuron for which R is least, with the samples that it sees."""
    seen = x[active(x, t, right)]
    return np.sqrt(np.abs(G) * np.sqrt(np.sum(1 + seen**2) / np.sum((seen - t) ** 2)))


def parameters(model, knots, jumps, right, sizes, slope):
    """theta of the network with these neurons, ``|w| = sizes``, through the first sample with this slope there."""
    w = np.where(right, sizes, -sizes)
    theta = model.pack(a=jumps / sizes, w=w, b=-w * knots, c=slope + np.sum(jumps[~right]), d=0.0)
    theta[-1] = model.y[0] - model.predict(theta)[0]
    return theta


def balanced_network(x, y, knots, jumps, rng):
    """A network of balanced neurons on random sides with a trained affine part, those sides, and ``|w|``."""
    right = rng.choice([True, False], knots.size)
    sizes = np.array([balanced(x, *neuron) for neuron in zip(knots, jumps, right, strict=True)])
    return UnivariateReLUNetwork(x, y, knots.size, skip=True), right, sizes


def turned(knots, jumps, k, pivot, e):
    """Knots and jumps after the piece from knot k to k + 1 is turned about the pivot, down by the slope e."""
    knots, jumps = knots.copy(), jumps.copy()
    for i, change in ((k, -e), (k + 1, e)):
        new = jumps[i] + change
        knots[i] = pivot + (knots[i] - pivot) * jumps[i] / new
        jumps[i] = new
    return knots, jumps


def derivative(value, size):
    """Of a function at 0, by four differences."""
    first, second = ((value(e) - value(-e)) / (2 * e) for e in (size, 2 * size))
    return (4 * first - second) / 3


def between(x, knots):
    """How many samples lie between neighboring knots."""
    return np.diff(np.searchsorted(x, knots))


def pivots(x, knots, rng):
    """The pieces with at most one sample: the number of their left knot, and that sample or a point of the piece."""
    for k in np.flatnonzero(between(x, knots) <= 1):
        inner = x[(x > knots[k]) & (x < knots[k + 1])]
        yield k, inner[0] if inner.size else rng.uniform(knots[k], knots[k + 1])


def small_turn(x, knots, jumps, k, pivot):
    """A change of slope that moves both knots by at most a hundredth of their distances to the samples."""
    ends = slice(k, k + 2)
    near = np.min(np.abs(knots[ends, None] - x), axis=1) / np.abs(knots[ends] - pivot)
    return np.min(np.abs(jumps[ends]) * np.minimum(1e-4, 1e-2 * near))
