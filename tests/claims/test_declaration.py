"""Declaring a claim, and what the laboratory makes of a claim that does not do what it declares."""

import pytest

from solvable.claims import Claim, Verdict, claim, verify


def declare(function, **metadata):
    options = {"statement": "$x$", "source": "me", **metadata}
    return claim("me2026-test", **options)(function)


def run(function, **metadata):
    return verify(declare(function, **metadata))[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Me2026-x"}, "id must look like"),
        ({"id": "me2026"}, "id must look like"),
        ({"id": "me2026-x_y"}, "id must look like"),
        ({"id": 3}, "id must look like"),
        ({"statement": " "}, "statement of claim"),
        ({"source": None}, "source of claim"),
        ({"title": 1}, "title of claim"),
        ({"rivals": "plain l1"}, "must be a tuple of names"),
        ({"rivals": ("a", "a")}, "repeated name"),
        ({"rivals": ("",)}, "non-empty strings"),
        ({"hypotheses": 3}, "must be a tuple of names"),
        ({"tier": "medium"}, "must be one of fast, slow"),
    ],
)
def test_bad_metadata_is_refused(change, message):
    metadata = {"id": "me2026-x", "statement": "$x$", "source": "me", **change}
    with pytest.raises(ValueError, match=message):
        claim(metadata.pop("id"), **metadata)(lambda lab: None)


def test_a_claim_knows_itself():
    made = declare(lambda lab: None, source="arXiv:2002.09277", rivals=["a", "b"])
    assert isinstance(made, Claim)
    assert made.arxiv == "2002.09277"
    assert made.rivals == ("a", "b")
    assert made.file == __file__
    assert "a, b" in made._repr_markdown_()


def test_verified_needs_evidence_and_rejected_rivals():
    assert run(lambda lab: lab.identity(1, 1)).verdict is Verdict.VERIFIED
    assert run(lambda lab: lab.identity(1, 1, rivals={"r": 2}), rivals=("r",)).verdict is Verdict.VERIFIED
    blind = run(lambda lab: lab.identity(1, 1, rivals={"r": 1 + 1e-10}), rivals=("r",))
    assert blind.verdict is Verdict.INCONCLUSIVE


def test_one_piece_of_evidence_is_enough_to_reject_a_rival():
    def both(lab):
        lab.identity(1.0, 1.0, rivals={"r": 1.0})
        lab.identity(2.0, 2.0, rivals={"r": 1.0})

    assert run(both, rivals=("r",)).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("function", "metadata", "message"),
    [
        (lambda lab: None, {}, "recorded no evidence"),
        (lambda lab: lab.identity(1, 1), {"rivals": ("r",)}, "rival 'r' was never used"),
        (lambda lab: lab.identity(1, 1), {"hypotheses": ("h",)}, "hypothesis 'h' was never used"),
        (lambda lab: lab.identity(1, 1, rivals={"r": 2}), {}, "rival 'r' is not declared"),
        (lambda lab: lab.require("h", True), {}, "hypothesis 'h' is not declared"),
        (lambda lab: 1 / 0, {}, "ZeroDivisionError: division by zero"),
        (lambda lab: lab.identity(1, float("nan")), {}, "predicted must be finite"),
        (lambda lab: lab.instance(lambda rng: 3), {}, "must return a dict of named arrays"),
    ],
)
def test_errors_say_what_is_wrong_in_one_line(function, metadata, message):
    result = run(function, **metadata)
    assert result.verdict is Verdict.ERROR
    assert message in result.worst.message
    assert "\n" not in result.worst.message
    assert "Traceback" in result.worst.traceback


def test_a_failed_hypothesis_ends_the_claim():
    seen = []

    def conditional(lab):
        lab.require("holds", True)
        lab.require("fails", False)
        seen.append("after")

    result = run(conditional, hypotheses=("holds", "fails"), rivals=("never used",))
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.worst.hypotheses == {"holds": True, "fails": False}
    assert not seen


def test_a_refutation_outlives_a_failed_hypothesis_and_an_exception():
    def refuted_then_excluded(lab):
        lab.identity(1.0, 2.0)
        lab.require("fails", False)

    def refuted_then_broken(lab):
        lab.identity(1.0, 2.0)
        raise RuntimeError("later")

    assert run(refuted_then_excluded, hypotheses=("fails",)).verdict is Verdict.REFUTED
    assert run(refuted_then_broken).verdict is Verdict.REFUTED


def test_swallowing_the_end_of_a_claim_does_not_verify_it():
    def stubborn(lab):
        try:
            lab.require("fails", False)
        except Exception:
            lab.identity(1.0, 1.0)

    assert run(stubborn, hypotheses=("fails",)).verdict is Verdict.NOT_APPLICABLE


def test_notes_and_seed_are_kept():
    result = verify(declare(lambda lab: (lab.note("seen"), lab.identity(lab.seed, 5.0))), seed=5)[0]
    assert result.verdict is Verdict.VERIFIED
    assert result.worst.notes == ("seen",)
