"""A two-player differentiable game: ``phi' = F(phi, theta)``, ``theta' = G(phi, theta)``.

Zero-sum games have ``F = -grad_phi V``, ``G = +grad_theta V``. There is no common loss; discretization pulls the
players along fields that need not be gradients (Rosca et al., arXiv:2105.13922).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.checks import integer, real
from .base import CompiledModel, ParameterSpace
from .user import identity_of


@dataclass(frozen=True, eq=False, init=False)
class TwoPlayerGame(ParameterSpace):
    """Vector fields ``F(phi, theta) -> (p1,)`` and ``G(phi, theta) -> (p2,)``; plain Python or ``numba.njit``.

    ``sizes = (p1, p2)``; the state, which is the flat `theta` of the other models, is ``[phi, theta]``. Move it with
    ``Simultaneous``, ``Alternating`` or ``GradientFlow``.

    >>> game = TwoPlayerGame(lambda phi, theta: theta, lambda phi, theta: -phi)
    >>> game.field([1.0, 2.0])
    array([ 2., -1.])
    """

    F: Callable[..., Any]
    G: Callable[..., Any]
    sizes: tuple[int, int] = field(default=(1, 1))

    def __init__(self, F: Callable[..., Any], G: Callable[..., Any], sizes: tuple[int, int] = (1, 1)) -> None:
        for name, given in (("F", F), ("G", G)):
            if not callable(given):
                raise ValueError(f"{name} must be a function of (phi, theta), got {given!r}")
        if np.shape(sizes) != (2,):
            raise ValueError(f"sizes must be two whole numbers, got {sizes!r}")
        checked = tuple(integer("sizes", size, minimum=1) for size in sizes)
        object.__setattr__(self, "F", F)
        object.__setattr__(self, "G", G)
        object.__setattr__(self, "sizes", checked)

    @property
    def n_params(self) -> int:
        return sum(self.sizes)

    @property
    def n_samples(self) -> int:
        return 0

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"phi": (self.sizes[0],), "theta": (self.sizes[1],)}

    def content(self) -> tuple[Any, ...]:
        return identity_of(self.F), identity_of(self.G), self.sizes

    def init(self, scale: float = 1.0, seed: int = 0) -> np.ndarray:
        """Gaussian entries of standard deviation `scale`."""
        return real("scale", scale) * np.random.default_rng(seed).standard_normal(self.n_params)

    def field(self, theta: Any) -> np.ndarray:
        """``(F, G)`` at the state `theta`, both players' ``[phi, theta]``, ``(p1 + p2,)``."""
        first, second = np.split(np.array(self.parameters(theta)), self.sizes[:1])
        values = []
        for name, player, size in (("F", self.F, self.sizes[0]), ("G", self.G, self.sizes[1])):
            value = np.asarray(player(first, second), dtype=np.float64)
            if value.shape != (size,):
                raise ValueError(f"{name} must return shape ({size},), got {value.shape}")
            values.append(value)
        return np.concatenate(values)

    def predictor(self, theta: Any) -> np.ndarray:
        """The state itself."""
        return self.parameters(theta, leading=True)

    def loss(self, theta: Any) -> Any:
        """NaN: a game has no common loss."""
        shape = self.parameters(theta, leading=True).shape[:-1]
        return np.full(shape, np.nan) if shape else float("nan")

    def compiled(self) -> CompiledModel:
        from ..integrators.callback import Callback, Failure
        from ..integrators.fields import game
        from ..integrators.fields.user import no_loss
        from ..integrators.signatures import HEADER

        failure, data = Failure(), np.zeros(HEADER)
        kept = tuple(
            Callback(joined(player, self.sizes[0]), name, (size,), failure)
            for name, player, size in zip("FG", (self.F, self.G), self.sizes, strict=True)
        )
        data[1:4] = self.sizes[0], kept[0].address, kept[1].address
        return CompiledModel(data=data, scratch=1, loss=no_loss, flow=game.flow, failure=failure, kept=kept)


def joined(player: Callable[..., Any], size: int) -> Callable[..., Any]:
    """``z -> player(z[:size], z[size:])``, compiled if `player` is."""
    from numba import njit
    from numba.extending import is_jitted

    def of_state(z):  # type: ignore[no-untyped-def]
        return player(z[:size], z[size:])

    return njit(of_state) if is_jitted(player) else of_state
