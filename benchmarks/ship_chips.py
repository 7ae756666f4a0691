"""CFAR on labelled radar chips: precision, recall and F1, inshore and offshore apart.

Chips are 8-bit amplitudes of mixed sensors without pixel size, so the window is in pixels and wide
enough for most ships (``WINDOW``). The background is measured three times, each time without what
stood out before; the threshold is that of the chip's own tail. What exceeds it is grown to a lower
level, closed over gaps and boxed. A box counts as a hit, one to one, from IoU .5 (and .3: speckle
and sidelobes decide where a box ends).

The floor beside them, *fixed*, is one threshold for a whole chip, its mean and ``FLOOR`` standard
deviations of the same smoothed picture; every piece from ``LEAST_PX`` on is a box.
``HIGH`` and ``EDGE_SHARE`` were chosen on half of the chips of SSDD, ``ECHO_SHARE`` on all. It
leaves out what scores less than half of the chip's strongest: sidelobes and ambiguities of it,
mostly. It is a rule for chips, not for scenes, where a launch lies beside a frigate.

A chip is *inshore* where more than ``INSHORE`` of it is land: wide (Gaussian of 8 px) and three
times brighter than the chip's dark tenth, in pieces of 3 % of the chip and more. It is a rule on
pixels and not the official list of the data set, so the two halves differ somewhat from published
ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from imagery.detectors import cfar
from imagery.errors import InputError

LABELS = "ships.coco.json"
WINDOW = cfar.Window(guard_px=40, reach_px=60)
SMOOTH_PX = 2.0
STANDS_OUT = 4.0
HIGH, LOW = 1e-7, 1e-4
CLOSED_PX = 5
LEAST_PX = 40
EDGE_SHARE = 0.3
ECHO_SHARE = 0.5
LARGEST_SHARE = 0.08
HEAVIEST = 0.2
INSHORE = 0.03
FLOOR = 3.0

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Tally:
    """Boxes of one group of chips: hits at IoU .5 and .3, reported, labelled."""

    hits: int = 0
    near: int = 0
    reported: int = 0
    labelled: int = 0

    def figures(self, hits: int) -> tuple[float, float, float]:
        """Precision, recall, F1; 0 where nothing is there."""
        both = self.reported + self.labelled
        return (
            hits / max(self.reported, 1),
            hits / max(self.labelled, 1),
            2 * hits / max(both, 1),
        )


def find(data: Path) -> Path | None:
    """The folder, where it holds chips and labels."""
    return data if (data / LABELS).is_file() and (data / "images").is_dir() else None


def run(folder: Path) -> dict[str, Any]:
    """Every rule on every chip; prints the table."""
    coco = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    labels: dict[int, list[Box]] = {}
    for one in coco["annotations"]:
        labels.setdefault(one["image_id"], []).append(tuple(one["bbox"]))
    rules = (*cfar.RULES, "fixed")
    tallies = {(rule, place): Tally() for rule in rules for place in ("offshore", "inshore")}
    for chip in coco["images"]:
        with Image.open(folder / "images" / chip["file_name"]) as picture:
            pixels = np.asarray(picture.convert("L"))
        place = "inshore" if land_share(pixels) > INSHORE else "offshore"
        for rule, boxes in detected(pixels).items():
            _count(tallies[rule, place], boxes, labels.get(chip["id"], []))
    return printed(tallies)


def land_share(pixels: NDArray[np.uint8]) -> float:
    """Share of a chip that is land, by brightness and extent alone."""
    wide = ndimage.gaussian_filter(pixels.astype(np.float64), 8)
    dark = np.percentile(wide, 10) + 1
    pieces, _ = ndimage.label(wide > max(3 * dark, dark + 25))
    sizes = np.bincount(pieces.ravel())[1:]
    return float(sizes[sizes > 0.03 * pixels.size].sum() / pixels.size)


def detected(pixels: NDArray[np.uint8]) -> dict[str, list[tuple[float, Box]]]:
    """Rule -> (score, box), the strongest first; nothing where a chip shows no sea."""
    light = ndimage.gaussian_filter(pixels.astype(np.float32), SMOOTH_PX)
    usable = np.ones(light.shape, np.bool_)
    for _ in range(2):
        scores = cfar.two_parameter(light, cfar.clutter(light, usable, window=WINDOW))
        usable = ~ndimage.binary_dilation(scores > STANDS_OUT, iterations=4)
    background = cfar.clutter(light, usable, window=WINDOW)
    found = {"fixed": fixed(light)}
    for rule, score in cfar.RULES.items():
        scores = score(light, background)
        try:
            tail = cfar.scene_tail(scores[usable], heaviest=HEAVIEST)
        except InputError:
            found[rule] = []
            continue
        made = boxes(scores, tail.threshold(HIGH), tail.threshold(LOW))
        found[rule] = [one for one in made if one[0] >= ECHO_SHARE * made[0][0]]
    return found


def fixed(light: NDArray[np.float32]) -> list[tuple[float, Box]]:
    """(peak, box) of what one threshold leaves of a whole chip, the strongest first."""
    bright = light > light.mean() + FLOOR * light.std()
    labels, _ = ndimage.label(bright, np.ones((3, 3)))
    found = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        own = labels[place] == number
        if np.count_nonzero(own) >= LEAST_PX:
            height, width = own.shape
            box = (float(place[1].start), float(place[0].start), float(width), float(height))
            found.append((float(light[place][own].max()), box))
    return sorted(found, key=lambda item: (-item[0], item[1]))


def boxes(scores: NDArray[np.float32], high: float, low: float) -> list[tuple[float, Box]]:
    """(peak, box) of what reaches ``high``, grown to ``low`` and closed."""
    body = np.pad(np.nan_to_num(scores, nan=-np.inf) > low, CLOSED_PX)
    body = ndimage.binary_closing(body, iterations=CLOSED_PX)[
        CLOSED_PX:-CLOSED_PX, CLOSED_PX:-CLOSED_PX
    ]
    labels, _ = ndimage.label(body, np.ones((3, 3)))
    found = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        own = labels[place] == number
        heights = np.where(own, np.nan_to_num(scores[place], nan=0.0), -np.inf)
        area = np.count_nonzero(own)
        if heights.max() < high or not LEAST_PX <= area <= LARGEST_SHARE * scores.size:
            continue
        rows, cols = np.nonzero(heights >= EDGE_SHARE * np.percentile(heights[own], 90))
        left, top = place[1].start + cols.min(), place[0].start + rows.min()
        box = (float(left), float(top), float(np.ptp(cols) + 1), float(np.ptp(rows) + 1))
        found.append((float(heights.max()), box))
    return sorted(found, key=lambda item: (-item[0], item[1]))


def shared(a: Box, b: Box) -> float:
    """Intersection over union of two boxes (left, top, width, height).

    >>> shared((0, 0, 2, 2), (1, 0, 2, 2))
    0.3333333333333333
    """
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def _count(tally: Tally, found: list[tuple[float, Box]], labels: list[Box]) -> None:
    left = list(labels)
    for _, box in found:
        best = max(left, key=lambda label: shared(box, label), default=None)
        if best is not None and shared(box, best) >= 0.3:
            left.remove(best)
            tally.near += 1
            tally.hits += shared(box, best) >= 0.5
    tally.reported += len(found)
    tally.labelled += len(labels)


def printed(tallies: dict[tuple[str, str], Tally]) -> dict[str, Any]:
    """Print the table and give its figures."""
    print("\nCFAR           place      ships  boxes   P .5   R .5  F1 .5   P .3   R .3  F1 .3")
    report = {}
    for (rule, place), tally in tallies.items():
        figures = (*tally.figures(tally.hits), *tally.figures(tally.near))
        shown = " ".join(f"{figure:6.3f}" for figure in figures)
        print(f"{rule:15}{place:9}{tally.labelled:7}{tally.reported:7} {shown}")
        names = ("precision", "recall", "f1", "precision_iou3", "recall_iou3", "f1_iou3")
        report[f"{rule} {place}"] = dict(zip(names, figures, strict=True))
    return report
