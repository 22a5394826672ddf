"""The claims about modified equations see a wrong constant in their predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy

from derivations.lie import SlowFlow
from solvable import Alternating, ScalarFactorization, Simultaneous, dynamics
from solvable.claims import Verdict
from solvable.claims.papers import solvable2026_optimizers
from solvable.claims.papers._modified import scaled_term
from solvable.claims.papers._random_steps import random_cases


def doubled_term(k):
    """`modified_field` with its term k doubled, where it has one."""

    def mutate(original):
        def wrong(*args, **given):
            field = original(*args, **given)
            return scaled_term(field, k, 2) if k < field.order else field

        return wrong

    return mutate


def doubled_field(original):
    """`modified_field` with all terms doubled: the defect cannot see it."""

    def wrong(*args, **given):
        field = original(*args, **given)
        fields = tuple(tuple(2 * e for e in term) for term in field.flow.fields)
        return replace(field, flow=SlowFlow(fields, field.flow.memory, field.flow.response))

    return wrong


def doubled_tree(position):
    """`bseries` with one coefficient doubled."""

    def mutate(original):
        def wrong(*args, **given):
            found = original(*args, **given)
            tree = list(found)[position]
            return found | {tree: 2 * found[tree]}

        return wrong

    return mutate


def doubled_shift(original):
    """`modified_field` whose shift of the start is doubled."""

    class Wrong:
        def __init__(self, field):
            self._field = field

        def __getattr__(self, name):
            return getattr(self._field, name)

        def start_shift(self):
            return tuple(2 * entry for entry in self._field.start_shift())

    return lambda name, loss, *rest, **given: (
        Wrong(original(name, loss, *rest, **given))
        if given.get("momentum", 0) == sympy.Symbol("beta")
        else original(name, loss, *rest, **given)
    )


def doubled_step(original):
    return lambda step, start, gradient, h, *rest, **given: original(step, start, gradient, 2 * h, *rest, **given)


MUTATIONS = [
    ("solvable2026_euler", "modified_field", doubled_term(1), "solvable2026-euler-series"),
    ("solvable2026_euler", "modified_field", doubled_term(2), "solvable2026-euler-series"),
    ("solvable2026_euler", "modified_field", doubled_field, "solvable2026-euler-series"),
    ("solvable2026_euler", "_commutator", "doubled", "solvable2026-descent-curl"),
    ("solvable2026_euler", "_flux", "doubled", "solvable2026-descent-curl"),
    ("barrett2021", "modified_field", doubled_term(1), "barrett2021-modified-loss"),
    ("ghosh2023", "modified_field", doubled_term(1), "ghosh2023-heavy-ball"),
    ("ghosh2023", "modified_field", doubled_field, "ghosh2023-heavy-ball"),
    ("ghosh2023", "modified_field", doubled_shift, "ghosh2023-heavy-ball"),
    ("ghosh2023", "bseries", doubled_tree(1), "ghosh2023-heavy-ball"),
    ("solvable2026_momentum", "modified_field", doubled_term(2), "solvable2026-nesterov"),
    ("solvable2026_momentum", "bseries", doubled_tree(1), "solvable2026-nesterov"),
    (
        "cattaneo2023",
        "_memories",
        lambda f: lambda hyper: tuple(2 * weight for weight in f(hyper)),
        "cattaneo2023-adam",
    ),
    ("cattaneo2023", "modified_field", doubled_term(2), "cattaneo2023-adam"),
    ("smith2021", "modified_field", doubled_term(1), "smith2021-shuffling"),
    ("smith2021", "modified_field", doubled_term(2), "smith2021-shuffling"),
    ("solvable2026_optimizers", "run_exact", doubled_step, "solvable2026-two-steps"),
]


def test_every_optimizer_is_written_twice():
    model = ScalarFactorization(1.5, depth=3)
    cases = solvable2026_optimizers._cases(model, np.ones(3), 0.1) + random_cases(model, 0.1, 0)
    compared = {type(case.compiled) for case in cases} | {Simultaneous, Alternating}
    kinds = [getattr(dynamics, name) for name in dynamics.__all__]
    assert compared == {kind for kind in kinds if isinstance(kind, type) and getattr(kind, "clock", None) == "steps"}


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)
