"""Laws of the draws. Each statistical test fails on a sound generator with probability below 1e-6 (and is
deterministic: the seeds are fixed, so it either always passes or never).
"""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from solvable.integrators import draws
from solvable.integrators.compile import kernel
from solvable.integrators.philox import GRADIENT_NOISE, LABEL_NOISE, words
from solvable.integrators.signatures import VECTOR, void
from solvable.integrators.signatures import u8 as word

RARE = 1e-6


@kernel(void(word, word, word, word, VECTOR))
def fill_uniform(seed, replica, first, purpose, out):
    """``out[k]``: uniform draw of step ``first + k``."""
    for k in range(out.size):
        w0, w1, _, _ = words(seed, replica, first + np.uint64(k), purpose, np.uint64(0))
        out[k] = draws.uniform_of(w0, w1)


@kernel(void(word, word, word, word, VECTOR))
def fill_gaussian(seed, replica, first, purpose, out):
    """``out[2k], out[2k + 1]``: the Gaussian pair of step ``first + k``; the length of `out` must be even."""
    for k in range(out.size // 2):
        w0, w1, w2, w3 = words(seed, replica, first + np.uint64(k), purpose, np.uint64(0))
        out[2 * k], out[2 * k + 1] = draws.gaussian_pair(w0, w1, w2, w3)


def u8(*values):
    return tuple(np.uint64(v) for v in values)


def fill(fill_out, count, seed=0, replica=0, first=0, purpose=LABEL_NOISE):
    out = np.empty(count)
    fill_out(*u8(seed, replica, first, purpose), out)
    return out


def batch(seed, replica, step, size, n, shuffled=False):
    out = np.empty(n, dtype=np.int64)
    draws.batch_indices(*u8(seed, replica, step), size, int(shuffled), out)
    return out[:size].tolist()


def test_uniform_is_strictly_inside():
    top = np.uint64(2**32 - 1)
    assert draws.uniform_of(top, top) == 1 - 2.0**-53
    assert draws.uniform_of(*u8(0, 0)) == 2.0**-53


@pytest.mark.parametrize(
    ("high", "low"), [(1, 0), (0x12345678, 0x9ABCDEF0), (0xFFFFFFFF, 0), (0, 0xFFFFFFFF), (63, 63)]
)
def test_uniform_is_the_center_of_its_cell(high, low):
    exact = ((high >> 6) * 2**26 + (low >> 6)) * 2 + 1  # in units of 2^-53, below 2^53: exact
    assert draws.uniform_of(*u8(high, low)) == exact * 2.0**-53


def test_uniform_law():
    sample = fill(fill_uniform, 1_000_000)
    assert stats.kstest(sample, "uniform").pvalue > RARE
    assert abs(sample.mean() - 0.5) < 5 / math.sqrt(12e6)
    assert abs(sample.var() - 1 / 12) < 5 * math.sqrt(1 / 180e6)
    assert abs(np.corrcoef(sample[:-1], sample[1:])[0, 1]) < 5e-3


def test_gaussian_pair_is_box_muller():
    u, v = draws.uniform_of(*u8(123456789, 987654321)), draws.uniform_of(*u8(55555, 4000000000))
    x, y = draws.gaussian_pair(*u8(123456789, 987654321, 55555, 4000000000))
    assert x == pytest.approx(math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v), rel=1e-15)
    assert y == pytest.approx(math.sqrt(-2 * math.log(u)) * math.sin(2 * math.pi * v), rel=1e-15)


def test_gaussian_law():
    sample = fill(fill_gaussian, 1_000_000)
    assert stats.kstest(sample, "norm").pvalue > RARE
    pairs = sample.reshape(-1, 2)
    assert abs(np.mean(pairs[:, 0] * pairs[:, 1])) < 5 / math.sqrt(5e5)
    assert abs(np.mean(pairs[:, 0] ** 2 * pairs[:, 1] ** 2) - 1) < 5 * math.sqrt(8 / 5e5)


def test_gaussian_is_finite_at_the_corners():
    top = 2**32 - 1
    for corner in ((0, 0, 0, 0), (top, top, top, top), (0, 0, top, top), (top, top, 0, 0)):
        assert np.all(np.isfinite(draws.gaussian_pair(*u8(*corner))))
    assert abs(draws.gaussian_pair(*u8(0, 0, 0, 0))[0]) == pytest.approx(math.sqrt(106 * math.log(2)), rel=1e-15)


