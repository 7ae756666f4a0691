"""Run folders made by the project's own writers: small, of any number of statements and objects."""

from __future__ import annotations

import io
import json
import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import shapely
from odc.geo.geobox import GeoBox
from PIL import Image

from imagery.catalogs import SIMULATED
from imagery.dated import Dated
from imagery.detectors.apron import zone_mask
from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Question, Study
from imagery.detectors.trials import Wanted, sized
from imagery.keep import Keep
from imagery.model import Detection
from imagery.run_folder import DERIVED, fingerprint, run_folder
from imagery.sites import load_site
from imagery.write import Subject, json_text, plain, write_detections, write_text
from pipelines import passages, record, verdict_files
from pipelines.claims import file as claims_file
from pipelines.claims.claim import Claim
from pipelines.exhibit import Exhibit, write_exhibit
from pipelines.report import pages
from pipelines.verdict import Link, Seen, Verdict

SITE = load_site("hmeimim")
ZONE = SITE.zones[2]
GRID = GeoBox.from_bbox((767300, 3922000, 768300, 3923200), crs="EPSG:32636", resolution=10)
DATES = 8
COMPARED = "sites/hmeimim/20241210_20241213"
TEXT = """Pictures of an air base

Two large aircraft stood on the transport apron at Hmeimim on 13 December. {hostile} A spokesman
denied it.

Nothing of this paragraph is kept, since it says nothing that a statement was read from.

More flights are expected.
"""
HOSTILE = "<script>window.hacked = 1</script> \"'><img src=x onerror=hacked()> \u202etxt.exe\u2066"


@dataclass(frozen=True)
class Brightest:
    """A witness of the tests: bright spots of the zone, by their height over the ground."""

    zone: Any
    name: str = "brightest"

    def sightings(self, dates, index, earlier):
        return self.against(dates, earlier)(dates[index])

    def against(self, dates, earlier):
        def look(values):
            plane = np.where(self.zone, np.nan_to_num(values).mean(axis=0) - 0.15, 0) * 100
            seen = []
            while plane.max() > 2:
                row, col = np.unravel_index(int(plane.argmax()), plane.shape)
                seen.append(Sighting(int(row), int(col), float(plane.max()), math.nan))
                plane[max(row - 6, 0) : row + 7, max(col - 6, 0) : col + 7] = 0
            return seen

        return look

    def operating_point(self, strongest):
        return 10.0

    def low_point(self, planted, sure):
        return min(0.8 * min(planted, default=-math.inf), sure)


@cache
def exhibited() -> tuple[Exhibit, tuple[float, float]]:
    """Two dates with one bright object in the zone on the later one; and where that stands."""
    zone = zone_mask(ZONE, GRID)
    rows, cols = np.nonzero(zone)
    row, col = int(np.median(rows)), int(np.median(cols))
    values = np.random.default_rng(3).normal(0.15, 0.004, (DATES, 3, *GRID.shape))
    values = values.astype(np.float32)
    values[-1, :, row - 3 : row + 3, col - 3 : col + 3] += 0.2
    values[:, :, :12, :12] = np.nan
    first = datetime(2024, 10, 1, 8, 21, tzinfo=UTC)
    items = tuple(
        pystac.Item(
            f"S2_{n:02d}",
            None,
            None,
            datetime(2024, 12, 13, 8, 21, tzinfo=UTC) if n == DATES - 1 else first + n * WEEK,
            {SIMULATED: True},
        )
        for n in range(DATES)
    )
    dated = Dated(items, GRID, ("blue", "green", "red"), values, (None,) * DATES)
    question = Question(sized("aircraft", 69.1), (0.08, 0.25), zone)
    study = Study(dated, question, Brightest(zone), tuple(range(DATES - 1)), 10.0)
    glance = study.glance(DATES - 1, Wanted(1, 1))
    shown = Exhibit("A1", study, (glance,), DATES - 1, DATES - 2, Wanted(1, 1), (ZONE.id,))
    place = GRID.transform @ (col + 0.5, row + 0.5)
    at = shapely.transform(shapely.Point(place), _lonlat)
    return shown, (at.x, at.y)


WEEK = timedelta(days=7)


def _lonlat(points):
    from pyproj import Transformer

    back = Transformer.from_crs("EPSG:32636", "EPSG:4326", always_xy=True)
    return np.column_stack(back.transform(points[:, 0], points[:, 1]))


