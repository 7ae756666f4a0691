"""Official names of products are read; other names are left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from imagery.catalogs.names import ProductName, read_name

MADE = datetime(2024, 12, 13, 11, 50, tzinfo=UTC)
NAMES = [
    (
        "S2A_MSIL2A_20241213T082331_N0511_R121_T36SYE_20241213T115000.SAFE",
        ProductName("sentinel-2a", "L2A", "05.11", 121, "36SYE", MADE),
    ),
    (
        "S2C_MSIL1C_20241213T082331_R121_T36SYE_20241213T115000",
        ProductName("sentinel-2c", "L1C", None, 121, "36SYE", MADE),
    ),
    (
        "LC09_L2SP_174036_20241210_20241212_02_T1",
        ProductName("landsat-9", "L2SP", tile="174036", made=datetime(2024, 12, 12, tzinfo=UTC)),
    ),
    ("LE07_L2SP_174036_20241210_02_T1", ProductName("landsat-7", "L2SP", tile="174036")),
    ("S2B_6SYD_20241213_0_L2A", ProductName("sentinel-2b", tile="06SYD")),
    (
        "S1A_IW_GRDH_1SDV_20241213T034512_20241213T034537_057000_070123_rtc",
        ProductName("sentinel-1a", orbit=53),
    ),
    (
        "S1C_IW_GRDH_1SDV_20250413T034512_20250413T034537_002000_070123_rtc",
        ProductName("sentinel-1c"),
    ),
]


@pytest.mark.parametrize(("text", "said"), NAMES)
def test_official_names(text: str, said: ProductName) -> None:
    assert read_name(text) == said


@pytest.mark.parametrize("text", ["", "scene", "S2A", "S2A_MSIL2A_2024", "LC81740362015123LGN00"])
def test_other_names(text: str) -> None:
    assert read_name(text) is None
