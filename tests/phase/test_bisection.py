"""Boundaries against exact ones, the chance to see what is not monotone, and the bits of any way to compute them."""

import pickle
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import pytest

from solvable import GradientDescent, LinearRegression, ScalarFactorization, Status, simulate
from solvable.phase import boundary, boundary_plan, load, vectorized
from solvable.theory import ellipse_level, factorization_bounded

STEP = 0.6
STARTS = np.linspace(-2.5, 2.5, 41)
EIGENVALUES = np.array([0.5, 1.0, 3.0, 20.0])


@vectorized
def leaves(v, u):
    """Whether descent on the scalar factorization diverges from (u, v)."""
    starts = np.stack([u, v], axis=1)
    run = simulate(ScalarFactorization(1.0), GradientDescent(STEP), starts, steps=1000)
    return {"diverged": run.status == Status.DIVERGED, "unresolved": run.status == Status.NONFINITE}


def leaves_alone(v, u):
    return {name: column[0] for name, column in leaves(np.array([v]), np.array([u])).items()}


@vectorized
def grows(step_size, direction):
    """Growth of an error along an eigenvector of a quadratic, by descent."""
    scale = np.sqrt(EIGENVALUES.size * EIGENVALUES)
    model = LinearRegression(np.diag(scale), np.zeros(scale.size))
    starts = np.eye(scale.size)[direction.astype(int)]
    final = simulate(model, GradientDescent(step_size), starts, steps=1).final
    return np.abs(final).sum(axis=1)


def slope(x, tilt):
    return x - tilt


def noisy(x, column, seed, replica):
    return x > np.random.default_rng([seed, replica]).uniform()


def test_the_boundary_of_descent_is_the_ellipse():
    found = boundary(leaves, {"v": [0.0, 4.0], "u": STARTS})
    there = np.isfinite(found.position)
    np.testing.assert_allclose((found.high - found.low)[there], 4.0 * 2.0**-10, rtol=1e-12)
    assert np.all(factorization_bounded(STARTS[there], found.low[there], STEP))
    assert not np.any(factorization_bounded(STARTS[there], found.high[there], STEP))
    # Which columns have none: those that begin outside, and the one whose upper end is a minimum outside (u v = 1).
    outside, minimum = ellipse_level(STARTS, 0.0, STEP) > 1, STARTS * 4.0 == 1.0
    np.testing.assert_array_equal(~there, outside | minimum)
    np.testing.assert_array_equal(found.event_low, outside)
    np.testing.assert_array_equal(found.event_high, ~minimum)
    seen = found.counterexamples
    assert set(seen.cells["u"]) <= set(STARTS[~there])
    np.testing.assert_array_equal(seen.event, ~factorization_bounded(seen.cells["u"], seen.cells["v"], STEP))
    np.testing.assert_array_equal(~found.monotone, np.isin(STARTS, seen.cells["u"]))


def test_the_cost_of_half_a_percent_in_41_columns():
    found = boundary(leaves, {"v": [0.0, 4.0], "u": STARTS}, tolerance=0.005, probes=0)
    assert found.evaluations == 2 * 41 + 8 * np.sum(np.isfinite(found.position)) == 386
    exact = [-1.0, 0.0, 1.0]  # at these u the ellipse is a quadratic equation in v
    for u in exact:
        a, b = 1 / (4 * (2 / STEP + 1)), 1 / (4 * (2 / STEP - 1))
        v = np.roots([a + b, 2 * u * (a - b), (a + b) * u**2 - 1]).max()
        assert abs(found.position[u == STARTS][0] - v) <= 0.0025 * 4.0


def test_the_stable_step_of_a_quadratic_on_a_logarithmic_axis():
    axes = {"step_size": [0.01, 100.0], "direction": np.arange(4.0)}
    found = boundary(grows, axes, level=1.0, scale="log", tolerance=1e-6)
    ratio = (100.0 / 0.01) ** (2.0**-20)
    np.testing.assert_allclose(found.position, 2 / EIGENVALUES, rtol=ratio - 1)
    np.testing.assert_allclose(found.high / found.low, ratio, rtol=1e-12)
    assert found.monotone.all()


