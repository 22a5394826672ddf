"""Maps on disk: resumed, refused, damaged, killed half-way."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import solvable
from solvable.claims.loading import load_file
from solvable.phase import grid, load
from solvable.phase.diagrams import find_diagram

ROOT = Path(solvable.__file__).parent.parent  # a child process imports what this one does, not the checkout
SMALL = {"x": np.arange(20.0), "y": np.arange(10.0)}  # 50 chunks of 4 cells
STORES = ["npz", pytest.param("zarr", marks=pytest.mark.sweep("zarr"))]


@pytest.fixture(params=STORES)
def folder(request, tmp_path):
    return tmp_path / ("map" if request.param == "npz" else "map.zarr")


def files_of(folder, chunk):
    """The files that hold a chunk."""
    if folder.suffix == ".zarr":
        return [folder / "@cells" / "sum" / "c" / str(chunk), folder / "@cells" / "unresolved" / "c" / str(chunk)]
    return [folder / f"chunk-{chunk:06d}.npz"]


def test_what_is_there_is_not_computed_again(mine, folder, same):
    first = grid(mine.plain, SMALL, store=folder)
    assert sorted(mine.CALLS) == list(range(200))
    mine.CALLS.clear()
    again = grid(mine.plain, SMALL, store=folder)
    assert mine.CALLS == []
    assert same(again, first)
    assert (again.provenance["computed"], again.provenance["finished"]) == (0, 200)
    assert again.provenance["key"] == first.provenance["key"] == load(folder).provenance["key"]
    assert same(load(folder), first)
    assert "def plain" in load(folder).provenance["source"]
    for file in (f for chunk in (3, 17) for f in files_of(folder, chunk)):
        file.unlink(missing_ok=True)
    partial = load(folder)
    assert partial.provenance["finished"] == 192
    assert np.isnan(partial.values["sum"]).sum() == 8
    assert partial.unresolved.ravel()[12:16].all()
    assert same(grid(mine.plain, SMALL, store=folder), first)
    assert [*range(12, 16), *range(68, 72)] == mine.CALLS


@pytest.mark.parametrize("damage", ["cut", "empty", "flip", "another", "text"])
def test_a_damaged_chunk_is_computed_again(mine, folder, damage, same):
    first = grid(mine.plain, SMALL, store=folder)
    mine.CALLS.clear()
    file = files_of(folder, 5)[0]
    data = bytearray(file.read_bytes())
    if damage == "flip":
        places = [len(data) // 2] if folder.suffix == ".zarr" else range(40, len(data), 97)
    else:
        places = [0]
    recomputed = 0
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 64
        other = files_of(folder, 6)[0].read_bytes()
        file.write_bytes({"cut": data[:-20], "empty": b"", "flip": changed, "another": other, "text": b"{}"}[damage])
        mine.CALLS.clear()
        assert same(grid(mine.plain, SMALL, store=folder), first)
        assert mine.CALLS in ([], list(range(20, 24)))  # a flipped bit may be one that nothing depends on
        recomputed += bool(mine.CALLS)
    assert recomputed >= max(1, len(places) // 2)


def test_another_map_is_refused_by_what_differs(mine, mine_file, folder):
    grid(mine.plain, SMALL, store=folder)
    x, y = SMALL.values()
    for axes, seed, message in (
        ({"x": x, "y": y + 1}, 0, "its axis y has other values"),
        ({"x": x[1:], "y": y}, 0, "its axis x has 20 values"),
        ({"y": y, "x": x}, 0, "its axes are x, y and not y, x"),
        (SMALL, 1, "its seed is 0 and not 1"),
    ):
        with pytest.raises(ValueError, match=f"{folder.name} holds another map: {message}") as caught:
            grid(mine.plain, axes, store=folder, seed=seed)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="its measure is plain and not noisy"):
        grid(mine.noisy, {"step_size": x + 1, "scale": y}, store=folder)
    mine_file.write_text(mine_file.read_text().replace("10 * y", "11 * y"))
    with pytest.raises(ValueError, match="the file of its measure has changed since"):
        grid(mine.plain, SMALL, store=folder)


def test_other_sources_of_the_package_are_refused(mine, tmp_path, monkeypatch):
    grid(mine.plain, SMALL, store=tmp_path / "map")
    monkeypatch.setattr("solvable.phase.plan.package_content", lambda: "0")
    with pytest.raises(ValueError, match="solvable itself has changed since"):
        grid(mine.plain, SMALL, store=tmp_path / "map")


def test_foreign_folders_are_refused_and_left_alone(mine, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "thesis.tex").write_text("mine")
    (tmp_path / "head").mkdir()
    (tmp_path / "head" / "map.json").write_text(json.dumps({"format": 0}))
    (tmp_path / "file").write_text("mine")
    for name in ("there", "head", "file"):
        with pytest.raises(ValueError, match=f"{name} is not the folder of a map"):
            grid(mine.plain, SMALL, store=tmp_path / name)
        with pytest.raises(ValueError, match="not the folder of a map"):
            load(tmp_path / name)
    assert (tmp_path / "there" / "thesis.tex").read_text() == "mine"
    with pytest.raises(ValueError, match=r"there is no map at .*nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="below cannot be written: Not a directory"):
        grid(mine.plain, SMALL, store=tmp_path / "file" / "below")
    (tmp_path / "empty").mkdir()
    assert grid(mine.plain, SMALL, store=tmp_path / "empty").provenance["finished"] == 200


def test_what_cannot_be_hashed_is_not_stored(tmp_path):
    def inner(x):
        return x

    with pytest.raises(ValueError, match="inner cannot be stored: it is not a function at the top of a module"):
        grid(inner, {"x": [1.0]}, store=tmp_path / "map")
    assert not (tmp_path / "map").exists()


SLOW = """\
import os
import time


