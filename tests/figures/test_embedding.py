"""Pictures for a page: found where they are current, and small."""

import base64
import io
import json
import shutil
from pathlib import Path

import matplotlib.image

from figures import embedding

QUICK = "hypentropy-potential"


def test_the_gallery_first_then_what_this_version_made(made, tmp_path, monkeypatch):
    gallery = Path(__file__).parents[2] / "figures" / "gallery"  # of the checkout: an installed package has none
    monkeypatch.setattr(embedding, "GALLERY", gallery)
    assert embedding.find(QUICK, tmp_path) == gallery / f"{QUICK}.png"
    monkeypatch.setattr(embedding, "GALLERY", tmp_path / "no gallery")
    assert embedding.find(QUICK, tmp_path) is None
    for suffix in ("png", "json"):
        shutil.copy(made(QUICK) / f"{QUICK}.{suffix}", tmp_path)
    assert embedding.find(QUICK, tmp_path) == tmp_path / f"{QUICK}.png"
    story = tmp_path / f"{QUICK}.json"
    story.write_text(json.dumps(json.loads(story.read_text()) | {"solvable": "0.0.0"}))
    assert embedding.find(QUICK, tmp_path) is None
    story.write_text("[")
    assert embedding.find(QUICK, tmp_path) is None


def test_an_embedded_picture_is_small_and_the_same_every_time(made):
    file = made(QUICK) / f"{QUICK}.png"
    head, _, data = embedding.data_address(file).partition(",")
    assert head == "data:image/png;base64"
    small = base64.b64decode(data)
    assert small == embedding.small_png(file)
    assert len(small) < 0.5 * file.stat().st_size
    shrunk, full = matplotlib.image.imread(io.BytesIO(small)), matplotlib.image.imread(file)
    assert shrunk.shape[1] == embedding.WIDTH
    assert abs(shrunk[..., :3].mean() - full[..., :3].mean()) < 2e-3