def test_any_axis_may_be_searched_and_there_may_be_no_other():
    found = boundary(slope, {"x": [-1.0, 0.0, 1.0], "tilt": [5.0, -3.0]}, along="tilt", level=0.0)
    np.testing.assert_allclose(found.position, [-1.0, 0.0, 1.0], atol=4e-3)
    assert found.event_low.all()
    alone = boundary(lambda x: x**2, {"x": [0.0, 2.0]}, level=2.0, tolerance=1e-9)
    assert alone.position.shape == ()
    assert abs(float(alone.position) - np.sqrt(2)) <= 2e-9


@pytest.mark.parametrize("probes", [4, 8])
def test_the_chance_to_see_an_island_is_the_one_that_is_stated(probes):
    """Islands of width w lie where no halving looks; each is seen with probability 1 - prod_j (1 - k w_j)."""
    columns, width = 4000, 0.06
    left = np.random.default_rng(11).uniform(0.51, 0.99 - width, columns)

    @vectorized
    def island(s, column):
        start = left[column.astype(int)]
        return (s > 1 / 3) & ~((s > start) & (s < start + width))

    found = boundary(island, {"s": [0.0, 1.0], "column": np.arange(float(columns))}, probes=probes, seed=3)
    np.testing.assert_allclose(found.position, 1 / 3, atol=1e-3)
    edges = np.arange(probes + 1) / probes
    ends = np.clip(edges[None, :], left[:, None], left[:, None] + width)
    chance = 1 - np.prod(1 - probes * np.diff(ends, axis=1), axis=1)
    assert np.all(chance >= 1 - (1 - width) ** probes - 1e-12)
    missed = np.sum(~found.monotone) - chance.sum()
    assert abs(missed) < 4.5 * np.sqrt(np.sum(chance * (1 - chance)))  # a fair count fails with probability 7e-6
    inside = (found.counterexamples.cells["s"] - left[found.counterexamples.cells["column"].astype(int)]) / width
    assert np.all((inside > 0) & (inside < 1))


def test_a_wide_island_is_always_seen_and_a_column_without_a_change_is_checked_too():
    @vectorized
    def band(s, column):
        start = 0.05 + 0.6 * column / 100
        return ~((s > start) & (s < start + 0.25))

    found = boundary(band, {"s": [0.0, 1.0], "column": np.arange(101.0)})
    assert np.isnan(found.position).all()
    assert found.event_low.all()
    assert found.event_high.all()
    assert not found.monotone.any()
    assert not boundary(band, {"s": [0.0, 1.0], "column": [0.0]}, probes=0).counterexamples.value.size


def test_columns_without_a_change_are_nan_with_their_side():
    found = boundary(slope, {"x": [0.0, 1.0], "tilt": [-5.0, 0.5, 5.0]}, level=0.0)
    np.testing.assert_array_equal(np.isnan(found.position), [True, False, True])
    np.testing.assert_array_equal(found.event_low, [True, False, False])
    np.testing.assert_array_equal(found.event_high, [True, True, False])
    assert found.monotone.all()


def test_unresolved_evaluations_are_counted_and_count_by_their_value():
    def late(x, flagged):
        return (
            {"value": x, "unresolved": bool(flagged) and x > 0.75}
            if x < 0.9
            else {"value": np.nan, "unresolved": False}
        )

    found = boundary(late, {"x": [0.0, 1.0], "flagged": [0.0, 1.0]}, probes=20)
    assert np.isnan(found.position).all()  # NaN at the upper end is no event
    assert not found.event_high.any()
    samples = found.samples
    expected = [np.sum((samples.cells["x"] > (0.75 if f else 0.9)) & (samples.cells["flagged"] == f)) for f in (0, 1)]
    np.testing.assert_array_equal(found.unresolved, expected)
    assert "NaN as no event" in found.summary()["unresolved"]


