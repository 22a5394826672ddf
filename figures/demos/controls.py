"""What the pages of the demonstrations share: a slider, the side bar, and what is shown beside it."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import marimo as mo

from .logic import page


def slider(steps: Iterable[float], value: float, label: str) -> Any:
    """A slider over `steps`, as wide as the side bar."""
    return mo.ui.slider(steps=steps, value=value, label=label, show_value=True, full_width=True)


def sidebar(title: str, words: str, controls: Iterable[Any]) -> Any:
    """The title, the controls, and words in Markdown."""
    return mo.sidebar([mo.md(f"## {title}"), mo.vstack(controls, gap=0.6), mo.md(words)], width="270px")


def shown(logic: ModuleType, arrays: dict[str, Any], *below: Any, room: int = 190) -> Any:
    """The picture of a demonstration, its numbers and what stands `below`, for which `room` pixels are left."""
    picture = page.image(logic.draw(arrays), logic.TITLE, below=room)
    return mo.vstack([mo.Html(picture), mo.Html(page.table(logic.numbers(arrays))), *below])
