"""The products of a comparison: rasters, objects, pictures, and what they came from."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import dask
import numpy as np

from imagery.cog import CLASSES, DIFF, write_cog
from imagery.layers import Layers
from imagery.model import Site
from imagery.pairs import Pair
from imagery.quicklook import View, reduced_classes, write_quicklooks
from imagery.reduce import reduction
from imagery.stac_item import Lineage, stac_item
from imagery.write import Subject, json_text, write_detections, write_text
from pipelines import retrospect
from pipelines.config import Options
from pipelines.record import Findings, sensed, simulated

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
    if found.retrospect is not None:
        retrospect.write(found.retrospect, folder, simulated=subject.simulated)
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


def shown_bands(pair: Pair) -> tuple[int, ...]:
    """Bands of a picture: true colour, else the first three, else the first."""
    if set(TRUE_COLOUR) <= set(pair.bands):
        return tuple(pair.bands.index(name) for name in TRUE_COLOUR)
    return (0, 1, 2) if len(pair.bands) >= 3 else (0,)
