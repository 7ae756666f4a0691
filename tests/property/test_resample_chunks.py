"""A resampled pixel is the same float whatever window it was made in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery.register import Affine, Registration, halo, resample, resample_clear

SHAPE = (41, 53)
shifts = st.floats(-8, 8, width=32)
bends = st.one_of(st.just(0.0), st.floats(-0.01, 0.01))


@st.composite
def affines(draw: st.DrawFn) -> Affine:
    b, d, a, e = (draw(bends) for _ in range(4))
    return (1 + a, b, draw(shifts), d, 1 + e, draw(shifts))


@st.composite
def scenes(draw: st.DrawFn) -> np.ndarray:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.standard_normal((2, *SHAPE), np.float32)
    image[rng.random(image.shape) < draw(st.sampled_from([0, 0.02, 0.5]))] = np.nan
    return image


def cut(image: np.ndarray, first: tuple[int, int], size: tuple[int, int], room: int):
    """The window with its halo, short where the scene ends, and where it begins."""
    begin = [max(place - room, 0) for place in first]
    end = [place + length + room for place, length in zip(first, size, strict=True)]
    return image[..., begin[0] : end[0], begin[1] : end[1]], (begin[0], begin[1])


@settings(max_examples=60, deadline=None)
@given(scenes(), affines(), st.integers(5, 41), st.integers(5, 53))
def test_windows_of_any_size_give_the_same_floats(image, affine, height, width) -> None:
    found = Registration(affine, (affine[2], affine[5]), 0.05, 0.1, 9, 9, "affine")
    room = halo(found, SHAPE)
    clear = np.isfinite(image[0])
    everything = {"origin": (0, 0), "out_origin": (0, 0), "out_shape": SHAPE}
    pixels, mask = resample(image, found, **everything), resample_clear(clear, found, **everything)
    for row in range(0, SHAPE[0], height):
        for col in range(0, SHAPE[1], width):
            first = (row, col)
            size = (min(height, SHAPE[0] - row), min(width, SHAPE[1] - col))
            place = np.s_[..., row : row + size[0], col : col + size[1]]
            for whole, source, warp in ((pixels, image, resample), (mask, clear, resample_clear)):
                window, origin = cut(source, first, size, room)
                got = warp(window, found, origin=origin, out_origin=first, out_shape=size)
                assert got.tobytes() == np.ascontiguousarray(whole[place]).tobytes()
