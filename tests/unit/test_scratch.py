from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery.errors import WriteError
from imagery.scratch import Scratch


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch")


def pixels(shape, dtype="float32"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40)),
    chunk=st.tuples(st.integers(1, 45), st.integers(1, 45)),
    order=st.randoms(use_true_random=False),
)
def test_blocks_in_any_order_give_the_array(folder, shape, chunk, order):
    image = pixels(shape)
    scratch = Scratch.create(folder / "any.bin", shape=shape, dtype="float32")
    corners = [(y, x) for y in range(0, shape[1], chunk[0]) for x in range(0, shape[2], chunk[1])]
    order.shuffle(corners)
    for y, x in corners:
        block = slice(0, shape[0]), slice(y, y + chunk[0]), slice(x, x + chunk[1])
        scratch[block] = image[block]
    np.testing.assert_array_equal(scratch[:, :, :], image)
    assert scratch.path.stat().st_size == image.nbytes


def test_takes_a_dask_store_from_threads(tmp_path):
    image = pixels((2, 300, 257))
    image[:, 5, 7] = np.nan
    scratch = Scratch.create(tmp_path / "a.bin", shape=image.shape, dtype="float32")
    da.store(da.from_array(image, chunks=(2, 64, 100)), scratch, lock=False, scheduler="threads")
    np.testing.assert_array_equal(scratch[:, :, :], image)


def put_row(task):
    scratch, row = task
    scratch[0:1, row : row + 1, 2:5] = np.full((1, 1, 3), row + 1, dtype=np.uint8)


def test_takes_blocks_from_several_processes(tmp_path):
    scratch = Scratch.create(tmp_path / "p.bin", shape=(1, 8, 6), dtype="uint8")
    assert pickle.loads(pickle.dumps(scratch)) == scratch
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(put_row, [(scratch, row) for row in range(8)]))
    expected = np.zeros((1, 8, 6), dtype=np.uint8)
    expected[0, :, 2:5] = np.arange(1, 9)[:, None]
    np.testing.assert_array_equal(scratch[:, :, :], expected)


def test_block_of_another_shape_is_refused(tmp_path):
    scratch = Scratch.create(tmp_path / "s.bin", shape=(1, 8, 6), dtype="uint8")
    with pytest.raises(ValueError, match="broadcast"):
        scratch[0:1, 0:4, 0:6] = np.zeros((1, 3, 6), dtype=np.uint8)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(WriteError, match=r"Could not write a\.bin: No such file or directory\."):
        Scratch.create(tmp_path / "none" / "a.bin", shape=(1, 2, 2), dtype="uint8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said():
    scratch = Scratch(Path("/dev/full"), (1, 2, 2), "uint8")
    with pytest.raises(WriteError, match="No space left on device"):
        scratch[0:1, 0:2, 0:2] = np.ones((1, 2, 2), dtype=np.uint8)
