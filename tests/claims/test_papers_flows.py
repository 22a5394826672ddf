"""The claims about flows, games and the edge of stability see a wrong constant in their predictions."""

from __future__ import annotations

from solvable.claims import Verdict
from solvable.claims.papers._modified import scaled_term


def doubled_argument(position):
    """The same function with one argument doubled."""

    def mutate(original):
        def wrong(*args, **given):
            changed = [2 * a if k == position else a for k, a in enumerate(args)]
            return original(*changed, **given)

        return wrong

    return mutate


def doubled_third_term(original):
    return lambda *args, **given: scaled_term(original(*args, **given), 2, 2)


def doubled_penalty(original):
    """A field ``-(g + correction)`` with twice the correction; the gradient is the first argument."""

    def wrong(gradient, *rest, **given):
        right = original(gradient, *rest, **given)
        return lambda z: 2 * right(z) + gradient(z)

    return wrong


def doubled_drift(original):
    """A game's field with twice its drift."""

    def wrong(players, jacobian, step_size, rates, first, **given):
        right = original(players, jacobian, step_size, rates, first, **given)
        return lambda z: 2 * right(z) - rates * players(z)

    return wrong


def doubled_entry(position):
    """A function that returns several numbers, with one of them doubled."""

    def mutate(original):
        def wrong(*args, **given):
            found = list(original(*args, **given))
            found[position] = 2 * found[position]
            return tuple(found)

        return wrong

    return mutate


def doubled_method(name, position=None):
    """A class of which one method returns twice what it should, or one entry of it."""

    def mutate(original):
        class Wrong:
            def __init__(self, *args, **given):
                self._right = original(*args, **given)

            def __getattr__(self, asked):
                found = getattr(self._right, asked)
                if asked != name:
                    return found
                return (lambda *args: 2 * found(*args)) if position is None else doubled_entry(position)(found)

        return Wrong

    return mutate


def doubled_radius(original):
    return 2 * original


MUTATIONS = [
    ("compagnoni2023", "ascent_descent_field", doubled_penalty, "compagnoni2023-usam"),
    ("compagnoni2023", "ascent_descent_coefficients", doubled_entry(0), "compagnoni2023-usam"),
    ("compagnoni2023", "normalized_ascent_field", doubled_penalty, "compagnoni2023-sam"),
    ("compagnoni2023", "normalized_ascent_field", doubled_argument(3), "compagnoni2023-sam"),
    ("compagnoni2023", "modified_field", doubled_third_term, "compagnoni2023-sam"),
    ("karakida2023", "ascent_descent_field", doubled_argument(5), "karakida2023-finite-differences"),
    ("karakida2023", "ascent_descent_coefficients", doubled_entry(1), "karakida2023-finite-differences"),
    ("rosca2021", "modified_game_field", doubled_drift, "rosca2021-simultaneous"),
    ("rosca2021", "modified_game_field", doubled_drift, "rosca2021-alternating"),
    ("rosca2021", "modified_field", doubled_third_term, "rosca2021-alternating"),
    ("rosca2022", "quadratic_principal_flow", doubled_argument(1), "rosca2022-quadratic"),
    ("rosca2022", "principal_flow_field", doubled_penalty, "rosca2022-principal-flow"),
    ("damian2022", "burst_period", "doubled", "damian2022-self-stabilization"),
    ("damian2022", "burst_growth", "doubled", "damian2022-self-stabilization"),
    ("cohen2024", "SharpValley", doubled_method("equilibrium", 1), "cohen2024-central-flow"),
    ("cohen2024", "SharpValley", doubled_method("central_flow"), "cohen2024-slow-valley"),
    ("cohen2024", "SharpValley", doubled_method("free_descent", 0), "cohen2024-entry-delay"),
    ("solvable2026_balancedness", "balancedness_loss", "doubled", "solvable2026-balancedness"),
    ("solvable2026_exact_solutions", "scalar_flow", doubled_argument(2), "solvable2026-scalar-flow"),
    ("solvable2026_exact_solutions", "logistic_flow", doubled_argument(1), "solvable2026-logistic"),
    ("solvable2026_truncation", "LOGISTIC_RADIUS", doubled_radius, "solvable2026-truncation"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)
