"""The page: one file that loads nothing, where every claim can be found, read and run again."""

import base64
import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from figures import embedding
from solvable.claims import claim
from solvable.claims.errors import UsageError
from solvable.claims.evidence import Evidence, Outcome, Rival
from solvable.claims.registry import find_claim
from solvable.claims.report.claim_section import FEW, Picture
from solvable.claims.report.mathematics import WIDEST, Typesetter, cuts
from solvable.claims.report.page import to_page
from solvable.claims.report.reading import read_report
from solvable.claims.results import Report, Result
from solvable.claims.verdicts import Agreement, Verdict
from solvable.cli import main

IDS = ("blanc2019-relu-turning", "woodworth2020-hypentropy", "woodworth2020-depth")
VERDICTS = (Verdict.VERIFIED, Verdict.VERIFIED, Verdict.REFUTED)
PIXEL = "data:image/png;base64," + base64.b64encode(b"pixel").decode()


def outcome(claim, verdict, pieces=1):
    rivals = tuple(Rival.at(name, 1234.5) for name in claim.rivals[1:]) + (Rival.at(claim.rivals[0], float("inf")),)
    inside = Agreement.OUTSIDE if verdict is Verdict.REFUTED else Agreement.INSIDE
    numbers = {"measured": 0.1234567, "predicted": 0.7654321}
    evidence = [
        Evidence("identity", inside, 1e-12, 10.0**-k, 1 - k / 100, rivals, numbers, "rounding & such")
        for k in range(pieces)
    ]
    names = dict.fromkeys(claim.hypotheses, True)
    return Outcome(verdict, 0, 0, tuple(evidence), names, ("seen on the way",), "a message", seconds=0.5)


@pytest.fixture(scope="module")
def report():
    claims = [find_claim(claim_id) for claim_id in IDS]
    results = [
        Result(found, (outcome(found, verdict, 1 + k * FEW),), found.id)
        for k, (found, verdict) in enumerate(zip(claims, VERDICTS, strict=True))
    ]
    return Report(tuple(results), 1.5)


@pytest.fixture(scope="module")
def pictures():
    return [
        Picture("first", "Its title", "Its caption.", ("nobody2026-x", *IDS[1:]), PIXEL),
        Picture("second", "Another", "Theory.", (IDS[0],), PIXEL),
    ]


