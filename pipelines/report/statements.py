"""Each statement as a page tells it: what was claimed, what was seen, how sure, what would help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.evidence import (
    CONTRADICTED_LR,
    LEAST_NULLS,
    SUPPORTED_LR,
    UNCHANGED_AREA,
    UNCHANGED_POWER,
)
from pipelines.report import charts, doubts, viewer, words
from pipelines.report.gathered import Gathered
from pipelines.said import WORDS, opened

Facts = dict[str, Any]

ANSWERS = {
    "seen": "as much as was claimed",
    "ruled_out": "what was claimed is ruled out",
    "between": "neither sure nor ruled out",
}
ROLES = {"at": "claimed time", "before": "before the change", "after": "after the change"}
OPERATORS = {"eq": "", "ge": "at least ", "le": "at most ", "approx": "about "}

OFTEN = ((0.8, "Yes"), (0.5, "Often"), (0.2, "Seldom"), (0.0, "Hardly"))
"""How a power is told in a word, from the share on."""

CHANGES = {
    None: "An image that points clearly one way.",
    "low_power": "Images in which such objects are found more often: finer pixels, a view of more"
    " of the ground, stronger light.",
    "occupied_before": "A source that tells such objects apart: finer pixels, or a date on which"
    " the place is known to have been empty.",
    "cloud": "An image of the claimed days without clouds over the zones, or radar.",
    "time_gap": "An image nearer to the claimed days.",
    "too_few_dates": "More images of the site, before or after.",
    "registration": "Images that can be laid over each other more exactly.",
    "identity": "A source that tells the objects apart: a name, a number, finer pixels.",
    "no_place": "A site file that outlines the place (--site).",
}
"""What would move an outcome that is not decided, by its reason."""


def tell(name: str, found: Gathered) -> Facts:
    """Everything that a page says of one statement."""
    verdict, claim = found.verdicts[name], found.claims.get(name, {})
    seen = doubts.deciding(name, found)
    told = found.trials.get(name)
    return {
        "id": name,
        "anchor": f"c-{name}",
        "number": found.numbers[name],
        "quote": claim.get("quote"),
        "verdict": verdict["verdict"],
        "reason": words.spaced(verdict["reason"]),
        "chance": words.chance(verdict["posterior"]),
        "sentence": plain(verdict["sentence"]),
        "tested": seen is not None,
        "claimed": _claimed(claim),
        "images": [_image(one) for one in verdict["seen"]],
        "viewer": viewer.of_statement(name, found),
        "lost": _lost(name, found),
        "examples": viewer.examples(name, found),
        "chart": None if told is None else charts.trials(told),
        "power": None if seen is None else _power(verdict, seen, told or {}),
        "sure": _sure(verdict),
        "equivalence": claim.get("predicate") == "unchanged",
        "doubts": doubts.against(name, found),
        "assumed": _assumed(verdict),
        "change": _change(verdict, seen),
        "unlinked": _unlinked(claim, found),
    }


def plain(sentence: str) -> str:
    """A sentence without the mark that the page itself carries."""
    return sentence.removeprefix("SIMULATED imagery: ")


def _claimed(claim: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was read in the statement, in rows."""
    if not claim:
        return []
    count = claim["count"]
    number = OPERATORS.get(count["op"])
    when = claim["date"] or {}
    rows = [
        ("What", claim["object_text"] or words.spaced(claim["object_class"])),
        ("How many", "" if number is None else f"{number}{_number(count)}"),
        ("Said of it", words.spaced(claim["predicate"])),
        ("Where", claim["site"] or claim["site_id"] or ""),
        ("When", words.days(when.get("start"), when.get("end")) if when else ""),
        ("Who says so", " \N{RIGHTWARDS ARROW} ".join(claim["attribution"]) or ""),
        ("Hedged by", claim["hedge"] or ""),
        ("Withdrawn by", claim.get("retracted_by") or ""),
    ]
    return [(label, text) for label, text in rows if text]


def _number(count: Mapping[str, Any]) -> str:
    if count.get("min") is not None and count.get("max") is not None:
        return f"{count['min']} to {count['max']}"
    return str(next((count[k] for k in ("value", "min", "max") if count.get(k) is not None), ""))


def _image(one: Mapping[str, Any]) -> Facts:
    facts = one["facts"]
    return {
        "moment": words.moment(one["datetime"]),
        "role": ROLES.get(one["role"], one["role"]),
        "scene": one["scene"],
        "shown": words.percent(facts["clear"]),
        "sure": one["count"],
        "maybe": max(one["count_low"] - one["count"], 0) if facts["low"] is not None else None,
        "answer": ANSWERS.get(one["answer"], one["answer"]),
        "power": f"{facts['power_found']} of {facts['power_trials']}",
        "alarms": f"{facts['null_alarms']} of {facts['null_dates']}",
        "lr": words.figure(facts["lr"]),
    }


def _lost(name: str, found: Gathered) -> list[Facts]:
    """Products of this statement that are missing or altered, and are therefore not shown."""
    return [
        {"name": one.name, "what": one.what}
        for one in found.run.damages
        if one.name.startswith(f"evidence/{name}/")
    ]


