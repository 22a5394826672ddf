"""The top level: lazy names, their stub, and what an unknown name says."""

import ast
import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import derivations
import solvable
import solvable.claims
import solvable.common
import solvable.dynamics
import solvable.integrators
import solvable.models
import solvable.phase
import solvable.theory

LAZY = [solvable, solvable.claims, solvable.models, solvable.dynamics, solvable.phase, solvable.theory, derivations]


def stub_names(package):
    names = set()
    for node in ast.walk(ast.parse(Path(package.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def test_the_stubs_declare_every_lazy_name():
    assert stub_names(solvable) == set(solvable.__all__) | set(solvable._ROOMS)
    assert stub_names(solvable.theory) == set(solvable.theory.__all__)


@pytest.mark.parametrize("package", LAZY)
def test_every_name_resolves(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
        assert name in dir(package)


def test_a_name_is_the_same_object_everywhere():
    assert solvable.GradientDescent is solvable.dynamics.GradientDescent
    assert solvable.LinearRegression is solvable.models.LinearRegression
    assert solvable.GradientDescent is solvable.GradientDescent


@pytest.mark.parametrize("package", LAZY)
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = package.no_such_name


def modules():
    rooms = solvable.common, solvable.models, solvable.dynamics, solvable.integrators, solvable.theory, solvable.claims
    for package in rooms:
        yield from (m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + "."))


@pytest.mark.parametrize("name", list(modules()))
def test_examples_in_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
