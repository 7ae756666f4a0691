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
