"""The words of the article, cut where statements begin and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipelines.report.gathered import Gathered

Facts = dict[str, Any]


def passages(found: Gathered) -> list[Facts]:
    """The passages of the article with the statements in them, and the notes beside each.

    A statement that no passage holds, for want of ``passages.json``, gets a passage of its own.
    """
    document = found.run.parsed("passages.json") or {"passages": []}
    listed = [_passage(each, found.numbers) for each in document["passages"]]
    shown = {name for passage in listed for name in passage["notes"]}
    listed += [_alone(name, found) for name in found.verdicts if name not in shown]
    noted: set[str] = set()
    for passage in listed:
        passage["notes"] = [name for name in passage["notes"] if name not in noted]
        noted.update(passage["notes"])
    return listed


def pieces(text: str, spans: Sequence[Mapping[str, Any]]) -> list[Facts]:
    """A text cut where a span begins or ends.

    Returns:
        In order, each with its ``text``, the ``claim`` whose words it is (the shortest, where some
        overlap) or None, and ``ends``: the claims that end with it.
    """
    edges = sorted({0, len(text), *(s["start"] for s in spans), *(s["end"] for s in spans)})
    found = []
    for start, end in pairwise(edges):
        over = [s for s in spans if s["start"] <= start and end <= s["end"]]
        inner = min(over, key=lambda s: (s["end"] - s["start"], s["claim_id"]), default=None)
        found.append(
            {
                "text": text[start:end],
                "claim": None if inner is None else inner["claim_id"],
                "ends": [s["claim_id"] for s in over if s["end"] == end],
            }
        )
    return found


def _passage(one: Mapping[str, Any], numbers: Mapping[str, int]) -> Facts:
    spans = [span for span in one["spans"] if span["claim_id"] in numbers]
    notes = sorted({span["claim_id"] for span in spans}, key=lambda name: numbers[name])
    return {
        "kind": one["kind"],
        "pieces": pieces(one["text"], spans),
        "before": not one["starts_whole"],
        "after": not one["ends_whole"],
        "skipped": one["skipped"],
        "notes": notes,
    }


def _alone(name: str, found: Gathered) -> Facts:
    claim = found.claims.get(name, {})
    quote = claim.get("quote") or f"Statement {name}; its words are not in the folder."
    before, after = claim.get("prefix") or "", claim.get("suffix") or ""
    text = f"{before}{quote}{after}"
    span = {"claim_id": name, "start": len(before), "end": len(before) + len(quote)}
    return {
        "kind": "text",
        "pieces": pieces(text, [span]),
        "before": bool(before),
        "after": bool(after),
        "skipped": 0,
        "notes": [name],
    }
