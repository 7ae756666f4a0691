"""Two dates of one place, as a page lays them over each other: pictures, marks, scale, sky."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.closeups import LEAST_MARK_PX, ROOM
from pipelines.credits import credit
from pipelines.report import words
from pipelines.report.gathered import Comparison, Gathered
from pipelines.report.pictures import Picture
from pipelines.report.sheet import Sheet, rings

Facts = dict[str, Any]

WINDOW_LENGTHS, LEAST_WINDOW_M = 4.0, 250.0
"""Side of an example, in lengths of the target, and at least so many metres."""

MOST_SHOWN = 2
"""Real sightings that are shown beside the examples."""

LEAST_START, EVEN = 8, 50
"""Share of the earlier image that the slider shows at first, per cent."""

WIDE = 1000
"""Every drawing is so many units wide, so that lines and letters are alike in all of them."""

MOST_NAMED = 40
"""Objects of a comparison that are labelled in its picture; the table has all."""


def of_statement(name: str, found: Gathered) -> Facts | None:
    """The two dates that a verdict was weighed on; None where it left no pictures of them."""
    told = found.trials.get(name)
    view = None if told is None else told.get("view")
    if told is None or not view:
        return None
    shown = {
        when: found.album.add(found.run.data(f"evidence/{name}/plain_{when}.png"))
        for when in ("before", "after")
    }
    picture = shown["after"] or shown["before"]
    if picture is None:
        return None
    sheet = sheet_of(view, picture, WIDE / picture.width)
    outlines = found.outlines.get(str(found.claims.get(name, {}).get("site_id")), {})
    zones = [
        {"d": sheet.outline(each["geometry"]), "name": each["properties"]["name"]}
        for each in outlines.get("features", ())
        if _full_id(each, found, name) in told["zones"]
    ]
    marks = marks_of(name, found, sheet)
    middle = _middle(outlines)
    return {
        "id": f"v-{name}",
        "width": sheet.width,
        "height": sheet.height,
        "scale": round(WIDE / picture.width, 6),
        "zones": zones,
        "bar": sheet.bar(),
        "north": sheet.north(),
        "ground": words.figure(told["pixel_m"], "m"),
        "start": _start(marks["after"], sheet.width),
        "credit": credit_of([found.scenes.get(one["scene"], {}) for one in view["dates"].values()]),
        "shots": [
            _shot(when, held.key, view["dates"][when], (found, middle))
            | {"marks": marks[when], "others": marks["after" if when == "before" else "before"]}
            for when, held in shown.items()
            if held is not None and when in view["dates"]
        ],
    }


def sheet_of(view: Mapping[str, Any], picture: Picture, scale: float = 1.0) -> Sheet:
    """The ground under the pictures of a statement, drawn so many times as large."""
    first = (view["cols"][0], view["rows"][0])
    size = (round(side * scale) for side in (picture.width, picture.height))
    return Sheet(view["crs"], tuple(view["transform"]), first, view["times"] * scale, *size)


def marks_of(name: str, found: Gathered, sheet: Sheet) -> dict[str, list[Facts]]:
    """The sightings of both dates, strongest first, with the numbers that the page gives them."""
    told, verdict = found.trials[name], found.verdicts[name]
    dates = told["view"]["dates"]
    marks: dict[str, list[Facts]] = {"before": [], "after": []}
    for when, letter in (("before", "b"), ("after", "a")):
        scene = dates.get(when, {}).get("scene")
        links = [link for link in verdict["links"] if link["scene"] == scene]
        for number, link in enumerate(sorted(links, key=lambda one: -one["strength"]), 1):
            x, y = sheet.at(link["lon"], link["lat"])
            length = link["length_m"] or told["target"]["length_m"]
            marks[when].append(
                {
                    "x": x,
                    "y": y,
                    "half": max(ROOM * length / 2 / sheet.pixel_m, LEAST_MARK_PX),
                    "sure": link["strength"] >= link["sure"],
                    "label": f"{letter}{number}",
                    "inside": sheet.holds((x, y)),
                    "link": link,
                }
            )
    return marks


def of_comparison(compared: Comparison, pictures: Sequence[tuple[str, str]]) -> Facts | None:
    """The two dates of a comparison with its objects.

    Args:
        compared: The comparison.
        pictures: ``before`` and ``after``, each with the key of its picture.
    """
    if not pictures:
        return None
    width, height = compared.size
    sheet = compared.sheet(WIDE, round(WIDE * height / width))
    middle = _middle(compared.outlines or {})
    scenes = dict(zip(("before", "after"), compared.record["scenes"], strict=True))
    return {
        "id": "v-scene",
        "width": sheet.width,
        "height": sheet.height,
        "scale": round(WIDE / width, 6),
        "zones": [
            {"d": sheet.outline(each["geometry"]), "name": each["properties"]["name"]}
            for each in (compared.outlines or {}).get("features", ())
        ],
        "objects": objects_of(compared, sheet),
        "bar": sheet.bar(),
        "north": sheet.north(),
        "ground": words.figure(compared.record["grid"]["pixel_m"], "m"),
        "start": EVEN,
        "credit": credit_of(compared.record["scenes"]),
        "shots": [
            _titles(when, scenes[when], middle) | {"key": key, "marks": [], "others": []}
            for when, key in pictures
        ],
    }


def objects_of(compared: Comparison, sheet: Sheet) -> list[Facts]:
    """The changed objects of a comparison as outlines, strongest first; a few are named."""
    listed = sorted(compared.features, key=lambda each: -(each["properties"]["score"] or 0.0))
    found, named = [], 0
    for each in listed:
        fields = each["properties"]
        inside = fields["zone_id"] is not None or compared.outlines is None
        named += inside
        found.append(
            {
                "d": sheet.outline(each["geometry"]),
                "middle": sheet.middle(each["geometry"]),
                "id": fields["id"],
                "direction": fields["direction"],
                "inside": inside,
                "named": inside and named <= MOST_NAMED,
                "fields": fields,
            }
        )
    return found


def _start(marks: Sequence[Facts], width: int) -> int:
    """Where the slider begins: left of what is surely seen, so that it is uncovered at once."""
    left = [mark["x"] - 2 * mark["half"] for mark in marks if mark["sure"] and mark["inside"]]
    return EVEN if not left else round(min(max(100 * min(left) / width, LEAST_START), EVEN))


def credit_of(scenes: Sequence[Mapping[str, Any]]) -> str:
    """Whose imagery the pictures show; the page itself says where it is simulated."""
    known = [each for each in scenes if each.get("product")]
    if not known:
        return ""
    moments = [
        None if each["datetime"] is None else datetime.fromisoformat(each["datetime"])
        for each in known
    ]
    return credit(known[0]["product"], moments, simulated=False)


def examples(name: str, found: Gathered) -> Facts | None:
    """What an object of the claimed size would look like: planted ones beside the same real pixels.

    One that was found middling well, the one that was found best, and one that was missed, if any.
    """
    told = found.trials.get(name)
    view = None if told is None else told.get("view")
    if told is None or not view:
        return None
    real = found.album.add(found.run.data(f"evidence/{name}/plain_after.png"))
    planted = found.album.add(found.run.data(f"evidence/{name}/plain_implant.png"))
    date = next((one for one in told["dates"] if one["scene"] == told["decides"]), None)
    if real is None or planted is None or date is None:
        return None
    sheet = sheet_of(view, real)
    side = max(WINDOW_LENGTHS * told["target"]["length_m"], LEAST_WINDOW_M) / sheet.pixel_m
    side = min(side, real.width, real.height)
    chosen = _chosen(date, sheet, sure=date["sure"])
    if not chosen:
        return None
    return {
        "real": real.key,
        "planted": planted.key,
        "width": real.width,
        "height": real.height,
        "gone": told["witness"].startswith("leavers"),
        "metres": round(side * sheet.pixel_m),
        "windows": [
            {"box": _window(place, side, (real.width, real.height)), "found": seen, "contrast": c}
            for place, seen, c in chosen
        ],
        "sighted": [
            {"box": _window((mark["x"], mark["y"]), side, (real.width, real.height)), "mark": mark}
            for mark in marks_of(name, found, sheet)["after"]
            if mark["sure"] and mark["inside"]
        ][:MOST_SHOWN],
    }


def _chosen(
    date: Mapping[str, Any], sheet: Sheet, *, sure: float | None
) -> list[tuple[tuple[float, float], bool, float]]:
    trial = date["planted"]
    listed = []
    for number in range(min(trial["first_run"], len(trial["places"]))):
        place = sheet.cell(*trial["places"][number])
        if sheet.holds(place):
            strength = trial["strengths"][number]
            level = -1e9 if strength is None else strength
            listed.append((level, place, trial["contrasts"][number]))
    listed.sort()
    found = [one for one in listed if sure is not None and one[0] >= sure]
    missed = [one for one in listed if one not in found]
    picked = [*missed[len(missed) // 2 :][:1], *found[len(found) // 2 :][:1]]
    picked += [one for one in found[-1:] if one not in picked]
    return [(place, (level, place, c) in found, c) for level, place, c in picked]


def _window(
    place: tuple[float, float], side: float, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    x, y = (
        round(min(max(at - side / 2, 0.0), most - side), 1)
        for at, most in zip(place, size, strict=True)
    )
    return x, y, round(side, 1), round(side, 1)


def _shot(when: str, key: str, date: Mapping[str, Any], of: tuple[Gathered, float | None]) -> Facts:
    found, lon = of
    scene = found.scenes.get(date["scene"], {"id": date["scene"], "datetime": date["datetime"]})
    return _titles(when, scene, lon) | {"key": key}


def _titles(when: str, scene: Mapping[str, Any], lon: float | None) -> Facts:
    return {
        "when": when,
        "day": words.brief_day(scene["datetime"]),
        "moment": words.moment(scene["datetime"]),
        "solar": words.solar(scene["datetime"], lon),
        "sensor": words.sensor(scene.get("product")),
        "scene": scene["id"],
    }


def _full_id(feature: Mapping[str, Any], found: Gathered, name: str) -> str:
    site = found.claims[name]["site_id"]
    own = str(feature["properties"]["id"]).removeprefix(f"{site}.")
    return f"{site}.{own}"


def _middle(outlines: Mapping[str, Any]) -> float | None:
    """The longitude of the middle of some zones."""
    lons = [
        place[0]
        for each in outlines.get("features", ())
        for ring in rings(each["geometry"])
        for place in ring
    ]
    return (min(lons) + max(lons)) / 2 if lons else None
