"""Limits of early alignment against a grid, against the dynamics of the directions, and against a trained network."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import linprog

from solvable.theory import extremal_directions, orthogonal_pair_flow

LEDGER = np.array([-1.0, -0.2, 0.6, 1.2]), np.array([-0.6, 0.5, 0.9, -0.7])


def potential(angle, x, y):
    return np.maximum(np.multiply.outer(np.cos(angle), x) + np.sin(angle)[..., None], 0) @ y / x.size


def slope(angle, x, y):
    u, v = np.cos(angle), np.sin(angle)
    active = np.multiply.outer(u, x) + v[..., None] > 0
    return active @ (y * 1.0) / x.size * u - active @ (y * x) / x.size * v


def problems(count, seed=0):
    """Half of them on a coarse lattice, where cancellations and coincidences happen exactly."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        n = int(rng.integers(1, 8))
        x = rng.choice(np.arange(-6, 7), n, replace=False) / 2.0 if k % 2 else rng.standard_normal(n)
        y = rng.choice([-2.0, -1.0, 0.0, 0.5, 1.0], n) if k % 2 else rng.standard_normal(n)
        if y.any():
            yield x, y


def away(angle, other):
    return abs((angle - other + math.pi) % math.tau - math.pi)


def test_every_maximum_on_a_fine_grid_is_listed_and_nothing_else():
    grid = np.linspace(0, math.tau, 50_000, endpoint=False) + 1e-7
    for x, y in problems(60):
        found, values = extremal_directions(x, y), potential(grid, x, y)
        for sign in (1, -1):
            G = sign * values
            tops = grid[(G - np.roll(G, 1) > 0) & (G - np.roll(G, -1) > 0) & (np.abs(G) > 1e-12)]
            listed = [d.angle for d in found if d.sign == sign and d.kind in ("interior", "kink")]
            assert len(tops) == len(listed)
            assert all(min(away(top, angle) for angle in listed) < 2e-4 for top in tops)


def test_values_kinds_and_basins():
    for x, y in problems(200, seed=1):
        for sign in (1, -1):
            limits = [d for d in extremal_directions(x, y) if d.sign == sign]
            assert sum(d.kind == "inert" for d in limits) == 1
            assert sum(d.basin[1] - d.basin[0] for d in limits) == pytest.approx(math.tau, rel=1e-13)
            for d in limits:
                assert d.value == pytest.approx(float(potential(np.array(d.angle), x, y)), rel=1e-12, abs=1e-14)
                assert d.growth_rate == sign * d.value
                assert 0 <= d.angle < math.tau
                assert 0 <= d.basin[0] < math.tau
                assert (d.angle - d.basin[0]) % math.tau <= d.basin[1] - d.basin[0] + 1e-12
                if d.kind == "kink":
                    assert min(abs(d.knot - v) for v in x) < 1e-12 * max(1.0, np.abs(x).max())
                if d.kind == "interior":
                    assert abs(float(slope(np.array(d.angle), x, y))) < 1e-12
                    assert d.growth_rate > 0


def test_directions_end_where_their_basin_says():
    """Steps of fixed length along the flow, from 120 directions of each sign: all but those next to a watershed."""
    starts, step = np.linspace(0, math.tau, 120, endpoint=False) + 1e-3, 4e-3
    for x, y in [LEDGER, *problems(8, seed=2)]:
        for sign in (1, -1):
            limits = [d for d in extremal_directions(x, y) if d.sign == sign]
            angle = starts.copy()
            for _ in range(int(math.tau / step)):
                pull = slope(angle, x, y)
                angle = angle + step * sign * np.sign(np.where(np.abs(pull) > 1e-14, pull, 0.0))
            for start, end in zip(starts, angle, strict=True):
                home = next(d for d in limits if (start - d.basin[0]) % math.tau <= d.basin[1] - d.basin[0])
                if min(away(start, bound) for bound in home.basin) > 2 * step:
                    if home.kind in ("inert", "flat"):
                        assert abs(float(slope(np.array(end), x, y))) < 1e-14
                    else:
                        assert away(end, home.angle) < 2 * step


def test_the_example_of_three_attractors():
    found = [d for d in extremal_directions(*LEDGER) if d.kind != "inert"]
    assert [(d.sign, d.kind) for d in found] == [(-1, "interior"), (-1, "kink"), (1, "kink")]
    assert [d.angle for d in found] == pytest.approx([2.94420, 5.74277, math.pi / 4], abs=5e-6)
    assert [d.value for d in found] == pytest.approx([-0.12748, -0.09004, 0.05303], abs=5e-6)
    shuffled = extremal_directions(LEDGER[0][::-1], LEDGER[1][::-1])
    assert shuffled == extremal_directions(*LEDGER)


