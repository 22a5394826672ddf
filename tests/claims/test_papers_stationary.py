"""Claims on stationary laws, modified equations and one-point networks: what they measure with, and wrong constants."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from solvable import LabelNoiseSGD, LinearRegression, SinglePointNetwork, simulate
from solvable.claims import Verdict
from solvable.claims.papers._circle import circle_model, compiled_gradients
from solvable.claims.papers._regression_steps import Steps, compiled_steps, distinct
from solvable.claims.papers._single_point import coordinates, parameters, reduced, slow_rates
from solvable.theory import single_point_stationary


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return rng.standard_normal((4, 2)), rng.standard_normal(4)


def written_out(X, y, h, s, b):
    """The maps of all batches and signs, from the definition of a step."""
    for batch in itertools.combinations(range(len(y)), b):
        rows, labels = X[list(batch)], y[list(batch)]
        for signs in itertools.product((-1.0, 1.0), repeat=b):
            yield np.eye(X.shape[1]) - h / b * rows.T @ rows, h / b * rows.T @ (labels + s * np.array(signs))


@pytest.mark.parametrize("b", [1, 2, 3, 4])
def test_the_maps_of_the_compiled_step_are_those_of_its_definition(problem, b):
    X, y = problem
    steps = compiled_steps(X, y, LabelNoiseSGD(0.2, 0.7, batch_size=b), seed=5)
    expected = [np.concatenate([M.ravel(), v]) for M, v in written_out(X, y, 0.2, 0.7, b)]
    found = np.hstack([steps.matrices.reshape(len(steps.shifts), -1), steps.shifts])
    assert len(found) == len(expected)
    for row in expected:
        assert np.min(np.max(np.abs(found - row), axis=1)) < 1e-14


def test_an_outcome_that_never_appears_is_no_number(problem):
    X, y = problem
    X[1], y[1] = X[0], y[0]
    assert np.all(np.isnan(compiled_steps(X, y, LabelNoiseSGD(0.2, 0.7)).matrices))


def test_moments_of_maps_by_all_their_sequences(problem):
    X, y = problem
    maps, start = list(written_out(X, y, 0.2, 0.7, 1)), np.array([1.0, -2.0])
    steps = Steps(np.array([M for M, _ in maps]), np.array([v for _, v in maps]))
    ends = []
    for sequence in itertools.product(maps, repeat=3):
        theta = start
        for M, v in sequence:
            theta = M @ theta + v
        ends.append(theta)
    mean, covariance = steps.moments(start, 3)
    assert np.abs(mean - np.mean(ends, axis=0)).max() < 1e-13
    assert np.abs(covariance - np.cov(np.array(ends).T, bias=True)).max() < 1e-13
    late = steps.moments(start, 4000)
    assert np.abs(late.covariance - steps.stationary_covariance()).max() < 1e-12
    pairs = [(M + N, v + w) for (M, v), (N, w) in itertools.product(maps, repeat=2)]
    averaged = steps.averaged_pairs()
    assert np.abs(averaged.mean - np.mean([M for M, _ in pairs], axis=0) / 2).max() < 1e-14
    assert np.abs(np.cov(averaged.shifts.T) - np.cov(np.array([v for _, v in pairs]).T / 2)).max() < 1e-13


def test_distinct_rows_up_to_rounding():
    rows = np.array([[1.0, 2.0], [1.0 + 1e-15, 2.0], [1.0, 2.0 + 1e-6], [0.0, 0.0]])
    assert len(distinct(rows)) == 3


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_reduced_derivatives_are_those_of_the_model(activation):
    model = SinglePointNetwork([0.6, -0.9], 0.8, 3, activation)
    theta = np.random.default_rng(1).standard_normal(9)
    net, point = reduced(model), coordinates(model, theta)
    assert net.residuals(point) == pytest.approx(model.residuals(theta), abs=1e-14)
    # grad f = (a, c phi' x): along x the reduced entry, times the direction of x.
    gradient, direction = model.jacobian(theta)[0], model.x / np.linalg.norm(model.x)
    assert net.jacobian(point)[0, :3] == pytest.approx(gradient[:3], abs=1e-14)
    assert np.outer(net.jacobian(point)[0, 3:], direction).ravel() == pytest.approx(gradient[3:], abs=1e-14)
    lift = np.zeros((9, 6))
    lift[:3, :3], lift[3:, 3:] = np.eye(3), np.kron(np.eye(3), direction[:, None])
    J, r = net.jacobian(point), net.residuals(point)[0]
    assert lift.T @ model.hessian(theta) @ lift == pytest.approx(J.T @ J + r * net.hessians(point)[0], abs=1e-13)
    c, a = model.predictor(theta).T
    assert model.predictor(parameters(model, c, a)) == pytest.approx(model.predictor(theta), abs=1e-14)


def test_slow_rates_are_those_of_descent_near_the_minimum():
    model = SinglePointNetwork([1.1], 0.9, 3)
    state = single_point_stationary(1.21, 0.9, 3)[0]
    net, rate = reduced(model), slow_rates(model, state)
    from solvable.theory import limiting_flow

    theta = parameters(model, state.outer, state.hidden * np.array([1 + 1e-4, 1, 1]))
    theta[0] *= 0.9 / model.predict(theta)[0]
    end = coordinates(model, parameters(model, state.outer, state.hidden))
    path = limiting_flow(*net, coordinates(model, theta), [1.0, 2.0])
    distances = np.linalg.norm(path.points - end, axis=1)
    # The displaced neuron is the active one, whose trade of c for a is one eigenvector.
    assert np.min(np.abs(np.log(distances[0] / distances[1]) - rate)) < 1e-3


def test_gradients_of_the_circle_are_those_of_its_samples():
    z, nodes = np.array([-1.0, 0.3, 0.7]), np.linspace(0, 6, 7)
    found = compiled_gradients(circle_model(z, 0.5, 0.2), 0.1, nodes, 0)
    expected = np.sin(nodes) + z[:, None] * (0.5 + 0.2 * np.cos(nodes))
    assert np.sort(found, axis=0) == pytest.approx(np.sort(expected, axis=0), abs=1e-13)


def test_heavy_ball_maps_are_those_of_the_compiled_run(problem):
    from solvable.claims.papers.liu2020 import with_momentum

    X, y = problem
    steps = with_momentum(compiled_steps(X, y, LabelNoiseSGD(0.1, 0.7)), 0.6)
    run = simulate(
        LinearRegression(X, y), LabelNoiseSGD(0.1, 0.7, momentum=0.6), [1.0, 2.0], steps=40, save=np.arange(41)
    )
    pairs = np.hstack([run.theta[1:], run.theta[:-1]])
    for before, after in itertools.pairwise(pairs):
        assert np.min(np.max(np.abs(steps.matrices @ before + steps.shifts - after), axis=1)) < 1e-14


def twice(field):
    """Twice one entry of every state."""

    def mutate(original):
        def wrong(*args, **given):
            return [state._replace(**{field: 2 * getattr(state, field)}) for state in original(*args, **given)]

        return wrong

    mutate.__name__ = f"twice_{field}"
    return mutate


def twice_the_covariance(original):
    def wrong(*args, **given):
        moments = original(*args, **given)
        return moments._replace(covariance=2 * moments.covariance)

    return wrong


def twice_the_noise(original):
    return lambda gradients, p, observable, h, *rest: original(gradients, p, observable, 2 * h, *rest)


def twice_the_drift(original):
    def wrong(*args):
        equation = original(*args)
        return equation._replace(drift=2 * equation.drift, diffusion=2 * equation.diffusion)

    return wrong


MUTATIONS = [
    ("_single_point", "single_point_stationary", twice("outer"), "blanc2019-one-point-tanh"),
    ("_single_point", "single_point_stationary", twice("regularizer"), "blanc2019-one-point-tanh"),
    ("_single_point", "single_point_stationary", twice("regularizer"), "blanc2019-one-point-saddles"),
    ("_single_point", "single_point_stationary", twice("unstable"), "blanc2019-one-point-saddles"),
    ("_single_point", "single_point_stationary", twice("regularizer"), "blanc2019-one-point-fluctuation"),
    ("blanc2019_sigmoid", "sizes", "doubled", "blanc2019-one-point-sigmoid-spreads"),
    ("blanc2019_sigmoid", "sizes", "doubled", "blanc2019-one-point-sigmoid-concentrates"),
    ("blanc2019_sigmoid", "sizes", "doubled", "blanc2019-one-point-sigmoid-two-minima"),
    ("ziyin2021", "stationary_covariance", "doubled", "ziyin2021-stationary-covariance"),
    ("ziyin2021", "autocovariance", "doubled", "ziyin2021-autocovariance"),
    ("ziyin2021", "autocovariance", "doubled", "ziyin2021-time-average"),
    ("ziyin2021", "fresh_gaussian_covariance", "doubled", "ziyin2021-fresh-inputs"),
    ("liu2020", "stationary_covariance", "doubled", "liu2020-momentum"),
    ("mandt2017", "gradient_noise", "doubled", "mandt2017-small-steps"),
    ("li2017", "descent_moments", twice_the_covariance, "li2017-linear"),
    ("li2017", "modified_equation_moments", twice_the_covariance, "li2017-linear"),
    ("li2017_circle", "circle_modified_equation", twice_the_noise, "li2017-circle"),
    ("li2017_stationary", "modified_stationary_covariance", "doubled", "li2017-stationary"),
    ("li2017_stationary", "matching_equation", twice_the_drift, "li2017-stationary"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)
