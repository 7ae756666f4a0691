"""What is known of a clause when its route is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.other_verbs import other_verb
from pipelines.claims.predicates import Read, Said
from pipelines.claims.settings import Where
from pipelines.claims.things import Thing
from pipelines.claims.unnamed import rests


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a clause when its route is chosen.

    Attributes:
        text: The clause.
        core: Of it, what would be quoted.
        whole: Its sentence.
        thing, said: What it is about and what is said of it, if anything.
        subject: It has a subject of another kind: the place itself, a pronoun.
        opener: The word that opens it.
        fixed: It has a fixed place, by itself or from before.
        sea, region: It names a sea, a country.
        dated: It has a time.
        verb: It has a verb that names no state.
        hull: It speaks of a ship by name and gives no day.
        spoken: Somebody is named who says it.
        framed: The words that stand over it: "The rebels deny that".
    """

    text: str
    core: str
    whole: str
    thing: Thing | None
    said: Said | None
    subject: bool
    opener: str
    fixed: bool
    sea: bool
    region: bool
    dated: bool
    verb: bool = False
    hull: bool = False
    spoken: bool = False
    framed: str = ""


def gathered(view: View, clause: Clause, read: Read, where: Where, *, dated: bool) -> Facts:
    """Gather what is known of a thing in its clause; what would be quoted is still missing."""
    thing, said, carried = read
    sentence = view.sentence
    idle = (
        carried is None
        and said is not None
        and said.predicate in _IDLE
        and not rests(view, clause, said)
    )
    named = (
        carried is not None
        and carried.named
        and carried.object_class == "vessel"
        and not carried.plural
    )
    return Facts(
        text=_without_speech(view, clause),
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
        spoken=spoken(view, clause),
        framed=_framed(view, clause),
        verb=other_verb(view, clause, thing),
        hull=named and not view.dates_in(clause.first, clause.last),
    )


def spoken(view: View, clause: Clause) -> bool:
    """Whether somebody says it; a dateline in front is nobody's word."""
    frame = clause.frame
    if frame is None or frame.kind != "speech":
        return False
    return frame.first > 0 or view.sentence.tokens[frame.last - 1].low not in {"-", "–", "—"}


def _without_speech(view: View, clause: Clause) -> str:
    """The clause but for a ", she said," inside it."""
    opening, closing = clause.hole
    if any(opening <= frame.first < closing for frame in view.frames):
        return without_hole(view, clause, clause.first, clause.last)
    return view.sentence.cut(clause.first, clause.last)


def _framed(view: View, clause: Clause) -> str:
    frame = clause.frame
    if frame is None or frame.kind != "speech" or frame.first > clause.first:
        return ""
    return view.sentence.cut(frame.first, frame.last)


_IDLE = {"other", "present"}
"""Said of an "it" that stands for nothing named, these say nothing of the ground."""


def without_hole(view: View, clause: Clause, first: int, last: int) -> str:
    """What would be quoted, but for a remark inside it."""
    opening, closing = clause.hole
    if not first < opening < closing < last:
        return view.sentence.cut(first, last)
    return f"{view.sentence.cut(first, opening)} {view.sentence.cut(closing, last)}"
