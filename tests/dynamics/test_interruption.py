"""Ctrl-C: an answer within half a second of work, nothing lost, and a continuation with the same bits."""

import signal
import threading

import pytest

import solvable
from solvable.dynamics.driving import thread_count
from solvable.dynamics.hosting import hosted
from solvable.dynamics.interruption import interruptible

SCRIPT = """
import os, signal, threading, time
import numpy as np
from solvable import *
from solvable.dynamics import driving
rng = np.random.default_rng(0)
X = rng.standard_normal(({n}, {d})); y = X[:, 0] - X[:, 1]
model = {model}
dynamics, theta, horizon = {dynamics}, {theta}, {horizon}
simulate(model, dynamics, theta, **{{k: v / 1e7 if k == "time" else 10 for k, v in horizon.items()}})  # compile
under_way, seen, taken = threading.Event(), [], driving.Chunks.taken
def told(chunks, steps, seconds):
    taken(chunks, steps, seconds)
    seen.append(steps)
    if len(seen) == 5:
        under_way.set()
driving.Chunks.taken = told
sent = []
def send():
    under_way.wait()
    sent.append(time.process_time())  # whatever else the machine does
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=send, daemon=True).start()
run = simulate(model, dynamics, theta, **horizon)
answer = time.process_time() - sent[0]
assert Status.INTERRUPTED in np.atleast_1d(run.status), run
assert answer < 0.5, answer
unit = next(iter(horizon))
remaining = run.remaining
assert np.all(np.asarray(remaining) >= 0) and np.any(np.asarray(remaining) > 0)
if {again}:
    rest = simulate(model, dynamics, None, resume=run, **{{unit: remaining}})
    whole = simulate(model, dynamics, theta, **horizon)
    assert np.array_equal(rest.final, whole.final)
    assert np.all(rest.step[-1] == whole.step[-1])
    assert np.array_equal(np.asarray(rest.status), np.asarray(whole.status))
    assert Status.HORIZON in np.atleast_1d(rest.status)
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
print(answer)
"""

NETWORK, DEEP = "DiagonalLinearNetwork(X, y)", "DiagonalLinearNetwork(X, y, depth=3)"
# Chunks grow fourfold until they take 20 ms: after five a run has begun, and here most of it is left on any machine.
SMALL = {"n": 20, "d": 40, "again": True}
CASES = {
    "descent": SMALL | {"model": NETWORK, "dynamics": "GradientDescent(0.01)", "horizon": {"steps": 240_000}},
    "sgd": SMALL | {"model": NETWORK, "dynamics": "SGD(0.001)", "horizon": {"steps": 10_000_000}},
    "ensemble": SMALL
    | {
        "model": NETWORK,
        "dynamics": "GradientDescent(np.linspace(0.001, 0.01, 200))",
        "horizon": {"steps": 24_000},
    },
    "flow": SMALL
    | {"model": DEEP, "dynamics": "GradientFlow(rtol=1e-13, method='explicit')", "horizon": {"time": 4e4}},
    "flows": SMALL
    | {
        "model": DEEP,
        "dynamics": "GradientFlow(rtol=1e-13, weight_decay=np.zeros(6), method='explicit')",
        "horizon": {"time": 6e3},
    },
    "implicit steps of 10 ms": {
        "n": 60,
        "d": 200,
        "again": False,
        "model": DEEP,
        "dynamics": "GradientFlow(rtol=1e-12, method='implicit')",
        "horizon": {"time": 1e6},
    },
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_interrupt_and_resume(run_python, case):
    theta = "0.1 + 0.1 * rng.random(model.n_params)"
    run_python(SCRIPT.format(theta=theta, **case))


def test_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as flag:
        assert signal.getsignal(signal.SIGINT) is not before
        signal.raise_signal(signal.SIGINT)
        assert flag.is_set()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_with_its_own_handler_keeps_it():
    def own(*_):
        pass

    before = signal.signal(signal.SIGINT, own)
    try:
        with interruptible() as flag:
            assert signal.getsignal(signal.SIGINT) is own
            assert not flag.is_set()
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_leave_signals_alone():
    found = []

    def other():
        with interruptible() as flag:
            found.append(flag.is_set())

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == [False]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_host_ends_the_runs_of_its_own_thread_and_counts_their_threads():
    usual = thread_count()
    stop, before = threading.Event(), signal.getsignal(signal.SIGINT)
    model, descent = solvable.LinearRegression([[1.0]], [1.0]), solvable.GradientDescent(1e-9)
    timer = threading.Timer(0.1, stop.set)
    with hosted(stop, threads=1):
        with interruptible() as flag:
            assert flag is stop
            assert signal.getsignal(signal.SIGINT) is before
        assert thread_count() == 1
        timer.start()
        run = solvable.simulate(model, descent, [0.0], steps=10**11)
        assert run.status is solvable.Status.INTERRUPTED
        elsewhere = []
        thread = threading.Thread(target=lambda: elsewhere.append(thread_count()))
        thread.start()
        thread.join()
        assert elsewhere == [usual]
    assert thread_count() == usual
    again = solvable.simulate(model, descent, [0.0], steps=10)
    assert again.status is solvable.Status.HORIZON
