"""What the tests of the papers share: a claim with a wrong constant must come out refuted.

A test module lists its ``MUTATIONS``: the module of the paper, the name in it that is replaced (dotted for a method),
the mutator (``right -> wrong``; "doubled" and "halved" are here) and the claim that must see it.
"""

import importlib
import operator

import pytest

import solvable
from solvable.claims.errors import NotApplicable
from solvable.claims.lab import Lab
from solvable.claims.verdicts import Agreement

MUTATORS = {
    "doubled": lambda original: lambda *args, **given: 2 * original(*args, **given),
    "halved": lambda original: lambda *args, **given: original(*args, **given) / 2,
}


def label(mutation):
    """The claim, what is replaced, and how."""
    ((_, name, mutate, claim_id),) = getattr(mutation, "values", (mutation,))
    return f"{claim_id}-{name}-{mutate if isinstance(mutate, str) else mutate.__name__}"


def pytest_generate_tests(metafunc):
    if "mutated" in metafunc.fixturenames:
        mutations = metafunc.module.MUTATIONS
        metafunc.parametrize("mutated", mutations, ids=[label(m) for m in mutations], indirect=True)


_record = Lab._record


def _record_and_stop(lab, rivals, evidence):
    _record(lab, rivals, evidence)
    if evidence.agreement is Agreement.OUTSIDE:
        raise NotApplicable("refuted already")
    return evidence


@pytest.fixture
def mutated(request, monkeypatch):
    """The result of a claim one of whose parts is wrong, run to the first contradiction: nothing later can undo it."""
    paper, name, mutate, claim_id = request.param
    module = importlib.import_module(f"solvable.claims.papers.{paper}")
    wrong = MUTATORS.get(mutate, mutate)(operator.attrgetter(name)(module))
    monkeypatch.setattr(f"{module.__name__}.{name}", wrong)
    monkeypatch.setattr(Lab, "_record", _record_and_stop)
    return solvable.verify(claim_id)[claim_id]
