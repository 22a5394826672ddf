"""From formula to machine code: right values, sources kept by content, a fallback for the cache, speed."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy

from derivations import modified_field

ROOT = Path(__file__).parents[2]
h, y, beta = sympy.symbols("h y beta")
POINT = np.array([1.4, 0.3])


def source_of(compiled):
    return Path(compiled.py_func.__code__.co_filename)


def evaluate(field, **numbers):
    values = dict(zip(field.params, map(sympy.Float, POINT), strict=True))
    named = {s: v for s in field.expression().free_symbols for k, v in numbers.items() if s.name == k}
    return np.array([float(e.subs({**values, **named})) for e in field.expression()])


def run(compiled, data=(0.0,)):
    out = np.full(2, np.nan)
    compiled(POINT, np.array(data, dtype=float), out)
    return out


@pytest.mark.parametrize(
    ("name", "order", "given"),
    [
        ("gradient_descent", 5, {}),
        ("nesterov", 3, {"momentum": 0.5}),
        ("adam", 2, {"beta1": 0.5, "beta2": 0.6, "epsilon": 0.25}),
        ("sam", 2, {"radius": h}),
    ],
)
def test_values(ab, name, order, given):
    field = modified_field(name, *ab[:2], order, h, **given)
    np.testing.assert_allclose(run(field.compile(0.1)), evaluate(field, h=0.1), rtol=1e-12)


def test_symbols_are_read_from_data(ab):
    a, b = ab[1]
    field = modified_field("heavy_ball", (y - a * b) ** 2 / 2, (a, b), 2, h, momentum=beta)
    expected = evaluate(field, h=0.1, beta=0.5, y=2.0)
    assert field.data_symbols() == (h, beta, y)
    np.testing.assert_allclose(run(field.compile(), [0.1, 0.5, 2.0]), expected, rtol=1e-13)
    assert field.data_symbols(0.1, beta=0.5) == (y,)
    np.testing.assert_allclose(run(field.compile(0.1, beta=0.5, offset=3), [0, 0, 0, 2.0]), expected, rtol=1e-13)
    np.testing.assert_allclose(run(field.compile(0.1, beta=0.5, y=2), []), expected, rtol=1e-13)


def test_fewer_terms(ab):
    field = modified_field("gradient_descent", *ab[:2], 3, h)
    plain = modified_field("gradient_descent", *ab[:2], 1, h)
    np.testing.assert_allclose(run(field.compile(0.1, order=1)), evaluate(plain), rtol=1e-14)


def test_theta_and_out_may_be_one_vector(ab):
    compiled = modified_field("gradient_descent", *ab[:2], 2, h).compile(0.1)
    both = POINT.copy()
    compiled(both, np.zeros(1), both)
    np.testing.assert_array_equal(both, run(compiled))


def test_functions(ab):
    a, b = ab[1]
    for loss in (sympy.tanh(a * b), sympy.log(1 + sympy.exp(-a * b)), (1 + a**2 + b**2) ** sympy.Rational(1, 3)):
        field = modified_field("gradient_descent", loss, (a, b), 2, h)
        np.testing.assert_allclose(run(field.compile(0.1)), evaluate(field, h=0.1), rtol=1e-12)


def test_names_that_are_no_identifiers():
    u, v = sympy.Symbol(r"\lambda_{1}"), sympy.Symbol("lambda")
    field = modified_field("gradient_descent", (1 - u * v) ** 2 / 2, (u, v), 2, h)
    np.testing.assert_allclose(run(field.compile(0.1)), evaluate(field, h=0.1), rtol=1e-14)


def test_bad_input(ab):
    field = modified_field("gradient_descent", *ab[:2], 2, h)
    with pytest.raises(ValueError, match="h must be a finite number"):
        field.compile(sympy.oo)
    with pytest.raises(ValueError, match="no symbol is named 'z'"):
        field.compile(0.1, z=1)


def test_a_tampered_source_is_not_run(ab):
    """A file that is not what its name says is written again."""
    field = modified_field("gradient_descent", *ab[:2], 2, h)
    path = source_of(field.compile(0.2017))
    right = path.read_text()
    path.write_text(right.replace("out[0] = r0", "out[0] = 0.0"))
    code = (
        "import sympy, numpy as np; from derivations import modified_field\n"
        "a, b, h = sympy.symbols('a b h')\n"
        "f = modified_field('gradient_descent', (1 - a * b) ** 2 / 2, (a, b), 2, h).compile(0.2017)\n"
        "out = np.zeros(2); f(np.array([1.4, 0.3]), np.zeros(1), out); print(*out)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    np.testing.assert_allclose(np.array(done.stdout.split(), dtype=float), evaluate(field, h=0.2017), rtol=1e-13)
    assert path.read_text() == right


def test_an_explicit_cache_folder_and_the_fallback(tmp_path):
    code = (
        "import sympy, numpy as np; from derivations import modified_field\n"
        "x, h = sympy.symbols('x h'); f = modified_field('gradient_descent', x**4, (x,), 2, h).compile(0.1)\n"
        "out = np.zeros(1); f(np.ones(1), np.zeros(1), out); print(out[0], f.py_func.__code__.co_filename)"
    )

    def start(**environment):
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, **environment},
        )

    done = start(NUMBA_CACHE_DIR=str(tmp_path / "chosen"))
    assert Path(done.stdout.split()[1]).is_relative_to(tmp_path / "chosen")
    assert list((tmp_path / "chosen").rglob("*.nbc"))
    assert float(done.stdout.split()[0]) == pytest.approx(-4 - 0.1 * 24)
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = start(NUMBA_CACHE_DIR=str(blocked / "below"), TMPDIR=str(tmp_path))
    assert Path(done.stdout.split()[1]).is_relative_to(tmp_path)
    assert done.stderr.count("no writable cache folder") == len(done.stderr.splitlines()) == 1


def test_cached_use_costs_a_fraction_of_the_first(tmp_path):
    u = "u0 u1 v0 v1"
    code = (
        "import time, sympy, numba, llvmlite.binding; from derivations import modified_field\n"
        f"u = sympy.symbols('{u}'); h = sympy.Symbol('h')\n"
        "r = [1 + u[0]**2 - u[2]**2, 2 - 3*(u[0]**2 - u[2]**2) + u[1]**2 - u[3]**2]\n"
        "f = modified_field('gradient_descent', (r[0]**2 + r[1]**2)/4, u, 3, h)\n"
        "numba.njit('f8(f8)')(lambda x: x)  # numba's own start-up, once a process\n"
        "start = time.process_time(); f.compile(0.1); print(time.process_time() - start)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    times = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
        )
        times.append(float(done.stdout))
    assert times[1] < times[0] / 5


def test_the_cost_of_deriving_does_not_explode(ab, costs_at_most):
    nine, six = (functools.partial(modified_field, "gradient_descent", *ab[:2], order, h) for order in (9, 6))
    costs_at_most(30, nine, six)


def test_the_field_fits_the_experiment_side(ab):
    """A compiled derivation is a first-class field of the package's integrators: the flow follows the descent."""
    from solvable import Flow, GradientDescent, ScalarFactorization, simulate

    field = modified_field("gradient_descent", *ab[:2], 4, h).compile(0.05)
    model = ScalarFactorization(target=1.0)
    end = simulate(model, GradientDescent(0.05), POINT, steps=10).final
    followed = simulate(model, Flow(field, rtol=1e-10), POINT, time=0.5).final
    plain = simulate(model, Flow(modified_field("gradient_descent", *ab[:2], 1, h).compile(0.05)), POINT, time=0.5)
    assert np.max(np.abs(followed - end)) < 1e-5
    assert np.max(np.abs(plain.final - end)) > 1e-3
