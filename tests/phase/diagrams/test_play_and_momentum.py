"""The maps of two players and of heavy ball against eigenvalues and the penalty of momentum."""

import numpy as np
import pytest

from solvable.phase.diagrams import games, momentum
from solvable.theory import balancedness_loss, end_sharpness, settling_steps


def test_players_grow_like_the_spectral_radius():
    s1, s2 = np.exp(np.random.default_rng(0).uniform(-3, 2, (2, 60)))
    found = games.measure(s2, s1)
    mu, omega = games.DAMPING, games.COUPLING
    for name, alternating in (("simultaneous", False), ("alternating", True)):
        first = np.array([[[1 - a * mu, -a * omega], [0, 1]] for a in s1])
        second = np.array([[[1, 0], [b * omega, 1 - b * mu]] for b in s2])
        together = first + second - np.eye(2)
        radius = np.max(np.abs(np.linalg.eigvals(second @ first if alternating else together)), axis=1)
        assert np.allclose(found[name], np.log(radius), atol=0.01)
        least, largest = settling_steps(s1, (mu, mu), omega, alternating=alternating)
        clear = ~found["unresolved"]
        assert np.array_equal((found[name] < 0)[clear], ((least < s2) & (s2 < largest))[clear])
    at_edge = games.measure(settling_steps(0.5, (mu, mu), omega)[1].reshape(1), np.array([0.5]))
    assert at_edge["unresolved"].tolist() == [True]


def test_heavy_ball_loses_more_balance_than_its_effective_step():
    h, beta = np.array([1e-3, 2e-3, 1e-3]), np.array([0.0, 0.3, 0.8])
    found = momentum.measure(h, beta)
    expected = [
        -balancedness_loss(*momentum.START, momentum.TARGET, a, momentum=b) for a, b in zip(h, beta, strict=True)
    ]
    assert found["change"] == pytest.approx(expected, rel=0.05)
    assert not found["unresolved"].any()
    plain = -balancedness_loss(*momentum.START, momentum.TARGET, h[2] / (1 - beta[2]))
    assert found["change"][2] > 5 * plain


def test_heavy_ball_leaves_a_minimum_beyond_the_edge():
    beta = np.array([0.0, 0.2])
    edge = 2 * (1 + beta) / end_sharpness(*momentum.START, momentum.TARGET)
    assert not momentum.measure(0.9 * edge, beta)["unresolved"].any()
    # No minimum has less than twice the target.
    beyond = momentum.measure(1.05 * (1 + beta) / momentum.TARGET, beta)
    assert np.all(beyond["unresolved"] | np.isinf(beyond["change"]))
