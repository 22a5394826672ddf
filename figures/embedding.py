"""Figures inside a page: where a made one lies, and its picture as an address that holds the data."""

from __future__ import annotations

import base64
import io
import json
from importlib.metadata import version
from pathlib import Path

GALLERY = Path(__file__).parent / "gallery"
WIDTH, COLORS = 960, 160
"""Pixels, and colors of the palette: lines and letters stay sharp at a tenth of the bytes."""


def find(name: str, folder: Path) -> Path | None:
    """The picture of a figure in the gallery, which a wheel has not, or in `folder` if this version made it.

    >>> find("no-such-figure", Path("nowhere")) is None
    True
    """
    for place, needed in ((GALLERY, None), (folder, version("solvable"))):
        picture, story = place / f"{name}.png", place / f"{name}.json"
        if picture.is_file() and (needed is None or _version(story) == needed):
            return picture
    return None


def _version(story: Path) -> str | None:
    try:
        return str(json.loads(story.read_text(encoding="utf-8"))["solvable"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def data_address(picture: Path) -> str:
    """The picture, scaled down, as a ``data:`` address; the same bytes for the same picture."""
    return "data:image/png;base64," + base64.b64encode(small_png(picture)).decode("ascii")


def small_png(picture: Path) -> bytes:
    """The picture at `WIDTH` pixels with a palette of `COLORS`."""
    from PIL import Image

    with Image.open(picture) as opened:
        full = opened.convert("RGB")
    small = full.resize((WIDTH, round(full.height * WIDTH / full.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.quantize(COLORS, dither=Image.Dither.NONE).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
