"""The step sizes with which two players of a quadratic game settle, against eigenvalues."""

import numpy as np
import pytest

from solvable.theory import modified_game_field, settling_steps, settling_steps_of_drift


def step_matrix(s1, s2, mu, nu, omega, alternating):
    """One step, written down from the rule: the second player reads the first one's move or does not."""
    first = np.array([[1 - s1 * mu, -s1 * omega], [0.0, 1.0]])
    read = first if alternating else np.eye(2)
    second = np.array([s2 * omega, -s2 * nu]) @ read + np.array([0.0, 1.0])
    return np.array([first[0], second])


@pytest.mark.parametrize("alternating", [False, True])
@pytest.mark.parametrize("damping", [(0.0, 0.0), (0.5, 0.0), (0.0, 0.3), (0.25, 0.25), (1.0, 0.4)])
def test_the_interval_is_where_all_eigenvalues_are_small(alternating, damping):
    rng = np.random.default_rng(0)
    s1, s2 = np.exp(rng.uniform(-4, 3, (2, 400)))
    least, largest = settling_steps(s1, damping, 0.8, alternating=alternating)
    inside = (least < s2) & (s2 < largest)
    M = np.array([step_matrix(a, b, *damping, 0.8, alternating) for a, b in zip(s1, s2, strict=True)])
    radius = np.max(np.abs(np.linalg.eigvals(M)), axis=1)
    clear = np.abs(radius - 1) > 1e-9  # undamped players who take turns keep their distance
    assert np.array_equal(inside[clear], (radius < 1)[clear])
    assert not np.any(inside[~clear])


def test_the_drift_has_trace_zero():
    damping, omega, s1 = (0.3, 0.2), 1.1, 0.4
    s2 = float(settling_steps_of_drift(s1, damping, omega))
    J = np.array([[-damping[0], -omega], [omega, -damping[1]]])
    field = modified_game_field(lambda z: z @ J.T, lambda z: np.broadcast_to(J, (*z.shape, 2)), 1.0, (s1, s2), 1)
    assert np.trace(field(np.eye(2)).T) == pytest.approx(0.0, abs=1e-14)
    assert settling_steps_of_drift(0.1, damping, omega) == np.inf


def test_bad_games_are_refused():
    with pytest.raises(ValueError, match="damping must be two numbers >= 0"):
        settling_steps(0.1, (0.1, -0.1), 1.0)
    with pytest.raises(ValueError, match="first_step must be"):
        settling_steps(0.0, (0.1, 0.1), 1.0)