def slow(x, replica):
    file = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{{replica}}\\n".encode())
    os.close(file)
    while replica >= 12 and os.path.exists({hold!r}):
        time.sleep(0.01)
    return x**2
"""

RUN = """\
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from solvable.claims.loading import load_file
from solvable.phase import grid

grid(load_file(sys.argv[1]).slow, {"x": np.arange(40.0)}, store=sys.argv[2], executor=ThreadPoolExecutor(2))
"""


def test_a_killed_map_recomputes_at_most_the_chunks_in_flight(folder, tmp_path, same):
    log, hold, file = tmp_path / "log", tmp_path / "hold", tmp_path / "slow.py"
    hold.touch()
    file.write_text(SLOW.format(log=str(log), hold=str(hold)))
    words = [sys.executable, "-c", RUN, str(file), str(folder)]
    process = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path)
    deadline = time.monotonic() + 300
    while not (log.exists() and len(log.read_text().split()) >= 14) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    hold.unlink()
    begun = len(log.read_text().split())
    kept = load(folder).provenance["finished"]
    assert 0 < kept < 40
    # One cell a chunk: two threads compute one each, and the finished ones may not have been written yet.
    assert begun - kept <= 4
    slow = load_file(file).slow
    resumed = grid(slow, {"x": np.arange(40.0)}, store=folder)
    assert resumed.provenance["computed"] == 40 - kept
    assert len(log.read_text().split()) == begun + 40 - kept
    assert same(resumed, grid(slow, {"x": np.arange(40.0)}))


def test_a_map_as_a_file(mine, tmp_path, same):
    found = grid(mine.plain, {"x": [1.5, 0.1], "y": [0.2, 1e-17, 2.0]}, seed=4)
    found.to_npz(tmp_path / "map.npz")
    back = load(tmp_path / "map.npz")
    assert same(back, found)
    assert back.provenance == found.provenance
    found.to_csv(tmp_path / "map.csv")
    head, *rows = (tmp_path / "map.csv").read_text().splitlines()
    assert head == "x,y,sum,number,seed,unresolved"
    table = np.array([[float(cell) for cell in row.split(",")] for row in rows])
    np.testing.assert_array_equal(table[:, 1], np.tile([0.2, 1e-17, 2.0], 2))
    np.testing.assert_array_equal(table[:, 2], found.values["sum"].ravel())
    np.testing.assert_array_equal(table[:, 5], found.unresolved.ravel())
    (tmp_path / "no.npz").write_text("")
    with pytest.raises(ValueError, match="is not the file of a map"):
        load(tmp_path / "no.npz")


def test_a_notebook_shows_what_it_is(mine):
    html = grid(mine.plain, {"x": [1.5, 0.1], "y": [0.2]})._repr_html_()
    assert "<td>plain</td>" in html
    assert "<td>2.1 to 3.5</td>" in html
    assert "<td>1 of 2 cells</td>" in html


@pytest.mark.sweep("xarray")
def test_labelled_arrays():
    found = grid("scalar-map", {"x": [0.5, 1.0], "y": [0.1, 0.2, 0.3]})
    data = found.to_xarray()
    name = next(iter(found.values))
    assert data[name].dims == ("y", "x")
    assert data.x.attrs["long_name"] == find_diagram("scalar-map").axes["x"].label
    assert set(data[name].attrs) == {"long_name", "units"}
    np.testing.assert_array_equal(data.sel(x=1.0)[name], found.values[name][:, 1])
    assert not data.unresolved.any()


def test_a_named_map_is_drawn_with_its_theory(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("solvable.phase.map_drawing.draw", lambda *words, **_: drawn.append(words))
    axes = {"x": [0.5, 1.0], "y": [0.1, 0.2]}
    for found in (grid("scalar-map", axes, store=tmp_path / "map"), load(tmp_path / "map")):
        found.plot()
        assert drawn[-1][1].name == "scalar-map"
    own = dataclasses.replace(find_diagram("scalar-map"), title="mine")
    grid(own, axes).plot()
    assert drawn[-1][1] is own
    grid(lambda x, y: x, axes).plot("value")
    assert drawn[-1][1:] == (None, "value")


@pytest.mark.sweep("zarr", "xarray")
def test_a_finished_zarr_map_opens_in_xarray(mine, tmp_path):
    import xarray

    found = grid(mine.plain, SMALL, store=tmp_path / "map.zarr")
    data = xarray.open_zarr(tmp_path / "map.zarr", consolidated=False)
    np.testing.assert_array_equal(data["sum"].values, found.values["sum"])
    np.testing.assert_array_equal(data["x"].values, SMALL["x"])
    assert data["unresolved"].dims == ("x", "y")
