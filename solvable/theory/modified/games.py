r"""Two players who take turns, or do not: the first correction to their flow.

Players ``phi' = a F``, ``theta' = b G`` with rates a, b move by ``a h F`` and ``b h G``. Write ``f = (a F, b G)``.
Simultaneous steps are Euler's method for f, so that the modified field is ``f - (h/2) f'f``, in components

    a F - (h/2) a ( a F_phi F + b F_theta G ),        b G - (h/2) b ( a G_phi F + b G_theta G ).

If the second player answers at the new point, its step gains ``a b h^2 G_phi F + O(h^3)``. This goes straight into the
modified field, and turns the sign of one term:

    b G - (h/2) b ( -a G_phi F + b G_theta G ).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.checks import integer, positive_array, real_array

Field = Callable[[np.ndarray], np.ndarray]


def modified_game_field(
    players: Field,
    jacobian: Callable[[np.ndarray], np.ndarray],
    step_size: Any,
    rates: Any,
    first: int,
    *,
    alternating: bool = False,
) -> Field:
    """The two-term modified field of two players.

    Args:
        players: the stacked field ``(F, G)``, ``z (..., p) -> (..., p)``; both players ascend theirs.
        jacobian: its derivative, ``z (..., p) -> (..., p, p)``.
        step_size: h, a number or an array that broadcasts against the leading axes of z.
        rates: ``(a, b)``, so that the players' step sizes are ``a h`` and ``b h``.
        first: number of parameters of the first player.
        alternating: whether the second player answers at the first one's new point.

    Returns:
        a callable ``z (..., p) -> (..., p)``.

    Raises:
        ValueError: step_size <= 0, rates that are not two numbers, first < 1.

    Source: Rosca et al., arXiv:2105.13922, for equal rates; derived in this module.

    >>> players, jacobian = lambda z: z[..., ::-1] * [1, -1], lambda z: np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> modified_game_field(players, jacobian, 0.1, (1, 1), 1)(np.array([0.0, 1.0]))  # outward
    array([1.  , 0.05])
    >>> modified_game_field(players, jacobian, 0.1, (1, 1), 1, alternating=True)(np.array([0.0, 1.0]))
    array([ 1.  , -0.05])
    """
    pair = real_array("rates", rates, ndim=1)
    if pair.shape != (2,):
        raise ValueError(f"rates must be two numbers, one for each player, got shape {pair.shape}")
    h = positive_array("step_size", step_size)[..., None]
    first = integer("first", first, minimum=1)

    def field(z: np.ndarray) -> np.ndarray:
        leading = np.arange(z.shape[-1]) < first
        rate = np.where(leading, pair[0], pair[1])
        f = rate * players(z)
        slope = rate[:, None] * jacobian(z)
        correction = -(slope @ f[..., None])[..., 0] / 2
        if alternating:
            answer = (slope @ (f * leading)[..., None])[..., 0]
            correction = correction + np.where(leading, 0.0, answer)
        return f + h * correction

    return field
