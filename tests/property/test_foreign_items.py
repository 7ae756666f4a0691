"""Whatever a catalogue writes into an Item, it is read or refused by an error of ours."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery.archives import known_archives
from imagery.catalogs import PRODUCT
from imagery.catalogs.foreign import Origin, canonical_item
from imagery.errors import ImageryError

HERE = Path(__file__).parents[1] / "unit" / "foreign"
SHAPES = {path.stem: json.loads(path.read_text()) for path in sorted(HERE.glob("*.json"))}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["NaT", "file:///etc/passwd", "/vsis3/a", "a\x00b", "2024-13-45", "\ud800"]),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in parsed JSON."""
    if isinstance(value, dict):
        inner = [(key, each) for key, each in value.items()]
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return [at]
    return [at, *(place for key, each in inner for place in places(each, (*at, key)))]


PLACES = {name: [place for place in places(said) if place] for name, said in SHAPES.items()}


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_odd_item_is_read_or_refused(name: str, data: st.DataObject) -> None:
    said = copy.deepcopy(SHAPES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(PLACES[name]))
        part = said
        try:
            for key in path:
                part = part[key]
            part[last] = data.draw(ODD)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    archive = known_archives()["cdse"] if data.draw(st.booleans()) else None
    try:
        item = canonical_item(said, Origin("https://stac.example/v1", None, archive))
    except ImageryError as fault:
        item, reason = None, str(fault)
    if item is None:
        assert reason.isprintable()
        return
    assert item.datetime is not None
    assert item.datetime.utcoffset() is not None
    assert item.properties[PRODUCT]
    assert all(asset.href.startswith(("https:", "http:", "s3:")) for asset in item.assets.values())
    json.dumps(item.to_dict(), allow_nan=False)
