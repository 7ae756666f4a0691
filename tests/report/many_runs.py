"""Many small run folders, written and sealed by the project's own writers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from small_runs import SITE, TEXT, statements

from imagery.keep import Keep
from imagery.model import Detection, Site
from imagery.run_folder import run_folder
from imagery.write import Subject, json_text, plain, utc_text, write_detections, write_text
from pipelines import record
from pipelines.claims import file as claims_file
from pipelines.report import pages
from pipelines.verdict import Seen, Verdict

LATER = datetime(2024, 12, 13, 8, 23, tzinfo=UTC)
STORIES = ("confirmed", "provisional", None, None, None)
"""Of the history of site after site."""


def site_of(number: int, name: str | None = None) -> Site:
    """Hmeimim's zones somewhere else."""
    step = np.array([(number % 20) * 1.7, (number // 20) * 1.3])
    zones = tuple(
        replace(
            zone,
            id=zone.id.replace("hmeimim", f"place-{number:03d}"),
            geometry=shapely.transform(zone.geometry, lambda points: points + step),
        )
        for zone in SITE.zones
    )
    return replace(SITE, id=f"place-{number:03d}", name=name or f"Place {number}", zones=zones)


def write_comparison(
    folder: Path,
    compared: Path,
    site: Site,
    *,
    later: datetime = LATER,
    story: str | None = None,
    hidden: float = 0.1,
    simulated: bool = True,
) -> Path:
    """A comparison without rasters: its record, objects, outlines and history.

    Args:
        folder: Where it goes.
        compared: A whole run of ``compare``, for what a record says.
        site: Of the comparison.
        later: Sensing time of the later image.
        story: State of the one change that its history tells of.
        hidden: Share of each zone that the later image hides.
        simulated: What its record says.
    """
    base = json.loads((compared / "run.json").read_text())
    del base["products"]
    before, after = base["scenes"]
    earlier = later - timedelta(days=3)
    masked = {zone.id: hidden for zone in site.zones}
    scenes = [
        before | {"datetime": utc_text(earlier), "masked": {zone.id: 0.0 for zone in site.zones}},
        after | {"datetime": utc_text(later), "masked": masked},
    ]
    said = base | {"scenes": scenes, "simulated": simulated}
    said["site"] = base["site"] | {"id": site.id}
    said["state"] = "compared" if hidden < 1 else "no clear view"
    with run_folder(folder, keep=Keep(folder / "nothing")) as draft:
        record.write_outlines(site, draft.folder)
        subject = Subject(site.id, earlier, later, simulated)
        write_detections([_object(site)], draft.folder / "detections.geojson", subject=subject)
        if story:
            write_text(draft.folder / "history.json", json_text(_history(site, story, later)))
            said["history"] = {"used": True, "sentence": "", "left_out": []}
        draft.seal(said, custody={"started": utc_text(later + timedelta(days=1))})
    return folder


def _object(site: Site) -> Detection:
    zone = site.zones[0]
    middle = zone.geometry.representative_point()
    shape = shapely.box(middle.x, middle.y, middle.x + 4e-4, middle.y + 4e-4)
    sizes = (9.0, 1e-4, 0.01, math.nan, 40.0, 10.0, 1e3)
    return Detection("d00001", shape, zone.id, "change", "appeared", *sizes)


def _history(site: Site, story: str, later: datetime) -> Mapping[str, Any]:
    middle = site.zones[0].geometry.representative_point()
    change = {
        "first_seen": utc_text(later),
        "last_seen_without": utc_text(later - timedelta(days=3)),
        "confirmed": utc_text(later) if story == "confirmed" else None,
        "state": story,
        "zone_id": site.zones[0].id,
        "place": [round(middle.x, 6), round(middle.y, 6)],
        "area_m2": 800.0,
    }
    return {"simulated": True, "sentence": "", "dates": [], "alarms": [change]}


def write_statements(
    folder: Path, verdicts: Sequence[str], *, when: datetime = LATER, site: Site = SITE
) -> Path:
    """A verify run without pictures: the statements of ``TEXT`` with these verdicts."""
    text = TEXT.format(hostile="")
    claims = statements(text)
    told = [_verdict(claim.id, word, when) for claim, word in zip(claims, verdicts, strict=True)]
    file = claims_file.from_text(claims, text, article_date=date(2024, 12, 14))
    scene = {"id": "S2", "datetime": utc_text(when), "product": "sentinel-2-l2a"}
    said = {
        "schema": pages.VERIFY,
        "simulated": True,
        "article_date": "2024-12-14",
        "text_sha256": file.text_sha256,
        "sites": {site.id: {"claimed": [], "scenes": [scene], "refused": [], "sha256": ""}},
        "verdicts": [plain(asdict(each)) for each in told],
        "versions": {"tilewitness": "0.1.0"},
    }
    with run_folder(folder, keep=Keep(folder / "nothing")) as draft:
        claims_file.write(file, draft.folder / "claims.json")
        record.write_outlines(site, draft.folder / "sites")
        draft.seal(said, custody={"started": utc_text(when)})
    return folder


def _verdict(name: str, word: str, when: datetime) -> Verdict:
    seen = Seen("S2", str(utc_text(when)), "at", "seen", 1, 1, {"clear": 1.0})
    known = {"posterior": 0.9, "seen": (seen,)} if word in ("supported", "contradicted") else {}
    return Verdict(name, word, None, "A sentence.", **known)


def write_watch_list(folder: Path, compared: Path, number: int) -> Path:
    """Runs of so many sites, in folders of their own."""
    for n in range(number):
        site, story = site_of(n), STORIES[n % len(STORIES)]
        hidden = 1.0 if n % len(STORIES) == 4 else 0.1
        write_comparison(folder / site.id / "run", compared, site, story=story, hidden=hidden)
    return folder
