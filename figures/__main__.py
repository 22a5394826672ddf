"""``python -m figures``: make the gallery and its page again."""

import sys
from pathlib import Path

from .making import make_gallery

if __name__ == "__main__":
    here = Path(__file__).parent
    make_gallery(here / "gallery", here / "README.md", lambda line: print(line, file=sys.stderr, flush=True))
