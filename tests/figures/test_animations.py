"""Animations: arrays that follow theory, files of few bytes that are the same at every run, and the command."""

import functools
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from figures.animations import NAMES, making, module_of
from figures.animations.making import FRAMES_A_SECOND, HELD, render
from figures.animations.pinning_knots import SPAN
from solvable.cli import main

GALLERY, LIMIT = Path(__file__).parents[2] / "figures" / "gallery", 1_500_000


@functools.cache
def arrays_of(name):
    return module_of(name).data()


def some_frames(name):
    last = module_of(name).FRAMES - 1
    return [last // 3, last]


@pytest.mark.parametrize("name", NAMES)
def test_frames_differ_and_have_the_same_bytes_again(name, tmp_path):
    arrays, chosen = arrays_of(name), some_frames(name)
    assert all(np.all(np.isfinite(values)) for values in arrays.values())
    files = [tmp_path / "first.gif", tmp_path / "second.gif"]
    for file in files:
        render(name, arrays, file, chosen)
    assert files[0].read_bytes() == files[1].read_bytes()
    with Image.open(files[0]) as film:
        assert film.n_frames == len(chosen)
        shown, durations = [], []
        for k in range(film.n_frames):
            film.seek(k)
            shown.append(np.asarray(film.convert("RGB")).astype(int))
            durations.append(film.info["duration"])
    assert durations == [1000 // FRAMES_A_SECOND, 1000 * HELD]
    assert np.mean(np.any(shown[0] != shown[1], axis=-1)) > 0.002
    assert np.array_equal(shown[0][-1, -1], [255, 255, 255])


@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_holds_it_in_few_bytes(name):
    assert (GALLERY / f"{name}.gif").stat().st_size < LIMIT


def test_the_run_goes_from_saddle_to_saddle():
    arrays = arrays_of("saddle-to-saddle")
    assert arrays["tau"].size == module_of("saddle-to-saddle").FRAMES
    np.testing.assert_allclose(arrays["path"][-1], arrays["saddle"][-1], atol=1e-2)
    assert np.abs(arrays["dual"] - arrays["wall"]).max() < 0.15
    assert arrays["plateau"][0] == pytest.approx(arrays["loss"][0])


def test_the_runs_drift_by_the_law():
    arrays = arrays_of("drift-along-the-minima")
    q = arrays["path"][..., 0] ** 2 - arrays["path"][..., 1] ** 2
    logs = np.log(q)
    error = logs.std(axis=1) / np.sqrt(q.shape[1])
    # Five standard errors, and the terms of the fourth power of the noise that the law leaves out.
    assert np.all(np.abs(logs.mean(axis=1) - np.log(arrays["law"])) <= 5 * error + 0.06)
    assert np.all(arrays["law"][1:] < arrays["law"][:-1])


def test_the_knots_of_descent_stop_where_those_of_the_flow_do():
    arrays = arrays_of("pinning-knots")
    inside = (np.abs(arrays["knots"]) < SPAN) & (np.abs(arrays["flow"]) < SPAN)
    assert np.abs(arrays["knots"] - arrays["flow"])[inside].max() < 0.02
    at_rest = np.any(np.abs(arrays["flow"][..., None] - arrays["samples"]) < 1e-9, axis=2)
    assert at_rest.sum() > arrays["time"].size
    assert np.abs(arrays["function"] - arrays["limit"]).max() < 0.02


def run(capsys, *words):
    code = main(["animate", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_list(capsys):
    code, out, _ = run(capsys, "--list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(NAMES)


@pytest.mark.parametrize(
    "words",
    [[], ["nothing"], [NAMES[0], "--format", "avi"], [NAMES[0], "--out", "file"], [NAMES[0], "--format", "mp4"]],
)
def test_bad_input_is_one_line_and_exit_2(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # no ffmpeg there
    (tmp_path / "file").write_text("")
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("solvable: error: ")


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for ffmpeg is a shell script")
def test_ffmpeg_gets_every_frame_and_holds_the_last(tmp_path, monkeypatch):
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "ffmpeg"
    program.write_text('#!/bin/sh\nfor last; do :; done\nwc -c > "$last"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    assert shutil.which("ffmpeg") == str(program)
    monkeypatch.setattr(making, "FRAMES_A_SECOND", 2)
    name = NAMES[0]
    render(name, arrays_of(name), tmp_path / "film.mp4", some_frames(name))
    width, height = 800, 560
    assert int((tmp_path / "film.mp4").read_text()) == width * height * 4 * (2 + 2 * HELD)
