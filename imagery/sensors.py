"""What is known of every product: bands, scale, no data, quality layer, ground resolution.

The one place for radiometric constants. A product is recognised only from what a file says
of itself (tags, band descriptions, official name, data type); anything less is a plain GeoTIFF.

Source:
    Sentinel-2 L1C and L2A: Copernicus Sentinel-2 Products Specification Document
    (QUANTIFICATION_VALUE 10000, NODATA 0, SATURATED 65535). Landsat Collection 2 Level 2:
    USGS LSDS-1619 and LSDS-1618 (scale 0.0000275, offset -0.2, fill 0). PlanetScope: Planet
    Imagery Product Specification 2024 (surface reflectance x 10000, blackfill 0). Sentinel-1 GRD:
    Sentinel-1 Product Specification (S1-RS-MDA-52-7441; amplitude, 0 outside the swath); terrain
    corrected: Planetary Computer, sentinel-1-rtc (gamma nought as linear power, -32768 outside).
    Band names: STAC eo extension, ``eo:common_name``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Literal

from imagery.radar_words import polarisation

Quality = Literal["scl", "qa_pixel", "udm2"]

DTYPES = frozenset({"uint16", "int16"})
"""Reflectance products known here come in these; an 8-bit preview of one is not one."""

ANGLE = "angle"
"""Layer of a radar scene that is no backscatter: degrees from the vertical."""

RADAR_DTYPES = frozenset({"float32", "float64", "uint16"})
"""Backscatter comes as power or dB (float), or as detected amplitude (uint16)."""


@dataclass(frozen=True, slots=True)
class Band:
    """One spectral band of a product.

    Attributes:
        name: Canonical name, the ``eo:common_name`` where one exists.
        aliases: What files call it, besides its canonical name; compared without case.
        gsd_m: Nominal ground sampling distance, metres.
    """

    name: str
    aliases: tuple[str, ...]
    gsd_m: float


@dataclass(frozen=True, slots=True)
class Product:
    """One product: reflectance = DN x ``scale`` + ``offset``.

    Attributes:
        id: Name used in run records and Items.
        bands: In the order that results keep; empty for a plain GeoTIFF.
        scale: Reflectance per DN.
        offset: Reflectance at DN 0, apart from the Sentinel-2 offset (see ``offset``).
        nodata: DN without a measurement, where the file itself declares none.
        saturated: Lowest DN that means a saturated detector, or None.
        quality: The quality layer that belongs to it, or None.
        baselines: True where processing baselines decide about an additive offset.
        radar: True where the bands are polarisations of a radar, and values are backscatter.
    """

    id: str
    bands: tuple[Band, ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    nodata: float | None = None
    saturated: float | None = None
    quality: Quality | None = None
    baselines: bool = False
    radar: bool = False

    @property
    def dtypes(self) -> frozenset[str]:
        """Number types that its pixels come in; in another one it is some other layer."""
        return RADAR_DTYPES if self.radar else DTYPES

    @property
    def order(self) -> tuple[str, ...]:
        """Canonical names of its bands, as results keep them."""
        return tuple(band.name for band in self.bands)

    @property
    def gsd_m(self) -> float | None:
        """Finest nominal ground sampling distance, metres; None for a plain GeoTIFF."""
        return min((band.gsd_m for band in self.bands), default=None)

    def canonical(self, label: str) -> str | None:
        """The canonical name of a band that a file calls ``label``, or None."""
        wanted = label.strip().lower()
        for band in self.bands:
            if wanted == band.name or wanted in (alias.lower() for alias in band.aliases):
                return band.name
        told = polarisation(label) if self.radar else None
        if told is not None and told.lower() in self.order:
            return told.lower()
        return self.quality if wanted == self.quality else None


def _sentinel2(l2a: bool) -> tuple[Band, ...]:
    bands = (
        Band("coastal", ("B01", "B1"), 60),
        Band("blue", ("B02", "B2"), 10),
        Band("green", ("B03", "B3"), 10),
        Band("red", ("B04", "B4"), 10),
        Band("rededge1", ("B05", "B5", "rededge071"), 20),
        Band("rededge2", ("B06", "B6", "rededge075"), 20),
        Band("rededge3", ("B07", "B7", "rededge078"), 20),
        Band("nir", ("B08", "B8"), 10),
        Band("nir08", ("B8A", "B08A"), 20),
        Band("nir09", ("B09", "B9"), 60),
        Band("cirrus", ("B10",), 60),
        Band("swir16", ("B11",), 20),
        Band("swir22", ("B12",), 20),
    )
    return tuple(band for band in bands if not (l2a and band.name == "cirrus"))


_OLI = ("coastal", "blue", "green", "red", "nir08", "swir16", "swir22")
_TM = ((1, "blue"), (2, "green"), (3, "red"), (4, "nir08"), (5, "swir16"), (7, "swir22"))
_PLANET8 = ("coastal", "blue", "green_i", "green", "yellow", "red", "rededge", "nir")


def _landsat(numbered: Sequence[tuple[int, str]], sensors: Sequence[str]) -> Product:
    bands = tuple(
        Band(name, tuple(f"{start}B{number}" for start in ("SR_", "", *sensors)), 30)
        for number, name in numbered
    )
    return Product("landsat-c2-l2", bands, 2.75e-5, -0.2, 0, 65535, "qa_pixel")


def _radar(name: str, nodata: float | None) -> Product:
    bands = tuple(Band(name, (), 10) for name in ("vv", "vh", "hh", "hv"))
    angle = Band(ANGLE, ("incidence_angle", "local_incidence_angle", "incidence"), 10)
    return Product(name, (*bands, angle), nodata=nodata, radar=True)


S2_L2A = Product("sentinel-2-l2a", _sentinel2(True), 1e-4, 0, 0, 65535, "scl", baselines=True)
S2_L1C = Product("sentinel-2-l1c", _sentinel2(False), 1e-4, 0, 0, 65535, baselines=True)
LANDSAT_OLI = _landsat(list(enumerate(_OLI, start=1)), ("OLI_",))
LANDSAT_TM = _landsat(_TM, ("TM_", "ETM_"))
S1_GRD = _radar("sentinel-1-grd", 0)
S1_RTC = _radar("sentinel-1-rtc", -32768)
BACKSCATTER = _radar("backscatter", None)
"""On a map grid, its bands named after polarisations; the file does not say of which sensor."""
PLANETSCOPE = Product(
    "planetscope-sr",
    tuple(Band(name, ("coastal_blue",) if name == "coastal" else (), 3) for name in _PLANET8),
    1e-4,
    nodata=0,
    quality="udm2",
)
PLAIN = Product("geotiff")

PLANETSCOPE_ORDER = {4: ("blue", "green", "red", "nir"), 8: _PLANET8}
"""Order of bands that the product's name promises, by their number."""

