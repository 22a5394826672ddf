"""``python -m figures``: make the gallery and the pages again; ``python -m figures pages``: the pages only."""

import sys
from pathlib import Path

from .making import make_gallery, write_pages

if __name__ == "__main__":
    here = Path(__file__).parent
    if sys.argv[1:] not in ([], ["pages"]):
        sys.exit("usage: python -m figures [pages]")
    if not sys.argv[1:]:
        make_gallery(here / "gallery", lambda line: print(line, file=sys.stderr, flush=True))
    write_pages(here, "gallery")
