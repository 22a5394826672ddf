r"""Flatness: what label noise makes small.

At zero loss the Hessian of ``L = 1/(2n) sum_i (f_i - y_i)^2`` is ``(1/n) sum_i grad f_i grad f_i^T``: the residuals
that multiply the second derivatives vanish. Noise in the labels moves SGD along the minima, down the trace

    R(theta) = (1/n) sum_i |grad f_i(theta)|^2.

For the diagonal network ``f_i = sum_j x_ij (u_j^2 - v_j^2)`` it is ``4 sum_j m_j (u_j^2 + v_j^2)``, m_j the mean of
``x_ij^2``: a weighted l1 norm of beta in disguise. For ``f_i = <A_i, U U^T>`` it is ``4 <S, U U^T>``, S the mean of
``A_i^2``: a weighted trace.
"""

from __future__ import annotations

from typing import Any

import sympy

from derivations.networks import network


def regularizer(model_name: str, **sizes: Any) -> sympy.Expr:
    """``(1/n) sum_i |grad f_i|^2`` of a small network, in symbols.

    Args:
        model_name: ``"diagonal"``, ``"scalar"``, ``"sensing"``, ``"deep"``, ``"relu"``, ``"single_point"``, or the
            name of the class of the model.
        **sizes: see `derivations.networks.network`. For several outputs the sum runs over them as well.

    Raises:
        ValueError: unknown name or size.

    Source: Blanc et al., arXiv:1904.09080; Damian et al., arXiv:2106.06530.

    >>> regularizer("scalar")
    x**2 + y**2
    """
    found = network(model_name, **sizes)
    total = sum((entry**2 for entry in found.jacobian()), sympy.Integer(0))
    # The square of a step function is the step function.
    steps = {e**2: e for e in total.atoms(sympy.Heaviside)}
    return sympy.expand(total / found.samples).subs(steps)