_NAMES: tuple[tuple[re.Pattern[str], Product], ...] = (
    (
        re.compile(
            r"(?<![A-Z0-9])S(ENTINEL-?)?2[ABCD]?[ _-]((MSI|\w{5}_\d{8}_\d)[ _-]?)?(L2A|2A\b)"
        ),
        S2_L2A,
    ),
    (
        re.compile(
            r"(?<![A-Z0-9])S(ENTINEL-?)?2[ABCD]?[ _-]((MSI|\w{5}_\d{8}_\d)[ _-]?)?(L1C|1C\b)"
        ),
        S2_L1C,
    ),
    (re.compile(r"(?<![A-Z0-9])T\d{2}[A-Z]{3}_\d{8}T\d{6}_\w{3}_[126]0M(?![A-Z0-9])"), S2_L2A),
    (re.compile(r"\bS2MSI2A\b|\bSENTINEL-2-L2A\b"), S2_L2A),
    (re.compile(r"\bS2MSI1C\b|\bSENTINEL-2-L1C\b"), S2_L1C),
    (re.compile(r"(?<![A-Z0-9])LC0[89]_L2S[PR]_\d{6}_\d{8}_(\d{8}_)?02_"), LANDSAT_OLI),
    (re.compile(r"(?<![A-Z0-9])(LT0[45]|LE07)_L2S[PR]_\d{6}_\d{8}_(\d{8}_)?02_"), LANDSAT_TM),
    (
        re.compile(
            r"(?<![A-Z0-9])S1[ABCD]_\w\w_(GRD\w_\w+_RTC(?![A-Z0-9])|\d{8}T\d{6}_\w{3}_RTC\d\d_)"
            r"|\bSENTINEL-1-RTC\b"
        ),
        S1_RTC,
    ),
    (
        re.compile(r"(?<![A-Z0-9])S1[ABCD]_\w\w_GRD\w_(?!\w+_RTC(?![A-Z0-9]))|\bSENTINEL-1-GRD\b"),
        S1_GRD,
    ),
    (re.compile(r"_3B_ANALYTICMS_SR|_ORTHO_ANALYTIC_[48]B_SR|\bPLANETSCOPE[ -]SR\b"), PLANETSCOPE),
)
_TAGS = (
    "PRODUCT",
    "PRODUCT_ID",
    "PRODUCT_TYPE",
    "PRODUCT_URI",
    "LANDSAT_PRODUCT_ID",
    "SENSOR",
    "COLLECTION",
)


