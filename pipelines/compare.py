"""One place, two dates, one run folder: the whole path on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pystac
from dask.callbacks import Callback

from imagery import change, held, layers, masking, objects, pairs, threads
from imagery.catalogs import PRODUCT, SearchResult, item_from_file
from imagery.codes import MASKED
from imagery.detectors.named import with_classes
from imagery.errors import BandError, GridError, InputError, UnreadableFile
from imagery.held import Standing
from imagery.history import History, NoHistory
from imagery.layers import Layers
from imagery.model import Period, Site
from imagery.objects import Regions
from imagery.pairs import Pair
from imagery.run_folder import Draft, run_folder
from imagery.scenes import choose_pair, further, looks, refused_row, search, site_grid
from imagery.sensors import PRODUCTS
from imagery.sources import Source
from imagery.stack import has_quality
from imagery.witnessed import Witnessed
from pipelines import asked, products, radar_past, retrospect
from pipelines.config import Options
from pipelines.kept import kept
from pipelines.model import Outcome, Watch
from pipelines.radar_past import Story
from pipelines.record import Findings, left_out, run_record
from pipelines.report import pages
from pipelines.retrospect import Retrospect, look_back


@dataclass(frozen=True, slots=True)
class Place:
    """A site, and what is known of its past: by optical dates or by radar passes, never by both."""

    site: Site
    past: History | NoHistory | None = None
    story: Story | None = None


def diff(
    before: Path,
    after: Path,
    out: Path,
    *,
    options: Options,
    watch: Watch,
    custody: Mapping[str, object],
) -> Outcome:
    """Compare two GeoTIFFs; their order is that of the arguments.

    Raises:
        ImageryError: an input is wrong, or the two cannot be trusted together.
    """
    masking.require(options.mask)
    with run_folder(out, keep=kept(options), overwrite=options.overwrite) as draft:
        watch.step("Looking at the files")
        files = [draft.originals.file(path) for path in (before, after)]
        pair = pairs.make(*(item_from_file(path, dated=False) for path in files))
        pair = masking.remasked(pair, draft.scratch, mask=options.mask)
        record = _run(pair, None, draft, options=options, watch=watch)
        said = asked.of_diff(files, draft.originals, options=options)
        draft.seal(record, custody=custody, asked=said)
        pages.write(draft.folder)
    return Outcome(out, record)


def compare(
    site: Site,
    periods: tuple[Period, Period],
    *,
    source: Source,
    out: Path,
    options: Options,
    watch: Watch,
    custody: Mapping[str, object],
) -> Outcome:
    """Compare a site at two dates, with the clearest scene of each period over its zones.

    Args:
        periods: Before, after.
        source: Where scenes come from.

    Raises:
        ImageryError: no scene of a period shows the site, an input is wrong, or could not be had.
    """
    masking.require(options.mask)
    with run_folder(out, keep=kept(options), overwrite=options.overwrite) as draft:
        source = Witnessed(source, draft.originals)
        watch.step("Choosing scenes")
        found = search(source, site, *periods, product=options.product)
        with _refusals_told(found):
            chosen = choose_pair(found.items, site, periods, source=source, product=options.product)
        watch.step("Fetching")
        pair = _fetched(source, site, chosen)
        watch.step("Checking the masks")
        others = _layers(source, further(found.items, site, periods, chosen), pair)
        pair = masking.remasked(pair, draft.scratch, others=others, mask=options.mask)
        watch.step("Gathering the history")
        place = _with_past(source, site, pair, days=options.history)
        record = _run(pair, place, draft, options=options, watch=watch)
        said = asked.of_compare(site, periods, source.answers(), options=options)
        gone = left_out(place.past, place.story)
        draft.seal(record, custody=custody, asked=said, left_out=gone)
        if "part_of" not in custody:  # the page of the whole run shows its comparisons
            pages.write(draft.folder)
    return Outcome(out, record)


def scenes(
    site: Site, period: Period, *, source: Source, product: str | None = None
) -> list[dict[str, Any]]:
    """The scenes of a site in a period, with the reason for each choice or refusal.

    Raises:
        ImageryError: the source cannot be searched or read.
    """
    found = search(source, site, period, product=product)
    rows = [
        look.as_row() for look in looks(found.items, site, period, source=source, product=product)
    ]
    return rows + [refused_row(refused) for refused in found.refused]


@contextmanager
def _refusals_told(found: SearchResult) -> Iterator[None]:
    """Where no scene is left to choose, what the source refused is why, or may be."""
    try:
        yield
    except InputError as error:
        if found.refused:
            first = found.refused[0]
            number = len(found.refused)
            said = "1 scene was" if number == 1 else f"{number} scenes were"
            error.add_note(f"{said} refused, first {first.id}: {first.reason}")
        raise


def _fetched(source: Source, site: Site, chosen: tuple[pystac.Item, pystac.Item]) -> Pair:
    """Both scenes with local files of what the comparison reads, and their grid."""
    bands = pairs.compared_bands(*chosen)
    heads = [source.local(item, bands, over=None) for item in chosen]
    grid = site_grid(site, *heads)
    quality = PRODUCTS[chosen[0].properties[PRODUCT]].quality
    before, after = (
        source.local(
            item, [*bands, *([quality] if quality and has_quality(item) else [])], over=grid
        )
        for item in chosen
    )
    return pairs.make(before, after, grid=grid)


def _with_past(source: Source, site: Site, pair: Pair, *, days: int) -> Place:
    if pair.radar:
        return Place(site, story=radar_past.look_back(source, site, pair, days=days))
    return Place(site, retrospect.gather(source, site, pair, days=days))


def _layers(source: Source, others: Sequence[pystac.Item], pair: Pair) -> list[pystac.Item]:
    """Further dates with their quality layers at hand; one that is damaged tells nothing."""
    quality = PRODUCTS[pair.before.properties[PRODUCT]].quality
    found = []
    for item in others:
        with suppress(UnreadableFile, BandError, GridError):
            found.append(source.local(item, [str(quality)], over=pair.grid))
    return found


def _run(
    pair: Pair,
    place: Place | None,
    draft: Draft,
    *,
    options: Options,
    watch: Watch,
) -> dict[str, Any]:
    """Measure, score, judge and write one pair into a draft folder; the record of the run."""
    with threads.at_most(options.workers):
        watch.step("Registering")
        limit = change.MAX_SHIFT_ERROR_PX[options.method]
        pair = pairs.registered(pair, max_error_px=limit)
        watch.step("Normalising")
        pair = pairs.normalized(pair)
        shown = products.shown_bands(pair)
        planes = layers.create(draft.scratch, pair, shown=shown)
        watch.step("Comparing")
        work = layers.fill(pair, planes, method=options.method, shown=shown, chunk=options.chunk)
        with _progress(watch, work.npartitions):
            usable = int(np.sum(work.compute()))
        found = _findings(pair, place, planes, usable / int(np.prod(pair.shape)), watch=watch)
        found = replace(found, story=place.story if place else None)
        watch.step("Writing")
        site = place.site if place else None
        record = run_record(pair, site, found, options=options)
        products.write(pair, site, draft.folder, planes, found, options=options)
    return record


def _findings(
    pair: Pair, place: Place | None, planes: Layers, usable_share: float, *, watch: Watch
) -> Findings:
    if not usable_share:
        seen = Retrospect(NoHistory("There is nothing to hold against one.")) if place else None
        return Findings(0.0, None, 0.0, (), 0, seen)
    watch.step("Judging")
    null, spread = layers.judge(planes)
    regions = objects.find(planes)
    p, q = objects.significance(regions.peaks, null)
    kept = q <= objects.FDR
    seen, standing = _seen_before(pair, place, planes, regions, watch=watch)
    if standing is not None and seen is not None:
        usual, clouded = kept & standing.usual, kept & standing.clouded
        seen = replace(seen, usual=int(usual.sum()), clouded=int(clouded.sum()))
        kept = kept & ~usual & ~clouded
    codes, outlines = objects.measure(planes, regions, kept, spread=spread, grid=pair.grid)
    if standing is not None:
        codes[clouded] = MASKED
    objects.paint(planes, regions, codes)
    zones = place.site.zones if place else ()
    found = objects.detections(regions, codes, outlines, (p, q), grid=pair.grid, zones=zones)
    classed = with_classes(found, pair, place.site) if place else tuple(found)
    if place is not None and place.story is not None:
        classed = radar_past.with_ships(classed, place.story)
    return Findings(usable_share, null, spread, classed, len(p), seen)


def _seen_before(
    pair: Pair, place: Place | None, planes: Layers, regions: Regions, *, watch: Watch
) -> tuple[Retrospect | None, Standing | None]:
    """What the history says of the site and of each region, where there is one that carries it."""
    if place is None or place.past is None:
        return None, None
    past = place.past
    if isinstance(past, NoHistory):
        return Retrospect(past), None
    watch.step("Looking back")
    judged = held.judge(past, pair)
    thin = held.too_thin(past, judged)
    if thin is not None:
        return Retrospect(thin), None
    return look_back(past, judged, place.site), held.against(planes, regions, judged)


def _progress(watch: Watch, total: int) -> Callback:
    """Tells the watch how many chunks of the local scheduler are done."""
    done = count(1)

    def finished(key: object, *_: object) -> None:
        if isinstance(key, tuple) and str(key[0]).startswith("score-"):
            watch.advance(next(done), total)

    return Callback(posttask=finished)
