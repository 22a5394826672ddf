"""What the source tells of a claim, against what it draws and says when it runs."""

import numpy as np
import pytest

from solvable.claims.loading import claims_in, load_file
from solvable.claims.registry import all_claims, find_claim, read_claims
from solvable.claims.source import notes, problem

USER = '''\
"""My lecture.

    x' = f
"""
import numpy as np
from solvable import claim


def inner(rng, k):
    return {"z": rng.uniform(0.0, 1.0, (k, 2))}


def rivals(x):
    return {"not an entry": x}


def make(rng, n=3, d=5):
    """Gaussian data.

    More about them.
    """
    y = rng.standard_normal(n)
    rivals(y)
    return {"X": rng.standard_normal((n, d)), "y": y, "t": np.array(1.0)} | inner(rng, 4)


def helper(lab):
    return lab.instance(make)


@claim("me2026-a", statement="$x$", source="me")
def first(lab):
    helper(lab)


@claim("me2026-b", statement="$x$", source="me")
def second(lab):
    lab.identity(1, 1)
'''


class Drawn(Exception):
    pass


class Drawing:
    """A lab that stops at the first problem and keeps it."""

    seed = 0

    def instance(self, make):
        self.entries = make(np.random.default_rng(0))
        raise Drawn


def entries_drawn(claim):
    lab = Drawing()
    with pytest.raises(Drawn):
        claim(lab)
    return lab.entries


@pytest.fixture
def user(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(USER)
    return read_claims(file), claims_in(load_file(file))


def test_the_problem_is_the_one_that_is_drawn(user):
    read, imported = user
    found, drawn = problem(read[0]), entries_drawn(imported[0])
    assert set(found.entries) == set(drawn)
    sizes = {name: int(value) for name, value in found.sizes.items()}
    assert sizes == {"n": 3, "d": 5}
    assert found.description == "Gaussian data."
    assert eval(found.entries["X"], sizes) == drawn["X"].shape
    assert eval(found.entries["y"], sizes) == drawn["y"].shape
    assert found.entries["t"] == ""
    assert str(found).endswith("; drawn with n = 3, d = 5; Gaussian data.")


def test_a_claim_that_draws_nothing_has_no_problem(user):
    assert problem(user[0][1]) is None


def test_the_notes_are_the_docstring_of_the_file(user):
    assert notes(user[0][0]) == "My lecture.\n\n    x' = f"


@pytest.mark.parametrize("claim_id", ["woodworth2020-hypentropy", "karakida2023-sparsity", "li2020-not-monotone"])
def test_claims_of_the_package(claim_id):
    claim = find_claim(claim_id)
    assert set(problem(claim).entries) == set(entries_drawn(claim))
    assert notes(claim)


def test_most_claims_tell_their_problem():
    assert sum(problem(claim) is not None for claim in all_claims()) > 0.8 * len(all_claims())
