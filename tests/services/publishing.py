"""Puts scenes behind the servers, and beside them the same pixels into a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import archive
import numpy as np
from affine import Affine
from archive import Shape
from commands import DAYS
from numpy.typing import NDArray


@dataclass(frozen=True)
class Services:
    """Addresses of the running servers.

    Attributes:
        api: Of the STAC API.
        files: Of the web server.
        root: The folder that it serves.
        load: Loads collections and items (lists of documents) into the API's database.
        log: Of the web server: see ``servers.nginx``.
    """

    api: str
    files: str
    root: Path
    load: Callable[[list[dict[str, Any]], list[dict[str, Any]]], None]
    log: Path

    def sent(self, path: str) -> list[int]:
        """Bytes of each body that the web server sent for addresses that begin with ``path``."""
        lines = [line.split(" ", 1) for line in self.log.read_text().splitlines()]
        return [int(size) for size, asked in lines if asked.startswith(f"/{path}")]


@dataclass(frozen=True)
class Scene:
    """One Item and its pixels.

    Attributes:
        bounds: West, south, east, north of the footprint; None = that of its files.
        nodata: Of its served files; None where they do not say.
        tags: Of its files in a folder, besides the baseline.
    """

    stem: str
    day: str
    shape: Shape
    image: NDArray[np.uint16]
    transform: Affine
    crs: str
    time: str = archive.TIME
    bounds: tuple[float, ...] | None = None
    nodata: int | None = 0
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def outline(self) -> tuple[float, ...]:
        return self.bounds or archive.degrees(self.transform, self.image.shape[1:], self.crs)

    def part(self, rows: slice, columns: slice, **said: Any) -> Scene:
        """A cut of it, with another stem or what else is ``said``."""
        top, left = rows.start or 0, columns.start or 0
        place = self.transform @ Affine.translation(left, top)
        return replace(self, image=self.image[:, rows, columns], transform=place, **said)


def days(shape: Shape, label: str = "") -> tuple[Scene, Scene]:
    """The sample tiles of both days, as an archive of this shape holds them."""
    before, after = (_of_day(shape, day, label) for day in DAYS)
    return before, after


def _of_day(shape: Shape, day: str, label: str) -> Scene:
    image, transform, crs = archive.pixels("hmeimim", day)
    if shape.taken_off:
        image = archive.without_offset(image)
    stem = f"S2A_MSIL2A_{day.replace('-', '')}T082321_N0511_R121_T36SYD{label and '_'}{label}"
    return Scene(stem, day, shape, image, transform, crs)


def serve(services: Services, name: str, scenes: Sequence[Scene]) -> list[dict[str, Any]]:
    """Files of the scenes onto the web server; their Items, of a collection of this name."""
    items = []
    for scene in scenes:
        files = archive.write_cogs(
            services.root / name,
            scene.stem,
            scene.image,
            scene.transform,
            scene.crs,
            nodata=scene.nodata,
        )
        hrefs = {band: f"{services.files}/{name}/{path.name}" for band, path in files.items()}
        shape = replace(scene.shape, collection=name)
        moment = f"{scene.day}T{scene.time}"
        items.append(archive.item(shape, scene.stem, moment, hrefs, scene.outline))
    return items


def publish(services: Services, name: str, scenes: Sequence[Scene]) -> str:
    """The scenes as a collection of the API; its address."""
    services.load([archive.collection(name)], serve(services, name, scenes))
    return f"{services.api}/collections/{name}"


def write_folder(folder: Path, scenes: Sequence[Scene]) -> Path:
    """The same scenes as a folder of tiles, whose tags tell the truth."""
    for scene in scenes:
        tags = {"PROCESSING_BASELINE": "05.11", **scene.tags}
        if scene.shape.taken_off:
            tags["BOA_OFFSET_APPLIED"] = "YES"
        place = (scene.transform, scene.crs)
        archive.write_cogs(folder, scene.stem, scene.image, *place, tags=tags)
    return folder


def altered(items: list[dict[str, Any]], old: str, new: str) -> list[dict[str, Any]]:
    """Items with their files behind another address."""
    return [
        {
            **each,
            "assets": {
                key: {**asset, "href": asset["href"].replace(old, new)}
                for key, asset in each["assets"].items()
            },
        }
        for each in items
    ]
