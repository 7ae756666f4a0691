"""A clause -> drafts: each thing with its predicate, number, place and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from pipelines.claims.attribution import Frame
from pipelines.claims.claim import When
from pipelines.claims.clauses import Clause, related, renamed
from pipelines.claims.context import Context, View
from pipelines.claims.draft import Draft
from pipelines.claims.facts import Facts, gathered, spoken, without_hole
from pipelines.claims.labels import label, summed_up, title
from pipelines.claims.predicates import Said, said_of
from pipelines.claims.reasons import route
from pipelines.claims.settings import clause_time, clause_where
from pipelines.claims.spans import extent
from pipelines.claims.states import carried_thing, class_of, outcome
from pipelines.claims.subjects import Subject, find_subjects
from pipelines.claims.things import Thing
from pipelines.claims.verbs import verbal
from pipelines.claims.weighing import findings, weighed
from pipelines.claims.withdrawals import VERDICTS, retracts, withdrawing, withdrawn
from pipelines.claims.wordlists import phrase_pattern


def read_clause(view: View, clause: Clause, context: Context) -> list[Draft]:
    """All statements of one clause; at least one, checkable or not, if it says anything."""
    clause = renamed(view.sentence, clause, view.things)
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
    ruled = [draft for draft in drafts if draft.reason is None or "reason None" in draft.findings]
    if ruled and summed_up(view, ruled):
        return [replace(draft, reason="composite") for draft in ruled]
    if len(checkable) == 1:
        checkable = [*_inner(view, clause, context, subjects), *checkable]
    if checkable and (label(view, clause, subjects) or title(view, clause, subjects)):
        return []
    if len(checkable) == 1:
        return [_widened(view, clause, checkable[0])]
    if checkable:
        return checkable
    if drafts:
        return [_whole(view, clause, drafts[0])]
    return _other(view, clause, context)


_LASTING = {"damaged", "built", "departed", "arrived", "increased", "decreased", "absent"}


def _inner(
    view: View, clause: Clause, context: Context, subjects: Sequence[Subject]
) -> list[Draft]:
    """What a remark says of the thing before it: "hangars *that burnt in May* are not repaired"."""
    opening, closing = clause.hole
    if view.sentence.tokens[clause.first].low == "of" or related(view.sentence, clause.hole):
        return []
    for thing, _ in subjects:
        if thing is None or thing.last != opening or thing.count.value == 0:
            continue
        last = closing - (view.sentence.tokens[closing - 1].low in {",", ")", "–", "—"})
        inner = Clause(thing.first, last, "", clause.frame)
        said = said_of(view.sentence, inner, thing, view.things)
        if not view.dates_in(opening, closing):
            return []  # "the hall, roofless for years, is ..." says which one, and nothing new
        resting = said is None or said.bare
        lasting = said is not None and said.predicate in _LASTING and said.first >= opening
        if resting or (lasting and said is not None and _at_once(view, opening, said)):
            draft = _draft(view, inner, context, (thing, said, None), 0)
            return [draft] if draft.reason is None else []
    return []


_MODALS = frozenset(["can", "could", "may", "might", "would", "will", "should"])


def _at_once(view: View, opening: int, said: Said) -> bool:
    """Whether it is the remark's own verb, and none of a clause inside: "when the quake *hit*"."""
    between = {token.low for token in view.sentence.tokens[opening + 1 : said.first]}
    return not between & {"when", "while", "after", "before", "some", "most", "until", *_MODALS}


def _widened(view: View, clause: Clause, draft: Draft) -> Draft:
    """Let the only statement of a clause begin with it: "*On the quay*, 60 trucks wait"."""
    start, _ = view.characters(clause.first, clause.last)
    core = draft.end - draft.start
    return replace(draft, start=start) if core >= _CORE * (draft.end - start) else draft


_CORE = 0.35


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
    facts = gathered(view, clause, (thing, said, carried), where, dated=when is not None)
    facts = replace(facts, core=without_hole(view, clause, first, last))
    quote = view.sentence.cut(first, last)
    predicate, count = outcome(view, clause, (thing, said, carried), quote)
    reason, certain = _ruled(view, clause, context, facts, when)
    start, end = view.characters(first, last)
    draft = Draft(
        start=start,
        end=end,
        site=where.place.name if where.place else None,
        site_id=where.place.site_id if where.place else None,
        object_class=class_of(carried, predicate),
        object_text=carried.text if carried else None,
        count=count,
        predicate=predicate,
        date=when,
        speakers=_speakers(clause, context),
        hedge=_hedge(text),
        reason=reason,
        withdraws=withdrawing(view, clause, text),
        withdrawn=withdrawn(view, clause),
    )
    if certain:
        return draft
    found = findings(view, clause, (thing, said), draft, facts) | {f"member {min(number, 2)}"}
    return weighed(draft, facts, found)


def _ruled(
    view: View, clause: Clause, context: Context, facts: Facts, when: When | None
) -> tuple[str | None, bool]:
    """The reason that the rules give, and whether no weighing may change it."""
    if _long_ago(when, context):
        return "background", True
    if withdrawing(view, clause, ""):
        return "statement", True
    return route(facts)


def _long_ago(when: When | None, context: Context) -> bool:
    """Whether a state ended more than five years before the article: history, and no news."""
    if when is None or when.end is None or context.article is None:
        return False
    return (context.article - date.fromisoformat(when.end)).days > _HISTORY


_HISTORY = 1826


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
    """A clause without a thing of ours: routed away unless all that is known speaks for it."""
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
        text,
        text,
        text,
        None,
        None,
        subject=False,
        opener=clause.opener,
        fixed=where.place is not None,
        sea=where.sea,
        region=where.region,
        dated=True,
        spoken=spoken(view, clause),
    )
    when = clause_time(view, clause, context, None)
    start, end = view.characters(clause.first, clause.last)
    draft = Draft(
        start,
        end,
        site=where.place.name if where.place else None,
        site_id=where.place.site_id if where.place else None,
        date=when,
        speakers=_speakers(clause, context),
        hedge=_hedge(text),
        reason=route(facts)[0] or "background",
        withdraws=retracts(text),
    )
    if _long_ago(when, context):
        return [draft]
    found = findings(view, clause, (None, None), draft, facts) | {"member none"}
    return [weighed(draft, facts, found)]


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
