"""Clauses that only name what is told beside them, and leads that only sum up."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.attribution import lead
from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.draft import Draft
from pipelines.claims.subjects import Subject


def summed_up(view: View, drafts: Sequence[Draft]) -> bool:
    """Whether a lead tells in one sentence, without numbers, what the text will tell."""
    opened = lead(view.sentence)
    if not opened:
        return False
    dated = any(view.dates_in(frame.last, len(view.sentence.tokens)) for frame in view.frames[:1])
    vague = all(draft.count.value in {None, 0} for draft in drafts) and not dated
    return opened == "(" or vague


def label(view: View, clause: Clause, subjects: Sequence[Subject]) -> bool:
    """As in "*Second runway*: no markings yet": what a colon follows only names the thing."""
    tokens = view.sentence.tokens
    after = tokens[clause.last].low if clause.last < len(tokens) else ""
    return (
        after == ":"
        and clause.last - clause.first <= (4 if clause.first else _LABEL)
        and all(
            said is None and thing is not None and thing.count.value in {None, 1}
            for thing, said in subjects
        )
    )


def title(view: View, clause: Clause, subjects: Sequence[Subject]) -> bool:
    """As in "**The second runway.** Paving is complete": a name in front of what is told."""
    sentence = view.sentence
    behind = sentence.text[sentence.end :]
    return (
        not sentence.text[: sentence.start].strip(" *_#>-•")
        and len(behind.split()) > _TOLD
        and clause.last - clause.first <= _SHORT_TITLE
        and clause.first == 0
        and clause.last >= len(sentence.tokens) - 2
        and all(
            said is None and thing is not None and thing.count.value in {None, 1}
            for thing, said in subjects
        )
    )


_SHORT_TITLE, _TOLD = 4, 5
"""Words of a title, and of what at least is told behind it."""


_LABEL = 9
"""Words of a label at the head of a sentence: "Air defence near the airfield: ..."."""
