r"""How finely the minima of ``(u v - T)^2 / 2`` share the starts of gradient descent: a dimension.

Beside the ellipse of bounded starts (`solvable.theory.scalar.factorization`) a step maps ``b = 2 a``, twice the angle,
to ``-3 b``, and multiplies ``1 - E`` by ``g(b) = 1 + 2 h T cos b + 4 cos^2 b``. A run that starts at ``1 - E = d``
leaves the ellipse after n steps, ``d g(b_0) ... g(b_{n-1}) = 1``; a start moved by eps along the ellipse may then end
in another minimum if ``3^n eps > 1``. So the fraction of starts that a move by eps can lead to another minimum is

    f(eps) ~ < 1/(g(b_0) ... g(b_{n-1})) >  with  3^n = 1/eps,      f(eps) ~ eps^x,      x = -log lambda / log 3,

lambda the largest eigenvalue of the transfer operator ``(L w)(b) = (1/3) sum_{-3 c = b} w(c)/g(c)``, in Fourier space
``(L w)_k = sum_m (1/g)_{-3k-m} w_m`` with coefficients of ``1/g`` that decay exponentially. The boundaries between
minima have the box dimension ``2 - x``: more than one, although the boundary of the bounded starts is smooth.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import positive, real

_SAMPLES = 2**14


def uncertainty_exponent(step_size: Any, target: Any = 1.0) -> float:
    """x: a start, of those that stay bounded, moved by eps ends in another minimum for a share ``eps^x`` of them.

    Args:
        step_size: h > 0.
        target: T, with ``0 < h |T| < 1``, so that there are minima that attract.

    Raises:
        ValueError: ``h |T|`` outside its range.

    Source: derived in this module; that the boundary is fractal was observed in arXiv:2509.25351.

    >>> round(uncertainty_exponent(0.4), 6), round(2 - uncertainty_exponent(0.8), 6)
    (0.677975, 1.353592)
    """
    product = positive("step_size", step_size) * abs(real("target", target))
    if not 0 < product < 1:
        raise ValueError(f"step_size * |target| must be in (0, 1), got {product:g}: elsewhere no minima attract")
    cosines = np.cos(2.0 * np.pi * np.arange(_SAMPLES) / _SAMPLES)
    coefficients = np.fft.fft(1.0 / (1.0 + 2.0 * product * cosines + 4.0 * cosines**2)).real / _SAMPLES
    modes = np.arange(-60, 61)
    transfer = coefficients[(-3 * modes[:, None] - modes) % _SAMPLES]
    return float(-np.log(np.max(np.abs(np.linalg.eigvals(transfer)))) / np.log(3.0))
