import numpy as np

from solvable.claims.papers._gains import network
from solvable.phase import grid
from solvable.phase.diagrams import find_diagram
from solvable.phase.diagrams.gradient_regularization import DRAWS, SHARE, crossing, predicted, problem
from solvable.theory import hypentropy_minimum, l1_sensitivity


def mean_prediction(mean, ascent):
    return np.mean([predicted(*problem(draw, mean), ascent) for draw in range(DRAWS)], axis=0)


def test_the_norm_rises_without_a_mean_and_falls_with_one_as_predicted():
    ascent = np.array([-0.5, 0.5])
    found = grid("gradient-regularization", {"mean": [0.0, 2.0], "ascent": ascent})
    change = found.values["change"]
    assert not found.unresolved.any()
    assert np.allclose(change, [mean_prediction(0.0, ascent), mean_prediction(2.0, ascent)], rtol=0.1)
    assert np.all(change[0] > 0)
    assert np.all(change[1] < 0)
    assert np.all(np.diff(np.abs(change), axis=1) > 0)  # the ascent step strengthens it, either way


def test_the_sign_is_that_of_the_sensitivity_on_the_support():
    """Where the gain would be the same for all coordinates the norm would fall: it is its shape that counts."""
    X, y = problem(0, 0.0)
    model, start, _ = network(X, y, SHARE)
    a = np.exp(model.potential_coordinates(start)[0])
    S = l1_sensitivity(X, hypentropy_minimum(X, y, a=a).point, a)
    assert np.sum(S) > 0
    assert predicted(X, y, np.array([0.5]))[0] > 0


def test_the_curve_is_where_no_change_is_predicted():
    axes = {"mean": np.array([0.4, 0.7, 1.0]), "ascent": np.array([0.0, 0.5])}
    (curve,) = find_diagram("gradient-regularization").theory(axes)
    assert mean_prediction(curve.y[0] - 0.1, curve.x[:1])[0] > 0 > mean_prediction(curve.y[0] + 0.1, curve.x[:1])[0]


def test_crossing():
    heights = np.array([0.0, 1.0, 2.0])
    found = crossing(heights, np.array([[1.0, 1.0], [-1.0, 2.0], [3.0, 1.0]]))
    assert found[0] == 0.5
    assert np.isnan(found[1])
