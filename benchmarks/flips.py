"""One bit flipped anywhere in a run folder: is it found, and is the file named?

``python -m benchmarks.flips RUN [--flips 1000] [--seed 0] [--keep DIR]``

RUN is copied; files are drawn with equal chances, and in a file every bit. Exit code 1 where a flip
is not found, or the file not named.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from pipelines.audit import audit
from pipelines.config import Options
from pipelines.kept import kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep")
    said = parser.parse_args()
    keep, rng, missed = kept(Options(keep=said.keep)), random.Random(said.seed), []
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(shutil.copytree(said.run, Path(scratch, "run")))
        if unaltered := audit(run, keep).findings:
            print(f"{said.run} does not hold as it is: {unaltered[0]}")
            return 1
        files = sorted(path for path in run.rglob("*") if path.is_file() and path.stat().st_size)
        for _ in range(said.flips):
            path = rng.choice(files)
            data, name = path.read_bytes(), path.relative_to(run).as_posix()
            place = rng.randrange(8 * len(data))
            altered = bytearray(data)
            altered[place // 8] ^= 1 << place % 8
            path.write_bytes(altered)
            if name not in {each.name for each in audit(run, keep).findings}:
                missed.append(f"{name}, bit {place}")
            path.write_bytes(data)
    print(f"{said.flips - len(missed)} of {said.flips} flips found, in {len(files)} files")
    print("\n".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
