"""``summary.md``: a run in a few lines of Markdown, to be pasted into a newsroom's chat.

Words of the article, of site files and of catalogues pass through ``markdown``; everything else
is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import shapely

from pipelines.model import Outcome
from pipelines.report import words
from pipelines.report.folder import Run
from pipelines.report.gathered import Comparison, compared, gather
from pipelines.report.markdown import code, inline
from pipelines.report.pictures import Album

MOST_OBJECTS = 10
"""Changed objects that are listed, strongest first."""

SENTENCE = 2000
"""Characters of a sentence that are shown: ours are shorter, unless names are long."""

SIMULATED = (
    "**⚠ SIMULATED IMAGERY ⚠ It is generated and shows no real place. Nothing here was seen by a"
    " satellite, and nothing here is news.**"
)
ODDS = "Probabilities take even odds before the images, and nothing else about the text."

REST = (
    f"- The whole report: {code('report.html')}, which needs no network.",
    f"- Map layers, for QGIS: {code('run.qgs')}.",
)

Facts = Mapping[str, Any]


def summary(run: Run) -> str:
    """The text of the summary: the same folder gives the same bytes."""
    told = _verified(run) if "verdicts" in run.record else _compared(run)
    simulated = bool(run.record["simulated"])
    head = [SIMULATED, ""] if simulated else []
    foot = ["", SIMULATED] if simulated else []
    return "\n".join([*head, *told, *foot]) + "\n"


def _verified(run: Run) -> Iterator[str]:
    found = gather(run, Album())
    verdicts = list(found.verdicts.values())
    day = run.record["article_date"]
    text = f"a text of {words.day(day)}" if day else "a text without a date"
    yield f"# {_mark(run)}Statements of {text} beside satellite images"
    yield from _damages(run)
    yield ""
    yield f"**{words.standfirst([each['verdict'] for each in verdicts])}** {ODDS}"
    if found.comparisons:
        yield ""
        yield "Images compared:"
        yield from (f"- {_dates(one)}" for one in found.comparisons)
    seen = [each for each in verdicts if each["seen"]]
    beyond = [each for each in verdicts if not each["seen"]]
    for title, some in (("Held against images", seen), ("Not tested on images", beyond)):
        if some:
            yield ""
            yield f"## {title}"
            yield from (_statement(each, found.claims.get(each["claim_id"])) for each in some)
    yield ""
    yield "## Where the evidence lies"
    yield from _evidence(run, seen)


def _statement(verdict: Facts, claim: Facts | None) -> str:
    """One line: verdict, probability, the words, the sentence, what else could test it."""
    outcome = words.spaced(verdict["verdict"]).upper()
    if verdict["reason"]:
        outcome += f": {words.spaced(verdict['reason'])}"
    chance = words.chance(verdict["posterior"]).replace(words.NB, " ")
    likely = f", probability {chance}" if chance else ""
    quote = "its words are damaged" if claim is None else f"“{inline(claim['quote'])}”"
    parts = [
        f"- **{inline(outcome)}**{likely}. {inline(verdict['claim_id'])}: {quote}.",
        inline(verdict["sentence"], SENTENCE),
    ]
    if verdict["instead"]:
        parts.append(f"What could test it: {inline(verdict['instead'], SENTENCE)}")
    return " ".join(parts)


def _evidence(run: Run, seen: Sequence[Facts]) -> Iterator[str]:
    yield from REST
    for verdict in seen:
        folder = f"evidence/{verdict['claim_id']}/"
        names = [name for name in run.record["products"] if name.startswith(folder)]
        if names:
            listed = "before, after, planted targets (SIMULATED) and every trial"
            yield f"- {inline(verdict['claim_id'])}: {code(folder)}, {listed}."
    for name in run.names("/change.png"):
        yield f"- {code(name)}"
    yield f"- SHA-256 of {code('run.json')}: {code(run.sha256)}; it holds those of all files."


def _compared(run: Run) -> Iterator[str]:
    one = compared(run)
    yield f"# {_mark(run)}{_dates(one)}"
    yield from _damages(run)
    yield ""
    yield from (f"- {inline(line, SENTENCE)}" for line in _outcome(run))
    if one.features:
        yield ""
        yield "## What changed"
        strongest = one.features[:MOST_OBJECTS]
        yield from (_object(n, each) for n, each in enumerate(strongest, start=1))
        if len(one.features) > MOST_OBJECTS:
            yield f"- {len(one.features) - MOST_OBJECTS} weaker ones: {code('detections.geojson')}"
    yield ""
    yield "## Where the evidence lies"
    yield from REST
    yield f"- Picture: {code('change.png')}."
    yield f"- SHA-256 of {code('run.json')}: {code(run.sha256)}; it holds those of all files."


def _mark(run: Run) -> str:
    return "SIMULATED: " if run.record["simulated"] else ""


def _dates(one: Comparison) -> str:
    """The place of a comparison, and when its images were taken."""
    name = (one.outlines or {}).get("name") or one.site_id or "Two images"
    before, after = (words.moment(each) for each in one.moments)
    return f"{inline(name)}: {before}, and {after}"


def _damages(run: Run) -> Iterator[str]:
    """What is not as the run left it, before anything that rests on it."""
    if run.sealed and not run.damages:
        return
    yield ""
    if not run.sealed:
        yield "**DAMAGED: run.json does not match its seal. Nothing below can be relied on.**"
    for one in run.damages:
        yield f"- **DAMAGED:** {code(one.name)} is {one.what}."


def _outcome(run: Run) -> list[str]:
    """What a prompt tells of a comparison, a sentence each; not where its folder is."""
    lines: list[str] = []
    for line in Outcome(run.folder, dict(run.record)).summary()[1:-1]:
        if lines and not lines[-1].endswith("."):
            lines[-1] += f" {line}"
        elif not line.startswith("SIMULATED"):
            lines.append(line)
    return lines


def _object(number: int, feature: Facts) -> str:
    said = feature["properties"]
    middle = shapely.geometry.shape(feature["geometry"]).representative_point()
    where = f" in {code(said['zone_id'])}" if said["zone_id"] else ""
    size = words.figure(said["length_m"], "m").replace(words.NB, " ")
    sure = words.figure(said["q"])
    return (
        f"{number}. {inline(said['class'])}, {said['direction']}{where}, {size} long,"
        f" {words.place(middle.x, middle.y)}, q = {sure}"
    )
