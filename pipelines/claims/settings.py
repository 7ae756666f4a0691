"""Where and when a clause plays: by itself, by its sentence, by what was said before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.claims.claim import When
from pipelines.claims.clauses import Clause
from pipelines.claims.context import SINCE, Context, View
from pipelines.claims.dates import Moment
from pipelines.claims.gazetteer import Place, anaphor, is_part
from pipelines.claims.predicates import Said
from pipelines.claims.things import Thing
from pipelines.claims.wordlists import word_set

_VAGUE = re.compile(
    r"\b(?:along|on|down|at|in|near)\s+(?:a|an|some|another)\s+(?:\w+\s+)?"
    r"(?:road|highway|field|base|street|border|location|forest|village|town|port|site|city|"
    r"airfield)\b|"
    r"\b(?:across|throughout|around|all over) the (?:whole |entire )?"
    r"(?:country|state|region|province|nation|island|border)\b|\b(?:nation|country|state)wide\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a clause; ``sea`` and ``region`` where only such are named."""

    place: Place | None
    sea: bool
    region: bool


def clause_where(
    view: View, clause: Clause, context: Context, thing: Thing | None, said: Said | None
) -> Where:
    """Find the place of a statement."""
    own = view.places_in(clause.first, clause.last)
    own = [place for place in own if not _only_part(place, context)]
    fixed = _without_qualifiers(
        view,
        [place for place in own if place.level == "fixed" and not _elsewhere(view, place, said)],
    )
    sea = any(place.level == "sea" and not _elsewhere(view, place, said) for place in own)
    region = any(place.level == "region" and _located(view, place) for place in own)
    if fixed:
        place = _choose(view, fixed, thing, said)
        context.settle(place)
        return Where(place, sea, region)
    if sea:
        return Where(None, sea, region)
    pointed = anaphor(view.sentence, clause.first, clause.last)
    if pointed is not None:
        meant = context.place_for(pointed[1]) if pointed[1] else None
        meant = meant or _earlier(view, clause) or context.place
        if pointed[1] and meant is not None:
            context.settle(meant)
        return Where(meant, sea, region)
    text = view.sentence.cut(clause.first, clause.last)
    if _VAGUE.search(text) or (region and not _with_frame_place(view)):
        return Where(_earlier(view, clause), sea, region)
    meant = _near(view, clause, context) or context.place
    if thing is not None and thing.object_class == "vessel" and meant is not None:
        # Ships without a place of their own lie at the last port, not at the last airfield.
        meant = context.by_kind.get("port", meant) if meant.kind == "air_base" else meant
    return Where(meant, sea, region)


def _only_part(place: Place, context: Context) -> bool:
    """As in "Marathi pier": a part of the place that the text is about already."""
    whole = context.place
    return (
        place.level == "fixed"
        and place.site_id is None
        and is_part(place.name)
        and whole is not None
        and whole.name != place.name
        and not is_part(whole.name)
    )


def _located(view: View, place: Place) -> bool:
    """As in "in Syria" is where; "Russia is using vessels" is who."""
    before = view.sentence.tokens[place.first - 1].low if place.first else ""
    return before in {"in", "across", "throughout", "into", "over", "of", "for"}


def _without_qualifiers(view: View, fixed: Sequence[Place]) -> list[Place]:
    """Drop what only says where the place before lies: "the base *on the Kola Peninsula*"."""
    kept: list[Place] = []
    for place in fixed:
        if kept:
            between = [token.low for token in view.sentence.tokens[kept[-1].last : place.first]]
            if 0 < len(between) <= 4 and set(between) <= _QUALIFYING and set(between) & _WITHIN:
                continue
        kept.append(place)
    return kept


_WITHIN = {"in", "on", "near", "of", "off", "outside"}
_QUALIFYING = word_set("settings", "qualifying")


def _elsewhere(view: View, place: Place, said: Said | None) -> bool:
    """Where something goes is not where it left, and the other way round."""
    tokens = view.sentence.tokens
    first = place.first
    while first > 0 and (tokens[first - 1].low in {"the", "city", "port", "of", "town"}):
        first -= 1
    before = tokens[first - 1].low if first else ""
    if said is not None and said.predicate == "departed":
        return before in {"for", "to", "towards", "toward", "into"}
    if said is not None and said.predicate == "arrived":
        return before == "from"
    if said is not None and said.predicate == "in_transit":
        return before in {"for", "towards", "toward"}
    return before in {"than", "towards", "toward"}


def _with_frame_place(view: View) -> bool:
    return any(
        view.places_in(frame.first, frame.last) for frame in view.frames if frame.kind == "image"
    )


def _choose(view: View, fixed: Sequence[Place], thing: Thing | None, said: Said | None) -> Place:
    """Of several places the one that the predicate is about."""
    tokens = view.sentence.tokens
    if len(fixed) == 1:
        return fixed[0]

    def before(place: Place) -> str:
        first = place.first
        while (first > 0 and tokens[first - 1].low in {"the", "'s", "’s"}) or (
            first > 0 and tokens[first - 1].text[:1].isupper()
        ):
            first -= 1
        return tokens[first - 1].low if first else ""

    wanted = {"departed": {"from", "left", "leaving", "leave", "departed"}}
    wanted["arrived"] = {"at", "in", "to", "reached", "into", "entered"}
    if said is not None and said.predicate in wanted:
        for place in fixed:
            if before(place) in wanted[said.predicate]:
                return place
    site = [place for place in fixed if place.site_id is not None]
    named = [place for place in fixed if place.kind]
    anchor = thing.head if thing is not None else said.first if said is not None else 0
    pool = site or named or fixed
    return min(pool, key=lambda place: (abs(place.first - anchor), place.first))


