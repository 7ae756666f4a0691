"""What images show and how sure that is: the parts of sentences that tell it.

Each takes what is known, says one thing and lists its numbers; it says nothing where what it would
speak of is not known.
"""

from __future__ import annotations

from pipelines import phrases
from pipelines.evidence import UNCHANGED_POWER
from pipelines.facts import Facts
from pipelines.said import Said, opened, several

CLEAR = 0.5
"""Share of the zone from which on an image is called clear."""


def view(facts: Facts, said: Said) -> str:
    """What the deciding image covers."""
    if facts.day is None or facts.clear is None:
        return ""
    sensor, zone = phrases.sensor(facts, said), phrases.zone(facts, said)
    day, share = said.day("day", facts.day), said.percent("clear", facts.clear)
    if facts.clear >= CLEAR:
        return f"On {day} a clear {sensor} image covered {share} of {zone}."
    return f"On {day} the {sensor} image showed only {share} of {zone}."


def state(facts: Facts, said: Said) -> str:
    """What was there, and since when it was not."""
    if facts.seen is None:
        return ""
    verb = phrases.was(facts.seen)
    text = f"{opened(phrases.objects(facts, said, 'seen', facts.seen))} {verb} there"
    since = []
    if facts.day_before is not None:
        since.append(f"on {said.day('day_before', facts.day_before)}")
    if facts.earlier:
        dates = several(facts.earlier, "date", "dates")
        since.append(f"on the {said.count('earlier', facts.earlier)} earlier {dates}")
    if since:
        text += f" that {verb} not {' or '.join(since)}"
    more = (facts.possible or 0) - facts.seen
    if more > 0:
        signs = "more" if facts.seen else several(more, "fainter sign", "fainter signs")
        text += f"; {said.count('faint', more)} {signs} cannot be ruled out"
    return f"{text}."


def asked(facts: Facts, said: Said) -> str:
    """What the statement needs or allows, where more than one object is in question."""
    if facts.most:
        return f"The statement allows at most {said.count('allowed', facts.wanted - 1)}."
    if facts.wanted == 1 or facts.seen is None or facts.seen >= facts.wanted:
        return ""
    return f"The statement needs at least {said.count('wanted', facts.wanted)}."


def still(facts: Facts, said: Said) -> str:
    """What has not left."""
    if facts.losses:
        stood = facts.seen_before or 0
        there = phrases.objects(facts, said, "seen_before", stood)
        return f"Of {there} that stood there before, none was found to have left."
    if facts.seen is None:
        return ""
    there = opened(phrases.objects(facts, said, "seen", facts.seen))
    return f"{there} {phrases.was(facts.seen)} still there."


def before(facts: Facts, said: Said) -> str:
    """What was there before a change."""
    if facts.day_before is None or facts.seen_before is None:
        return ""
    day = said.day("day_before", facts.day_before)
    there = phrases.objects(facts, said, "seen_before", facts.seen_before)
    sensor, zone = phrases.sensor(facts, said), phrases.zone(facts, said)
    return f"On {day} a {sensor} image showed {there} in {zone}."


def gone(facts: Facts, said: Said) -> str:
    """In which later passes nothing of it was left."""
    if facts.day is None:
        return ""
    left = "they had left" if facts.losses else "none of that size was there"
    day = said.day("day", facts.day)
    if facts.passes is None:
        return f"On {day} {left}."
    number = said.count("passes", facts.passes)
    if facts.passes == 1:
        return f"On {number} later pass, on {day}, {left}."
    return f"On {number} later passes, the last on {day}, {left}."


def same(facts: Facts, said: Said) -> str:
    """What came and left between two dates."""
    if facts.day_before is None or facts.day is None:
        return ""
    days = f"{said.day('day_before', facts.day_before)} and {said.day('day', facts.day)}"
    long = "of that size"
    if facts.smallest_m is not None:
        long = f"of {said.figure('smallest_m', round(facts.smallest_m))} m or more"
    moved = (facts.came or 0) + (facts.left or 0)
    if not moved:
        ground = f"in {phrases.zone(facts, said)}" if facts.zone else "there"
        return f"Between {days} no object {long} was found to have come or left {ground}."
    parts = [
        f"{said.count(name, number)} {several(number, 'object', 'objects')} {long} {verb}"
        for name, number, verb in (("came", facts.came, "came"), ("left", facts.left, "left"))
        if number
    ]
    return f"Between {days} {' and '.join(parts)}."


def kept(facts: Facts, said: Said) -> str:
    """Over how much ground a change would have been found surely enough."""
    if facts.shown_share is None:
        return rates(facts, said)
    least = said.times("enough", UNCHANGED_POWER)
    ground = said.percent("shown_share", facts.shown_share)
    wrong = phrases.alarms(facts, said)
    return f"This pipeline finds such a change at least {least} over {ground} of the ground{wrong}."


def rates(facts: Facts, said: Said) -> str:
    """How often this pipeline is right and wrong there."""
    if facts.power is None:
        return ""
    such, found = phrases.such(facts, said), said.times("power", facts.power)
    return f"This pipeline finds {such} here {found}{phrases.alarms(facts, said)}."


def missed(facts: Facts, said: Said) -> str:
    """How likely it is that what was claimed was there and not seen."""
    if facts.miss is None or facts.miss >= 1:
        return ""
    chance = said.once_in("miss", facts.miss)
    lead = "Fainter signs were looked for as well: the chance of having missed"
    return f"{lead} what the statement speaks of is about {chance}."


def others(facts: Facts, said: Said) -> str:
    """That more than one image was weighed."""
    if facts.images <= 1:
        return ""
    return f"In all {said.count('images', facts.images)} images were weighed."
