"""Peak memory of an ensemble against the number of its steps, and against what it saves.

From ``/proc``, since what ``getrusage`` calls the peak of a process begins with that of its parent. Elsewhere than on
Linux the table is empty.
"""

from __future__ import annotations

from pathlib import Path

from . import Report
from .children import SETTING, cost_of

TITLE = "peak memory of 1,024 trajectories (n = 20, d = 40) over that of the imports, in a fresh process"
MEMBERS = 1024
COLUMNS = "steps", "saved", "peak MB", "MB of what is returned"
RUN = """
def peak():
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
def forget():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
sizes = np.geomspace(1e-3, 2e-2, 8)
simulate(model, GradientDescent(sizes), model.init(scale=0.1), steps=4)
forget()
before = peak()
run = simulate(
    model, GradientDescent(np.geomspace(1e-3, 2e-2, {members})), model.init(scale=0.1), steps={steps}, save={save}
)
print(peak() - before, run.theta.nbytes)
"""
FULL_SECONDS = 8.0


def measure(seconds: float) -> Report:
    """The same ensemble over 100 to 10,000 steps, then with saves (fewer steps where there is less time)."""
    if not Path("/proc/self/clear_refs").exists():
        return Report(COLUMNS, ())
    share = min(1.0, seconds / FULL_SECONDS)
    cases: list[tuple[int, int | None]] = [(round(share * steps), None) for steps in (100, 1000, 10_000)]
    cases += [(round(share * 1000), saves) for saves in (10, 100)]
    return Report(COLUMNS, tuple(_row(*case) for case in cases))


def _row(steps: int, save: int | None) -> tuple[str, str, float, float]:
    lines = SETTING + RUN.format(members=MEMBERS, steps=max(1, steps), save=save)
    peak, returned = map(int, cost_of(lines)[2].split())
    return f"{max(1, steps):,}", "start and end" if save is None else str(save), peak / 1e6, returned / 1e6
