"""What a page speaks of, put together from the products of a run that are as the run left them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imagery.quicklook import ENLARGED_TO_PX
from imagery.reduce import reduction
from pipelines.report.folder import Run
from pipelines.report.pictures import Album
from pipelines.report.sheet import Sheet

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of two dates: a run of its own, or part of one.

    Attributes:
        name: Its folder with a slash, empty for the run itself.
        record: Its ``run.json``.
        features: Of ``detections.geojson``.
        occupancy: Rows of ``occupancy.csv``.
        outlines: Zones, a GeoJSON FeatureCollection; None where there is no site.
    """

    name: str
    record: Mapping[str, Any]
    features: Sequence[Facts]
    occupancy: Sequence[Mapping[str, str]]
    outlines: Facts | None = None

    @property
    def site_id(self) -> str | None:
        """Of the site that was compared."""
        site = self.record.get("site")
        return None if site is None else str(site["id"])

    @property
    def moments(self) -> tuple[str | None, str | None]:
        """Sensing times, ISO."""
        before, after = self.record["scenes"]
        return before["datetime"], after["datetime"]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures within their frames."""
        shape = self.record["grid"]["shape"]
        factor = reduction(tuple(shape))
        height, width = (-(-side // factor) for side in shape)
        times = max(1, ENLARGED_TO_PX // max(height, width))
        return width * times, height * times

    def sheet(self, width: int, height: int) -> Sheet:
        """The ground under a picture of the whole grid."""
        grid = self.record["grid"]
        times = width / grid["shape"][1]
        return Sheet(grid["crs"], tuple(grid["transform"]), (0, 0), times, width, height)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The content of a verify run.

    Attributes:
        run: The folder.
        album: Gets the pictures of the page.
        claims: By id, in their order; empty where ``claims.json`` is damaged.
        verdicts: By id, in their order.
        trials: By claim id, of statements that were tested.
        scenes: By scene id.
        outlines: By site id.
        comparisons: In the order of their names.
        unlinked: Changed objects that no statement speaks of.
    """

    run: Run
    album: Album
    claims: Mapping[str, Facts]
    verdicts: Mapping[str, Facts]
    trials: Mapping[str, Facts] = field(default_factory=dict)
    scenes: Mapping[str, Facts] = field(default_factory=dict)
    outlines: Mapping[str, Facts] = field(default_factory=dict)
    comparisons: Sequence[Comparison] = ()
    unlinked: Sequence[Facts] = ()

    def zone_names(self, site_id: str | None) -> dict[str, str]:
        """Names of the zones of a site by their id, the site's in front."""
        return zone_names(site_id, self.outlines.get(str(site_id)))

    @property
    def numbers(self) -> dict[str, int]:
        """The number that each statement has in the page."""
        return {name: number for number, name in enumerate(self.verdicts, 1)}

    def of_site(self, site_id: str | None) -> list[Comparison]:
        """The comparisons of a site."""
        return [one for one in self.comparisons if one.site_id == site_id]


def zone_names(site_id: str | None, outlines: Mapping[str, Any] | None) -> dict[str, str]:
    """Names of zones by their id, the site's in front."""
    features = [] if outlines is None else outlines["features"]
    ids = [str(each["properties"]["id"]).removeprefix(f"{site_id}.") for each in features]
    return {
        f"{site_id}.{own}": each["properties"]["name"]
        for own, each in zip(ids, features, strict=True)
    }


def gather(run: Run, album: Album) -> Gathered:
    """Put together what a verify run left."""
    claims = run.parsed("claims.json") or {"claims": []}
    document = run.parsed("verdicts.json") or {"unlinked": []}
    verdicts = {each["claim_id"]: each for each in run.record["verdicts"]}
    sites = run.record["sites"]
    return Gathered(
        run=run,
        album=album,
        claims={each["id"]: each for each in claims["claims"]},
        verdicts=verdicts,
        trials={
            name: found
            for name in verdicts
            if (found := run.parsed(f"evidence/{name}/trials.json")) is not None
        },
        scenes={scene["id"]: scene for site in sites.values() for scene in site["scenes"]},
        outlines={
            name: found
            for name in sites
            if (found := run.parsed(f"sites/{name}.geojson")) is not None
        },
        comparisons=[
            compared(run, name.removesuffix("run.json"))
            for name in run.names("/run.json")
            if run.has(name)
        ],
        unlinked=document["unlinked"],
    )


def compared(run: Run, name: str = "") -> Comparison:
    """Put together what a comparison left.

    Args:
        run: The run, or the one that it is part of.
        name: Its folder in that run with a slash, empty for the run itself.
    """
    record = run.record if not name else run.parsed(f"{name}run.json")
    found = run.parsed(f"{name}detections.geojson") or {"features": []}
    table = run.data(f"{name}occupancy.csv")
    site = record.get("site")
    return Comparison(
        name,
        record,
        found["features"],
        () if table is None else list(csv.DictReader(io.StringIO(table.decode("utf-8")))),
        None if site is None else run.parsed(f"{name}{site['id']}.geojson"),
    )