class Page(HTMLParser):
    """Ids, addresses, scripts, and the words of each article."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.addresses, self.tags, self.labels = [], [], [], []
        self.words, self.classes, self._inside = {}, {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.addresses += [(name, found[name]) for name in ("href", "src", "data", "xlink:href") if name in found]
        self.labels += [found["aria-label"]] if found.get("class") == "math" else []
        if tag == "article":
            self._inside = found["id"]
            self.words[self._inside], self.classes[self._inside] = "", found["class"].split()

    def handle_endtag(self, tag):
        if tag == "article":
            self._inside = None

    def handle_data(self, data):
        if self._inside:
            self.words[self._inside] += data


@pytest.fixture(scope="module")
def text(report, pictures):
    return to_page(report, pictures)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_nothing_is_loaded_and_every_link_lands(text, page):
    assert len(set(page.ids)) == len(page.ids)
    for name, address in page.addresses:
        assert address.startswith("#" if name == "href" else "data:image/png;base64,")
        assert name != "href" or address[1:] in page.ids
    assert {"script", "link", "iframe", "object"}.isdisjoint(page.tags)
    assert not re.search(r"https?:|url\(|@import", text)


def test_each_claim_is_there_with_its_evidence(report, page):
    assert list(page.words) == list(IDS)
    for result in report:
        words = page.words[result.id]
        assert "0.123457" in words
        assert "0.765432" in words
        assert "rounding & such" in words
        assert "seen on the way" in words
        assert f"solvable verify {result.id}" in words
        for name in (*result.claim.hypotheses, *result.claim.rivals):
            assert name in words
        assert result.claim.source in words
    assert page.words[IDS[0]].count("0.123457") == 1
    assert page.words[IDS[1]].count("0.123457") == 1 + 1 + FEW


def test_statements_are_drawn_and_keep_their_words_and_their_source(page):
    for claim_id in IDS:
        statement = find_claim(claim_id).statement
        assert set(re.findall(r"\$(.*?)\$", " ".join(statement.split()))) <= set(page.labels)
    assert "between neighboring knots of signs" in page.words[IDS[0]]
    assert "code" not in page.words[IDS[0]].split("Source")[0]


def test_papers_are_cited_and_their_notes_told(text):
    assert "Blake Woodworth, Suriya Gunasekar" in text
    assert text.count('class="reference"') == 2
    assert "every flow conserves" in text


def test_findings_are_the_errata(text, page):
    start = text.index('id="findings"')
    listed = Page(text[start : text.index('id="blanc2019"', start)])
    assert ("href", f"#{IDS[0]}") in listed.addresses
    assert ("href", f"#{IDS[1]}") not in listed.addresses
    assert ("href", "#figure-second") in listed.addresses


def test_a_figure_is_embedded_once_and_linked_from_the_others(text, page):
    assert text.count(PIXEL) == 2
    assert text.index(f'id="{IDS[1]}"') < text.index('id="figure-first"') < text.index(f'id="{IDS[2]}"')
    assert text.index('href="#figure-first"') > text.index(f'id="{IDS[2]}"')


def test_verdicts_can_be_chosen(text, page):
    for claim_id, verdict in zip(IDS, VERDICTS, strict=True):
        assert verdict.value.lower() in page.classes[claim_id]
    assert {"show-all", "show-verified", "show-refuted"} <= set(page.ids)
    assert "show-error" not in page.ids
    for name in ("verified", "refuted"):
        assert f"body:has(#show-{name}:checked) .may:not(.{name}){{display:none}}" in text
    assert all("may" in classes for classes in page.classes.values())
    assert 'class="may verified refuted" id="woodworth2020"' in text


def test_formulas_are_no_wider_than_a_phone():
    typeset = Typesetter()
    drawn = typeset.html(find_claim(IDS[0]).statement + find_claim(IDS[1]).statement)
    widths = [float(width) for width in re.findall(r"width:([\d.]+)em", drawn)]
    assert len(widths) > 8
    assert 0 < max(widths) <= WIDEST
    used = set(re.findall(r'href="#(g\d+)"', drawn))
    assert used == set(re.findall(r'path id="(g\d+)"', typeset.definitions()))


def test_pieces_make_up_the_formula():
    formula = r"a = \left[ b = c \right] + d_{i = 1} = \frac{e = f}{g}"
    pieces = cuts(formula, re.compile("(?==)"))
    assert "".join(pieces) == formula
    assert len(pieces) == 3


def test_what_mathtext_cannot_draw_stays_as_it_was_written():
    assert Typesetter().html(r"so $\nosuchcommand{x}$ & more") == r"so <code>\nosuchcommand{x}</code> &amp; more"


def test_a_claim_of_the_user_without_paper_or_file():
    @claim("me2026-own", statement="<b> & $x$", source="arXiv:9999.99999", title="a < b")
    def own(lab): ...

    ended = Outcome(Verdict.ERROR, 0, 0, message="<oops>")
    text = to_page(Report((Result(dataclasses.replace(own, file=None), (ended,)),), 0.0))
    page = Page(text)
    assert "a < b" in page.words["me2026-own"]
    assert "<oops>" in page.words["me2026-own"]
    assert {address[1:] for _, address in page.addresses} <= set(page.ids)


def test_a_report_is_read_back(report, tmp_path):
    file = tmp_path / "run.json"
    file.write_text(report.to_json())
    again = read_report(file)
    assert again.to_json() == report.to_json()
    assert [result.claim for result in again] == [result.claim for result in report]
    assert again.exit_code == report.exit_code


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"id": "nobody2099-nothing", "instances": [], "data": null}]'])
def test_what_is_no_report_is_a_usage_error(content, tmp_path):
    file = tmp_path / "run.json"
    file.write_text(content)
    with pytest.raises(UsageError, match=r"run.json|nobody2099"):
        read_report(file)


def test_the_command(report, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(embedding, "GALLERY", Path(__file__).parents[2] / "figures" / "gallery")
    results, out = tmp_path / "run.json", tmp_path / "out"
    results.write_text(report.to_json())
    code = main(["report", "--from", str(results), "--out", str(out), "--no-figures"])
    assert (code, capsys.readouterr().out) == (1, f"{out / 'report.html'}\n")
    assert list(Page((out / "report.html").read_text(encoding="utf-8")).words) == list(IDS)
    code = main(["report", "woodworth2020-hypentropy", "--from", str(results), "--out", str(out), "--quiet"])
    assert code == 0
    written = (out / "report.html").read_text(encoding="utf-8")
    assert list(Page(written).words) == [IDS[1]]
    assert written.count("data:image/png;base64,") == 3
    assert [path.name for path in out.iterdir()] == ["report.html"]


@pytest.mark.parametrize("words", [["--out", "{file}"], ["--from", "{absent}"], ["--jobs", "0"], ["nobody2099-x"]])
def test_bad_input_is_one_line(words, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    places = {name: str(tmp_path / name) for name in ("file", "absent")}
    code = main(["report", *[word.format(**places) for word in words]])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_json_of_another_kind(tmp_path):
    file = tmp_path / "run.json"
    file.write_text(json.dumps([{"id": IDS[1]}]))
    with pytest.raises(UsageError, match="verify --json"):
        read_report(file)


def test_what_a_notebook_shows(report):
    refuted = report[2]
    assert IDS[2] in refuted._repr_html_()
    assert "REFUTED" in refuted._repr_html_()
    assert IDS[0] not in refuted._repr_html_()
    assert refuted.claim._repr_latex_() == find_claim(IDS[2]).statement
