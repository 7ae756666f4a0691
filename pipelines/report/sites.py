"""A site of a run: its map, its timeline, what changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.report import charts, viewer, words
from pipelines.report.gathered import Comparison, Gathered, zone_names
from pipelines.report.sheet import Sheet, rings

Facts = dict[str, Any]

LINE, LETTER = 24, 11
"""Units of a map: height of a line of its labels, and width of a letter."""

LONGEST = 40
"""Letters of a label."""

MARGIN = 0.08
"""Of the zones, around them on such a map."""


def tell(site_id: str, found: Gathered) -> Facts:
    """Everything that a page says of one site."""
    compared = found.of_site(site_id)
    outlines = found.outlines.get(site_id) or {"features": [], "name": site_id}
    claims = [
        {
            "number": found.numbers[name],
            "start": (claim["date"] or {}).get("start"),
            "end": (claim["date"] or {}).get("end"),
        }
        for name, claim in found.claims.items()
        if claim["site_id"] == site_id and claim["checkable"] and name in found.numbers
    ]
    return {
        "id": site_id,
        "name": outlines.get("name") or site_id,
        "zones": [each["properties"] for each in outlines["features"]],
        "map": _map(site_id, found, compared, outlines),
        "timeline": charts.timeline(compared, _dates(site_id, found), claims),
        "objects": [row for one in compared for row in rows(one)],
        "comparisons": [comparison(one) for one in compared],
    }


def own_timeline(compared: Comparison) -> Facts | None:
    """The timeline of a comparison that knows the past of its site; None of another."""
    if not compared.occupancy:
        return None
    scenes = compared.record["scenes"]
    listed = {
        "scenes": scenes,
        "nulls": (),
        "weighed": {each["id"] for each in scenes},
        "names": zone_names(compared.site_id, compared.outlines),
    }
    return charts.timeline([compared], listed, ())


def rows(compared: Comparison) -> list[Facts]:
    """The changed objects of a comparison in a table, those in zones first, strongest first."""
    listed = sorted(
        compared.features,
        key=lambda each: (
            each["properties"]["zone_id"] is None,
            -(each["properties"]["score"] or 0.0),
        ),
    )
    return [
        {
            "id": each["properties"]["id"],
            "zone": each["properties"]["zone_id"],
            "class": each["properties"]["class"],
            "direction": words.spaced(each["properties"]["direction"]),
            "length": words.figure(each["properties"]["length_m"], "m"),
            "area": words.figure(each["properties"]["area_m2"], "m²"),
            "score": words.figure(each["properties"]["score"]),
            "q": words.figure(each["properties"]["q"]),
            "days": " to ".join(words.brief_day(moment) for moment in compared.moments),
        }
        for each in listed
    ]


def comparison(compared: Comparison) -> Facts:
    """How two dates were brought together, in words."""
    record = compared.record
    shift, light = record["registration"], record["normalization"]
    pixel = record["grid"]["pixel_m"]
    return {
        "name": compared.name.removesuffix("/"),
        "days": " to ".join(words.brief_day(moment) for moment in compared.moments),
        "shown": words.percent(record["clear_share"]),
        "shift": "not measured"
        if shift is None
        else " and ".join(f"{each * pixel:+.2f} m" for each in shift["shift_px"]),
        "residual": "not measured"
        if shift is None or shift["p95_px"] is None
        else words.figure(shift["p95_px"] * pixel, "m"),
        "gains": "not measured"
        if light is None
        else ", ".join(
            f"{name} {band['gain']:.3f}" for name, band in sorted(light["bands"].items())
        ),
        "method": record["config"]["method"],
        "history": (record["history"] or {}).get("sentence", ""),
    }


def _dates(site_id: str, found: Gathered) -> Facts:
    own = [n for n in found.trials if found.claims.get(n, {}).get("site_id") == site_id]
    return {
        "scenes": found.run.record["sites"][site_id]["scenes"],
        "nulls": {null["scene"] for name in own for null in found.trials[name]["nulls"]},
        "weighed": {seen["scene"] for name in own for seen in found.verdicts[name]["seen"]},
        "names": found.zone_names(site_id),
    }


def _map(
    site_id: str, found: Gathered, compared: list[Comparison], outlines: Mapping[str, Any]
) -> Facts | None:
    sheet, key, day = _backdrop(found, compared, outlines)
    scale = viewer.WIDE / found.album.held[key].width if key else 1.0
    if sheet is None:
        return None
    objects = [
        each | {"name": f"{one.name}{each['id']}"}
        for one in compared
        for each in viewer.objects_of(one, sheet)
    ]
    return {
        "key": key,
        "scale": scale,
        "day": day,
        "width": sheet.width,
        "height": sheet.height,
        "bar": sheet.bar(),
        "north": sheet.north(),
        "zones": [
            {"d": sheet.outline(each["geometry"]), "name": each["properties"]["name"], "at": at}
            for each, at in zip(outlines["features"], _labels(outlines, sheet), strict=True)
        ],
        "objects": objects,
        "inside": sum(each["inside"] for each in objects),
        "links": _links(site_id, found, sheet),
    }


def _labels(outlines: Mapping[str, Any], sheet: Sheet) -> list[tuple[float, float]]:
    """Where the names of zones stand: above each, moved up where another one stands already."""
    placed: list[tuple[float, float, float]] = []
    found = []
    for each in outlines["features"]:
        x, y = sheet.top(each["geometry"])
        half = LETTER * min(len(each["properties"]["name"]), LONGEST) / 2
        x = min(max(x, half), max(sheet.width - half, half))
        y = max(y - LINE / 3, LINE)
        while any(abs(y - v) < LINE and abs(x - u) < half + w for u, v, w in placed) and y > LINE:
            y -= LINE / 2
        placed.append((x, y, half))
        found.append((round(x, 1), round(y, 1)))
    return found


def _links(site_id: str, found: Gathered, sheet: Sheet) -> list[Facts]:
    """Sure sightings of statements at the site, by place."""
    marks = {}
    for name, verdict in found.verdicts.items():
        if found.claims.get(name, {}).get("site_id") != site_id:
            continue
        for link in verdict["links"]:
            at = sheet.at(link["lon"], link["lat"])
            if link["strength"] >= link["sure"] and sheet.holds(at):
                marks[(name, *at)] = {"x": at[0], "y": at[1], "number": found.numbers[name]}
    return list(marks.values())


def _backdrop(
    found: Gathered, compared: list[Comparison], outlines: Mapping[str, Any]
) -> tuple[Sheet | None, str, str]:
    for one in reversed(compared):
        data = found.run.data(f"{one.name}after.png")
        simulated = bool(one.record["simulated"])
        key = found.album.add_backdrop(data, one.size, simulated=simulated)
        if key:
            picture = found.album.held[key]
            day = words.day(one.moments[1])
            height = round(viewer.WIDE * picture.height / picture.width)
            return one.sheet(viewer.WIDE, height), key, day
    if not outlines["features"]:
        return None, "", ""
    return _bare(outlines), "", ""


def _bare(outlines: Mapping[str, Any]) -> Sheet:
    """A sheet around some zones on which nothing is drawn."""
    places = [
        place for each in outlines["features"] for ring in rings(each["geometry"]) for place in ring
    ]
    west, east = min(p[0] for p in places), max(p[0] for p in places)
    south, north = min(p[1] for p in places), max(p[1] for p in places)
    zone = int(((west + east) / 2 + 180) // 6) % 60 + 1
    crs = f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"
    flat = Sheet(crs, (1.0, 0.0, 0.0, 0.0, -1.0, 0.0), (0, 0), 1.0, viewer.WIDE, viewer.WIDE)
    corners = [flat.at(x, y) for x in (west, east) for y in (south, north)]
    left, right = min(c[0] for c in corners), max(c[0] for c in corners)
    top, bottom = min(c[1] for c in corners), max(c[1] for c in corners)
    edge = MARGIN * max(right - left, bottom - top, 100.0)
    metres = (right - left + 2 * edge) / viewer.WIDE
    height = round((bottom - top + 2 * edge) / metres)
    transform = (metres, 0.0, left - edge, 0.0, -metres, -(top - edge))
    return Sheet(crs, transform, (0, 0), 1.0, viewer.WIDE, height)