def test_exact_cancellation_and_samples_without_a_label():
    """``y = (1, -2, 1)`` at (-1, 0, 1) cancels where all are active; a sample with y = 0 changes nothing but n."""
    flat = [d for d in extremal_directions([-1.0, 0.0, 1.0], [1.0, -2.0, 1.0]) if d.kind == "flat"]
    assert [d.sign for d in flat] == [1, -1]
    assert [d.angle for d in flat] == pytest.approx([math.pi / 2] * 2)
    plain, more = extremal_directions(*LEDGER), extremal_directions(np.append(LEDGER[0], 0.3), np.append(LEDGER[1], 0))
    for p, q in zip(plain, more, strict=True):
        assert (p.sign, p.kind, p.angle, p.basin) == (q.sign, q.kind, q.angle, q.basin)
        assert q.value == pytest.approx(0.8 * p.value, rel=1e-14)


def test_small_neurons_of_a_network_align_and_grow_at_the_rate():
    """Full gradient flow of 200 balanced neurons of norm 1e-8, until the fastest has grown by 1e4."""
    x, y = LEDGER
    rng, m, n = np.random.default_rng(0), 200, 4
    angle, sign = rng.uniform(0, math.tau, m), np.repeat([1.0, -1.0], m // 2)
    a, w, b = 1e-8 * sign, 1e-8 * np.cos(angle), 1e-8 * np.sin(angle)
    limits = extremal_directions(x, y)
    time, dt = math.log(1e4) / limits[0].growth_rate, 0.02
    for _ in range(int(time / dt)):
        pre = np.outer(w, x) + b[:, None]
        e, on = a @ np.maximum(pre, 0) - y, pre > 0
        E0, E1 = on @ e / n, on @ (e * x) / n
        a, w, b = a - dt * (w * E1 + b * E0), w - dt * a * E1, b - dt * a * E0
    assert np.abs(a @ np.maximum(np.outer(w, x) + b[:, None], 0)).max() < 1e-4  # the loss has hardly moved
    misses = 0
    for k in range(m):
        home = next(
            d for d in limits if d.sign == sign[k] and (angle[k] - d.basin[0]) % math.tau <= d.basin[1] - d.basin[0]
        )
        end = math.atan2(b[k], w[k])
        if home.kind == "inert":
            misses += bool(np.any(w[k] * x + b[k] > 0))
        else:
            misses += away(end, home.angle) > 0.05
    assert misses <= 0.05 * m  # those that started at a watershed are late
    fastest = np.argmax(np.hypot(w, b))
    assert sign[fastest] == limits[0].sign
    rate = math.log(np.hypot(w, b)[fastest] / 1e-8) / time
    assert rate == pytest.approx(limits[0].growth_rate, rel=0.02)


PAIR = np.array([-0.5, 2.0]), np.array([1.0, -0.7])


def test_orthogonal_pair_against_the_flow_of_all_weights():
    x, y = PAIR
    size = np.hypot(1, x)
    share = np.array([0.2, 0.5])  # of two neurons for each sample
    start = 1e-3 * np.sign(y)
    radius = np.sqrt(np.concatenate([np.abs(start[j]) / size[j] * np.array([share[j], 1 - share[j]]) for j in (0, 1)]))
    home = np.repeat([0, 1], 2)
    theta0 = np.concatenate([np.sign(y)[home] * radius, radius * x[home] / size[home], radius / size[home]])

    def field(_, theta):
        a, w, b = theta.reshape(3, 4)
        pre = np.outer(w, x) + b[:, None]
        on = pre > 1e-9  # blind to the other sample, to rounding
        e = a @ (pre * on) - y
        E0, E1 = on @ e / 2, on @ (e * x) / 2
        return -np.concatenate([w * E1 + b * E0, a * E1, a * E0])

    t = np.array([0.0, 2.0, 6.0, 12.0, 60.0])
    run = solve_ivp(field, (0, 60), theta0, t_eval=t, rtol=1e-11, atol=1e-14)
    a, w, b = run.y.reshape(3, 4, -1)
    outputs = np.stack([np.sum(a * np.maximum(w * v + b, 0), axis=0) for v in x], axis=1)
    flow = orthogonal_pair_flow(x, y, start, t)
    assert flow.outputs == pytest.approx(outputs, rel=1e-6)
    sizes = np.abs(a) * np.hypot(w, b)
    assert flow.sizes == pytest.approx(np.stack([sizes[:2].sum(0), sizes[2:].sum(0)], axis=1), rel=1e-6)
    assert flow.outputs[-1] == pytest.approx(y, rel=1e-9)


def test_alignment_leads_to_the_pair_and_its_end_is_the_least_size():
    x, y = PAIR
    ends = sorted((d for d in extremal_directions(x, y) if d.growth_rate > 0), key=lambda d: -d.sign)
    assert [d.sign for d in ends] == [1, -1]
    assert [d.angle for d in ends] == pytest.approx([math.atan2(1, v) for v in x])
    together = next(d for d in extremal_directions(x, np.abs(y)) if d.growth_rate > 0)
    assert min(away(together.angle, d.angle) for d in ends) > 0.1  # labels of one sign: not at the samples
    angle = np.linspace(0, math.tau, 4001)
    rows = np.maximum(np.outer(x, np.cos(angle)) + np.sin(angle), 0)
    least = linprog(np.ones(2 * angle.size), A_eq=np.hstack([rows, -rows]), b_eq=y).fun
    total = orthogonal_pair_flow(x, y, 1e-9 * y, 1e3).sizes.sum()
    assert total == pytest.approx(least, rel=1e-6)
    assert total <= least


def test_orthogonal_pair_from_tiny_and_from_large_starts():
    x, y = PAIR
    assert orthogonal_pair_flow(x, y, 1e-300 * y, [0.0, 1e6]).outputs[:, 0].tolist() == [1e-300, 1.0]
    assert orthogonal_pair_flow(x, y, y, 3.0).outputs == pytest.approx(y, rel=1e-15)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (1.0, 0.3), (0.3, 1.0), (3.0, 0.5), (0.1, 3.0)])
