"""How a lane ends, and that its end disturbs nobody."""

import numpy as np
import pytest

from solvable.integrators import tile
from solvable.integrators.status import CONVERGED, DIVERGED, NONFINITE, RUNNING


def control_of(**rows):
    control = np.zeros((tile.CONTROL_ROWS, 1))
    values = {"STOP": -1.0, "LIMIT": 1e30, "LOSS": 1.0, "CALM": 1e3} | rows
    for name, value in values.items():
        control[getattr(tile, name), 0] = value
    return control


@pytest.mark.parametrize(
    ("loss", "rows", "code"),
    [
        (1.0, {}, RUNNING),
        (1e30, {}, RUNNING),
        (np.nextafter(1e30, 2e30), {}, DIVERGED),
        (np.inf, {}, DIVERGED),
        (np.nan, {}, NONFINITE),
        (np.nan, {"LOSS": 1e10}, DIVERGED),
        (0.5, {"STOP": 0.5}, CONVERGED),
        (0.5, {"STOP": 0.4}, RUNNING),
        (0.0, {"STOP": 0.0}, CONVERGED),
        (0.0, {}, RUNNING),
        (np.nan, {"STOP": 0.5}, NONFINITE),
    ],
)
def test_verdict(loss, rows, code):
    assert tile.verdict(loss, control_of(**rows), 0) == code


def test_sum_of_squares():
    residual = np.random.default_rng(0).standard_normal((7, 8))
    total = np.full(8, np.nan)
    tile.sum_of_squares(residual, total)
    np.testing.assert_allclose(total, np.sum(residual**2, axis=0), rtol=1e-15)


def test_inspect_retires_exactly_the_lanes_that_end():
    n, outputs, width, p = 3, 2, 4, 2
    control = np.hstack([control_of() for _ in range(width)])
    control[tile.STEP_SIZE], control[tile.DECAY] = 0.1, 0.2
    control[tile.STOP, 1] = 10.0
    record = np.zeros((tile.RECORD_ROWS, width), dtype=np.int64)
    record[tile.COUNT] = 100
    theta, final = np.arange(8.0).reshape(p, width), -np.ones((p, width))
    before = theta.copy()
    residual = np.ones((n * outputs, width))
    total = 2.0 * n * np.array([5.0, 10.0, np.inf, np.nan])
    answer = tile.inspect(theta, residual, total, n, control, record, final, 7)
    assert answer == 1 - width
    assert record[tile.STATUS].tolist() == [RUNNING, CONVERGED, DIVERGED, NONFINITE]
    assert record[tile.COUNT].tolist() == [100, 107, 107, 107]
    assert np.array_equal(theta[:, 0], before[:, 0])
    assert np.array_equal(final[:, 1:], before[:, 1:])  # where they ended
    assert np.array_equal(theta[:, 1:], -np.ones((p, 3)))  # back at their start
    assert control[tile.STEP_SIZE].tolist() == [0.1, 0, 0, 0]
    assert control[tile.DECAY].tolist() == [0.2, 0, 0, 0]
    assert residual[:, 0].tolist() == [1] * 6
    assert not residual[:, 1:].any()
    assert control[tile.LOSS, 0] == 5.0

    tile.count_steps(record, 9)
    assert record[tile.COUNT].tolist() == [109, 107, 107, 107]
    quiet = 2.0 * n * np.array([4.0, 1.0, 1.0, 1.0])
    assert tile.inspect(theta, residual, quiet, n, control, record, final, 8) == width


def test_verdicts_are_single_verdicts():
    control = np.hstack([control_of() for _ in range(4)])
    losses, out = np.array([5.0, 10.0, np.inf, np.nan]), np.empty(4, dtype=np.int64)
    control[tile.STOP, 1] = 10.0
    tile.verdicts(losses, control, out)
    assert out.tolist() == [tile.verdict(loss, control, b) for b, loss in enumerate(losses)]
