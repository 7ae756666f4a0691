"""The whole way from a raw file to its records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain, islice

from imagery.errors import InputError, TooLarge
from imagery.model import Site
from imagery.sites import registry
from pipelines.claims.attribution import Frame, frames
from pipelines.claims.claim import Claim
from pipelines.claims.clauses import clauses
from pipelines.claims.context import Context, View
from pipelines.claims.dates import moments
from pipelines.claims.days import Now
from pipelines.claims.draft import Draft
from pipelines.claims.gazetteer import Gazetteer, Place
from pipelines.claims.layout import blocks
from pipelines.claims.markup import Block, Hidden, check_characters
from pipelines.claims.places import places
from pipelines.claims.reading import read_clause, read_provenance
from pipelines.claims.retraction import retracted
from pipelines.claims.strangers import with_strangers
from pipelines.claims.things import Thing, things
from pipelines.claims.tokens import Sentence, sentences
from pipelines.claims.wordlists import phrase_pattern

LARGEST_TEXT = 8 * 2**20
"""Characters of the file, of which most of a page are markup; more is refused before any work."""

MOST_CHARACTERS, MOST_SENTENCES = 200_000, 8000
"""That a reader sees: ten times a long report. A text of these sizes is read in ten seconds."""

CONTEXT = 32
"""Characters of prefix and suffix kept with a quote."""


def extract_claims(
    text: str, *, article_date: date | None = None, sites: Sequence[Site] | None = None
) -> list[Claim]:
    """Find the statements of a text; see ``pipelines.claims.extract``."""
    return _claims(text, read_text(text, article_date=article_date, sites=sites))


def read_text(
    text: str, *, article_date: date | None = None, sites: Sequence[Site] | None = None
) -> list[Draft]:
    """The drafts of a text's statements, in the order of its blocks."""
    if len(text) > LARGEST_TEXT:
        raise InputError("the text", f"{len(text)} characters", f"at most {LARGEST_TEXT}")
    check_characters(text)
    found, hidden = blocks(text)
    seen = sum(len(block.text) for block in found)
    if seen > MOST_CHARACTERS:
        raise TooLarge("The text", f"{seen} characters long", f"{MOST_CHARACTERS}; give a part")
    if not any(any(map(str.isalnum, block.text)) for block in found):
        raise InputError("the text", text[:40].strip(), "some words to read")
    gazetteer = Gazetteer.of(registry() if sites is None else sites)
    published, how = publication_day(found, article_date)
    context = Context(published, how)
    drafts: list[Draft] = []
    cut = _cut(found)
    for sentence in chain.from_iterable(cut):
        context.hear(places(sentence, gazetteer, frozenset()))
    context.known = dict(context.seen)
    for number, block in enumerate(found):
        context.enter(number)
        if not _boilerplate(block):
            context.headed(block.text, gazetteer, marked=block.kind == "heading")
        drafts += _block(block, cut[number], context, gazetteer, titled=number)
    drafts += _hidden(text, hidden)
    return drafts


def _cut(found: Sequence[Block]) -> list[list[Sentence]]:
    """Sentences of each block; of menus, footers and code none."""
    cut: list[list[Sentence]] = []
    left = MOST_SENTENCES
    for block in found:
        read = iter(()) if block.kind in {"aside", "code"} else sentences(block.text)
        cut.append(list(islice(read, left + 1)))
        left -= max(1, len(cut[-1]))
        if left < 0:
            problem = f"more than {MOST_SENTENCES} sentences and paragraphs long"
            raise TooLarge("The text", problem, f"{MOST_SENTENCES}; give a part of it")
    return cut


def publication_day(found: Sequence[Block], given: date | None) -> tuple[date | None, str | None]:
    """When the article appeared: given, printed near its head, or its latest dated event."""
    if given is not None:
        return given, None
    latest: date | None = None
    printed: date | None = None
    for number, block in enumerate(found):
        for moment in moments(block.text, 0, len(block.text), Now(None)):
            if moment.how is not None or moment.first != moment.last:
                continue
            latest = moment.last if latest is None else max(latest, moment.last)
            near = block.text[max(0, moment.start - 40) : moment.start].lower()
            around = block.text[: moment.start] + block.text[moment.end :]
            dateline = len(around.split()) <= 4 or re.search(r"publish|updated|posted|dated", near)
            if printed is None and dateline and number < 6:
                printed = moment.last
    if printed is not None:
        return printed, "article's date as printed"
    return latest, None if latest is None else "article's date taken from its latest dated event"


def _block(
    block: Block,
    cut: Sequence[Sentence],
    context: Context,
    gazetteer: Gazetteer,
    *,
    titled: int,
) -> Iterator[Draft]:
    if block.kind in {"aside", "code"} or _boilerplate(block):
        if len(block.text.split()) > 1 or block.kind != "code":
            reason = "markup" if block.kind == "code" else "boilerplate"
            yield Draft(0, len(block.text), reason=reason).placed(block)
        return
    heading = block.kind == "heading" or _headline(block, titled) or _capitals(block.text)
    short = len(block.text) < 60 and block.text[-1] not in ".!?"
    if titled and short and context.name_alone(block.text, gazetteer):
        return
    lead = 0 if heading else context.led(block.text, gazetteer)
    for sentence in cut:
        if sentence.end <= lead:
            context.caption(moments(sentence.text, sentence.start, sentence.end, context.now()))
            continue
        if len(sentence.tokens) <= _BARE_NAME and context.name_alone(
            sentence.cut(0, len(sentence.tokens)).rstrip("."), gazetteer
        ):
            continue
        reading = _read(sentence, context, gazetteer)
        for draft in reading:
            yield draft.placed(block) if not heading else draft.placed(block).in_headline()


