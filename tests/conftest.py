"""Claims of an imaginary user, for the tests of claims and of the commands; a SIGINT that is heard; extras; costs.

A cost is a ratio of processor times inside one run, never seconds: a shared core is several times slower at times.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from statistics import median

import pytest
from threadpoolctl import threadpool_limits

USER_CLAIMS = """\
import numpy as np
import solvable.claims
from solvable.claims import claim


def draw(rng, n=6, d=3):
    X = rng.standard_normal((n, d))
    return {"X": X, "y": X @ rng.standard_normal(d), "weights": rng.uniform(1.0, 2.0, n)}


@claim("me2026-normal", statement=r"$X^T (X b - y) = 0$", source="me", rivals=("zero",), hypotheses=("tall",))
def normal(lab):
    p = lab.instance(draw)
    lab.require("tall", p["X"].shape[0] >= p["X"].shape[1])
    fit = np.linalg.lstsq(p["X"], p["y"], rcond=None)[0]
    exact = np.linalg.solve(p["X"].T @ p["X"], p["X"].T @ p["y"])
    lab.identity(fit, exact, rivals={"zero": 0 * exact}, tolerance=1e-8, reason="conditioning")


@claim("me2026-doubled", statement=r"$x = 2x$", source="me", rivals=("zero",))
def doubled(lab):
    lab.identity(1.0, 2.0, rivals={"zero": 0.0})


@claim("me2026-blind", statement=r"$x = x$", source="me", rivals=("almost",))
def blind(lab):
    lab.identity(1.0, 1.0, rivals={"almost": 1.0 + 1e-10})


@claim("me2026-planted", statement=r"$\\|y\\|_\\infty < 500$", source="me")
def planted(lab):
    lab.bound(np.abs(lab.instance(draw)["y"]), 500.0)
"""


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard():
    """A shell starts what it runs in the background deaf to SIGINT, and so would be every process of a test."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_runtest_setup(item):
    for mark in item.iter_markers("sweep"):
        missing = ", ".join(name for name in mark.args if find_spec(name) is None)
        if missing and os.environ.get("SOLVABLE_SWEEP"):
            pytest.fail(f"SOLVABLE_SWEEP is set, but there is no {missing}")
        if missing:
            pytest.skip(f"no {missing}")


def _processor_seconds(work):
    before = time.process_time()
    work()
    return time.process_time() - before


@pytest.fixture
def costs_at_most():
    """A check that `work` takes at most `times` the processor time of `unit`, by the median of rounds in turn."""

    def check(times, work, unit):
        with threadpool_limits(1, user_api="blas"):
            unit()
            ratios = []
            while len(ratios) < 9:
                ratios.append(_processor_seconds(work) / _processor_seconds(unit))
                if median(ratios) <= times:
                    return
        raise AssertionError(f"{median(ratios):.3g} times the unit, at most {times} are allowed")

    return check


@pytest.fixture(scope="session")
def seconds_of_start():
    """Processor seconds of a start of the interpreter with these words; 12 ms for ``-c pass`` where nobody disturbs."""

    def measure(*words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return measure


@pytest.fixture
def user_file(tmp_path):
    path = tmp_path / "my_claims.py"
    path.write_text(USER_CLAIMS)
    return path


@pytest.fixture
def user_claims(user_file):
    from solvable.claims.loading import claims_in, load_file

    return {claim.name: claim for claim in claims_in(load_file(user_file))}
