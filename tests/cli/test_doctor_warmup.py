"""``solvable doctor`` and ``solvable warmup``, on caches of their own."""

import os
import re
import subprocess
import sys

import pytest

from solvable.cli import main
from solvable.cli.cache import is_ours
from solvable.cli.warmup import all_kernels


def solvable(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "solvable.cli", *words],
        capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


def test_doctor_finds_everything(capsys):
    assert main(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert not err
    for name in ("numba", "cores", "threads", "BLAS", "cache", "source hash", "cached", "extra bench"):
        assert re.search(rf"(?m)^{name} +\S", out)
    assert "BROKEN" not in out
    assert re.search(r"(?m)^figures +ours$", out)
    assert re.search(r"(?m)^derivations +ours$", out)


def test_cleaning_removes_old_folders_of_ours_only(tmp_path):
    old, strange, linked = (tmp_path / f"kernels-{20 * digit}" for digit in "012")
    foreign = tmp_path / "numba-cache"
    for folder in (old, strange, foreign):
        folder.mkdir()
        (folder / "f.nbi").write_bytes(b"x")
    (strange / "thesis.tex").write_text("x")
    linked.symlink_to(foreign)
    done = solvable("doctor", "--clean-cache", NUMBA_CACHE_DIR=str(tmp_path))
    assert done.returncode == 0
    assert str(old) in done.stdout
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("kernels-") or not is_ours(path)}
    assert left == {strange.name, linked.name, foreign.name}
    assert not old.exists()
    (current,) = [path for path in tmp_path.iterdir() if is_ours(path)]
    assert solvable("doctor", "--clean-cache", NUMBA_CACHE_DIR=str(tmp_path)).stdout == "no old folders\n"
    assert current.exists()


def test_doctor_with_no_writable_cache_says_so(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    done = solvable("doctor", NUMBA_CACHE_DIR=str(file / "below"))
    assert done.returncode == 0
    assert "TEMPORARY" in done.stdout
    assert "no writable cache folder" in done.stderr


def test_every_kernel_is_found():
    kernels = all_kernels()
    assert "fused.diagonal_descent.descend_diagonal" in kernels
    assert "dop853.advance" in kernels
    assert "rosenbrock.advance" in kernels


def test_warmup_compiles_and_reports(capsys):
    assert main(["warmup"]) == 0
    out, err = capsys.readouterr()
    total = len(all_kernels())
    assert re.match(rf"{total} kernels ready in [\d.]+ s", out)
    assert f"[{total}/{total}]" in err
    assert main(["warmup", "--quiet"]) == 0
    assert not capsys.readouterr().err


@pytest.mark.parametrize("warm", [True, False])
def test_verify_warms_a_cold_cache_once(capsys, monkeypatch, tmp_path, warm):
    from solvable.cli import warmup
    from solvable.integrators import compile as compiling

    if warm:
        (tmp_path / "f.nbi").write_bytes(b"x")
    compiled = []

    def compile_all(on_kernel):
        on_kernel(1, 1, "f", 0.0)
        compiled.append(1)
        return 1, 0.0

    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(warmup, "compile_all", compile_all)
    warmup.warm_if_cold()
    assert len(compiled) == (0 if warm else 1)
    said = capsys.readouterr().err
    assert ("compiling all kernels" in said) == ("[1/1] f" in said) == (not warm)
