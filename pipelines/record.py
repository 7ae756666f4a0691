"""What ``run.json`` says of a comparison: facts that follow from the input alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pystac

from imagery import calibration, sar_change, sar_tracks, stack
from imagery.catalogs import KEPT, NOTES, PRODUCT, SIMULATED, SOURCE, UNDATED
from imagery.errors import WriteError
from imagery.history import History, NoHistory
from imagery.keep import sha256
from imagery.learned_mask import PACKAGES
from imagery.masking import PRODUCT_MASK
from imagery.model import Detection, Site
from imagery.null import CANDIDATE, Null
from imagery.objects import FDR
from imagery.pairs import Pair
from imagery.parts import parts
from imagery.views import structures, zone_masks
from imagery.write import geometry, json_text, utc_text, write_text
from pipelines import radar_files
from pipelines.config import Options
from pipelines.radar_past import Story
from pipelines.retrospect import Retrospect, facts

SCHEMA = "tilewitness-run/1"
LIBRARIES = (
    "dask",
    "numba",
    "numpy",
    "odc-geo",
    "odc-stac",
    "pyproj",
    "rasterio",
    "scikit-image",
    "scipy",
    "shapely",
    "xarray",
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found between two scenes.

    Attributes:
        clear_share: Of the grid, usable at both dates.
        null: The pair's own; None without a clear view.
        difference_spread: Of ``signed`` before it was divided by it, noise units.
        detections: The objects that are kept.
        candidates: Objects that were tested.
        retrospect: What the site's history says; None where two files were given, and of radar.
        story: What the site's radar passes say; None of optical scenes, and of two files.
    """

    clear_share: float
    null: Null | None
    difference_spread: float
    detections: tuple[Detection, ...]
    candidates: int
    retrospect: Retrospect | None = None
    story: Story | None = None


def run_record(
    pair: Pair, site: Site | None, found: Findings, *, options: Options
) -> dict[str, Any]:
    """The record of a run: no clock, host, absolute path or thread count is in it."""
    libraries = ("tilewitness", *LIBRARIES, *(PACKAGES if options.mask != PRODUCT_MASK else ()))
    directions = Counter(detection.direction for detection in found.detections)
    return {
        "schema": SCHEMA,
        "state": "compared" if found.null else "no clear view",
        "simulated": simulated(pair),
        "config": {
            "method": method_of(pair, options),
            "mask": options.mask,
            "history": options.history,
        },
        "site": site and {"id": site.id, "sha256": site.sha256, "zones": _zones(site)},
        "scenes": _scenes(pair, site),
        "grid": {
            "crs": str(pair.grid.crs),
            "shape": list(pair.grid.shape),
            "transform": list(pair.grid.transform)[:6],
            "pixel_m": abs(pair.grid.resolution.x),
            "bands": list(pair.bands),
        },
        "masks_held_against": [_held(item) for item in pair.further],
        "history": found.retrospect and _history(found.retrospect),
        "clear_share": round(found.clear_share, 6),
        "registration": _finite(asdict(pair.registration)) if pair.registration else None,
        "normalization": _normalization(pair),
        "null": found.null and asdict(found.null) | {"difference_spread": found.difference_spread},
        "threshold": {
            "candidate_probability": CANDIDATE,
            "score": found.null and found.null.score(found.null.threshold),
            "fdr": FDR,
            "source": "the pair's own null: docs/decisions/0005-null.md",
            "candidates": found.candidates,
        },
        "detections": {name: directions[name] for name in ("appeared", "disappeared", "changed")},
        "versions": {name: version(name) for name in libraries},
    } | ({"radar": _radar(pair, found.story)} if pair.radar else {})


def _scenes(pair: Pair, site: Site | None) -> list[dict[str, Any]]:
    """Both scenes; what was doubtful between the two stands with the later one."""
    before, after = (scene(item) | _masked(item, pair, site) for item in (pair.before, pair.after))
    return [before, after | {"notes": [*after["notes"], *pair.notes]}]


def method_of(pair: Pair, options: Options) -> str:
    """What the change score of a pair is made by: radar has a method of its own."""
    return sar_change.METHOD if pair.radar else options.method


def _radar(pair: Pair, story: Story | None) -> dict[str, Any]:
    """Of each date track, units and angle; of both looks, gain and step; what all passes say."""
    found = pair.speckle
    return {
        "passes": [_pass(item) for item in (pair.before, pair.after)],
        "looks": _by_band(pair, found.single if found else None),
        "looks_3x3": _by_band(pair, found.looks if found else None),
        "gain": _by_band(pair, found.gain if found else None),
        "steps": [asdict(step) for step in pair.steps],
        "past": story and _past_of(story),
    }


def _past_of(story: Story) -> dict[str, Any]:
    items = story.series.items if story.series else ()
    return radar_files.facts(story) | {"passes": [_held(item) for item in items]}


