"""The SIMULATED radar tiles through ``compare``: what the worlds say is what is found.

``python -m benchmarks.radar_tiles [--tiles DIR] [--json FILE]``

Needs ``python -m sample_tiles.generate --history``. In the world ``departed`` the air-defence site
is compared with one, two and four passes after its vehicles left; beside each stands how much of
the sky over the optical tile of those days is cloud, of which radar knows nothing. In
``as-reported`` the same zone, from which nothing left, and the roadstead of Tartus. PASS: departed
after at least three passes, provisional before, present where nothing left; the frigates of both
worlds counted right.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from imagery.model import Period
from imagery.sites import load_site
from imagery.sources import FolderSource
from pipelines.compare import compare
from pipelines.config import Options
from pipelines.terminal import Silent
from sample_tiles.frame import CENTRES
from sample_tiles.scene import build
from sample_tiles.sky import sky, sun_position
from sample_tiles.worlds import sensing_time

PRODUCT = "sentinel-1-rtc"
TILES = Path("sample_tiles")


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison and what must come of it."""

    world: str
    site: str
    before: str
    after: str
    zone: str
    expected: object


CASES = (
    Case("departed", "hmeimim", "2024-12-01", "2024-12-13", "hmeimim.sam", "provisional loss"),
    Case("departed", "hmeimim", "2024-12-10", "2024-12-22", "hmeimim.sam", "provisional loss"),
    Case("departed", "hmeimim", "2024-12-10", "2025-01-03", "hmeimim.sam", "departed"),
    Case("as-reported", "hmeimim", "2024-12-10", "2025-01-03", "hmeimim.sam", "present"),
    Case("as-reported", "tartus", "2024-12-10", "2024-12-22", "tartus.roadstead", 2),
    Case("opposite", "tartus", "2024-12-10", "2024-12-22", "tartus.roadstead", 1),
)
FRIGATE_M = (100.0, 160.0)
"""Lengths, three deviations of 14 m around 125 m and what layover adds."""


def run(case: Case, tiles: Path) -> dict[str, Any]:
    """The facts of one comparison."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        outcome = compare(
            load_site(case.site),
            (Period.parse(case.before), Period.parse(case.after)),
            source=FolderSource(tiles / case.world / case.site),
            out=out,
            options=Options(product=PRODUCT),
            watch=Silent(),
            custody={},
        )
        story = json.loads((out / "radar_history.json").read_text())
    past = outcome.record["radar"]["past"]
    if case.zone.endswith("sam"):
        zone = next(each for each in past["scatterers"] if each["zone"] == case.zone)
        found: object = zone["state"]
    else:
        last = [each for each in story["vessels"] if each["zone"] == case.zone][-1]
        zone = {"zone": case.zone, "lengths_m": [ship["length_m"] for ship in last["ships"]]}
        found = sum(FRIGATE_M[0] <= length <= FRIGATE_M[1] for length in zone["lengths_m"])
    return {"found": found, "zone": zone, "passes": len(past["passes"])}


def cloud(site: str, day: date) -> float:
    """Share of the optical tile of a day that is under cloud."""
    moment = sensing_time("S2", day)
    elevation, azimuth = sun_position(moment, *CENTRES[site][:2])
    return float((sky(build(site, "S2"), day, (elevation, azimuth)).cloud > 0.1).mean())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--tiles", type=Path, default=TILES)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    print("SIMULATED tiles, through compare --product sentinel-1-rtc")
    report, passed = [], True
    for case in CASES:
        facts = run(case, given.tiles)
        facts["cloud_after"] = cloud(case.site, date.fromisoformat(case.after))
        right = facts["found"] == case.expected
        passed &= right
        report.append({"world": case.world, "after": case.after, "right": right, **facts})
        print(
            f"{case.world:12} {case.zone:17} {case.before} to {case.after}: {facts['found']}"
            f" ({facts['passes']} passes; optical sky {facts['cloud_after']:.0%} cloud)"
            f" {'' if right else 'WRONG'}"
        )
        zone = facts["zone"]
        if "power" in zone:
            alarms = zone["false_alarms"]
            told = ", ".join(
                f"{t['size']:.0f} m2 {t['found']}/{t['trials']}" for t in zone["power"]
            )
            print(f"{'':12} planted: {told}; nothing planted: {alarms['found']}/{alarms['trials']}")
    print(
        "PASS" if passed else "FAIL", "departed after three passes and not before; frigates counted"
    )
    if given.json:
        given.json.write_text(json.dumps(report, indent=1, sort_keys=True), encoding="utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
