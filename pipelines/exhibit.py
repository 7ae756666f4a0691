"""The evidence of one verdict: pictures of the dates that were weighed, and every trial.

``before.png`` and ``after.png`` are what the imagery shows. ``implant.png`` is not: it is the date
that decides with SIMULATED targets of the claimed size, as they were planted to measure how surely
the pipeline would have seen them. It is marked across, so that no cut of it can pass for a find.

``plain_before.png``, ``plain_after.png`` and ``plain_implant.png`` are the same three cuts without
frame, outlines and marks, for pages that draw these themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from imagery.captions import Caption, Swatch, framed
from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Glance, Share, Study
from imagery.detectors.trials import Planted, Wanted
from imagery.errors import WriteError
from imagery.implant import interval
from imagery.write import json_text, plain, utc_text, write_text
from pipelines import closeups
from pipelines.closeups import Cut, Mark
from pipelines.ruling import decisive
from pipelines.said import clean
from pipelines.verdict_files import rounded
from pipelines.weighed import Inquiry

SCHEMA = "tilewitness-trials/1"
TRIALS = "trials.json"
PLAIN = "plain_{}.png"
PLANTED = "planted, SIMULATED targets in this very scene"
LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What is shown of one statement.

    Attributes:
        claim_id: Of the statement.
        study: What was asked of which dates.
        glances: The dates that were weighed, oldest first.
        after: Index of the date that decides; one of the glances.
        before: Index of the date it is shown beside, None where there is none.
        wanted: The claimed state in numbers.
        zones: Ids of the zones.
    """

    claim_id: str
    study: Study
    glances: tuple[Glance, ...]
    after: int
    before: int | None
    wanted: Wanted
    zones: tuple[str, ...] = ()

    @property
    def glance(self) -> Glance:
        """Of the date that decides."""
        return next(one for one in self.glances if one.index == self.after)


def write(found: Inquiry, folder: Path) -> None:
    """Write the evidence of an inquiry in which dates were weighed; nothing of another.

    Raises:
        WriteError: a file cannot be written.
    """
    deciding, study, asked = decisive(found), found.study, found.quarry
    if deciding is None or study is None or asked is None:
        return
    after = deciding.chosen.index
    shown = Exhibit(
        claim_id=found.claim.id,
        study=study,
        glances=tuple(one.glance for one in found.weighed),
        after=after,
        before=_before(found, study, after),
        wanted=asked.wanted,
        zones=tuple(zone.id for zone in asked.zones),
    )
    write_exhibit(folder, shown)


def _before(found: Inquiry, study: Study, after: int) -> int | None:
    """The last weighed date before the one that decides, else the last clear one."""
    weighed = [one.chosen.index for one in found.weighed if one.chosen.index < after]
    change = found.claim.predicate in ("arrived", "departed", "unchanged")
    usable = [index for index in study.usable if index < after]
    chosen = weighed if change and weighed else usable or weighed
    return max(chosen, default=None)