@pytest.mark.slow
def test_gaussian_tails_at_2e8_draws():
    """Moments and tail counts of 2e8 draws. Eleven normal or Poisson tests at level 1e-5 each: error rate 1.1e-4."""
    total, bounds = 200_000_000, np.arange(1.0, 6.0)
    power, beyond = np.zeros(9), np.zeros(bounds.size)
    chunk = 10_000_000
    for first in range(0, total, chunk):
        x = fill(fill_gaussian, chunk, seed=11, first=first // 2)
        square = x * x
        power[1:5] += [x.sum(), square.sum(), (x * square).sum(), (square * square).sum()]
        beyond += [np.count_nonzero(np.abs(x) > bound) for bound in bounds]
    z = stats.norm.isf(0.5e-5)
    for k, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(power[k] / total - mean) < z * math.sqrt(variance / total), k
    for bound, count in zip(bounds, beyond, strict=True):
        expected = total * 2 * stats.norm.sf(bound)
        low, high = stats.poisson.ppf([0.5e-5, 1 - 0.5e-5], expected)
        assert low <= count <= high, bound
    assert beyond[-1] > 0


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 442])
def test_index_is_unbiased(n):
    steps = 200_000
    sample = np.array([batch(1, 0, k, 1, n)[0] for k in range(2000)]) if n < 3 else None
    out = np.empty(n, dtype=np.int64)
    counts = np.zeros(n, dtype=np.int64)
    kernel, seed, replica = draws.batch_indices.compiled, np.uint64(1), np.uint64(0)
    for k in range(steps // (1 if n > 3 else 10)):
        kernel(seed, replica, np.uint64(k), 1, 0, out)
        counts[out[0]] += 1
    if n > 1:
        assert stats.chisquare(counts).pvalue > RARE
    if sample is not None:
        assert set(sample) == set(range(n))


def test_index_reaches_both_ends():
    top = np.uint64(2**32 - 1)
    for n in (1, 3, 2**31 + 1):
        assert draws.index_of(np.uint64(0), np.uint64(n)) == 0
        assert draws.index_of(top, np.uint64(n)) == n - 1


@pytest.mark.parametrize(("n", "size"), [(5, 2), (5, 3), (4, 4), (6, 1)])
def test_a_batch_is_a_uniform_subset(n, size):
    """Distinct samples; every subset is reached, all equally often (chi-squared)."""
    counts = dict.fromkeys(combinations(range(n), size), 0)
    for k in range(6000):
        indices = batch(5, 1, k, size, n)
        assert len(set(indices)) == size
        counts[tuple(sorted(indices))] += 1
    if len(counts) > 1:
        assert stats.chisquare(list(counts.values())).pvalue > RARE


@pytest.mark.parametrize("order", [(0,), (1,), (2,)])
def test_every_place_of_a_batch_is_uniform(order):
    place = order[0]
    counts = np.bincount([batch(9, 0, k, 3, 6)[place] for k in range(6000)], minlength=6)
    assert stats.chisquare(counts).pvalue > RARE


@pytest.mark.parametrize(("n", "size"), [(7, 1), (6, 2), (7, 3), (5, 5), (1, 1)])
def test_shuffle_goes_through_all_samples_once_an_epoch(n, size):
    per_epoch = n // size
    orders = []
    for epoch in range(20):
        used = [i for k in range(per_epoch) for i in batch(2, 0, epoch * per_epoch + k, size, n, shuffled=True)]
        assert len(set(used)) == len(used) == per_epoch * size
        assert set(used) <= set(range(n))
        orders.append(tuple(used))
    if n > 3:
        assert len(set(orders)) > 15


def test_shuffled_orders_are_uniform():
    orders = {}
    for epoch in range(6000):
        key = tuple(batch(4, 0, 3 * epoch + k, 1, 3, shuffled=True)[0] for k in range(3))
        orders[key] = orders.get(key, 0) + 1
    assert len(orders) == 6
    assert stats.chisquare(list(orders.values())).pvalue > RARE


def test_undo_restores_the_order():
    order, swaps = np.arange(20), np.empty(20, dtype=np.int64)
    draws.draw_distinct(*u8(1, 2, 3, 0), order, swaps, 7)
    assert order.tolist() != list(range(20))
    assert sorted(order.tolist()) == list(range(20))
    draws.undo(order, swaps, 7)
    assert order.tolist() == list(range(20))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"seed": 0}, {"seed": 1}),
        ({"replica": 0}, {"replica": 1}),
        ({"purpose": LABEL_NOISE}, {"purpose": GRADIENT_NOISE}),
        ({"first": 0}, {"first": 50_000}),
        ({"seed": 0}, {"seed": 2**32}),
    ],
)
def test_streams_are_independent(a, b):
    x, y = fill(fill_gaussian, 100_000, **a), fill(fill_gaussian, 100_000, **b)
    assert abs(np.corrcoef(x, y)[0, 1]) < 5 / math.sqrt(1e5)
    assert not np.intersect1d(x, y).size


def test_a_stream_is_random_access():
    whole = fill(fill_uniform, 1000)
    assert np.array_equal(fill(fill_uniform, 10, first=500), whole[500:510])


def test_neighbors_share_no_samples():
    """Samples of different replicas and of different seeds agree as often as chance has it."""
    for other in ((1, 0), (0, 1)):
        agree = sum(batch(0, 0, k, 1, 10) == batch(*other, k, 1, 10) for k in range(5000))
        assert stats.binomtest(agree, 5000, 0.1).pvalue > RARE
