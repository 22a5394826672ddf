r"""The stationary covariance of noisy descent, from its Lyapunov equation.

Near a minimum the step is linear, ``x+ = (1 - hH) x + h xi``, the noise xi of covariance C. A stationary covariance S
reproduces itself,

    S = (1 - hH) S (1 - hH) + h^2 C,      or      H S + S H - h H S H = h C,

and for small steps, to leading order, the Ornstein-Uhlenbeck equation ``H S + S H = h C``. With label noise ``C = c H``
this has the solution ``S = (h c / 2) P`` with P the projector onto the range of H: isotropic, whatever H is. So
label noise feels the trace of the Hessian. For a finite step ``S = h c (2 - hH)^(-1) P``.
"""

from __future__ import annotations

from typing import Any

import sympy


def stationary_covariance(hessian: Any, noise: Any, step: Any, *, discrete: bool = False) -> sympy.Matrix:
    """S with ``H S + S H = h C`` (or less ``h H S H``), zero on the flat directions.

    Args:
        hessian: H, symmetric ``(p, p)``, rational or symbolic entries.
        noise: C, symmetric ``(p, p)``, vanishing where H does.
        step: h, a number or symbol.
        discrete: keep the term of the finite step.

    Raises:
        ValueError: shapes that do not fit; or noise along a flat direction, which diffuses for ever.

    Source: Blanc et al., arXiv:1904.09080.

    >>> stationary_covariance([[2, 0], [0, 0]], [[2, 0], [0, 0]], sympy.Rational(1, 10))
    Matrix([
    [1/20, 0],
    [   0, 0]])
    """
    H, C, h = sympy.Matrix(hessian), sympy.Matrix(noise), sympy.sympify(step)
    n = H.rows
    if H.shape != (n, n) or C.shape != (n, n) or not (H - H.T).is_zero_matrix or not (C - C.T).is_zero_matrix:
        raise ValueError(f"hessian and noise must be symmetric matrices of one size, got {H.shape} and {C.shape}")
    flat = H.nullspace()
    if any(not (C * direction).applyfunc(sympy.simplify).is_zero_matrix for direction in flat):
        raise ValueError("the noise acts along a flat direction: it diffuses there, and no stationary law exists")
    unknown = {(i, j): sympy.Dummy(f"s{i}{j}") for i in range(n) for j in range(i, n)}
    S = sympy.Matrix(n, n, lambda i, j: unknown[min(i, j), max(i, j)])
    left = H * S + S * H - (h * H * S * H if discrete else sympy.zeros(n, n)) - h * C
    equations = [*left, *(entry for direction in flat for entry in S * direction)]
    solution = sympy.solve(equations, list(unknown.values()), dict=True)
    if not solution or len(solution[0]) < len(unknown):
        raise ValueError("the Lyapunov equation has no unique solution: two eigenvalues of H cancel")
    return S.subs(solution[0]).applyfunc(sympy.factor)
