"""The tutorial runs from top to bottom, asserts what it prints, and fails on a wrong lemma."""

import ast
import runpy
from pathlib import Path

import pytest

import figures

SCRIPT = Path(figures.__file__).parent / "tutorial" / "verify_your_theorem.py"


def run(path, folder, monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(folder))
    return runpy.run_path(str(path), run_name="tutorial")


def test_ten_steps_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    names = run(SCRIPT, tmp_path, monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(".")[0] for line in lines if line[0] != " "] == [str(k) for k in range(1, 11)]
    assert "off by" in lines[3]
    assert names["many"].applicable == 20
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"mine.csv", "tall.csv", "mine2026-small-is-sparse-worst.npz", "phases.png"}


@pytest.mark.parametrize(("right", "wrong"), [("np.log(np.abs(u / v))", "2 * np.log(np.abs(u / v))"),
                                              ("a, xi = np.abs(u * v)", "a, xi = 2 * np.abs(u * v)")])  # fmt: skip
def test_a_wrong_lemma_does_not_pass(right, wrong, tmp_path, monkeypatch, capsys):
    text = SCRIPT.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "wrong.py").write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(AssertionError):
        run(tmp_path / "wrong.py", tmp_path, monkeypatch)
    assert capsys.readouterr().out.splitlines()[-1].startswith("4. ")


def test_what_is_printed_is_asserted_at_once():
    body = ast.parse(SCRIPT.read_text(encoding="utf-8")).body
    printed = [k for k, node in enumerate(body) if isinstance(node, ast.Expr) and "print(" in ast.unparse(node)[:6]]
    assert len(printed) == 11
    assert all(isinstance(body[k + 1], ast.Assert) for k in printed)


def test_every_step_is_a_cell():
    text = SCRIPT.read_text(encoding="utf-8")
    for k in range(1, 11):
        assert f"\n# %% {k}. " in text
