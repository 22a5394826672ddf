"""What every named diagram says of itself: a paper that is cited, words that can be drawn, curves in its plane."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

import solvable
from solvable.phase.diagrams import diagram_names, find_diagram

CLOSED_FORMS = ("games", "momentum", "relu-regimes", "scalar-map", "scalar-steps", "sensing-recovery", "sensing-scale")
PARSER = MathTextParser("agg")
CITATIONS = (Path(solvable.__file__).parent / "citations.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", diagram_names())
def test_words_axes_and_curves(name):
    diagram = find_diagram(name)
    assert diagram.name == name
    assert f"eprint = {{{diagram.source.removeprefix('arXiv:')}}}" in CITATIONS
    axes = diagram.axis_values()
    for key, values in diagram.axis_values(fine=True).items():
        assert values.size >= axes[key].size
        assert np.all(np.diff(values) > 0)
    words = [diagram.title, diagram.statement, *(axis.label for axis in diagram.axes.values())]
    words += [text for quantity in diagram.values.values() for text in (quantity.label, quantity.unit)]
    for text in words:
        PARSER.parse(text)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_curves_pass_through_the_plane_and_have_names(name):
    diagram = find_diagram(name)
    up, right = diagram.axis_values().values()
    for curve in diagram.theory(diagram.axis_values()):
        PARSER.parse(curve.label)
        assert curve.x.shape == curve.y.shape
        for along, values in ((curve.x, right), (curve.y, up)):
            assert np.nanmin(along) <= values.max()
            assert np.nanmax(along) >= values.min()