def _by_band(pair: Pair, values: Sequence[float] | None) -> dict[str, float] | None:
    return None if values is None else dict(zip(pair.bands, values, strict=True))


def _pass(item: pystac.Item) -> dict[str, Any]:
    track = sar_tracks.track_of(item)
    units: dict[str, str] = {}
    for part in parts(item):
        units |= calibration.known_units(part)
    return {
        "id": item.id,
        "track": track and asdict(track),
        "units": units,
        "incidence_angle": item.properties.get("view:incidence_angle"),
    }


def simulated(pair: Pair) -> bool:
    """True where either scene says of itself that it is simulated."""
    return any(item.properties.get(SIMULATED, False) for item in (pair.before, pair.after))


def sensed(item: pystac.Item) -> datetime | None:
    """When a scene was taken, UTC; None where nothing says so."""
    return None if item.properties.get(UNDATED, False) else item.datetime


def scene(item: pystac.Item) -> dict[str, Any]:
    """Id, time, offset decision and the SHA-256 of every file of a scene."""
    decision = stack.offset_decision(item)
    return {
        "id": item.id,
        "datetime": utc_text(sensed(item)),
        "product": item.properties[PRODUCT],
        "offset": asdict(decision),
        "assets": {name: {"sha256": digest} for name, digest in sorted(_assets(item).items())},
        "notes": list(item.properties.get(NOTES, [])),
    }


def left_out(
    past: History | NoHistory | None = None, story: Story | None = None
) -> list[dict[str, str]]:
    """What could not be used, with the reason, for the custody log."""
    gone = (*(past.left_out if past else ()), *(story.left_out if story else ()))
    return [{"scene": each.id, "reason": each.reason} for each in gone]


def _history(found: Retrospect) -> dict[str, Any]:
    past = found.past
    items = past.items[:-1] if isinstance(past, History) else ()
    return facts(found) | {"scenes": [_held(item) for item in items]}


def _assets(item: pystac.Item) -> dict[str, str]:
    """SHA-256 of each file; of one that was fetched in parts, the digest of these."""
    digests = {}
    for key, asset in item.assets.items():
        source, kept = (asset.extra_fields.get(name) for name in (SOURCE, KEPT))
        if source is not None:
            digests[key] = source["sha256"]
        else:
            path = Path(asset.href)
            digests[path.name] = kept["sha256"] if kept else sha256(path)
    return digests


def _masked(item: pystac.Item, pair: Pair, site: Site | None) -> dict[str, Any]:
    """What the mask of a scene took of each zone, and what of it was not believed.

    What is masked is not unchanged.
    """
    zones = site.zones if site else ()
    whole, each = structures(item, zones, pair.grid)
    overruled = {"mask_overruled": {"total_ha": whole, "zones_ha": each}}
    return overruled | ({"masked": zone_masks(item, zones, pair.grid, pair.bands)} if site else {})


def _held(item: pystac.Item) -> dict[str, Any]:
    """A further date that was looked at."""
    assets = {name: {"sha256": digest} for name, digest in sorted(_assets(item).items())}
    return {"id": item.id, "datetime": utc_text(sensed(item)), "assets": assets}


def write_outlines(site: Site, folder: Path) -> None:
    """Write ``SITE.geojson``: the zones that a run rests on, readable as a site file again.

    Raises:
        WriteError: the file cannot be written.
    """
    features = [
        {
            "type": "Feature",
            "properties": {
                "id": zone.id,
                "name": zone.name,
                "kind": zone.kind,
                "status": zone.status,
                "source": zone.source,
                "uncertainty_m": zone.uncertainty_m,
            },
            "geometry": geometry(zone.geometry),
        }
        for zone in site.zones
    ]
    content = {"type": "FeatureCollection", "name": site.name, "features": features}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder.name, error.strerror) from None
    write_text(folder / f"{site.id}.geojson", json_text(content))


def _zones(site: Site) -> list[dict[str, Any]]:
    return [
        {"id": zone.id, "status": zone.status, "uncertainty_m": zone.uncertainty_m}
        for zone in site.zones
    ]


def _normalization(pair: Pair) -> dict[str, Any] | None:
    fit = pair.normalization
    if fit is None:
        return None
    return {
        "invariant_share": fit.invariant_share,
        "sample_px": fit.sample_px,
        "bands": {
            name: {
                "gain": fit.gain[b],
                "offset": fit.offset[b],
                "stabilizer": fit.stabilizer[b],
                "noise": fit.noise[b],
                "contrast_noise": fit.contrast_noise[b],
                "residual": fit.residual[b],
            }
            for b, name in enumerate(fit.bands)
        },
    }


def _finite(facts: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN: what was not measured is null."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in facts.items()
    }
