"""What of a search is one acquisition: twins dropped, a pass that was cut into tiles put together.

Archives hold one acquisition several times (processed again, or listed twice) and cut one pass
into tiles, of two UTM zones and two days at UTC midnight. A comparison needs one scene of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from imagery.catalogs import NOTES, PROCESSED, PRODUCT, TILE, UNDATED
from imagery.errors import DateError
from imagery.parts import compose

PASS = timedelta(minutes=2)
"""A satellite crosses 800 km in two minutes, and comes back to a place after hours at least."""

BATCH = timedelta(days=1)
"""Two processings farther apart are two; the pieces of one are made within hours."""

ALIKE = 0.9
"""Two footprints that share this part of their union are of one tile."""

SLIVER = 1e-3
"""Part of a site's area that is not worth another file; outlines of footprints are no better."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A scene that is not offered by itself.

    Attributes:
        merged: True where it is a part of another Item, False where that one replaces it.
        reason: For a reader.
    """

    item: pystac.Item
    merged: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Passes:
    """One Item for each acquisition.

    Attributes:
        items: By datetime and id; of those that were preferred to others the notes say so.
        dropped: What is in none of them or only a part, by datetime and id.
    """

    items: tuple[pystac.Item, ...]
    dropped: tuple[Dropped, ...]


def group(items: Sequence[pystac.Item], ground: BaseGeometry) -> Passes:
    """One Item for each acquisition that shows the ground; others are left as they are.

    Of twins the newest baseline is kept, then the newest processing, then the first by id. Of the
    tiles of one pass the fewest that cover the ground are taken, and where they are several, put
    together: the first by id lies on top.

    Args:
        items: Canonical; order does not matter.
        ground: The site's zones, longitude and latitude.

    Raises:
        DateError: an Item has no datetime.
    """
    kept: list[pystac.Item] = []
    dropped: list[Dropped] = []
    for found in _passes(sorted(items, key=_order), ground):
        single = _without_twins(found, ground, dropped)
        for names in sorted({tuple(sorted(band_names(item))) for item in single}):
            tiles = [item for item in single if tuple(sorted(band_names(item))) == names]
            kept += tiles if len(tiles) < 2 else [_covering(tiles, ground, dropped)]
    return Passes(
        tuple(sorted(kept, key=_order)), tuple(sorted(dropped, key=lambda d: _order(d.item)))
    )


def moment(item: pystac.Item) -> datetime:
    """When a scene was taken, UTC.

    Raises:
        DateError: nothing says so.
    """
    if item.datetime is None:
        raise DateError(item.id, "is not known", "Give the scene a datetime.")
    return item.datetime.astimezone(UTC)


def note(item: pystac.Item, sentence: str) -> None:
    """Add a sentence to the notes of an Item, once."""
    said = item.properties.setdefault(NOTES, [])
    if sentence not in said:
        said.append(sentence)


def band_names(item: pystac.Item) -> frozenset[str]:
    """Canonical names of all layers of a scene, its quality layer among them."""
    return frozenset(
        band["name"] for asset in item.assets.values() for band in asset.extra_fields["eo:bands"]
    )


def _order(item: pystac.Item) -> tuple[datetime, str, list[str]]:
    # Files tell apart what has one time and one id.
    return moment(item), item.id, _files(item)


def _files(item: pystac.Item) -> list[str]:
    return sorted(asset.href for asset in item.assets.values())


def _passes(items: Sequence[pystac.Item], ground: BaseGeometry) -> list[list[pystac.Item]]:
    """Items of one pass together; what does not show the ground or has no date stays alone."""
    alone: list[list[pystac.Item]] = []
    found: list[list[pystac.Item]] = []
    for item in items:
        if _shown(item, ground).area == 0 or item.properties.get(UNDATED, False):
            alone.append([item])
            continue
        home = next((p for p in found if all(_one_pass(item, other) for other in p)), None)
        if home is None:
            found.append([item])
        else:
            home.append(item)
    return alone + found


def _one_pass(one: pystac.Item, other: pystac.Item) -> bool:
    said, also = one.properties, other.properties
    if said[PRODUCT] != also[PRODUCT] or abs(moment(one) - moment(other)) > PASS:
        return False
    for key in ("platform", "sat:relative_orbit"):
        if key in said and key in also and said[key] != also[key]:
            return False
    if _files(one) == _files(other):
        return True
    # Of a day without a time nobody knows the pass: only neighbours are then taken to be one.
    day_only = any(moment(item).time() == time.min for item in (one, other))
    return not (day_only and _same_tile(one, other) and _rank(one)[:2] == _rank(other)[:2])


def _same_tile(one: pystac.Item, other: pystac.Item) -> bool:
    tiles = [item.properties.get(TILE) for item in (one, other)]
    if all(tiles):
        return tiles[0] == tiles[1]
    first, second = (shapely.geometry.shape(item.geometry) for item in (one, other))
    union = (first | second).area
    return bool(union > 0 and (first & second).area / union >= ALIKE)


def _rank(item: pystac.Item) -> tuple[float, float, str]:
    """The least is the best of twins."""
    baseline = item.properties.get("s2:processing_baseline")
    made = _processed(item)
    newest = 0.0 if made is None else -made.timestamp()
    return 0.0 if baseline is None else -float(baseline), newest, item.id


def _processed(item: pystac.Item) -> datetime | None:
    text = item.properties.get(PROCESSED)
    if text is None:
        return None
    made = datetime.fromisoformat(text)
    return made.replace(tzinfo=UTC) if made.tzinfo is None else made


def _without_twins(
    items: Sequence[pystac.Item], ground: BaseGeometry, dropped: list[Dropped]
) -> list[pystac.Item]:
    kept: list[pystac.Item] = []
    for item in sorted(items, key=_rank):
        better = next((one for one in kept if _replaces(one, item, ground)), None)
        if better is None:
            kept.append(item)
            continue
        why = _twin_reason(better, item)
        dropped.append(Dropped(item, False, f"{why}; {better.id} is taken"))
        note(better, f"{item.id} is the same acquisition, {why}, and is not used.")
    return kept


def _replaces(kept: pystac.Item, item: pystac.Item, ground: BaseGeometry) -> bool:
    """Whether a twin that ranks higher shows all that ``item`` would."""
    if _files(kept) == _files(item):
        return True
    if not _same_tile(kept, item) or not band_names(kept) >= band_names(item):
        return False
    own = _shown(item, ground)
    if (own - _shown(kept, ground)).area > SLIVER * own.area:
        return False
    # The outline of a file says nothing of which of its pixels hold data, and one tile may be cut
    # into two files of its size; the outline that an archive gives does say it.
    return _two_batches(kept, item) or not (_on_disk(kept) or _on_disk(item))


def _two_batches(one: pystac.Item, other: pystac.Item) -> bool:
    if _rank(one)[0] != _rank(other)[0]:
        return True
    made = _processed(one), _processed(other)
    return made[0] is not None and made[1] is not None and abs(made[0] - made[1]) > BATCH


def _on_disk(item: pystac.Item) -> bool:
    return any("proj:shape" in asset.extra_fields for asset in item.assets.values())


def _twin_reason(kept: pystac.Item, item: pystac.Item) -> str:
    if _files(kept) == _files(item):
        return "listed twice"
    old, new = (i.properties.get("s2:processing_baseline") for i in (item, kept))
    if old != new:
        return f"processed with baseline {old or 'unknown'} and not {new or 'unknown'}"
    return "processed earlier" if _two_batches(kept, item) else "another copy of it"


def _covering(
    items: Sequence[pystac.Item], ground: BaseGeometry, dropped: list[Dropped]
) -> pystac.Item:
    """The fewest of the tiles of a pass that show what all of them show, as one Item."""
    chosen, rest = _fewest(items, ground)
    # Outlines of one tile differ from archive to archive; its name does not, nor then the result.
    chosen.sort(key=lambda item: item.id)
    made = chosen[0] if len(chosen) == 1 else compose(chosen)
    if len(chosen) > 1:
        dropped += [Dropped(item, True, f"part of the pass {made.id}") for item in chosen]
        note(made, f"One pass, put together from {' and '.join(item.id for item in chosen)}.")
    for item in rest:
        dropped.append(Dropped(item, False, f"of the same pass; {made.id} shows all of the site"))
    return made


def _fewest(
    items: Sequence[pystac.Item], ground: BaseGeometry
) -> tuple[list[pystac.Item], list[pystac.Item]]:
    """Those that add most of the ground, one after the other, and those that add nothing."""
    # By tile first, so that two passes choose alike where tiles overlap.
    waiting = sorted(items, key=lambda item: (item.properties.get(TILE, ""), _rank(item)))
    chosen: list[pystac.Item] = []
    missing = ground
    while waiting:
        gains = [_shown(item, missing).area for item in waiting]
        best = max(gains)
        if not chosen or best > SLIVER * ground.area:
            taken = next(n for n, gain in enumerate(gains) if gain >= best * (1 - SLIVER))
        else:
            taken = next((n for n, item in enumerate(waiting) if _hidden(item, chosen)), -1)
        if taken < 0:
            break
        chosen.append(waiting.pop(taken))
        missing = missing - shapely.geometry.shape(chosen[-1].geometry)
    return chosen, waiting


def _hidden(item: pystac.Item, chosen: Sequence[pystac.Item]) -> bool:
    """Whether it is a file of one tile with a chosen one: outlines say nothing of their pixels."""
    return _on_disk(item) and any(_same_tile(item, one) and _on_disk(one) for one in chosen)


def _shown(item: pystac.Item, ground: BaseGeometry) -> BaseGeometry:
    return ground & shapely.geometry.shape(item.geometry)
