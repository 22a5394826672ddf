"""``solvable derive``: text, LaTeX, checks, bad input."""

import sys
from types import ModuleType

import pytest

from solvable.cli import main


def run(capsys, *words):
    code = main(["derive", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_steps_are_numbered_and_end_in_the_modified_loss(capsys):
    code, out, err = run(capsys, "gradient-descent")
    assert code == 0
    assert "\n1. " in out
    assert "(1) L + h (1/4) |grad L|^2" in out
    assert "--check" in err


def test_checks_are_printed(capsys):
    code, out, _ = run(capsys, "HeavyBall", "--order", "2", "--check")
    assert code == 0
    assert out.count("passed  ") == 2
    assert "FAILED" not in out


def test_latex_comes_with_checks_as_comments(capsys):
    code, out, _ = run(capsys, "mirror", "--latex", "--check")
    assert code == 0
    assert r"\begin{enumerate}" in out
    after = out.split("Source:")[1].splitlines()[1:]
    assert [line for line in after if line]
    assert all(line.startswith("% passed") for line in after if line)


def test_order_counts_the_terms(capsys):
    _, short, _ = run(capsys, "nesterov", "--order", "1")
    _, long, _ = run(capsys, "nesterov", "--order", "4")
    assert "h^3 [" in long
    assert "h^3 [" not in short


def test_a_failed_check_exits_1(capsys, monkeypatch):
    import derivations
    from derivations.derivation import Derivation, Line

    wrong = Derivation("curl", "Title", (Line("words"),), (("1 = 2", lambda: (False, "1")),), "nowhere")
    monkeypatch.setattr(derivations, "derive", lambda name, order: wrong, raising=False)
    code, out, _ = run(capsys, "curl", "--check")
    assert code == 1
    assert "FAILED  1 = 2 (1)" in out


def test_list(capsys):
    code, out, _ = run(capsys, "--list")
    assert code == 0
    assert {"adam", "mirror", "heavy_ball"} <= set(out.split())


BAD = (
    [],
    ["nothing"],
    ["adam", "--order", "0"],
    ["adam", "--order", "40"],
    ["adam", "--order", "x"],
    ["curl", "--order", "2"],
)


@pytest.mark.parametrize("words", BAD)
def test_bad_input_is_one_line_and_exit_2(capsys, words):
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("solvable")
    assert "error: " in err


def test_an_unknown_name_is_told_what_exists(capsys):
    _, _, err = run(capsys, "heavybal")
    assert "did you mean heavy_ball?" in err
    assert "label_noise" in err


def test_a_foreign_package_of_that_name(capsys, monkeypatch):
    foreign = ModuleType("derivations")
    foreign.__file__ = "/elsewhere/derivations/__init__.py"
    monkeypatch.setitem(sys.modules, "derivations", foreign)
    code, out, err = run(capsys, "curl")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "is not the one of solvable, it is /elsewhere/derivations/__init__.py" in err
