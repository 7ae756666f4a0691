"""Orbits are kept apart, and a geolocation step between satellites is measured or refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from imagery.errors import InputError, RegistrationError
from imagery.sar_tracks import Track, by_orbit, one_orbit, steps

S1A = Track(21, "descending", "S1A", "003.71")
S1C = Track(21, "descending", "S1C", "003.91")


def series(shift: tuple[float, float], dates: int = 8, side: int = 128) -> np.ndarray:
    """Half of the dates moved by (down, right) px."""
    rng = np.random.default_rng(1)
    ground = np.exp(ndimage.gaussian_filter(rng.normal(size=(side, side)), 1.5) * 4)
    moved = np.exp(ndimage.shift(np.log(ground), shift, order=3, mode="nearest"))
    looks = rng.gamma(4.4, 1 / 4.4, (dates, 2, side, side))
    return (looks * np.stack([ground] * (dates // 2) + [moved] * (dates // 2))[:, None]).astype(
        np.float32
    )


def test_orbits_and_directions_are_groups() -> None:
    tracks = [S1A, Track(87, "ascending", "S1A"), S1C, Track(21, "ascending", "S1A")]
    assert by_orbit(tracks) == {
        (21, "ascending"): (3,),
        (21, "descending"): (0, 2),
        (87, "ascending"): (1,),
    }
    assert one_orbit([S1A, S1C]) == (21, "descending")
    with pytest.raises(InputError, match="kept apart"):
        one_orbit(tracks)


def test_a_step_is_refused_and_named() -> None:
    stack = series((0.0, 1.0))
    with pytest.raises(RegistrationError, match=r"S1C 003\.91 .* S1A 003\.71: by \+(1\.0|0\.9)"):
        steps(stack, [S1A] * 4 + [S1C] * 4)


def test_no_step_is_measured_and_let_through() -> None:
    (found,) = steps(series((0.0, 0.0)), [S1A] * 4 + [S1C] * 4)
    assert (found.first, found.second) == (("S1A", "003.71"), ("S1C", "003.91"))
    assert max(map(abs, found.shift_px)) < 0.1


def test_dates_made_alike_need_no_check() -> None:
    assert steps(series((0.0, 1.0)), [S1A] * 8) == ()


def test_what_cannot_be_measured_is_refused() -> None:
    stack = series((0.0, 0.0))
    stack[4:] = np.nan
    with pytest.raises(RegistrationError, match="cannot be measured"):
        steps(stack, [S1A] * 4 + [S1C] * 4)
    with pytest.raises(InputError, match="tracks"):
        steps(stack, [S1A])
