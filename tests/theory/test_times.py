"""One name and one place for time in all public functions of theory."""

import inspect

from solvable import theory


def test_time_is_the_last_argument_that_must_be_given():
    wrong = []
    for name in theory.__all__:
        if not inspect.isfunction(function := getattr(theory, name)):
            continue
        required = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        before, last = set(required[:-1]), required[-1]
        if before & {"t", "T"} or {*required} & {"time", "tau"} or last == "times":  # curves follow their times
            wrong.append(name)
    assert wrong == []
