"""The Lie logarithm on the slow manifold, against the multistep recursion and against what must be refused."""

import pytest
import sympy

from derivations import modified_field
from derivations.numbers import inverse_root

beta, h = sympy.symbols("beta h")
R = sympy.Rational


@pytest.mark.parametrize(
    ("name", "order", "given"),
    [
        ("gradient_descent", 9, {}),
        ("gradient_descent", 5, {"weight_decay": R(3, 10)}),
        ("gradient_descent", 3, {"weight_decay": sympy.Symbol("d")}),
        ("heavy_ball", 6, {"momentum": R(1, 2)}),
        ("nesterov", 6, {"momentum": R(1, 2)}),
        ("heavy_ball", 4, {"momentum": beta}),
        ("nesterov", 4, {"momentum": beta}),
        ("nesterov", 3, {"momentum": 1 - beta**2}),
    ],
)
def test_two_routes_give_identical_polynomials(ab, name, order, given):
    multistep = modified_field(name, *ab[:2], order, ab[2], route="multistep", **given)
    lie = modified_field(name, *ab[:2], order, ab[2], route="lie", **given)
    assert multistep.flow.fields == lie.flow.fields
    assert all(any(f) for f in lie.flow.fields)


def test_four_parameters():
    u = sympy.symbols("u0 u1 v0 v1")
    x, y = [[1, 2], [3, -1]], [1, 2]
    loss = sum((sum(x[i][j] * (u[j] ** 2 - u[j + 2] ** 2) for j in range(2)) - y[i]) ** 2 for i in range(2)) / 4
    field = modified_field("gradient_descent", loss, u, 5, h)
    assert field.flow.fields == modified_field("gradient_descent", loss, u, 5, h, route="lie").flow.fields
    assert sum(map(len, field.flow.fields[4])) > 400


def test_linear_problem_is_the_logarithm():
    """On a quadratic the field of gradient descent is log(1 - hA)/h theta, exactly."""
    x, y = sympy.symbols("x y")
    A = sympy.Matrix([[2, 1], [1, 3]])
    loss = (sympy.Matrix([x, y]).T * A * sympy.Matrix([x, y]))[0] / 2
    field = modified_field("gradient_descent", loss, (x, y), 6, h)
    for k, f in enumerate(field.terms):
        expected = -(A ** (k + 1)) * sympy.Matrix([x, y]) / (k + 1)
        assert (sympy.Matrix(f) - expected).expand().is_zero_matrix


def test_symbolic_data_are_carried_along(ab):
    a, b = ab[1]
    y = sympy.Symbol("y")
    field = modified_field("gradient_descent", (y - a * b) ** 2 / 2, (a, b), 3, h)
    plain = modified_field("gradient_descent", ab[0], (a, b), 3, h)
    assert [tuple(e.subs(y, 1) for e in f) for f in field.terms] == [tuple(f) for f in plain.terms]


def test_a_step_function_with_memory_is_the_named_optimizer(ab):
    def polyak(theta, state, gradient, h):
        (velocity,) = state
        velocity = R(1, 3) * velocity + gradient(theta)
        return theta - h * velocity, (velocity,)

    own = modified_field(polyak, *ab[:2], 4, ab[2], memory=lambda g: (g * R(3, 2),))
    assert own.flow.fields == modified_field("heavy_ball", *ab[:2], 4, ab[2], momentum=R(1, 3)).flow.fields


def test_nesterov_in_its_other_variable_is_conjugate(ab, defect_slopes):
    """With theta instead of the lookahead point the gradient is taken at a point that depends on the memory."""

    def original(theta, state, gradient, h):
        (velocity,) = state
        velocity = 0.5 * velocity + gradient(theta - h * (0.5 * velocity))
        return theta - h * velocity, (velocity,)

    theta = modified_field(original, *ab[:2], 3, ab[2], memory=lambda g: (2 * g,))
    lookahead = modified_field("nesterov", *ab[:2], 3, ab[2], momentum=0.5)
    assert theta.terms[0] == lookahead.terms[0]
    assert theta.flow.fields[1] == lookahead.flow.fields[1]  # the fields commute with themselves at this order
    assert theta.flow.fields[2] != lookahead.flow.fields[2]
    assert defect_slopes(theta) == pytest.approx([2, 3, 4], abs=0.15)


