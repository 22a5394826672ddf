import numpy as np

from solvable.phase import grid
from solvable.phase.diagrams import find_diagram
from solvable.phase.diagrams.gradient_regularization import DRAWS, crossing, first_order, problem


def test_the_norm_rises_without_a_mean_and_falls_with_one_and_follows_the_first_order():
    ascent = np.array([-0.5, 0.5])
    found = grid("gradient-regularization", {"mean": [0.0, 2.0], "ascent": ascent})
    change = found.values["change"]
    assert not found.unresolved.any()
    predicted = [sum(first_order(*problem(k, mean), ascent) for k in range(DRAWS)) / DRAWS for mean in (0.0, 2.0)]
    assert np.allclose(change, predicted, rtol=0.05)
    assert np.all(change[0] > 0)
    assert np.all(change[1] < 0)
    assert np.all(np.diff(np.abs(change), axis=1) > 0)  # the ascent step strengthens it, either way


def test_the_curve_is_where_the_first_order_vanishes():
    axes = {"mean": np.array([0.4, 0.7, 1.0]), "ascent": np.array([0.0, 0.5])}
    (curve,) = find_diagram("gradient-regularization").theory(axes)
    below, above = (
        sum(first_order(*problem(k, curve.y[0] + shift), curve.x[:1])[0] for k in range(DRAWS)) for shift in (-0.1, 0.1)
    )
    assert above < 0 < below


def test_crossing():
    heights = np.array([0.0, 1.0, 2.0])
    found = crossing(heights, np.array([[1.0, 1.0], [-1.0, 2.0], [2.0, 1.0]]))
    assert found[0] == 0.5
    assert np.isnan(found[1])
