"""Run ``tilewitness diff`` on a labelled pair and lay its products over the label.

Only the products are looked at. They go to the grid of the label, nearest pixel, so that every
labelled pixel counts once and with a value that ``diff.tif`` holds: an interpolated score would be
one that the tool never gave. A pixel counts where it is labelled and both images have data in
every band; without a score it counts as unflagged and ranks lowest. A pair that ``diff`` refuses
(exit 2) counts as one without any score.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.crs import CRS

from benchmarks.scale import DIFF
from benchmarks.scoring import Counts, Flags, Scores, counted, curve
from pipelines.config import METHODS

Places = NDArray[np.floating[Any]]

LABEL = "change_label.tif"
DAY = re.compile(r"(?<!\d)\d{4}-?[01]\d-?[0-3]\d(?!\d)")
FLAGGED_CODES = (2, 3, 5)
REFUSED = 2
SAID = "tilewitness: "


@dataclass(frozen=True, slots=True)
class Pair:
    """Two dated images and what changed between them."""

    name: str
    before: Path
    after: Path
    label: Path


@dataclass(frozen=True, slots=True)
class Codes:
    """What the label's values mean; any other value than these three is refused."""

    changed: int
    unchanged: int
    unlabelled: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a label."""

    crs: CRS
    transform: Affine
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Products:
    """What ``diff`` left, on the grid of the label, or why it left nothing.

    Attributes:
        scores: (y, x) float32, minus infinity = no score.
        flagged: (y, x) True = code 2, 3 or 5 and a score.
        shift_px: (dx, dy) that the tool found, pixels of its own grid.
        objects: Features in ``detections.geojson``.
        refused: The sentence of a refusal.
    """

    scores: Scores
    flagged: Flags
    shift_px: tuple[float, float] | None = None
    objects: int | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The pixels of one pair that count.

    Attributes:
        scores: (n,), minus infinity = no score.
        changed: (n,) True = labelled as changed.
        figures: What is told of them.
    """

    scores: Scores
    changed: Flags
    figures: Figures


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of a table; shares are of the pixels that count."""

    pair: str
    pixels: int
    auc: float
    average_precision: float
    counts: Counts
    f1: float
    kappa: float
    flagged: float
    without_score: float
    shift_px: tuple[float, float] | None
    objects: int | None
    refused: str | None


def parser(description: str) -> argparse.ArgumentParser:
    """The options that labelled benchmarks share."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True, help="folder of labelled pairs")
    made.add_argument("--json", type=Path, help="write the figures here too")
    made.add_argument("--methods", type=_methods, default=METHODS, help="such as rcva,cva")
    return made


def _methods(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in METHODS:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(METHODS)}")
    return names


def find_pair(folder: Path, pattern: str) -> Pair | None:
    """The two dated images of a folder, earlier first, or None where it is not such a folder."""
    dated = {
        found[0].replace("-", ""): path
        for path in sorted(folder.glob(pattern))
        if (found := DAY.search(path.name))
    }
    if len(dated) != 2 or not (folder / LABEL).is_file():
        return None
    before, after = (dated[day] for day in sorted(dated))
    return Pair(folder.resolve().name, before, after, folder / LABEL)


def score(pair: Pair, codes: Codes, *, method: str) -> Sample:
    """Run ``diff`` on a pair and score what it leaves.

    Raises:
        ValueError: the label holds a value without a meaning.
        RuntimeError: ``diff`` failed other than by a refusal.
    """
    label, grid = _read_label(pair.label, codes)
    counts = np.isin(label, (codes.changed, codes.unchanged))
    counts &= _has_data(pair.before, grid) & _has_data(pair.after, grid)
    products = run_diff(pair, grid, method=method)
    scores, flagged = products.scores[counts], products.flagged[counts]
    changed: Flags = label[counts] == codes.changed
    ranking, table = curve(scores, changed), counted(flagged, changed)
    figures = Figures(
        pair=pair.name,
        pixels=table.total,
        auc=ranking.auc,
        average_precision=ranking.average_precision,
        counts=table,
        f1=table.f1,
        kappa=table.kappa,
        flagged=(table.hits + table.false_alarms) / max(table.total, 1),
        without_score=np.count_nonzero(np.isneginf(scores)) / max(table.total, 1),
        shift_px=products.shift_px,
        objects=products.objects,
        refused=products.refused,
    )
    return Sample(scores, changed, figures)


