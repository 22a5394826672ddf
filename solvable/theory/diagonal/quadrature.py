"""Integrals of sampled functions: a spline of degree five for smooth ones, left sums for Ito integrals.

The gains of continuous-time methods are integrals along a run, ``int g^2 dt`` and the like, and a run gives samples, at
times that need not be equally spaced. Where the integrand is smooth, the spline of odd degree k through the samples is
integrated exactly, piece by piece; its error is of the order ``dt^(k+1)``, and k = 5 here.

Along a stochastic path nothing is smooth, and there is a right answer at a finite dt. In a step of Euler and Maruyama
drift and covariance are those at its beginning, so what the step has done to the state is the sum over *left* ends. Any
other rule has a better integral in mind than the one that was taken.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import make_interp_spline

from ...common.checks import real_array


def smooth_integral(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Integral over all of `times` (T,), increasing, of the quintic spline through ``values (T, ...)``.

    Its error is of sixth order in the spacing; the spacing has to resolve the function everywhere.

    >>> t = np.linspace(0.0, 1.0, 30)
    >>> bool(abs(smooth_integral(t, np.exp(t)) - (np.e - 1)) < 1e-11)
    True
    """
    degree = min(5, times.size - 1)
    degree -= 1 - degree % 2  # odd: the knots of an even one would lie between the samples
    spline = make_interp_spline(times, values, k=degree, check_finite=False)
    # The antiderivative of piece after piece: no quadrature error beyond that of the spline.
    whole = spline.antiderivative()
    return np.asarray(whole(times[-1]) - whole(times[0]))


def left_sum(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """``sum_k (t_{k+1} - t_k) values_k``, the sum that an Euler-Maruyama step means.

    >>> left_sum(np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 9.0])).tolist()
    5.0
    """
    return np.tensordot(np.diff(times), values[:-1], axes=(0, 0))


def moments(times: Any) -> np.ndarray:
    """Times (T,), T >= 2, increasing."""
    t = real_array("times", times, ndim=1)
    if t.size < 2 or not np.all(np.diff(t) > 0):
        raise ValueError(f"times must be at least two, strictly increasing, got {t.size} that are not or too few")
    return t
