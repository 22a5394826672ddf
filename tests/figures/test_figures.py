"""Figures: finite arrays that show what the caption says, and the same bytes at every run."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from figures import NAMES, animations, module_of
from figures.making import gallery_text
from solvable.plotting import new_figure, save_png, styled

FOLDER = Path(__file__).parents[2] / "figures"


@pytest.mark.parametrize("name", NAMES)
def test_finite_labeled_and_drawn_again_with_the_same_bytes(made, arrays_of, name, tmp_path):
    arrays = arrays_of(name)
    assert all(np.all(np.isfinite(values)) for values in arrays.values())
    with styled():
        figure = module_of(name).draw(arrays)
    bottom = [axes for axes in figure.axes if axes.get_subplotspec().is_last_row()]
    left = [axes for axes in figure.axes if axes.get_subplotspec().is_first_col()]
    assert all(axes.get_xlabel() for axes in bottom)
    assert all(axes.get_ylabel() for axes in left)
    assert "Theory" in module_of(name).CAPTION
    save_png(figure, tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == (made(name) / f"{name}.png").read_bytes()
    with Image.open(tmp_path / "again.png") as picture:
        assert picture.width == 1600


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_computed_again_with_the_same_bytes(made, name):
    for suffix in ("png", "npz", "json"):
        first, second = (made(name, copy) / f"{name}.{suffix}" for copy in (0, 1))
        assert first.read_bytes() == second.read_bytes()


def test_measured_points_lie_on_the_theory_curve(arrays_of):
    arrays = arrays_of("kernel-to-rich")
    for measured, theory in zip(arrays["measured"], arrays["theory"], strict=True):
        at = np.exp(np.interp(np.log(arrays["scale"]), np.log(arrays["grid"]), np.log(theory)))
        np.testing.assert_allclose(measured, at, rtol=2e-2)
    assert arrays["final_loss"].max() < 1e-20


def test_paths_end_where_theory_says(arrays_of):
    arrays = arrays_of("beta-path")
    np.testing.assert_allclose(arrays["path"][:, -1], arrays["limit"], atol=5e-3)


def test_potential_lies_between_its_limits(arrays_of):
    arrays = arrays_of("hypentropy-potential")
    b = arrays["b"]
    inside = np.abs(b) < 1
    assert np.all(arrays["potential"][:, inside] <= np.abs(b[inside]) + 1e-12)
    assert np.all(arrays["potential"][:, inside] >= b[inside] ** 2 - 1e-12)


def test_the_page_shows_every_figure_with_two_sentences_and_its_source():
    page = gallery_text("gallery")
    for name in NAMES:
        module = module_of(name)
        assert f"](gallery/{name}.png)" in page
        assert (FOLDER / "gallery" / f"{name}.png").is_file()
        assert f"`solvable figure {name}`" in page
        assert len(re.findall(r"[.?!](?= |$)", module.SUMMARY)) == 2, name
        assert module.SUMMARY in page
        assert re.search(r"arXiv:\d{4}\.\d{4}|\(\d{4}\)|NeurIPS \d{4}|Hairer", module.ANSWERS), name
    for name in animations.NAMES:
        assert f"](gallery/{name}.gif)" in page
        assert f"`solvable animate {name}`" in page


def test_the_look_is_not_that_of_the_user(tmp_path):
    import matplotlib

    def draw(path):
        with styled():
            figure = new_figure(height=2)
            figure.subplots().plot([0, 1], [0, 1])
        save_png(figure, path)
        return path.read_bytes()

    plain = draw(tmp_path / "plain.png")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        assert draw(tmp_path / "theirs.png") == plain
