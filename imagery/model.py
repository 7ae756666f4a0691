"""The records that travel along the path: frozen, checked once when made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from imagery.errors import InputError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Direction = Literal["appeared", "disappeared", "changed", "present"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of a site.

    Attributes:
        id: Unique, its site's in front, such as ``hmeimim.apron``.
        name: As a reader would write it.
        kind: What stands there (``apron``, ``runway``, ``pier``, ``roadstead``...).
        status: ``traced`` from a citable source, ``approximate``, or ``user``.
        source: Where the outline comes from.
        uncertainty_m: How far the outline may be off, in metres.
        geometry: Outline, longitude and latitude in EPSG:4326.
    """

    id: str
    name: str
    kind: str
    status: str
    source: str
    uncertainty_m: float
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Site:
    """A place with zones.

    Attributes:
        id: Registry id (``hmeimim``) or the stem of the user's file.
        name: As a reader would write it.
        aliases: Other names and transliterations, in any script.
        zones: At least one, in the order of the file.
        sha256: Of the file that the site was read from.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    zones: tuple[Zone, ...]
    sha256: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(west, south, east, north) in degrees over all zones."""
        boxes = [zone.geometry.bounds for zone in self.zones]
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open interval of time in UTC: ``start <= t < end``."""

    start: datetime
    end: datetime

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a day ``2024-12-10`` or a range of days ``2024-12-01/2024-12-10`` (both included).

        Raises:
            InputError: the text is neither, or the range runs backwards.
        """
        first, slash, last = text.partition("/")
        try:
            start = date.fromisoformat(first)
            end = date.fromisoformat(last) if slash else start
            after = end + timedelta(days=1)
        except (ValueError, OverflowError):
            expected = "a day 2024-12-10 or a range 2024-12-01/2024-12-10"
            raise InputError("date", text, expected) from None
        if end < start:
            raise InputError("date range", text, "the earlier day first")
        midnight = time(tzinfo=UTC)
        return cls(datetime.combine(start, midnight), datetime.combine(after, midnight))

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Detection:
    """One changed object.

    Attributes:
        geometry: Outline, longitude and latitude in EPSG:4326.
        zone_id: The zone that holds most of it, or None.
        object_class: Coarse class, ``change`` where no detector has spoken.
        direction: ``appeared`` where it contrasts with its surround more after than before;
            ``present`` from one date alone.
        score: Peak robust z.
        p: Probability of such an object under the pair's own null.
        q: ``p`` after Benjamini-Hochberg over the objects of the pair.
        probability: Calibrated probability of the class, NaN where none is calibrated.
        length_m: Long side of the smallest enclosing rectangle, metres.
        length_sd_m: Its standard deviation, metres.
        area_m2: Square metres.
    """

    id: str
    geometry: BaseGeometry
    zone_id: str | None
    object_class: str
    direction: Direction
    score: float
    p: float
    q: float
    probability: float
    length_m: float
    length_sd_m: float
    area_m2: float
