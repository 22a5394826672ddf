"""What is a gradient, and of what: modified losses, curls, and the identity for the third term."""

import pytest
import sympy

from derivations import NotAGradient, modified_field
from derivations.closed_forms import CLOSED_FORMS
from derivations.lectures_regularizers import curl_identity
from derivations.lectures_trees import lecture

a, b, h, beta = sympy.symbols("a b h beta")
LOSS = (1 - a * b) ** 2 / 2
SQUARE = sum(sympy.diff(LOSS, s) ** 2 for s in (a, b))
R = sympy.Rational


def zero(expression):
    return sympy.simplify(expression) == 0


def test_barrett_dherin():
    field = modified_field("gradient_descent", LOSS, (a, b), 3, h)
    assert sympy.expand(field.loss(1) - LOSS) == 0
    assert sympy.expand(field.loss(2) - LOSS - h / 4 * SQUARE) == 0


def test_the_third_term_is_refused_with_its_curl():
    field = modified_field("gradient_descent", LOSS, (a, b), 3, h)
    with pytest.raises(NotAGradient, match="term 2") as caught:
        field.loss(3)
    expected = (a**2 - b**2) * (a**2 + b**2) * (a * b - 1) / 3
    assert caught.value.term == 2
    assert sympy.expand(caught.value.curl[0, 1] - expected) == 0
    assert caught.value.curl == field.curl(2) == -field.curl(2).T
    assert field.curl(0).is_zero_matrix
    assert field.curl(1).is_zero_matrix


def test_curl_of_a_diagonal_network():
    loss = (1 - a**2 + b**2) ** 2 / 2
    curl = modified_field("gradient_descent", loss, (a, b), 3, h).curl(2)
    assert sympy.expand(abs(curl[0, 1].subs({a: 2, b: 1})) - abs(R(64, 3) * 2 * (4 + 1) * (4 - 1 - 1))) == 0


def test_curl_identity_for_every_loss_of_two_parameters():
    passed, _ = curl_identity(2)
    assert passed


@pytest.mark.slow
def test_curl_identity_for_every_loss_of_three_parameters():
    passed, _ = curl_identity(3)
    assert passed


@pytest.mark.parametrize("loss", [a**4 + b**4 - a * 3, (a**2 + b**2 - 1) ** 2, a**2 + 3 * a * b + 4 * b**2], ids=str)
def test_losses_whose_third_term_is_a_gradient(loss):
    """Separable, radial and quadratic losses: the potential exists, and its gradient is the field."""
    field = modified_field("gradient_descent", loss, (a, b), 3, h)
    potential = field.loss(3)
    for s, component in zip((a, b), field.expression(), strict=True):
        assert sympy.expand(sympy.diff(potential, s) + component) == 0


def test_momentum():
    for name, weight in (("heavy_ball", 1 + beta), ("nesterov", 1 - beta + 2 * beta**2)):
        field = modified_field(name, LOSS, (a, b), 2, h, momentum=beta)
        assert zero(field.loss(2) - LOSS / (1 - beta) - h * weight / (4 * (1 - beta) ** 3) * SQUARE)


@pytest.mark.parametrize("decay", [R(3, 10), sympy.Symbol("d")])
def test_weight_decay(decay):
    field = modified_field("gradient_descent", LOSS, (a, b), 2, h, weight_decay=decay)
    square = sum((sympy.diff(LOSS, s) + decay * s) ** 2 for s in (a, b))
    assert zero(field.loss(2) - LOSS - decay * (a**2 + b**2) / 2 - h / 4 * square)


def test_sharpness_aware():
    c = R(3, 2)
    unnormalized = modified_field("usam", LOSS, (a, b), 2, h, radius=c * h)
    assert zero(unnormalized.loss(2) - LOSS - h * (c / 2 + R(1, 4)) * SQUARE)
    normalized = modified_field("sam", LOSS, (a, b), 2, h, radius=c * h)
    assert zero(normalized.loss(2) - LOSS - h * (c * sympy.sqrt(sympy.expand(SQUARE)) + SQUARE / 4))


def test_a_negative_radius_cancels_the_first_correction():
    field = modified_field("usam", LOSS, (a, b), 2, h, radius=-h / 2)
    assert field.terms[1] == (0, 0)
    assert sympy.expand(field.loss(2) - LOSS) == 0


def test_gradient_regularization_has_the_loss_that_it_is_named_after():
    field = modified_field("gradient_regularized", LOSS, (a, b), 1, h, strength=R(1, 5))
    assert zero(field.loss() - LOSS - SQUARE / 10)


