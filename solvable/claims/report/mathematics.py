r"""Mathematics in a page that loads nothing: formulas as inline SVG, drawn by matplotlib's mathtext.

Words stay words, so that a reader can search and select them; each ``$...$`` becomes drawings as wide as a phone or
less, between which a line may break. A glyph is defined once in the page and used by reference wherever it occurs.
Sizes are in em and the color is that of the text around, so formulas follow the page in the dark and in print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from html import escape
from typing import Any

UNIT = 100.0
"""Drawing units in an em."""
WIDEST = 19.0
"""A formula that is wider is cut before relations, and if need be before sums (em)."""

_SPACES = re.compile(r"(?=\\q?quad\b)")
_RELATIONS = r"\\(?:[lL]eftrightarrow|Rightarrow|approx|propto|equiv|leq|geq|sim|to|in)\b|[=<>]"
_CUTS = (
    re.compile(r"(?<=[,;:])"),
    re.compile(rf"(?={_RELATIONS})"),
    re.compile(r"(?<![_^])(?=[+-])|(?=\\(?:sum|int|mathrm)\b)"),
)


class Typesetter:
    """Turns text with ``$...$`` into HTML, and remembers the glyphs that the page has to define.

    >>> Typesetter().html("words & more")
    'words &amp; more'
    """

    def __init__(self) -> None:
        self._outlines: dict[str, Any] = {}
        self._numbers: dict[str, int] = {}
        self._drawn: dict[str, tuple[str, float]] = {}

    def html(self, text: str) -> str:
        """The text with its formulas drawn; one that mathtext cannot draw stays as it was written."""
        parts = re.split(r"\$([^$]*)\$", " ".join(text.split()))
        return "".join(self._formula(part) if k % 2 else escape(part) for k, part in enumerate(parts))

    def definitions(self) -> str:
        """The outlines of all glyphs drawn so far, to be put once into the page."""
        paths = (
            f'<path id="g{number}" d="{_outline(*self._outlines[name])}"/>' for name, number in self._numbers.items()
        )
        return f'<svg class="glyphs" aria-hidden="true" width="0" height="0"><defs>{"".join(paths)}</defs></svg>'

    def _formula(self, formula: str) -> str:
        try:
            parts = [re.sub(r"^\\q?quad", "", part) for part in cuts(formula, _SPACES)]
            drawn = ["".join(map(self._svg, self._narrow(part))) if part.strip() else "" for part in parts]
        except ValueError:
            return f"<code>{escape(formula)}</code>"
        gaps = "".join(f'<span class="gap">{part}</span> ' for part in drawn[:-1])
        return f'<span class="math" role="img" aria-label="{escape(formula)}">{gaps}{drawn[-1]}</span>'

    def _narrow(self, formula: str, level: int = 0) -> Iterator[str]:
        """`formula` in pieces, each at most `WIDEST` if cuts at its outermost level allow it."""
        if level == len(_CUTS) or self._draw(formula)[1] <= WIDEST:
            yield formula
            return
        line = ""
        for atom in cuts(formula, _CUTS[level]):
            if line and self._draw(line + atom)[1] > WIDEST:
                yield from self._narrow(line, level + 1)
                line = "{}"
            line += atom
        yield from self._narrow(line, level + 1)

    def _svg(self, formula: str) -> str:
        return self._draw(formula)[0]

    def _draw(self, formula: str) -> tuple[str, float]:
        """The drawing and its width in em."""
        if formula not in self._drawn:
            self._drawn[formula] = self._drawing(f"${formula}$")
        return self._drawn[formula]

    def _drawing(self, formula: str) -> tuple[str, float]:
        paths, font = self._tools
        placed, outlines, rules = paths.get_glyphs_mathtext(font, formula)
        self._outlines.update(outlines)
        width, height, depth = paths.mathtext_parser.parse(formula, 72, font)[:3]
        # A little air above and below: mathtext's boxes are those of the outlines, which antialiasing leaves.
        top, bottom = height - depth + 4.0, depth + 4.0
        shapes = [self._use(name, x, y, scale) for name, x, y, scale in placed]
        shapes += [_rule([(float(x), float(y)) for x, y in corners]) for corners, _ in rules]
        size = f"width:{width / UNIT:.3g}em;height:{(top + bottom) / UNIT:.3g}em;vertical-align:{-bottom / UNIT:.3g}em"
        box = f"0 {-top:.0f} {width:.0f} {top + bottom:.0f}"
        return f'<svg viewBox="{box}" style="{size}">{"".join(shapes)}</svg>', width / UNIT

    def _use(self, name: str, x: float, y: float, scale: float) -> str:
        number = self._numbers.setdefault(name, len(self._numbers))
        turn = "" if scale == 1.0 else f" scale({scale:.3g})"
        return f'<use href="#g{number}" transform="translate({x:.4g} {-y:.4g}){turn}"/>'

    @cached_property
    def _tools(self) -> tuple[Any, Any]:
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import TextToPath

        return TextToPath(), FontProperties(family="DejaVu Serif", size=UNIT, math_fontfamily="stix")


def cuts(formula: str, places: re.Pattern[str]) -> list[str]:
    r"""`formula` cut at `places` that lie outside all braces, brackets and ``\left ... \right``.

    >>> cuts("a = b_{i=1} (c = d) = e", re.compile("(?==)"))
    ['a ', '= b_{i=1} (c = d) ', '= e']
    """
    depth, last, found = 0, 0, []
    opened = {match.start(): match for match in re.finditer(r"\\left\b|\\right\b|\\[a-zA-Z]+|\\.|[{}()\[\]]", formula)}
    places_at = {match.start() for match in places.finditer(formula)}
    for position in range(len(formula)):
        if position in places_at and depth == 0 and position > last:
            found.append(formula[last:position])
            last = position
        token = opened[position].group() if position in opened else ""
        depth += (token in ("{", "(", "[", r"\left")) - (token in ("}", ")", "]", r"\right"))
    return [*found, formula[last:]]


def _outline(vertices: Any, codes: Any) -> str:
    """The data of an SVG path; y points down."""
    letters = {1: "M", 2: "L", 3: "Q", 4: "C"}
    words, rest = [], 0
    for (x, y), code in zip(vertices, codes, strict=True):
        kind = int(code)
        if kind == 79:
            words.append("Z")
            continue
        if rest == 0:
            words.append(letters[kind])
            rest = {3: 2, 4: 3}.get(kind, 1)
        words.append(f"{x:.4g} {-y:.4g}")
        rest -= 1
    return " ".join(words)


def _rule(corners: list[tuple[float, float]]) -> str:
    """A bar of a fraction or of a root."""
    xs, ys = [x for x, _ in corners[:4]], [y for _, y in corners[:4]]
    left, top = min(xs), max(ys)
    return f'<rect x="{left:.4g}" y="{-top:.4g}" width="{max(xs) - left:.4g}" height="{top - min(ys):.3g}"/>'
