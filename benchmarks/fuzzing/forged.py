"""Run folders as somebody else might hand them on."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from random import Random

from benchmarks.fuzzing import mutate
from benchmarks.fuzzing.mutate import Bait
from imagery.custody import CUSTODY, append
from imagery.keep import Keep
from imagery.run_folder import RECORD


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


def asked_changed(folder: Path, keep: Keep, bait: Bait, random: Random) -> None:
    """Change what a run was asked for, among the kept originals; its log is made to fit."""
    path = folder / CUSTODY
    first, *rest = (json.loads(line) for line in path.read_text().splitlines())
    data = keep.get(first["asked"], name="asked").read_bytes()
    if random.random() < 1 / 10:
        data = mutate.bytes_changed(data, random)
    else:
        said = json.loads(gzip.decompress(data))
        data = gzip.compress(mutate.json_changed(said, random, bait), mtime=0)
    first["asked"] = keep.put_bytes(data)
    told = [{key: each[key] for key in each if key != "prev"} for each in (first, *rest[:-1])]
    path.unlink()
    append(folder, *told, record=hashlib.sha256((folder / RECORD).read_bytes()).hexdigest())


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