def test_a_random_measure_sees_the_same_draws_all_along_a_column():
    found = boundary(noisy, {"x": [0.0, 1.0], "column": np.arange(6.0)}, seed=5, tolerance=1e-6)
    exact = [np.random.default_rng([5, k]).uniform() for k in range(6)]
    np.testing.assert_allclose(found.position, exact, atol=1e-6)
    assert found.monotone.all()


def same(one, other):
    for name in ("position", "low", "high", "event_low", "event_high", "monotone", "unresolved"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in one.samples.cells:
        np.testing.assert_array_equal(one.samples.cells[name], other.samples.cells[name])
    np.testing.assert_array_equal(one.samples.value, other.samples.value)


class Mail(Executor):
    """Runs at once what arrives as bytes, as another process would."""

    def submit(self, function, *arguments):
        future = Future()
        function, arguments = pickle.loads(pickle.dumps((function, arguments)))
        future.set_result(function(*arguments))
        return future


def test_bits_do_not_depend_on_blocks_on_executors_or_on_how_cells_are_called(monkeypatch):
    axes, settings = {"v": [0.1, 4.0], "u": STARTS[::8]}, {"seed": 2, "scale": "log", "tolerance": 0.02}
    found = boundary(leaves, axes, **settings)
    same(found, boundary(leaves_alone, axes, **settings))
    with ThreadPoolExecutor(2) as threads:
        for block in (1, 4):
            monkeypatch.setattr(boundary_plan, "VECTORIZED", (block, block))
            same(found, boundary(leaves, axes, **settings, executor=threads))
    same(found, boundary(leaves, axes, **settings, executor=Mail()))


def test_a_stored_boundary_goes_on_and_is_read_back(tmp_path):
    axes, folder = {"x": [0.0, 1.0], "tilt": np.linspace(-0.5, 1.5, 5)}, tmp_path / "kept"
    told = []
    found = boundary(slope, axes, level=0.0, store=folder, progress=lambda done, total: told.append((done, total)))
    assert told == [(k, 5) for k in range(1, 6)]
    (folder / "chunk-000003.npz").unlink()
    assert load(folder).computed.tolist() == [True, True, True, False, True]
    told.clear()
    again = boundary(slope, axes, level=0.0, store=folder, progress=lambda done, total: told.append(done))
    assert told == [5]
    same(found, again)
    same(found, load(folder))
    with pytest.raises(ValueError, match="holds another map"):
        boundary(slope, axes, level=0.1, store=folder)


def test_an_interrupted_search_keeps_its_columns():
    def stops(x, column):
        if column == 2:
            raise KeyboardInterrupt
        return x - 0.1 * column

    found = boundary(stops, {"x": [0.0, 1.0], "column": np.arange(4.0)}, level=0.5)
    assert found.provenance["interrupted"]
    np.testing.assert_array_equal(found.computed, [True, True, False, False])
    assert "2 columns" in found.summary()["not computed"]


@pytest.mark.parametrize(
    ("axes", "settings", "message"),
    [
        ({"x": [0.0], "tilt": [0.0]}, {}, "axis x must have a first and another last value"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"along": "z"}, "along must be one of 'x', 'tilt', got 'z'"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"scale": "log"}, "axis x must be > 0 on a log scale, got 0"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"scale": "cubic"}, "scale must be one of"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"tolerance": 0.0}, "tolerance must be from 1e-15 to 1"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"probes": -1}, "probes must be an integer >= 0, got -1"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"level": np.nan}, "level must be finite"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"value": "loss"}, "value must be one of 'value', got 'loss'"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"executor": 2}, "executor must be a concurrent.futures.Executor"),
        ({"x": [0.0, 1.0], "tilt": [0.0]}, {"store": "b.zarr"}, "store of a boundary must be a folder of npz files"),
        ({"x": [0.0, 1.0]}, {}, "slope needs an axis 'tilt'"),
    ],
)
def test_bad_input_is_one_line(axes, settings, message):
    with pytest.raises(ValueError, match=message) as caught:
        boundary(slope, axes, **settings)
    assert "\n" not in str(caught.value)
