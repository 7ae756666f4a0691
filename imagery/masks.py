"""Quality layers to a clear mask: True = usable. No dilation here; that is a choice of the run.

Source:
    SCL: Sentinel-2 L2A Algorithm Theoretical Basis Document, scene classification table.
    QA_PIXEL: USGS LSDS-1619 and LSDS-1618, table of pixel quality bits. UDM2: Planet, Usable
    Data Masks, bands 1 (clear), 2 (snow) and 8 (unusable data).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCL_USABLE = (2, 4, 5, 6, 7, 11)
"""Dark or cast shadow, vegetation, bare, water, unclassified, snow.

Not usable: 0 no data, 1 saturated or defective, 3 cloud shadow, 8 and 9 cloud, 10 cirrus. Dark
(2) and unclassified (7) stay: wet asphalt, quays and hangar shadow are put there, which are
the places that matter most. Snow (11) stays: it is ground that was seen.
"""

QA_PIXEL_REJECT = 0b0001_1111
"""Fill, dilated cloud, cirrus, cloud, cloud shadow. Snow and water are ground that was seen."""

UDM2_BANDS = (1, 2, 8)
"""Bands of a UDM2 file that are read: clear, snow, unusable."""


def clear_scl(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """Usable pixels of a Sentinel-2 scene classification.

    Args:
        layers: (1, y, x), integer classes 0 to 11.

    Returns:
        (y, x), True = usable.
    """
    table = np.zeros(256, dtype=bool)
    table[list(SCL_USABLE)] = True
    usable: NDArray[np.bool_] = table[layers[0].astype(np.uint8)]
    return usable


def clear_qa_pixel(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """Usable pixels of a Landsat Collection 2 ``QA_PIXEL`` layer.

    Args:
        layers: (1, y, x), unsigned bit field.

    Returns:
        (y, x), True = usable.
    """
    usable: NDArray[np.bool_] = (layers[0].astype(np.uint16) & QA_PIXEL_REJECT) == 0
    return usable


def clear_udm2(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """Usable pixels of a PlanetScope usable data mask.

    Args:
        layers: (3, y, x): clear, snow, unusable, as in ``UDM2_BANDS``.

    Returns:
        (y, x), True = usable: clear or snow, and nothing unusable.
    """
    clear, snow, unusable = layers
    usable: NDArray[np.bool_] = ((clear == 1) | (snow == 1)) & (unusable == 0)
    return usable


def cloud_scl(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """(y, x), True where a scene classification says cloud: 8 or 9, not cirrus, not shadow."""
    cloud: NDArray[np.bool_] = (layers[0] == 8) | (layers[0] == 9)
    return cloud


def cloud_qa_pixel(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """(y, x), True where ``QA_PIXEL`` says cloud, or within its rim of one (dilated cloud)."""
    cloud: NDArray[np.bool_] = (layers[0].astype(np.uint16) & 0b1010) != 0
    return cloud


def sound_scl(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """(y, x), True where a scene classification says neither no data nor defective."""
    sound: NDArray[np.bool_] = layers[0] > 1
    return sound


def seen_scl(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """(y, x), True where a scene classification says that there is a measurement."""
    seen: NDArray[np.bool_] = layers[0] != 0
    return seen


def seen_qa_pixel(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """(y, x), True where ``QA_PIXEL`` does not say fill."""
    seen: NDArray[np.bool_] = (layers[0].astype(np.uint16) & 1) == 0
    return seen


def seen_udm2(layers: NDArray[Any]) -> NDArray[np.bool_]:
    """(y, x), True where a usable data mask does not say blackfill (bit 0 of its last band)."""
    seen: NDArray[np.bool_] = (layers[2].astype(np.uint8) & 1) == 0
    return seen


SEEN: dict[str, Callable[[NDArray[Any]], NDArray[np.bool_]]] = {
    "scl": seen_scl,
    "qa_pixel": seen_qa_pixel,
    "udm2": seen_udm2,
}
"""Where there is a measurement, clear or not, by the ``quality`` of a product."""

CLEAR: dict[str, Callable[[NDArray[Any]], NDArray[np.bool_]]] = {
    "scl": clear_scl,
    "qa_pixel": clear_qa_pixel,
    "udm2": clear_udm2,
}
"""By the ``quality`` of a product."""

CLOUD: dict[str, Callable[[NDArray[Any]], NDArray[np.bool_]]] = {
    "scl": cloud_scl,
    "qa_pixel": cloud_qa_pixel,
}
"""Cloud that casts an outline, by the ``quality`` of a product; a usable data mask has no such."""

SOUND: dict[str, Callable[[NDArray[Any]], NDArray[np.bool_]]] = {
    "scl": sound_scl,
    "qa_pixel": seen_qa_pixel,
}
"""Where a pixel was measured without fault, so that only the air may hide it."""
