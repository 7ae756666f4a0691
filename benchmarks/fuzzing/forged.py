"""Run folders as somebody else might hand them on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

from benchmarks.fuzzing import mutate
from benchmarks.fuzzing.mutate import Bait


def altered(folder: Path, bait: Bait, random: Random) -> None:
    """Change one file of a run; in two cases of three the hashes and the seal are made to fit."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = [path for path in files if path.suffix in (".json", ".geojson", ".jsonl", ".csv")]
    path = random.choice(files if random.random() < 1 / 4 else told)
    if random.random() < 1 / 3:
        path = folder / "run.json"
    if path.suffix in (".json", ".geojson"):
        path.write_bytes(mutate.json_changed(json.loads(path.read_text()), random, bait))
    elif random.random() < 1 / 15:
        path.unlink()
        path.symlink_to(f"{bait.folder}/secret.txt")
    else:
        path.write_bytes(mutate.bytes_changed(path.read_bytes(), random))
    if random.random() < 2 / 3:
        reseal(folder)


def reseal(folder: Path) -> None:
    """What a forger would do: let every hash fit again, as far as the record can be read."""
    for path in (*sorted(folder.glob("*/**/run.json")), folder / "run.json"):
        try:
            record = json.loads(path.read_bytes())
            for name, said in record["products"].items():
                data = (path.parent / name).read_bytes() if "outside" not in name else b""
                said["sha256"], said["size"] = hashlib.sha256(data).hexdigest(), len(data)
            path.write_text(json.dumps(record))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name("run.json.sha256").write_text(f"{digest}  run.json\n")
