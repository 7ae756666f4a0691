"""The reasons against a verdict, each with the number that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.evidence import LEAST_NULLS, SUPPORTED_LR
from pipelines.report import words
from pipelines.report.gathered import Comparison, Gathered

Facts = dict[str, Any]

CLEAR_ENOUGH = 0.9
"""Share of the zones from which on cloud is no reason for doubt: that of a null date."""

PIXELS_ENOUGH = 3.0
"""Lengths of fewer pixels than these are hard to tell from a bright spot."""


def against(name: str, found: Gathered) -> list[Facts]:
    """The usual reasons to doubt what a statement was given, each answered.

    Returns:
        Each with ``doubt``, ``answer`` and ``met``: whether the number answers it.
    """
    verdict = found.verdicts[name]
    seen = deciding(name, found)
    if seen is None:
        return []
    told = found.trials.get(name)
    compared = _compared(name, found)
    return [
        _cloud(seen),
        _gap(seen),
        _size(told),
        _alarms(seen),
        _usual(seen),
        *([_shift(compared), _light(compared)] if compared else []),
        _stay(verdict),
    ]


def deciding(name: str, found: Gathered) -> Facts | None:
    """The acquisition whose figures the verdict carries; None where none was weighed.

    Where the trials that name it are damaged, the last one.
    """
    told = found.trials.get(name) or {}
    seen: list[Facts] = found.verdicts[name]["seen"]
    last = seen[-1] if seen else None
    return next((one for one in reversed(seen) if one["scene"] == told.get("decides")), last)


def _row(doubt: str, answer: str, *, met: bool) -> Facts:
    return {"doubt": doubt, "answer": answer, "met": met}


def _cloud(seen: Mapping[str, Any]) -> Facts:
    clear = seen["facts"]["clear"]
    hidden = "Nothing of them is hidden" if clear >= 1 else "The rest counts as not seen"
    return _row(
        "Cloud or shadow hides it",
        f"{words.percent(clear)} of the claimed zones are clear in the image of"
        f" {words.day(seen['datetime'])}. {hidden}.",
        met=clear >= CLEAR_ENOUGH,
    )


def _gap(seen: Mapping[str, Any]) -> Facts:
    off, relevance = seen["facts"]["days_off"], seen["facts"]["relevance"]
    if not off:
        answer = "It was taken within the claimed days, at one moment of them."
    else:
        unit = "day" if off == 1 else "days"
        answer = (
            f"It was taken {words.figure(off)} {unit} off; it counts for"
            f" {words.percent(relevance)} of an image within them."
        )
    return _row("The image is of another time", answer, met=relevance >= CLEAR_ENOUGH)


def _size(told: Mapping[str, Any] | None) -> Facts:
    if told is None:
        return _row("The object is too small for the pixels", "Not measured.", met=False)
    length, pixel = told["target"]["length_m"], told["pixel_m"]
    return _row(
        "The object is too small for the pixels",
        f"Its {words.rough(length, 'm')} are {words.rough(length / pixel)} pixels of"
        f" {words.figure(pixel, 'm')}: a shape of that size can be told, its type cannot.",
        met=length / pixel >= PIXELS_ENOUGH,
    )


def _alarms(seen: Mapping[str, Any]) -> Facts:
    k, n = seen["facts"]["null_alarms"], seen["facts"]["null_dates"]
    dates = "date" if n == 1 else "dates"
    answer = (
        f"On {k} of {n} earlier {dates} on which nothing was claimed, this method raised the same"
        f" alarm: at most {words.bound((k + 1) / (n + 1))} of dates."
    )
    if n < LEAST_NULLS:
        answer += f" {LEAST_NULLS} such dates are needed to rely on that."
    return _row(
        "The method sees things",
        answer,
        met=n >= LEAST_NULLS and (k + 1) / (n + 1) <= 1 / SUPPORTED_LR,
    )


def _usual(seen: Mapping[str, Any]) -> Facts:
    k, n = seen["facts"]["null_any"], seen["facts"]["null_dates"]
    often = f"On {k} of {n} other dates at least one such object is seen there"
    if not k:
        return _row("Such objects stand there anyway", f"{often}.", met=True)
    answer = f"{often}; what is usual cannot be told from what is claimed by looks alone."
    return _row("Such objects stand there anyway", answer, met=False)


def _compared(name: str, found: Gathered) -> Comparison | None:
    """The comparison of a statement's own dates: the one that ends on its later day."""
    told = found.trials.get(name) or {}
    dates = (told.get("view") or {}).get("dates", {})
    later = str(dates.get("after", {}).get("datetime"))[:10]
    site = found.of_site(found.claims.get(name, {}).get("site_id"))
    return next((one for one in site if later in str(one.moments)), None)


def _shift(compared: Comparison) -> Facts:
    fit, pixel = compared.record["registration"], compared.record["grid"]["pixel_m"]
    days = " and ".join(words.day(each) for each in compared.moments)
    if fit is None or fit["p95_px"] is None:
        return _row("The two dates do not lie exactly", "That was not measured.", met=False)
    return _row(
        "The two dates do not lie exactly over each other",
        f"{days} were moved over each other by {words.rough(_length(fit['shift_px']) * pixel, 'm')}"
        f" and then agree to {words.rough(fit['p95_px'] * pixel, 'm')} in 95 of 100 places.",
        met=fit["p95_px"] <= 0.5,
    )


def _light(compared: Comparison) -> Facts:
    fit = compared.record["normalization"]
    if fit is None:
        answer = "That was not measured."
        return _row("Sun, haze or season changed the brightness", answer, met=False)
    gains = [band["gain"] for band in fit["bands"].values()]
    return _row(
        "Sun, haze or season changed the brightness",
        f"{words.percent(fit['invariant_share'])} of the ground served as unchanged; by it the"
        f" dates were brought to one brightness (gains {min(gains):.3f} to {max(gains):.3f}).",
        met=True,
    )


def _stay(verdict: Mapping[str, Any]) -> Facts:
    stays = verdict["assumptions"].get("stays_days")
    if stays is None:
        return _row("It may have been there at another hour", "Not measured.", met=False)
    unit = "day" if stays == 1 else "days"
    held = verdict["reason"] != "time_gap"
    answer = (
        f"Such objects are assumed to stay about {words.figure(stays)} {unit}. That was halved and"
        f" doubled: the verdict {'stays the same' if held else 'changes'}."
    )
    return _row("How long such objects stay is only assumed", answer, met=held)


def _length(shift: list[float]) -> float:
    return float((shift[0] ** 2 + shift[1] ** 2) ** 0.5)
