"""Which loop moves which model: the table of `solvable.dynamics.loops`, and that its entries exist."""

import numpy as np
import pytest

from solvable import (
    SGD,
    DiagonalLinearNetwork,
    GradientDescent,
    GradientFlow,
    LabelNoiseSGD,
    LinearRegression,
    MatrixSensing,
    ScalarFactorization,
    UnivariateReLUNetwork,
)
from solvable.dynamics.loops import FEW, LOOPS, own_stepper

X, Y = np.eye(3, 4), np.ones(3)
SQUARES, CUBES = DiagonalLinearNetwork(X, Y), DiagonalLinearNetwork(X, Y, depth=3)
RELU, SENSING = UnivariateReLUNetwork([0.0, 1.0, 2.0], Y, 4), MatrixSensing(np.ones((2, 2, 2)), [1.0, 1.0])
CASES = [
    ("GradientDescent", GradientDescent(0.1), SQUARES, "DiagonalDescent"),
    ("GradientDescent", GradientDescent(0.1), CUBES, None),
    ("GradientDescent", GradientDescent(0.1), RELU, "ReluDescent"),
    ("GradientDescent", GradientDescent(0.1), SENSING, "SensingDescent"),
    ("GradientDescent", GradientDescent(0.1), ScalarFactorization(), "BlockDescent"),
    ("GradientDescent", GradientDescent(0.1), LinearRegression(X, Y), None),
    ("RowDescent", SGD(0.1, 2), SQUARES, "DiagonalRows"),
    ("RowDescent", SGD(0.1), CUBES, None),
    ("RowDescent", SGD(0.1), RELU, "ReluRows"),
    ("RowDescent", SGD(0.1, 2), RELU, None),
    ("RowDescent", SGD(0.1, 3), RELU, None),
    ("RowDescent", LabelNoiseSGD(0.1, 0.1, None), RELU, "ReluRows"),
    ("GradientFlow", GradientFlow(), SQUARES, "DiagonalFlow"),
    ("GradientFlow", GradientFlow(inertia=[0.1, 0.2]), SQUARES, "FactorFlow"),
    ("GradientFlow", GradientFlow(strength=0.1), SQUARES, "FactorFlow"),
    ("GradientFlow", GradientFlow(method="explicit"), SQUARES, None),
    ("GradientFlow", GradientFlow(), CUBES, None),
    ("GradientFlow", GradientFlow(), RELU, "ReLUFlow"),
]


@pytest.mark.parametrize(("name", "method", "model", "stepper"), CASES)
def test_which_loop_moves_which_model(name, method, model, stepper):
    found = own_stepper(name, method, model, 1)
    assert (found and found.__name__) == stepper


def test_many_matrices_go_together():
    method = GradientDescent(0.1)
    found = [own_stepper("GradientDescent", method, SENSING, members) for members in (FEW, FEW + 1)]
    assert [kind and kind.__name__ for kind in found] == ["SensingDescent", None]


def test_every_loop_is_used():
    written = {loop.stepper.split(".")[1] for loops in LOOPS.values() for loop in loops}
    assert written == {stepper for *_, stepper in CASES if stepper}
