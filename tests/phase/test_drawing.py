"""Pictures of maps: which cells are colored and hatched, what the legend and the color bar say, what is selected."""

import numpy as np
import pytest

from solvable.phase import Axis, Curve, Diagram, PhaseMap, Quantity
from solvable.phase.drawing import draw

UP, RIGHT = np.array([1.0, 2.0, 3.0]), np.geomspace(0.01, 10.0, 4)


def mapped(values, unresolved=None, **axes):
    axes = axes or {"up": UP, "right": RIGHT}
    flags = np.zeros(np.shape(values), dtype=bool) if unresolved is None else unresolved
    return PhaseMap(axes, {"value": np.asarray(values, dtype=float)}, flags)


def diagram(quantity, curves=()):
    axes = {"up": Axis("$u$", UP, UP), "right": Axis("$r$", RIGHT, RIGHT, "log")}
    return Diagram("a-map", "A title", "", "", axes, {"value": quantity}, lambda: 0, lambda _: list(curves))


def parts(figure):
    plot, bar = figure.axes
    legend = [text.get_text() for text in figure.legends[0].get_texts()] if figure.legends else []
    return plot, bar, legend


def test_the_four_kinds_of_cells():
    values, flags = np.arange(12.0).reshape(3, 4), np.zeros((3, 4), dtype=bool)
    values[0, 0], values[1, 2], flags[2, 1:3], flags[0, 3] = np.inf, np.nan, True, True
    plot, bar, legend = parts(draw(mapped(values, flags)))
    assert legend == ["diverged (8%)", "no value (8%)", "unresolved (25%)"]
    colored, diverged = (mesh.get_array() for mesh in plot.collections)
    assert np.array_equal(colored.mask, ~np.isfinite(values))
    assert np.array_equal(~diverged.mask, np.isinf(values))
    assert bar.get_ylabel() == "value"
    missing, hatched = (patch.get_path() for patch in plot.patches)
    for path, expected in ((missing, np.isnan(values)), (hatched, flags)):
        inside = [[path.contains_point((r, u)) for r in RIGHT] for u in UP]
        assert np.array_equal(inside, expected)


def test_scales_are_those_of_the_diagram_or_of_the_spacing():
    plot, _, legend = parts(draw(mapped(np.ones((3, 4)))))
    assert (plot.get_xscale(), plot.get_yscale(), plot.get_xlabel(), legend) == ("log", "linear", "right", [])
    plot, bar, _ = parts(draw(mapped(np.ones((3, 4))), diagram(Quantity("energy", "J", "log", (0.1, 10.0)))))
    assert (plot.get_xscale(), plot.get_xlabel(), plot.get_title("left")) == ("log", "$r$", "A title")
    assert (bar.get_ylabel(), bar.get_yscale()) == ("energy (J)", "log")
    assert bar.get_ylim() == pytest.approx((0.1, 10.0))


def test_an_axis_in_any_order_is_drawn_in_ascending_order():
    values = np.arange(12.0).reshape(3, 4)
    straight = draw(mapped(values)).axes[0].collections[0].get_array()
    turned = draw(mapped(values[::-1], up=UP[::-1], right=RIGHT)).axes[0].collections[0].get_array()
    assert np.array_equal(straight, turned)


def test_theory_is_cased_and_named_once():
    curves = [Curve(RIGHT, RIGHT, "law"), Curve(RIGHT, 2 * RIGHT, "law"), Curve(RIGHT, 3 * RIGHT, "other")]
    plot, _, legend = parts(draw(mapped(np.ones((3, 4))), diagram(Quantity("energy"), curves)))
    assert legend == ["law", "other"]
    assert [line.get_color() for line in plot.lines] == ["white", "black"] * 3
    first, second, third = (line.get_linestyle() for line in plot.lines[1::2])
    dashes = [line._dash_pattern for line in plot.lines[1::2]]
    assert first == second == third == "--"
    assert dashes[0] == dashes[1] != dashes[2]


@pytest.mark.parametrize(
    ("quantity", "extend"),
    [(Quantity("q", "", "linear", (2.0, 20.0)), "min"), (Quantity("q", "", "log", (1.0, 5.0)), "both"),
     (Quantity("q", "", "diverging", (-20.0, 5.0)), "max"), (Quantity("q", "", "diverging"), "neither"),
     (Quantity("q", "", "linear", (1e-9, 11.0)), "neither")],
)  # fmt: skip
def test_the_color_bar_says_where_values_pass_its_limits(quantity, extend):
    figure = draw(mapped(np.arange(12.0).reshape(3, 4)), diagram(quantity))
    assert figure.axes[0].collections[0].colorbar.extend == extend


@pytest.mark.parametrize(("scale", "fill"), [("linear", 0.0), ("log", -1.0), ("diverging", np.nan), ("log", np.inf)])
def test_a_map_of_one_value_can_be_drawn(scale, fill):
    figure = draw(mapped(np.full((1, 1), fill), up=np.array([2.0]), right=np.array([3.0])), _one(scale))
    figure.draw_without_rendering()


def _one(scale):
    axes = {name: Axis(name, np.ones(1), np.ones(1), "log") for name in ("up", "right")}
    return Diagram("a-map", "", "", "", axes, {"value": Quantity("q", scale=scale)}, lambda: 0, lambda _: [])


def test_a_selection_leaves_two_axes():
    values = np.arange(24.0).reshape(2, 3, 4)
    cube = mapped(values, kind=np.array([0.1, 0.2]), up=UP, right=RIGHT)
    shown = draw(cube, select={"kind": 0.2}).axes[0].collections[0].get_array()
    assert np.array_equal(shown, values[1])
    for wrong, message in (
        ({}, "a picture needs two axes beside those that select fixes, got 3 of kind, up, right"),
        ({"kind": 0.3}, "select must give a value of the axis kind, got 0.3"),
        ({"color": 1.0}, "select must name axes of the map, which are kind, up, right, got 'color'"),
    ):
        with pytest.raises(ValueError, match=message):
            draw(cube, select=wrong)
    with pytest.raises(ValueError, match="value must be one of value, got 'loss'"):
        draw(cube, value="loss")
