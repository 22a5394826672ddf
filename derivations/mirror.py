r"""Mirror potentials of diagonal networks, derived from their flow.

The network ``beta = w_+^D - w_-^D``, both factors started at alpha, moves by ``w_+' = -D w_+^(D-1) g`` and
``w_-' = +D w_-^(D-1) g``, g the gradient by beta of that coordinate. Each equation separates: with ``s = -int g dt``,

    D = 2:    log(w_+- / alpha) = +- 2 s;
    D >= 3:   w_+-^(2-D) - alpha^(2-D) = -+ D (D-2) s.

So beta is a fixed increasing function of s, whatever the data: ``beta = link(z)``, with the dual variable

    D = 2:    z = 4 s,                        link = 2 alpha^2 sinh z;
    D >= 3:   z = alpha^(D-2) D (D-2) s,      link = alpha^D [ (1-z)^(-D/(D-2)) - (1+z)^(-D/(D-2)) ],  |z| < 1.

Since s lies in the row space of the data, the flow's limit at an interpolant is a stationary point, hence the minimum,
of the convex potential Q with ``Q' = link^(-1)``: the Legendre dual of the integral of the link. For D = 2 this is the
hypentropy ``beta asinh(beta / 2 alpha^2) - sqrt(beta^2 + 4 alpha^4)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import mpmath
import sympy

BETA = sympy.Symbol("beta", real=True)
SCALE = sympy.Symbol("alpha", positive=True)
DUAL = sympy.Symbol("z", real=True)


@final
@dataclass(frozen=True)
class MirrorPotential:
    """The potential of one coordinate of a depth-D diagonal network, in the symbols beta, alpha and z.

    Attributes:
        depth: D.
        link: beta as a function of the dual variable z.
        dual: its integral, the conjugate potential.
        potential: Q(beta) in closed form; None for D >= 3, where the inverse of the link is algebraic.
        rate: ``dz/ds``, s the negative time integral of the gradient by beta.
    """

    depth: int
    link: sympy.Expr
    dual: sympy.Expr
    potential: sympy.Expr | None
    rate: sympy.Expr

    def value(self, beta: Any, scale: Any) -> float:
        """Q(beta) in numbers, by inverting the link.

        >>> mirror_potential(3).value(0.0, 0.5) == -float(mirror_potential(3).dual.subs({DUAL: 0, SCALE: 0.5}))
        True
        """
        z = self.dual_variable(beta, scale)
        return float(z * mpmath.mpf(beta) - sympy.lambdify((DUAL, SCALE), self.dual, "mpmath")(z, mpmath.mpf(scale)))

    def dual_variable(self, beta: Any, scale: Any) -> Any:
        """``z = Q'(beta)``, an mpmath number.

        Raises:
            ValueError: scale <= 0.
        """
        if not scale > 0:
            raise ValueError(f"scale must be positive, got {scale}")
        ratio = mpmath.mpf(beta) / mpmath.mpf(scale) ** self.depth
        if self.depth == 2:
            return mpmath.asinh(ratio / 2)
        power = mpmath.mpf(self.depth) / (self.depth - 2)
        # In y = artanh z the link grows exponentially, so that a bracket needs few bisections at any size of beta.
        with mpmath.workdps(40):

            def excess(y: Any) -> Any:
                z = mpmath.tanh(y)
                return (1 - z) ** -power - (1 + z) ** -power - abs(ratio)

            y = mpmath.findroot(excess, (0, mpmath.asinh(abs(ratio)) + 1), solver="bisect", tol=1e-30, verify=False)
            return mpmath.sign(ratio) * mpmath.tanh(y)

    def residual(self) -> sympy.Expr:
        """Zero: the flow's ``d beta/ds = D^2 (w_+^(2D-2) + w_-^(2D-2))`` less the link's."""
        plus, minus = factors(self.depth)
        moved = self.depth**2 * (plus ** (2 * self.depth - 2) + minus ** (2 * self.depth - 2))
        return sympy.simplify(sympy.expand((moved - sympy.diff(self.link, DUAL) * self.rate).rewrite(sympy.exp)))


def factors(depth: int) -> tuple[sympy.Expr, sympy.Expr]:
    """``w_+`` and ``w_-`` along the flow, as functions of the dual variable."""
    if depth == 2:
        return SCALE * sympy.exp(DUAL / 2), SCALE * sympy.exp(-DUAL / 2)
    power = sympy.Rational(-1, depth - 2)
    return SCALE * (1 - DUAL) ** power, SCALE * (1 + DUAL) ** power


def mirror_potential(depth: int = 2) -> MirrorPotential:
    """The potential that gradient flow on ``beta = w_+^D - w_-^D`` minimizes among interpolants.

    Args:
        depth: D >= 2; both factors start at alpha.

    Raises:
        ValueError: depth below 2.

    Source: Woodworth et al., arXiv:2002.09277.

    >>> mirror_potential(2).potential
    beta*asinh(beta/(2*alpha**2)) - sqrt(4*alpha**4 + beta**2)
    """
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 2:
        raise ValueError(f"depth must be an integer of at least 2, got {depth!r}")
    if depth == 2:
        link, dual = 2 * SCALE**2 * sympy.sinh(DUAL), 2 * SCALE**2 * sympy.cosh(DUAL)
        root = sympy.sqrt(BETA**2 + 4 * SCALE**4)  # 2 alpha^2 cosh z
        potential = BETA * sympy.asinh(BETA / (2 * SCALE**2)) - root
        return MirrorPotential(2, link, dual, potential, sympy.Integer(4))
    plus, minus = factors(depth)
    power = 1 - sympy.Rational(depth, depth - 2)
    dual = SCALE**depth * ((1 - DUAL) ** power + (1 + DUAL) ** power) * sympy.Rational(depth - 2, 2)
    return MirrorPotential(depth, plus**depth - minus**depth, dual, None, depth * (depth - 2) * SCALE ** (depth - 2))
