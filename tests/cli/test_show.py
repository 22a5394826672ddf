"""``solvable show``: one claim as a lecture note, from its statement to its pictures."""

import sys
from types import ModuleType

from solvable.claims.registry import find_claim
from solvable.claims.source import notes
from solvable.cli import main
from solvable.cli.show import lecture

CLAIM = "woodworth2020-hypentropy"


def shown(capsys, *words):
    assert main(["show", *words]) == 0
    return capsys.readouterr().out


def test_from_the_statement_to_the_picture(capsys):
    text = shown(capsys, CLAIM)
    assert "  data       X (n, d), y (n,); drawn with n = 8, d = 20;" in text
    assert "  run        solvable verify woodworth2020-hypentropy\n" in text
    assert "  figure     solvable figure kernel-to-rich\n" in text
    words = " ".join(notes(find_claim(CLAIM)).split())
    assert words in " ".join(text.split())
    # A path is one word: where the package lives may make its line longer.
    wrapped = [line for line in text.splitlines() if not line.startswith("  code ")]
    assert max(map(len, wrapped)) <= 100


def test_formulas_keep_their_lines():
    assert lecture("Words\nof one paragraph.\n\n    a = b\n    c = d\n\n- one\n- two") == [
        "  Words of one paragraph.",
        "",
        "      a = b",
        "      c = d",
        "",
        "  - one",
        "  - two",
        "",
    ]


def test_without_the_figures_of_the_package(capsys, monkeypatch):
    foreign = ModuleType("figures")
    foreign.__file__ = "/elsewhere/figures/__init__.py"
    monkeypatch.setitem(sys.modules, "figures", foreign)
    assert "solvable figure" not in shown(capsys, CLAIM)


def test_the_document_escapes_what_is_no_mathematics(capsys):
    text = shown(capsys, CLAIM, "--latex")
    assert r"\item[data] X (n, d), y (n,)" in text
    assert r"u\^{}2 - v\^{}2" in text
    assert r"\beta_\infty = \mathrm{argmin}_{Xb=y}" in text
