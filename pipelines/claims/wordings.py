"""Wording of what is told by the way: former times, names, distances, indirect questions."""

from __future__ import annotations

import re

HOLDS_INSIDE = re.compile(
    r"\b(?:warehouses?|hangars?|depots?|silos?|bunkers?|store(?:house|room)?s?|magazines?|"
    r"cellars?) (?:\w+ly )?(?:holds?|held|contains?|contained|hous(?:es|ed)|stores|stored|hides?|"
    r"hid|conceals?)\b",
    re.IGNORECASE,
)
"""What is under a roof: "the warehouse holds 1,800 blankets"."""


DISTANT = re.compile(
    r"\b(?:lies|lie|lay|sits|is|are|was|were|stands)\b.{0,12}\b\d[\d,.]* ?(?:km|kilomet|miles?|met)"
    r"\w* (?:(?:to the )?(?:north|south|east|west)|inland|upstream|downstream|off|away|from|under)",
    re.IGNORECASE,
)
"""How far a place is from another: "the port lies 220 km north-west of Damascus"."""


LAUNCHED = re.compile(r"\b(?:launched|fired) .*\bat\b", re.IGNORECASE)


ERA = re.compile(
    r"\b(?:in|since|during|from) (?:the )?(?:soviet|colonial|ottoman|tsarist|medieval|roman) "
    r"(?:era|times|days|period)\b|"
    r"\b(?:in|since|during) the (?:19\d0s|\w+ century|cold war)\b",
    re.IGNORECASE,
)


USED_TO = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )(?<!that )(?<!which )"
    r"(?<!what )(?<!it )(?<!they )\bused to \w+\b",
    re.IGNORECASE,
)
"""What was so in former times: "boats *used to lie* here"."""


NAMED_SO = re.compile(
    r"\b(?:correctly|wrongly|falsely|incorrectly|mistakenly|rightly) "
    r"(?:identified|labell?ed|named|described|located|called)\b",
    re.IGNORECASE,
)


NOTHING_TO = re.compile(
    r"\bnothing to (?!be\b)\w+\b|\bno (?:reason|grounds|basis|way|need)\b", re.IGNORECASE
)
"""What is missing is no thing: "we found nothing to support this"."""


DUTY = re.compile(
    r"^(?:which|that) (?:\w+ly |also |still |now )?"
    r"(?:(?:stores|houses|handles|serves|produces|supplies|"
    r"connects|links|carries|belongs|leads|separates|borders|overlooks|feeds|powers|processes|"
    r"employs|makes|marks|forms|divides|dates) |lies (?:on|in|at|about|some|\d))",
    re.IGNORECASE,
)
"""What a thing is for, or where a place lies: "which stores edible oil"."""


SUPPLY = re.compile(
    r"\b(?:without|had no|have no|has no|lost|cut off from) (?:any )?"
    r"(?:electricity|power|mains|water supply|drinking water|running water|heating|internet)\b",
    re.IGNORECASE,
)
"""What comes by wire and pipe is not seen: "households had no electricity"."""


HEARD = re.compile(
    r"\b(?:explosions?|blasts?|shots?|gunfire|shelling|drones?|jets?) "
    r"(?:was|were|had been|could be) heard\b|"
    r"\b(?:\w+|\d+) times (?:since|this (?:year|month)|in the past|in recent)\b",
    re.IGNORECASE,
)
"""What ears tell, and how often it was so before."""


PERCENT = re.compile(r"\bst(?:ands?|ood) at (?:about )?[\d.,]+ ?(?:%|per ?cent)", re.IGNORECASE)
"""As in "occupancy stands at 88 %"."""


OBLIGED = re.compile(r"\b(?:has|have|needs?) to be \w+", re.IGNORECASE)


BY_DOING = re.compile(r"by \w+ing\b", re.IGNORECASE)
"""How somebody found out: "by matching a water tower"."""


_SHARED = re.compile(
    r"\W*(?:\w+ ){0,2}(?:videos?|photos?|images?|pictures?|footage|clips?|posts?|screenshots?) "
    r"(?:of|showing|purporting)\b.*\b(?:spread|circulat\w+|shared|posted|went viral|appeared|"
    r"emerged|surfaced)\b",
    re.IGNORECASE,
)


def shared(text: str, whole: str) -> bool:
    """Whether a clause says that pictures went round: "videos of burning lorries spread online"."""
    found = _SHARED.match(whole)
    return found is not None and whole.find(text) < found.end()


RESEMBLING = re.compile(r"\bresembl(?:es?|ed|ing)\b", re.IGNORECASE)


ADMITTED = re.compile(
    r"\b(?:closed|opened|open|re-?opened) (?:to|for) (?!the sky)|\bnot yet open\b", re.IGNORECASE
)
"""Who may pass: "it has been closed to traffic"."""


WHICH_IS = re.compile(
    r"^(?:which|who) (?:is|are|was|were) (?:an?|the|one|among|also|its|their)\b", re.IGNORECASE
)
"""What a relative clause calls a thing that is spoken of anyway."""


IDIOM = re.compile(
    r"\b(?:in (?:a hurry|charge|trouble|talks|touch|doubt|danger|power|crisis|contact|"
    r"short supply)|"
    r"at (?:war|odds|risk|stake|fault)|on strike)\b",
    re.IGNORECASE,
)
"""Where nobody and nothing lies: "they are in a hurry"."""


INDIRECT = re.compile(
    r"(?:what|how|why|who|whom)\b(?! (?:is|are|was|were|remain|look|appear|seem|could|may|might|"
    r"has|have|had))"
    r"(?!.*\b(?:says?|calls?|describes?|believes?) )",
    re.IGNORECASE,
)
"""An indirect question: "nobody says *what they hold*"."""


CLEFT = re.compile(
    r"(?:but |and |yet )?it(?: is|['’]s| was) (?:the|an?|not|only)\b.{1,60}\b(?:that|who|which)\b",
    re.IGNORECASE,
)
"""What stresses one thing of many: "it is the submarine that worries London"."""