def test_exact_gradient_regularization_is_the_limit_of_its_finite_difference(ab):
    exact = modified_field("gradient_regularized", *ab[:2], 3, h, strength=R(1, 10))
    finite = modified_field("gradient_regularized", *ab[:2], 3, h, strength=R(1, 10), ascent_step=sympy.Symbol("e"))
    limit = [tuple(sympy.expand(x).subs(sympy.Symbol("e"), 0) for x in f) for f in finite.terms]
    assert limit == [tuple(map(sympy.expand, f)) for f in exact.terms]


def refused(match, step, ab, **given):
    with pytest.raises(ValueError, match=match):
        modified_field(step, *ab[:2], 3, ab[2], **given)


def test_sign_descent_is_refused(ab):
    def sign(theta, state, gradient, h):
        slope = gradient(theta)
        return theta - h * slope * inverse_root(slope * slope), state

    refused("absolute value", sign, ab)
    refused("sign descent", "adam", ab, beta1=0.9, beta2=0.99, epsilon=0)
    refused("sign descent", "rmsprop", ab, beta2=0.99, epsilon=0)


def test_one_parameter_sam_is_refused():
    x = sympy.Symbol("x")
    with pytest.raises(ValueError, match="absolute value"):
        modified_field("sam", x**2 + x, (x,), 2, h, radius=h)


def test_momentum_one_is_refused(ab):
    refused("forgets nothing", "heavy_ball", ab, momentum=1)
    refused("forgets nothing", "adam", ab, beta1=0.9, beta2=1, epsilon=1)
    refused("must be in", "heavy_ball", ab, momentum=1.5)

    def frozen(theta, state, gradient, h):
        return theta - h * state[0], state

    refused("forgets nothing", frozen, ab, memory=lambda g: (g,))


def test_memories_that_have_no_slow_manifold_are_refused(ab):
    def velocity(theta, state, gradient, h):
        moved = R(1, 2) * state[0] - h * gradient(theta)
        return theta + moved, (moved,)

    def average(theta, state, gradient, h):
        mean = R(1, 2) * state[0] + R(1, 2) * gradient(theta)
        return theta - h * mean, (mean,)

    def turning(theta, state, gradient, h):
        mean = theta * state[0] + (1 - theta) * gradient(theta)
        return theta - h * mean, (mean,)

    refused("multiply it by h", velocity, ab, memory=lambda g: (0 * g,))
    refused("not at rest", average, ab, memory=lambda g: (2 * g,))
    refused("does not depend on theta", turning, ab, memory=lambda g: (g,))


def test_steps_without_a_small_limit_are_refused(ab):
    refused("identity", lambda theta, state, gradient, h: (theta - gradient(theta), state), ab)
    refused("no expansion at h = 0", lambda theta, state, gradient, h: (theta - gradient(theta) / h, state), ab)
    a, b = ab[1]
    with pytest.raises(ValueError, match="multiples of h"):
        modified_field("usam", sympy.tanh(a * b), (a, b), 2, h, radius=R(1, 2))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"order": 0}, "order must be a positive integer"),
        ({"step": 0.1}, "step must be a sympy symbol"),
        ({"optimizer": "newton"}, "optimizer must be one of"),
        ({"optimizer": 3}, "a name or a step function"),
        ({"params": ()}, "distinct sympy symbols"),
        ({"momentum": 0.5}, "takes weight_decay"),
        ({"optimizer": "heavy_ball"}, "heavy_ball needs momentum"),
        ({"optimizer": "random_reshuffling"}, "takes a list of losses"),
        ({"optimizer": "alternating", "rates": (1, 1)}, "takes a list of fields"),
        ({"loss": [sympy.Symbol("a")]}, "takes one loss"),
        ({"loss": sympy.Symbol("a") * sympy.Symbol("h")}, "contains the step symbol"),
        ({"loss": sympy.gamma(sympy.Symbol("a"))}, "no derivative rule"),
        ({"optimizer": "adam", "route": "multistep", "beta1": 0, "beta2": 0, "epsilon": 1}, "not a linear multistep"),
        ({"route": "fast"}, "route must be"),
        ({"memory": lambda g: (g,)}, "named optimizers know theirs"),
        ({"weight_decay": sympy.Symbol("a")}, "contains the parameter"),
    ],
)
def test_bad_input(ab, change, match):
    given = {"optimizer": "gradient_descent", "loss": ab[0], "params": ab[1], "order": 2, "step": ab[2], **change}
    with pytest.raises(ValueError, match=match):
        modified_field(**given)
