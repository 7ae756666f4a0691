from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imagery import change, masking
from imagery.errors import InputError, UnreadableFile
from pipelines.config import MASKS, METHODS, Access, Options, choose, reach


def test_methods_are_those_that_exist() -> None:
    assert set(METHODS) == set(change.METHODS)


def test_masks_are_those_that_exist_and_the_product_s_comes_first() -> None:
    assert MASKS == (masking.PRODUCT_MASK, masking.LEARNED, masking.BOTH)
    assert Options().mask == "product"


def test_the_default_method_is_rcva() -> None:
    assert Options().method == "rcva"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"method": "rvca"}, "method is 'rvca'; expected one of cva, irmad, rcva (nearest: rcva)."),
        ({"method": "otsu"}, "method is 'otsu'; expected one of cva, irmad, rcva."),
        ({"mask": "lerned"}, "mask is 'lerned'; expected one of both, learned, product (nearest:"),
        ({"method": 3}, "method is 3; expected one of"),
        ({"chunk": 0}, "chunk is 0; expected whole pixels from 64 to 16384."),
        ({"chunk": 65536}, "chunk is 65536; expected"),
        ({"chunk": 1e3}, "chunk is 1000.0; expected"),
        ({"chunk": True}, "chunk is True; expected"),
        ({"workers": 0}, "workers is 0; expected a whole number from 1 up."),
        ({"workers": "2"}, "workers is '2'; expected"),
        ({"workers": True}, "workers is True; expected"),
        ({"overwrite": "yes"}, "overwrite is 'yes'; expected true or false."),
    ],
)
def test_a_wrong_value_is_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Options(**values)
    assert str(caught.value).startswith(sentence)


def test_a_file_sets_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('method = "cva"\nworkers = 2\n')
    assert choose(path, {}) == Options(method="cva", workers=2)


def test_an_unknown_key_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("chunks = 512\n")
    with pytest.raises(InputError) as caught:
        choose(path, {})
    assert str(caught.value).startswith("A key of run.toml is 'chunks'; expected one of ")
    assert "(nearest: chunk)" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"chunk = ", "not TOML"), (b"\xff\xfe\x00", "not UTF-8"), (None, "no such file")],
)
def test_a_file_that_cannot_be_read_is_explained(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "run.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason):
        choose(path, {})


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("chunk = 512\noverwrite = true\n")
    options = choose(path, {"chunk": 256, "method": None, "overwrite": None})
    assert options == Options(chunk=256, overwrite=True)


def test_without_a_file_the_defaults_hold() -> None:
    assert choose(None, {"workers": None}) == Options()


def test_one_file_says_how_to_compare_and_where_scenes_come_from(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(
        'method = "cva"\nimagery = "tiles"\nallow_hosts = ["nas.local"]\n'
        '[archives.mine]\nurl = "https://stac.example"\n'
    )
    assert choose(path, {}) == Options(method="cva")
    access = reach(path, {"imagery": None, "offline": True})
    assert (access.imagery, access.offline, access.allow_hosts) == ("tiles", True, ("nas.local",))
    assert access.archives == {"mine": {"url": "https://stac.example"}}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"imagery": ""}, "imagery is ''; expected a folder"),
        ({"cache": 3}, "cache is 3; expected the path of a folder."),
        ({"cache_gb": 0}, "cache_gb is 0; expected gigabytes above 0."),
        ({"cache_gb": True}, "cache_gb is True; expected gigabytes above 0."),
        ({"offline": 1}, "offline is 1; expected true or false."),
        ({"allow_hosts": "nas"}, "allow_hosts is 'nas'; expected a list of host names."),
        ({"archives": []}, "archives is []; expected tables [archives.NAME]."),
    ],
)
def test_wrong_access_is_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Access(**values)
    assert str(caught.value).startswith(sentence)


def test_an_unknown_product_names_the_nearest() -> None:
    with pytest.raises(InputError, match="nearest: sentinel-2-l2a"):
        Options(product="sentinel-2-l2")
