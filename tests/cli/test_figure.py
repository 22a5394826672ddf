"""``solvable figure``: files, names, bad input, foreign packages."""

import sys
from types import ModuleType

import pytest

from solvable.cli import main

QUICK = "hypentropy-potential"


def run(capsys, *words):
    code = main(["figure", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_files_and_drawing_again(capsys, tmp_path):
    code, out, _ = run(capsys, "HypentropyPotential", "--out", tmp_path)
    assert code == 0
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [f"{QUICK}.{suffix}" for suffix in ("json", "npz", "png")]
    assert len(out.splitlines()) == 3
    picture = tmp_path / f"{QUICK}.png"
    before = picture.read_bytes()
    picture.unlink()
    assert run(capsys, QUICK, "--from-data", "--out", tmp_path)[0] == 0
    assert picture.read_bytes() == before


def test_output_goes_to_the_current_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, QUICK)[0] == 0
    assert (tmp_path / f"{QUICK}.png").is_file()


def test_list(capsys):
    code, out, _ = run(capsys, "--list")
    assert code == 0
    assert any(line.startswith("kernel-to-rich ") for line in out.splitlines())


@pytest.mark.parametrize("words", [[], ["nothing"], [QUICK, "--from-data"], [QUICK, "--out", "{file}"]])
def test_bad_input_is_one_line_and_exit_2(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    code, out, err = run(capsys, *[word.format(file="file") for word in words])
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("solvable: error: ")
    assert "Traceback" not in err


def test_a_foreign_package_of_that_name(capsys, monkeypatch):
    foreign = ModuleType("figures")
    foreign.__file__ = "/elsewhere/figures/__init__.py"
    monkeypatch.setitem(sys.modules, "figures", foreign)
    code, out, err = run(capsys, QUICK)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "is not the one of solvable, it is /elsewhere/figures/__init__.py" in err