def _earlier(view: View, clause: Clause) -> Place | None:
    found = [
        place for place in view.places if place.level == "fixed" and place.first < clause.first
    ]
    return found[-1] if found else None


def _near(view: View, clause: Clause, context: Context) -> Place | None:
    """A place elsewhere in the sentence: the one before, else in a frame or list after."""
    earlier = _earlier(view, clause)
    if earlier is not None:
        return earlier
    framed = [(frame.first, frame.last) for frame in view.frames]
    found = [
        place
        for place in view.places
        if place.level == "fixed"
        and (context.place is None or any(a <= place.first < b for a, b in framed))
    ]
    return found[0] if found else None


def clause_time(
    view: View, clause: Clause, context: Context, said: Said | None = None
) -> When | None:
    """Find when a statement holds."""
    aside = view.dates_in(*clause.hole)
    own = [each for each in view.dates_in(clause.first, clause.last) if each not in aside]
    text = view.sentence.cut(clause.first, clause.last).lower()
    lasting = _lasting(view, own, text, context, said)
    if lasting is not None:
        return lasting
    if own:
        return _interval(_best(own), context)
    outside = [
        moment
        for moment in view.dates
        if not any(
            frame.kind == "speech" and _inside(view, moment, frame.first, frame.last)
            for frame in view.frames
        )
    ]
    leading = [
        moment for moment in outside if moment.start < view.characters(clause.first, clause.last)[0]
    ]
    if leading and leading[-1].before != "since":
        return _interval(leading[-1], context)
    if clause.frame is not None and clause.frame.kind == "image":
        later = [m for m in outside if _inside(view, m, clause.frame.first, clause.frame.last)]
        if later:
            return _interval(later[-1], context)
        if context.image is not None:
            return _state_on(context.image, "day of the images")
    return _carried(context)


_CONTINUED = re.compile(
    r"\b(?:continu(?:e[sd]?|ing) to be (?:\w+ly )?(?:observed|seen|visible|present|moored|parked|"
    r"docked|anchored|stationed|deployed|located|berthed|based)|still (?:there|in place|present)|"
    r"remain(?:s|ed|ing)? (?:there|in place|present|visible|moored|parked|docked|anchored))\b"
)


def _lasting(
    view: View, own: Sequence[Moment], text: str, context: Context, said: Said | None
) -> When | None:
    """A state that two images share: "unchanged since 3 May", "still seen" said beside it."""
    same = said is not None and said.predicate == "unchanged" and not said.negated
    if not same and _CONTINUED.search(text) is None:
        return None
    printed = [each for each in (own if same and own else view.dates) if each.before in SINCE]
    if not printed and not same and not own and context.since_block == context.block:
        printed = [context.since] if context.since is not None else []
    if not printed:
        return None
    start = printed[0].first
    later = [each.last for each in own if not each.before and each.last > start]
    end = later[-1] if later else _image_day(context)
    if end is None or end <= start:
        return None
    how = "unchanged between them" if same else "continuing to be observed"
    return When(start.isoformat(), end.isoformat(), f"two dates: {how}")


def _carried(context: Context) -> When | None:
    if context.image is not None and context.image_block >= context.block - 1:
        return _state_on(context.image, "day of the images")
    if context.spoken is not None and context.spoken_block == context.block:
        return _interval(context.spoken, context)
    if context.reported is not None:
        return When(None, context.reported.last.isoformat(), "by the day of the report")
    if context.image is not None:
        return _state_on(context.image, "day of the images")
    if context.article is not None:
        return When(None, context.article.isoformat(), context.how or "by the article's date")
    return None


def _inside(view: View, moment: Moment, first: int, last: int) -> bool:
    start, end = view.characters(first, last)
    return start <= moment.start < end


def _best(own: Sequence[Moment]) -> Moment:
    ranges = [moment for moment in own if moment.before in {"between", "from"}]
    return (ranges or list(own))[0]


def _image_day(context: Context) -> date | None:
    return context.image.last if context.image is not None else context.article


def _state_on(moment: Moment, how: str) -> When:
    return When(moment.first.isoformat(), moment.last.isoformat(), moment.how or how)


def _interval(moment: Moment, context: Context) -> When:
    first, last, how = moment.first, moment.last, moment.how
    word = moment.before
    if word in {"since", "after", "starting", "beginning", "on or after"} or word.endswith("after"):
        end = _image_day(context)
        if end is None or end < first:
            return When(first.isoformat(), None, how or f"{word} a day")
        return When(first.isoformat(), end.isoformat(), how or f"{word} a day, up to the images")
    if word in {"by", "before", "until", "till", "as of", "prior to", "up to", "no later than"}:
        return When(None, last.isoformat(), how or f"{word} a day")
    if word in {"on or before", "as late as"} or word.endswith("before"):
        return When(None, last.isoformat(), how or f"{word} a day")
    return When(first.isoformat(), last.isoformat(), how)
