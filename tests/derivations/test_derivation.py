"""Every derivation reads, and its checks pass; a wrong one fails; the package is lazy and its examples run."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.mathtext
import pytest
import sympy

import derivations
from derivations import derive, modified_field
from derivations.closed_forms import CLOSED_FORMS
from derivations.derivation import TOPICS

ROOT = Path(__file__).parents[2]
MODULES = [f"derivations.{module.name}" for module in pkgutil.iter_modules(derivations.__path__)]


@pytest.mark.parametrize("name", TOPICS)
def test_derivation_reads_and_checks(name):
    found = derive(name)
    outcomes = found.check()
    assert outcomes
    assert all(outcome.passed for outcome in outcomes), outcomes
    assert found.title in str(found)
    assert str(found).count("\n") > 5
    assert found.latex().count(r"\item") == len(found.lines)
    assert found._repr_latex_().startswith("$")


@pytest.mark.parametrize("order", [1, 2, 5])
def test_other_orders(order):
    for name in ("gradient_descent", "heavy_ball", "usam"):
        assert all(outcome.passed for outcome in derive(name, order).check())


def test_depths_of_the_mirror_potential():
    assert "asinh" in str(derive("mirror"))
    assert "asinh" not in str(derive("mirror", 4))
    assert all(outcome.passed for outcome in derive("mirror", 5).check())


def test_formulas_are_shown():
    text = str(derive("heavy_ball", 2))
    assert "c(z) = " in text
    assert "f'f" in text
    assert "|grad L|^2" in text
    assert "curl f_2 = (-1/6) [H, T]" in str(derive("gradient_descent"))


def test_a_wrong_closed_form_fails(monkeypatch):
    right = CLOSED_FORMS["sam"]

    def doubled(*arguments):
        return tuple(2 * e for e in right.build(*arguments))

    monkeypatch.setitem(CLOSED_FORMS, "sam", replace(right, build=doubled))
    assert [outcome.passed for outcome in derive("sam", 2).check()] == [False, True]


def test_bad_names():
    with pytest.raises(ValueError, match="name must be one of"):
        derive("newton")
    with pytest.raises(ValueError, match="order must be an integer from 1 to 10"):
        derive("gradient_descent", 0)
    with pytest.raises(ValueError, match="has no order"):
        derive("flatness", 2)


def test_a_field_reads():
    x, y, h = sympy.symbols("x y h")
    field = modified_field("adam", (1 - x * y) ** 2 / 2, (x, y), 2, h, beta1=0.5, beta2=0.6, epsilon=0.25)
    assert "with r1 = 1/sqrt(" in str(field)
    assert "d/dt x = " in str(field)
    assert repr(field) == "<ModifiedField of adam: order 2, parameters x, y>"
    assert r"\dot{x}" in field._repr_latex_()
    plain = modified_field("gradient_descent", (1 - x * y) ** 2 / 2, (x, y), 2, h)
    rows = plain._repr_latex_().removeprefix(r"$\begin{aligned}").removesuffix(r"\end{aligned}$").split(r"\\ ")
    for row in rows:
        matplotlib.mathtext.MathTextParser("path").parse(f"${row.replace('&', '')}$")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_every_public_name_resolves():
    for name in derivations.__all__:
        assert callable(getattr(derivations, name))
        assert name in dir(derivations)
    assert derivations.SOLVABLE_DERIVATIONS
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = derivations.no_such_name


def test_importing_loads_nothing_heavy_and_deriving_no_experiment():
    code = (
        "import sys, derivations\nassert 'sympy' not in sys.modules\n"
        "derivations.derive('heavy_ball').check()\n"
        "print([m for m in ('solvable', 'numba', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
