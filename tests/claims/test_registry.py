"""The registry: what is read from the text is what importing gives, and every claim is well formed."""

import importlib
import inspect

import pytest

from solvable.claims import registry
from solvable.claims.errors import UsageError
from solvable.claims.loading import claims_in, load_file
from solvable.claims.registry import all_claims, read_claims, select_claims

PAPERS = sorted({claim.module for claim in all_claims()})
EVERY = [pytest.param(claim, id=claim.id) for claim in all_claims()]


@pytest.mark.parametrize("module", PAPERS)
def test_reading_equals_importing(module):
    imported = sorted(claims_in(importlib.import_module(module)), key=lambda claim: claim.line)
    assert imported == [claim for claim in all_claims() if claim.module == module]


@pytest.mark.parametrize("claim", EVERY)
def test_a_claim_of_the_package_has_a_rival_and_drawable_mathematics(claim):
    from matplotlib.mathtext import MathTextParser

    assert claim.rivals
    for text in (claim.statement, claim.title, claim.convention, claim.errata):
        if text:
            assert text.count("$") % 2 == 0
            MathTextParser("path").parse(text)


def test_ids_are_unique():
    ids = [claim.id for claim in all_claims()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("claim", EVERY)
def test_every_source_is_in_the_bibliography(claim):
    from solvable.claims.citations import entries, keys_of

    assert keys_of(claim, entries())


AWKWARD = '''\
"""A file with everything that makes reading harder."""
import solvable
from solvable.claims import claim

LAMBDA = 3


@claim(
    "me2026-long",
    statement=r"$a$ and "
    r"$b$",
    source="arXiv:2002.09277",
    hypotheses=("one", "two",),
    rivals=["r"],
    errata="""The source says
def nothing(of, the):
kind, in a line that looks like code.""",
)
# A comment in between.
def long(lab):
    """@claim("me2026-not", statement="a string", source="x")"""


@solvable.claims.claim("me2026-dotted", statement="$b$", source="me", tier="slow")
def dotted(lab): ...


@claim(id="me2026-keyword", statement="$c$", source="me")
def keyword(lab):
    lab.identity(LAMBDA, LAMBDA)
'''


def test_reading_an_awkward_file_equals_importing_it(tmp_path):
    file = tmp_path / "awkward.py"
    file.write_text(AWKWARD)
    read = read_claims(file)
    assert [claim.id for claim in read] == ["me2026-long", "me2026-dotted", "me2026-keyword"]
    for one, other in zip(read, claims_in(load_file(file)), strict=True):
        for field in ("id", "statement", "source", "rivals", "hypotheses", "tier", "errata", "name", "line"):
            assert getattr(one, field) == getattr(other, field)
        assert one.file == other.file


@pytest.mark.parametrize(
    "call",
    [
        'claim("me2026-x", statement=STATEMENT, source="me")',
        'claim("me2026-x", statement="a" + str(1), source="me")',
        'claim("me2026-x", **METADATA)',
        'claim("me2026-x", "positional", source="me")',
        'claim("me2026-x", statement="$x$", source="me", colour="red")',
    ],
)
def test_metadata_that_are_not_literals_are_refused_with_their_place(tmp_path, call):
    file = tmp_path / "computed.py"
    file.write_text(f"\n\n@{call}\ndef f(lab):\n    pass\n")
    with pytest.raises(ValueError, match=r"computed\.py:3: a claim is declared with literals"):
        read_claims(file)


@pytest.fixture
def small_registry(tmp_path, monkeypatch):
    source = "from solvable.claims import claim\n\n"
    for claim_id, tier in (("abc2020-one", "fast"), ("abc2020-two", "slow"), ("xyz2021-one", "slow")):
        source += f'@claim("{claim_id}", statement="$x$", source="me", tier="{tier}")\n'
        source += f"def {claim_id.replace('-', '_')}(lab): ...\n\n"
    (tmp_path / "some.py").write_text(source)
    (tmp_path / "_private.py").write_text("raise SystemExit")
    monkeypatch.setattr(registry, "PAPERS", tmp_path)


@pytest.mark.usefixtures("small_registry")
@pytest.mark.parametrize(
    ("patterns", "tier", "expected"),
    [
        (None, "fast", ["abc2020-one"]),
        (None, "slow", ["abc2020-two", "xyz2021-one"]),
        (None, "all", ["abc2020-one", "abc2020-two", "xyz2021-one"]),
        (["abc2020"], "fast", ["abc2020-one"]),
        (["abc2020"], "all", ["abc2020-one", "abc2020-two"]),
        (["abc2020-two"], "fast", ["abc2020-two"]),
        (["*-one"], "all", ["abc2020-one", "xyz2021-one"]),
        (["xyz2021-one", "abc2020-one", "abc2020-one"], "fast", ["abc2020-one", "xyz2021-one"]),
        ([], "fast", []),
    ],
)
def test_selection(patterns, tier, expected):
    assert [claim.id for claim in select_claims(patterns, tier=tier)] == expected


@pytest.mark.usefixtures("small_registry")
@pytest.mark.parametrize(
    ("patterns", "tier", "message"),
    [
        (["abc2020-on"], "fast", "did you mean abc2020-one"),
        (["qqq"], "fast", "solvable list shows all"),
        (["xyz2021"], "fast", "only claims of the tier 'slow'"),
        (None, "medium", "tier must be one of"),
    ],
)
def test_selection_of_nothing_is_refused(patterns, tier, message):
    with pytest.raises(UsageError, match=message):
        select_claims(patterns, tier=tier)


def test_loading_a_claim_of_the_registry_on_demand():
    for claim in all_claims()[:1]:
        assert claim.function is None or inspect.isfunction(claim.function)
        assert claim.load() is claim.function
