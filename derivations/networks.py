r"""The models, written out in symbols: the outputs of small networks as expressions in their parameters.

    diagonal        f_i = x_i . (u^D - v^D)                 scalar          f = w_1 w_2 ... w_D
    sensing         f_i = <A_i, U U^T> or <A_i, U V^T>      deep            f_i = W_L ... W_1 x_i
    relu            f_i = sum_k a_k relu(w_k x_i + b_k)     single_point    f = sum_k c_k phi(w_k . x)

From an output f and its gradient every implicit regularizer of this package follows. At a minimum of zero loss the
Hessian of ``L = (1/2n) sum_i (f_i - y_i)^2`` is ``(1/n) J^T J``, J the Jacobian of the outputs: its trace ``(1/n) sum_i
|grad f_i|^2`` is what label noise descends, and its range the directions in which noise can push. The layouts are those
of the compiled models, but nothing is shared with them: these are the definitions, to be differentiated by sympy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import sympy

ALIASES = {
    "DiagonalLinearNetwork": "diagonal",
    "ScalarFactorization": "scalar",
    "MatrixSensing": "sensing",
    "DeepLinearNetwork": "deep",
    "UnivariateReLUNetwork": "relu",
    "SinglePointNetwork": "single_point",
}


@final
@dataclass(frozen=True)
class Network:
    """Outputs ``f_i`` in symbols.

    Attributes:
        outputs: one for each sample (and each output coordinate).
        params: symbols in the layout of theta.
        samples: n, by which the loss is divided.
    """

    outputs: tuple[sympy.Expr, ...]
    params: tuple[sympy.Symbol, ...]
    samples: int

    def jacobian(self) -> sympy.Matrix:
        """``d f_i / d theta_a``, with ``relu'(0) = 0``."""
        rows = sympy.Matrix(self.outputs).jacobian(sympy.Matrix(self.params))
        return rows.replace(sympy.Heaviside, lambda z, *_: sympy.Heaviside(z, 0))


def network(model_name: str, **sizes: Any) -> Network:
    """A small network in symbols.

    Args:
        model_name: ``"diagonal"`` (features, samples, depth), ``"scalar"`` (depth), ``"sensing"`` (size, rank,
            samples, symmetric), ``"deep"`` (widths, samples), ``"relu"`` (width, samples, skip, output_bias),
            ``"single_point"`` (width, features, activation), or the name of the class.
        **sizes: as listed; each has a small default.

    Raises:
        ValueError: unknown name or size.

    >>> network("scalar").outputs
    (x*y,)
    """
    name = ALIASES.get(model_name, model_name)
    if name not in _BUILDERS:
        raise ValueError(f"model_name must be one of {', '.join(_BUILDERS)}, got {model_name!r}")
    builder = _BUILDERS[name]
    known = builder.__code__.co_varnames[: builder.__code__.co_argcount]
    unknown = sorted(set(sizes) - set(known))
    if unknown:
        raise ValueError(f"{name} takes {', '.join(known)}; got {', '.join(unknown)}")
    return builder(**sizes)


def _symbols(name: str, *shape: int) -> sympy.Matrix:
    if len(shape) == 1:
        return sympy.Matrix([sympy.Symbol(f"{name}{i}", real=True) for i in range(shape[0])])
    rows, columns = shape
    return sympy.Matrix(rows, columns, lambda i, j: sympy.Symbol(f"{name}{i}_{j}", real=True))


def _diagonal(features: int = 2, samples: int = 2, depth: int = 2) -> Network:
    u, v, x = _symbols("u", features), _symbols("v", features), _symbols("x", samples, features)
    beta = u.applyfunc(lambda e: e**depth) - v.applyfunc(lambda e: e**depth)
    return Network(tuple(x * beta), (*u, *v), samples)


def _scalar(depth: int = 2) -> Network:
    if depth == 2:
        x, y = sympy.symbols("x y", real=True)
        return Network((x * y,), (x, y), 1)
    w = sympy.symbols(f"w_1:{depth + 1}", real=True)
    return Network((sympy.prod(w),), tuple(w), 1)


def _sensing(size: int = 2, rank: int = 2, samples: int = 2, symmetric: bool = True) -> Network:
    u = _symbols("u", size, rank)
    v = u if symmetric else _symbols("v", size, rank)
    product = u * v.T
    outputs = []
    for k in range(samples):
        a = _symbols(f"a{k}_", size, size)
        if symmetric:
            a = sympy.Matrix(size, size, lambda i, j, a=a: a[min(i, j), max(i, j)])
        outputs.append(sympy.expand(sum(x * y for x, y in zip(a, product, strict=True))))
    return Network(tuple(outputs), tuple(u) if symmetric else (*u, *v), samples)


def _deep(widths: tuple[int, ...] = (2, 2, 2), samples: int = 1) -> Network:
    layers = [_symbols(f"w{k}_", m, n) for k, (n, m) in enumerate(pairwise(widths), start=1)]
    image = _symbols("x", widths[0], samples)
    for layer in layers:
        image = layer * image
    return Network(tuple(sympy.expand(e) for e in image), tuple(e for layer in layers for e in layer), samples)


def _relu(width: int = 2, samples: int = 2, skip: bool = False, output_bias: bool = False) -> Network:
    a, w, b, x = _symbols("a", width), _symbols("w", width), _symbols("b", width), _symbols("x", samples)
    c, d = sympy.symbols("c d", real=True)
    outputs = [sum(a[i] * sympy.Max(0, w[i] * point + b[i]) for i in range(width)) for point in x]
    outputs = [
        f + (c * point if skip else 0) + (d if skip or output_bias else 0) for f, point in zip(outputs, x, strict=True)
    ]
    extra = (c, d) if skip else (d,) if output_bias else ()
    return Network(tuple(outputs), (*a, *w, *b, *extra), samples)


def _single_point(width: int = 2, features: int = 1, activation: str = "tanh") -> Network:
    if activation not in ("tanh", "sigmoid"):
        raise ValueError(f"activation must be 'tanh' or 'sigmoid', got {activation!r}")
    c, w, x = _symbols("c", width), _symbols("w", width, features), _symbols("x", features)
    hidden = [sympy.tanh(e) if activation == "tanh" else 1 / (1 + sympy.exp(-e)) for e in w * x]
    return Network((sum(c[i] * e for i, e in enumerate(hidden)),), (*c, *w), 1)


_BUILDERS: dict[str, Callable[..., Network]] = {
    "diagonal": _diagonal,
    "scalar": _scalar,
    "sensing": _sensing,
    "deep": _deep,
    "relu": _relu,
    "single_point": _single_point,
}
