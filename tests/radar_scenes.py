"""SIMULATED radar scenes for tests: fields, water, corners, speckle of 4.4 looks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from small_tiffs import write_geotiff

LOOKS = 4.4
SHAPE = (220, 220)
FIRST = date(2024, 3, 1)
REPEAT = timedelta(days=12)
SAM = (np.s_[100:116], np.s_[100:116])
"""Rows and columns in which corners stand."""

Float = NDArray[np.float32]


def ground(shape: tuple[int, int] = SHAPE, seed: int = 1) -> Float:
    """(2, y, x) power without speckle: fields in VV and VH."""
    rng = np.random.default_rng(seed)
    tiles = 10 ** (rng.normal(0, 0.12, (shape[0] // 10 + 1, shape[1] // 10 + 1)))
    fields = np.kron(tiles, np.ones((10, 10)))[: shape[0], : shape[1]]
    return np.stack([0.08 * fields, 0.016 * fields]).astype(np.float32)


def speckled(power: Float, seed: int) -> Float:
    """One pass over it."""
    rng = np.random.default_rng(seed)
    return (power * rng.gamma(LOOKS, 1 / LOOKS, power.shape)).astype(np.float32)


def corners(power: Float, seed: int = 4, number: int = 10, times: float = 20.0) -> Float:
    """The same with bright corners in ``SAM``."""
    rng = np.random.default_rng(seed)
    out = power.copy()
    for row, col in rng.integers(1, 15, (number, 2)):
        out[:, SAM[0].start + row, SAM[1].start + col] *= times
    return out


def write_s1(folder: Path, day: date, pixels: Any, **tags: str) -> Path:
    """A terrain-corrected scene; ``tags`` change or add some."""
    said = {
        "PRODUCT": "sentinel-1-rtc",
        "PLATFORM": "S1A",
        "RELATIVE_ORBIT": "21",
        "ORBIT_DIRECTION": "DESCENDING",
        "SIMULATED": "YES",
        **tags,
    }
    names = ("VV", "VH")[: len(pixels)]
    path = folder / f"S1_{day}_{said['RELATIVE_ORBIT']}.tif"
    return write_geotiff(path, np.asarray(pixels, np.float32), descriptions=names, tags=said)