_BARE_NAME = 6
"""Words of a sentence that may be a name and nothing else: "Item one: Hodeidah."."""


def _boilerplate(block: Block) -> bool:
    text = block.text
    short = len(text.split()) <= 14
    return (
        short
        and phrase_pattern("boilerplate").search(text) is not None
        and (len(text.split()) <= 5 or not text.endswith("."))
    )


def _headline(block: Block, number: int) -> bool:
    text = block.text
    return (
        block.kind == "text"
        and (number < 4 or (_CLOCK.match(text) is not None and len(text) < 70))
        and len(text) < 140
        and text[-1] not in ".!?:;”\"'"
        and len(text.split()) > 3
    )


def _capitals(text: str) -> bool:
    """As in "GAPS AND CONSTRAINTS": a heading by its letters."""
    return text.isupper() and len(text.split()) < 6 and not any(map(str.isdigit, text))


_CLOCK = re.compile(r"\d{1,2}[:.h]\d\d\s")


def _read(sentence: Sentence, context: Context, gazetteer: Gazetteer) -> list[Draft]:
    """All drafts of one sentence, in the order of its clauses."""
    framed = frames(sentence)
    dates = moments(sentence.text, sentence.start, sentence.end, context.now())
    found_places = _outside_speech(places(sentence, gazetteer, context.heard), framed)
    blocked = [_token_span(sentence, moment.start, moment.end) for moment in dates]
    blocked += [(frame.first, frame.last) for frame in framed]
    named = [(place.first, place.last) for place in found_places]
    found_things = things(sentence, blocked, named)
    found_things = with_strangers(sentence, found_things, [*blocked, *named])
    found_places = _outside_hulls(found_places, found_things)
    view = View(sentence, framed, dates, found_places, found_things)
    context.hear(found_places)
    context.frame(view)
    drafts = [
        read_provenance(view, frame, context) for frame in framed if frame.taken[1] > frame.taken[0]
    ]
    for clause in clauses(sentence, framed, view.things):
        drafts += read_clause(view, clause, context)
        context.leave_clause(view, clause)
    return drafts


def _outside_speech(found: Sequence[Place], framed: Sequence[Frame]) -> list[Place]:
    """A speaker's town is not where his statement plays."""
    speech = [(frame.first, frame.last) for frame in framed if frame.kind == "speech"]
    return [
        place for place in found if not any(first <= place.first < last for first, last in speech)
    ]


def _outside_hulls(found: Sequence[Place], things: Sequence[Thing]) -> list[Place]:
    """The country in a ship's name is not where she lies: "HMS Prince of *Wales*"."""
    ships = [(each.first, each.last) for each in things if each.named]
    return [
        place
        for place in found
        if place.level == "fixed" or not any(a <= place.first < b for a, b in ships)
    ]


def _token_span(sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    first = sentence.token_at(start)
    last = first
    while last < len(sentence.tokens) and sentence.tokens[last].start < end:
        last += 1
    return first, last


def _hidden(text: str, hidden: Sequence[Hidden]) -> Iterator[Draft]:
    """Words in scripts and comments: nobody reads them, so nobody claims them."""
    for part in hidden:
        found = _SENTENCE_LIKE.search(text, part.start, part.end)
        if found is not None:
            yield Draft(found.start(), found.end(), reason="markup")


_SENTENCE_LIKE = re.compile(r"[A-Za-z][\w'’-]*(?:[ \t,]+[\w'’-]+){3,60}")


def _claims(text: str, drafts: Sequence[Draft]) -> list[Claim]:
    ordered = sorted(drafts, key=lambda draft: (draft.start, -draft.end))
    withdrawn = retracted(ordered)
    width = max(2, len(str(len(ordered))))
    names = [f"C{number:0{width}d}" for number in range(1, len(ordered) + 1)]
    return [
        _claim(text, draft, names[index], names[withdrawn[index]] if index in withdrawn else None)
        for index, draft in enumerate(ordered)
    ]


def _claim(text: str, draft: Draft, name: str, retracted_by: str | None) -> Claim:
    return Claim(
        id=name,
        quote=text[draft.start : draft.end],
        start=draft.start,
        end=draft.end,
        prefix=text[max(0, draft.start - CONTEXT) : draft.start],
        suffix=text[draft.end : draft.end + CONTEXT],
        site=draft.site,
        site_id=draft.site_id,
        object_class=draft.object_class,
        object_text=draft.object_text,
        count=draft.count,
        predicate=draft.predicate,
        date=draft.date,
        source=" via ".join(draft.speakers) or "article",
        attribution=draft.speakers,
        hedge=draft.hedge,
        checkable=draft.reason is None,
        reason=draft.reason,
        retracted_by=retracted_by,
    )
