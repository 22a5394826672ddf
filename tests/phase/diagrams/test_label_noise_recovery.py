import numpy as np

from solvable.phase import grid
from solvable.phase.diagrams import find_diagram
from solvable.phase.diagrams.label_noise_recovery import SCALE, central_path, problem
from solvable.theory import slow_flow_diagonal


def test_on_the_slow_clock_the_noise_drops_out():
    """The distance falls by more than half from one slow time to the next; between noises it differs by a tenth."""
    found = grid("label-noise-recovery", {"slow_time": [0.4, 1.0], "noise": [3.0, 8.0]})
    distance = found.values["distance"]
    assert not found.unresolved.any()
    assert np.all(found.values["deviation"] < 0.03)
    assert np.all(distance[1] < 0.5 * distance[0])
    assert np.all(np.abs(distance[:, 1] / distance[:, 0] - 1) < 0.1)


def test_the_central_path_is_the_slow_flow():
    X, y, _ = problem()
    times = np.array([0.0, 0.5, 2.0])
    one_by_one = [slow_flow_diagonal(X, y, SCALE, SCALE, T).point for T in times]
    assert np.max(np.abs(central_path(times) - one_by_one)) < 1e-10


def test_levels_and_the_beginning_of_the_clock():
    axes = {"slow_time": np.linspace(0.1, 2, 20), "noise": np.geomspace(0.5, 40, 10)}
    *levels, start = find_diagram("label-noise-recovery").theory(axes)
    assert [level.y[0] for level in levels] == sorted(level.y[0] for level in levels)[::-1]
    assert np.allclose(start.y / start.x**2, start.y[0] / start.x[0] ** 2)
    late = grid("label-noise-recovery", {"slow_time": [0.1], "noise": [60.0]})
    assert late.unresolved.all()
