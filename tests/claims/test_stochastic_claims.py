"""Claims on stochastic dynamics through the laboratory: verdicts, and the numbers in every form of the report.

One-sample descent on a regression in one unknown: the mean iterate is multiplied by 1 - h A at every step, so that at
fixed time it tends to gradient flow, and the stationary mean is the least-squares solution.
"""

import json

import numpy as np
import pytest
from scipy.stats import t as student

from solvable import SGD, LinearRegression, claim, simulate, verify
from solvable.claims import Verdict
from solvable.claims.errors import ClaimError
from solvable.claims.sequential import LEVEL

MODEL = LinearRegression([[1.0], [0.5], [-1.5]], [1.0, -1.0, 0.5])
CURVATURE = float(MODEL.X[:, 0] @ MODEL.X[:, 0]) / 3
SOLUTION = float(np.linalg.lstsq(MODEL.X, MODEL.y, rcond=None)[0][0])


def ends(step, first, count, time=1.0):
    """Distance from the solution at a fixed time, from the distance 1."""
    starts = np.full((count, 1), SOLUTION + 1.0)
    return simulate(MODEL, SGD(step), starts, time=time, replica=first, seed=5).final[:, 0] - SOLUTION


def declared():
    """The three claims, out of sight of the plugin, which would run them once more."""

    @claim("me2026-flow", statement="$x$", source="me", rivals=("no descent", "twice the time"))
    def flow(lab):
        decay = np.exp(-CURVATURE)
        rivals = {"no descent": 1.0, "twice the time": decay**2}
        lab.extrapolation(ends, [0.2, 0.1, 0.05, 0.025], decay, 0.05, rivals=rivals)

    @claim("me2026-iterate", statement="$x$", source="me", rivals=("gradient flow",))
    def iterate(lab):
        """The control is the same noise without the distance from the solution; its mean is exactly 0."""

        def sampler(first, count):
            starts = np.full((count, 1), SOLUTION)
            still = simulate(MODEL, SGD(0.2), starts, steps=5, replica=first, seed=5).final[:, 0] - SOLUTION
            return np.stack([ends(0.2, first, count), still], axis=1)

        mean, rivals = (1 - 0.2 * CURVATURE) ** 5, {"gradient flow": np.exp(-CURVATURE)}
        lab.statistic(sampler, mean, 0.02, rivals=rivals, control_mean=0.0)

    @claim("me2026-stationary", statement="$x$", source="me", rivals=("interpolation",))
    def stationary(lab):
        run = simulate(MODEL, SGD(0.1), [0.0], steps=1000, save=[1000])

        def sampler(first, count):
            nonlocal run
            moments = 1000 + first + np.arange(1, count + 1)
            run = simulate(MODEL, SGD(0.1), None, resume=run, steps=count, save=moments)
            return run.theta[-count:, 0]

        lab.time_average(sampler, SOLUTION, 0.1, rivals={"interpolation": 1.0}, first=8192)

    return {"extrapolation": flow, "statistic": iterate, "time average": stationary}


CLAIMS = declared()
NUMBERS = {
    "extrapolation": ["replicas", "pilot", "step sizes", "fit", "first order", "next order"],
    "statistic": ["replicas", "pilot", "variance ratio"],
    "time average": ["values", "autocorrelation time", "batches", "batch length"],
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_true_claim_is_verified_and_its_numbers_are_in_every_report(kind):
    report = verify(CLAIMS[kind])
    assert report[0].verdict is Verdict.VERIFIED, str(report[0])
    (record,) = json.loads(report.to_json())
    (evidence,) = record["instances"][0]["evidence"]
    wanted = ["measured", "predicted", "half width", *NUMBERS[kind]]
    assert evidence["kind"] == kind
    assert list(evidence["numbers"]) == wanted
    assert abs(evidence["numbers"]["measured"] - evidence["numbers"]["predicted"]) <= evidence["tolerance"]
    assert all(np.isfinite(value) for value in evidence["numbers"].values())
    text = " ".join(str(report[0]).split())
    assert all(f"{name} {evidence['numbers'][name]:.6g}" in text for name in wanted)


def test_the_stationary_mean_has_the_autocorrelation_time_of_the_recursion():
    (evidence,) = verify(CLAIMS["time average"])[0].outcomes[0].evidence
    factor = 1 - 0.1 * CURVATURE
    exact, size = (1 + factor) / (1 - factor), evidence.numbers["values"]
    error = exact * np.sqrt(20 * exact / size)
    assert abs(evidence.numbers["autocorrelation time"] - exact) < 6 * error


def test_tests_of_every_kind_share_the_level_of_their_claim():
    """The interval of the same data as the first and as the fourth test: at a half and at a twentieth of the level."""
    values = np.random.default_rng(0).standard_normal(4096)

    def sampler(first, count):
        return values[first : first + count]

    @claim("me2026-shares", statement="$x$", source="me")
    def shares(lab):
        lab.statistic(sampler, 0.0, 1.0, first=256)
        lab.time_average(sampler, 0.0, 1.0, first=2048)
        lab.extrapolation(lambda h, first, count: h * sampler(first, count), [1, 2, 3, 4], 0.0, 1.0)
        lab.statistic(sampler, 0.0, 1.0, first=256)

    (outcome,) = verify(shares)[0].outcomes
    widths = [outcome.evidence[k].numbers["half width"] for k in (0, 3)]
    quantiles = [student.isf(LEVEL / 2 / (k * (k + 1)) / 2, 255) for k in (1, 4)]
    assert widths[1] / widths[0] == pytest.approx(quantiles[1] / quantiles[0], rel=1e-9)


def test_undeclared_rivals_are_errors():
    @claim("me2026-undeclared", statement="$x$", source="me")
    def undeclared(lab):
        with pytest.raises(ClaimError, match="rival 'other' is not declared"):
            lab.time_average(lambda first, count: np.zeros(count), 0.0, 1.0, rivals={"other": 9.0})
        with pytest.raises(ClaimError, match="rival 'other' is not declared"):
            lab.extrapolation(lambda h, first, count: np.zeros(count), [1, 2, 3, 4], 0.0, 1.0, rivals={"other": 9.0})

    assert verify(undeclared)[0].verdict is Verdict.VERIFIED
