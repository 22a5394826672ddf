r"""Rosca et al., Discretization Drift in Two-Player Games (arXiv:2105.13922).

Players with rates alpha and lambda move by ``alpha h F(phi, theta)`` and ``lambda h G(phi, theta)``, at once or in
turn. With ``phi' = alpha F``, ``theta' = lambda G`` as the flow, the terms of order h are

    simultaneous  -(h/2) alpha (alpha F_phi F + lambda F_theta G),  -(h/2) lambda ( alpha G_phi F + lambda G_theta G)
    alternating   -(h/2) alpha (alpha F_phi F + lambda F_theta G),  -(h/2) lambda (-alpha G_phi F + lambda G_theta G).

For unequal rates the paper's formulas, ``F - (alpha h/2)(F_phi F + F_theta G)`` and, in turn, ``G - (lambda h/2)((1 - 2
alpha/lambda) G_phi F + G_theta G)``, have each player on a clock of its own: they give one step when phi is read at the
time ``alpha h`` and theta at ``lambda h`` of the same flow. As one flow for many steps they are of first order only.
"""

from __future__ import annotations

import numpy as np
import sympy

from derivations import modified_field
from solvable import Alternating, Simultaneous, TwoPlayerGame, claim, simulate
from solvable.theory import modified_game_field

from ._flows import LEADING, deviations, follow, lambdified, schedule
from ._modified import H, X, Y


def _draw(rng):
    # One sign for all coefficients of a player: no derivative of a field vanishes by cancellation.
    return {
        "coefficients": rng.choice([-1.0, 1.0], (2, 1)) * rng.uniform(0.5, 1.0, (2, 5)),
        "start": rng.uniform(0.5, 1.0, 2),
        "rates": np.array([rng.uniform(0.5, 1.0), rng.uniform(1.5, 2.5)]),
    }


class _Game:
    """Two players with one parameter each and quadratic fields, ``c_0 p + c_1 t + c_2 p^2 + c_3 p t + c_4 t^2``."""

    def __init__(self, problem):
        self.coefficients, self.start, self.rates = (problem[k] for k in ("coefficients", "start", "rates"))
        a, b = self.coefficients
        self.model = TwoPlayerGame(lambda p, t: _quadratic(a, p, t), lambda p, t: _quadratic(b, p, t))

    def players(self, z):
        return np.stack([_quadratic(c, z[..., 0], z[..., 1]) for c in self.coefficients], axis=-1)

    def jacobian(self, z):
        p, t = z[..., 0], z[..., 1]
        rows = [[c[0] + 2 * c[2] * p + c[3] * t, c[1] + c[3] * p + 2 * c[4] * t] for c in self.coefficients]
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)

    def own_clock(self, step_size, *, alternating):
        """The paper's fields, each for a clock that runs at the player's own rate."""
        first, second = self.rates
        h = np.asarray(step_size)
        turned = 1 - 2 * first / second if alternating else 1.0

        def field(z):
            (F, G), J = np.moveaxis(self.players(z), -1, 0), self.jacobian(z)
            one = F - first * h / 2 * (J[..., 0, 0] * F + J[..., 0, 1] * G)
            two = G - second * h / 2 * (turned * J[..., 1, 0] * F + J[..., 1, 1] * G)
            return np.stack([one, two], axis=-1)

        return field


def _quadratic(c, p, t):
    return c[0] * p + c[1] * t + c[2] * p * p + c[3] * p * t + c[4] * t * t


