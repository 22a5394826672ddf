"""The top level: lazy names, their stub, and what an unknown name says."""

import ast
import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import solvable
import solvable.common
import solvable.dynamics
import solvable.integrators
import solvable.models

STUB = Path(solvable.__file__).with_suffix(".pyi")


def stub_names():
    names = set()
    for node in ast.walk(ast.parse(STUB.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def test_the_stub_declares_every_lazy_name():
    assert set(solvable.__all__) | set(solvable._ROOMS) == stub_names()


@pytest.mark.parametrize("package", [solvable, solvable.models, solvable.dynamics])
def test_every_name_resolves_to_a_callable(package):
    for name in package.__all__:
        assert callable(getattr(package, name))
        assert name in dir(package)


def test_a_name_is_the_same_object_everywhere():
    assert solvable.GradientDescent is solvable.dynamics.GradientDescent
    assert solvable.LinearRegression is solvable.models.LinearRegression
    assert solvable.GradientDescent is solvable.GradientDescent


@pytest.mark.parametrize("package", [solvable, solvable.models, solvable.dynamics])
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = package.no_such_name


def modules():
    for package in (solvable.common, solvable.models, solvable.dynamics, solvable.integrators):
        yield from (m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + "."))


@pytest.mark.parametrize("name", list(modules()))
def test_examples_in_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
