"""The report as JUnit XML, which continuous-integration services draw."""

from __future__ import annotations

from xml.etree import ElementTree

from ..results import Report
from ..verdicts import Verdict

_ELEMENTS = {
    Verdict.REFUTED: "failure",
    Verdict.INCONCLUSIVE: "failure",
    Verdict.ERROR: "error",
    Verdict.NOT_APPLICABLE: "skipped",
}


def to_junit(report: Report) -> str:
    """One test case a claim: refuted and inconclusive are failures, not applicable is skipped."""
    counts = report.counts
    suite = ElementTree.Element(
        "testsuite",
        name="solvable",
        tests=str(len(report)),
        failures=str(counts.get(Verdict.REFUTED, 0) + counts.get(Verdict.INCONCLUSIVE, 0)),
        errors=str(counts.get(Verdict.ERROR, 0)),
        skipped=str(counts.get(Verdict.NOT_APPLICABLE, 0)),
        time=f"{report.seconds:.3f}",
    )
    for result in report:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"solvable.{result.claim.paper}",
            name=_printable(result.id),
            time=f"{result.seconds:.3f}",
        )
        element = _ELEMENTS.get(result.verdict)
        if element:
            message = result.worst.message or result.verdict.value
            child = ElementTree.SubElement(case, element, message=_printable(message), type=result.verdict.value)
            child.text = _printable(str(result))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    # XML 1.0 has no control characters, not even escaped.
    return "".join(character if character.isprintable() or character in "\n\t" else "?" for character in text)