def test_orthogonal_pair_only_where_neurons_stay_blind_to_the_other_sample(shares):
    x, y = PAIR
    rows, start, step = np.array([x, np.ones(2)]), np.array(shares) * y, 2e-3
    size = np.hypot(1, x)
    # one neuron a sample, turned past the edge by 1e-9: the closed form holds if the edge takes it back
    a = np.sign(y) * np.sqrt(np.abs(start) / size)
    v = np.abs(a) * (rows / size + 1e-9 * rows[:, ::-1] / size[::-1])
    for _ in range(1500):
        pre = v.T @ rows
        e = a @ np.maximum(pre, 0) - y
        pull = (pre > 0) * e / 2
        a, v = a - step * np.sum(pull * pre, axis=1), v - step * a * (rows @ pull.T)
    logistic = y / (1 + (y / start - 1) * np.exp(-size * np.abs(y) * 3))
    error = np.max(np.abs(a @ np.maximum(v.T @ rows, 0) - logistic))
    if max(shares) <= 1:
        assert error < 1e-3
        assert orthogonal_pair_flow(x, y, start, 3.0).outputs == pytest.approx(logistic, rel=1e-14)
    else:
        assert error > 1e-2
        with pytest.raises(ValueError, match="start must not exceed y"):
            orthogonal_pair_flow(x, y, start, 3.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: extremal_directions([0.0, 1.0], [0.0, 0.0]), "y must have a nonzero entry"),
        (lambda: extremal_directions([0.0, 0.0], [1.0, 0.0]), "x must have distinct entries"),
        (lambda: extremal_directions([0.0, np.inf], [1.0, 0.0]), "x must be finite"),
        (lambda: orthogonal_pair_flow([1.0, 1.0], [1.0, -1.0], [0.1, -0.1], 1.0), "x_1 x_2 = -1, got the product 1"),
        (lambda: orthogonal_pair_flow([1.0, -1.0], [1.0, 1.0], [0.1, 0.1], 1.0), "two entries of different signs"),
        (
            lambda: orthogonal_pair_flow([1.0, -1.0], [1.0, -1.0], [0.1, 0.1], 1.0),
            "start must be nonzero, of the signs",
        ),
        (lambda: orthogonal_pair_flow([1.0], [1.0, -1.0], [0.1, -0.1], 1.0), "x must have two entries"),
        (lambda: orthogonal_pair_flow([1.0, -1.0], [1.0, -1.0], [0.1, -0.1], -1.0), "t must be >= 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
