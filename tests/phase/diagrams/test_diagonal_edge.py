import numpy as np

from solvable.phase import grid
from solvable.phase.diagrams import find_diagram


def test_below_the_line_runs_end_where_the_flow_does_and_no_settled_run_is_sharper_than_the_edge():
    (line,) = find_diagram("diagonal-edge").theory({"scale": np.array([0.1, 1.0])})
    for scale, stable in ((line.x[0], line.y[0]), (line.x[-1], line.y[-1])):
        shares = np.array([0.3, 0.9, 1.05, 1.3, 10.0])
        found = grid("diagonal-edge", {"step_size": shares * stable, "scale": [scale]})
        edge, unresolved = found.values["edge"][:, 0], found.unresolved[:, 0]
        assert not unresolved.any()
        assert np.allclose(edge[:2], shares[:2], rtol=0.05)  # the gain of the steps moves the end a little
        assert np.all(edge[2:4] < 1.0)
        assert np.isinf(edge[4])


def test_a_run_that_bounces_for_ever_is_unresolved():
    found = grid("diagonal-edge", {"step_size": [0.6], "scale": [0.1]})
    assert found.unresolved.all()
    assert np.isfinite(found.values["edge"]).all()
