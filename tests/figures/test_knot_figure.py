"""The figure of knots that stay at samples: what small steps do is what the flow says."""

import numpy as np
import pytest

from figures import pinned_knots


def test_small_steps_see_a_sample_as_often_as_the_forces_balance(arrays_of):
    found = arrays_of("pinned-knots")
    for time, fraction, moment, count in zip(
        *(found[k] for k in ("fine", "predicted", "moments", "counted")), strict=True
    ):
        np.testing.assert_allclose(count, np.interp(moment, time, fraction), atol=0.015)
        assert 0 <= fraction.min() < 0.6 < fraction.max() <= 1 + 1e-9
    # The rival: every second step.
    assert np.abs(found["counted"] - 0.5).max() > 0.4


def test_knots_of_small_steps_follow_the_flow(arrays_of):
    found = arrays_of("pinned-knots")
    inside = (np.abs(found["flow"]) < 2).all(axis=0)
    assert inside.sum() >= 5
    np.testing.assert_allclose(found["descent"][:, inside], found["flow"][:, inside], atol=2e-3)


@pytest.mark.parametrize("name", ["distance", "drift"])
def test_descent_is_of_first_order_and_the_flow_exact(arrays_of, name):
    found = arrays_of("pinned-knots")
    assert np.polyfit(np.log(pinned_knots.STEPS), np.log(found[name]), 1)[0] == pytest.approx(1, abs=0.05)
    assert found["conserved"] < 1e-12
