import numpy as np

from solvable.phase import grid
from solvable.phase.diagrams import find_diagram
from solvable.theory import donoho_tanner, donoho_tanner_width


def test_four_widths_above_the_threshold_all_is_recovered_and_four_below_nothing():
    middle, width = float(donoho_tanner(0.2)), float(donoho_tanner_width(0.2)) / np.sqrt(60)
    found = grid("diagonal-recovery", {"measurements": middle + np.array([-4, 4]) * width, "sparsity": [0.2]})
    assert found.values["recovered"].ravel().tolist() == [0.0, 1.0]
    assert found.values["error"][0, 0] > 0.1
    assert found.values["error"][1, 0] < 1e-12
    assert not found.unresolved.any()


def test_the_band_holds_nine_tenths_of_the_change():
    low, high = (curve.y for curve in find_diagram("diagonal-recovery").theory({"sparsity": np.array([0.2])})[1:])
    s = 0.2 * 1.05
    assert np.isclose((high[-1] - low[-1]) * np.sqrt(60), 2 * 1.6449 * donoho_tanner_width(s), rtol=1e-12)
