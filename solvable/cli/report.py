"""``solvable report``: verify, and write one HTML page with every claim, its evidence and its figures."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import add_run_options, check_run_options, intermix

if TYPE_CHECKING:
    from ..claims.report.claim_section import Picture
    from ..claims.results import Report

NAME = "report.html"
_EXAMPLES = """\
examples:
  solvable report                                 every fast claim
  solvable report 'li2022*' woodworth2020 --out notes
  solvable verify --json > run.json; solvable report --from run.json
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "report",
        help="write one HTML page about claims",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="as for verify (default: all)")
    parser.add_argument("--out", default=".", metavar="DIR", help="where the page goes (default: here)")
    parser.add_argument("--from", dest="results", metavar="FILE", help="show what verify --json printed, run nothing")
    parser.add_argument("--no-figures", action="store_true", help="leave the figures out")
    add_run_options(parser)
    intermix(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Write the page and print where it is."""
    from ..claims.errors import UsageError

    check_run_options(args)
    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out must be a folder, {out} is a file")
    report = _results(args)
    from ..claims.report.page import to_page

    pictures = [] if args.no_figures or not len(report) else embedded(report, out, quiet=args.quiet)
    page = to_page(report, pictures)
    out.mkdir(parents=True, exist_ok=True)
    (out / NAME).write_text(page, encoding="utf-8")
    _say(f"{len(report)} claims, {len(pictures)} figures, {len(page) / 1e6:.1f} MB", quiet=args.quiet)
    print(out / NAME)
    return report.exit_code


def embedded(report: Report, out: Path, *, quiet: bool = False) -> list[Picture]:
    """The figures that belong to the claims of `report`: those of the gallery, or made in ``out/figures`` and kept."""
    import time

    from ..claims.report.claim_section import Picture
    from .siblings import sibling

    figures = sibling("figures")
    embedding, making = import_module("figures.embedding"), import_module("figures.making")
    shown = {result.id for result in report}
    found = []
    for name in figures.NAMES:
        claims = figures.claims_of(name)
        if not shown & set(claims):
            continue
        file = embedding.find(name, out / "figures")
        if file is None:
            began = time.perf_counter()
            file = making.make(name, out / "figures")[0]
            _say(f"figure {name} made in {time.perf_counter() - began:.1f} s, kept in {out / 'figures'}", quiet=quiet)
        module = figures.module_of(name)
        found.append(Picture(name, module.TITLE, module.CAPTION, claims, embedding.data_address(file)))
    return found


def _say(line: str, *, quiet: bool) -> None:
    if not quiet:
        print(f"solvable: {line}", file=sys.stderr, flush=True)


def _results(args: argparse.Namespace) -> Report:
    if args.results is None:
        from .targets import resolve
        from .verify import carry_out

        return carry_out(args, *resolve(args.claims, tier=args.tier))
    from ..claims.registry import select_claims
    from ..claims.report.reading import read_report
    from ..claims.results import Report

    report = read_report(args.results)
    if not args.claims:
        return report
    wanted = {claim.id for claim in select_claims(args.claims, tier="all")}
    chosen = tuple(result for result in report if result.id in wanted)
    return Report(chosen, sum(result.seconds for result in chosen))
