"""The drivers: chunk lengths, the pool, and errors inside it."""

import threading
import time

import numpy as np
import pytest

from solvable.dynamics.driving import CHUNK_SECONDS, Chunks, drive_flow, run_tasks, thread_count
from solvable.integrators.status import BUDGET, HORIZON, INTERRUPTED, NONFINITE, RUNNING


def test_chunks_grow_until_they_last_long_enough_and_shrink_when_too_long():
    chunks = Chunks()
    for _ in range(60):
        chunks.taken(chunks.size, 1e-6 * chunks.size)
    assert 0.5 * CHUNK_SECONDS < 1e-6 * chunks.size <= CHUNK_SECONDS * 1.01
    chunks.taken(chunks.size, 10.0)
    assert chunks.size < 100
    chunks.taken(chunks.size, 100.0)
    assert chunks.size == 1
    chunks.taken(1, 1e-9)
    assert chunks.size == 4


def test_a_chunk_that_was_cut_short_says_nothing():
    chunks = Chunks()
    size = chunks.size
    chunks.taken(size - 1, 100.0)
    assert chunks.size == size


def test_thread_count(monkeypatch):
    monkeypatch.setenv("SOLVABLE_THREADS", "3")
    assert thread_count() == 3
    for nonsense in ("", "0", "many", "-1"):
        monkeypatch.setenv("SOLVABLE_THREADS", nonsense)
        assert thread_count() >= 1


@pytest.mark.parametrize("threads", ["1", "2"])
def test_results_come_in_order(monkeypatch, threads):
    monkeypatch.setenv("SOLVABLE_THREADS", threads)
    told = []

    def task(k):
        def run():
            time.sleep(0.002 * (5 - k))
            return k

        return run

    assert run_tasks([task(k) for k in range(5)], told.append) == list(range(5))
    assert told == [1, 2, 3, 4, 5]


def test_an_error_does_not_wait_for_the_whole_queue(monkeypatch):
    monkeypatch.setenv("SOLVABLE_THREADS", "2")
    begun = []

    def fail():
        raise KeyError("first")

    def slow():
        begun.append(threading.get_ident())
        time.sleep(0.02)

    with pytest.raises(KeyError, match="first"):
        run_tasks([fail, *[slow] * 1000], lambda done: None)
    assert len(begun) < 1000  # a second or two of them on a machine whose other work comes first, not all ten


class Recorder:
    """A flow of 60 steps of length one that changes its method after 30, and notes the budgets that it is given."""

    size = 1

    def __init__(self):
        self.now, self.stage, self.budgets = 0.0, 0, []

    @property
    def steps(self):
        return int(self.now)

    def advance(self, target, budget):
        self.budgets.append((self.stage, budget))
        end = 30.0 if self.stage == 0 else target
        taken = min(budget, end - self.now)
        self.now += taken
        if self.now == 30.0 and self.stage == 0:
            self.stage = 1
            return BUDGET
        return BUDGET if taken == budget else RUNNING

    def evaluate(self, moment, out):
        out[:] = moment
        return RUNNING

    def parameters(self):
        return np.array([[self.now]])

    def state(self):
        return {}

    def ledger(self, moment):
        return {}


def test_a_new_method_begins_with_short_chunks():
    """Implicit steps cost a thousand times more: the chunk that fitted the explicit ones could last minutes."""
    stepper = Recorder()
    outcome = drive_flow(stepper, np.array([0.0, 10.0]), 60.0, threading.Event())
    assert outcome.final.tolist() == [[60.0]]
    assert outcome.status.tolist() == [HORIZON]
    explicit = [budget for stage, budget in stepper.budgets if stage == 0]
    assert max(explicit) > Chunks().size
    assert next(budget for stage, budget in stepper.budgets if stage == 1) == Chunks().size


def test_an_interrupted_flow_stands_where_its_last_step_ended():
    flag = threading.Event()
    flag.set()
    outcome = drive_flow(Recorder(), np.array([0.0, 10.0]), 60.0, flag)
    assert outcome.status.tolist() == [INTERRUPTED]
    assert outcome.time.ravel().tolist() == [0.0, 0.0]
    assert outcome.state["reached"].tolist() == [0.0]


def test_a_failure_on_the_way_to_a_save_fills_the_later_rows():
    """The next whole step has not been tried yet: the way to a save inside it may fail first."""
    stepper = Recorder()
    stepper.evaluate = lambda moment, out: RUNNING if moment < 5 else NONFINITE
    outcome = drive_flow(stepper, np.array([0.0, 10.0, 20.0]), 60.0, threading.Event())
    assert outcome.status.tolist() == [NONFINITE]
    assert outcome.saved[1:, 0, 0].tolist() == [10.0, 10.0]
    assert outcome.final.tolist() == [[10.0]]
