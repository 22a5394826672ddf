r"""The weak orders of gradient flow and of stochastic modified equations, with the heights of their errors.

A step of SGD takes expectations forward by an operator ``1 + h D + h^2 (V + Q) + h^3 W + ...``: D is the drift along
minus the mean gradient, V spreads by the covariance of the gradient, Q by the square of its mean. ``1/h`` times its
logarithm is ``D + h G + h^2 E + ...`` with

    G = V + Q - D^2/2 = V + C,        C the drift -(h/4) grad |grad L|^2,
    E = W - ( D (V + Q) + (V + Q) D )/2 + D^3/3.

Gradient flow has the generator D, the stochastic modified equations ``D + h V`` at order 1 and ``D + h (V + C)`` at
order 2. Rivals: ``D + h (V - C)``, the correction with the wrong sign; ``D + h (V + C + Q)``, noise about zero instead
of the mean gradient. Where a generator is off by ``h^p F``, the expectation at time T is off by, to leading order,

    h^p int_0^T exp((T-t) D) F exp(t D) dt.

Both models are finite matrices: the first two moments of a linear regression obey closed equations, and smooth
functions on the circle are Fourier series.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "Weak orders of stochastic modified equations"
SUMMARY = (
    "A stochastic modified equation of order p is p powers of the step away from SGD, in expectations. Two versions "
    "that are easily taken for the one of order 2 are of order 1."
)
ANSWERS = "the weak errors of Li, Tai and E, arXiv:1511.06251 and arXiv:1811.01558 (figure number unverified)"
CLAIMS = ("li2017-linear", "li2017-circle")
CAPTION = (
    "Measured (markers): how far expectations at time 1 are from those of SGD, which are computed without sampling, "
    "under gradient flow, the stochastic modified equations of order 1 and 2, and two rivals of order 2: the "
    "correction of the drift with the wrong sign, and noise about zero instead of about the mean gradient. Left: the "
    "squared error of the intercept of a line fitted to four points, one a step, with label noise (bars: two standard "
    "errors about the mean of 40000 runs in place of the expectation). Right: sin(x) + 0.3 cos(2x) on a circle, where "
    "a gradient is sin(x) plus or minus 0.6 + 0.3 cos(x), from the worst start. Theory (dashed): the leading error, "
    "which fixes slope and height without any fit."
)
ORDERS = {
    "gradient flow": 1,
    "modified, order 1": 1,
    "modified, order 2": 2,
    "rival: wrong sign": 1,
    "rival: uncentered": 1,
}
INPUTS, TARGETS = np.array([1.0, 0.5, 0.0, -0.5]), np.array([0.6, -0.2, 0.5, 1.1])
START, NOISE, TIME, RUNS = np.array([-2.0, 1.0]), 0.5, 1.0, 40_000
COUNTS = np.array([8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256])
SAMPLED = 5


class Operators(NamedTuple):
    """D, V, C, Q and W of the module's text, what they act on, and what is read off the result."""

    flow: np.ndarray
    noise: np.ndarray
    correction: np.ndarray
    square: np.ndarray
    third: np.ndarray
    vector: np.ndarray
    reading: np.ndarray

    def generators(self) -> list[np.ndarray]:
        """What each of ORDERS adds to D, over h."""
        right = self.noise + self.correction
        return [0 * right, self.noise, right, self.noise - self.correction, right + self.square]

    def expectations(self, step: float) -> np.ndarray:
        """Of each of ORDERS at the end, shape ``(5, readings)``."""
        from scipy.linalg import expm

        ends = [expm(TIME * (self.flow + step * generator)) @ self.vector for generator in self.generators()]
        return np.array(ends) @ self.reading.T

    def heights(self) -> np.ndarray:
        """The largest leading error of each of ORDERS over its power of h."""
        from scipy.linalg import expm

        D, second = self.flow, self.noise + self.square
        rest = (D @ second + second @ D) / 2 - D @ D @ D / 3 - self.third
        found = []
        for generator, order in zip(self.generators(), ORDERS.values(), strict=True):
            off = rest if order == 2 else generator - self.noise - self.correction
            whole = expm(TIME * np.block([[D, off], [0 * D, D]]))
            found.append(np.abs(self.reading @ whole[: len(D), len(D) :] @ self.vector).max())
        return np.array(found)


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Design with a column of ones, and labels that are on no line."""
    return np.column_stack([np.ones_like(INPUTS), INPUTS]), TARGETS


def regression() -> Operators:
    """On ``(1, E e, E e e^T)``, e the distance from the least squares; the intercept is read."""
    X, y = problem()
    n, d = X.shape
    fit = np.linalg.lstsq(X, y, rcond=None)[0]
    A, rest, e = X.T @ X / n, y - X @ fit, START - fit

    def matrix(rates: Callable[[float, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        columns = [rates(z[0], z[1 : 1 + d], z[1 + d :].reshape(d, d)) for z in np.eye(1 + d + d * d)]
        return np.array([[0.0, *m, *M.ravel()] for m, M in columns]).T

    def drift(B: np.ndarray) -> np.ndarray:
        return matrix(lambda one, m, M: (-B @ m, -B @ M - M @ B))

    def covariance(one: float, m: np.ndarray, M: np.ndarray) -> np.ndarray:
        squares = np.einsum("ij,jk,ik->i", X, M, X) - 2 * rest * (X @ m) + one * (rest**2 + NOISE**2)
        return X.T * squares @ X / n - A @ M @ A

    square = matrix(lambda one, m, M: (0 * m, A @ M @ A))
    noise = matrix(lambda one, m, M: (0 * m, covariance(one, m, M)))
    start = np.concatenate([[1.0], e, np.outer(e, e).ravel()])
    return Operators(drift(A), noise, drift(A @ A / 2), square, 0 * square, start, np.eye(start.size)[[1 + d]])


def spread(x: np.ndarray) -> np.ndarray:
    return 0.6 + 0.3 * np.cos(x)


def gradients(x: np.ndarray) -> list[np.ndarray]:
    """The two of them, of equal probability."""
    return [np.sin(x) - spread(x), np.sin(x) + spread(x)]


def observable(x: np.ndarray) -> np.ndarray:
    return np.sin(x) + 0.3 * np.cos(2 * x)


def circle(x: np.ndarray) -> Operators:
    """On functions on equispaced points x of a circle, an odd number; everything is read."""
    waves = np.fft.fftfreq(x.size, 1 / x.size)
    first = np.real(np.fft.ifft(1j * waves[:, None] * np.fft.fft(np.eye(x.size), axis=0), axis=0))
    g, V = np.sin(x)[:, None], spread(x)[:, None] ** 2
    second, third = first @ first, first @ first @ first
    return Operators(-g * first, V / 2 * second, -g * np.cos(x)[:, None] / 2 * first, g**2 / 2 * second,
                     -(g**3 + 3 * g * V) / 6 * third, observable(x), np.eye(x.size))  # fmt: skip


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Errors of all five on both models, what sampling says about the first of them, and the leading errors."""
    from solvable import LabelNoiseSGD, LinearRegression, simulate
    from solvable.theory import circle_descent, descent_moments

    X, y = problem()
    fit = np.linalg.lstsq(X, y, rcond=None)[0]
    line, steps = regression(), TIME / COUNTS
    errors, samples = [], []
    for count, step in zip(COUNTS, steps, strict=True):
        moments = descent_moments(X, y, START, step, NOISE, count)
        exact = moments.covariance[0, 0] + (moments.mean - fit)[0] ** 2
        around = circle_descent(gradients, [0.5, 0.5], observable, step, count)
        found = (line.expectations(step) - exact, circle(around.starts).expectations(step) - around.values)
        errors.append([np.abs(gap).max(axis=1) for gap in found])
    for count, step in zip(COUNTS[:SAMPLED], steps, strict=False):
        run = simulate(LinearRegression(X, y), LabelNoiseSGD(step, NOISE), np.tile(START, (RUNS, 1)), steps=int(count))
        squares = (run.final[:, 0] - fit[0]) ** 2
        means = np.abs(line.expectations(step)[:, 0] - squares.mean())
        samples.append([*means, squares.std() / np.sqrt(RUNS)])
    return {
        "step": steps,
        "error": np.moveaxis(errors, 0, -1),
        "sampled": np.transpose(samples),
        "height": np.array([line.heights(), circle(around.starts).heights()]),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: linear regression. Right: the circle."""
    from solvable.plotting import BLUE, GREEN, ORANGE, PURPLE, THEORY, VERMILION, new_figure

    figure = new_figure(height=5.4)
    panels = figure.subplots(1, 2, sharex=True)
    steps, wide = arrays["step"], np.array([arrays["step"].min() / 1.15, arrays["step"].max() * 1.15])
    styles = zip(ORDERS.items(), (BLUE, VERMILION, GREEN, ORANGE, PURPLE), "osDv^", strict=True)
    for j, ((name, order), color, marker) in enumerate(styles):
        for axes, errors, heights in zip(panels, arrays["error"], arrays["height"], strict=True):
            hollow = "none" if j > 2 else "full"
            axes.plot(steps, errors[j], marker, color=color, fillstyle=hollow, zorder=6, label=name)
            axes.plot(wide, heights[j] * wide**order, **THEORY, label="theory" if j == 4 else None)
    for means in arrays["sampled"][:2]:
        bars = panels[0].errorbar(steps[:SAMPLED], means, 2 * arrays["sampled"][-1], fmt="none", zorder=7,
                                  ecolor="black", elinewidth=1.1, capsize=3.5)  # fmt: skip
    for axes, title in zip(panels, ("linear regression", "circle"), strict=True):
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xlim(*wide)
        axes.set_xticks([2.0**-k for k in range(3, 9)], [f"1/{2**k}" for k in range(3, 9)])
        axes.minorticks_off()
        axes.set_xlabel("step size  $h$")
        axes.set_title(title, loc="left")
    panels[0].set_ylabel("error of the expectation at time 1")
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend([*handles, bars], [*labels, "sampled, 2 s.e."], loc="outside upper center", ncols=3)
    return figure
