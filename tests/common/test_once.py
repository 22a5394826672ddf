"""What is computed once belongs to its object: it ends with it, and travels with no copy."""

import gc
import pickle
import weakref

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, ResidualModel
from solvable.common.once import once
from solvable.models.base import compiled_once


class Thing:
    pass


def test_one_computation_an_object_and_none_that_outlives_it():
    asked = []

    @once
    def answer(thing):
        asked.append(id(thing))
        return Thing()

    first, second = Thing(), Thing()
    assert answer(first) is answer(first)
    assert answer(first) is not answer(second)
    assert asked == [id(first), id(second)]
    result = weakref.ref(answer(first))
    del first
    gc.collect()
    assert result() is None


def test_an_error_is_no_answer():
    tries = []

    @once
    def answer(thing):
        tries.append(thing)
        if len(tries) == 1:
            raise ValueError("not yet")
        return len(tries)

    thing = Thing()
    with pytest.raises(ValueError):
        answer(thing)
    assert answer(thing) == answer(thing) == 2


def test_a_model_pickles_as_small_as_before_and_its_caller_cannot_change_it():
    X, y = np.eye(3), np.ones(3)
    model = DiagonalLinearNetwork(X, y)
    size, name = len(pickle.dumps(model)), model.fingerprint()
    assert compiled_once(model) is compiled_once(model)
    assert len(pickle.dumps(model)) == size
    X[0, 0] = y[0] = 7.0
    assert model.fingerprint() == name == pickle.loads(pickle.dumps(model)).fingerprint()
    assert DiagonalLinearNetwork(X, y).fingerprint() != name


def test_a_function_of_the_users_may_change_and_its_identity_with_it():
    target = np.zeros(2)
    model = ResidualModel(lambda theta: theta - target, n_params=2, n_samples=2)
    before = model.fingerprint()
    target[0] = 1.0
    assert model.fingerprint() != before
