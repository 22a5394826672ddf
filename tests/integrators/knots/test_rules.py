"""Classes by enumeration of directions, and what a knot at a sample does, against tiny steps."""

import numpy as np
import pytest

from solvable.integrators.knots import classes, rules, work

X = np.array([-1.3, -0.4, 0.1, 0.9, 1.7])


def directions(n):
    """One (w, b) in every class, in the cyclic order of the classes: the angle decreases from that of (0, 1)."""
    edges = np.sort([np.arctan2(s * -at, s) % (2 * np.pi) for at in X[:n] for s in (1.0, -1.0)])
    middles = np.append((edges[1:] + edges[:-1]) / 2, (edges[-1] + edges[0] + 2 * np.pi) / 2)
    turned = (np.pi / 2 - middles) % (2 * np.pi)
    start = np.argmin(np.minimum(turned, 2 * np.pi - turned))
    order = np.argsort((turned - turned[start]) % (2 * np.pi))
    return [(np.cos(t), np.sin(t)) for t in middles[order]]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_classes_run_around_the_circle(n):
    found = directions(n)
    assert len(found) == 2 * n
    for c, (w, b) in enumerate(found):
        active = [classes.is_active.py_func(c, j, n) for j in range(n)]
        assert active == (w * X[:n] + b > 0).tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_edges(n):
    """Across an edge exactly its sample changes, and the class beyond it tells which way."""
    for edge in range(2 * n):
        sets = [{j for j in range(n) if classes.is_active.py_func(c % (2 * n), j, n)} for c in (edge, edge + 1)]
        assert sets[0] ^ sets[1] == {edge % n}
        for active in (True, False):
            c = classes.beyond.py_func(edge, active, n)
            assert c in (edge, (edge + 1) % (2 * n))
            assert classes.is_active.py_func(c, edge % n, n) == active
        place = rules.place_of.py_func(edge, rules.PINNED, n)
        assert place == 2 * n + edge
        assert rules.place_of.py_func(edge, rules.ACTIVE, n) == classes.beyond.py_func(edge, True, n)


def work_with(e, n):
    """Sums of all classes at residuals `e`."""
    found = work.new_work(n, 1, 1)
    found.e[0, :n] = e
    classes.drives(0, X[:n], found, 0)
    return found


@pytest.mark.parametrize("n", [1, 2, 5])
def test_sums_of_all_classes(n):
    e = np.random.default_rng(n).standard_normal(n)
    sums = work_with(e, n)
    for c in range(2 * n):
        active = np.array([classes.is_active.py_func(c, j, n) for j in range(n)])
        assert sums.first[c] == pytest.approx((e * X[:n])[active].sum() / n, abs=1e-15)
        assert sums.zeroth[c] == pytest.approx(e[active].sum() / n, abs=1e-15)


def chatter(a, e, edge, n):
    """Where tiny steps of a neuron's own flow, residuals held, take w x_j + b from just below and just above zero.

    -1, 0 (stays) or 1 each; ``a (K,)``, ``e (K, n)``. And whether all are fast enough to tell.
    """
    j, w = edge % n, np.full((2, a.size), 1.0 if edge < n else -1.0)
    b = -w * X[j] + [[-1e-9], [1e-9]]
    others = ((w[0, 0] * (X[:n] - X[j]) > 0) * e * (1 + X[:n] * X[j])).sum(axis=1) / n
    forces = np.array([others, others + e[:, j] * (1 + X[j] ** 2) / n])
    h = 1e-6
    for _ in range(1500):
        seen = w[..., None] * X[:n] + b[..., None] > 0
        w, b = w - h * a * (e * X[:n] * seen).sum(axis=-1) / n, b - h * a * (e * seen).sum(axis=-1) / n
    z = w * X[j] + b
    return np.where(np.abs(z) < 1e-5, 0, np.sign(z)), np.all((forces == 0) | (np.abs(forces) >= 0.02), axis=0)


@pytest.mark.parametrize(("edge", "n"), [(0, 1), (1, 2), (2, 5), (7, 5), (0, 5), (9, 5)])
def test_a_knot_at_a_sample_does_what_tiny_steps_do(edge, n):
    met, a = set(), np.repeat([1.0, -1.0], 8)
    e = np.tile([np.random.default_rng(seed).standard_normal(n) for seed in range(8)], (2, 1))
    ends, fast = chatter(a, e, edge, n)
    for k in np.flatnonzero(fast):
        verdict, unique = rules.decide(a[k], edge, rules.NOWHERE, X[:n], work_with(e[k], n))
        low, high = ends[:, k]
        met.add((verdict, unique))
        if not unique:
            assert verdict == rules.INACTIVE
            assert high == 1
            assert low in (0, -1)  # 0: no sample is active there, and nothing moves
        elif verdict == rules.INACTIVE:
            assert low in (0, -1)
            assert high <= 0
        else:
            assert low == high == (1 if verdict == rules.ACTIVE else 0)
    if n == 5 and edge in (2, 7):
        assert {(rules.ACTIVE, True), (rules.INACTIVE, True), (rules.PINNED, True), (rules.INACTIVE, False)} == met


def test_where_a_knot_comes_from_decides_a_force_that_vanishes():
    """Forces that are zero up to rounding cannot send a knot back to where it came from."""
    sums = work_with(np.zeros(5), 5)
    assert rules.decide(1.0, 2, rules.ACTIVE, X, sums) == (rules.INACTIVE, True)
    assert rules.decide(1.0, 2, rules.INACTIVE, X, sums) == (rules.ACTIVE, True)
