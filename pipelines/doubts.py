"""Why the images do not decide: the parts of sentences that tell it.

Like ``clauses``: each says one thing, lists its numbers, and nothing where nothing is known.
"""

from __future__ import annotations

from pipelines import phrases
from pipelines.clauses import rates
from pipelines.evidence import (
    CONTRADICTED_LR,
    LEAST_ABSENT,
    LEAST_NULLS,
    SUPPORTED_LR,
    UNCHANGED_AREA,
    UNCHANGED_POWER,
)
from pipelines.facts import Facts
from pipelines.said import Said, several

SAME_TIME_DAYS = 0.05
"""An image so near the claimed time is not told to be off."""

FAINT_FROM = 0.9
"""Power from which on doubt is due to what was seen, and not to a lack of power."""


def no_image(facts: Facts, said: Said) -> str:
    """That nothing was taken at the time."""
    sensor = f"usable {phrases.sensor(facts, said)}"
    start, end = facts.claim_start, facts.claim_end
    when = "of that time"
    if start is not None and end is not None and start != end:
        when = f"from {said.day('claim_start', start)} to {said.day('claim_end', end)}"
    elif end is not None or start is not None:
        day = end or start
        name = "claim_end" if end is not None else "claim_start"
        when = f"of {said.day(name, day)}" if day else when
    return f"There is no {sensor} image {when}, or near enough to it."


def hidden(facts: Facts, said: Said) -> str:
    """That what was taken shows only cloud."""
    return (
        f"What was taken shows nothing of {phrases.zone(facts, said)}: cloud, or the image's edge."
    )


def gap(facts: Facts, said: Said) -> str:
    """How far off the nearest image is, against how long such an object stays."""
    if facts.gap_days is None:
        return ""
    if facts.gap_days < SAME_TIME_DAYS:
        return _by_dwell(facts, said)
    days = said.figure("gap_days", facts.gap_days)
    text = f"The nearest image is {days} {phrases.days(facts.gap_days)} away"
    if facts.stays_days is not None:
        stays = said.figure("stays_days", facts.stays_days)
        unit = phrases.days(facts.stays_days)
        text += f", and such an object is assumed to stay about {stays} {unit}"
    return f"{text}."


def _by_dwell(facts: Facts, said: Said) -> str:
    text = "The outcome hangs on how long such an object stays, which is assumed and not measured"
    if facts.stays_days is None:
        return f"{text}."
    stays = said.figure("stays_days", facts.stays_days)
    return f"{text}: about {stays} {phrases.days(facts.stays_days)}."


def too_small(facts: Facts, said: Said) -> str:
    """That the pixels are too coarse."""
    text = f"An object of {phrases.size(facts, said)} cannot be told"
    if facts.pixel_m is not None:
        sensor = phrases.sensor(facts, said)
        text += f" in {sensor} pixels of {said.figure('pixel_m', facts.pixel_m)} m"
    text += "."
    if facts.needed_pixel_m is not None:
        needed = said.figure("needed_pixel_m", facts.needed_pixel_m)
        text += f" Pixels of {needed} m or finer could show it."
    return text


def not_laid_over(facts: Facts, said: Said) -> str:
    """That the dates do not fit over one another."""
    text = "The images cannot be laid over each other exactly enough, so nothing was compared"
    if facts.error_px is not None and facts.allowed_px is not None:
        error = said.figure("error_px", facts.error_px)
        allowed = said.figure("allowed_px", facts.allowed_px)
        text += f": off by {error} px where {allowed} px is allowed"
    return f"{text}."


def too_little_power(facts: Facts, said: Said) -> str:
    """That the pipeline would not have seen it, or is not sure of what it sees."""
    if facts.power is None:
        return "How often this pipeline finds such objects here could not be measured."
    if facts.power >= FAINT_FROM:
        return f"{rates(facts, said)} What it shows is neither sure enough nor ruled out."
    found = said.times("power", facts.power)
    return f"This pipeline finds {phrases.such(facts, said)} here only {found}: too seldom to tell."


def not_the_same(facts: Facts, said: Said) -> str:
    """Why two dates are not found to be alike."""
    if facts.shown_share is None or facts.shown_share >= UNCHANGED_AREA:
        return "Some objects are sure on a day and neither sure nor ruled out on the other."
    enough, needed = said.times("enough", UNCHANGED_POWER), said.percent("area", UNCHANGED_AREA)
    shown = said.percent("shown_share", facts.shown_share)
    return (
        f"It would have been found at least {enough} over only {shown} of the ground; {needed} is"
        " needed."
    )


def not_calibrated(facts: Facts, said: Said) -> str:
    """How many more null dates are needed."""
    one, many = ("look-alike place", "look-alike places") if facts.places else ("date", "dates")
    if facts.n_null is None:
        return "How often this pipeline is wrong here could not be measured: uncalibrated."
    known = f"{said.count('n_null', facts.n_null)} {several(facts.n_null, one, many)}"
    tells = several(facts.n_null, "tells", "tell")
    text = f"Uncalibrated: {known} {tells} how often this pipeline is wrong here"
    more = LEAST_NULLS - facts.n_null
    if more <= 0:
        return f"{text}."
    return f"{text}; at least {said.count('more_null', more)} more {phrases.are(more)} needed."


def too_cloudy(_facts: Facts, _said: Said) -> str:
    """That too little is seen."""
    return "What clouds or the edge of the image hide could hold what is claimed, or more of it."


def taken_before(facts: Facts, said: Said) -> str:
    """That a newcomer cannot be told from what is often there."""
    when = "on other dates too"
    if facts.n_any and facts.n_null and not facts.places:
        many = f"{said.count('n_any', facts.n_any)} of {said.count('n_null', facts.n_null)}"
        when = f"on {many} other {several(facts.n_null, 'date', 'dates')} too"
    return (
        f"Something of that shape is seen there {when}, so that what is claimed cannot be told from"
        " what is usual."
    )


def too_few(facts: Facts, said: Said) -> str:
    """That there are too few dates."""
    have, what, enough = facts.earlier or 0, "earlier image", facts.dates_needed
    if facts.passes is not None:
        have, what, enough = facts.passes, "later image", LEAST_ABSENT
    if enough is None:
        return "There are too few usable images to tell."
    needed = said.count("dates_needed", enough)
    images = said.count("dates_had", have)
    listed = f"{images} such {several(have, what, f'{what}s')}"
    return f"There {phrases.are(have)} {listed}; {needed} {phrases.are(enough)} needed."


def none_before(facts: Facts, said: Said) -> str:
    """That nothing tells what is new."""
    return f"No usable image shows {phrases.zone(facts, said)} before the claimed days."


def weak(facts: Facts, said: Said) -> str:
    """That the evidence points nowhere."""
    if facts.ratio is None:
        return "That speaks neither for the statement nor against it."
    ratio = said.figure("ratio", facts.ratio)
    bounds = (
        f"{said.figure('supported_ratio', SUPPORTED_LR)} would be needed to support it and"
        f" {said.figure('contradicted_ratio', CONTRADICTED_LR)} to contradict it"
    )
    return f"The likelihood ratio is {ratio}; {bounds}."
