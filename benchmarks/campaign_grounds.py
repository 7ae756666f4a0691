"""Grounds of verdict campaigns: claim-free dates of simulated sites and of real series.

``tiles/<world>/<site>`` is a folder of the sample tiles, ``data/<folder>`` a folder of real data:
one ``*_10m.nc`` as ``benchmarks.series`` reads it, or dated GeoTIFFs. A series is taken as it lies
(100 pixels are too few to measure shifts on), GeoTIFFs are registered as the tool does it.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pystac
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely import box

from benchmarks.series import BANDS, DN_BANDS, USABLE
from imagery import dated, stack
from imagery.catalogs import SIMULATED, items_from_folder
from imagery.dated import Dated
from imagery.detectors.apron import projected, zone_mask
from imagery.model import Zone
from imagery.sites import load_site
from sample_tiles.worlds import BEFORE

Made = TypeVar("Made")

SHARPEST_M = 5.0  # products of finer pixels are the vehicles' ground
AROUND_PX = {"aircraft": 48, "vehicle": 75, "vessel": 60}
"""Ground kept around a zone: what its witness looks at, with a margin."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Dates of a place, and what they are.

    Attributes:
        name: As in ``Campaign.ground``.
        dated: Its claim-free dates.
        real: Whether somebody photographed it.
        site: Registry id, None where the place is no site.
    """

    name: str
    dated: Dated
    real: bool
    site: str | None

    @property
    def pixel_m(self) -> float:
        """Side of a pixel."""
        return abs(float(self.dated.grid.resolution.x))

    @property
    def days(self) -> list[str]:
        """ISO days, oldest first."""
        return [f"{moment:%Y-%m-%d}" for moment in self.dated.moments]


def kept(folder: Path | None, key: str, make: Callable[[], Made]) -> Made:
    """Something made before, or make it now and keep it."""
    if folder is None:
        return make()
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())  # our own cache, never from elsewhere
    made = make()
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps(made, protocol=5))
    part.replace(path)
    return made


def load(name: str, *, tiles: Path, data: Path | None, cache: Path | None) -> Ground:
    """A ground by its name.

    Raises:
        FileNotFoundError: its folder is not there.
    """
    first, _, rest = name.partition("/")
    root = {"tiles": tiles, "data": data}.get(first)
    folder = root / rest if root is not None else Path(rest)
    if root is None or not folder.is_dir():
        raise FileNotFoundError(f"The ground {name} is not there: {folder} is no folder.")
    files = sorted(path for path in folder.iterdir() if path.suffix in (".tif", ".nc"))
    listing = [f"{path.name} {path.stat().st_size}" for path in files]
    key = f"ground 1 {name} {listing}"
    if first == "tiles":
        read, real, site = kept(cache, key, lambda: _tiles(folder)), False, folder.name
    elif list(folder.glob("*_10m.nc")):
        read, real, site = kept(cache, key, lambda: _series(folder)), True, None
    else:
        read, real, site = kept(cache, key, lambda: _scenes(folder)), True, None
    return Ground(name, read, real, site)


def _tiles(folder: Path) -> Dated:
    items = items_from_folder(folder)
    fine = folder.parent.name == "departed"
    kind = "PS" if fine else "S2"
    items = [one for one in items if kind in one.id and one.datetime is not None]
    claim_free = [one for one in items if fine or one.datetime.date() < BEFORE]
    if not claim_free:
        write = "write it: python -m sample_tiles.generate --history"
        raise SystemExit(f"{folder} has no history (no scene before {BEFORE}); {write}")
    grid = stack.common_grid(claim_free[0], claim_free[-1])
    return _plain(dated.gather(claim_free, grid, bands=BANDS))


def _scenes(folder: Path) -> Dated:
    with tempfile.TemporaryDirectory() as alone:  # labels lie beside the scenes
        for path in sorted(folder.glob("S2_*.tif")):
            (Path(alone) / path.name).symlink_to(path.resolve())
        items = items_from_folder(Path(alone))
        return _plain(dated.gather(items, stack.common_grid(items[0], items[-1]), bands=BANDS))


def _plain(read: Dated) -> Dated:
    """The same with items that hold no more than id and time."""
    items = tuple(
        _item(one.id, moment) for one, moment in zip(read.items, read.moments, strict=True)
    )
    return replace(read, items=items, registrations=(None,) * len(items))


def _item(name: str, moment: datetime) -> pystac.Item:
    return pystac.Item(name, None, None, moment, {SIMULATED: name.startswith("SIMULATED")})


def _series(folder: Path) -> Dated:
    with xr.open_dataset(next(folder.glob("*_10m.nc")), mask_and_scale=False) as opened:
        dn = np.stack([opened[name].values for name in DN_BANDS], axis=1).astype(np.float32)
        usable = np.isin(opened["SCL"].values, USABLE)
        times = opened["time"].values.astype("datetime64[s]").astype(datetime)
        x, y = opened["x"].values, opened["y"].values
        crs = str(opened["spatial_ref"].attrs.get("crs_wkt", "EPSG:3035"))
    side = float(x[1] - x[0])
    transform = Affine(side, 0, float(x[0]) - side / 2, 0, -side, float(y[0]) + side / 2)
    values = np.where(usable[:, None] & (dn > 0), dn / 1e4, np.float32(np.nan)).astype(np.float32)
    items = tuple(_item(f"{at:%Y-%m-%d}", at.replace(tzinfo=UTC)) for at in times)
    grid = GeoBox(values.shape[2:], transform, crs)
    return Dated(items, grid, BANDS, values, (None,) * len(items))


def zone_of(ground: Ground, zone: str | tuple[int, ...]) -> Zone:
    """A zone of the site, or a rectangle of pixels as one."""
    if isinstance(zone, str):
        return next(one for one in load_site(str(ground.site)).zones if one.id == zone)
    row, col, rows, cols = zone
    at = ground.dated.grid.transform
    left, top = at @ (col, row)
    right, bottom = at @ (col + cols, row + rows)
    outline = projected(box(left, bottom, right, top), str(ground.dated.grid.crs), "EPSG:4326")
    name = "-".join(map(str, zone))
    return Zone(f"{ground.name}.{name}", name, "zone", "user", "a benchmark", 0.0, outline)


def cut(
    ground: Ground, zone: str | tuple[int, ...], kind: str
) -> tuple[Dated, tuple[int, int], Zone]:
    """The dates around a zone, the corner of the cut in pixels of the ground, and the zone."""
    place = zone_of(ground, zone)
    inside = zone_mask(place, ground.dated.grid)
    margin = AROUND_PX[kind]
    rows, cols = (
        slice(max(0, int(at.min()) - margin), min(int(at.max()) + margin + 1, size))
        for at, size in zip(np.nonzero(inside), inside.shape, strict=True)
    )
    grid = ground.dated.grid[rows, cols]
    values = np.ascontiguousarray(ground.dated.values[:, :, rows, cols])
    return replace(ground.dated, grid=grid, values=values), (rows.start, cols.start), place


def clouded(
    values: NDArray[np.float32], inside: NDArray[np.bool_], share: float, from_deg: float
) -> NDArray[np.float32]:
    """(band, y, x) with a share of the zone masked, seen from one side."""
    if not share:
        return values
    rows, cols = np.indices(inside.shape)
    along = rows * np.cos(np.radians(from_deg)) + cols * np.sin(np.radians(from_deg))
    edge = np.quantile(along[inside], share)
    return np.where(along <= edge, np.float32(np.nan), values)
