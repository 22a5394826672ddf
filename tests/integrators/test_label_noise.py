"""Noise in the labels: the streams as documented, and their laws.

Each statistical test fails on a sound generator with probability below 1e-6 (and is deterministic: the seeds are fixed,
so it either always passes or never).
"""

import math

import numpy as np
import pytest
from scipy import stats

from solvable.integrators.draws import gaussian_pair
from solvable.integrators.label_noise import draw_noise, label_noises
from solvable.integrators.philox import GRADIENT_NOISE, LABEL_NOISE, words

RARE = 1e-6


def noises(step, batch, gaussian, seed=0, replica=0):
    out = np.empty(batch)
    label_noises(np.uint64(seed), np.uint64(replica), np.uint64(step), batch, int(gaussian), out)
    return out


def table(steps, batch, gaussian, seed=0, replica=0):
    """``(steps, batch)``, drawn a block of 32 steps at a time."""
    assert steps % 32 == 0
    out, block = np.empty((steps, batch)), np.empty((batch, 32))
    for first in range(0, steps, 32):
        draw_noise(np.uint64(seed), np.uint64(replica), first, first + 32, int(gaussian), 1.0, block)
        out[first : first + 32] = block.T
    return out


def block_of(seed, replica, counter, place, purpose=LABEL_NOISE):
    return words(*(np.uint64(v) for v in (seed, replica, counter)), purpose, np.uint64(place))


STREAMS = [(0, 0), (2**63 + 1, 2**32 - 1)]


@pytest.mark.parametrize(("seed", "replica"), STREAMS)
@pytest.mark.parametrize("step", [0, 1, 31, 32, 127, 128, 130, 2**32 + 77])
def test_signs_are_the_bits_that_the_docstring_names(seed, replica, step):
    expected = []
    for place in range(5):
        block = block_of(seed, replica, step // 128, place)
        expected.append(1 - 2 * (int(block[step // 32 % 4]) >> step % 32 & 1))
    assert noises(step, 5, False, seed, replica).tolist() == expected


@pytest.mark.parametrize(("seed", "replica"), STREAMS)
@pytest.mark.parametrize("step", [0, 1, 6, 33, 2**33 + 5])
def test_gaussians_are_the_pairs_that_the_docstring_names(seed, replica, step):
    expected = [gaussian_pair(*block_of(seed, replica, step // 2, place))[step % 2] for place in range(5)]
    assert noises(step, 5, True, seed, replica).tolist() == expected


@pytest.mark.parametrize("gaussian", [False, True])
def test_a_place_knows_nothing_of_the_batch_nor_a_step_of_where_the_run_began(gaussian):
    whole = table(64, 6, gaussian)
    for step in (0, 1, 31, 32, 45, 63):
        for batch in (1, 3, 6):
            assert np.array_equal(noises(step, batch, gaussian), whole[step, :batch])
    part = np.full((6, 32), 7.0)
    draw_noise(np.uint64(0), np.uint64(0), 37, 41, int(gaussian), 0.5, part)
    assert np.array_equal(part[:, 5:9].T, 0.5 * whole[37:41])


def test_no_noise_is_exactly_none():
    out = np.full((3, 32), 7.0)
    draw_noise(np.uint64(0), np.uint64(0), 0, 32, 1, 0.0, out)
    assert np.array_equal(out, np.zeros((3, 32)))


def test_sign_law():
    """Means of steps and of places, and products of neighbors in each direction: 2 x 3 normal tests at 5.5 sigma."""
    sample = table(12_800, 40, False)
    assert set(np.unique(sample)) == {-1.0, 1.0}
    for x in (sample, sample[1:] * sample[:-1], sample[:, 1:] * sample[:, :-1]):
        assert abs(x.sum()) < 5.5 * math.sqrt(x.size)
        assert np.abs(x.sum(axis=0)).max() < 5.8 * math.sqrt(x.shape[0])


def test_gaussian_law():
    sample = table(12_800, 40, True)
    assert stats.kstest(sample.ravel(), "norm").pvalue > RARE
    assert stats.kstest(sample[:, 3], "norm").pvalue > RARE
    for x in (sample[1::2] * sample[::2], sample[2::2] * sample[1:-1:2], sample[:, 1:] * sample[:, :-1]):
        assert abs(x.sum()) < 5.5 * math.sqrt(x.size)
    assert abs(np.sum(sample**4 - 3)) < 5.5 * math.sqrt(96 * sample.size)


@pytest.mark.parametrize("gaussian", [False, True])
@pytest.mark.parametrize("other", [{"seed": 1}, {"seed": 2**32}, {"replica": 1}])
def test_streams_are_independent(gaussian, other):
    x, y = table(3200, 10, gaussian), table(3200, 10, gaussian, **other)
    assert abs(np.sum(x * y)) < 5.5 * math.sqrt(x.size)


def test_the_purpose_is_its_own():
    assert tuple(block_of(0, 0, 0, 0)) != tuple(block_of(0, 0, 0, 0, GRADIENT_NOISE))
