r"""The potential between l2 and l1: what the initialization scale puts in the place of a norm.

Gradient flow on ``beta = u^2 - v^2`` from ``u = v = sqrt(a)`` minimizes ``sum_j q(beta_j / a)`` over the interpolants,
with ``q(z) = 2 - sqrt(4 + z^2) + z asinh(z/2)``. For large a that is ``z^2/4``, a parabola. For small a it is nearly
``|z| (log|z| - 1)``; over its value at ``b = 1`` this is ``|b| (1 + log|b| / (log(1/a) - 1))``, the absolute value up
to a correction that vanishes as slowly as ``1/log(1/a)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "The potential between l2 and l1"
SUMMARY = (
    "The potential that gradient flow minimizes over the interpolants is a parabola for large scales. For small "
    "scales it is nearly the absolute value, but only as fast as a logarithm."
)
ANSWERS = "the potential of Woodworth et al., arXiv:2002.09277 (figure number unverified)"
CLAIMS = ("woodworth2020-hypentropy",)
CAPTION = (
    "Theory (colored lines): the hyperbolic entropy of one coefficient b, divided by its value at b = 1, for five "
    "scales a; nothing here is measured. "
    "Dotted black: its two limits, the square (least l2, large a) and the absolute value (least l1, a to 0)."
)
SCALES = (1e1, 1e-1, 1e-2, 1e-4, 1e-16)


def potential(b: Any, a: float) -> np.ndarray:
    """``q(b/a)`` of the module's text."""
    z = np.asarray(b) / a
    # 2 - sqrt(4 + z^2), without the cancellation that would make a parabola of small z ragged.
    return z * np.arcsinh(z / 2) - z**2 / (2 + np.sqrt(4 + z**2))


def data() -> dict[str, np.ndarray]:
    """The normalized potentials on a grid."""
    b = np.linspace(-1.25, 1.25, 501)
    return {"b": b, "a": np.array(SCALES), "potential": np.array([potential(b, a) / potential(1.0, a) for a in SCALES])}


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """All potentials in one frame."""
    from solvable.plotting import COLORS, new_figure

    figure = new_figure(height=4.6)
    axes = figure.subplots()
    b = arrays["b"]
    dots: dict[str, Any] = {"color": "black", "linestyle": (0, (1, 1.6)), "linewidth": 1.6, "zorder": 5}
    styles = ("-", (0, (8, 1.5)), "-.", (0, (4, 1.2)), "-")
    for a, values, color, style in zip(arrays["a"], arrays["potential"], COLORS, styles, strict=False):
        power = round(np.log10(a))
        name = f"$a = {a:g}$" if 0 <= power <= 1 else rf"$a = 10^{{{power}}}$"
        axes.plot(b, values, color=color, linestyle=style, label=name)
    axes.plot(b, b**2, **dots, label=r"limits: $b^2$ and $|b|$")
    axes.plot(b, np.abs(b), **dots)
    axes.annotate(r"$|b|$, least $\ell_1$", (-0.48, 0.48), (0.0, 0.5), ha="center", arrowprops=ARROW)
    axes.annotate(r"$b^2$, least $\ell_2$", (-0.30, 0.09), (-0.62, 0.06), ha="right", va="center", arrowprops=ARROW)
    axes.set_xlim(-1.25, 1.25)
    axes.set_ylim(-0.02, 1.3)
    axes.set_xlabel("coefficient  $b$")
    axes.set_ylabel(r"potential  $q_a(b)\, /\, q_a(1)$")
    axes.legend(loc="upper center", title="initialization  $a = |uv|$")
    return figure


ARROW = {"arrowstyle": "-", "color": "#666666", "linewidth": 0.9, "shrinkB": 2}
