"""Known archives are data, and a user's own table adds or changes one."""

from __future__ import annotations

import pytest

from imagery.archives import known_archives
from imagery.errors import InputError
from imagery.sensors import PRODUCTS

MINE = {"url": "https://stac.example/v1/", "collections": {"s2": {"product": "sentinel-2-l2a"}}}


def test_the_three_that_come_with_the_package() -> None:
    archives = known_archives()
    assert list(archives) == ["earth-search", "planetary-computer", "cdse"]
    for archive in archives.values():
        assert archive.url.startswith("https://")
        assert {series.product for series in archive.collections.values()} <= set(PRODUCTS)
    assert set(archives["earth-search"].collections) == {
        "sentinel-2-l2a",
        "sentinel-2-c1-l2a",
        "landsat-c2-l2",
        "sentinel-1-grd",
    }
    series = archives["planetary-computer"].collections["sentinel-1-rtc"]
    assert (series.product, series.signing) == ("sentinel-1-rtc", "planetary-computer")


def test_a_user_adds_one() -> None:
    archive = known_archives({"mine": MINE})["mine"]
    assert archive.url == "https://stac.example/v1"
    assert archive.collections["s2"].offset == "any"
    assert archive.collections["s2"].signing == "none"


def test_a_user_changes_one_key_and_keeps_the_rest() -> None:
    archives = known_archives({"cdse": {"signing": "bearer"}})
    assert archives["cdse"].url == known_archives()["cdse"].url
    assert archives["cdse"].collections["sentinel-2-l2a"].signing == "bearer"
    assert known_archives()["cdse"].collections["sentinel-2-l2a"].signing == "s3"


def test_a_user_changes_one_key_of_one_collection() -> None:
    own = {"cdse": {"collections": {"sentinel-2-l2a": {"offset": "any"}}}}
    found = known_archives(own)["cdse"].collections
    assert list(found) == list(known_archives()["cdse"].collections)
    series = found["sentinel-2-l2a"]
    assert (series.offset, series.product) == ("any", "sentinel-2-l2a")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"cdse": {"signin": "s3"}}, r"'signin'; expected .*nearest: signing"),
        ({"cdse": {"signing": "oauth"}}, "'oauth'; expected one of bearer, none"),
        ({"mine": {"url": "https://x.example"}}, "at least one collection"),
        ({"mine": {**MINE, "url": "file:///etc"}}, "an https address"),
        ({"mine": {**MINE, "url": "https://me:pw@x.example"}}, "an https address"),
        (
            {"mine": {**MINE, "collections": {"s2": {"product": "sentinel-2"}}}},
            "nearest: sentinel-2-l",
        ),
        (
            {"mine": {**MINE, "collections": {"s2": {"product": "sentinel-2-l2a", "band": {}}}}},
            r"'band'; expected .*nearest: bands",
        ),
        (
            {
                "mine": {
                    **MINE,
                    "collections": {"s2": {"product": "landsat-c2-l2", "bands": {"X": "nir"}}},
                }
            },
            r"band X of .*nearest: nir08",
        ),
        ({"mine": {**MINE, "collections": {"s2": 3}}}, "a table"),
        ({"../x": MINE}, "lower-case words"),
    ],
)
def test_what_is_wrong_is_told(table: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        known_archives(table)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        known_archives({"mine": {**MINE, "url": "https://me:hunter2@x.example"}})
    assert "hunter2" not in str(caught.value)
