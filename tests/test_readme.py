"""What the README says to type works, and prints what it says."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from solvable.cli import main

README = Path(__file__).parent.parent / "README.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def example(word):
    """The only Python example in which the word stands."""
    (found,) = [block for block in blocks("python") if word in block]
    return compile(found, "README.md", "exec")


def test_the_example_runs_and_agrees_with_theory(capsys):
    exec(example("SGD(step_size=0.01)"), {})
    status, distance = capsys.readouterr().out.split()
    assert status == "HORIZON"
    assert float(distance) < 1e-12


def test_a_run_that_never_converges_keeps_its_ledger(capsys):
    exec(example("slow_flow_diagonal"), {})
    exact, slow = (float(word) for word in capsys.readouterr().out.split())
    assert exact < 1e-12 < slow < 0.3


def test_label_noise_selects_the_weighted_nuclear_norm(capsys):
    exec(example("label_noise_weights"), {})
    weighted, plain = (float(distance) for distance in ast.literal_eval(capsys.readouterr().out))
    assert weighted < 0.2
    assert plain > 0.5


def test_the_flow_from_a_small_start_bends_little_more_than_it_must(capsys):
    exec(example("least_curvature"), {})
    bend, least, pins, knots = (float(word) for word in capsys.readouterr().out.split())
    assert least <= bend < 1.01 * least
    assert (pins > 10, knots) == (True, 3)


def test_the_modified_equation_gains_an_order_a_term(capsys):
    exec(example("modified_field"), {})
    penalty, no_loss, errors = capsys.readouterr().out.splitlines()
    assert penalty == "(a**2 + b**2)*(a*b - 1)**2/4"
    assert no_loss == "no loss of three terms"
    first, second, third = (float(error) for error in ast.literal_eval(errors))
    assert first > 5 * second > 25 * third


def test_the_users_theorem_is_verified(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(blocks("python")[5], encoding="utf-8")
    assert main(["verify", str(file)]) == 0
    assert "mine2026-balancedness" in capsys.readouterr().out


def test_two_commands_and_the_pictures_that_it_embeds():
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 2
    assert all(line.startswith("python3 -m venv .venv && ") for line in commands)
    pictures = re.findall(r"\]\((figures/[^)]+\.png)\)", README.read_text(encoding="utf-8"))
    assert len(pictures) == 2
    missing = [name for name in pictures if not (README.parent / name).exists()]
    assert missing == []


def test_the_users_map_is_made_and_resumed(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(blocks("python")[6], encoding="utf-8")
    (command,) = re.findall(
        r"^\$ solvable (phase map mine\.py step.*)$", README.read_text(encoding="utf-8"), re.MULTILINE
    )
    words = [*command.split(), "--executor", "threads", "--json"]
    assert main(words) == 0
    first, progress = capsys.readouterr()
    assert "phase: 900/900 cells" in progress
    assert (tmp_path / "mine.png").stat().st_size > 10_000
    assert main(words) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["computed"], again["values"]) == (0, json.loads(first)["values"])
    assert 0 < again["unresolved"] < 900


COMMANDS = (
    "verify", "list", "show", "cite", "falsify", "simulate", "phase", "derive", "figure", "bench", "doctor", "warmup",
)  # fmt: skip


@pytest.mark.parametrize("word", COMMANDS)
def test_every_command_of_the_table_exists(word, capsys):
    assert main([word, "--help"]) == 0
    assert word in capsys.readouterr().out
