"""Write the SIMULATED sample tiles: ``python -m sample_tiles.generate [--history | --check]``.

Without an option the committed December tiles, their truth and ``SHA256SUMS`` are written anew.
``--history`` writes the other dates beside them (ignored by git; skipped where already there).
``--check`` simulates the committed tiles again and compares them with the files, pixel by pixel.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin

from sample_tiles.frame import CRS, Tile
from sample_tiles.radar import RadarShot, expose_radar
from sample_tiles.scene import build
from sample_tiles.sensor import SENSORS, Shot, expose
from sample_tiles.truth import truth
from sample_tiles.worlds import (
    AFTER,
    BEFORE,
    LATER,
    REPEAT,
    WORLDS,
    history,
    orbit,
    radar_history,
    radar_later,
)

HERE = Path(__file__).parent
SUMS = "SHA256SUMS"
_STAMP = ".history.json"
_PRODUCT = {"S2": "S2_L2A", "PS": "PS_SR", "S1": "S1_RTC"}


@dataclass(frozen=True, slots=True)
class Job:
    """One tile to simulate.

    Attributes:
        world: Where it is simulated.
        site: Site id.
        sensor: ``S2``, ``PS`` or ``S1``.
        day: Date.
        also: Other worlds in which the very same thing was seen; they get a copy.
    """

    world: str
    site: str
    sensor: str
    day: date
    also: tuple[str, ...] = ()

    def paths(self, root: Path) -> list[tuple[Path, Path]]:
        """Tile and truth for each world."""
        name = f"SIMULATED_{_PRODUCT[self.sensor]}_{self.day.isoformat()}.tif"
        folders = [root / world / self.site for world in (self.world, *self.also)]
        # A radar tile of the 3 m world shows more ground than its optical tile of that day.
        own = "S1_" if self.sensor == "S1" else ""
        truth_name = f"{own}{self.day.isoformat()}.geojson"
        return [(f / name, f / "truth" / truth_name) for f in folders]


def committed() -> list[Job]:
    """List the tiles that the repository holds."""
    reported, opposite, departed = WORLDS
    jobs = []
    for site in ("hmeimim", "tartus"):
        jobs.append(Job(reported, site, "S2", BEFORE, (opposite,)))
        jobs += [Job(world, site, "S2", AFTER) for world in (reported, opposite)]
    jobs += [Job(departed, "hmeimim", "PS", day) for day in (BEFORE, AFTER, LATER[0])]
    jobs.append(Job(reported, "hmeimim", "S1", AFTER - REPEAT, (opposite,)))
    jobs += [Job(world, "hmeimim", "S1", AFTER) for world in (reported, opposite)]
    jobs += [Job(departed, "hmeimim", "S1", day) for day in (BEFORE, BEFORE + REPEAT)]
    jobs.append(Job(reported, "tartus", "S1", BEFORE, (opposite,)))
    jobs += [Job(world, "tartus", "S1", BEFORE + REPEAT) for world in (reported, opposite)]
    return jobs


def uncommitted() -> list[Job]:
    """List the tiles that ``--history`` writes: the dates before, shared, and the later ones."""
    reported, opposite, departed = WORLDS
    jobs = []
    for site in ("hmeimim", "tartus"):
        jobs += [Job(reported, site, "S2", day, (opposite,)) for day in history(reported)]
        jobs += [Job(world, site, "S2", day) for world in (reported, opposite) for day in LATER]
    days = (*history(departed), *LATER[1:])
    jobs += [Job(departed, "hmeimim", "PS", day) for day in days]
    return jobs + _radar_days()


def _radar_days() -> list[Job]:
    """Every radar pass that is not committed: before 13 December shared by the worlds."""
    kept = {(world, job.site, job.day) for job in committed() for world in _worlds(job)}
    jobs: list[Job] = []
    for site, worlds in (("hmeimim", WORLDS), ("tartus", WORLDS[:2])):
        days: list[tuple[date, tuple[str, ...]]] = [(day, worlds) for day in radar_history()]
        days += [(day, (world,)) for day in (AFTER, *radar_later()) for world in worlds]
        for day, group in days:
            left = [world for world in group if (world, site, day) not in kept]
            if left:
                jobs.append(Job(left[0], site, "S1", day, tuple(left[1:])))
    return jobs


def _worlds(job: Job) -> tuple[str, ...]:
    return (job.world, *job.also) if job.sensor == "S1" else ()


def write(job: Job, root: Path = HERE) -> None:
    """Simulate a tile and write it with its truth into each world that it belongs to."""
    shot = take(job)
    tile = build(job.site, job.sensor).tile
    (first, _), *copies = job.paths(root)
    for path, truth_path in job.paths(root):
        truth_path.parent.mkdir(parents=True, exist_ok=True)
        world = path.parent.parent.name
        truth_path.write_text(truth(world, job.site, job.day, tile), encoding="utf-8")
    _write_tile(first, shot, tile, job)
    for path, _ in copies:
        whole = path.with_suffix(".part")
        _same_file(first, whole)
        whole.replace(path)


def take(job: Job) -> Shot | RadarShot:
    """Simulate the tile of a job."""
    if job.sensor == "S1":
        return expose_radar(job.world, job.site, job.day)
    return expose(job.world, job.site, job.sensor, job.day)


def _same_file(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system cannot."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _write_tile(path: Path, shot: Shot | RadarShot, tile: Tile, job: Job) -> None:
    sensor = SENSORS[job.sensor]
    part = path.with_suffix(".part")
    profile = {
        "driver": "GTiff",
        "width": tile.size,
        "height": tile.size,
        "count": len(sensor.bands),
        "dtype": "float32" if job.sensor == "S1" else "uint16",
        "nodata": -32768 if job.sensor == "S1" else 0,
        "crs": CRS,
        "transform": from_origin(tile.west, tile.top, tile.pixel, tile.pixel),
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "interleave": "band",
        "compress": "deflate",
        "predictor": 3 if job.sensor == "S1" else 2,
        "zlevel": 7,
    }
    with rasterio.open(part, "w", **profile) as target:
        target.write(shot.pixels)
        target.descriptions = sensor.bands
        target.colorinterp = [ColorInterp.gray] + [ColorInterp.undefined] * (len(sensor.bands) - 1)
        target.update_tags(**_tags(shot, job))
    part.replace(path)


def _tags(shot: Shot | RadarShot, job: Job) -> dict[str, str]:
    tags = {
        "SIMULATED": "YES",
        "TIFFTAG_IMAGEDESCRIPTION": "SIMULATED tile of tilewitness, not a satellite image",
        "SITE": job.site,
        "SENSOR": SENSORS[job.sensor].name,
        "ACQUISITION_DATE": shot.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if isinstance(shot, RadarShot):
        return tags | {
            "PRODUCT": "sentinel-1-rtc",
            "UNITS": "linear power",
            "PLATFORM": "Sentinel-1A",
            "RELATIVE_ORBIT": str(shot.track.orbit),
            "ORBIT_DIRECTION": shot.track.direction,
            "PROCESSING_VERSION": "simulated-1",
            "INCIDENCE_ANGLE": f"{shot.track.incidence:.1f}",
        }
    tags |= {
        "SCALE": "0.0001",
        "SUN_ELEVATION": f"{shot.sun[0]:.2f}",
        "SUN_AZIMUTH": f"{shot.sun[1]:.2f}",
    }
    if job.sensor == "S2":
        tags["PROCESSING_BASELINE"] = "05.11"
        tags["BOA_ADD_OFFSET"] = "-1000"
        tags["RELATIVE_ORBIT"] = str(orbit(job.day))
    return tags


def write_all(jobs: list[Job], root: Path = HERE) -> None:
    """Write many tiles, on all cores, showing progress on a terminal."""
    # Spawned, not forked: the same on every platform, and no lock of GDAL's is copied.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=context) as pool:
        for done, _ in enumerate(pool.map(write, jobs, [root] * len(jobs), chunksize=4), start=1):
            if sys.stderr.isatty():
                sys.stderr.write(f"\rSIMULATED tiles {done}/{len(jobs)}")
    if sys.stderr.isatty():
        sys.stderr.write("\n")


def sums(root: Path = HERE) -> str:
    """SHA-256 of every committed tile and truth file, in the form of ``sha256sum``."""
    paths = sorted({path for job in committed() for pair in job.paths(root) for path in pair})
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root).as_posix()}\n"
        for path in paths
    ]
    return "".join(lines)


def check(root: Path = HERE) -> list[str]:
    """Compare the committed files with the list and with a new simulation.

    Pixels are compared, not compressed bytes: another GDAL may compress the same pixels otherwise.

    Returns:
        One sentence a fault; empty when all agrees.
    """
    faults = []
    if (root / SUMS).read_text(encoding="utf-8") != sums(root):
        faults.append(f"{SUMS} does not match the files.")
    for job in committed():
        shot = take(job)
        for path, truth_path in job.paths(root):
            with rasterio.open(path) as source:
                same = np.array_equal(source.read(), shot.pixels)
            if not same:
                faults.append(f"{path.relative_to(root)} is not what the generator makes.")
            world = path.parent.parent.name
            text = truth(world, job.site, job.day, build(job.site, job.sensor).tile)
            if truth_path.read_text(encoding="utf-8") != text:
                faults.append(f"{truth_path.relative_to(root)} is not what the generator makes.")
    return faults


def write_history(root: Path = HERE) -> int:
    """Write the dates that git does not hold, unless this very generator already has.

    Returns:
        The number of tiles simulated.
    """
    sources = sorted(HERE.glob("*.py"))
    version = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = root / _STAMP
    if not stamp.exists() or json.loads(stamp.read_text()) != version:
        jobs = uncommitted()
    else:
        jobs = [
            job
            for job in uncommitted()
            if not all(path.exists() for pair in job.paths(root) for path in pair)
        ]
    if jobs:
        write_all(jobs, root)
    stamp.write_text(json.dumps(version))
    return len(jobs)


def main() -> int:
    """Run the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sample_tiles.generate", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--history", action="store_true", help="write the dates git does not hold")
    choice.add_argument("--check", action="store_true", help="compare the committed tiles")
    options = parser.parse_args()
    start = time.monotonic()
    if options.check:
        faults = check()
        sys.stdout.write("\n".join(faults or ["The committed tiles are what the generator makes."]))
        sys.stdout.write("\n")
        return 1 if faults else 0
    if options.history:
        number = write_history()
    else:
        write_all(committed())
        (HERE / SUMS).write_text(sums(), encoding="utf-8")
        number = len(committed())
    spent = time.monotonic() - start
    sys.stdout.write(f"{number} SIMULATED tiles written in {spent:.0f} s under {HERE.name}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
