"""The figures of products of numbers and of the diverging completion: against other roads, and against rivals."""

import numpy as np
import pytest

from figures import completion_divergence, scalar_map


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def test_the_map_is_bounded_by_the_ellipse(arrays_of):
    found = arrays_of("scalar-map")
    h, size, pixels = scalar_map.STEP, scalar_map.SIZE, scalar_map.PIXELS
    middles = ((np.arange(pixels) + 0.5) / pixels * 2 - 1) * size
    u, v = np.meshgrid(middles, middles)
    inside = h * (u * u + v * v) < 4 + h * h * (u * v - 1)
    assert np.array_equal(found["plane"] != scalar_map.DIVERGED, inside)
    a, b = found["ellipse"].T
    assert h * (a * a + b * b) == pytest.approx(4 + h * h * (a * b - 1), rel=1e-12)
    # (u, v) -> (-u, -v) exchanges the signs; a factor is as good as the other.
    signs = found["plane"].astype(int)
    swapped = np.array([0, 2, 1])[signs[::-1, ::-1]]
    assert np.mean(signs != swapped) < 1e-3
    assert np.mean(signs != signs.T) < 1e-3
    # Weight decay: another boundary, no ellipse.
    assert 0.01 < np.mean((found["decay"] != scalar_map.DIVERGED) != inside) < 0.2


def test_both_signs_come_arbitrarily_close_to_the_boundary(arrays_of):
    rows = arrays_of("scalar-map")["unrolled"]
    changes = np.mean(rows[:, 1:] != rows[:, :-1], axis=1)
    depths = np.array_split(changes, 4)
    means = [part.mean() for part in depths]
    assert np.all(np.diff(means) > 0)
    assert set(np.unique(rows)) == {scalar_map.NEGATIVE, scalar_map.POSITIVE}


def test_signs_change_with_the_exponent_and_divergence_with_the_first_power(arrays_of):
    found = arrays_of("scalar-map")
    small = found["shift"] < 0.02
    shift, exponent = found["shift"][small], float(found["exponent"])
    assert exponent == pytest.approx(0.678, abs=1e-3)
    assert slope(shift, found["signs"][small]) == pytest.approx(exponent, abs=0.05)
    assert slope(shift, found["escapes"][small]) == pytest.approx(1, abs=0.01)
    # The distance from which a step leads off the boundary: one step of the level itself, from far within the layer.
    angle = found["angle"]
    u, v = scalar_map.beside(angle, np.full(angle.size, 1 - 1e-7)).T
    h = scalar_map.STEP
    r = u * v - 1
    u, v = u - h * r * v, v - h * r * u
    level = (h * (u * u + v * v) - h * h * u * v) / (4 - h * h)
    assert 1e-7 / (1 - level) == pytest.approx(found["leaving"][0], rel=1e-4)


def test_the_free_entry_diverges_by_its_law_and_never_below_the_bound(arrays_of):
    found = arrays_of("completion-divergence")
    time, entry, loss = found["time"], found["entry"], found["loss"]
    late, latest = time > 1e4, time > 1e5
    for depth, x, L, digits in zip(completion_divergence.DEPTHS, entry, loss, found["digits"], strict=True):
        power = depth / (2 * (depth + 1))
        assert slope(time[late], x[late]) == pytest.approx(power, abs=2e-3)
        assert x[-1] == pytest.approx((2 * (depth + 1) * time[-1] / 3) ** power, rel=1e-3)
        assert 6 * L[-1] * x[-1] ** 2 == pytest.approx(1, abs=1e-3)
        e = np.sqrt(6 * L)
        assert np.all(x[e < 1] >= (1 / e - 2 + e)[e < 1])
        fall = {2: None, 3: 1.5, 4: 0.8}[depth]
        if fall:
            assert np.polyfit(np.log10(time[latest]), digits[latest], 1)[0] == pytest.approx(fall, abs=0.015)
        else:
            assert slope(time[late], digits[late]) == pytest.approx(2 / 3, abs=0.01)
    # The rival: the square root of time.
    assert np.all([abs(slope(time[late], x[late]) - 0.5) > 0.09 for x in entry])


def test_a_negative_determinant_converges_and_lost_layers_too(arrays_of):
    found = arrays_of("completion-divergence")
    other, losses = found["converging"].transpose(1, 0, 2)
    assert np.all(losses[:, -1] < 1e-16)
    np.testing.assert_allclose(other[:, -1], other[:, -10], rtol=1e-6)
    assert np.all(other[:, -1] < 2)
    lost = found["lost"]
    np.testing.assert_allclose(lost[:20], found["entry"][0, :20], rtol=1e-5)
    assert lost[-1] == pytest.approx(lost[-2], rel=1e-6)
    assert lost[-1] < 0.6 * found["entry"][0, lost.size - 1]
