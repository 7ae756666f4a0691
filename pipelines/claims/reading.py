"""A clause -> drafts: each thing with its predicate, number, place and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from pipelines.claims.attribution import Frame
from pipelines.claims.claim import NO_COUNT, Count, When
from pipelines.claims.clauses import Clause
from pipelines.claims.context import Context, View
from pipelines.claims.draft import Draft
from pipelines.claims.predicates import Said
from pipelines.claims.reasons import Facts, route
from pipelines.claims.settings import Where, clause_time, clause_where
from pipelines.claims.spans import extent
from pipelines.claims.states import (
    GROUND,
    carried_thing,
    front_count,
    reached,
    state,
    unnamed_count,
)
from pipelines.claims.subjects import POINTERS, find_subjects
from pipelines.claims.things import Thing
from pipelines.claims.verbs import verbal, verbs
from pipelines.claims.withdrawals import VERDICTS, retracts, withdrawing, withdrawn
from pipelines.claims.wordlists import phrase_pattern, word_set


def read_clause(view: View, clause: Clause, context: Context) -> list[Draft]:
    """All statements of one clause; at least one, checkable or not, if it says anything."""
    inside = [
        thing
        for thing in view.things
        if clause.first <= thing.head < clause.last
        and thing.first >= clause.first
        and not clause.hole[0] <= thing.head < clause.hole[1]
    ]
    subjects = find_subjects(view, clause, inside)
    drafts: list[Draft] = []
    for number, (thing, said) in enumerate(subjects):
        following = subjects[number + 1][0] if number + 1 < len(subjects) else None
        drafts.append(_draft(view, clause, context, (thing, said, following), number))
    checkable = [draft for draft in drafts if draft.reason is None]
    if checkable and _label(view, clause, subjects):
        return []
    if checkable:
        return checkable
    if drafts:
        return [_whole(view, clause, drafts[0])]
    return _other(view, clause, context)


def _draft(
    view: View,
    clause: Clause,
    context: Context,
    subject: tuple[Thing | None, Said | None, Thing | None],
    number: int,
) -> Draft:
    thing, said, _ = subject
    first, last = extent(view, clause, subject, number)
    text = view.sentence.cut(clause.first, clause.last)
    where = clause_where(view, clause, context, thing, said)
    when = clause_time(view, clause, context, said)
    carried = thing if thing is not None else carried_thing(view, clause, context)
    facts = _facts(view, clause, (thing, said, carried), where, dated=when is not None)
    facts = replace(facts, core=_without_hole(view, clause, first, last))
    quote = view.sentence.cut(first, last)
    predicate, count = _outcome(view, clause, (thing, said, carried), quote)
    reason = "statement" if withdrawing(view, clause, "") else route(facts)
    start, end = view.characters(first, last)
    return Draft(
        start=start,
        end=end,
        site=where.place.name if where.place else None,
        site_id=where.place.site_id if where.place else None,
        object_class=_class_of(carried, predicate),
        object_text=carried.text if carried else None,
        count=count,
        predicate=predicate,
        date=when,
        speakers=_speakers(clause, context),
        hedge=_hedge(text),
        reason="background" if _long_ago(when, context) else reason,
        withdraws=withdrawing(view, clause, text),
        withdrawn=withdrawn(view, clause),
    )


Read = tuple[Thing | None, Said | None, Thing | None]
"""The thing itself, what is said of it, and the thing that it stands for."""


def _facts(view: View, clause: Clause, read: Read, where: Where, *, dated: bool) -> Facts:
    thing, said, carried = read
    sentence = view.sentence
    idle = carried is None and said is not None and said.predicate in _IDLE
    named = carried is not None and carried.named and carried.object_class == "vessel"
    return Facts(
        text=sentence.cut(clause.first, clause.last),
        core="",
        whole=sentence.text[sentence.start : sentence.end],
        thing=thing,
        said=said,
        subject=thing is None and not idle,
        opener=clause.opener,
        fixed=where.place is not None,
        sea=where.sea,
        region=where.region,
        dated=dated,
        spoken=clause.frame is not None and clause.frame.kind == "speech",
        verb=_other_verb(view, clause, thing),
        hull=named and not view.dates_in(clause.first, clause.last),
    )


def _outcome(view: View, clause: Clause, read: Read, quote: str) -> tuple[str, Count]:
    """Predicate and number, wherever the number stands."""
    thing, said, carried = read
    predicate, count = state(quote, carried, said, thing is not None)
    if thing is not None:
        count = front_count(view, clause, thing) or count
        if predicate == "present" and count == Count("eq", 0):
            predicate = "absent"
    if predicate in {"increased", "decreased"}:
        count = reached(view.sentence.cut(clause.first, clause.last)) or count
    if carried is None and said is not None and count == NO_COUNT:
        count = unnamed_count(view, clause, said)
    return predicate, count


def _class_of(thing: Thing | None, predicate: str) -> str:
    if thing is None:
        return "any"
    works = predicate == "built" and thing.object_class == "building"
    return "construction" if works and GROUND.search(thing.text) else thing.object_class


def _long_ago(when: When | None, context: Context) -> bool:
    """Whether a state ended more than ten years before the article: history, and no news."""
    if when is None or when.end is None or context.article is None:
        return False
    return (context.article - date.fromisoformat(when.end)).days > _HISTORY


_HISTORY = 3653


def _label(
    view: View, clause: Clause, subjects: Sequence[tuple[Thing | None, Said | None]]
) -> bool:
    """As in "*Second runway*: no markings yet": what a colon follows only names the thing."""
    tokens = view.sentence.tokens
    after = tokens[clause.last].low if clause.last < len(tokens) else ""
    return (
        after == ":"
        and clause.last - clause.first <= 4
        and all(
            said is None and thing is not None and thing.count.value in {None, 1}
            for thing, said in subjects
        )
    )


_IDLE = {"other", "present"}
"""Said of an "it" that stands for nothing named, these say nothing of the ground."""


def _without_hole(view: View, clause: Clause, first: int, last: int) -> str:
    """What would be quoted, but for a remark inside it."""
    opening, closing = clause.hole
    if not first < opening < closing < last:
        return view.sentence.cut(first, last)
    return f"{view.sentence.cut(first, opening)} {view.sentence.cut(closing, last)}"


def _other_verb(view: View, clause: Clause, thing: Thing | None) -> bool:
    """Whether a verb that names no state says something of the thing, or "is" makes it a fact."""
    tokens = view.sentence.tokens
    if verbs(view.sentence, clause.first, clause.last, view.things):
        return True
    for index in range(clause.first, clause.last):
        if tokens[index].low in {"is", "are", "was", "were"}:
            before = tokens[index - 1].low if index else ""
            after = tokens[index + 1].low if index + 1 < clause.last else ""
            if before == "there" or after in _PLACING or after in POINTERS or after.isdigit():
                continue
            return True
        if tokens[index].low in {"has", "have", "had"}:
            return not _holding(view, clause, thing, index)
    return False


def _holding(view: View, clause: Clause, thing: Thing | None, index: int) -> bool:
    """As in "Ostrov had twenty helicopters", "the base now has two runways": the place holds it."""
    tokens = view.sentence.tokens
    if thing is None or not 0 < thing.first - index <= 2:
        return False
    words = {token.low for token in tokens[clause.first : clause.last]}
    return (
        tokens[index].low == "had"
        or thing.object_class == "crater/damage"
        or bool(words & {"now", "still", "currently", "again"})
    )


_PLACING = word_set("reading", "placing")


def _speakers(clause: Clause, context: Context) -> tuple[str, ...]:
    if clause.frame is not None and clause.frame.speakers:
        return clause.frame.speakers
    return context.speakers


@lru_cache(maxsize=1 << 10)
def _hedge(text: str) -> str | None:
    found = phrase_pattern("hedges").search(text)
    return found[0].lower() if found else None


def _whole(view: View, clause: Clause, draft: Draft) -> Draft:
    start, end = view.characters(clause.first, clause.last)
    return replace(draft, start=start, end=end)


def _other(view: View, clause: Clause, context: Context) -> list[Draft]:
    """A clause without a thing of ours: a record that is routed away, if it says anything."""
    sentence = view.sentence
    words = [token for token in sentence.tokens[clause.first : clause.last] if token.low.isalnum()]
    if words and " ".join(token.low for token in words) in VERDICTS:
        start, end = view.characters(clause.first, clause.last)
        return [Draft(start, end, reason="statement", withdraws=True)]
    if len(words) < 3:
        return []
    if not verbal(sentence, clause.first, clause.last, view.things) and len(words) < 6:
        return []
    text = sentence.cut(clause.first, clause.last)
    where = clause_where(view, clause, context, None, None)
    facts = Facts(
        text, text, text, None, None, subject=False, opener=clause.opener,
        fixed=where.place is not None, sea=where.sea, region=where.region, dated=True,
        spoken=clause.frame is not None and clause.frame.kind == "speech",
    )  # fmt: skip
    start, end = view.characters(clause.first, clause.last)
    return [
        Draft(
            start,
            end,
            site=where.place.name if where.place else None,
            site_id=where.place.site_id if where.place else None,
            speakers=_speakers(clause, context),
            hedge=_hedge(text),
            reason=route(facts) or "background",
            withdraws=retracts(text),
        )
    ]


def read_provenance(view: View, frame: Frame, context: Context) -> Draft:
    """As in "Satellite images captured on 13 December by X": for the vendor's catalogue."""
    start, end = view.characters(*frame.taken)
    fixed = [place for place in view.places if place.level == "fixed"]
    place = fixed[0] if fixed else context.place
    when = clause_time(view, Clause(*frame.taken, "", frame), context)
    return Draft(
        start,
        end,
        site=place.name if place else None,
        site_id=place.site_id if place else None,
        object_text="image",
        date=when,
        speakers=frame.speakers,
        reason="provenance",
    )
