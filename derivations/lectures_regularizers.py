r"""Derivations of implicit regularizers: the curl of the third term, mirror potentials, flatness, noise.

Each starts from a definition and ends with the formula that a claim tests.

* **Curl.** The third term of gradient descent is ``f_2 = -grad(g.Hg)/12 - H^2 g/6``. A field is a gradient if its
  Jacobian is symmetric; here ``D f_2 - (D f_2)^T = -[H, T]/6``, ``T = D_g H``: no modified loss of three terms.
* **Mirror.** For ``beta = w_+^D - w_-^D`` the equations of both factors separate in ``s = -int g dt``, so that beta is
  a function of the dual variable, whose inverse is the derivative of a potential: flow in w is mirror flow in beta.
* **Flatness.** At zero loss ``tr D^2 L = (1/n) sum_i |grad f_i|^2``, model by model.
* **Sensing.** Averaged over Gaussian measurements this is a multiple of ``|U|^2``, or of ``d_1 |V|^2 + d_2 |U|^2``.
* **Label noise.** Linearize, ``theta+ = theta - h (H theta + noise)``: the stationary covariance solves a discrete
  Lyapunov equation.
"""

from __future__ import annotations

import sympy

from derivations import mirror
from derivations.derivation import Derivation, Line
from derivations.flatness import regularizer
from derivations.gaussian import gaussian_mean
from derivations.lyapunov import stationary_covariance
from derivations.modified_equation import modified_field
from derivations.networks import network


def lecture(name: str, order: int | None) -> Derivation:
    """The derivation of that name; `order` is the depth of a mirror potential."""
    if name == "mirror":
        return _mirror(2 if order is None else order)
    if order is not None:
        raise ValueError(f"{name} has no order")
    return {"curl": _curl, "flatness": _flatness, "sensing": _sensing, "label_noise": _label_noise}[name]()


def curl_identity(dimension: int = 2) -> tuple[bool, str]:
    """``curl f_2 + [H, D_g H] / 6 = 0`` at 0 for the generic quartic loss, whose Taylor coefficients are symbols.

    Both sides involve derivatives of L up to the fourth at one point, so this proves the identity for every loss in
    that many parameters.
    """
    x, h = sympy.symbols(f"x0:{dimension}"), sympy.Symbol("h")
    monomials = sorted(sympy.itermonomials(x, 4), key=sympy.default_sort_key)
    coefficients = sympy.symbols(f"t0:{len(monomials)}")
    loss = sum(c * m for c, m in zip(coefficients, monomials, strict=True))
    field = modified_field("gradient_descent", loss, x, 3, h)
    g = [sympy.diff(loss, s) for s in x]
    H = sympy.hessian(loss, x)
    T = sum((sympy.diff(H, s) * e for s, e in zip(x, g, strict=True)), sympy.zeros(dimension))
    at = dict.fromkeys(x, 0)
    left = field.curl(2).subs(at)
    right = -(H * T - T * H).subs(at) / 6
    zero = (left - right).applyfunc(sympy.expand).is_zero_matrix
    return bool(zero) and any(left), f"generic quartic loss in {dimension} parameters, {len(monomials)} coefficients"


def _curl() -> Derivation:
    lines = (
        Line(
            "Gradient descent has the modified field, with f = -g",
            "f~ = f - (h/2) f'f + h^2 [ f'f'f / 3 + f''(f, f) / 12 ]",
            r"\tilde f = f - \tfrac h2 f'f + h^2\left[\tfrac13 f'f'f + \tfrac1{12} f''(f, f)\right]",
        ),
        Line("In the loss, with T = D_g H", "f_2 = -H^2 g / 3 - T g / 12", r"f_2 = -\tfrac13 H^2 g - \tfrac1{12} T g"),
        Line(
            "Since grad(g.Hg) = 2 H^2 g + T g, only H^2 g can have a curl",
            "f_2 = -grad(g.Hg) / 12 - H^2 g / 6",
            r"f_2 = -\tfrac1{12}\nabla(g^T H g) - \tfrac16 H^2 g",
        ),
        Line(
            "Its Jacobian is D_(Hg) H + H T + H^3; only H T is not symmetric",
            "curl f_2 = -(1/6) [H, T]",
            r"D f_2 - (D f_2)^T = -\tfrac16 [H, T]",
        ),
    )
    checks = (("curl f_2 = -[H, T] / 6 for every loss of two parameters", lambda: curl_identity(2)),)
    return Derivation(
        "curl",
        "The third term of gradient descent is not a gradient",
        lines,
        checks,
        "derived here; compare Barrett and Dherin, arXiv:2009.11162",
    )


