"""An outline that many threads draw at once; in a process of its own, as the fault is a crash."""

from __future__ import annotations

import subprocess
import sys

WORK = """
import sys
from concurrent.futures import ThreadPoolExecutor
import shapely
from imagery.detectors.shapes import Shape, fill

sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(4) as pool:
    for _ in range(500):
        outline = shapely.LineString([(-30, 0), (30, 0)]).buffer(5)
        shape = Shape("any", "aircraft", 60.0, 10.0, outline)
        work = [pool.submit(fill, shape, heading_deg=0.0, pixel_m=(10.0, 10.0)) for _ in range(8)]
        assert len({each.result().tobytes() for each in work}) == 1
"""


def test_threads_may_share_an_outline() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
