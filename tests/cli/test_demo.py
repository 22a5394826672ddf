"""``solvable demo``: names, and what it says where it cannot serve a page."""

import pytest

from figures.demos import NAMES
from solvable.cli import main


def run(capsys, *words):
    code = main(["demo", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_without_a_name_it_lists_them(capsys):
    code, out, _ = run(capsys)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(NAMES)


def test_without_marimo_one_line_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, out, err = run(capsys, "diagonal")
    assert (code, out) == (2, "")
    assert err == "solvable: error: a demonstration needs marimo: pip install marimo\n"


@pytest.mark.parametrize("words", [["nothing"], ["diagonal", "--port", "0"], ["diagonal", "--port", "x"]])
def test_bad_input_is_one_line_and_exit_2(capsys, words):
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "error: " in err
