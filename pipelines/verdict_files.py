"""``verdicts.json``: every verdict with the figures that it rests on, as published.

The form is ``verdicts.schema.json`` beside this file. A number that was not measured is null and
never left out; floats keep six significant digits, degrees seven decimals, so that the same run
gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imagery.write import COORDINATE_DECIMALS, SIGNIFICANT_DIGITS, plain
from pipelines.claims.file import ClaimsFile
from pipelines.verdict import Link, Seen, Verdict

SCHEMA = "tilewitness-verdicts/1"
DEGREES = ("lon", "lat")
SCHEMA_FILE = Path(__file__).with_name("verdicts.schema.json")


def verdicts_document(
    verdicts: Sequence[Verdict],
    *,
    claims: ClaimsFile,
    claims_sha256: str,
    simulated: bool,
    unlinked: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The content of ``verdicts.json``.

    Args:
        verdicts: In the order of the claims.
        claims: What was tested.
        claims_sha256: Of the ``claims.json`` that is written beside.
        simulated: Whether any scene that was weighed is generated.
        unlinked: Changed objects in zones that no statement speaks of: ``detection``, ``site_id``
            and what else is known of them.
    """
    content = {
        "schema": SCHEMA,
        "text_sha256": claims.text_sha256,
        "article_date": claims.article_date,
        "claims_sha256": claims_sha256,
        "simulated": simulated,
        "verdicts": [_verdict(each) for each in verdicts],
        "unlinked": sorted((dict(each) for each in unlinked), key=lambda one: one["detection"]),
    }
    return dict(rounded(plain(content)))


def rounded(value: Any) -> Any:
    """The same value with floats of six significant digits; NaN and infinity become null.

    >>> rounded({"lr": 23.75000001, "n": [7, float("inf"), -0.0]})
    {'lr': 23.75, 'n': [7, None, 0.0]}
    """
    if isinstance(value, float):
        # A negative zero is the same number in other bytes.
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0 if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {
            key: round(each, COORDINATE_DECIMALS) if key in DEGREES else rounded(each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return value


def _verdict(one: Verdict) -> dict[str, Any]:
    fields = asdict(one)
    fields["zones"] = sorted(one.zones)
    fields["links"] = [asdict(link) for link in sorted(one.links, key=_strongest)]
    fields["seen"] = [asdict(seen) for seen in sorted(one.seen, key=_oldest)]
    return fields


def _strongest(link: Link) -> tuple[float | str, ...]:
    """Best fit first, then strongest; the place decides between equals."""
    fit = link.where * link.when * link.what * link.how_many
    return (-fit, -link.strength, link.datetime, link.scene, link.lat, link.lon)


def _oldest(seen: Seen) -> tuple[str, str, str]:
    return (seen.datetime, seen.scene, seen.role)
