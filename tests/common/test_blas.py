"""One BLAS thread inside a block; the caller's setting afterwards, whichever of several blocks ends first."""

import threading

import numpy as np
import pytest
import scipy.linalg.cython_blas  # noqa: F401  (the library that compiled matrix products call)
from threadpoolctl import threadpool_info, threadpool_limits

from solvable.common.blas import one_blas_thread


def threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {entry["filepath"]: entry["num_threads"] for entry in threadpool_info() if entry["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        if set(before.values()) != {2}:
            pytest.skip("the BLAS at hand cannot use two threads")
        yield before


def test_limits_and_restores(two_threads):
    with one_blas_thread():
        assert set(threads().values()) == {1}
    assert threads() == two_threads


def test_restores_after_an_error(two_threads):
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert threads() == two_threads


def test_blocks_nest(two_threads):
    with one_blas_thread():
        with one_blas_thread():
            pass
        assert set(threads().values()) == {1}
    assert threads() == two_threads


def test_the_first_thread_to_leave_does_not_lift_the_limit_of_the_other(two_threads):
    inside, leave, left = threading.Event(), threading.Event(), threading.Event()

    def other():
        with one_blas_thread():
            inside.set()
            leave.wait(10)
        left.set()

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    with one_blas_thread():
        leave.set()
        left.wait(10)
        assert set(threads().values()) == {1}
    thread.join()
    assert threads() == two_threads


def test_limits_in_a_thread_that_does_not_own_the_setting(two_threads):
    """threadpoolctl alone ignores such a thread: the main one has set the number before (in the fixture)."""
    seen = []

    def other():
        with one_blas_thread():
            seen.append(set(threads().values()))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [{1}]
    assert threads() == two_threads
