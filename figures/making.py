"""Making a figure: compute, save the arrays, draw, and say where it all came from.

Beside ``NAME.png`` lie ``NAME.npz``, the arrays that it shows, and ``NAME.json``, the versions that made them. None of
the three holds a date, so the same program gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from concurrent.futures import as_completed
from importlib.metadata import version
from pathlib import Path

import numpy as np

from . import NAMES, animations, claims_of, module_of
from .animations.making import make as make_animation
from .findings import findings_text

LIBRARIES = ("solvable", "numpy", "scipy", "numba", "matplotlib")


def make(name: str, out: Path, *, from_data: bool = False) -> list[Path]:
    """Make one figure in the folder `out`, with ``from_data`` from the arrays saved there; returns what was written.

    Raises
    ------
    ValueError : `from_data`, and no arrays of this figure in `out`.
    """
    module = module_of(name)
    picture, arrays_file, story = (out / f"{name}.{suffix}" for suffix in ("png", "npz", "json"))
    if from_data:
        arrays = _load(arrays_file, name)
    else:
        arrays = module.data()
        out.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(arrays_file, **arrays)
        story.write_text(json.dumps(_provenance(name, arrays), indent=1) + "\n", encoding="utf-8")
    from solvable.plotting import save_png, styled

    with styled():
        figure = module.draw(arrays)
    save_png(figure, picture)
    return [picture] if from_data else [picture, arrays_file, story]


def make_gallery(folder: Path, say: Callable[[str], None] = lambda line: None) -> None:
    """Every figure and animation in `folder`, on all cores: each in one process, whose other work it does not see."""
    from solvable.claims.executors import close_executor, open_executor

    tasks = {**dict.fromkeys(NAMES, make), **dict.fromkeys(animations.NAMES, make_animation)}
    executor, interrupted = open_executor("processes"), True
    try:
        for done in as_completed([executor.submit(_told, task, name, folder) for name, task in tasks.items()]):
            say(f"figures: {done.result()}")
        interrupted = False
    finally:
        close_executor(executor, interrupted=interrupted)


def _told(task: Callable[[str, Path], object], name: str, folder: Path) -> str:
    task(name, folder)
    return name


def write_pages(folder: Path, place: str) -> None:
    """In `folder` the page that shows the figures in its folder `place`, and the page of findings."""
    (folder / "README.md").write_text(gallery_text(place), encoding="utf-8")
    (folder / "FINDINGS.md").write_text(findings_text(place), encoding="utf-8")


def gallery_text(place: str) -> str:
    """The page: of each figure two sentences, what it answers, its command, its picture in `place` and its caption."""
    parts = ["# Figures", "", _OPENING, "", "What measurement narrowed or refuted: [Findings](FINDINGS.md).", ""]
    for name in NAMES:
        module = module_of(name)
        parts += [f"## {module.TITLE}", "", module.SUMMARY, ""]
        parts += [f"Answers: {module.ANSWERS}. Command: `solvable figure {name}`", ""]
        parts += [f"![{module.TITLE}]({place}/{name}.png)", "", _details(module.CAPTION), ""]
    parts += ["# Animations", ""]
    for name in animations.NAMES:
        module = animations.module_of(name)
        parts += [f"## {module.TITLE}", "", f"Command: `solvable animate {name}`", ""]
        parts += [f"![{module.TITLE}]({place}/{name}.gif)", "", _details(module.CAPTION), ""]
    return "\n".join(parts)


_OPENING = """\
All of them again, with this page: `python -m figures`. Colors are what was measured, black dashes what theory says,
which never saw the measurement; the arrays behind a picture lie beside it. *Answers* names the figure of a paper to
hold it against. We have seen none of those pictures: where a number is unverified, we know of the figure from the text
or from memory only."""


def _details(caption: str) -> str:
    return f"<details><summary>What is measured, what is theory</summary>\n\n{caption}\n\n</details>"


def _load(file: Path, name: str) -> dict[str, np.ndarray]:
    if not file.is_file():
        raise ValueError(f"there is no {file} to draw {name} from (without --from-data it is computed)")
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{file} is not a readable npz file: {error}") from None


def _provenance(name: str, arrays: dict[str, np.ndarray]) -> dict[str, object]:
    digest = hashlib.sha256()
    for key in sorted(arrays):
        digest.update(f"{key}{arrays[key].dtype}{arrays[key].shape}".encode() + arrays[key].tobytes())
    return {
        "figure": name,
        "title": module_of(name).TITLE,
        "caption": module_of(name).CAPTION,
        "claims": list(claims_of(name)),
        "command": f"solvable figure {name}",
        "arrays": {key: list(value.shape) for key, value in arrays.items()},
        "sha256": digest.hexdigest(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{library: version(library) for library in LIBRARIES},
    }
