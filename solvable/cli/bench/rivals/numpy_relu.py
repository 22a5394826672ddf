"""Full-batch gradient descent on a univariate ReLU network ``sum_i a_i relu(w_i x + b_i)``, in NumPy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def descend(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, step_size: float, labels_off: Iterable[np.ndarray]
) -> np.ndarray:
    """``theta = [a, w, b]`` after one step for each entry of `labels_off`, the noise ``(n,)`` in the labels of a step.

    In place; of a step, only the two products that sum over samples make new arrays.
    """
    a, w, b = theta.reshape(3, -1).copy()
    z, gate = np.empty((w.size, x.size)), np.empty((w.size, x.size))
    columns = np.empty((x.size, 2))
    for off in labels_off:
        np.multiply(w[:, None], x, out=z)
        z += b[:, None]
        np.greater(z, 0.0, out=gate)
        z *= gate
        r = a @ z
        r -= y
        r -= off
        r *= step_size / x.size
        columns[:, 0] = r
        np.multiply(r, x, out=columns[:, 1])
        along, slope = z @ r, gate @ columns
        slope *= a[:, None]
        a -= along
        b -= slope[:, 0]
        w -= slope[:, 1]
    return np.concatenate([a, w, b])
