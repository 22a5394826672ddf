"""The pytest plugin, in a pytest of its own: claims are tests, and those who have none pay nothing."""

import subprocess
import sys

CLAIMS = """
from solvable.claims import claim

@claim("me2026-good", statement="$x$", source="me", rivals=("r",))
def good(lab):
    x = lab.instance(lambda rng: {"x": rng.standard_normal(3)})["x"]
    lab.identity(x, x, rivals={"r": x + 1})

@claim("me2026-doubled", statement="$x = 2 x$", source="me")
def test_doubled(lab):
    lab.identity(1.0, 2.0, reason="rounding")

@claim("me2026-excluded", statement="$x$", source="me", hypotheses=("tall",))
def excluded(lab):
    lab.require("tall", False)

@claim("me2026-open", statement="$x$", source="me", rivals=("r",))
def still_open(lab):
    lab.identity(1.0, 1.0, rivals={"r": 1.0})

@claim("me2026-seeded", statement="$x$", source="me")
def seeded(lab):
    lab.identity(lab.seed in (5, 6), True)

def test_ordinary():
    pass
"""


def pytest_in(folder, *options):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--strict-markers", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_claims_are_tests(tmp_path):
    (tmp_path / "test_claims.py").write_text(CLAIMS)
    done = pytest_in(tmp_path, "--solvable-seed", "5")
    text = done.stdout
    assert done.returncode == 1
    assert "2 failed, 3 passed, 1 skipped" in text
    for passed in ("me2026-good", "me2026-seeded", "test_ordinary"):
        assert f"PASSED test_claims.py::{passed}" in text
    for failed in ("me2026-doubled", "me2026-open"):
        assert f"FAILED test_claims.py::{failed}" in text
    assert "identity outside: error 0.5, tolerance 1e-10 (measured 1, predicted 2)" in text
    assert "rival r: NOT rejected" in text
    assert "again: solvable verify test_claims.py::me2026-doubled --seed 5" in text
    assert "Traceback" not in text
    assert "not applicable: the hypothesis 'tall' does not hold" in text
    command = [sys.executable, "-m", "solvable.cli", "verify", "test_claims.py::me2026-doubled", "--seed", "5"]
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout.count("REFUTED")) == (1, 2)  # in the table and above the details
    chosen = pytest_in(tmp_path, "-k", "seeded", "--solvable-seed", "5", "--solvable-instances", "2")
    assert "1 passed, 5 deselected" in chosen.stdout


def test_nothing_heavy_for_those_who_have_no_claims(tmp_path):
    (tmp_path / "test_plain.py").write_text(
        "import sys\n"
        "def test_light():\n"
        "    assert 'solvable.pytest_plugin' in sys.modules\n"
        "    for name in ('numpy', 'numba', 'sympy', 'scipy', 'matplotlib', 'solvable.claims'):\n"
        "        assert name not in sys.modules\n"
    )
    done = pytest_in(tmp_path, "-p", "no:hypothesispytest")
    assert done.returncode == 0, done.stdout
