"""Gaussians of a tile. Each statistical test fails on sound draws with probability below 1e-6 (the seeds are fixed, so
that it either always passes or never).
"""

import math

import numpy as np
import pytest
from scipy import stats

from solvable.integrators.draws import gaussian_pair
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import GRADIENT_NOISE, PARAMETER_NOISE, words


def tile(seed, replicas, step, rows, purpose=GRADIENT_NOISE):
    out = np.full((rows, len(replicas)), np.nan)
    fill_tile(np.uint64(seed), np.array(replicas), step, purpose, out)
    return out


@pytest.mark.parametrize("rows", [1, 2, 3, 8, 9])
def test_a_lane_has_its_draws_in_any_tile(rows):
    whole = tile(5, [3, 2**32 - 1, 0], 11, rows)
    for b, replica in enumerate((3, 2**32 - 1, 0)):
        assert np.array_equal(tile(5, [replica], 11, rows)[:, 0], whole[:, b])
        pair = gaussian_pair(*words(np.uint64(5), np.uint64(replica), np.uint64(11), GRADIENT_NOISE, np.uint64(0)))
        assert np.array_equal(whole[:2, b], pair[: min(rows, 2)])
    longer = tile(5, [3, 2**32 - 1, 0], 11, rows + 6)
    assert np.array_equal(longer[:rows], whole)


def test_no_two_draws_are_one():
    found = [
        tile(seed, [0, 1], step, 6, purpose)
        for seed in (0, 1)
        for step in (0, 1, 2**32)
        for purpose in (GRADIENT_NOISE, PARAMETER_NOISE)
    ]
    assert len(np.unique(found)) == np.size(found)


def test_law():
    sample = np.stack([tile(0, range(50), step, 40) for step in range(200)])
    assert stats.kstest(sample.ravel(), "norm").pvalue > 1e-6
    flat = sample.transpose(0, 2, 1).reshape(-1, 40)
    correlation = np.corrcoef(flat.T) - np.eye(40)
    assert np.abs(correlation).max() < 6.2 / math.sqrt(len(flat))  # 780 of them
