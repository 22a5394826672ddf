"""No stale kernel: the cache follows every source, survives read-only places, and is not written twice."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import solvable
from solvable.integrators import compile as floor
from solvable.integrators.signatures import VECTOR, void

# A kernel of one file (noise) that calls a helper of another (philox).
SCRIPT = """
import numpy as np
from solvable.integrators.noise import fill_tile
out = np.empty((2, 1))
fill_tile(np.uint64(0), np.zeros(1, np.int64), 0, np.uint64(2), out)
print(repr(out.tolist()))
"""


def run(home, *, script=SCRIPT, **environment):
    """stdout and stderr of a fresh interpreter that sees the package below `home` and no cache setting of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "XDG_"))}
    kept |= {"PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", script], env=kept, capture_output=True, text=True, check=True, cwd=home
    )
    return done.stdout.strip(), done.stderr.strip()


def snapshot(folder):
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in Path(folder).rglob("*") if p.is_file()}


@pytest.fixture
def copy(tmp_path):
    """A folder with a copy of the package of our own."""
    source = Path(solvable.__file__).parent
    shutil.copytree(source, tmp_path / "home" / "solvable", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "home"


def test_editing_a_helper_changes_the_next_result(copy, tmp_path):
    cache, helper = tmp_path / "cache", copy / "solvable" / "integrators" / "philox.py"
    setting = {"NUMBA_CACHE_DIR": str(cache)}
    original, stamp = helper.read_text(), helper.stat()
    first, _ = run(copy, **setting)
    files = snapshot(cache)
    assert files

    edited = original.replace("range(10)", "range(9)")
    assert edited != original
    helper.write_text(edited)
    second, _ = run(copy, **setting)
    assert second != first
    assert snapshot(cache).items() >= files.items()

    helper.write_text(original)  # a new time stamp: the result is right at once ...
    third, _ = run(copy, **setting)
    assert third == first

    os.utime(helper, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    run(copy, **setting)
    settled = snapshot(cache)
    fourth, _ = run(copy, **setting)  # ... and the old folder serves again
    assert fourth == first
    assert snapshot(cache) == settled
    assert len([p for p in cache.iterdir() if p.name.startswith("kernels-")]) == 2


def test_without_a_writable_place_a_temporary_folder_is_used_and_said_once(copy, tmp_path):
    temporary, nowhere = tmp_path / "temporary", tmp_path / "file"
    temporary.mkdir()
    nowhere.write_text("a file where the home folder should be")
    package = snapshot(copy)
    out, err = run(copy, HOME=str(nowhere), TMPDIR=str(temporary))
    said = [line for line in err.splitlines() if "no writable cache folder" in line]
    assert len(said) == 1
    assert str(temporary) in said[0]
    assert "Traceback" not in err
    assert out.startswith("[[")
    assert snapshot(copy) == package
    folder = next(temporary.glob("solvable-*"))
    assert snapshot(folder)
    assert folder.stat().st_mode & 0o077 == 0
    files = snapshot(folder)
    assert run(copy, HOME=str(nowhere), TMPDIR=str(temporary))[0] == out
    assert snapshot(folder) == files


def test_a_foreign_temporary_folder_is_not_trusted(copy, tmp_path):
    """Somebody else may have made it first, open to all: cached machine code must not be read from it."""
    temporary, nowhere = tmp_path / "temporary", tmp_path / "file"
    trap = temporary / f"solvable-{os.getuid()}"
    trap.mkdir(parents=True)
    trap.chmod(0o777)
    nowhere.write_text("")
    run(copy, HOME=str(nowhere), TMPDIR=str(temporary))
    assert snapshot(trap) == {}


def test_the_cache_folder_of_the_user(copy, tmp_path):
    run(copy, XDG_CACHE_HOME=str(tmp_path / "xdg"))
    assert snapshot(tmp_path / "xdg" / "solvable")


def test_a_second_process_compiles_and_writes_nothing_wherever_the_package_lies(copy, tmp_path):
    setting = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    count = SCRIPT + "print(sum(fill_tile.compiled.stats.cache_misses.values()))"
    first, _ = run(copy, script=count, **setting)
    files = snapshot(tmp_path / "cache")
    second, _ = run(copy.rename(tmp_path / "elsewhere"), script=count, **setting)
    assert (first[-1], second[-1]) == ("1", "0")
    assert snapshot(tmp_path / "cache") == files


SIMULATIONS = """
import numpy as np
from solvable import *
rng = np.random.default_rng(0)
net = DiagonalLinearNetwork(rng.standard_normal((3, 5)), rng.standard_normal(3))
line = LinearRegression(net.X, net.y)
for model in (net, line, ScalarFactorization(depth=3)):
    for dynamics in (GradientDescent(0.01), SGD(0.01), GradientFlow(rtol=1e-6)):
        horizon = {"time": 1.0} if dynamics.clock == "time" else {"steps": 100}
        print(simulate(model, dynamics, model.init(scale=0.3), **horizon).final.tolist())
"""


@pytest.mark.slow
def test_a_second_process_simulates_without_writing(copy, tmp_path):
    setting = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    first, _ = run(copy, script=SIMULATIONS, **setting)
    files = snapshot(tmp_path / "cache")
    assert run(copy, script=SIMULATIONS, **setting)[0] == first
    assert snapshot(tmp_path / "cache") == files


def test_our_folder_is_not_forced_on_other_packages():
    from numba.core import config

    before = [getattr(config, name, "") for name in ("CACHE_DIR", "CACHE_LOCATOR_CLASSES")]
    floor.helper(lambda x: x + 1.0)
    assert before == [getattr(config, name, "") for name in ("CACHE_DIR", "CACHE_LOCATOR_CLASSES")]


def test_the_hash_sees_every_compiled_source():
    named = {p.name for folder in floor._SOURCES for p in folder.rglob("*.py")}
    assert {"philox.py", "diagonal.py", "diagonal_sgd.py", "checks.py"} <= named


def test_threads_that_come_together_wait_for_one_compilation():
    kernel = floor.kernel(void(VECTOR))(_double)
    found = []
    threads = [threading.Thread(target=lambda: found.append(kernel.compiled)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(function is found[0] for function in found)
    x = np.ones(2)
    kernel(x)
    assert x.tolist() == [2.0, 2.0]


def _double(x):
    for k in range(x.size):
        x[k] *= 2.0


KERNEL = """
from numba import float64

from solvable.integrators.compile import kernel


@kernel(float64(float64))
def squared(x):
    return x * x
"""

CALL = """
from contextlib import nullcontext
from solvable.integrators import compile as floor
floor.PATIENCE = 0.0
from mine import squared
with MANNER():
    print(squared(3.0))
"""


def test_a_compilation_is_announced_and_a_load_is_not(tmp_path):
    (tmp_path / "mine.py").write_text(KERNEL)
    home = f"{Path(solvable.__file__).parent.parent}{os.pathsep}{tmp_path}"
    said = []
    for cache, manner in (("a", "nullcontext"), ("a", "nullcontext"), ("b", "floor.unannounced")):
        environment = {"PYTHONPATH": home, "NUMBA_CACHE_DIR": str(tmp_path / cache)}
        out, err = run(tmp_path, script=CALL.replace("MANNER", manner), **environment)
        assert out == "9.0"
        said.append(err)
    assert said == ["solvable: compiling squared (once; kept for later runs) ...", "", ""]
