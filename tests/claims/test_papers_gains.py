"""The claims about what regularizers, momentum and noise leave behind see a wrong constant in their predictions."""

from __future__ import annotations

import numpy as np

import solvable
from solvable.claims import Verdict


def twice_the_gain(original):
    """Twice q, the same R."""

    def wrong(*args, **given):
        gain = original(*args, **given)
        return gain._replace(q=2 * gain.q)

    return wrong


def twice_the_shift(original):
    def wrong(*args, **given):
        gain = original(*args, **given)
        return gain._replace(R=2 * gain.R)

    return wrong


def twice_the_clock(original):
    return lambda X, y, u, v, T: original(X, y, u, v, 2 * T)


def twice_the_products(original):
    def wrong(times, *rest):
        original(times, *rest)
        return original(times, *rest)

    return wrong


MUTATIONS = [
    ("karakida2023_cost", "finite_difference", twice_the_products, "karakida2023-cost"),
    ("karakida2023_diagonal", "gain_gradient_regularized", twice_the_gain, "karakida2023-effective-scale-of-descent"),
    ("karakida2023_diagonal", "gain_gradient_regularized", twice_the_shift, "karakida2023-effective-scale-of-descent"),
    ("karakida2023_diagonal", "gain_regularized_flow", twice_the_gain, "karakida2023-effective-scale"),
    ("karakida2023_diagonal", "curved", "doubled", "karakida2023-ascent-enriches"),
    ("karakida2023_sparsity", "l1_sensitivity", "doubled", "karakida2023-sparsity"),
    ("karakida2023_flooding", "gradients", "doubled", "karakida2023-flooding"),
    ("karakida2023_flooding", "gain_flooding", twice_the_gain, "karakida2023-flooding-scale"),
    ("karakida2023_flooding", "gain_flooding", twice_the_shift, "karakida2023-flooding-scale"),
    ("andriushchenko2022", "gain_sharpness_aware", twice_the_gain, "andriushchenko2022-effective-scale"),
    ("andriushchenko2022", "gain_per_sample_ascent", twice_the_gain, "andriushchenko2022-per-sample"),
    ("andriushchenko2022", "gain_per_sample_ascent", twice_the_shift, "andriushchenko2022-per-sample"),
    ("papazov2024", "gain_heavy_ball", twice_the_gain, "papazov2024-heavy-ball"),
    ("papazov2024", "gain_heavy_ball", twice_the_shift, "papazov2024-heavy-ball"),
    ("papazov2024", "gain_momentum_flow", twice_the_gain, "papazov2024-flow"),
    ("li2022", "gain_gradient_descent", twice_the_shift, "li2022-ledger"),
    ("li2022", "gain_label_noise", twice_the_gain, "li2022-central-path"),
    ("li2022", "slow_flow_diagonal", twice_the_clock, "li2022-central-path"),
    ("li2022", "slow_flow_diagonal", twice_the_clock, "li2022-weighted-l1"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


def test_centered_data_do_not_meet_the_hypothesis_of_a_smaller_norm(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((10, 24))
    X -= X.mean(axis=0)
    file = tmp_path / "centered.npz"
    np.savez(file, X=X, y=X[:, :3].sum(axis=1))
    result = solvable.verify("karakida2023-smaller-norm", data=file)["karakida2023-smaller-norm"]
    assert result.verdict is Verdict.NOT_APPLICABLE, str(result)
