"""The loops over the coordinates of one trajectory, against NumPy."""

import math

import numpy as np
import pytest

from solvable.integrators.fused.diagonal_rows import full_loss, multiply, product, roll


def arrays(d, rows=3, n=4):
    """Padded factors (rows, 2, width) and design (n, width), and the part that is not padding."""
    rng, width = np.random.default_rng(d), -(-d // 8) * 8
    factors, design = np.zeros((rows, 2, width)), np.zeros((n, width))
    factors[..., :d], design[:, :d] = rng.standard_normal((rows, 2, d)), rng.standard_normal((n, d))
    return factors, design, width


def beta(row):
    return row[0] ** 2 - row[1] ** 2


@pytest.mark.parametrize("d", [1, 7, 8, 9, 40, 1001])
def test_product(d):
    factors, design, width = arrays(d)
    for b in range(3):
        for i in range(4):
            found = product(factors.ravel(), 2 * b * width, design.ravel(), i * width, width)
            size = np.abs(design[i]) @ np.sum(factors[b] ** 2, axis=0)
            assert found == pytest.approx(math.fsum(design[i] * beta(factors[b])), abs=1e-14 * size)


@pytest.mark.parametrize("d", [1, 8, 13, 40])
def test_multiply(d):
    factors, design, width = arrays(d)
    before = factors.copy()
    found = multiply(factors.ravel(), 2 * width, design.ravel(), width, 0.3, 2 * width, width)
    np.testing.assert_allclose(factors[1, 0], before[1, 0] * (1 - 0.3 * design[1]), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(factors[1, 1], before[1, 1] * (1 + 0.3 * design[1]), rtol=1e-14, atol=1e-15)
    assert np.array_equal(factors[[0, 2]], before[[0, 2]])
    assert not factors[..., d:].any()
    # The bits of the separate pass: where the loop is cut into blocks must not show.
    assert found == product(factors.ravel(), 2 * width, design.ravel(), 2 * width, width)


@pytest.mark.parametrize("d", [1, 8, 13, 40])
def test_roll(d):
    factors, design, width = arrays(d)
    velocity = 0.1 * arrays(d)[0][::-1].copy()
    before, moved = factors.copy(), velocity.copy()
    roll(factors.ravel(), velocity.ravel(), 2 * width, design[1], 0.3, 0.7, width)
    change = 0.3 * design[1] * np.array([[-1.0], [1.0]]) * before[1]
    np.testing.assert_allclose(velocity[1], 0.7 * moved[1] + change, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(factors[1], before[1] + velocity[1], rtol=1e-14, atol=1e-15)
    assert np.array_equal(factors[[0, 2]], before[[0, 2]])
    assert np.array_equal(velocity[[0, 2]], moved[[0, 2]])


@pytest.mark.parametrize("kappa", [1.0, 0.5])
def test_full_loss(kappa):
    factors, design, width = arrays(11)
    y = np.array([0.3, -1.0, 2.0, 0.0])
    expected = np.mean((kappa * design @ beta(factors[2]) - y) ** 2) / 2
    assert full_loss(factors.ravel(), 4 * width, design.ravel(), y, kappa, width) == pytest.approx(expected, rel=1e-13)