def statements(text: str, extra: int = 0) -> tuple[Claim, ...]:
    """One statement that was tested, one routed, one in hostile words, and more of the first."""
    quotes = {
        "A1": "Two large aircraft stood on the transport apron at Hmeimim on 13 December",
        "B2": "More flights are expected",
    }
    listed = [_claim(name, quote, text) for name, quote in quotes.items()]
    if HOSTILE in text:
        listed.append(_claim("H3", HOSTILE, text))
    listed += [replace(listed[0], id=f"X{number:02d}") for number in range(extra)]
    return tuple(sorted(listed, key=lambda one: (one.start, one.id)))


def _claim(name: str, quote: str, text: str) -> Claim:
    start = text.index(quote)
    tested = name == "A1"
    return Claim.from_dict(
        {
            "id": name,
            "quote": quote,
            "start": start,
            "end": start + len(quote),
            "prefix": text[max(0, start - 30) : start],
            "suffix": text[start + len(quote) :][:30],
            "site": "Hmeimim" if name != "H3" else HOSTILE * 100,
            "site_id": "hmeimim" if name != "H3" else None,
            "object_class": "large_aircraft",
            "object_text": "aircraft" if name != "H3" else HOSTILE,
            "count": {"op": "eq", "value": 1},
            "predicate": "present",
            "date": {"start": "2024-12-13", "end": "2024-12-13"},
            "source": None,
            "attribution": [HOSTILE] if name == "H3" else [],
            "hedge": None,
            "checkable": tested,
            "reason": None if tested else "forecast",
        }
    )


def verdict(claim: Claim, shown: Exhibit, place: tuple[float, float], told: Any) -> Verdict:
    """A verdict in the figures of the exhibit; routed claims get the words of a route."""
    if not claim.checkable:
        return Verdict(claim.id, "not_observable", "forecast", "It has not happened yet.")
    date_ = told["dates"][0]
    scene, when = told["decides"], date_["datetime"]
    power, nulls = date_["power_sure"], date_["false_sure"]
    facts = {
        "clear": 1.0,
        "relevance": 1.0,
        "days_off": 0.0,
        "sure": date_["sure"],
        "low": date_["low"],
        "power_found": power["found"],
        "power_trials": power["groups"],
        "power_low_found": power["found"],
        "power_low_trials": power["groups"],
        "null_alarms": nulls["alarms"],
        "null_dates": nulls["nulls"],
        "null_alarms_low": 0,
        "null_any": 0,
        "counted_twice": 0,
        "wrong": nulls["false_alarm"],
        "lr": 8.0,
    }
    link = Link(
        scene, when, *place, None, date_["sightings"][0]["strength"], 10.0, None, 1, 1, 1, 1
    )
    return Verdict(
        claim_id=claim.id,
        verdict="inconclusive",
        reason="uncalibrated",
        sentence="SIMULATED imagery: One object of large-airlifter size was there.",
        lr=8.0,
        posterior=8 / 9,
        power=(power["found"] + 0.5) / (power["groups"] + 1),
        power_ci=tuple(power["ci"]),
        false_alarm=nulls["false_alarm"],
        n_null=nulls["nulls"],
        k_null=nulls["alarms"],
        clear=1.0,
        relevance=1.0,
        links=(link,),
        zones=(ZONE.id,),
        assumptions={
            "length_m": 69.1,
            "span_m": 73.3,
            "size_declared_here": False,
            "least_contrast": 0.08,
            "largest_contrast": 0.25,
            "stays_days": 0.75,
            "objects_planted": 1,
            "objects_sighted": 1,
        },
        seen=(Seen(scene, when, "at", "seen", 1, 1, facts),),
    )


