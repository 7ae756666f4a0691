"""A real cron daemon fires a real batch twice, unattended, by the line that the docs give.

``python -m benchmarks.batch_timer`` (root, Debian's ``cron``; three minutes)

The shipped line is put into /etc/cron.d with this folder, this user and every minute in its place,
and taken out again. After the first firing, which runs a site and a statement, a site is added: the
first two runs must be left as they are, a third be made. SIMULATED tiles.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from imagery.run_folder import is_complete
from imagery.sites import load_site

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "docs" / "examples" / "schedule" / "tilewitness.cron"
TRIAL = Path("/etc/cron.d/tilewitness-trial")
LIST = """
store = "runs"
[defaults]
history = 0
keep = "originals"
imagery = "{tiles}"
[[site]]
site = "sites"
rule = "dates"
before = "2024-12-10"
after = "2024-12-13"
[[site]]
rule = "claims"
article = "claims.json"
"""
CLAIM = {
    "site_id": "hmeimim",
    "object_class": "large_aircraft",
    "object_text": "An-124",
    "predicate": "present",
    "date": {"start": "2024-12-13", "end": "2024-12-13"},
}
PATIENCE_S = 240


def line(folder: Path) -> str:
    """The shipped line, every minute, in ``folder``."""
    shipped = next(each for each in SHIPPED.read_text().splitlines() if each[:1].isdigit())
    command = shipped.split(None, 6)[6].replace("/etc/tilewitness/", f"{folder}/")
    command = command.replace("/var/lib/tilewitness", str(folder))
    command = re.sub(
        r"(?<=&& )tilewitness", str(Path(sys.executable).with_name("tilewitness")), command
    )
    return f"* * * * * root {command} >> {folder}/said.txt 2>&1\n"


def add_site(folder: Path, name: str) -> None:
    source = ROOT / "imagery" / "sites" / f"{name}.geojson"
    shutil.copy(source, folder / "sites" / f"watched-{name}.geojson")
    load_site(str(folder / "sites" / f"watched-{name}.geojson"))


def whole(folder: Path) -> dict[str, str]:
    """Whole run folders with the hash of their record."""
    return {
        path.parent.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("runs/*/*/run.json"))
        if is_complete(path.parent)
    }


def rounds(folder: Path) -> int:
    """Batches that the ledger knows."""
    found = list(folder.glob("runs/**/*.sqlite"))
    if not found:
        return 0
    with sqlite3.connect(f"file:{found[0]}?mode=ro", uri=True) as ledger:
        return int(ledger.execute("SELECT COUNT(*) FROM rounds").fetchone()[0])


def wait(folder: Path, runs: int) -> dict[str, str]:
    until = time.monotonic() + PATIENCE_S
    while len(found := whole(folder)) < runs and time.monotonic() < until:
        time.sleep(1)
    return found


def main() -> int:
    if shutil.which("cron") is None:
        print("cron is not installed (apt-get install cron).")
        return 1
    with tempfile.TemporaryDirectory(prefix="tilewitness-cron-") as place:
        folder = Path(place)
        (folder / "sites").mkdir()
        tiles = ROOT / "sample_tiles" / "as-reported"
        (folder / "watchlist.toml").write_text(LIST.format(tiles=tiles))
        (folder / "claims.json").write_text(json.dumps({"claims": [CLAIM]}))
        add_site(folder, "hmeimim")
        TRIAL.write_text(line(folder))
        daemon = subprocess.Popen(["cron", "-f"])
        try:
            first = wait(folder, 2)
            print(f"{time.strftime('%H:%M:%S')} fired: {len(first)} runs")
            add_site(folder, "tartus")
            second = wait(folder, 3)
            print(
                f"{time.strftime('%H:%M:%S')} fired: {len(second)} runs, {rounds(folder)} batches"
            )
        finally:
            TRIAL.unlink()
            daemon.terminate()
            daemon.wait()
        print((folder / "said.txt").read_text() if (folder / "said.txt").exists() else "")
        kept = all(second.get(name) == digest for name, digest in first.items())
        good = len(first) == 2 and len(second) == 3 and kept
    print("PASS" if good else "FAIL")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
