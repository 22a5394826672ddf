"""Running claims: here, through executors, interrupted, and what the report says."""

import io
import json
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import solvable
from solvable.claims import Report, Verdict, claim, falsify, verify
from solvable.claims.errors import UsageError
from solvable.claims.executors import open_executor
from solvable.claims.tasks import start_worker
from solvable.claims.verification import run_claims

ROOT = Path(solvable.__file__).parent.parent  # a child process imports what this one does, not the checkout


def comparable(report):
    return [(r.id, r.verdict, [(o.seed, o.evidence, o.message) for o in r.outcomes]) for r in report]


def test_verdicts_and_exit_codes(user_claims):
    expected = {
        "normal": (Verdict.VERIFIED, 0),
        "doubled": (Verdict.REFUTED, 1),
        "blind": (Verdict.INCONCLUSIVE, 3),
        "planted": (Verdict.VERIFIED, 0),
    }
    for name, (verdict, code) in expected.items():
        report = verify(user_claims[name])
        assert (report[0].verdict, report.exit_code) == (verdict, code)
    assert verify(user_claims.values()).exit_code == 1


def test_instances_are_fresh_and_reachable_by_seed(user_claims):
    many = verify(user_claims["normal"], instances=4)[0]
    assert [outcome.seed for outcome in many.outcomes] == [0, 1, 2, 3]
    assert len({outcome.evidence[0].numbers["measured"] for outcome in many.outcomes}) == 4
    alone = verify(user_claims["normal"], seed=3)[0]
    assert alone.outcomes[0].evidence == many.outcomes[3].evidence


def test_instances_count_the_applicable_ones():
    @claim("me2026-even", statement="$x$", source="me", hypotheses=("even",))
    def even(lab):
        lab.require("even", lab.seed % 2 == 0)
        lab.identity(1, 1)

    result = verify(even, instances=5)[0]
    assert (result.verdict, result.applicable) == (Verdict.VERIFIED, 3)
    assert "VERIFIED 3/5" in str(verify(even, instances=5))
    assert verify(even, seed=1)[0].verdict is Verdict.NOT_APPLICABLE
    assert verify(even, seed=1).exit_code == 0

    @claim("me2026-never", statement="$x$", source="me", hypotheses=("never",))
    def never(lab):
        lab.require("never", False)

    assert verify(never, instances=3)[0].verdict is Verdict.INCONCLUSIVE


def test_a_spawned_pool_gives_the_same_results(user_claims, tmp_path):
    claims = list(user_claims.values())
    np.savez(tmp_path / "d.npz", X=np.eye(4)[:, :2] + 0.1, y=np.arange(4.0))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, context, initializer=start_worker) as pool:
        assert comparable(verify(claims, instances=9, executor=pool)) == comparable(verify(claims, instances=9))
        for data in (tmp_path / "d.npz", dict(np.load(tmp_path / "d.npz"))):
            elsewhere = verify(claims, data=data, executor=pool)
            assert comparable(elsewhere) == comparable(verify(claims, data=data))
    assert elsewhere[0].verdict is Verdict.VERIFIED


PARENT = """
import os, time
from solvable.claims.executors import open_executor
if __name__ == "__main__":
    print(open_executor("processes:1").submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_do_not_outlive_a_parent_that_was_killed(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    words = [sys.executable, str(tmp_path / "parent.py")]
    parent = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    worker = Path(f"/proc/{int(parent.stdout.readline())}/stat")
    assert worker.exists()
    parent.kill()
    parent.wait(10)
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while worker.exists() and worker.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert time.monotonic() < deadline


class Broken(Executor):
    """An executor whose workers die."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        future.set_exception(RuntimeError("killed\nby the kernel"))
        return future


def test_a_dead_worker_is_an_error_of_its_claims(user_claims):
    report = verify(user_claims["normal"], instances=3, executor=Broken())
    assert report[0].verdict is Verdict.ERROR
    assert report[0].worst.message == "the worker failed: RuntimeError: killed"


def test_closures_are_refused_by_name_before_anything_starts():
    @claim("me2026-inner", statement="$x$", source="me")
    def inner(lab):
        lab.identity(1, 1)

    with pytest.raises(UsageError, match=r"me2026-inner cannot run in another process: .*inner"):
        verify(inner, executor=Broken())


def test_an_interruption_keeps_what_is_finished(user_claims):
    @claim("me2026-stop", statement="$x$", source="me")
    def stop(lab):
        raise KeyboardInterrupt

    report = verify([user_claims["normal"], stop, user_claims["planted"]])
    assert [result.id for result in report] == ["me2026-normal"]
    assert report.exit_code == 130
    assert report.unfinished == ("me2026-stop", "me2026-planted")
    assert "interrupted, 2 not finished" in str(report)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"instances": 0}, "instances must be an integer >= 1"),
        ({"instances": 1.5}, "instances must be"),
        ({"seed": -1}, "seed must be"),
        ({"tier": "x"}, "tier must be"),
        ({"data": "no-such.npz"}, "no file"),
    ],
)
def test_bad_arguments(user_claims, options, message):
    ids = None if "tier" in options else user_claims["normal"]
    with pytest.raises(ValueError, match=message):
        verify(ids, **options)
    with pytest.raises(ValueError, match="ids must be"):
        verify([3])


@pytest.mark.parametrize("spec", ["threads", "processes:0", "processes:x", "loky-not"])
def test_unknown_executors(spec):
    with pytest.raises(UsageError, match=r"executor must be one of|number of workers"):
        open_executor(spec)


