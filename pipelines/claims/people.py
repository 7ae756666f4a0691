"""Wording about people: what happens to them is not seen from above."""

from __future__ import annotations

import re

PEOPLE_LEFT = re.compile(r"\bevacuat\w+\b", re.IGNORECASE)


PEOPLE = re.compile(
    r"\b(?-i:[A-Z])[a-z]+(?:ians|cans|eans|lis|qis)\b|\b(?:families|residents|people|civilians|troops|soldiers|workers|refugees|villagers|fighters|"
    r"militants|officials|passengers|protesters|firefighters|rescuers|police|sailors|personnel|"
    r"population|citizens|inhabitants|experts|analysts|authorities|rebels|engineers|fishermen|children)\b",
    re.IGNORECASE,
)


PEOPLE_FIRST = re.compile(
    r"\W*those who\b|\W*(?:[\w'’-]+ ){0,4}"
    r"(?:drivers?|captains?|teachers?|pilots?|students?|farmers?|miners?|"
    r"nurses?|doctors?|guards?|officers?|ministers?|men|women|boys?|girls?|pupils?|patients?|prisoners?|"
    r"detainees?|hostages?|journalists?|activists?|tourists?|divers?|technicians?|inspectors?|"
    r"volunteers?|recruits?|conscripts?|commanders?|generals?|leaders?|owners?|traders?|"
    r"shopkeepers?|smugglers?|peacekeepers?|observers?|employees?|monks?|priests?|victims?|"
    r"survivors?|relatives?|brothers?|sons?|daughters?|herders?|shepherds?|patrols?)\b",
    re.IGNORECASE,
)
"""Who is spoken of at the head of a clause."""


LOST_HOMES = re.compile(
    r"\W*(?:[\w,.’'-]+ ){0,4}"
    r"(?:people|families|residents|households|villagers|inhabitants|civilians) "
    r"(?:(?:have|has|had|were|are|who) )?"
    r"(?:lost|fled|left|abandoned|been|sheltering|living|whose)\b|"
    r"(?:\w+ ){0,3}[\d,.]+ (?:were|have been|had been|are) "
    r"(?:moved|evacuated|relocated|taken|sheltered|brought) "
    r"(?:to|in|into) (?:\w+ )?(?:shelters?|safety|camps?|schools?|hospitals?)\b",
    re.IGNORECASE,
)


FLED = re.compile(
    r"\b(?:fled|flee\w*|displaced|evacuated|left|escaped|missing|homeless)\b", re.IGNORECASE
)


YOU = re.compile(
    r"(?:but |and |so )?you (?!(?:can |could )?(?:now |still |also |clearly )?"
    r"(?:see|spot|count|find|make out)\b)",
    re.IGNORECASE,
)
"""What holds for anybody: "you cannot hide a hangar"."""


PERSON = re.compile(r"(?:I|we|you|he|she|nobody|no one|who|someone|some|others)\b", re.IGNORECASE)
