"""The pages are those that the claims and figures make now, and figures name claims that exist."""

from pathlib import Path

import pytest

import figures
from figures.findings import findings_text
from figures.making import gallery_text
from solvable.claims.registry import all_claims, find_claim

HERE = Path(figures.__file__).parent


def test_the_committed_findings_are_those_of_the_claims():
    assert (HERE / "FINDINGS.md").read_text(encoding="utf-8") == findings_text("gallery")


def test_the_committed_page_of_figures_is_that_of_the_modules():
    assert (HERE / "README.md").read_text(encoding="utf-8") == gallery_text("gallery")


def test_every_erratum_is_on_the_page():
    page = findings_text("gallery")
    for claim in all_claims():
        assert ((claim.errata or "no erratum") in page) == bool(claim.errata)
        assert (f"`solvable verify {claim.id}`" in page) == bool(claim.errata)


@pytest.mark.parametrize("name", figures.NAMES)
def test_a_figure_names_its_claims(name):
    claims = figures.claims_of(name)
    assert claims
    assert claims == figures.module_of(name).CLAIMS
    for claim_id in claims:
        assert find_claim(claim_id).id == claim_id
        assert name in figures.figures_of(claim_id)


def test_every_link_of_the_contents_has_its_heading():
    lines = findings_text("gallery").splitlines()
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    linked = [line[3 : line.index("](#")] for line in lines if line.startswith("- [")]
    assert linked == headings
    anchors = [line[line.index("](#") + 3 : -1] for line in lines if line.startswith("- [")]
    assert len(set(anchors)) == len(anchors)