def _power(verdict: Mapping[str, Any], seen: Mapping[str, Any], told: Mapping[str, Any]) -> Facts:
    facts, known = seen["facts"], verdict["assumptions"]
    number = known.get("objects_planted", 1)
    low, high = verdict["power_ci"] or (None, None)
    size = f"{words.rough(known['length_m'], 'm')} long"
    if told.get("target", {}).get("kind") == "aircraft":
        size += f", {words.rough(known['span_m'], 'm')} across"
    return {
        "size": size,
        "planted": opened(WORDS[number] if 0 < number < len(WORDS) else str(number)),
        "several": number > 1,
        "found": facts["power_found"],
        "trials": facts["power_trials"],
        "word": next(word for least, word in OFTEN if verdict["power"] >= least),
        "percent": words.percent(verdict["power"]),
        "interval": None if low is None else f"{words.percent(low)} to {words.percent(high)}",
        "alarms": facts["null_alarms"],
        "nulls": facts["null_dates"],
        "false": words.bound(verdict["false_alarm"]),
        "day": words.day(seen["datetime"]),
        "places": str(told.get("witness")).startswith("parked"),
        "gone": str(told.get("witness")).startswith("leavers"),
    }


def _sure(verdict: Mapping[str, Any]) -> Facts | None:
    if verdict["lr"] is None:
        return None
    return {
        "chance": words.chance(verdict["posterior"]),
        "ratio": words.figure(verdict["lr"]),
        "inverse": words.figure(1 / verdict["lr"]) if 0 < verdict["lr"] < 1 else None,
        "supported": words.figure(SUPPORTED_LR),
        "contradicted": words.figure(CONTRADICTED_LR),
    }


def _assumed(verdict: Mapping[str, Any]) -> list[tuple[str, str]]:
    known = verdict["assumptions"]
    if not known:
        return []
    source = "declared here, since the text names none"
    source = source if known["size_declared_here"] else "as the lexicon has it"
    contrast = (
        f"{words.figure(known['least_contrast'])} to {words.figure(known['largest_contrast'])}"
    )
    days = words.figure(known["stays_days"])
    return [
        ("Size of the object", f"{words.figure(known['length_m'], 'm')} long; {source}"),
        ("Contrast against the ground", f"{contrast} in reflectance"),
        ("Mean time that such an object stays", f"{days} days, and half and twice that"),
    ]


def _change(verdict: Mapping[str, Any], seen: Mapping[str, Any] | None) -> list[str]:
    """What would move the outcome, with numbers where they are known."""
    word, reason = verdict["verdict"], verdict["reason"]
    if word == "supported":
        return [
            *_fewer(verdict, seen),
            (
                "Proof that what stands there is something else of that size:"
                " pixels of 10 m tell a size, never a type, an owner or a nation."
            ),
        ]
    if word == "contradicted":
        return [
            "A clear image of the claimed days in which such objects are surely seen.",
            (
                "Proof that the claimed objects differ less from their ground than was assumed, or"
                " were under cover: then the measured power does not hold for them."
            ),
            "Proof that they were there only between the moments of the images.",
        ]
    if verdict["instead"]:
        return [f"Another kind of evidence. {verdict['instead']}"]
    if reason == "uncalibrated":
        have = verdict["n_null"] or 0
        more = max(LEAST_NULLS - have, 0)
        return [
            f"{more} more clear earlier dates of the site: {have} are known, {LEAST_NULLS} needed."
        ]
    listed = [CHANGES.get(reason, CHANGES[None])]
    if reason == "low_power" and "shown_share_percent" in verdict["said"]:
        had = verdict["said"]["shown_share_percent"]
        listed.append(
            f"A power of {words.percent(UNCHANGED_POWER)} over {words.percent(UNCHANGED_AREA)} of"
            f" the ground is needed; it was reached over {had} %."
        )
    return listed


def _fewer(verdict: Mapping[str, Any], seen: Mapping[str, Any] | None) -> list[str]:
    """How many false alarms would have been too many for the image that decides."""
    if seen is None or len(verdict["seen"]) != 1:
        return []
    facts = seen["facts"]
    n, k = facts["null_dates"], facts["null_alarms"]
    reach = facts["clear"] * facts["relevance"] * (verdict["power"] or 0.0)
    for more in range(k, n + 1):
        wrong = (more + 1) / (n + 1)
        if reach + (1 - reach) * wrong < SUPPORTED_LR * wrong:
            return [
                (
                    f"False alarms: if the same had been seen on {more} of the {n} earlier dates"
                    f" ({k} it was), it would no longer be supported."
                )
            ]
    return []


def _unlinked(claim: Mapping[str, Any], found: Gathered) -> list[Facts]:
    site = claim.get("site_id")
    zones = found.zone_names(site)
    return [
        {
            "name": one["detection"],
            "zone": zones.get(str(one.get("zone_id")), one.get("zone_id")),
            "class": one.get("class"),
            "direction": words.spaced(one.get("direction")),
            "length": words.figure(one.get("length_m"), "m"),
            "days": f"{words.brief_day(one['days'][0])} to {words.brief_day(one['days'][1])}",
        }
        for one in found.unlinked
        if site is not None and one["site_id"] == site
    ]