def test_random_reshuffling():
    losses = [LOSS, (a - 2 * b + 1) ** 2 / 2, (a**2 - b) ** 2 / 2]
    field = modified_field("random_reshuffling", losses, (a, b), 2, h)
    squares = sum(sympy.diff(e, s) ** 2 for e in losses for s in (a, b))
    assert sympy.expand(field.loss(2) - sum(losses) / 3 - h / 12 * squares) == 0


@pytest.mark.parametrize(("name", "sign"), [("simultaneous", 1), ("alternating", -1)])
def test_games(name, sign):
    F, G = a * b - a**3, b - a - a * b**2
    alpha, rate = sympy.symbols("alpha lambda")
    field = modified_field(name, (F, G), (a, b), 2, h, rates=(alpha, rate))
    d = sympy.diff
    assert sympy.expand(field.terms[1][0] + alpha * (alpha * d(F, a) * F + rate * d(F, b) * G) / 2) == 0
    assert sympy.expand(field.terms[1][1] + rate * (sign * alpha * d(G, a) * F + rate * d(G, b) * G) / 2) == 0
    with pytest.raises(NotAGradient, match="term 0"):
        field.loss(1)


def test_adam_is_no_gradient_flow_and_has_cattaneos_correction():
    b1, b2, epsilon = R(1, 2), R(3, 5), R(1, 4)
    field = modified_field("adam", LOSS, (a, b), 2, h, beta1=b1, beta2=b2, epsilon=epsilon)
    with pytest.raises(NotAGradient, match="term 0"):
        field.loss(1)
    roots = [sympy.sqrt(sympy.diff(LOSS, s) ** 2 + epsilon) for s in (a, b)]
    slow, fast = (1 + b1) / (1 - b1), (1 + b2) / (1 - b2)
    point = {a: R(7, 5), b: R(3, 10)}
    for j, s in enumerate((a, b)):
        bracket = slow - fast + fast * epsilon / roots[j] ** 2
        expected = -bracket / (2 * roots[j]) * sympy.diff(sum(roots), s)
        assert abs(sympy.N((field.terms[1][j] - expected).subs(point), 40)) < 1e-35


def test_cattaneos_correction_with_symbolic_decay_rates():
    b1, b2, epsilon = sympy.symbols("beta1 beta2 epsilon")
    given = {"beta1": b1, "beta2": b2, "epsilon": epsilon}
    field = modified_field("adam", LOSS, (a, b), 2, h, **given)
    space = field.problem.space
    expected = [space.element(e) for e in CLOSED_FORMS["adam"].build((LOSS,), (a, b), given)]
    assert all(space.vanishes(f - e) for f, e in zip(field.flow.fields[1], expected, strict=True))
    assert not any(space.vanishes(f + e) for f, e in zip(field.flow.fields[1], expected, strict=True))


def test_curl_weights_with_momentum():
    """Heavy ball's curl is that of gradient descent over (1 - beta)^3: one division for each factor of the step."""
    curl = modified_field("heavy_ball", LOSS, (a, b), 3, h, momentum=beta).curl(2)[0, 1]
    plain = modified_field("gradient_descent", LOSS, (a, b), 3, h).curl(2)[0, 1]
    assert zero(curl - plain / (1 - beta) ** 3)
    assert "1/(6*(beta - 1)**3)" in str(lecture("heavy_ball", 3))


def test_a_finite_difference_without_curl():
    """F-GR's curl is (c e - 1/6) [H, D_g H] for strength c h and ascent step e h: at c e = 1/6 a third term exists."""
    given = {"strength": h / 2, "ascent_step": h / 3}
    field = modified_field("gradient_regularized", LOSS, (a, b), 3, h, **given)
    potential = field.loss(3)
    for s, component in zip((a, b), field.expression(), strict=True):
        assert sympy.expand(sympy.diff(potential, s) + component) == 0
    backward = modified_field("gradient_regularized", LOSS, (a, b), 3, h, strength=h / 2, ascent_step=-h / 3)
    plain = modified_field("gradient_descent", LOSS, (a, b), 3, h)
    assert sympy.expand(backward.curl(2)[0, 1] - 2 * plain.curl(2)[0, 1]) == 0


def test_orders_are_checked():
    field = modified_field("gradient_descent", LOSS, (a, b), 2, h)
    with pytest.raises(ValueError, match="order must be from 1 to 2"):
        field.loss(3)
    with pytest.raises(ValueError, match="from 0 to 1"):
        field.curl(2)
