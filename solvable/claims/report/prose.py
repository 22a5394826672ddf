"""Notes as HTML: the paragraphs, formulas and lists of a docstring."""

from __future__ import annotations

import re
import textwrap
from html import escape


def to_html(text: str) -> str:
    """Paragraphs as they are, blocks with a margin of their own set as they were typed.

    >>> to_html("The flow\\n``x = f``.")
    '<p>The flow <code>x = f</code>.</p>'
    """
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text) if block.strip())


def _block(block: str) -> str:
    rows = block.splitlines()
    if all(row.startswith(" ") for row in rows):
        return f"<pre>{escape(textwrap.dedent(block))}</pre>"
    if rows[0].startswith("- "):
        items = re.split(r"(?m)^- ", block)[1:]
        return "<ul>" + "".join(f"<li>{inline(item)}</li>" for item in items) + "</ul>"
    return f"<p>{inline(block)}</p>"


def inline(text: str) -> str:
    """One paragraph without its tags: code and emphasis.

    >>> inline("*not* ``x``")
    '<em>not</em> <code>x</code>'
    """
    parts = re.split(r"``(.+?)``", " ".join(text.split()))
    return "".join(f"<code>{escape(part)}</code>" if k % 2 else _emphasis(part) for k, part in enumerate(parts))


def _emphasis(text: str) -> str:
    return re.sub(r"\*(\w[^*]*\w)\*", r"<em>\1</em>", escape(text))