def write_run(
    folder: Path, compared: Path, *, hostile: bool = False, extra: int = 0, objects: int = 0
) -> Path:
    """A verify run of three or more statements, with a comparison that was made before.

    Args:
        folder: Where it goes.
        compared: A run folder of ``compare`` of the site.
        hostile: Put markup, scripts and marks of direction into every name.
        extra: Further statements with pictures of their own.
        objects: Changed objects of the comparison in place of its own.
    """
    text = TEXT.format(hostile=HOSTILE if hostile else "")
    claims = statements(text, extra)
    shown, place = exhibited()
    with run_folder(folder, keep=Keep(folder / "nothing")) as draft:
        file = claims_file.from_text(claims, text, article_date=date(2024, 12, 14))
        claims_file.write(file, draft.folder / "claims.json")
        passages.write(passages.passages(text, claims), draft.folder, text_sha256=file.text_sha256)
        zones = tuple(replace(zone, name=HOSTILE) for zone in SITE.zones) if hostile else SITE.zones
        record.write_outlines(replace(SITE, zones=zones), draft.folder / "sites")
        shutil.copytree(compared, draft.folder / COMPARED, ignore=shutil.ignore_patterns(*DERIVED))
        if objects:
            write_objects(draft.folder / COMPARED / "detections.geojson", objects)
        told = _evidence(draft.folder / "evidence", shown, claims)
        verdicts = [verdict(claim, shown, place, told) for claim in claims]
        _verdicts(draft.folder, file, verdicts)
        draft.seal(_record(file, verdicts, shown, hostile=hostile), custody={})
        pages.write(draft.folder)
    return folder


def write_objects(path: Path, number: int) -> None:
    """So many changed squares in and around the site."""
    random = np.random.default_rng(7)
    west, south, east, north = SITE.bounds
    found = []
    for n in range(number):
        lon, lat = random.uniform(west, east), random.uniform(south, north)
        box = shapely.box(lon, lat, lon + 4e-4, lat + 4e-4)
        zone = ZONE.id if n % 2 else None
        found.append(
            Detection(
                f"d{n:05d}", box, zone, "change", "appeared", 9.0, 1e-4, 0.01, math.nan, 40, 10, 1e3
            )
        )
    moments = (datetime(2024, 12, 10, tzinfo=UTC), datetime(2024, 12, 13, tzinfo=UTC))
    write_detections(found, path, subject=Subject("hmeimim", *moments, True))


def _evidence(folder: Path, shown: Exhibit, claims: Sequence[Claim]) -> Any:
    write_exhibit(folder / "A1", shown)
    told = json.loads((folder / "A1" / "trials.json").read_text())
    for number, claim in enumerate(claims):
        if claim.checkable and claim.id != "A1":
            shutil.copytree(folder / "A1", folder / claim.id)
            for path in (folder / claim.id).glob("plain_*.png"):
                path.write_bytes(_grained(path, number))
            write_text(folder / claim.id / "trials.json", json_text(told | {"claim_id": claim.id}))
    return told


def _grained(path: Path, number: int) -> bytes:
    """The same picture with other grain, so that no two statements share one."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    times = 8
    few = [-(-side // times) for side in pixels.shape[:2]]
    grain = np.random.default_rng(number).integers(-40, 40, (*few, 3))
    grain = grain.repeat(times, axis=0).repeat(times, axis=1)[: pixels.shape[0], : pixels.shape[1]]
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def _verdicts(folder: Path, file: claims_file.ClaimsFile, verdicts: Sequence[Verdict]) -> None:
    document = verdict_files.verdicts_document(
        verdicts,
        claims=file,
        claims_sha256=fingerprint(folder / "claims.json").sha256,
        simulated=True,
    )
    write_text(folder / "verdicts.json", json_text(document))


def _record(
    file: claims_file.ClaimsFile, verdicts: Sequence[Verdict], shown: Exhibit, *, hostile: bool
) -> dict[str, Any]:
    scenes = [
        {
            "id": item.id,
            "datetime": item.datetime.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "product": HOSTILE if hostile else "sentinel-2-l2a",
            "offset": {"status": "subtracted", "reason": HOSTILE if hostile else "declared"},
            "assets": {HOSTILE * 200 if hostile else "data": {"sha256": "ab" * 32}},
            "notes": [],
        }
        for item in shown.study.dated.items
    ]
    return {
        "schema": pages.VERIFY,
        "simulated": True,
        "config": {"method": "rcva", "mask": "product", "history": 730},
        "text_sha256": file.text_sha256,
        "article_date": file.article_date,
        "notes": [],
        "sites": {"hmeimim": {"claimed": [], "scenes": scenes, "refused": [], "sha256": "cd" * 32}},
        "not_compared": [],
        "verdicts": [plain(asdict(one)) for one in verdicts],
        "watch": [],
        "versions": {"tilewitness": "0.1.0"},
    }


@contextmanager
def changed(path: Path) -> Iterator[None]:
    """A file that is put back afterwards."""
    before = path.read_bytes()
    try:
        yield
    finally:
        path.write_bytes(before)
