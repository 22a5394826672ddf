"""Maps against plain loops; what is refused; interruption; the same bits on every executor."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import solvable
from solvable.claims.executors import THREADED_KINDS, close_executor, open_executor
from solvable.claims.tasks import start_worker
from solvable.phase import grid, load, vectorized
from solvable.phase.diagrams import find_diagram
from solvable.phase.execution import compute_there
from solvable.phase.measures import evaluate
from solvable.phase.sources import fetch, locate

ROOT = Path(solvable.__file__).parent.parent  # a child process imports what this one does, not the checkout


class Remote(Executor):
    """An executor of some other kind: gets plain data, works at once."""

    def submit(self, function, /, *arguments):
        future = Future()
        future.set_result(function(*arguments))
        return future


def test_a_map_is_a_loop(mine):
    x, y, z = [1.0, 2.0, 5.0], [0.5, 3.0], [-1.0, 0.0, 1.0, 2.0]

    def measure(z, x, y, seed, replica):
        return {"value": x - 3 * y + z**2, "seed": seed, "replica": replica, "unresolved": z > x}

    found = grid(measure, {"x": x, "y": y, "z": z}, seed=7)
    assert found.shape == (3, 2, 4)
    for k, (i, j, m) in enumerate(np.ndindex(3, 2, 4)):
        assert found.values["value"][i, j, m] == x[i] - 3 * y[j] + z[m] ** 2
        assert found.values["replica"][i, j, m] == k
        assert found.unresolved[i, j, m] == (z[m] > x[i])
    assert np.all(found.values["seed"] == 7)
    assert "unresolved" not in found.values
    assert found.provenance["finished"] == found.provenance["cells"] == 24


def test_arrays_and_numbers_give_the_same_map(same):
    def f(x, y):
        return x / (1 + y * y)

    axes = {"x": np.linspace(0, 1, 90), "y": np.linspace(-1, 1, 91)}
    one_by_one, in_tiles = grid(f, axes), grid(vectorized(lambda x, y: f(x, y)), axes)
    assert one_by_one.provenance["chunk_size"] != in_tiles.provenance["chunk_size"]
    assert same(one_by_one, in_tiles)


def test_a_cell_is_the_run_with_its_number(mine, axes):
    found = grid(mine.noisy, axes, seed=5)
    i, j = 4, 9
    model = solvable.DiagonalLinearNetwork([[1.0, 2.0, 0.5]], [1.0])
    start, noise = np.full(6, axes["scale"][j]), solvable.LabelNoiseSGD(axes["step_size"][i], 0.3)
    alone = solvable.simulate(model, noise, start, steps=50, seed=5, replica=i * 13 + j)
    assert found.values["loss"][i, j] == alone.final_loss


@pytest.mark.parametrize("kind", ["threads:2", "threads:3", "processes"])
def test_executors_give_the_same_bits(mine, axes, kind, same):
    here = grid(mine.noisy, axes, seed=3)
    if kind == "processes":
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), initializer=start_worker) as pool:
            assert same(grid(mine.noisy, axes, seed=3, executor=pool), here)
            assert same(
                grid(mine.plain, {"x": [1, 2], "y": [0, 1]}, executor=pool),
                grid(mine.plain, {"x": [1, 2], "y": [0, 1]}),
            )
            with pytest.raises(ValueError, match=r"plain failed at x=inf|axis x must be finite"):
                grid(mine.plain, {"x": [np.inf], "y": [0.0]}, executor=pool)
        return
    executor = open_executor(kind, kinds=THREADED_KINDS)
    assert same(grid(mine.noisy, axes, seed=3, executor=executor), here)
    close_executor(executor)


def test_threads_may_share_closures_and_other_processes_may_not(mine):
    def inner(x):
        return 2 * x

    axes = {"x": [1.0, 2.0]}
    with ThreadPoolExecutor(2) as pool:
        assert grid(inner, axes, executor=pool).values["value"].tolist() == [2.0, 4.0]
    for measure, name in ((inner, "inner"), (lambda x: x, "<lambda>"), (np.vectorize(abs), "vectorize")):
        with pytest.raises(ValueError, match=rf"measure .*{name}.* cannot run in another process: .*top of a module"):
            grid(measure, {"x": [1.0]} if name != "vectorize" else {"args": [1.0]}, executor=Remote())
    found = grid(mine.plain, {"x": [1.0], "y": [2.0]}, executor=Remote())
    assert found.values["sum"] == 21.0


def test_a_worker_compares_the_content_of_the_file(mine, mine_file):
    source = locate(mine.plain, "travel")
    assert source.module is None
    assert fetch(source) is mine.plain
    (mine_file.parent / "beside.py").write_text("A = 1\n")
    mine_file.write_text("import beside\n" + mine_file.read_text())
    fetch.cache_clear()
    with pytest.raises(ValueError, match="holds another plain"):
        compute_there(evaluate, source, {"x": np.ones(1), "y": np.ones(1)}, 0, np.zeros(1, dtype=int))
    changed = locate(mine.plain, "travel")
    (mine_file.parent / "beside.py").write_text("A = 2\n")
    assert len({source.digest, changed.digest, locate(mine.plain, "travel").digest}) == 3


def test_functions_of_modules_travel_by_module():
    source = locate(grid, "travel")
    assert (source.module, source.name) == ("solvable.phase.mapping", "grid")
    assert fetch(source) is grid


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (None, r"axes must name at least one parameter of .*f \(x\), got none"),
        ({}, r"axes must name at least one parameter of .*f \(x\), got none"),
        ([1, 2], "axes must be a mapping of names to values, got list"),
        ({"x": []}, "axis x must have at least one value"),
        ({"x": [[1.0]]}, "axis x must be 1-dimensional"),
        ({"x": [1.0, np.nan]}, r"axis x must be finite, but entry \(1,\) is nan"),
        ({"x": ["a"]}, "axis x must be an array of real numbers"),
        ({"x": [1.0, 2.0, 1.0]}, "axis x must not repeat a value, but 1 is there twice"),
        ({"x": [0.0, -0.0]}, "axis x must not repeat a value, but 0 is there twice"),
        ({"y": [1.0]}, "axis 'y' is no parameter of f"),
    ],
)
def test_bad_axes(axes, message):
    def f(x):
        return x

    with pytest.raises(ValueError, match=message) as caught:
        grid(f, axes)
    assert "\n" not in str(caught.value)


def test_bad_measures():
    axes = {"x": [1.0, 0.0, 2.0]}
    for measure, message in (
        (3, "measure must be a function or the name of a diagram, got 3"),
        ("nothing", "there is no diagram 'nothing'"),
        (lambda x: 1 / x, "<lambda> failed at x=0: ZeroDivisionError"),
        (vectorized(lambda x: x[0]), "one number a cell"),
        (vectorized(lambda x: [].pop()), r"failed at x=0\.\.2: IndexError"),
        (lambda x: "big", "must return numbers, but value is"),
        (lambda x: {"a": 1} if x else {"b": 1}, "must return the same names in every cell, got a and b"),
        (lambda x: {"a": 1, "unresolved": "maybe"}, r"must return True or False, but unresolved is \['maybe'\]"),
        (lambda x: {"x": 1}, "must not call a value 'x', like an axis"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            grid(measure, axes)
        assert "\n" not in str(caught.value)
    for options, message in (
        ({"axes": {"x": range(2**17), "y": range(2**16)}}, "at most 4294967296 cells, got 8589934592"),
        ({"seed": -1}, "seed must be"),
        ({"executor": 3}, "executor must be"),
        ({"progress": "x"}, "progress must be"),
    ):
        with pytest.raises(ValueError, match=message):
            grid(lambda x, y=0: x, **({"axes": axes} | options))


def test_axes_of_a_diagram_are_its_own_unless_given():
    found = grid("scalar-map", {"x": [0.5, 1.0]})
    assert list(found.axes) == ["y", "x"]
    assert found.shape[1] == 2
    assert found.shape[0] > 2
    with pytest.raises(ValueError, match="scalar-map has no axis 'z'; its axes are y, x"):
        grid("scalar-map", {"z": [1.0]})


@pytest.mark.parametrize("threads", [0, 2])
def test_an_interruption_keeps_what_is_finished(threads):
    """SIGINT in the middle of a long run: what the run gives then is thrown away, what came before it is kept."""
    model = solvable.LinearRegression([[1.0]], [1.0])
    # Compiled before: a thread that is left compiling would announce it in the middle of another test.
    solvable.simulate(model, solvable.GradientDescent(1e-9), [0.0], steps=1)
    running = threading.Event()

    def measure(x):
        if x < 2:
            return x
        running.set()
        return solvable.simulate(model, solvable.GradientDescent(1e-9), [0.0], steps=10**12).final_loss

    def interrupt():
        running.wait(600)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=interrupt)
    thread.start()
    executor = ThreadPoolExecutor(threads) if threads else None
    found = grid(measure, {"x": np.arange(4.0)}, executor=executor)
    close_executor(executor, interrupted=True)
    thread.join()
    assert found.provenance["interrupted"]
    assert found.provenance["finished"] == 2
    np.testing.assert_array_equal(found.values["value"], [0, 1, np.nan, np.nan])
    assert found.unresolved.tolist() == [False, False, True, True]
    assert "2 of 4 cells finished" in repr(found)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_executor_whose_workers_die_says_so_and_the_store_keeps_the_rest(mine, tmp_path):
    class Dying(Remote):
        left = 2

        def submit(self, function, /, *arguments):
            if self.left:
                self.left -= 1
                return super().submit(function, *arguments)
            future = Future()
            future.set_exception(RuntimeError("killed"))
            return future

    axes = {"x": np.arange(20.0), "y": np.arange(10.0)}
    with pytest.raises(RuntimeError, match="killed"):
        grid(mine.plain, axes, executor=Dying(), store=tmp_path / "map")
    assert load(tmp_path / "map").provenance["finished"] == 2 * 4


CLUSTER = """
import sys
from solvable.claims.executors import close_executor, open_executor
from solvable.claims.loading import load_file
from solvable.phase import grid
import numpy as np

