"""What is measured without a rival, one a module with ``TITLE`` and ``measure(seconds) -> Report``."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

NAMES = ("startup", "threads", "memory", "scaling")


@dataclass(frozen=True)
class Report:
    """A table: ``columns`` and ``rows`` of words and numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_text(self, name: str) -> str:
        """One line a row."""
        cells = [self.columns, *(tuple(map(_word, row)) for row in self.rows)]
        widths = [max(len(row[k]) for row in cells) for k in range(len(self.columns))]
        lines = [
            "  "
            + row[0].ljust(widths[0])
            + "".join("  " + word.rjust(w) for word, w in zip(row[1:], widths[1:], strict=True))
            for row in cells
        ]
        return "\n".join(["", f"{name}: {title(name)}", *lines])

    def as_record(self, name: str) -> dict[str, Any]:
        """The same, for JSON."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"name": name, "title": title(name), "rows": rows}


def _word(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def measure(name: str, seconds: float) -> Report:
    """The report called `name`, in about `seconds`."""
    report: Report = _module(name).measure(seconds)
    return report


def title(name: str) -> str:
    """What it is, in one line."""
    return str(_module(name).TITLE)


def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")
