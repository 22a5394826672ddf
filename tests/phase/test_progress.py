"""What is told while a map is made: to a function, a pipe, a terminal."""

import io
import sys

from solvable.phase import grid
from solvable.phase import progress as module
from solvable.phase.progress import display

AXES = {"x": range(20), "y": range(10)}


def test_a_function_hears_cells_done_and_in_all():
    heard = []
    grid(lambda x, y: x + y, AXES, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(4 * k, 200) for k in range(1, 51)]


def test_a_pipe_gets_few_lines_with_rate_and_time_left(capsys, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: clock[0])
    with display(resumed=40)(100) as tick:
        for done in range(41, 101):
            clock[0] += 0.25
            tick(done)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "phase: 44/100 cells, 4 cells/s, 14 s left"
    assert lines[-1] == "phase: 100/100 cells, 4 cells/s, 15.0 s"
    assert len(lines) == 15


def test_a_terminal_gets_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with display()(100) as tick:
        tick(60)
    assert "60/100" in screen.getvalue()
    assert "/s" in screen.getvalue()
