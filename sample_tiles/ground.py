"""What the ground is made of, and how its reflectance follows the season."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Spectrum = tuple[float, float, float, float]
"""Surface reflectance in blue, green, red, near infrared (0 to 1)."""

BANDS = ("B02", "B03", "B04", "B08")


class Ground(IntEnum):
    """Material labels; parcels of farmland take the labels from ``FIRST_PARCEL`` on."""

    SOIL = 0
    DRY_GRASS = 1
    WHEAT = 2
    IRRIGATED = 3
    CITRUS = 4
    OLIVE = 5
    GREENHOUSE = 6
    ASPHALT = 7
    CONCRETE = 8
    OLD_CONCRETE = 9
    GRAVEL = 10
    ROOF_LIGHT = 11
    ROOF_DARK = 12
    ROOF_TILE = 13
    TOWN = 14
    ROCK = 15
    BEACH = 16
    SEA = 17
    HARBOUR = 18
    BERM = 19


FIRST_PARCEL = 32


@dataclass(frozen=True, slots=True)
class Material:
    """How a ground looks.

    Attributes:
        dry: Reflectance when dry or bare.
        green: Reflectance when fully green.
        season: When it is green.
        texture: Standard deviation of its fixed fine texture, relative.
        wets: How much a rain darkens it, relative.
    """

    dry: Spectrum
    green: Spectrum
    season: Literal["never", "winter", "summer", "always"]
    texture: float
    wets: float


_NEVER: Spectrum = (0.0, 0.0, 0.0, 0.0)
MATERIALS: dict[Ground, Material] = {
    Ground.SOIL: Material((0.085, 0.115, 0.155, 0.215), _NEVER, "never", 0.10, 0.30),
    Ground.DRY_GRASS: Material(
        (0.095, 0.130, 0.170, 0.255), (0.045, 0.080, 0.060, 0.300), "winter", 0.10, 0.15
    ),
    Ground.WHEAT: Material(
        (0.105, 0.145, 0.195, 0.275), (0.035, 0.070, 0.042, 0.370), "winter", 0.05, 0.15
    ),
    Ground.IRRIGATED: Material(
        (0.085, 0.115, 0.150, 0.220), (0.035, 0.072, 0.045, 0.390), "summer", 0.06, 0.20
    ),
    Ground.CITRUS: Material(_NEVER, (0.032, 0.056, 0.042, 0.270), "always", 0.22, 0.03),
    Ground.OLIVE: Material(_NEVER, (0.060, 0.085, 0.095, 0.220), "always", 0.20, 0.12),
    Ground.GREENHOUSE: Material((0.225, 0.245, 0.255, 0.320), _NEVER, "never", 0.10, 0.02),
    Ground.ASPHALT: Material((0.105, 0.117, 0.127, 0.150), _NEVER, "never", 0.05, 0.10),
    Ground.CONCRETE: Material((0.195, 0.225, 0.248, 0.280), _NEVER, "never", 0.035, 0.08),
    Ground.OLD_CONCRETE: Material((0.155, 0.178, 0.198, 0.232), _NEVER, "never", 0.06, 0.10),
    Ground.GRAVEL: Material((0.150, 0.190, 0.235, 0.295), _NEVER, "never", 0.08, 0.18),
    Ground.ROOF_LIGHT: Material((0.300, 0.325, 0.340, 0.365), _NEVER, "never", 0.15, 0.03),
    Ground.ROOF_DARK: Material((0.125, 0.140, 0.155, 0.185), _NEVER, "never", 0.15, 0.04),
    Ground.ROOF_TILE: Material((0.085, 0.105, 0.160, 0.220), _NEVER, "never", 0.12, 0.06),
    Ground.TOWN: Material((0.130, 0.148, 0.165, 0.205), _NEVER, "never", 0.14, 0.08),
    Ground.ROCK: Material((0.150, 0.170, 0.185, 0.205), _NEVER, "never", 0.22, 0.08),
    Ground.BEACH: Material((0.175, 0.215, 0.250, 0.300), _NEVER, "never", 0.06, 0.15),
    Ground.SEA: Material((0.047, 0.036, 0.020, 0.009), _NEVER, "never", 0.0, 0.0),
    Ground.HARBOUR: Material((0.050, 0.047, 0.031, 0.014), _NEVER, "never", 0.0, 0.0),
    Ground.BERM: Material((0.130, 0.170, 0.215, 0.275), _NEVER, "never", 0.12, 0.2),
}
WATER = (Ground.SEA, Ground.HARBOUR)


def greenness(season: str, day: date) -> float:
    """How green a ground is on a day, 0 to 1: winter annuals sprout after the November rain."""
    if season == "always":
        return 1.0
    if season == "never":
        return 0.0
    year = day.year if day.month >= 6 else day.year - 1
    if season == "winter":
        return float(np.clip((day - date(year, 11, 5)).days / 85, 0.0, 1.0))
    return float(np.clip((date(year, 10, 20) - day).days / 60, 0.0, 0.9))


def spectrum(ground: Ground, day: date, wet: float) -> NDArray[np.float64]:
    """Reflectance (4,) of a ground on a day; ``wet`` 0 is dry, 1 just after rain."""
    material = MATERIALS[ground]
    green = greenness(material.season, day)
    mixed = (1 - green) * np.array(material.dry) + green * np.array(material.green)
    return mixed * (1 - material.wets * wet)


@dataclass(frozen=True, slots=True)
class Parcels:
    """Farmland: one entry a parcel.

    Attributes:
        ground: (n,) material of each, as in :class:`Ground`.
        tone: (n,) its own brightness, relative.
        ploughed: (n,) day of the year 2024 on which it is ploughed (wheat only).
    """

    ground: NDArray[np.int64]
    tone: NDArray[np.float64]
    ploughed: NDArray[np.int64]

    def spectra(self, day: date, wet: float) -> NDArray[np.float64]:
        """Reflectance (n, 4) on a day."""
        table = np.stack([spectrum(kind, day, wet) for kind in Ground])
        out = table[self.ground]
        since = (day - date(2023, 12, 31)).days - self.ploughed
        young = np.clip((since - 14) / 60, 0, 0.8)[:, None]
        grown = (1 - young) * table[Ground.SOIL] + young * np.array(MATERIALS[Ground.WHEAT].green)
        wheat = self.ground == Ground.WHEAT
        stubble = np.array(MATERIALS[Ground.WHEAT].dry) * (1 - 0.15 * wet)
        out[wheat] = np.where((since < 0)[:, None], stubble, grown)[wheat]
        return out * self.tone[:, None]
