"""Flooding against a NumPy loop: where it descends, where it ascends, and where it stands still."""

import numpy as np
import pytest

from solvable import (
    DiagonalLinearNetwork,
    Flooding,
    GradientDescent,
    LinearRegression,
    ModifiedFlow,
    ResidualModel,
    ScalarFactorization,
    Status,
    VectorField,
    simulate,
)

rng = np.random.default_rng(5)
X = rng.standard_normal((4, 6))
Y = X[:, 0] - 0.5 * X[:, 1]
MODELS = {
    "squares": DiagonalLinearNetwork(X, Y),
    "product": DiagonalLinearNetwork(X, Y, parametrization="product"),
    "depth 3": DiagonalLinearNetwork(X, Y, depth=3),
    "scalar 4": ScalarFactorization(1.5, depth=4),
    "linear": LinearRegression(X, Y),
    "user": ResidualModel(lambda w: np.array([w[0] * w[1] - 1.0, w[1] - w[2] ** 2]), n_params=3, n_samples=2),
}


def loop(model, theta, h, level, steps):
    """The path and its losses."""
    path = [theta]
    for _ in range(steps):
        theta = theta - h * np.sign(model.loss(theta) - level) * model.gradient(theta)
        path.append(theta)
    return np.array(path), np.array([model.loss(p) for p in path])


def start_of(model):
    return 0.6 + 0.2 * np.random.default_rng(1).standard_normal(model.n_params)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("part", [0.0, 0.6, 3.0], ids=["floor at zero", "floor on the way", "floor above the start"])
def test_against_a_numpy_loop(kind, part):
    model, h, steps = MODELS[kind], 0.05, 80
    start = start_of(model)
    level = part * model.loss(start)
    path, losses = loop(model, start, h, level, steps)
    assert level == 0 or np.abs(losses[:-1] - level).min() > 1e-9  # no sign is a matter of rounding
    run = simulate(model, Flooding(h, level), start, steps=steps, save=np.arange(steps + 1))
    np.testing.assert_allclose(run.theta, path, rtol=0, atol=1e-8 if kind == "user" else 1e-11)
    rising = np.diff(run.loss) > 0
    assert rising.any() == (part > 0)  # it goes up to a floor above it, and hovers about one that it meets
    if part == 3.0:
        assert rising[0]


@pytest.mark.parametrize("kind", ["depth 3", "linear"])
def test_without_a_floor_it_is_gradient_descent(kind):
    model = MODELS[kind]
    runs = [
        simulate(model, method, start_of(model), steps=200) for method in (Flooding(0.05, 0.0), GradientDescent(0.05))
    ]
    np.testing.assert_allclose(runs[0].final, runs[1].final, rtol=0, atol=1e-15)


def test_no_step_where_the_loss_is_the_level():
    model, start = ScalarFactorization(1.0), [2.0, 1.0]  # L = 1/2 exactly
    for level, name in ((0.5, "stays"), (np.nextafter(0.5, 1), "rises"), (np.nextafter(0.5, 0), "falls")):
        run = simulate(model, Flooding(0.01, level), start, steps=1)
        found = {0: "stays", 1: "rises", -1: "falls"}[int(np.sign(run.final_loss - 0.5))]
        assert found == name
    stuck = simulate(DiagonalLinearNetwork([[1.0]], [1.0]), Flooding(0.1, 0.5), [1.0, 1.0], steps=10)
    assert np.array_equal(stuck.final, [1.0, 1.0])
    assert not stuck.ledger().q.any()


def test_it_hovers_about_the_level():
    model = MODELS["squares"]
    run = simulate(model, Flooding(0.02, 0.01), start_of(model), steps=5000, save=np.arange(4000, 5000))
    assert np.abs(run.loss - 0.01).max() < 0.002
    sides = np.sign(run.loss - 0.01)
    assert 0.3 < np.mean(sides > 0) < 0.7


def test_a_wanted_loss_above_the_level_ends_the_run():
    model, start = MODELS["squares"], start_of(MODELS["squares"])
    run = simulate(model, Flooding(0.02, 0.01), start, steps=5000, until_loss=0.05)
    assert run.status is Status.CONVERGED
    assert 0.01 < run.final_loss <= 0.05
    assert simulate(model, Flooding(0.02, 0.01), start, steps=500, until_loss=0.001).status is Status.HORIZON


@pytest.mark.parametrize("kind", ["squares", "product", "scalar 4"])
def test_alone_is_inside_an_ensemble_and_resumes_in_bits(kind):
    model = MODELS[kind]
    starts = start_of(model) * np.linspace(0.9, 1.1, 37)[:, None]
    h, level = np.linspace(0.01, 0.06, 37), np.linspace(0.0, 0.1, 37)
    ensemble = simulate(model, Flooding(h, level), starts, steps=300)
    alone = simulate(model, Flooding(h[21], level[21]), starts[21], steps=300)
    assert np.array_equal(alone.final, ensemble.final[21])
    first = simulate(model, Flooding(h[21], level[21]), starts[21], steps=71)
    rest = simulate(model, Flooding(h[21], level[21]), None, resume=first, steps=229)
    assert np.array_equal(rest.final, alone.final)


def test_divergence_is_a_status():
    run = simulate(ScalarFactorization(1.0), Flooding(np.array([0.01, 3.0]), 0.1), [2.0, 0.6], steps=200)
    assert run.status.tolist() == [Status.HORIZON, Status.DIVERGED]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Flooding(0.0, 0.1), "step_size must be > 0, got 0"),
        (lambda: Flooding(0.1, -0.1), "level must be >= 0, got -0.1"),
        (lambda: Flooding(0.1, "high"), "level must be an array of real numbers, got str 'high'"),
        (
            lambda: Flooding([0.1, 0.2], [0.1, 0.2, 0.3]),
            "hyperparameters must have one common length, got step_size (2,), level (3,)",
        ),
        (
            lambda: simulate(VectorField(lambda z: -z, 2), Flooding(0.1, 0.1), [1.0, 1.0], steps=1),
            "Flooding needs a model with a loss, got VectorField: use a flow",
        ),
        (
            lambda: ModifiedFlow(Flooding(0.1, 0.1)),
            "optimizer must be smooth, got Flooding: its step jumps, and a flow cannot",
        ),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message
