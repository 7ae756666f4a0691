"""Pictures are held once, as they are; where they would not fit, all are compressed alike."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from imagery.captions import Caption, framed
from pipelines.report import pictures
from pipelines.report.pictures import Album, unframed


def noise(seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_picture_is_held_once_and_as_it_is() -> None:
    album = Album()
    data = png(noise(1))
    assert album.add(data) is album.add(data)
    assert album.add(None) is None
    (one,) = album.fitted()
    assert (one.data, one.kind, one.width, one.height) == (data, "image/png", 80, 60)
    assert album.compressed is None


@pytest.mark.parametrize("share", [0.5, 0.05, 0.0001])
def test_what_does_not_fit_is_compressed_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    album = Album()
    for seed in range(5):
        album.add(png(noise(seed)))
    whole = sum(len(one.data) for one in album.held.values())
    monkeypatch.setattr(pictures, "BUDGET", int(share * whole))
    made = album.fitted()
    assert {one.key for one in made} == set(album.held)
    assert {one.kind for one in made} == {"image/webp"}
    assert album.compressed is not None
    if share > 0.001:
        assert sum(len(one.data) for one in made) <= share * whole
    assert [one.data for one in made] == [one.data for one in album.fitted()]


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("width", [80, 700])
def test_a_frame_is_taken_off_again(width: int, *, simulated: bool) -> None:
    image = noise(3, (width, 60))
    page = framed(image, Caption("T", "L", (), 10.0, simulated))
    inner = unframed(png(page), (width, 60), simulated=simulated)
    assert inner is not None
    same = (np.asarray(inner) == np.asarray(image)).all(axis=-1)
    assert same.mean() > (0.6 if simulated else 0.999)  # the word lies across it
    assert same[0, 0]
    assert same[-1, -1]


def test_another_frame_is_not_taken_off() -> None:
    assert unframed(png(noise(1)), (500, 500), simulated=False) is None
    assert unframed(None, (5, 5), simulated=False) is None