def run_diff(pair: Pair, grid: Grid, *, method: str) -> Products:
    """Run the command into a temporary folder and read its products on ``grid``.

    Raises:
        RuntimeError: it failed other than by a refusal.
    """
    with tempfile.TemporaryDirectory(prefix="tilewitness-labelled-") as made:
        out = Path(made) / "run"
        arguments = [str(pair.before), str(pair.after), "-o", str(out), "--method", method]
        ended = subprocess.run([*DIFF, *arguments], capture_output=True, text=True, check=False)
        if ended.returncode == 0:
            return read_products(out, grid)
    said = ended.stderr.strip().splitlines()[-1:]
    if ended.returncode != REFUSED or not said or not said[0].startswith(SAID):
        raise RuntimeError(
            f"diff of {pair.name} ended with {ended.returncode}:\n{ended.stderr[-2000:]}"
        )
    nothing = np.full(grid.shape, -np.inf, np.float32)
    return Products(nothing, np.isfinite(nothing), refused=said[0].removeprefix(SAID))


def read_products(folder: Path, grid: Grid) -> Products:
    """Read a run folder on the grid of a label, nearest pixel."""
    with rasterio.open(folder / "diff.tif") as file:
        band = file.descriptions.index("score") + 1
        scores = _on_grid(file, grid, fill=np.nan, bands=(band,))[0]
    with rasterio.open(folder / "classes.tif") as file:
        codes = _on_grid(file, grid, fill=0)[0]
    scored = np.isfinite(scores)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    found = json.loads((folder / "detections.geojson").read_text(encoding="utf-8"))
    registration = record.get("registration") or {}
    shift = registration.get("shift_px")
    return Products(
        np.where(scored, scores, np.float32(-np.inf)),
        scored & np.isin(codes, FLAGGED_CODES),
        shift_px=None if shift is None else (shift[0], shift[1]),
        objects=len(found["features"]),
    )


def _read_label(path: Path, codes: Codes) -> tuple[NDArray[Any], Grid]:
    with rasterio.open(path) as file:
        label = file.read(1)
        grid = Grid(file.crs, file.transform, file.shape)
    known = {codes.changed, codes.unchanged}
    if codes.unlabelled is not None:
        known.add(codes.unlabelled)
    strange = sorted(set(np.unique(label).tolist()) - known)
    if strange:
        raise ValueError(f"{path} holds {strange}; expected {sorted(known)}")
    return label, grid


def _has_data(path: Path, grid: Grid) -> Flags:
    """(y, x) True where every band is neither 0 nor the file's own no data."""
    with rasterio.open(path) as file:
        pixels = _on_grid(file, grid, fill=0)
        has_data: Flags = ((pixels != 0) & (pixels != file.nodata) & ~np.isnan(pixels)).all(axis=0)
    return has_data


def _on_grid(
    file: Any, grid: Grid, *, fill: float, bands: tuple[int, ...] | None = None
) -> NDArray[Any]:
    """(band, y, x): of an open raster, the pixels that hold the centres of a grid's; else fill."""
    rows, cols = np.indices(grid.shape)
    x, y = _moved(cols.ravel() + 0.5, rows.ravel() + 0.5, grid.transform)
    if file.crs != grid.crs:
        there = Transformer.from_crs(grid.crs.to_wkt(), file.crs.to_wkt(), always_xy=True)
        x, y = there.transform(x, y)
    col, row = (np.floor(place).astype(np.int64) for place in _moved(x, y, ~file.transform))
    inside = (row >= 0) & (row < file.height) & (col >= 0) & (col < file.width)
    pixels = file.read(bands)
    found = np.full((len(pixels), inside.size), fill, pixels.dtype)
    found[:, inside] = pixels[:, row[inside], col[inside]]
    return found.reshape(-1, *grid.shape)


def _moved(x: Places, y: Places, by: Affine) -> tuple[Places, Places]:
    # What affine does itself, but typed for arrays.
    return by.a * x + by.b * y + by.c, by.d * x + by.e * y + by.f


def share(figure: float) -> str:
    """A share for a table."""
    return f"{figure:8.2%}"


def said(figures: Figures) -> str:
    """Shift, objects and refusal for the end of a row."""
    if figures.refused:
        return f"  refused: {figures.refused}"
    shift = (
        "         none"
        if figures.shift_px is None
        else "{:+6.2f} {:+6.2f}".format(*figures.shift_px)
    )
    return f"  {shift}{figures.objects:9}"