def write_exhibit(folder: Path, shown: Exhibit) -> None:
    """Write ``before.png``, ``after.png``, ``implant.png``, each plain, too, and ``trials.json``.

    ``before.png`` is missing where there is no date before, ``implant.png`` where nothing could be
    planted.

    Raises:
        WriteError: a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder.name, error.strerror) from None
    for name, page in _pages(shown).items():
        try:
            page.save(folder / name, format="PNG", compress_level=6)
        except OSError as error:
            raise WriteError(name, error.strerror) from None
    write_text(folder / TRIALS, json_text(trials_document(shown)))


def _pages(shown: Exhibit) -> dict[str, Image.Image]:
    study, cut = shown.study, _cut(shown)
    if cut is None:
        return {}
    planted = study.planted(shown.after)
    dates = {"after": study.dated.values[shown.after]}
    if shown.before is not None:
        dates["before"] = study.dated.values[shown.before]
    by = ("before" if shown.before is not None else "after", "after")
    if planted.picture is not None:
        dates["implant"] = planted.picture
    made = closeups.pictures(dates, study.dated.bands, cut, by=by)
    marks = {"after": _sightings(shown), "implant": _targets(shown, planted)}
    pages = {
        f"{name}.png": framed(
            closeups.marked(
                closeups.outlined(image, study.question.zone, cut), marks.get(name, []), cut
            ),
            _caption(name, shown, cut),
        )
        for name, image in made.items()
    }
    return pages | {PLAIN.format(name): _plain(name, image, shown) for name, image in made.items()}


def _plain(name: str, image: Image.Image, shown: Exhibit) -> Image.Image:
    if name == "implant":
        return closeups.strewn(image, "SIMULATED TARGETS")
    return closeups.strewn(image, "SIMULATED") if shown.study.dated.simulated else image


def _cut(shown: Exhibit) -> Cut | None:
    study = shown.study
    if not study.question.zone.any():
        return None
    return closeups.cut_of(study.question.zone, shown.glance.sightings, study.pixel_m)


def _sightings(shown: Exhibit) -> list[Mark]:
    glance, target = shown.glance, shown.study.question.target
    return [
        _sighting(one, number, sure=one.strength >= glance.sure, length_m=target.length_m)
        for number, one in enumerate(glance.sightings[: closeups.MOST_LABELS], 1)
        if one.strength >= min(glance.sure, glance.low)
    ]


def _sighting(one: Sighting, number: int, *, sure: bool, length_m: float) -> Mark:
    length = one.length_m if math.isfinite(one.length_m) else length_m
    form, colour = ("box", closeups.SURE) if sure else ("corners", closeups.FAINT)
    return Mark(one.row, one.col, length, form, colour, str(number))


def _targets(shown: Exhibit, planted: Planted) -> list[Mark]:
    length = shown.study.question.target.length_m
    first = zip(planted.places[: planted.first], planted.strengths, strict=False)
    return [
        Mark(row, col, length, "circle", closeups.FOUND)
        if strength >= shown.glance.sure
        else Mark(row, col, length, "diamond", closeups.MISSED)
        for (row, col), strength in first
    ]


def _caption(name: str, shown: Exhibit, cut: Cut) -> Caption:
    index = shown.before if name == "before" and shown.before is not None else shown.after
    dated = shown.study.dated
    line = f"{dated.moments[index]:%Y-%m-%d %H:%M} UTC  {clean(dated.items[index].id, LONGEST_ID)}"
    legend: tuple[Swatch, ...] = ()
    if name == "after":
        legend = (
            Swatch(closeups.SURE, "sure (box)"),
            Swatch(closeups.FAINT, "not ruled out (corners)"),
        )
    if name == "implant":
        line = f"{dated.moments[index]:%Y-%m-%d %H:%M} UTC with {PLANTED}"
        legend = (
            Swatch(closeups.FOUND, "planted and found (circle)"),
            Swatch(closeups.MISSED, "planted and missed (diamond)"),
        )
    return Caption(
        title=f"{shown.claim_id}: {name}",
        line=line,
        legend=(*legend, closeups.EDGE, closeups.HATCHED),
        metres=cut.pixel_m / cut.times,
        simulated=dated.simulated or name == "implant",
    )


def trials_document(shown: Exhibit) -> dict[str, Any]:
    """The content of ``trials.json``: every figure that the measured rates follow from."""
    study = shown.study
    target = study.question.target
    content = {
        "schema": SCHEMA,
        "claim_id": shown.claim_id,
        "simulated": study.dated.simulated,
        "targets": "simulated",
        "witness": study.witness.name,
        "pixel_m": study.pixel_m,
        "zones": sorted(shown.zones),
        "target": {
            "name": target.name,
            "kind": target.kind,
            "length_m": target.length_m,
            "span_m": target.span_m,
            "contrasts": list(study.question.contrasts),
        },
        "wanted": {"sighted": shown.wanted.sighted, "planted": shown.wanted.planted},
        "decides": study.dated.items[shown.after].id,
        "view": _view(shown),
        "dates": [
            _date(study, one) | {"groups": _groups(study, one, shown.wanted)}
            for one in shown.glances
        ],
        "nulls": _nulls(study),
    }
    return dict(rounded(plain(content)))


def _view(shown: Exhibit) -> dict[str, Any] | None:
    """Where the pictures lie: the grid, the pixels of it that they show, how much enlarged."""
    cut, grid = _cut(shown), shown.study.dated.grid
    if cut is None:
        return None
    dates = {"after": shown.after} | ({} if shown.before is None else {"before": shown.before})
    return {
        "crs": str(grid.crs),
        "transform": list(grid.transform)[:6],
        "rows": [cut.rows.start, cut.rows.stop],
        "cols": [cut.cols.start, cut.cols.stop],
        "times": cut.times,
        "dates": {name: _scene(shown.study, index) for name, index in dates.items()},
    }


def _date(study: Study, glance: Glance) -> dict[str, Any]:
    planted = study.planted(glance.index)
    return {
        **_scene(study, glance.index),
        "clear": glance.clear,
        "sure": glance.sure,
        "low": glance.low,
        "sightings": [
            {"row": one.row, "col": one.col, "strength": one.strength, "length_m": one.length_m}
            for one in glance.sightings
        ],
        "count_sure": glance.count_sure,
        "count_low": glance.count_low,
        "planted": {
            "first_run": planted.first,
            "places": [list(place) for place in planted.places],
            "contrasts": list(planted.contrasts),
            "strengths": list(planted.strengths),
            "second_strengths": list(planted.extra),
            "counted_twice": glance.twice.count,
        },
        "power_sure": _share(glance.power_sure),
        "power_low": _share(glance.power_low),
        "false_sure": _alarms(glance.false_sure),
        "false_low": _alarms(glance.false_low),
        "any_sure": _alarms(glance.extra),
    }


def _groups(study: Study, glance: Glance, wanted: Wanted) -> dict[str, Any] | None:
    """The strengths that the power follows from: of each group, the last that must be found.

    After a departure one is asked for, whatever number is said to have left.
    """
    for asked in (Wanted(1, 1), wanted):
        planted = study.planted(glance.index, asked.planted)
        if planted.found(asked, glance.sure) == (glance.power_sure.count, glance.power_sure.trials):
            counted = {"planted": asked.planted, "sighted": asked.sighted}
            return counted | {"weakest": planted.weakest(asked)}
    return None


def _scene(study: Study, index: int) -> dict[str, Any]:
    dated = study.dated
    return {"scene": dated.items[index].id, "datetime": utc_text(dated.moments[index])}


def _share(share: Share) -> dict[str, Any]:
    return {
        "found": share.count,
        "groups": share.trials,
        "ci": list(interval(share.count, share.trials)),
    }


def _alarms(share: Share) -> dict[str, Any]:
    return {
        "alarms": share.count,
        "nulls": share.trials,
        "false_alarm": (share.count + 1) / (share.trials + 1),
    }


def _nulls(study: Study) -> list[dict[str, Any]]:
    pairs: Sequence[tuple[int, tuple[float, ...]]] = list(
        zip(study.nulls.indices, study.nulls.strengths, strict=True)
    )
    return [{**_scene(study, index), "strengths": list(told)} for index, told in pairs]
