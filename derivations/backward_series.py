r"""The modified equation for all losses at once: one number for each rooted tree.

An optimizer that commutes with affine changes of the parameters has a modified equation that is written in elementary
differentials of ``f = -grad L``, whatever L is,

    h f~ = sum_t h^|t| / sigma(t) b(t) F(t).

Gradient descent: ``b = 1, -1/2, 1/3, 1/6, ...``, hence ``f~ = f - (h/2) f'f + h^2 (f'f'f / 3 + f''(f,f) / 12) + ...``.
A bushy tree with m leaves has ``b = B_m`` (Bernoulli), a tall one of order m has ``(-1)^(m+1) / m``.

Three recursions, in `derivations.tree_routes`, serve different optimizers: integers for gradient descent, the multistep
recursion for momentum, symbolic in beta, and the Lie recursion for every step that runs on trees (unnormalized SAM,
finite-difference gradient regularization, a user's own).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy.polys.rings import PolyRing

from derivations.catalog import Optimizer, check_hyperparameters, find_optimizer
from derivations.multistep import recursion_coefficients
from derivations.tree_routes import lie_recursion, multistep_recursion, order_polynomial
from derivations.tree_series import Power, TreeGradient, TreeSeries
from derivations.trees import RootedTree

Series = dict[RootedTree, sympy.Expr]


def bseries(optimizer: Any, order: int, **hyperparameters: Any) -> Series:
    """Coefficients b(t) of the modified field, for every tree with 1 to `order` vertices, zeros kept.

    Args:
        optimizer: ``"gradient_descent"``, ``"heavy_ball"``, ``"nesterov"`` (the lookahead variable), ``"usam"``,
            ``"gradient_regularized"``, or a step function without memory that takes sums, multiples and gradients.
        order: the largest number of vertices.
        **hyperparameters: ``momentum`` (default the symbol beta); ``radius``, ``strength``, ``ascent_step`` in units
            of the step: ``radius=c`` means c h. Numbers (a float is the decimal it shows) or symbols.

    Returns:
        a dict in the order of `rooted_trees`; values are sympy rationals or rational functions.

    Raises:
        ValueError: an optimizer that has no B-series, with the reason.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration, chapter IX.9.

    >>> {str(tree): str(b) for tree, b in bseries("gradient_descent", 3).items()}
    {'f': '1', "f'f": '-1/2', "f'f'f": '1/3', "f''(f, f)": '1/6'}
    >>> print(sympy.factor(list(bseries("heavy_ball", 2).values())[1]))
    (beta + 1)/(2*(beta - 1)**3)
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be a positive integer, got {order!r}")
    described = find_optimizer(optimizer, None)
    if described.multistep and "momentum" in described.hyperparameters:
        hyperparameters.setdefault("momentum", sympy.Symbol("beta"))
    given = check_hyperparameters(described, hyperparameters)
    if described.name == "gradient_descent" and described.own:
        if given.get("weight_decay", 0) != 0:
            raise ValueError(
                "weight decay has no B-series of its own: decay is part of the loss, f = -(g + lambda theta)"
            )
        return {tree: sympy.Rational(b.numerator, b.denominator) for tree, b in order_polynomial(order).items()}
    if described.multistep:
        return _momentum_series(described, order, given["momentum"])
    return _one_step_series(described, order, given)


def _momentum_series(optimizer: Optimizer, order: int, momentum: sympy.Expr) -> Series:
    """The multistep recursion on polynomials in the symbols of the momentum, divided once at the end."""
    symbols = sorted(momentum.free_symbols, key=str)
    ring = PolyRing(symbols, sympy.QQ) if symbols else None
    scaled = [
        sympy.cancel(c * (1 - momentum) ** (j + 1))
        for j, c in enumerate(recursion_coefficients(optimizer.name, momentum, order))
    ]
    lift = sympy.QQ.from_sympy if ring is None else (lambda c: ring.from_expr(sympy.expand(c)))
    one = sympy.QQ.one if ring is None else ring.one
    found = multistep_recursion([lift(c) for c in scaled], order, one)
    lower = sympy.QQ.to_sympy if ring is None else (lambda b: b.as_expr())
    return {tree: lower(b) / (1 - momentum) ** (2 * tree.order - 1) for tree, b in found.items()}


def _one_step_series(optimizer: Optimizer, order: int, given: Mapping[str, Any]) -> Series:
    if optimizer.kind != "loss":
        raise ValueError(f"{optimizer.name} involves several fields and has no B-series in one: use modified_field")
    if optimizer.rest is not None:
        raise ValueError(
            f"{optimizer.name} has a memory without a linear recursion and no B-series: use modified_field"
        )
    symbols = sorted({s for value in given.values() for s in value.free_symbols}, key=str)
    domain = sympy.QQ.frac_field(*symbols) if symbols else sympy.QQ
    scaled = {name: Power(domain.from_sympy(value), 1) for name, value in given.items()}
    start = TreeSeries(domain.one, {}, 0)
    image, _ = optimizer.step(start, (), TreeGradient(order, domain.one), Power(domain.one, 1), **scaled)
    if image.constant != 1 or image.power != 0:
        raise ValueError("the step does not tend to the identity as h -> 0, or moves by a wrong power of h")
    found = lie_recursion(lambda tree: image.coefficients.get(tree, domain.zero), order, domain.one)
    return {tree: domain.to_sympy(b) for tree, b in found.items()}
