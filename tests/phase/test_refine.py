"""Adaptive sampling: with a learner of our own that asks for given points, and with the real library if it is there."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from solvable.cli import main
from solvable.phase import Axis, Diagram, Quantity, Refinement, refine, vectorized
from solvable.phase.bracket import Bracket


@vectorized
def plane(y, x, replica):
    return {"height": 2 * y + np.log10(x), "number": replica.astype(float), "unresolved": y > 3}


def test_samples_are_numbered_and_do_not_depend_on_the_executor(learner):
    axes, spacings = {"y": [0.0, 4.0], "x": [0.1, 10.0]}, {"x": "log"}
    found = refine(plane, axes, points=50, spacings=spacings)
    np.testing.assert_array_equal(found.values["number"], np.arange(50.0))
    np.testing.assert_array_equal(found.unresolved, found.cells["y"] > 3)
    np.testing.assert_allclose(list(learner.told.values()), found.values["height"])
    np.testing.assert_allclose([4 * y for y, _ in learner.told], found.cells["y"])
    np.testing.assert_allclose([10 ** (2 * x - 1) for _, x in learner.told], found.cells["x"])
    with ThreadPoolExecutor(2) as threads:
        np.testing.assert_array_equal(
            refine(plane, axes, points=50, spacings=spacings, executor=threads).values["height"], found.values["height"]
        )
    refine(plane, axes, points=20, level=3.0)
    assert set(learner.told.values()) == {0.0, 1.0}


def test_the_learner_sees_what_a_picture_shows(learner):
    @vectorized
    def spread(y, x):
        return np.where(y > 0.5, np.inf, 1e-30 * x)

    sides = {name: Axis(name, np.linspace(0, 1, 3), np.linspace(0, 1, 3)) for name in "yx"}
    values = {"value": Quantity("value", scale="log", limits=(1e-8, 1e2))}
    found = refine(Diagram("spread", "", "", "", sides, values, spread, lambda axes: []), points=20)
    assert set(learner.told.values()) == {np.log(1e-8), np.log(1e2)}
    assert set(found.values["value"]) > {np.inf}  # samples are what was measured
    table = found.to_map(20).values["value"]
    assert set(table[np.isfinite(table)].round(12)) == {1e-8}
    assert np.isinf(table[15:]).all()
    with pytest.raises(ValueError, match="value must be finite for refine to learn it, got inf; give level="):
        refine(spread, {"y": [0, 1], "x": [0, 1]}, points=20)


def test_the_interpolated_map_is_exact_for_what_is_linear_on_its_scales():
    rng = np.random.default_rng(1)
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    shares = np.concatenate([corners, rng.random((30, 2))])
    brackets = Bracket("y", 0.0, 4.0), Bracket("x", 0.1, 10.0, "log")
    cells = {b.name: b.at(shares[:, k]) for k, b in enumerate(brackets)}
    heights = plane(cells["y"], cells["x"], np.arange(34))["height"]
    found = Refinement(brackets, cells, {"height": heights}, cells["y"] > 2, {"measure": "plane"}).to_map(9)
    y, x = np.meshgrid(found.axes["y"], found.axes["x"], indexing="ij")
    np.testing.assert_allclose(found.values["height"], 2 * y + np.log10(x), atol=1e-12)
    assert found.unresolved[-1].all()
    assert not found.unresolved[0].any()
    assert "34 samples" in found.provenance["interpolated"]


def test_without_the_library_one_line_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "adaptive", None)
    with pytest.raises(ImportError, match=r"^refine needs adaptive: pip install adaptive$"):
        refine(plane, {"y": [0, 4], "x": [0.1, 10]})
    assert main(["phase", "refine", "scalar-map"]) == 2
    assert capsys.readouterr() == ("", "solvable: error: phase refine needs adaptive: pip install adaptive\n")


def test_the_command_line_prints_draws_and_saves_the_samples(learner, capsys, mine_file, tmp_path):
    files = {"--picture": tmp_path / "p.png", "--out": tmp_path / "s.csv"}
    words = [f"{mine_file}::plain", "x=1:100:2:log", "y=0:4:2", *(str(w) for pair in files.items() for w in pair)]
    assert main(["phase", "refine", *words, "--points", "40", "--level", "9", "--executor", "serial", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines()[0].startswith("plain: 40 of 40 samples"), err) == (True, "")
    head, *rows = files["--out"].read_text().splitlines()
    assert head == "x,y,sum,number,seed,unresolved"
    x, y, total, number, _, unresolved = np.array([row.split(",") for row in rows], float).T
    np.testing.assert_array_equal(total, x + 10 * y)
    np.testing.assert_array_equal(number, np.arange(40))
    np.testing.assert_array_equal(unresolved, x > y)
    np.testing.assert_allclose(list(learner.told), np.transpose([np.log10(x) / 2, y / 4]))
    np.testing.assert_array_equal(list(learner.told.values()), total > 9)
    assert files["--picture"].stat().st_size > 1000


def test_bad_input_is_one_line(learner):
    for axes, settings, message in (
        ({"y": [0, 4]}, {}, "needs an axis 'x'"),
        ({"y": [0, 4], "x": [0, 1]}, {"points": 3}, "points must be an integer >= 4"),
        ({"y": [0, 4], "x": [0, 1]}, {"spacings": {"z": "log"}}, "spacings must name axes"),
        ({"y": [0, 4], "x": [0, 1]}, {"value": "loss"}, "value must be one of 'height', 'number', got 'loss'"),
    ):
        with pytest.raises(ValueError, match=message):
            refine(plane, axes, **settings)


@pytest.mark.sweep("adaptive")
def test_the_real_library_puts_samples_where_the_value_changes():
    @vectorized
    def disk(y, x):
        return x**2 + y**2

    found = refine(disk, {"y": [-2, 2], "x": [-2, 2]}, points=300, level=1.0)
    radius = np.hypot(found.cells["x"], found.cells["y"])
    near = np.abs(radius - 1) < 0.1
    assert near.mean() > 2 * (np.pi * (1.1**2 - 0.9**2) / 16)  # twice the share that an even grid puts there
