"""Whether a Sentinel-2 scene carries the additive offset of 1000 DN, and how that is known.

Since processing baseline 04.00 Sentinel-2 products hold DN = 10000 x reflectance + 1000.
Catalogues take the offset off, or say so wrongly. Metadata decide; pixels may veto an offset
(a scene with it has almost nothing below 900 DN), never prove one: a bright scene without any
offset can be darkest above 1000. The day of sensing never decides: old scenes are reprocessed.

Source:
    Sentinel-2 Products Specification Document, BOA_ADD_OFFSET and RADIO_ADD_OFFSET.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from imagery.errors import OffsetError

Status = Literal["none", "subtracted", "applied", "vetoed", "undetermined"]

ADD_OFFSET_DN = 1000.0
"""What baselines from 04.00 on add to every DN."""

DARK_DN = 900
"""A pixel below this, in a scene with the offset, has a reflectance below -.01."""

VETO_FRACTION = 1e-3
"""Share of valid pixels below ``DARK_DN``, in any band, that vetoes an offset."""

AGREE_DN = ADD_OFFSET_DN / 2
"""Two scenes whose darkest levels differ by less share one state of the offset."""

_IN_NAME = re.compile(r"_N(\d{2})(\d{2})_")
_BASELINE_KEYS = ("PROCESSING_BASELINE", "PROCESSINGBASELINE", "S2_PROCESSING_BASELINE")
_OFFSET_KEYS = ("BOA_ADD_OFFSET", "RADIO_ADD_OFFSET")
_APPLIED_KEYS = ("BOA_OFFSET_APPLIED", "EARTHSEARCH_BOA_OFFSET_APPLIED")
_REMEDY = (
    "Set the tag PROCESSING_BASELINE (such as 05.11) or BOA_OFFSET_APPLIED (YES) in both files."
)


@dataclass(frozen=True, slots=True)
class OffsetFacts:
    """What is known before deciding.

    Attributes:
        baseline: Processing baseline such as 5.11, or None.
        applied: What ``boa_offset_applied`` says, or None.
        declared_dn: Offset that the file declares to be in its DN (1000, 0), or None.
    """

    baseline: float | None = None
    applied: bool | None = None
    declared_dn: float | None = None


@dataclass(frozen=True, slots=True)
class Darkness:
    """The dark end of a scene, on a systematic subsample.

    Attributes:
        dark_fraction: Share of valid pixels below ``DARK_DN``, in the band with the most.
        floor_dn: The DN below which one valid pixel in a thousand lies, by band.
    """

    dark_fraction: float
    floor_dn: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class OffsetDecision:
    """What is done about the offset of one scene.

    Attributes:
        dn: Added to every DN: -1000 or 0.
        status: ``none`` by metadata; ``subtracted`` by us; ``applied`` by the provider; ``vetoed``
            by the pixels; ``undetermined`` without any of these, taken as 0.
        reason: One clause for the record.
    """

    dn: float
    status: Status
    reason: str


def offset_facts(name: str, tags: Mapping[str, str]) -> OffsetFacts:
    """What a Sentinel-2 file says of its offset, by tags and then by its name."""
    upper = {re.sub(r"\W", "_", key.upper()): value.strip() for key, value in tags.items()}
    said = next((upper[key] for key in _BASELINE_KEYS if key in upper), None)
    named = _IN_NAME.search(name)
    if said is None and named is not None:
        said = f"{named[1]}.{named[2]}"
    declared = next((upper[key] for key in _OFFSET_KEYS if key in upper), None)
    applied = next((upper[key] for key in _APPLIED_KEYS if key in upper), None)
    return OffsetFacts(
        baseline=_baseline(said),
        applied=None if applied is None else applied.upper() in ("YES", "TRUE", "1"),
        declared_dn=None if declared is None else abs(_number(declared) or 0.0),
    )


def decide_offset(facts: OffsetFacts, darkness: Darkness) -> OffsetDecision:
    """Decide about the offset of one Sentinel-2 scene; pure.

    An offset that metadata claim and pixels veto is not subtracted: such flags are wrong in the
    wild, and a scene with the offset cannot be that dark.
    """
    if facts.applied:
        return OffsetDecision(0.0, "applied", "the provider says that the offset is taken off")
    if facts.declared_dn is not None:
        claim, source = facts.declared_dn > 0, f"the file declares {facts.declared_dn:g} DN"
    elif facts.baseline is not None:
        claim, source = facts.baseline >= 4, f"processing baseline {facts.baseline:05.2f}"
    else:
        claim, source = None, "no processing baseline"
    if claim is False:
        return OffsetDecision(0.0, "none", source)
    if darkness.dark_fraction >= VETO_FRACTION:
        seen = f"{darkness.dark_fraction:.2%} of valid pixels are below {DARK_DN} DN"
        return OffsetDecision(0.0, "vetoed", f"{source}, but {seen}")
    if claim:
        return OffsetDecision(-ADD_OFFSET_DN, "subtracted", source)
    return OffsetDecision(0.0, "undetermined", f"{source}, and no pixel vetoes an offset")


def check_agreement(
    decisions: tuple[OffsetDecision, OffsetDecision], darkness: tuple[Darkness, Darkness]
) -> None:
    """Refuse a pair in which an undetermined offset could differ between the dates.

    Two scenes of one place with the same offset are darkest at about the same DN; half the
    offset, in the median over bands, is the limit.

    Args:
        decisions: Before, after.
        darkness: Before, after.

    Raises:
        OffsetError: one offset is undetermined and the other scene's state may not be the same.
    """
    if all(decision.status != "undetermined" for decision in decisions):
        return
    before, after = (scene.floor_dn for scene in darkness)
    gap = abs(median(after[band] - before[band] for band in before if band in after))
    if decisions[0].dn != decisions[1].dn:
        problem = "one date has it, the other does not say"
    elif gap >= AGREE_DN:
        problem = f"the darkest levels of the two dates are {gap:.0f} DN apart"
    else:
        return
    raise OffsetError("The Sentinel-2 offset of 1000 DN cannot be decided", problem, _REMEDY)


def _baseline(text: str | None) -> float | None:
    if text is None:
        return None
    digits = re.sub(r"^N", "", text.strip().upper())
    if re.fullmatch(r"\d{4}", digits):
        digits = f"{digits[:2]}.{digits[2:]}"
    return _number(digits)


def _number(text: str) -> float | None:
    match = re.search(r"-?\d+(\.\d+)?", text)
    return float(match[0]) if match else None
