"""``solvable simulate``: routing of keys, output, bad input, interruption."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from solvable.cli import main
from solvable.cli.catalog import sparse_regression
from solvable.cli.routing import parse_assignments, route

DIAGONAL = ("DiagonalLinearNetwork", "GradientDescent")


def run(capsys, *words):
    code = main(["simulate", *map(str, words)])
    out, err = capsys.readouterr()
    # With a cold cache a long compilation says so.
    lines = [line for line in err.splitlines(keepends=True) if not line.startswith("solvable: compiling ")]
    return code, out, "".join(lines)


def test_values_are_literals():
    given = parse_assignments(["a=1", "b=1e-3", "c=[0.1,0.2]", "d=(1,2)", "order=shuffle", "e=None", "f-g=True"])
    assert given == {"a": 1, "b": 1e-3, "c": [0.1, 0.2], "d": [1, 2], "order": "shuffle", "e": None, "f_g": True}


def test_a_key_goes_to_everyone_who_has_it():
    parts = route({"seed": 1, "step_size": 0.1}, {"A": {"step_size": True}, "B": {"seed": False}, "C": {"seed": False}})
    assert parts == {"A": {"step_size": 0.1}, "B": {"seed": 1}, "C": {"seed": 1}}


def test_the_table_is_that_of_the_library(capsys):
    from solvable import DiagonalLinearNetwork, GradientDescent, simulate

    words = ("scale=0.1", "step_size=0.01", "steps=200", "save=[0,100,200]", "n=5", "d=8")
    code, out, err = run(capsys, *DIAGONAL, *words)
    assert (code, err) == (0, "")
    table = np.loadtxt(out.splitlines())
    model = DiagonalLinearNetwork(**sparse_regression(5, 8))
    expected = simulate(model, GradientDescent(0.01), model.init(scale=0.1), steps=200, save=[0, 100, 200])
    beta = expected.predictor()
    np.testing.assert_array_equal(table[:, 0], [0, 100, 200])
    np.testing.assert_allclose(table[:, 1], [0, 1, 2])
    np.testing.assert_allclose(table[:, 2], expected.loss, rtol=1e-5)
    np.testing.assert_allclose(table[:, 3], np.abs(beta).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(table[:, 4], np.linalg.norm(beta, axis=1), rtol=1e-5)
    assert "# horizon: " in out
    assert "# range residual " in out


@pytest.mark.parametrize(
    "words",
    [
        ["diagonal-linear-network", "sgd", "step_size=0.01", "steps=20", "order=shuffle", "parametrization=product"],
        ["DIAGONALLINEARNETWORK", "gradient_flow", "time=1", "depth=3", "scale=0.3"],
        ["ScalarFactorization", "GradientFlow", "target=-1", "time=1", "scale=0.5"],
        ["linear-regression", "GradientDescent", "step_size=0.01", "time=1"],
        ["DiagonalLinearNetwork", "label-noise-sgd", "step_size=0.01", "noise_std=0.1", "batch_size=None", "steps=20"],
        ["linear-regression", "sharpness-aware", "step_size=0.01", "radius=0.1", "normalized=false", "steps=20"],
        ["deep-linear-network", "GradientFlow", "widths=[4,3]", "scale=0.1", "time=10", "balanced=True", "d=3"],
        ["deep-linear-network", "label-noise-sgd", "widths=2", "step_size=0.01", "noise_std=0.1", "steps=20", "n=5"],
        ["MatrixSensing", "HeavyBall", "step_size=0.01", "momentum=0.5", "rank=2", "steps=20", "n=4", "d=3"],
        ["matrix-sensing", "GradientFlow", "symmetric=false", "scale=0.1", "time=2"],
        ["univariate-relu-network", "SGD", "width=9", "step_size=0.05", "steps=20", "kind=ntk", "skip=True", "n=4"],
        ["single-point-network", "SGD", "x=[1.0,0.5]", "y=0.9", "width=3", "step_size=0.1", "steps=20"],
    ],
)
def test_other_models_and_spellings(capsys, words):
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert np.all(np.isfinite(np.loadtxt(out.splitlines())))


def test_lists_give_ensembles(capsys):
    code, out, _ = run(capsys, *DIAGONAL, "scale=[0.1,0.2]", "step_size=[0.01,50]", "steps=100")
    table = np.loadtxt(out.splitlines())
    assert code == 0
    np.testing.assert_array_equal(table[:, 0], [0, 1])
    np.testing.assert_array_equal(table[:, -1], [2, 3])
    assert "# status 3 = diverged: " in out


@pytest.mark.parametrize("steps_of", [[0.01], [0.01, 50]])
def test_json_is_one_object(capsys, steps_of):
    value = steps_of[0] if len(steps_of) == 1 else steps_of
    code, out, err = run(capsys, *DIAGONAL, f"step_size={value}".replace(" ", ""), "steps=100", "--json", "scale=0.1")
    record = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    assert (code, err) == (0, "")
    assert record["status"] == ("horizon" if len(steps_of) == 1 else ["horizon", "diverged"])
    assert np.array(record["range_residual"]).shape == (() if len(steps_of) == 1 else (2,))
    assert np.array(record["final"]["beta"]).shape[-1] == 40


def test_data_and_out(capsys, tmp_path):
    table = np.random.default_rng(0).standard_normal((6, 4))
    np.savetxt(tmp_path / "my.csv", table, delimiter=",", header="a,b,c,y", comments="")
    for suffix in (".npz", ".csv"):
        out = tmp_path / f"run{suffix}"
        words = ("step_size=0.01", "steps=10", "--data", tmp_path / "my.csv", "--out", out)
        assert run(capsys, *DIAGONAL, *words)[0] == 0
        assert out.stat().st_size > 0
    with np.load(tmp_path / "run.npz") as saved:
        assert saved["theta"].shape[1] == 6


def test_matrices_and_their_norms(capsys, tmp_path):
    from solvable import GradientDescent, MatrixSensing, simulate

    rng = np.random.default_rng(0)
    A, y = rng.standard_normal((3, 2, 4)), rng.standard_normal(3)
    np.savez(tmp_path / "my.npz", A=A, y=y)
    words = ("MatrixSensing", "GradientDescent", "symmetric=False", "rank=1", "scale=[0.1,1e200]", "step_size=0.02")
    words = (*words, "steps=50", "seed=3", "--data", tmp_path / "my.npz")
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert "|X|_*" in out
    assert "|X|_F" in out
    table = np.loadtxt(out.splitlines())
    model = MatrixSensing(A, y, rank=1, symmetric=False)
    X = model.predictor(simulate(model, GradientDescent(0.02), model.init(scale=0.1, seed=3), steps=50).final)
    np.testing.assert_allclose(table[0, -3:-1], np.linalg.norm(X), rtol=1e-5)  # of rank 1: both norms are one number
    assert np.isnan(table[1, -3])
    record = json.loads(run(capsys, *words, "--json")[1])
    np.testing.assert_allclose(record["final"]["X"][0], X, rtol=1e-12)
    np.savez(tmp_path / "wrong.npz", X=A, y=y)
    code, _, err = run(capsys, *words[:-1], tmp_path / "wrong.npz")
    assert code == 2
    assert "must hold A and y, it holds X, y" in err


def test_univariate_networks_learn_from_x_and_y(capsys, tmp_path):
    """Data from a file or drawn; the table tells the variation of f' between the outer samples."""
    from solvable import GradientDescent, UnivariateReLUNetwork, simulate

    x, y = np.array([0.5, -1.0, 0.1]), np.array([1.0, 0.0, 0.5])
    np.savetxt(tmp_path / "my.csv", np.column_stack([x, y]), delimiter=",", header="x,y", comments="")
    words = ("univariate-relu-network", "GradientDescent", "width=20", "step_size=0.05", "steps=50", "save=[0,50]")
    code, out, _ = run(capsys, *words, "--data", tmp_path / "my.csv")
    table = np.loadtxt(out.splitlines())
    model = UnivariateReLUNetwork(x, y, 20)
    expected = simulate(model, GradientDescent(0.05), model.init(), steps=50)
    assert code == 0
    np.testing.assert_allclose(table[:, 2], expected.loss, rtol=1e-5)
    variations = [f.total_variation2((-1.0, 0.5)) for f in expected.predictor()]
    np.testing.assert_allclose(table[:, 3], variations, rtol=1e-5)
    code, out, _ = run(capsys, *words, "scale=[0.5,1.0]", "n=3", "data_seed=4", "--json")
    record = json.loads(out)
    assert (code, record["data"]) == (0, "sine samples 3, data_seed=4")
    assert np.array(record["int|f''|"]).shape == (2, 2)
    assert np.array(record["final"]["w"]).shape == (2, 20)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["Nothing", "SGD"], "unknown model 'Nothing'"),
        (["DiagonalLinearNetwork", "Nothing"], "unknown dynamics 'Nothing'"),
        (["diagonal-linear-netwrk", "SGD"], "did you mean DiagonalLinearNetwork?"),
        (["relu", "SGD"], "did you mean UnivariateReLUNetwork?"),
        (["univariate-relu-network", "GradientFlow", "widht=3", "time=1"], "'widht' (did you mean width? allowed: "),
        (["ResidualModel", "SGD", "step_size=1", "steps=1"], "unknown model"),
        ([*DIAGONAL, "step_size=0.1", "steps=1", "momentun=1"], "unknown key 'momentun' (allowed: "),
        ([*DIAGONAL, "steps=1"], "needs step_size=..."),
        ([*DIAGONAL, "step_size=0.1"], "exactly one of steps and time"),
        ([*DIAGONAL, "step_size=0.1", "steps=1", "time=1"], "exactly one of steps and time"),
        ([*DIAGONAL, "step_size=-1", "steps=1"], "step_size must be > 0"),
        ([*DIAGONAL, "step_size=fast", "steps=1"], "step_size must be an array of real numbers"),
        ([*DIAGONAL, "step_size=[0.1", "steps=1"], "step_size must be a number, a name or a list"),
        ([*DIAGONAL, "step_size=0.1", "steps=1", "steps=2"], "steps is given twice"),
        ([*DIAGONAL, "step_size"], "must have the form key=value"),
        ([*DIAGONAL, "step_size=0.1", "steps=1", "n=0"], "n must be an integer >= 1"),
        ([*DIAGONAL, "step_size=[1,2]", "scale=[1,2,3]", "steps=1"], "theta0 has 3 members"),
        ([*DIAGONAL, "step_size=0.1", "steps=1", "--data", "nothing.csv"], "there is no file nothing.csv"),
        ([*DIAGONAL, "step_size=0.1", "steps=1", "--out", "run.txt"], "--out must be a .npz or .csv file"),
        ([*DIAGONAL, "step_size=0.1", "steps=1", "--out", "no/such/run.npz"], "there is no folder"),
        (["ScalarFactorization", "GradientFlow", "time=1", "--data", "x.csv"], "--data has no use here"),
        (["UnivariateReLUNetwork", "SGD", "step_size=0.1", "steps=1"], "needs width=..."),
        (["DiagonalLinearNetwork", "GradientFlow", "steps=1"], "time must be given for GradientFlow"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(capsys, words, says):
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_matrices_from_a_file(capsys, tmp_path):
    from solvable import DeepLinearNetwork, GradientDescent, simulate

    X, Y = np.random.default_rng(0).standard_normal((2, 3, 7))
    np.savez(tmp_path / "my.npz", X=X, Y=Y[:2])
    words = ("widths=[4]", "scale=0.3", "step_size=0.01", "steps=50", "--json", "--data", tmp_path / "my.npz")
    code, out, _ = run(capsys, "DeepLinearNetwork", "GradientDescent", *words)
    model = DeepLinearNetwork(X, Y[:2], 4)
    expected = simulate(model, GradientDescent(0.01), model.init(scale=0.3), steps=50)
    record = json.loads(out)
    assert code == 0
    assert record["loss"][-1] == expected.final_loss
    assert record["final"]["W_2"] == model.unpack(expected.final)["W_2"].tolist()
    np.savetxt(tmp_path / "my.csv", X, delimiter=",")
    code, _, err = run(capsys, "DeepLinearNetwork", "GradientFlow", "widths=4", "time=1", "--data", tmp_path / "my.csv")
    assert (code, err.count("\n")) == (2, 1)
    assert "must hold X and Y, it holds X, y" in err


def test_a_network_of_one_input_takes_one_column_of_any_name(capsys, tmp_path):
    table, file = np.array([[0.5, 1.0, 0.3], [-1.0, 0.0, 0.2], [0.1, 0.5, 0.7]]), tmp_path / "two.csv"
    words = ("univariate-relu-network", "GradientDescent", "width=20", "step_size=0.05", "steps=5", "--data", file)
    for header, has in (("x,z,y", "x, z"), ("1,2,3", "1, 2")):
        np.savetxt(file, table, delimiter=",", header=header, comments="")
        code, out, err = run(capsys, *words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"this model needs one input column, {file} has {has}" in err
    printed = []
    for header in ("x,y", "temperature,yield"):
        np.savetxt(file, table[:, :2], delimiter=",", header=header, comments="")
        printed.append(run(capsys, *words))
    assert printed[0] == printed[1]
    assert printed[0][0] == 0


def test_data_without_the_right_columns(capsys, tmp_path):
    np.savez(tmp_path / "wrong.npz", x=np.ones(3), y=np.ones(3))
    code, _, err = run(capsys, *DIAGONAL, "step_size=0.1", "steps=1", "--data", tmp_path / "wrong.npz")
    assert (code, err.count("\n")) == (2, 1)
    assert "must hold X and y, it holds x, y" in err


def test_an_interruption_keeps_what_was_computed(tmp_path):
    words = ["LinearRegression", "SGD", "step_size=1e-9", "steps=1000000000000", "save=[0]", "--json"]
    code = f"""
import os, signal, threading, sys
from solvable import simulate
from solvable.cli import main
main(["simulate", "LinearRegression", "SGD", "step_size=1e-9", "steps=1"])  # compiled before the clock runs
print("ready", flush=True)
sys.exit(main(["simulate", *{words!r}]))
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.stdout.readline().strip() != "ready":
        assert process.poll() is None
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)  # the run would take hours
    assert process.returncode == 130
    assert json.loads(out)["status"] == "interrupted"
    assert "Traceback" not in err
