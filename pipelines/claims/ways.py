"""Rules about ways and houses, and their traffic: who may pass is not seen from above."""

from __future__ import annotations

import re

from pipelines.claims.cues import finds


def way(thing: str, text: str, *, built: bool) -> bool:
    """As in "the airport is closed", "flights resumed": a rule about a way, or its traffic.

    Args:
        thing: What it is said of.
        text: The clause.
        built: The thing is built; then only what has leaves, "its doors", can be seen closed.
    """
    if _TRAFFIC.search(thing) is not None:
        return True
    if _WAYS.search(thing) is not None:
        return finds(_ACCESS, text)
    return built and finds(_SHUT, text) and not finds(_LEAVES, text)


_SHUT = re.compile(
    r"\b(?:is|are|was|were|been|remains?|stays?) (?:\w+ )?(?:closed|shut|reopened)\b"
)


_LEAVES = re.compile(
    r"\b(?:doors?|gates?|roofs?|dome|hatch(?:es)?|lids?|boom|breach(?:es)?|gaps?|tunnel|mouth|portals?|"
    r"valves?|sluices?|covers?|canop(?:y|ies)|windows?|shutters?|fences?|ramps?|trench(?:es)?|pits?|"
    r"holes?|craters?|silos?|locks?|sky|rings?|walls?|dykes?|dikes?|levees?)\b",
    re.IGNORECASE,
)


_TRAFFIC = re.compile(r"\b(?:traffic|flights|services)$", re.IGNORECASE)


_WAYS = re.compile(
    r"\b(?:airport|school|universit(?:y|ies)|road|highway|motorway|street|border|crossing|market|shop|"
    r"hospital|clinic|port|harbou?r|station|railway|line|airspace|terminal|canal|ferry|bridge)s?$",
    re.IGNORECASE,
)


_ACCESS = re.compile(
    r"\b(?:closed|shut|re-?open(?:s|ed|ing)?|open (?:to|for|again)|suspended|resum(?:es|ed)|"
    r"diverted|rerouted|out of (?:service|operation))\b",
    re.IGNORECASE,
)
