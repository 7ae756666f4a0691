"""What the sentence of a verdict may speak of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sentence may speak of; what is None is passed over.

    Attributes:
        simulated: Whether the imagery is generated.
        sensor: "Sentinel-2".
        zone: Name of the zones, "main apron"; an article is put before it.
        kind: ``aircraft``, ``helicopter``, ``vehicle`` or ``vessel``.
        length_m, span_m: Of the size that was looked for, metres.
        claim_start, claim_end: The claimed days; None where open.
        day: Of the image that decides, UTC; of a change, of the later one.
        day_before: Of a change, of the image before it.
        images: Images that were weighed.
        clear: Share of the zones that the deciding image shows, 0 to 1.
        seen: Objects that are sure in it, of a change after it.
        possible: Objects that cannot be ruled out, the sure ones included.
        seen_before: Sure objects before a change.
        losses: Whether the images were asked for what had left, not for what was there.
        wanted: Objects that must be seen for the statement to hold; with ``most``, one more than it
            allows.
        most: Whether the statement says "at most".
        earlier: Dates that the image was held against; None where it was judged alone.
        power: Measured share of planted groups that were found, 0 to 1.
        miss: Chance of having missed the claimed state in all images that rule it out, 0 to 1.
        n_null, k_null: Null dates or places, and those with a false alarm.
        n_any: Null dates or places with any sure sighting, be they fewer than claimed.
        places: Whether null trials are look-alike places and not dates.
        gap_days: From the image to the claimed time, days.
        stays_days: How long such an object is assumed to stay, days.
        passes: Later passes that show the objects gone.
        dates_needed: Earlier dates that would be enough; of later passes the rules say how many.
        came, left: Objects that came or left between two dates.
        shown_share: Share of the ground over which such a change is found with at least
            ``evidence.UNCHANGED_POWER``, 0 to 1.
        smallest_m: Length of the smallest change of interest, metres.
        pixel_m: Of the image, metres.
        needed_pixel_m: The coarsest pixels that could show such an object, metres.
        error_px, allowed_px: Of the registration, pixels.
        ratio: Likelihood ratio, claim against no claim.
    """

    simulated: bool = False
    sensor: str | None = None
    zone: str | None = None
    kind: str | None = None
    length_m: float | None = None
    span_m: float | None = None
    claim_start: date | None = None
    claim_end: date | None = None
    day: date | None = None
    day_before: date | None = None
    images: int = 1
    clear: float | None = None
    seen: int | None = None
    possible: int | None = None
    seen_before: int | None = None
    losses: bool = False
    wanted: int = 1
    most: bool = False
    earlier: int | None = None
    power: float | None = None
    miss: float | None = None
    n_null: int | None = None
    k_null: int | None = None
    n_any: int | None = None
    places: bool = False
    gap_days: float | None = None
    stays_days: float | None = None
    passes: int | None = None
    dates_needed: int | None = None
    came: int | None = None
    left: int | None = None
    shown_share: float | None = None
    smallest_m: float | None = None
    pixel_m: float | None = None
    needed_pixel_m: float | None = None
    error_px: float | None = None
    allowed_px: float | None = None
    ratio: float | None = None
