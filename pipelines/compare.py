"""One place, two dates, one run folder: the whole path on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import dask
import numpy as np
from dask.callbacks import Callback

from imagery import change, layers, objects, pairs
from imagery.catalogs import item_from_file, items_from_folder
from imagery.cog import CLASSES, DIFF, write_cog
from imagery.layers import Layers
from imagery.model import Period, Site
from imagery.pairs import Pair
from imagery.quicklook import View, reduced_classes, write_quicklooks
from imagery.reduce import reduction
from imagery.run_folder import Draft, run_folder
from imagery.scenes import choose_pair, looks, site_grid
from imagery.stac_item import Lineage, stac_item
from imagery.write import Subject, json_text, write_detections, write_text
from pipelines.config import Options
from pipelines.model import Outcome, Watch
from pipelines.record import Findings, run_record, sensed, simulated

TRUE_COLOUR = ("red", "green", "blue")


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
    with run_folder(out, overwrite=options.overwrite) as draft:
        watch.step("Looking at the files")
        pair = pairs.make(*(item_from_file(path, dated=False) for path in (before, after)))
        record = _run(pair, None, draft, options=options, watch=watch)
        draft.seal(record, custody=custody)
    return Outcome(out, record)


def compare(
    site: Site,
    before: Period,
    after: Period,
    *,
    imagery: Path,
    out: Path,
    options: Options,
    watch: Watch,
    custody: Mapping[str, object],
) -> Outcome:
    """Compare a site at two dates, with the clearest scene of each period over its zones.

    Raises:
        ImageryError: no scene of a period shows the site, or an input is wrong.
    """
    with run_folder(out, overwrite=options.overwrite) as draft:
        watch.step("Choosing scenes")
        items = items_from_folder(imagery)
        chosen = choose_pair(items, site, before, after)
        grid = site_grid(site, *chosen)
        record = _run(pairs.make(*chosen, grid=grid), site, draft, options=options, watch=watch)
        draft.seal(record, custody=custody)
    return Outcome(out, record)


def scenes(site: Site, period: Period, *, imagery: Path) -> list[dict[str, Any]]:
    """The scenes of a site in a period, with the reason for each choice or refusal."""
    return [look.as_row() for look in looks(items_from_folder(imagery), site, period)]


def _run(
    pair: Pair,
    site: Site | None,
    draft: Draft,
    *,
    options: Options,
    watch: Watch,
) -> dict[str, Any]:
    """Measure, score, judge and write one pair into a draft folder; the record of the run."""
    with _workers(options.workers):
        watch.step("Registering")
        limit = change.MAX_SHIFT_ERROR_PX[options.method]
        pair = pairs.registered(pair, max_error_px=limit)
        watch.step("Normalising")
        pair = pairs.normalized(pair)
        shown = _shown(pair)
        planes = layers.create(draft.scratch, pair, shown=shown)
        watch.step("Comparing")
        found = _findings(pair, site, planes, shown, options=options, watch=watch)
        watch.step("Writing")
        record = run_record(pair, site, found, method=options.method)
        _write(pair, site, draft.folder, planes, found, options=options)
    return record


def _findings(
    pair: Pair,
    site: Site | None,
    planes: Layers,
    shown: tuple[int, ...],
    *,
    options: Options,
    watch: Watch,
) -> Findings:
    work = layers.fill(pair, planes, method=options.method, shown=shown, chunk=options.chunk)
    with _progress(watch, work.npartitions):
        usable = int(np.sum(work.compute()))
    share = usable / int(np.prod(pair.shape))
    if not usable:
        return Findings(0.0, None, 0.0, (), 0)
    watch.step("Judging")
    null, spread = layers.judge(planes)
    regions = objects.find(planes)
    p, q = objects.significance(regions.peaks, null)
    kept = q <= objects.FDR
    codes, outlines = objects.measure(planes, regions, kept, spread=spread, grid=pair.grid)
    objects.paint(planes, regions, codes)
    zones = site.zones if site else ()
    found = objects.detections(regions, codes, outlines, (p, q), grid=pair.grid, zones=zones)
    return Findings(share, null, spread, tuple(found), len(p))


def _write(
    pair: Pair,
    site: Site | None,
    folder: Path,
    planes: Layers,
    found: Findings,
    *,
    options: Options,
) -> None:
    """Every product but ``run.json``, which the draft writes when it is sealed."""
    workers = options.workers or dask.system.CPU_COUNT
    subject = Subject(
        site.id if site else None, sensed(pair.before), sensed(pair.after), simulated(pair)
    )
    tags = (("SIMULATED", "YES"),) if subject.simulated else ()
    for name, scratch, encoding in (
        ("diff.tif", planes.diff, DIFF),
        ("classes.tif", planes.classes, CLASSES),
    ):
        path = folder / name
        write_cog(
            scratch, path, grid=pair.grid, encoding=replace(encoding, tags=tags), workers=workers
        )
    write_detections(found.detections, folder / "detections.geojson", subject=subject)
    _write_pictures(pair, subject, planes, folder)
    ids = (pair.before.id, pair.after.id)
    lineage = Lineage(
        f"{subject.site_id or 'diff'}_{ids[0]}_{ids[1]}",
        options.method,
        (("tilewitness", version("tilewitness")),),
        ids,
    )
    item = stac_item(folder, grid=pair.grid, subject=subject, lineage=lineage)
    write_text(folder / "item.json", json_text(item))


def _write_pictures(pair: Pair, subject: Subject, planes: Layers, folder: Path) -> None:
    factor = reduction(pair.shape)
    before, after = np.split(planes.pictures[:, :, :], 2)
    view = View(
        before=before,
        after=after,
        classes=reduced_classes(planes.classes, factor),
        metres=abs(pair.grid.resolution.x) * factor,
        subject=subject,
    )
    write_quicklooks(view, folder)


def _shown(pair: Pair) -> tuple[int, ...]:
    """Bands of a picture: true colour, else the first three, else the first."""
    if set(TRUE_COLOUR) <= set(pair.bands):
        return tuple(pair.bands.index(name) for name in TRUE_COLOUR)
    return (0, 1, 2) if len(pair.bands) >= 3 else (0,)


@contextmanager
def _workers(number: int | None) -> Iterator[None]:
    with dask.config.set(num_workers=number) if number else dask.config.set():
        yield


def _progress(watch: Watch, total: int) -> Callback:
    """Tells the watch how many chunks of the local scheduler are done."""
    done = count(1)

    def finished(key: object, *_: object) -> None:
        if isinstance(key, tuple) and str(key[0]).startswith("score-"):
            watch.advance(next(done), total)

    return Callback(posttask=finished)
