"""The integral that balancedness loses against quadrature, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from solvable.theory import balancedness_loss, squared_residual_integral


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-3, 3))
@settings(max_examples=30, deadline=None)
def test_the_squared_residual_integral_is_its_integral(a, b, target):
    if abs(a * a - b * b) < 0.01:
        return
    Q, p = a * a - b * b, a * b
    integral = quad(lambda s: (target - s) / np.sqrt(Q**2 + 4 * s**2), p, target, epsabs=1e-12)[0]
    assert squared_residual_integral(a, b, target) == pytest.approx(integral, abs=1e-9)


def test_balancedness_refuses_what_has_no_drift():
    with pytest.raises(ValueError, match="balanced starts stay balanced"):
        squared_residual_integral(1.0, -1.0, 2.0)
    with pytest.raises(ValueError, match="momentum must be in"):
        balancedness_loss(1.0, 0.5, 2.0, 0.1, momentum=1.0)
    assert balancedness_loss(1.0, 0.5, 2.0, 0.1, momentum=0.9) == pytest.approx(
        190 * balancedness_loss(1.0, 0.5, 2.0, 0.1)
    )
