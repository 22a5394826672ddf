r"""The optimizers by name: their hyperparameters, what they remember, and what has no modified equation.

A memory is described by its rest: the state that a *constant* gradient g leaves behind after a long time. Heavy ball
and Nesterov's method rest at ``m = g / (1 - beta)``, Adam at ``(m, v) = (g, g^2)``. From there the slow manifold is
expanded (`derivations.lie`).

Refused, with the reason: momentum or memory 1 (nothing is forgotten, so there is no first-order flow), and epsilon = 0
(``g / |g|`` jumps where a gradient component changes sign: no expansion in h holds across).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, final

from derivations import optimizers
from derivations.numbers import exact

Rest = Callable[..., tuple[Any, ...]]


@final
@dataclass(frozen=True, eq=False)
class Optimizer:
    """A step with its description.

    Attributes:
        name: as in `modified_field`.
        step: ``step(theta, state, gradient, h, **hyperparameters)``.
        rest: ``rest(gradient, **hyperparameters) -> state`` under a constant gradient; None without memory.
        kind: ``"loss"``, ``"batches"`` (a list of losses, one step an epoch) or ``"game"`` (a pair of fields).
        multistep: whether `derivations.multistep` knows its recursion.
        variable: what theta is.
        own: False for a user's step function.
    """

    name: str
    step: Callable[..., Any]
    rest: Rest | None = None
    kind: str = "loss"
    multistep: bool = False
    variable: str = "theta"
    own: bool = True

    @property
    def hyperparameters(self) -> dict[str, bool]:
        """Names of the keyword arguments of the step, and whether each must be given."""
        keywords = (p for p in signature(self.step).parameters.values() if p.kind is Parameter.KEYWORD_ONLY)
        return {p.name: p.default is Parameter.empty for p in keywords if p.name != "players"}


def _momentum_rest(gradient: Any, *, momentum: Any) -> tuple[Any, ...]:
    return (gradient / (1 - momentum),)


def _adam_rest(gradient: Any, **_: Any) -> tuple[Any, ...]:
    return (gradient, gradient * gradient)


def _rmsprop_rest(gradient: Any, **_: Any) -> tuple[Any, ...]:
    return (gradient * gradient,)


OPTIMIZERS = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer("gradient_descent", optimizers.gradient_descent, multistep=True),
        Optimizer("heavy_ball", optimizers.heavy_ball, _momentum_rest, multistep=True),
        Optimizer("nesterov", optimizers.nesterov, _momentum_rest, multistep=True, variable="lookahead variable"),
        Optimizer("adam", optimizers.adam, _adam_rest),
        Optimizer("rmsprop", optimizers.rmsprop, _rmsprop_rest),
        Optimizer("sam", optimizers.sam),
        Optimizer("usam", optimizers.usam),
        Optimizer("gradient_regularized", optimizers.gradient_regularized),
        Optimizer("random_reshuffling", optimizers.random_reshuffling, kind="batches"),
        Optimizer("simultaneous", optimizers.simultaneous, kind="game"),
        Optimizer("alternating", optimizers.alternating, kind="game"),
    )
}

_BELOW_ONE = ("momentum", "beta1", "beta2")


def find_optimizer(optimizer: Any, memory: Rest | None) -> Optimizer:
    """The optimizer of that name, or the description of a user's step function.

    Raises:
        ValueError: unknown name; or neither a name nor a function.

    >>> find_optimizer("nesterov", None).variable
    'lookahead variable'
    """
    if isinstance(optimizer, str):
        if memory is not None:
            raise ValueError("memory belongs to a step function; named optimizers know theirs")
        if optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(sorted(OPTIMIZERS))}, got {optimizer!r}")
        return OPTIMIZERS[optimizer]
    if not callable(optimizer):
        raise ValueError(f"optimizer must be a name or a step function, got {type(optimizer).__name__}")
    rest = None if memory is None else (lambda gradient, **_: memory(gradient))
    return Optimizer(getattr(optimizer, "__name__", "step"), optimizer, rest, own=False)


def check_hyperparameters(optimizer: Optimizer, given: Mapping[str, Any]) -> dict[str, Any]:
    """Sympy expressions (floats read as the decimals they show) for all hyperparameters, in tuples where vectors.

    Raises:
        ValueError: missing or unknown names, or values for which there is no modified equation.

    >>> check_hyperparameters(OPTIMIZERS["heavy_ball"], {"momentum": 0.9})
    {'momentum': 9/10}
    """
    if optimizer.own:
        known = optimizer.hyperparameters
        unknown = sorted(set(given) - set(known))
        if unknown:
            allowed = f"takes {', '.join(known)}" if known else "takes no hyperparameters"
            raise ValueError(f"{optimizer.name} {allowed}; got {', '.join(unknown)}")
        missing = [name for name, required in known.items() if required and given.get(name) is None]
        if missing:
            raise ValueError(f"{optimizer.name} needs {', '.join(missing)}")
    found = {
        name: tuple(map(exact, value)) if isinstance(value, (tuple, list)) else exact(value)
        for name, value in given.items()
        if value is not None
    }
    if optimizer.own:
        _check_ranges(optimizer.name, found)
    return found


def _check_ranges(name: str, found: Mapping[str, Any]) -> None:
    for key in _BELOW_ONE:
        value = found.get(key)
        if value is not None and value.is_number:
            if value == 1:
                raise ValueError(
                    f"{name} with {key} = 1 forgets nothing: its iterates follow a second-order equation, "
                    "and there is no modified gradient flow"
                )
            if not 0 <= value < 1:
                raise ValueError(f"{key} must be in [0, 1), got {value}")
    epsilon = found.get("epsilon")
    if epsilon is not None and epsilon.is_number and not epsilon > 0:
        if epsilon == 0:
            raise ValueError(
                f"{name} with epsilon = 0 tends to sign descent, g/|g|: it has no expansion in h "
                "where a gradient component changes sign"
            )
        raise ValueError(f"epsilon must be positive, got {epsilon}")
