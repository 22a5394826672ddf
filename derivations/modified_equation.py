r"""Modified equations: the differential equation that an optimizer really follows.

An optimizer of step h visits, up to an error smaller than any power of h, the solution of

    theta' = f~(theta) = f_0(theta) + h f_1(theta) + h^2 f_2(theta) + ...

at the times h, 2h, 3h, ... The flow f_0 is what one sees at first; the further terms are the implicit bias of the
step itself. For gradient descent ``f~ = -grad (L + (h/4) |grad L|^2) + O(h^2)``.

A field of *order p* keeps p terms, ``f_0, ..., f_(p-1)``: one step is then off by ``O(h^(p+1))``, a fixed time by
``O(h^p)``. The series does not converge in general: for fixed h the error first falls with p, down to something
exponentially small in 1/h, and then grows.

Two routes lead there. Linear multistep optimizers have the one-line recursion of `derivations.multistep`; every other
step goes through the Lie logarithm on its slow manifold (`derivations.lie`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from derivations.catalog import Optimizer, Rest, check_hyperparameters, find_optimizer
from derivations.differential_ring import DifferentialRing
from derivations.field import ModifiedField
from derivations.numbers import exact
from derivations.problem import Problem


def modified_field(
    optimizer: Any,
    loss: Any,
    params: Any,
    order: int,
    step: sympy.Symbol,
    *,
    memory: Rest | None = None,
    route: str = "auto",
    **hyperparameters: Any,
) -> ModifiedField:
    """The first `order` terms of the modified equation of an optimizer on a loss.

    Args:
        optimizer: ``"gradient_descent"`` (``weight_decay=0``), ``"heavy_ball"`` and ``"nesterov"`` (``momentum``),
            ``"adam"`` (``beta1, beta2, epsilon``; epsilon inside the root, no bias correction), ``"rmsprop"``
            (``beta2, epsilon``), ``"sam"`` and ``"usam"`` (``radius``), ``"gradient_regularized"`` (``strength``,
            ``ascent_step=None`` for the exact gradient of ``L + (strength/2)|grad L|^2``),
            ``"random_reshuffling"``, ``"simultaneous"`` and ``"alternating"`` (``rates``); or a step function
            ``step(theta, state, gradient, h)``, see `derivations.optimizers`.
        loss: an expression in `params`; other symbols are data. A list of batch losses for reshuffling (their mean
            is minimized, one step for each batch); for games a pair ``(F, G)`` of fields that the players ascend,
            each an expression or a tuple of them.
        params: symbols, in order; for games a pair, first player first, each a symbol or a tuple of them.
        order: how many terms.
        step: the symbol h.
        memory: for a step function with state: the state left by a constant gradient, ``gradient -> (vector, ...)``.
        route: ``"auto"``, ``"multistep"`` or ``"lie"``.
        **hyperparameters: numbers (a float is the decimal that it shows) or expressions; those that shrink with the
            step are written so: ``radius=h/2``.

    Raises:
        ValueError: bad arguments, or an optimizer that has no modified equation, with the reason.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration, chapter IX; for gradient descent
    Barrett and Dherin, arXiv:2009.11162.

    >>> x, y, h = sympy.symbols("x y h")
    >>> field = modified_field("gradient_descent", (1 - x * y) ** 2 / 2, (x, y), 2, h)
    >>> loss, slope = (1 - x * y) ** 2 / 2, (1 - x * y) ** 2 * (x**2 + y**2)
    >>> sympy.expand(field.loss(2) - loss - h / 4 * slope)
    0
    """
    described = find_optimizer(optimizer, memory)
    _check_order(order)
    if not isinstance(step, sympy.Symbol):
        raise ValueError(f"step must be a sympy symbol, got {step!r}")
    symbols, players = _parameters(described, params)
    if step in symbols:
        raise ValueError(f"the step symbol {step} is also a parameter")
    given = check_hyperparameters(described, hyperparameters)
    losses, fields = _fields(described, loss, symbols, players)
    if any(step in e.free_symbols for components in fields for e in components):
        raise ValueError(f"the loss contains the step symbol {step}")
    values = [v for value in given.values() for v in (value if isinstance(value, tuple) else (value,))]
    named = sorted({s for value in values for s in value.free_symbols} - {step}, key=str)
    overlap = [s for s in named if s in symbols]
    if overlap:
        raise ValueError(f"a hyperparameter contains the parameter {overlap[0]}")
    space = DifferentialRing.containing([*losses, *(e for c in fields for e in c)], symbols, tuple(named))
    problem = Problem(described, given, losses, fields, symbols, step, players, space)
    problem, flow = problem.derive(order, _route(described, route))
    return ModifiedField(problem, flow, order)


def _check_order(order: Any) -> None:
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be a positive integer, got {order!r}")


def _route(optimizer: Optimizer, route: str) -> str:
    if route not in ("auto", "multistep", "lie"):
        raise ValueError(f"route must be 'auto', 'multistep' or 'lie', got {route!r}")
    if route == "multistep" and not optimizer.multistep:
        raise ValueError(f"{optimizer.name} is not a linear multistep method")
    return "multistep" if route == "auto" and optimizer.multistep else route


def _parameters(optimizer: Optimizer, params: Any) -> tuple[tuple[sympy.Symbol, ...], tuple[int, ...]]:
    groups = tuple(params) if isinstance(params, Sequence) else (params,)
    players: tuple[int, ...] = ()
    if optimizer.kind == "game":
        if len(groups) != 2:
            raise ValueError(f"params of a game must be a pair, one entry for each player, got {len(groups)} entries")
        first, second = (tuple(g) if isinstance(g, Sequence) else (g,) for g in groups)
        groups, players = first + second, (1,) * len(first) + (0,) * len(second)
    if not groups or not all(isinstance(s, sympy.Symbol) for s in groups) or len(set(groups)) < len(groups):
        raise ValueError(f"params must be distinct sympy symbols, got {params!r}")
    return groups, players


def _fields(
    optimizer: Optimizer, loss: Any, params: tuple[sympy.Symbol, ...], players: tuple[int, ...]
) -> tuple[tuple[sympy.Expr, ...], tuple[tuple[sympy.Expr, ...], ...]]:
    """The losses, and what ``gradient`` returns for each."""
    listed = isinstance(loss, Sequence)
    if optimizer.kind == "loss":
        if listed:
            raise ValueError(f"{optimizer.name} takes one loss, got a list")
        losses = (exact(loss),)
    elif not listed or len(loss) < 1:
        raise ValueError(f"{optimizer.name} takes a list of {'losses' if optimizer.kind == 'batches' else 'fields'}")
    elif optimizer.kind == "game":
        if len(loss) != 2:
            raise ValueError(f"a game has two fields (F, G), got {len(loss)}")
        parts = [tuple(map(exact, f)) if isinstance(f, Sequence) else (exact(f),) for f in loss]
        if [len(part) for part in parts] != [sum(players), len(players) - sum(players)]:
            raise ValueError("each player's field must have one component for each of its parameters")
        return (), (parts[0] + parts[1],)
    else:
        losses = tuple(map(exact, loss))
    return losses, tuple(tuple(sympy.diff(e, s) for s in params) for e in losses)
