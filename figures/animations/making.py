"""Making an animation: compute, draw frame after frame, and hold the last one.

GIF is written by Pillow, which matplotlib brings along; MP4 by the program ffmpeg where there is one. No date enters
the files, so the same program gives the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread
from solvable.plotting import styled

from . import module_of

FORMATS = ("gif", "mp4")
FRAMES_A_SECOND, HELD = 20, 2
"""HELD: how many seconds the last frame stays."""
DPI = 100
COLORS = 128
"""In the palette that all frames of a GIF share; with one palette, a frame holds only what has changed."""
APART = 8
"""How far two colors of it differ in a channel; Pillow rounds by 4 before it looks for the nearest."""


def make(name: str, out: Path, suffix: str = "gif") -> Path:
    """Make the animation `name` in the folder `out`; returns what was written.

    Raises
    ------
    ValueError : as `check_format`.
    """
    check_format(suffix)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.{suffix}"
    with one_blas_thread():
        arrays = module_of(name).data()
    render(name, arrays, path)
    return path


def check_format(suffix: str) -> None:
    """Refuse what cannot be written.

    Raises
    ------
    ValueError : `suffix` is no format, or is ``"mp4"`` and there is no ffmpeg.
    """
    if suffix not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {suffix!r}")
    if suffix == "mp4" and shutil.which("ffmpeg") is None:
        raise ValueError("format mp4 needs the program ffmpeg, which is not found; gif needs nothing")


def render(name: str, arrays: dict[str, np.ndarray], path: Path, frames: Iterable[int] | None = None) -> None:
    """Draw all frames, or those given, into the file `path`, whose suffix is its format."""
    module = module_of(name)
    chosen = range(module.FRAMES) if frames is None else frames
    writer = _writer(path.suffix)
    with styled():
        figure, show = module.draw(arrays)
        settle(figure)
        with writer.saving(figure, str(path), dpi=DPI):
            for k in chosen:
                show(k)
                writer.grab_frame()
            if path.suffix == ".mp4":  # a GIF has a duration for each frame
                for _ in range(HELD * FRAMES_A_SECOND):
                    writer.grab_frame()


def settle(figure: Any) -> None:
    """Lay the figure out once, for all frames: nothing shall jump, and a layout costs more than a frame."""
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def frequent_colors(frame: Any) -> list[tuple[int, int, int]]:
    """The most frequent colors that are `APART`."""
    found: list[tuple[int, int, int]] = []
    for _, color in sorted(frame.getcolors(frame.width * frame.height), reverse=True):
        if all(max(map(abs, map(int.__sub__, color, other))) >= APART for other in found):
            found.append(color)
            if len(found) == COLORS:
                break
    return found


def _writer(suffix: str) -> Any:
    from matplotlib.animation import FFMpegWriter, PillowWriter

    if suffix == ".mp4":
        plain = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-pix_fmt", "yuv420p", "-threads", "1"]
        return FFMpegWriter(fps=FRAMES_A_SECOND, codec="libx264", extra_args=plain)

    from PIL import Image

    class SharedPalette(PillowWriter):
        """Frames in the most frequent colors of the last one, where everything is on the picture."""

        def grab_frame(self, **unused: Any) -> None:
            self.fig.canvas.draw()  # savefig would draw twice, the first time for a layout that is settled
            self._frames.append(Image.fromarray(np.asarray(self.fig.canvas.buffer_rgba())).convert("RGB"))

        def finish(self) -> None:
            palette = Image.new("P", (1, 1))
            palette.putpalette([channel for color in frequent_colors(self._frames[-1]) for channel in color])
            first, *others = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self._frames)
            durations = [1000 // self.fps] * len(others) + [1000 * HELD]
            first.save(self.outfile, save_all=True, append_images=others, duration=durations, loop=0, optimize=True)

    return SharedPalette(fps=FRAMES_A_SECOND)
