"""What a boundary shows of itself: a picture, files, a few words."""

import csv

import numpy as np
import pytest

from solvable.phase import Axis, Curve, Diagram, Quantity, boundary, load, vectorized

TILTS = np.array([-0.5, 0.0, 0.5, 1.0, 1.5])


@vectorized
def broken(height, tilt):
    """The event begins at ``height = tilt``, but not in (0.1, 0.4) where the tilt is 0."""
    hole = (tilt == 0) & (height > 0.1) & (height < 0.4)
    return {"signal": (height > tilt) & ~hole, "unresolved": height > 0.9}


def theory(axes):
    return [Curve(axes["tilt"], axes["tilt"], "exact"), Curve(np.full(2, 0.25), axes["height"][[0, -1]], "exact")]


DIAGRAM = Diagram(
    name="broken-line",
    title="A line with a hole",
    statement="The event begins on the diagonal.",
    source="",
    axes={
        "height": Axis("height $h$", np.linspace(0, 1, 9), np.linspace(0, 1, 17)),
        "tilt": Axis("tilt $t$", TILTS, TILTS),
    },
    values={"signal": Quantity("signal")},
    measure=broken,
    theory=theory,
)


@pytest.fixture(scope="module")
def found():
    return boundary(DIAGRAM, probes=10)


def test_a_picture_shows_theory_and_what_is_not_the_whole_truth(found, tmp_path):
    figure = found.plot()
    (axes,) = figure.axes
    labels = {line.get_label(): line for line in axes.lines}
    assert np.isnan(found.position).tolist() == [True, False, False, True, True]
    assert labels["event at both ends"].get_xdata().tolist() == [-0.5]
    assert labels["event at neither end"].get_xdata().tolist() == [1.0, 1.5]
    assert labels["event at both ends"].get_ydata().tolist() == [0.0]
    assert labels["event at neither end"].get_ydata().tolist() == [1.0, 1.0]
    assert labels["not monotone (1)"].get_xdata().tolist() == [0.0]
    contradicts = [line for label, line in labels.items() if label.startswith("contradicts")]
    assert len(contradicts[0].get_xdata()) == len(found.counterexamples) == 1
    assert [text.get_text() for text in figure.legends[0].texts].count("exact") == 1
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("tilt $t$", "height $h$")
    # Searched along the other axis, the same diagram stays upright.
    across = boundary(DIAGRAM, {"height": [0.6, 0.8], "tilt": [-0.5, 1.5]}, along="tilt", tolerance=0.01)
    (axes,) = across.plot().axes
    line = next(line for line in axes.lines if line.get_label() == "measured")
    np.testing.assert_allclose(line.get_xdata(), [0.6, 0.8], atol=0.02)
    assert axes.get_ylabel() == "height $h$"
    with pytest.raises(ValueError, match="a picture needs columns over one parameter, got 0"):
        boundary(lambda x: x, {"x": [0.0, 1.0]}).plot()


def test_files_hold_what_was_found(found, tmp_path):
    found.to_npz(tmp_path / "found.npz")
    with np.load(tmp_path / "found.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["position"], found.position)
        np.testing.assert_array_equal(archive["axis_tilt"], TILTS)
        seen = archive["sample_contradicts"]
        np.testing.assert_array_equal(archive["sample_cell_height"][seen], found.counterexamples.cells["height"])
    back = load(tmp_path / "found.npz")
    assert (back.names, back.bracket, back.provenance) == (found.names, found.bracket, found.provenance)
    assert (repr(back), back.diagram) == (repr(found), None)
    np.testing.assert_array_equal(back.samples.cells["height"], found.samples.cells["height"])
    np.testing.assert_array_equal(back.unresolved_count, found.unresolved_count)
    assert back.plot(diagram=DIAGRAM).axes[0].get_title("left") == "A line with a hole"
    found.to_csv(tmp_path / "found.csv")
    with open(tmp_path / "found.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_array_equal([float(row["position"]) for row in rows], found.position)
    assert [row["monotone"] for row in rows] == ["1", "0", "1", "1", "1"]


@pytest.mark.sweep("xarray")
def test_labelled_axes(found):
    data = found.to_xarray()
    assert data["position"].dims == ("tilt",)
    assert data["position"].attrs["long_name"] == "height $h$"


def test_a_few_words(found):
    assert "2 of 5 columns" in repr(found)
    assert "<td>1 with the event at both ends, 2 with it at neither</td>" in found._repr_html_()
