"""The claims about the drift of label noise see a wrong constant in their predictions, and what they share is right."""

from __future__ import annotations

import numpy as np
import pytest

import solvable
from solvable import DiagonalLinearNetwork, LabelNoiseSGD, ScalarFactorization, SinglePointNetwork, simulate
from solvable.claims import Verdict
from solvable.claims.papers._outputs import (
    batch_mean,
    diagonal_outputs,
    neuron_outputs,
    noisy_residuals,
    product_outputs,
    twin,
)
from solvable.claims.papers._rates import check_rates, diagonal_minimum, product_minimum


def twice_the_gain(original):
    def wrong(*args, **given):
        gain = original(*args, **given)
        return gain._replace(q=2 * gain.q)

    return wrong


def twice_the_time(original):
    """Of any function whose last positional argument is the slow time."""

    def wrong(*args, **given):
        return original(*args[:-1], 2 * np.asarray(args[-1]), **given)

    return wrong


MUTATIONS = [
    ("blanc2019", "multiplied", "doubled", "blanc2019-exact-steps"),
    ("blanc2019", "trace_drift", "doubled", "blanc2019-drift-rate"),
    ("blanc2019", "trace_drift", "doubled", "blanc2019-only-the-variance"),
    ("blanc2019", "limiting_flow", twice_the_time, "blanc2019-drift"),
    ("blanc2019", "gain_label_noise", twice_the_gain, "blanc2019-drift"),
    ("blanc2019_repelled", "slow_rate", "doubled", "blanc2019-repelled"),
    ("blanc2019_repelled", "limiting_flow", twice_the_time, "blanc2019-repelled"),
    ("damian2021", "trlog_regularizer", "doubled", "damian2021-trlog"),
    ("damian2021", "label_noise_drift", "doubled", "damian2021-small-batches"),
    ("li2022_flow", "limiting_flow", twice_the_time, "li2022-limit-flow"),
    ("li2022_flow", "slow_flow_diagonal", twice_the_time, "li2022-limit-flow"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


def models():
    rng = np.random.default_rng(0)
    X, y, x = rng.standard_normal((2, 3)), rng.standard_normal(2), rng.standard_normal(2)
    return {
        "product": (ScalarFactorization(1.2, depth=3), product_outputs(1.2), rng.uniform(0.5, 2.0, 3)),
        "diagonal": (DiagonalLinearNetwork(X, y), diagonal_outputs(X, y), rng.standard_normal(6)),
        "neurons": (SinglePointNetwork(x, 0.7, 3), neuron_outputs(x, 0.7), rng.standard_normal(9)),
    }


@pytest.mark.parametrize("name", ["product", "diagonal", "neurons"])
def test_outputs_are_those_of_the_models_and_their_derivatives_are_right(name):
    model, outputs, theta = models()[name]
    assert np.abs(outputs.residuals(theta) - model.residuals(theta)).max() < 1e-14
    assert np.abs(outputs.jacobian(theta) - model.jacobian(theta)).max() < 1e-14
    step = 1e-5
    slopes = [
        (outputs.jacobian(theta + e) - outputs.jacobian(theta - e)) / (2 * step) for e in step * np.eye(len(theta))
    ]
    assert np.abs(outputs.hessians(theta) - np.stack(slopes, axis=-1)).max() < 1e-9


@pytest.mark.parametrize(("batch_size", "noise"), [(1, "sign"), (2, "gaussian"), (None, "sign")])
def test_a_step_and_the_twin_follow_the_draws(batch_size, noise):
    rng = np.random.default_rng(1)
    X, theta = rng.standard_normal((3, 4)), rng.uniform(0.5, 1.0, 8)
    minimum = diagonal_minimum(X, theta)
    size, method = 1e-6, LabelNoiseSGD(0.05, 1e-6, batch_size, noise, momentum=0.3)
    run = simulate(minimum.model, method, theta, steps=20, save=np.arange(21), seed=4)
    linear = twin(minimum.outputs.jacobian(theta), method, np.arange(21), 0, 1, 4)[:, 0]
    chosen, rho = noisy_residuals(run, method, size, 4)
    point, before = theta, theta
    for k in range(20):
        pull = batch_mean(rho[k : k + 1], minimum.outputs.jacobian(point), chosen[k : k + 1])[0]
        point, before = point - 0.05 * pull + 0.3 * (point - before), point
        assert np.abs(point - run.theta[k + 1]).max() < 1e-15
    assert np.abs((run.theta - theta) / size - linear).max() < 1e-4 * np.abs(linear).max()


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rates_of_a_wrong_law_are_refuted_and_the_right_one_is_found(momentum):
    """The exact rate on ``u v`` is ``-1 / (1 - h lambda / (2 (1 + m)))``."""
    minimum = product_minimum(1.0, 0.5)
    h = 1.0 / np.sum(minimum.theta**2)
    exact = -1 / (1 - 0.5 / (1 + momentum))
    for factor, wanted in ((1.0, "inside"), (1.01, "outside")):

        @solvable.claim("me2026-rate", statement="$x$", source="me")
        def rate(lab, factor=factor):
            check_rates(lab, minimum, LabelNoiseSGD(h, 1.0, None, momentum=momentum), np.array([factor * exact]), {})

        (evidence,) = solvable.verify(rate)[0].outcomes[0].evidence
        assert evidence.agreement.value == wanted
        assert evidence.numbers["half width"] < 2e-4 * abs(exact)
        assert abs(evidence.numbers["measured"] - exact) < 2e-4 * abs(exact)
