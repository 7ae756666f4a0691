"""Two scenes on one grid: aligned, registered, normalised, read window by window or lazily."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import pystac
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import calibration, change, normalize, register, sar_change, sar_tracks, sensors, stack
from imagery.agreement import check_pair
from imagery.catalogs import PRODUCT
from imagery.defects import check_files
from imagery.grid import LATTICE_PX as LATTICE_PX
from imagery.kernels import Float
from imagery.normalize import Normalization
from imagery.offset_check import check_pixels
from imagery.place_check import check_place
from imagery.register import Registration
from imagery.sar_change import Speckle

SAMPLE_BLOCKS = 16
SAMPLE_MARGIN_PX = 12
LOOKED_AT = 64  # blocks that may be read until enough of them are usable
STEP_PX = 1024  # to each side of the middle, where the step between two satellites is measured
USABLE_SHARE = 0.1  # of a block, for it to count
SHEAR_LIMIT_PX = 0.1  # what a moved grid may leave out before the kernel must step in

Slices = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scenes and all that was measured between them.

    Attributes:
        before, after: Items with local assets.
        grid: Target grid, metric, north-up.
        bands: Canonical names of the bands that are compared.
        registration: Of the after date; None until measured.
        normalization: None until fitted, or where nothing is usable.
        further: Other dates of the place that the masks were held against.
        speckle: Of a radar pair, in the place of a normalization.
        steps: Of a radar pair of two satellites or processing versions, the shift between them.
        notes: Sentences on what was doubtful between the two; every stage adds its own.
    """

    before: pystac.Item
    after: pystac.Item
    grid: GeoBox
    bands: tuple[str, ...]
    registration: Registration | None = None
    normalization: Normalization | None = None
    further: tuple[pystac.Item, ...] = ()
    speckle: Speckle | None = None
    steps: tuple[sar_tracks.Step, ...] = ()
    notes: list[str] = field(default_factory=list, compare=False)

    @property
    def radar(self) -> bool:
        """Whether its pixels are backscatter."""
        return is_radar(self.before)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) of the grid."""
        height, width = self.grid.shape
        return height, width

    @property
    def moved(self) -> GeoBox | None:
        """The grid to load the after date on where that applies the registration, else None.

        A scene that must be resampled anyway is loaded where it really lies; one that stands on
        the grid is read as it is and shifted by ``register.resample``.
        """
        found = self.registration
        if found is None or found.model in ("none", "identity"):
            return None
        if stack.on_grid(self.after, self.grid):
            return None
        a, b, c, d, e, f = found.affine
        height, width = self.shape
        if abs(b) * height / 2 > SHEAR_LIMIT_PX or abs(d) * width / 2 > SHEAR_LIMIT_PX:
            return None
        # Pixel indices count centres, an affine counts corners; the shear left out is centred.
        left = c + b * (height - 1) / 2 + (1 - a) / 2
        top = f + d * (width - 1) / 2 + (1 - e) / 2
        moved = self.grid.affine @ Affine(a, 0, left, 0, e, top)
        return GeoBox(self.grid.shape, moved, self.grid.crs)

    @property
    def halo(self) -> int:
        """Pixels of the after date that resampling needs around a window."""
        if self.registration is None or self.moved is not None:
            return 0
        return register.halo(self.registration, self.shape)

    def load(self, rows: slice, cols: slice) -> tuple[xr.Dataset, xr.Dataset]:
        """Both dates of a window; the after date still shifted where it stands on the grid."""
        return (
            stack.load(self.before, self.grid[rows, cols], self.bands, chunk=None),
            stack.load(self.after, (self.moved or self.grid)[rows, cols], self.bands, chunk=None),
        )

    def read(self, rows: slice, cols: slice) -> tuple[Float, Float]:
        """Both dates of a window at once, registered: (band, y, x) each, NaN = unusable."""
        before = stack.load(self.before, self.grid[rows, cols], self.bands, chunk=None)
        first = np.where(before.clear.values, before.reflectance.values, np.float32(np.nan))
        return first, self.read_after(rows, cols)

    def read_after(self, rows: slice, cols: slice) -> Float:
        """The after date of a window, registered: (band, y, x), NaN = unusable."""
        height, width = self.shape
        halo, moved = self.halo, self.moved or self.grid
        top, left = max(rows.start - halo, 0), max(cols.start - halo, 0)
        bottom, right = min(rows.stop + halo, height), min(cols.stop + halo, width)
        wide = stack.load(self.after, moved[top:bottom, left:right], self.bands, chunk=None)
        values, clear = self.onto(
            wide.reflectance.values,
            wide.clear.values,
            origin=(top, left),
            out_origin=(rows.start, cols.start),
            out_shape=(rows.stop - rows.start, cols.stop - cols.start),
        )
        return np.where(clear, values, np.float32(np.nan))

    def onto(
        self,
        values: Float,
        clear: NDArray[np.bool_],
        *,
        origin: tuple[int, int],
        out_origin: tuple[int, int],
        out_shape: tuple[int, int],
    ) -> tuple[Float, NDArray[np.bool_]]:
        """Bring a window of the after date, as loaded, onto the grid; see ``register.resample``."""
        found = self.registration
        if found is None or self.moved is not None or found.model in ("none", "identity"):
            inner = tuple(
                slice(first - start, first - start + size)
                for first, start, size in zip(out_origin, origin, out_shape, strict=True)
            )
            return values[:, *inner], clear[inner]
        return (
            register.resample(
                values, found, origin=origin, out_origin=out_origin, out_shape=out_shape
            ),
            register.resample_clear(
                clear, found, origin=origin, out_origin=out_origin, out_shape=out_shape
            ),
        )


def compared_bands(before: pystac.Item, after: pystac.Item) -> tuple[str, ...]:
    """Canonical names of the bands that are compared.

    Only bands whose own pixels are as fine as the finest are: the 20 m bands of Sentinel-2 on a
    10 m grid blur what the 10 m bands show.

    Raises:
        BandError: see ``stack.common_bands``.
    """
    bands = stack.common_bands(before, after)
    product = sensors.PRODUCTS[before.properties[PRODUCT]]
    sizes = {band.name: band.gsd_m for band in product.bands}
    finest = min((sizes[name] for name in bands if name in sizes), default=None)
    if finest is None:
        return bands
    return tuple(name for name in bands if sizes.get(name, finest) <= finest)


def make(before: pystac.Item, after: pystac.Item, *, grid: GeoBox | None = None) -> Pair:
    """Put two scenes on one grid.

    Args:
        before, after: Items with local files of their compared bands at least.
        grid: Unless given, what the two scenes share.

    Raises:
        BandError, GridError, OffsetError: the two cannot be compared.
        UntrustedError: two orbits, units or orders of bands, or a mask of other pixels.
    """
    bands = compared_bands(before, after)
    if is_radar(before):
        sar_tracks.check_one_orbit(before, after)
    for item in (before, after):
        check_place(item)
    grid = grid or stack.common_grid(before, after)
    for item in (before, after):
        check_files(item, over=grid, bands=bands)
    stack.check_offsets(before, after, over=grid, bands=bands)
    check_pixels(before, after, over=grid, bands=bands)
    notes = check_pair(before, after, over=grid, bands=bands)
    if is_radar(before):
        calibration.check_units((before, after), bands, over=grid)
    return Pair(before, after, grid, bands, notes=notes)


def registered(pair: Pair, *, max_error_px: float) -> Pair:
    """Measure the shift of the after date.

    Radar dates of one orbit, satellite and processing lie on each other by their geolocation;
    between others the step is measured, and nothing is moved.

    Args:
        pair: Not yet registered.
        max_error_px: Refuse above this 95th percentile of the error.

    Raises:
        RegistrationError: it cannot be trusted.
    """
    if pair.radar:
        return dataclasses.replace(pair, registration=register.unmeasured(), steps=_steps(pair))
    found = register.measure(pair.read, pair.shape, max_error_px=max_error_px)
    return dataclasses.replace(pair, registration=found)


def _steps(pair: Pair) -> tuple[sar_tracks.Step, ...]:
    tracks = [sar_tracks.track_of(item) for item in (pair.before, pair.after)]
    known = [track for track in tracks if track is not None]
    if len(known) < 2 or sar_tracks.made_alike(known):
        return ()
    rows, cols = (
        slice(max(0, size // 2 - STEP_PX), min(size, size // 2 + STEP_PX)) for size in pair.shape
    )
    return sar_tracks.steps(np.stack(pair.read(rows, cols)), known)


def is_radar(item: pystac.Item) -> bool:
    """Whether the pixels of a scene are backscatter."""
    return sensors.PRODUCTS[item.properties[PRODUCT]].radar


def normalized(pair: Pair) -> Pair:
    """Fit the normalization on a fixed sample of blocks; unchanged where no pixel is usable.

    Of a radar pair looks and gain are measured instead.

    Raises:
        UntrustedError: too few pixels are usable.
    """
    windows = _sample(pair)
    if not windows:
        return pair
    if pair.radar:
        return dataclasses.replace(pair, speckle=sar_change.measured(windows))
    pixels = [_usable(before, after) for before, after in windows]
    before, after = (
        np.concatenate([w[date][:, ok].T for w, ok in zip(windows, pixels, strict=True)])
        for date in (0, 1)
    )
    fit = normalize.fit(before.astype(np.float64), after.astype(np.float64), bands=pair.bands)
    noises = [
        change.contrast_noise(b, a, ok.astype(np.uint8), fit)
        for (b, a), ok in zip(windows, pixels, strict=True)
    ]
    shares = [ok.sum() for ok in pixels]
    noise = np.average(noises, axis=0, weights=shares)
    return dataclasses.replace(pair, normalization=dataclasses.replace(fit, contrast_noise=noise))


def _sample(pair: Pair) -> list[tuple[Float, Float]]:
    """Up to ``SAMPLE_BLOCKS`` registered blocks with something usable, spread over the grid."""
    found = []
    for rows, cols in spread_blocks(pair.shape)[:LOOKED_AT]:
        # A little inside its block, so that the surround that resampling needs is in it too: on
        # aligned files that spares the decoding of eight neighbours.
        before, after = pair.read(_inner(rows), _inner(cols))
        if _usable(before, after).mean() > USABLE_SHARE:
            found.append((before, after))
        if len(found) == SAMPLE_BLOCKS:
            break
    return found


def _usable(before: Float, after: Float) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0))


def _inner(side: slice) -> slice:
    margin = SAMPLE_MARGIN_PX if side.stop - side.start == LATTICE_PX else 0
    return slice(side.start + margin, side.stop - margin)


def lattice(shape: tuple[int, int]) -> list[Slices]:
    """The blocks of the fixed lattice in raster order."""
    rows, cols = (
        [slice(start, min(start + LATTICE_PX, size)) for start in range(0, size, LATTICE_PX)]
        for size in shape
    )
    return [(row, col) for row in rows for col in cols]


def spread_blocks(shape: tuple[int, int]) -> list[Slices]:
    """The blocks of the lattice in an order in which every beginning is spread over the grid."""
    blocks = lattice(shape)
    golden = (5**0.5 - 1) / 2  # multiples of it fill the unit interval evenly at every count
    order = sorted(range(len(blocks)), key=lambda number: (number * golden) % 1)
    return [blocks[number] for number in order]