@pytest.fixture
def mixed(user_claims):
    @claim("me2026-wild", statement="$x$ <&>", source="me", rivals=("a very long name of a rival " * 4,))
    def wild(lab):
        lab.note("<b>\x00</b>")
        lab.identity(np.nan, 1.0, rivals={"a very long name of a rival " * 4: 5.0}, reason="because")

    @claim("me2026-broken", statement="$x$", source="me")
    def broken(lab):
        raise ValueError("first line\nsecond line")

    return verify([*user_claims.values(), wild, broken], instances=2)


def test_json_is_a_list_with_id_verdict_numbers(mixed):
    records = json.loads(mixed.to_json())
    assert records == json.loads(json.dumps(json.loads(mixed.to_json())))
    assert [record["id"] for record in records] == [result.id for result in mixed]
    first = records[0]
    assert first["verdict"] == "VERIFIED"
    assert first["error"] < first["tolerance"]
    assert first["nearest_rival"]["name"] == "zero"
    assert records[-2]["error"] == "inf"
    assert "ValueError" in records[-1]["instances"][0]["traceback"]


def test_junit_parses_and_counts(mixed):
    root = ElementTree.fromstring(mixed.to_junit())
    assert root.attrib["tests"] == "6"
    assert (root.attrib["failures"], root.attrib["errors"], root.attrib["skipped"]) == ("3", "1", "0")
    assert len(root.findall("testcase")) == 6


def test_html_escapes(mixed):
    html = mixed._repr_html_()
    assert "&lt;&amp;&gt;" in html
    assert "<b>\x00" not in html
    assert html.count("<tr") == 7


def test_the_plain_table_is_ascii_and_whole(mixed):
    lines = str(mixed).splitlines()
    for line, result in zip(lines[1:7], mixed, strict=True):
        nearest = result.worst.nearest_rival
        assert nearest is None or f"  {nearest.name} (" in line
    assert all(ord(c) < 128 for line in lines[:7] for c in line)
    assert "no rival" in lines[4]
    assert "REFUTED 2/2" in lines[2]
    assert lines[-1].startswith("6 claims: 2 verified, 2 refuted, 1 inconclusive, 1 error")
    assert any("again: solvable verify me2026-doubled" in line for line in lines)
    # Details belong to what is not verified.
    assert not any(line.startswith("VERIFIED") for line in lines)


def test_a_rival_is_measured_in_what_its_own_kind_needs():
    @claim("me2026-kinds", statement="$x$", source="me", rivals=("first order", "below"))
    def kinds(lab):
        h = np.array([0.1, 0.05, 0.025])
        lab.order(h, h**2, 2.0, rivals={"first order": 1.0})  # off by 1, where 0.5 is needed
        lab.bound(1.0, 2.0, tolerance=0.1, rivals={"below": 0.2})  # broken by 40 tolerances, where 1 is needed

    assert "first order (2)" in str(verify(kinds))


def test_the_drawn_table_says_everything_without_color(mixed, monkeypatch):
    from rich.console import Console

    from solvable.claims.report.terminal import draw_report, progress_bar

    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), width=100, record=True, force_terminal=True, highlight=False)
    draw_report(mixed, console)
    draw_report(Report((), 0.0), console)
    text = console.export_text()
    for word in ("+ VERIFIED 2/2", "x REFUTED 2/2", "? INCONCLUSIVE 2/2", "! ERROR 2/2"):
        assert word in text
    with progress_bar(1) as advance:
        advance(mixed[0])


def test_reports_are_sequences(mixed):
    assert mixed["me2026-blind"] is mixed[2]
    assert len(mixed[1:3]) == 2
    with pytest.raises(KeyError):
        mixed["nothing"]
    seen = []
    run_claims([mixed[0].claim], on_result=seen.append)
    assert [result.id for result in seen] == ["me2026-normal"]


def test_falsify_finds_the_planted_failure_and_its_file_reproduces_it(user_claims, tmp_path):
    # Draws alone never come near the planted bound; scales do.
    assert verify(user_claims["planted"], instances=30).exit_code == 0
    found = falsify(user_claims["planted"], trials=60, out=tmp_path)
    assert found.verdict is Verdict.REFUTED
    assert found.margin < 0
    assert f"--data {found.path}" in found.command
    with np.load(found.path, allow_pickle=False) as archive:
        assert sorted(archive.files) == ["X", "weights", "y"]
    again = verify(user_claims["planted"], data=found.path, seed=found.outcome.seed)
    assert again[0].outcomes[0].evidence == found.outcome.evidence
    assert str(found.path) in str(found)


def test_falsify_is_a_function_of_its_seed(user_claims):
    first, second, other = (falsify(user_claims["normal"], trials=12, seed=s) for s in (0, 0, 1))
    assert first.outcome.evidence == second.outcome.evidence
    assert first.outcome.evidence != other.outcome.evidence
    assert first.errors == 0


def test_falsify_without_an_applicable_trial_or_with_nothing_drawn(user_claims, tmp_path):
    @claim("me2026-never", statement="$x$", source="me", hypotheses=("never",))
    def never(lab):
        lab.require("never", False)

    found = falsify(never, trials=3, out=tmp_path)
    assert found.outcome is None
    assert "no trial met the hypotheses" in str(found)
    assert falsify(user_claims["doubled"], trials=2, out=tmp_path).path is None
    for options in ({"trials": 0}, {"seed": -1}):
        with pytest.raises(UsageError):
            falsify(never, **options)
