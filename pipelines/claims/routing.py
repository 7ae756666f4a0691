"""Why a statement cannot be tested from above, and what could test it instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.claims.claim import Claim
from pipelines.claims.fields import refuse
from pipelines.claims.vocabulary import REASONS


@dataclass(frozen=True, slots=True)
class Route:
    """One way out, before any pixel is read.

    Attributes:
        sentence: Why overhead images cannot settle such a statement.
        instead: What could.
    """

    sentence: str
    instead: str


ROUTES = {
    "background": Route(
        "It gives the reader context and states nothing that could have looked different.",
        "A reference work or the archive of the outlet.",
    ),
    "statement": Route(
        "It reports what somebody said, decided or agreed.",
        "The recording, transcript or document itself, and a second source for it.",
    ),
    "opinion": Route(
        "It is a judgement: images show things, not whether they are good, large or grave.",
        "The measurements that the judgement rests on, asked for one by one.",
    ),
    "intent": Route(
        "It says what somebody wants or what something is for; images show things, not purposes.",
        "Documents and interviews; the finished act, once it has happened.",
    ),
    "forecast": Route(
        "It speaks of something that has not happened yet.",
        "A watch-list entry: the site is looked at again when the announced time has come.",
    ),
    "inference": Route(
        "It is a conclusion drawn from what was seen, not a thing that was seen.",
        "The observations under it, each tested as a statement of its own.",
    ),
    "casualty": Route(
        "It speaks of people; the dead, hurt and displaced are not counted from orbit.",
        "Hospital, rescue and civil registers, witness interviews, verified footage.",
    ),
    "identity": Route(
        "It turns on which ship, owner, unit or nation it was; from above, likes look alike.",
        "AIS or ADS-B tracks with the hull's or airframe's number, port registers, photographs.",
    ),
    "occluded": Route(
        "It lies under a roof, under ground, under water or inside something.",
        "Footage from inside, inspections, other sensors on the ground.",
    ),
    "no_place": Route(
        "It names no place that can be found on a map and held fixed.",
        "Geolocated footage, or the place asked of the source; then it can be tested.",
    ),
    "open_sea": Route(
        "It happens at sea, in a stretch of water without bounds or a position.",
        "AIS tracks, coast-guard notices, radar images ordered along the route.",
    ),
    "no_time": Route(
        "It gives no time at which the state could be looked for.",
        "The date asked of the source, or chronolocation of its footage; then it can be tested.",
    ),
    "rate": Route(
        "It is a number of events in a time: single images show what is there, not how often.",
        "ADS-B or AIS logs, port and tower records, a camera that watches without a break.",
    ),
    "geo": Route(
        "It only says where a place lies or what it is called.",
        "A gazetteer.",
    ),
    "provenance": Route(
        "It says who took or published an image and when.",
        "The vendor's catalogue: image id, sensor and time of acquisition.",
    ),
    "hypothetical": Route(
        "It speaks of what could, might or would be.",
        "Nothing, until somebody asserts it.",
    ),
    "markup": Route(
        "It is code or markup of the page and not part of what the page says.",
        "Nothing: no reader sees it.",
    ),
    "boilerplate": Route(
        "It belongs to the page and not to the report: a menu, a notice, an advertisement.",
        "Nothing: it reports no event.",
    ),
    "composite": Route(
        "It sums up several statements and has no single place, object and time.",
        "The statements under it, each tested by itself.",
    ),
}


def explain(reason: str) -> Route:
    """Look up the sentence for a reason word.

    Raises:
        InputError: the word is none of ``claim.REASONS``.
    """
    if reason not in ROUTES:
        refuse("reason", reason, f"one of {', '.join(REASONS)}")
    return ROUTES[reason]


def watch_entry(claim: Claim) -> dict[str, Any] | None:
    """Suggest what to put on the watch list for a forecast.

    Returns:
        ``claim_id``, ``site``, ``site_id``, ``object_class``, ``predicate`` and ``from``, an ISO
        day or None where the text gives no time; None for a claim that is no forecast or has
        no place to watch.
    """
    if claim.reason != "forecast" or claim.site is None:
        return None
    when = claim.date
    return {
        "claim_id": claim.id,
        "site": claim.site,
        "site_id": claim.site_id,
        "object_class": claim.object_class,
        "predicate": claim.predicate,
        "from": None if when is None else when.start or when.end,
    }