def _mirror(depth: int) -> Derivation:
    found = mirror.mirror_potential(depth)
    plus, minus = mirror.factors(depth)
    link = sympy.Eq(mirror.BETA, found.link)
    lines = [
        Line(
            "beta = w_+^D - w_-^D moves by w_+-' = -+ D w_+-^(D-1) g. In s = -int g dt both equations separate:",
            f"w_+ = {plus}\nw_- = {minus}\nz = ({found.rate}) s",
            rf"w_+ = {sympy.latex(plus)},\quad w_- = {sympy.latex(minus)},\quad z = {sympy.latex(found.rate)}\, s",
        ),
        Line("So beta is a function of the dual variable", f"beta = {found.link}", sympy.latex(link)),
        Line(
            "Its inverse is the derivative of the potential; the integral of the link is the dual potential",
            f"Q*(z) = {found.dual}",
            f"Q^*(z) = {sympy.latex(found.dual)}",
        ),
    ]
    if found.potential is not None:
        lines.append(
            Line(
                "Its Legendre dual is the hypentropy",
                f"Q(beta) = {found.potential}",
                rf"Q(\beta) = {sympy.latex(found.potential)}",
            )
        )
    checks = (
        ("the link obeys d beta/ds = D^2 (w_+^(2D-2) + w_-^(2D-2))", lambda: _is_zero(found.residual())),
        (
            "the dual potential is the integral of the link",
            lambda: _is_zero(sympy.simplify(sympy.diff(found.dual, mirror.DUAL) - found.link)),
        ),
    )
    return Derivation(
        "mirror",
        f"Mirror potential of the diagonal network of depth {depth}",
        tuple(lines),
        checks,
        "Woodworth et al., arXiv:2002.09277",
    )


def _flatness() -> Derivation:
    names = ("scalar", "diagonal", "sensing", "relu", "single_point")
    lines = [Line("At zero loss the trace of the Hessian is R = (1/n) sum_i |grad f_i|^2. In the smallest sizes:")]
    for name in names:
        formula = regularizer(name)
        lines.append(Line(name, f"R = {formula}", f"R = {sympy.latex(formula)}"))

    def is_hessian_trace() -> tuple[bool, str]:
        found = network("diagonal", features=1, samples=1)
        y = sympy.Symbol("target")
        loss = (found.outputs[0] - y) ** 2 / 2
        trace = sympy.hessian(loss, found.params).trace().subs(y, found.outputs[0])
        return _is_zero(sympy.expand(trace - regularizer("diagonal", features=1, samples=1)))

    checks = (("R is the trace of the Hessian where the loss vanishes (diagonal network)", is_hessian_trace),)
    return Derivation("flatness", "Flatness of the models", tuple(lines), checks, "Blanc et al., arXiv:1904.09080")


def _sensing() -> Derivation:
    def mean(size: int, symmetric: bool) -> sympy.Expr:
        u, v = (sympy.Matrix(size, 1, sympy.symbols(f"{letter}0:{size}")) for letter in "uv")
        g = sympy.Matrix(size, size, sympy.symbols(f"g0:{size * size}"))
        right = u if symmetric else v
        output = (u.T * g * right)[0]
        slopes = [sympy.diff(output, s) for s in ([*u] if symmetric else [*u, *v])]
        return sympy.factor(gaussian_mean(sympy.expand(sum(e**2 for e in slopes)), list(g)))

    lines = (
        Line("Take f = <G, U U^T> or <G, U V^T>, G with independent standard normal entries"),
        Line(
            "The mean of |grad f|^2 at rank one and d = 2, by moments",
            f"{mean(2, True)}\n{mean(2, False)}",
            rf"{sympy.latex(mean(2, True))},\quad {sympy.latex(mean(2, False))}",
        ),
        Line(
            "In general, for d x d and d1 x d2 matrices",
            "(2 d + 2) |U|^2\nd1 |V|^2 + d2 |U|^2",
            r"(2d+2)\|U\|_F^2,\qquad d_1\|V\|_F^2 + d_2\|U\|_F^2",
        ),
    )

    def general() -> tuple[bool, str]:
        right = True
        for size in (1, 2, 3):
            u, v = sympy.symbols(f"u0:{size}"), sympy.symbols(f"v0:{size}")
            right &= sympy.expand(mean(size, True) - (2 * size + 2) * sum(s**2 for s in u)) == 0
            right &= sympy.expand(mean(size, False) - size * sum(s**2 for s in (*u, *v))) == 0
        return right, "d = 1, 2, 3"

    return Derivation(
        "sensing",
        "Mean flatness of Gaussian matrix sensing",
        lines,
        (("the general formula", general),),
        "Blanc et al., arXiv:1904.09080",
    )


def _label_noise() -> Derivation:
    h, c, l1, l2 = sympy.symbols("h c lambda_1 lambda_2", positive=True)
    H = sympy.diag(l1, l2, 0)
    flow = stationary_covariance(H, c * H, h)
    step = stationary_covariance(H, c * H, h, discrete=True)
    lines = (
        Line(
            "Label noise has the covariance c H at the minima: C = c H. The law of the fluctuations reproduces itself",
            "S = (1 - h H) S (1 - h H) + h^2 c H",
            "S = (1 - hH) S (1 - hH) + h^2 c H",
        ),
        Line(
            "For small steps H S + S H = h c H; with H = diag(lambda_1, lambda_2, 0)",
            f"S = {list(flow)}",
            f"S = {sympy.latex(flow)}",
        ),
        Line("For a finite step", f"S = {list(step)}", f"S = {sympy.latex(step)}"),
    )

    def solves() -> tuple[bool, str]:
        one = sympy.eye(3)
        residual = (one - h * H) * step * (one - h * H) + h**2 * c * H - step
        return _is_zero(residual.applyfunc(sympy.simplify))

    return Derivation(
        "label_noise",
        "Stationary covariance of label noise",
        lines,
        (("the covariance reproduces itself under one step", solves),),
        "Blanc et al., arXiv:1904.09080",
    )


def _is_zero(expression: sympy.Expr | sympy.Matrix) -> tuple[bool, str]:
    zero = expression.is_zero_matrix if hasattr(expression, "is_zero_matrix") else expression == 0
    return bool(zero), f"difference {expression if not zero else 0}"
