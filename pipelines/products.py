"""The products of a comparison: rasters, objects, pictures, and what they came from."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import dask
import numpy as np

from imagery.cog import CLASSES, DIFF, write_cog
from imagery.geopicture import write_geopictures
from imagery.layers import Layers
from imagery.model import Site
from imagery.pairs import Pair
from imagery.quicklook import View, reduced_classes, write_quicklooks
from imagery.reduce import reduction
from imagery.stac_item import Lineage, stac_item
from imagery.write import Subject, json_text, write_detections, write_text
from pipelines import radar_files, record, retrospect
from pipelines.account import account
from pipelines.config import Options
from pipelines.figure import write_figure
from pipelines.record import Findings, method_of, sensed, simulated

TRUE_COLOUR = ("red", "green", "blue")


def write(
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
    subject = subject_of(pair, site)
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
    if site is not None:
        record.write_outlines(site, folder)
    if found.retrospect is not None:
        retrospect.write(found.retrospect, folder, simulated=subject.simulated)
    if found.story is not None:
        radar_files.write(found.story, folder, simulated=subject.simulated)
    _write_pictures(pair, site, planes, found, folder)
    ids = (pair.before.id, pair.after.id)
    lineage = Lineage(
        f"{subject.site_id or 'diff'}_{ids[0]}_{ids[1]}",
        method_of(pair, options),
        (("tilewitness", version("tilewitness")),),
        ids,
    )
    item = stac_item(folder, grid=pair.grid, subject=subject, lineage=lineage)
    write_text(folder / "item.json", json_text(item))


def subject_of(pair: Pair, site: Site | None) -> Subject:
    """What a comparison is of."""
    moments = sensed(pair.before), sensed(pair.after)
    return Subject(site.id if site else None, *moments, simulated=simulated(pair))


def _write_pictures(
    pair: Pair, site: Site | None, planes: Layers, found: Findings, folder: Path
) -> None:
    factor = reduction(pair.shape)
    before, after = np.split(planes.pictures[:, :, :], 2)
    page = account(pair, site, found)
    view = View(
        before=before,
        after=after,
        classes=reduced_classes(planes.classes, factor),
        metres=abs(pair.grid.resolution.x) * factor,
        subject=subject_of(pair, site),
        credit=page.credit,
    )
    write_quicklooks(view, folder)
    write_geopictures(view, folder, grid=pair.grid, factor=factor)
    write_figure(view, page, folder / "change.png")


def shown_bands(pair: Pair) -> tuple[int, ...]:
    """Bands of a picture: true colour, else the first three, else the first."""
    if set(TRUE_COLOUR) <= set(pair.bands):
        return tuple(pair.bands.index(name) for name in TRUE_COLOUR)
    return (0, 1, 2) if len(pair.bands) >= 3 else (0,)
