"""A diagram of the caller's own keeps its words and its theory, whatever it is called."""

import dataclasses

import numpy as np
import pytest

from solvable.phase import Axis, Curve, Diagram, Quantity, boundary, grid, load, refine
from solvable.phase.diagrams import find_diagram

SIDES = np.linspace(0, 1, 3)
DETAILS = {"search", "width", "level", "value"}


def height(step_size, momentum):
    return {"change": step_size + momentum}


def named(name):
    axes = {"step_size": Axis("my step", SIDES, SIDES), "momentum": Axis("my momentum", SIDES, SIDES)}
    curve = Curve(SIDES, 1 - SIDES, "my own theory")
    return Diagram(name, "Mine", "", "", axes, {"change": Quantity("my change")}, height, lambda axes: [curve])


def titles(picture):
    return picture.axes[0].get_title("left"), [text.get_text() for text in picture.legends[0].get_texts()]


@pytest.mark.parametrize("name", ["momentum", "mine"])
def test_a_name_of_the_package_does_not_bring_its_theory(name, learner, tmp_path):
    own = named(name)
    found = [grid(own), boundary(own, store=tmp_path / "edge"), refine(own, points=16)]
    for each in (*found, found[2].to_map(4)):
        assert each.diagram is own
        assert each.provenance["diagram"] is None
        assert each.provenance["measure"] == name
    for each in (found[0], found[1], found[2].to_map(4)):
        title, legend = titles(each.plot())
        assert title == "Mine"
        assert "my own theory" in legend
    assert len({frozenset(each.provenance) - DETAILS for each in found}) == 1
    kept = load(tmp_path / "edge")
    assert kept.diagram is None
    kept.plot()


def test_the_event_of_a_diagram_is_at_its_own_level():
    own = dataclasses.replace(named("mine"), values={"change": Quantity("my change", level=1.25)})
    found = boundary(own, {"step_size": [0.0, 1.0], "momentum": [0.5]}, probes=0)
    np.testing.assert_allclose(found.position, 0.75, atol=1e-3)
    assert found.event == "change > 1.25"
    found = boundary(height, {"step_size": [0.0, 1.0], "momentum": [0.25]}, probes=0)
    np.testing.assert_allclose(found.position, 0.25, atol=1e-3)


def test_a_diagram_of_the_package_is_known_by_its_name(tmp_path):
    axes = {"step_size": [0.01, 0.1], "momentum": [0.0]}
    found = boundary("momentum", axes, probes=0, tolerance=0.5, store=tmp_path / "edge")
    assert found.provenance["diagram"] == "momentum"
    assert load(tmp_path / "edge").diagram is found.diagram is find_diagram("momentum")
