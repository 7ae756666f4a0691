"""Items that lie about the offset of 1000 DN: the truth or a refusal, never another result.

All imagery is SIMULATED.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive import COMMON, PLANETARY_COMPUTER, Shape
from commands import arguments, invoke, refused, same
from publishing import Services, days, publish

pytestmark = pytest.mark.services

APPLIED = "earthsearch:boa_offset_applied"


def lying(*, taken_off: bool, by: str) -> Shape:
    """The shape of an archive whose Items say the contrary of ``taken_off``."""
    said: dict[str, Any] = {"s2:processing_baseline": "05.11"}
    asset: Callable[[str], dict[str, Any]] = lambda band: {}  # noqa: E731 - a field's default
    if by == "flag":
        said[APPLIED] = not taken_off
    elif by == "baseline":
        said["s2:processing_baseline"] = "05.11" if taken_off else "02.14"
    else:
        offset = -0.1 if taken_off else 0

        def asset(band: str) -> dict[str, Any]:
            raster = {"nodata": 0, "data_type": "uint16", "scale": 1e-4, "offset": offset}
            return {} if band == "SCL" else {"raster:bands": [raster], **common(band)}

    properties = {**PLANETARY_COMPUTER.properties, **said}
    return replace(PLANETARY_COMPUTER, taken_off=taken_off, properties=properties, asset=asset)


def common(band: str) -> dict[str, Any]:
    return {"eo:bands": [{"name": band, "common_name": COMMON[band]}]}


def honest(*, taken_off: bool) -> Shape:
    flag = {APPLIED: True} if taken_off else {}
    properties = {**PLANETARY_COMPUTER.properties, **flag}
    return replace(PLANETARY_COMPUTER, taken_off=taken_off, properties=properties)


@pytest.mark.parametrize(
    ("by", "dates"), [("flag", 1), ("flag", 2), ("baseline", 1), ("declared", 1), ("declared", 2)]
)
@pytest.mark.parametrize("taken_off", [True, False], ids=["said-to-be-there", "said-to-be-gone"])
def test_a_lie_about_the_offset_never_changes_a_result(
    services: Services,
    truth: Callable[..., Path],
    tmp_path: Path,
    taken_off: bool,
    by: str,
    dates: int,
) -> None:
    liar = lying(taken_off=taken_off, by=by)
    before, after = days(liar)
    if dates == 1:
        before = days(honest(taken_off=taken_off))[0]
    # As a product is called, but for its baseline.
    scenes = [replace(each, stem=each.stem.replace("N0511_", "")) for each in (before, after)]
    name = f"lie-{by}-{dates}-{'gone' if taken_off else 'there'}"
    url = publish(services, name, scenes)
    out = tmp_path / "api"
    result = invoke(*arguments(url, out, "--cache", tmp_path / "cache"))
    if result.exit_code == 2:
        refused(result, "offset", out)
    else:
        assert result.exit_code == 0, result.output
        same(truth(taken_off=taken_off), out)
        said = [scene["offset"] for scene in json.loads(result.output)["scenes"]]
        assert said[1]["status"] in ("vetoed", "none", "applied", "subtracted"), said
