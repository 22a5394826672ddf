"""Types of the functions that compiled loops receive.

A loop takes its model as first-class functions with explicit signatures; it is then compiled once, cached on disk, and
serves every model. Shapes, with ``p`` parameters, ``n`` samples, ``B`` trajectories in a tile (and n q for n where a
sample has q outputs: sample i has the entries i q to i q + q - 1):

``RESIDUALS(theta, data, scratch, out)``
    ``theta (p, B)``, ``out (n, B)``: ``f(x_i) - y_i`` for every trajectory of the tile.
``PULLBACK(theta, weights, data, scratch, out)``
    ``weights (n, B)``, ``out (p, B)``: ``J^T weights``, so that the gradient is the pullback of ``residuals / n``.
``CURVATURE(theta, vector, data, scratch, out)``
    ``vector (p, B)``, ``out (p, B)``: the Hessian of the loss times a vector.
``EXAMPLE(theta, i, data, out) -> residual``
    ``theta (p,)``, ``out (p,)``: the residual of sample ``i`` and, in ``out``, the gradient of ``f(x_i)``.
``SAMPLE(theta, i, noise, data, out) -> square``
    Of models with q > 1 outputs a sample. ``noise (q,)``, ``out (p,)``: the squared length of the residuals ``r =
    f(x_i) - y_i - noise`` of sample ``i`` and, in ``out``, the gradient of half of it.
``FIELD(theta, data, out)``
    ``theta (p,)``, ``out (p,)``: right-hand side of ``theta' = F(theta)``.
``JACOBIAN(theta, data, out)``
    ``theta (p,)``, ``out (p, p)``: ``out[i, j] = d F_i / d theta_j``, every entry written.
``LOSS(theta, data) -> loss``
    ``theta (p,)``.

``data`` is one float64 vector that starts with a header of ``HEADER`` entries: ``data[0]`` is ``n``, the others are
integers and constants of the model, stored as floats. ``scratch`` belongs to the caller; a model states its length.
"""

from __future__ import annotations

from typing import Any

from numba import types

from .function_type import FunctionType

HEADER = 8
WEIGHT_DECAY = HEADER - 1
"""Place of lambda in the header: every model's flow adds ``-lambda theta``."""

i8 = types.int64
u8 = types.uint64
f8 = types.float64
void = types.void

VECTOR = types.Array(f8, 1, "C")
MATRIX = types.Array(f8, 2, "C")
BLOCKS = types.Array(f8, 3, "C")
INTEGERS = types.Array(i8, 1, "C")
INTEGER_MATRIX = types.Array(i8, 2, "C")

RESIDUALS = FunctionType(void(MATRIX, VECTOR, VECTOR, MATRIX))
PULLBACK = FunctionType(void(MATRIX, MATRIX, VECTOR, VECTOR, MATRIX))
SAMPLE = FunctionType(f8(VECTOR, i8, VECTOR, VECTOR, VECTOR))
EXAMPLE = FunctionType(f8(VECTOR, i8, VECTOR, VECTOR))
CURVATURE = FunctionType(void(MATRIX, MATRIX, VECTOR, VECTOR, MATRIX))
FIELD = FunctionType(void(VECTOR, VECTOR, VECTOR))
JACOBIAN = FunctionType(void(VECTOR, VECTOR, MATRIX))
LOSS = FunctionType(f8(VECTOR, VECTOR))


def signature_of(function_type: Any) -> Any:
    """The plain signature inside a first-class function type."""
    return function_type.signature