def _compare(lab, method, name, wrong):
    """Iterates against the flows with one to three terms and the rivals' fields; then one step on two clocks."""
    game, alternating = _Game(lab.instance(_draw)), name == "alternating"
    slope = game.rates[:, None] * game.jacobian(game.start)
    step_sizes, times = schedule(slope)
    saves = [np.rint(times / h).astype(int) for h in step_sizes]
    runs = [
        simulate(game.model, method(tuple(game.rates * h)), game.start, steps=int(k[-1]), save=k).theta
        for h, k in zip(step_sizes, saves, strict=True)
    ]
    arguments = game.players, game.jacobian, step_sizes, game.rates, 1
    c = [[sympy.Symbol(f"c{i}{j}") for j in range(5)] for i in range(2)]
    rates = sympy.symbols("alpha lambda")
    fields = tuple(sympy.sympify(_quadratic(row, X, Y)) for row in c)
    derived = modified_field(name, fields, (X, Y), 3, H, rates=rates)
    third = lambdified(derived.terms[2], (X, Y, *rates, *c[0], *c[1]))
    numbers = (*game.rates, *game.coefficients.ravel())
    two = modified_game_field(*arguments, alternating=alternating)
    own = game.own_clock(step_sizes, alternating=alternating)
    flows = {
        1: lambda z: game.rates * game.players(z),
        2: two,
        3: lambda z: two(z) + step_sizes[:, None] ** 2 * third(z, *numbers),
        "both on one clock": lambda z: game.rates * own(z),
        "simultaneous drift": modified_game_field(*arguments),
        "alternating drift": modified_game_field(*arguments, alternating=True),
        "no drift": lambda z: game.rates * game.players(z),
    }
    errors = deviations(np.stack(runs, axis=1), follow(flows, game.start, step_sizes.size, times))
    for p in (1, 2, 3):
        lab.order(step_sizes, errors[p], p, rivals={k: errors[k] for k in wrong} if p == 2 else {}, reason=LEADING)
    _one_step(lab, game, method, step_sizes / 4, alternating)


def _one_step(lab, game, method, step_sizes, alternating):
    """The published formula, player by player on its own clock, against one step."""
    own = game.own_clock(step_sizes, alternating=alternating)
    runs = [simulate(game.model, method(tuple(game.rates * h)), game.start, steps=1) for h in step_sizes]
    after, ends = np.stack([run.final for run in runs]), []
    for k, rate in enumerate(game.rates):
        # Time in units of each step: then one integration serves all step sizes.
        flow = follow({"own": lambda z, r=rate: (r * step_sizes)[:, None] * own(z)}, game.start, step_sizes.size, [1.0])
        ends.append(flow["own"][0, :, k])
    pace = np.multiply.outer(step_sizes, game.rates)
    plain = follow({"flow": lambda z: pace * game.players(z)}, game.start, step_sizes.size, [1.0])["flow"][0]
    errors, without = (np.max(np.abs(after - e), axis=1) for e in (np.stack(ends, axis=-1), plain))
    lab.order(step_sizes, errors, 3, rivals={"no drift": without}, reason="one step: an order more than at fixed time")


@claim(
    "rosca2021-simultaneous",
    title="Players who move at once",
    statement=r"$\dot\phi = \alpha F - \frac{h}{2}\alpha(\alpha F_\phi F + \lambda F_\theta G),\quad"
    r" \dot\theta = \lambda G - \frac{h}{2}\lambda(\alpha G_\phi F + \lambda G_\theta G)$",
    source="arXiv:2105.13922, theorem number unverified; unequal rates on one clock are our own",
    rivals=("alternating drift", "both on one clock", "no drift"),
    convention="random quadratic games; alpha in [0.5, 1], lambda in [1.5, 2.5]; orders for 1, 2, 3 terms",
    errata="For unequal rates the paper's drift, as we recall it (wording not checked), weighs both products of a"
    " player by that player's own rate. This gives one step if each player is read on its own clock (verified here,"
    " order 3), but as one flow it is of order 1.",
)
def simultaneous(lab):
    _compare(lab, Simultaneous, "simultaneous", ("alternating drift", "both on one clock", "no drift"))


@claim(
    "rosca2021-alternating",
    title="Players who move in turn",
    statement=r"$\dot\phi = \alpha F - \frac{h}{2}\alpha(\alpha F_\phi F + \lambda F_\theta G),\quad"
    r" \dot\theta = \lambda G - \frac{h}{2}\lambda(-\alpha G_\phi F + \lambda G_\theta G)$",
    source="arXiv:2105.13922, theorem number unverified; unequal rates on one clock are our own",
    rivals=("simultaneous drift", "both on one clock", "no drift"),
    convention="random quadratic games; alpha in [0.5, 1], lambda in [1.5, 2.5]; orders for 1, 2, 3 terms",
    errata="The factor 1 - 2 alpha/lambda of the paper's drift, as we recall it (wording not checked), holds for one"
    " step if each player is read on its own clock (verified here, order 3). As one flow for both it is of order"
    " 1; there the factor is -alpha/lambda.",
)
def alternating(lab):
    _compare(lab, Alternating, "alternating", ("simultaneous drift", "both on one clock", "no drift"))