if __name__ == "__main__":
    executor = open_executor(sys.argv[2], jobs=2)
    axes = {"step_size": np.geomspace(0.01, 0.4, 11), "scale": np.linspace(0.1, 1.0, 13)}
    grid(load_file(sys.argv[1]).noisy, axes, seed=3, executor=executor).to_npz(sys.argv[3])
    close_executor(executor)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("dask", marks=pytest.mark.sweep("distributed")),
        pytest.param("loky", marks=pytest.mark.sweep("loky")),
        pytest.param("mpi", marks=pytest.mark.skipif(find_spec("mpi4py") is None, reason="no mpi4py")),
    ],
)
def test_clusters_give_the_same_bits(mine, mine_file, axes, kind, tmp_path, same):
    launcher = [sys.executable]
    if kind == "mpi":
        beside = Path(sys.executable).parent / "mpiexec"
        mpiexec = str(beside) if beside.exists() else shutil.which("mpiexec")
        if mpiexec is None:
            pytest.skip("there is no mpiexec")
        launcher = [mpiexec, "-n", "2", sys.executable, "-m", "mpi4py.futures"]
    (tmp_path / "run.py").write_text(CLUSTER)
    asked = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    environment = {**os.environ, **asked, "PYTHONPATH": str(ROOT)}
    words = [*launcher, str(tmp_path / "run.py"), str(mine_file), kind, str(tmp_path / "map.npz")]
    subprocess.run(words, check=True, timeout=600, env=environment, cwd=tmp_path)
    assert same(load(tmp_path / "map.npz"), grid(mine.noisy, axes, seed=3))


@pytest.mark.slow
def test_a_million_cells_take_less_than_ten_seconds():
    axes = find_diagram("scalar-map").axis_values(fine=True)
    grid("scalar-map", {name: values[:3] for name, values in axes.items()})  # compile
    with ThreadPoolExecutor(2) as pool:
        found = grid("scalar-map", axes, executor=pool)
    assert found.provenance["finished"] >= 1_000_000
    assert found.provenance["seconds"] < 10
