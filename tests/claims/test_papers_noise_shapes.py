"""The claims about the shape of the noise, injected noise and the sampling of batches see a wrong constant."""

from __future__ import annotations

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict


def twice_the_rate(original):
    """A law of q at twice the clock."""
    return lambda q, y, h, s, steps, noise: original(q, y, h, s, 2 * np.asarray(steps), noise)


def twice_the_variance(original):
    def wrong(*args):
        law = original(*args)
        return law._replace(std=np.sqrt(2) * law.std)

    return wrong


def twice_the_growth(original):
    def wrong(q, y, clock):
        law = original(q, y, clock)
        return law._replace(sharpness=2 * law.sharpness - np.hypot(q, 2 * y))

    return wrong


def twice_the_drift(original):
    def wrong(*args):
        drift = original(*args)
        return drift._replace(mean=2 * drift.mean)

    return wrong


def twice_the_penalty(original):
    return lambda batches, h, full, each: original(batches, h, 2 * full, 2 * each)


MUTATIONS = [
    ("wei2019", "balance_under_noise", twice_the_rate, "wei2019-trace-and-determinant"),
    ("wei2019", "gaussians", "doubled", "wei2019-trace-and-determinant"),
    ("wei2019", "balance_under_isotropic_noise", twice_the_variance, "wei2019-isotropic"),
    ("wei2019", "balance_under_isotropic_noise", twice_the_growth, "wei2019-isotropic"),
    ("wei2019_network", "label_noise_drift", "doubled", "wei2019-network"),
    ("wei2019_network", "gradient_noise_drift", twice_the_drift, "wei2019-network"),
    ("orvieto2022", "gaussians", "doubled", "orvieto2022-noise-before-gradient"),
    ("orvieto2022", "trace_slope", "doubled", "orvieto2022-modified-loss"),
    ("orvieto2022", "balance_under_noise", twice_the_rate, "orvieto2022-flat-minima"),
    ("orvieto2022", "recursion_variances", "doubled", "orvieto2022-plain-injection"),
    ("smith2021_sampling", "Batches.flow", twice_the_penalty, "smith2021-sampling"),
    ("smith2021_sampling", "Batches.noise", "doubled", "smith2021-spread"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


def test_a_predicted_spread_of_shuffled_batches_is_refuted(monkeypatch):
    from solvable.claims.papers.smith2021_sampling import Batches

    monkeypatch.setattr(Batches, "ends", lambda batches, h: batches.start + h * np.arange(12.0).reshape(-1, 4))
    assert solvable.verify("smith2021-spread")["smith2021-spread"].verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("claim_id", "ratio"),
    [
        ("wei2019-trace-and-determinant", 0.1),
        ("wei2019-isotropic", 4.9),
        ("orvieto2022-flat-minima", 20.0),
        ("orvieto2022-plain-injection", -3.0),
    ],
)
def test_starts_outside_the_hypotheses_are_not_judged(tmp_path, claim_id, ratio):
    file = tmp_path / "start.npz"
    np.savez(file, target=np.array(1.0), ratio=np.array(ratio))
    assert solvable.verify(claim_id, data=file)[claim_id].verdict is Verdict.NOT_APPLICABLE
