"""A comparison that costs nothing, and small watch lists for it.

What it writes follows from site, dates and source alone, as with the real one; ``QUICK_S`` makes it
sleep between its files, so that a test can kill it half way.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.warp import transform
from small_tiffs import UTM
from terrain import ground, noisy, write_s2

from imagery.keep import Keep
from imagery.passes import moment
from imagery.run_folder import run_folder
from imagery.write import json_text, utc_text, write_text
from pipelines.model import Outcome

SIDE = 40
FIRST = date(2024, 3, 1)
STEP = timedelta(days=5)
NOW = "2024-03-20T06:00Z"
FILES = 4


def compare(site: Any, periods: Any, *, source: Any, out: Path, **said: Any) -> Outcome:
    """Stands in for ``pipelines.compare.compare``."""
    note = os.environ.get("QUICK_LOG")
    if note:
        with Path(note).open("a") as file:
            file.write(f"{site.id} {out.name}\n")
    keep = Keep(out.parent / ".kept")
    with run_folder(out, keep=keep, overwrite=said["options"].overwrite) as draft:
        for number in range(FILES):
            time.sleep(float(os.environ.get("QUICK_S", "0")))
            write_text(
                draft.folder / f"{number}.txt", f"{site.id} {periods[1].start} {number}\n" * 99
            )
        times = sorted(moment(i) for i in source.search(site.bounds, _until(periods[1])).items)
        last = times[-1]
        write_text(draft.folder / "history.json", json_text({"alarms": alarms(site, times)}))
        write_text(draft.folder / "occupancy.csv", "zone,datetime,state,anomalous_m2\n")
        record = {
            "schema": "tilewitness-run/1",
            "state": "compared",
            "simulated": True,
            "scenes": [scene(at) for at in (times[-2], last)],
            "detections": {"appeared": 1},
            "history": {"used": True},
        }
        draft.seal(record, custody=said["custody"])
    return Outcome(out, record)


def alarms(site: Any, times: list[datetime]) -> list[dict[str, Any]]:
    """Something new on each date but the first, confirmed by the second later one."""
    found = []
    for number, at in enumerate(times[1:], start=1):
        sure = utc_text(times[number + 2]) if number + 2 < len(times) else None
        found.append(
            {
                "zone_id": site.zones[0].id,
                "first_seen": utc_text(at),
                "confirmed": sure,
                "state": "confirmed" if sure else "provisional",
                "area_m2": 900.0,
            }
        )
    return found


def scene(at: datetime) -> dict[str, Any]:
    return {"id": f"S2_L2A_{at:%Y-%m-%d}", "datetime": utc_text(at)}


def _until(period: Any) -> Any:
    from imagery.model import Period

    return Period(datetime(2000, 1, 1, tzinfo=UTC), period.end)


def add_date(folder: Path, number: int, *, cloudy: bool = False) -> Path:
    """A further scene in a folder of tiles."""
    scl = np.full((SIDE, SIDE), 9 if cloudy else 4)
    pixels = noisy(ground((SIDE, SIDE)), number)
    return write_s2(folder / f"S2_L2A_{FIRST + number * STEP}.tif", pixels, scl=scl)


def write_site(path: Path) -> Path:
    """One zone in the middle of the tiles."""
    corners = [(10, 10), (30, 10), (30, 30), (10, 30), (10, 10)]
    x, y = zip(*(UTM @ corner for corner in corners), strict=True)
    ring = [list(p) for p in zip(*transform("EPSG:32636", "EPSG:4326", x, y), strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    return path


def world(folder: Path, sites: int = 2, dates: int = 3, more: str = "") -> Path:
    """Tiles, site files and a watch list of them; the path of the list."""
    for number in range(dates):
        add_date(folder / "tiles", number)
    for number in range(sites):
        write_site(folder / "places" / f"site{number:02}.geojson")
    path = folder / "watch.toml"
    path.write_text(
        'store = "runs"\n[defaults]\nimagery = "tiles"\nhistory = 100\nwait_s = 0\n'
        f'[[site]]\nsite = "places"\n{more}'
    )
    return path


def patched_path(folder: Path) -> str:
    """A ``PYTHONPATH`` with which processes of a test, and their workers, compare for nothing."""
    own = folder / "patched"
    own.mkdir(parents=True, exist_ok=True)
    lines = ("import quick", "from pipelines import compare", "compare.compare = quick.compare")
    (own / "sitecustomize.py").write_text("\n".join(lines))
    here = Path(__file__).parent
    return os.pathsep.join(map(str, (own, here, here.parent, here.parents[1])))


def bytes_of(store: Path) -> Mapping[str, bytes]:
    """Every file of every run but the custody log, which says when and where."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.glob("*/*/**/*"))
        if path.is_file() and path.name != "custody.jsonl"
    }
