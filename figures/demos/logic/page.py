"""What the pages share: a figure as an image, and numbers that a reader, or a test, can find by name.

The look is that of `solvable.plotting`. Margins are fixed, so that axes stay where they are while a slider moves.
"""

from __future__ import annotations

import base64
import functools
import html
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from solvable.plotting import BLUE, styled

SIZE, DPI = (9.0, 5.4), 120
"""Inches and dots an inch: sharp on a projector, and drawn in a tenth of a second."""

Arrays = dict[str, np.ndarray]


def drawn(draw: Callable[[Figure, Arrays], None]) -> Callable[[Arrays], Figure]:
    """Make ``arrays -> Figure`` of a function that fills an empty figure."""

    @functools.wraps(draw)
    def make(arrays: Arrays) -> Figure:
        with styled():
            figure = Figure(figsize=SIZE, dpi=DPI)
            FigureCanvasAgg(figure)
            draw(figure, arrays)
        return figure

    return make


def image(figure: Figure, words: str = "", below: int = 190) -> str:
    """An ``<img>`` that holds the figure and leaves `below` pixels of the height of the window."""
    stream = io.BytesIO()
    with styled():
        figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 1})
    source = base64.b64encode(stream.getvalue()).decode()
    style = f"display:block;margin:auto;max-width:100%;max-height:calc(100vh - {below}px)"
    return f'<img src="data:image/png;base64,{source}" alt="{html.escape(words)}" style="{style}">'


def table(numbers: Mapping[str, str]) -> str:
    """The numbers side by side; a test finds each as ``[data-number="label"]``.

    >>> 'data-number="loss">0.5<' in table({"loss": "0.5"})
    True
    """
    cells = "".join(
        f'<div style="padding:0 14px;border-left:3px solid {BLUE}">'
        f'<div style="color:#555;font-size:14px">{html.escape(label)}</div>'
        f'<div style="font-size:19px;font-weight:600" data-number="{html.escape(label)}">{html.escape(text)}</div>'
        "</div>"
        for label, text in numbers.items()
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px 6px;margin:2px 8px">{cells}</div>'


def three(value: Any) -> str:
    """Three digits, and no pretense about what is rounding.

    >>> three(1.23456), three(2e-16), three(float("nan"))
    ('1.23', '2e-16', '–')
    """
    number = float(value)
    if not np.isfinite(number):
        return "–"
    return f"{number:.0e}" if 0 < abs(number) < 1e-3 else f"{number:.3g}"