def declared_product(name: str, tags: Mapping[str, str]) -> Product:
    """The product that a file claims to be, by its tags or else its name; ``PLAIN`` if neither.

    A tag SCALE that is not the product's own contradicts the claim. PlanetScope comes as
    radiance, too: there the sensor alone is no claim, the sensor with the scale is.

    Args:
        name: Name of the file, without folders.
        tags: Dataset tags of the GeoTIFF.
    """
    product = declared_in([tags[key] for key in _TAGS if key in tags] + [name])
    if "PLANETSCOPE" in tags.get("SENSOR", "").upper() and "SCALE" in tags:
        product = PLANETSCOPE
    try:
        agrees = isclose(float(tags.get("SCALE", product.scale)), product.scale)
    except ValueError:
        agrees = False
    return product if agrees else PLAIN


def declared_in(texts: Sequence[str]) -> Product:
    """The product of the first text that names one; ``PLAIN`` if none does, or that names two."""
    for text in texts:
        found = [product for pattern, product in _NAMES if pattern.search(text.upper())]
        if found:
            # Two claims in one text (an L1C made from ... L2A) are no claim at all.
            return found[0] if len({product.id for product in found}) == 1 else PLAIN
    return PLAIN


COMMON: Mapping[str, frozenset[str]] = {
    "nir": frozenset({"nir", "nir08", "nir09"}),
    "rededge": frozenset({"rededge", "rededge1", "rededge2", "rededge3", "nir08"}),
}
"""Common names that stand for a range of wavelengths, and the bands that catalogues call so."""


def landsat_table(spacecraft: str) -> Product:
    """The band table of one Landsat: those before Landsat 8 number their bands differently.

    Args:
        spacecraft: ``landsat-9``, ``LANDSAT_7``, or the beginning of a product name (``LT05``).
    """
    return LANDSAT_OLI if re.search(r"[89]$", spacecraft.strip()) else LANDSAT_TM


def band_labels(product: Product, descriptions: Sequence[str | None]) -> tuple[str, ...] | None:
    """Canonical names of the bands of one file, None where the product's table does not fit.

    Args:
        product: As declared.
        descriptions: What the file calls each band; None or empty where it says nothing.
    """
    if product is PLANETSCOPE and not any(descriptions):
        return PLANETSCOPE_ORDER.get(len(descriptions))
    names = [product.canonical(text) if text else None for text in descriptions]
    known = tuple(name for name in names if name is not None)
    return known if len(known) == len(names) == len(set(known)) else None


def plain_labels(descriptions: Sequence[str | None]) -> tuple[str, ...]:
    """Names for the bands of a plain GeoTIFF: its descriptions, else b1 to bn."""
    texts = tuple((text or "").strip() for text in descriptions)
    if all(texts) and len(set(texts)) == len(texts):
        return texts
    return tuple(f"b{number}" for number in range(1, len(texts) + 1))


PRODUCTS: dict[str, Product] = {
    product.id: product
    for product in (
        S2_L2A,
        S2_L1C,
        LANDSAT_OLI,
        PLANETSCOPE,
        S1_GRD,
        S1_RTC,
        BACKSCATTER,
        PLAIN,
    )
}
"""By id. Landsat's two band tables share scale, quality and canonical names."""
