import numpy as np
import pytest

from solvable.phase.diagram import Axis, Diagram, Quantity
from solvable.phase.drawing import draw
from solvable.phase.phase_map import PhaseMap

X, Y = np.linspace(0, 3, 7), np.linspace(0, 1, 3)


def lines(levels, unresolved=False):
    """Points of the measured level lines of the value x, and the legend."""
    axes = {"y": Axis("$y$", Y, Y), "x": Axis("$x$", X, X)}
    quantity = Quantity("value", levels=levels)
    diagram = Diagram("plane", "", "", "", axes, {"value": quantity}, lambda x, y: x, lambda axes: [])
    flags = np.zeros((3, 7), bool)
    flags[0] = unresolved
    figure = draw(PhaseMap({"y": Y, "x": X}, {"value": np.tile(X, (3, 1))}, flags), diagram)
    names = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    contours = [c for c in figure.axes[0].collections if type(c).__name__ == "QuadContourSet"]
    return [path.vertices for contour in contours for path in contour.get_paths()], names


def test_a_level_line_is_where_the_measured_value_is_the_level():
    paths, names = lines((0.75, 2.25, 99.0))
    assert [np.unique(path[:, 0]) for path in paths] == [pytest.approx([0.75]), pytest.approx([2.25])]
    assert [np.ptp(path[:, 1]) for path in paths] == [1.0, 1.0]
    assert "measured levels" in names


def test_unresolved_cells_and_levels_beyond_the_map_have_none():
    assert [np.ptp(path[:, 1]) for path in lines((0.75,), unresolved=True)[0]] == [0.5]
    assert lines((99.0,)) == ([], [])
