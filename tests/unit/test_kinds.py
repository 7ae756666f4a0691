"""Of which product an Item is, when its collection has no known name."""

from __future__ import annotations

from typing import Any

import pytest

from imagery.catalogs.kinds import stated_product
from imagery.errors import BandError


def said(*assets: str, names: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    hrefs = names or tuple(f"{key}.tif" for key in assets)
    links = {key: {"href": f"https://a.example/{h}"} for key, h in zip(assets, hrefs, strict=True)}
    told = {key.replace("__", ":"): value for key, value in properties.items()}
    return {"collection": "mine", "properties": told, "assets": links}


def kind(item: dict[str, Any], *texts: str) -> str:
    return stated_product("scene", item, texts, series=None).id


@pytest.mark.parametrize(
    ("item", "product"),
    [
        (said("B04", "SCL", platform="sentinel-2a"), "sentinel-2-l2a"),
        (said("B04_10m", "SCL_20m", constellation="sentinel-2"), "sentinel-2-l2a"),
        (said("B04", platform="Sentinel-2B", processing__level="L2A"), "sentinel-2-l2a"),
        (said("red", constellation="sentinel-2", processing__level="L1C"), "sentinel-2-l1c"),
        (said("red", "scl", platform="S2A", processing__level="L1C"), "sentinel-2-l1c"),
        (said("red", constellation="Sentinel-2"), "sentinel-2-l1c"),
        (said("red", platform="landsat-8", processing__level="L2"), "landsat-c2-l2"),
        (said("red", platform="landsat-8", processing__level="L1"), "geotiff"),
        (said("red", platform="planet"), "geotiff"),
        (said("red"), "geotiff"),
    ],
)
def test_mission_and_level_say_it(item: dict[str, Any], product: str) -> None:
    assert kind(item) == product


def test_names_of_files_say_it_where_they_agree() -> None:
    both = ("S2_L1C_2016-11-30_B02.tif?sig=x", "S2_L1C_2016-11-30_B03.tif")
    assert kind(said("a", "b", names=both)) == "sentinel-2-l1c"
    mixed = ("S2_L1C_2016-11-30_B02.tif", "S2_L2A_2016-11-30_B03.tif")
    assert kind(said("a", "b", names=mixed)) == "geotiff"


def test_a_name_outranks_what_is_inferred_and_contradicts_what_is_stated() -> None:
    name = "S2A_MSIL2A_20241213T082331_N0511_R121_T36SYE_20241213T115000"
    assert kind(said("red", constellation="sentinel-2"), name) == "sentinel-2-l2a"
    with pytest.raises(BandError, match="filed as sentinel-2-l1c, but its name says"):
        kind(said("red", product__type="S2MSI1C"), name)
