"""The maps of the scalar factorization against the ellipse, the minima and the cycles of two."""

import numpy as np
import pytest

from solvable.phase.diagrams import scalar_map, scalar_steps
from solvable.theory import ellipse_level, factorization_bounded


def test_starts_inside_the_ellipse_come_to_stable_minima_and_others_diverge():
    x, y = np.random.default_rng(0).uniform(-2.75, 2.75, (2, 4000))
    found = scalar_map.measure(y, x)
    level = ellipse_level(x, y, scalar_map.STEP)
    clear = np.abs(level - 1) > 1e-3
    bounded = factorization_bounded(x, y, scalar_map.STEP)
    assert np.array_equal(np.isfinite(found["end"])[clear], bounded[clear])
    assert np.mean(found["unresolved"]) < 1e-3
    ends = found["end"][bounded & clear & ~found["unresolved"]]
    sharpness = found["sharpness"][bounded & clear & ~found["unresolved"]]
    assert np.allclose(sharpness, scalar_map.STEP / 2 * (ends**2 + ends**-2), rtol=1e-7)
    assert sharpness.max() <= 1
    assert 0.3 < np.mean(ends > 0) < 0.7


def test_descent_from_the_antidiagonal_is_unresolved():
    found = scalar_map.measure(np.array([-0.5]), np.array([0.5]))
    assert found["unresolved"].tolist() == [True]
    assert found["end"][0] == pytest.approx(0.0, abs=1e-12)


def test_steps_against_starts():
    h, start = (v.ravel() for v in np.meshgrid([0.3, 0.9, 1.1, 1.2, 1.4], np.linspace(0.1, 4.0, 40), indexing="ij"))
    found = scalar_steps.measure(h, start)
    bounded, value = np.isfinite(found["sharpness"]), found["sharpness"]
    clear = np.abs(start / np.sqrt(4 / h - h) - 1) > 1e-2
    assert np.array_equal(bounded[clear], (start < np.sqrt(4 / h - h))[clear])
    resolved = bounded & ~found["unresolved"]
    assert np.all(resolved[(h < 1) & bounded])
    assert np.all(value[(h < 1) & bounded] <= 1)
    cycles = (h > 1) & (h < 1.236) & resolved
    assert np.mean(resolved[(h > 1) & (h < 1.236) & bounded & clear]) > 0.9
    assert np.allclose(value[cycles], (1 + h[cycles]) / 2, rtol=1e-6)
    assert np.all(found["unresolved"][(h == 1.4) & bounded])


def test_the_boundary_is_the_ellipse_of_each_step_size():
    curve = scalar_steps.theory({"step_size": np.array([0.1, 1.9]), "start": np.array([0.0, 4.0])})[0]
    assert np.allclose(ellipse_level(curve.x, 0.0, curve.y), 1.0)
