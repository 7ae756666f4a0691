"""Errors survive the way back from a Dask worker and read as one sentence."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from imagery.errors import ImageryError, InputError, UnreadableFile


def tree(kind: type[ImageryError]) -> Iterator[type[ImageryError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


KINDS = list(tree(ImageryError))
FACTS = ("scene.tif", "cut short", "Fetch it again.")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_error_survives_pickling(kind: type[ImageryError]) -> None:
    error = kind(*FACTS)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert again.args == FACTS
    assert str(again) == str(error)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_class_has_a_sentence_with_its_facts(kind: type[ImageryError]) -> None:
    text = str(kind(*FACTS))
    assert "scene.tif" in text
    assert "{" not in text


def test_the_walk_finds_the_whole_tree() -> None:
    names = {kind.__name__ for kind in KINDS}
    assert {"InputError", "RegistrationError", "WriteError", "TooLarge"} <= names


def test_a_wrong_input_is_also_a_value_error() -> None:
    assert isinstance(UnreadableFile(*FACTS), ValueError)
    assert str(InputError("chunk", 3, "more")) == "chunk is 3; expected more."


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "True"),
        (["a", 2], "['a', 2]"),
        ("x" * 9000, f"'{'x' * 597}...'"),
        (1 << 90_000, "a number of 90001 bits"),
        ([{"a": 1 << 90_000}], "[{'a': a number of 90001 bits}]"),
        (list(range(9000)), "[0, 1, 2, 3, 4, 5, ...]"),
        ([[[[[[[[[[1]]]]]]]]]], "[[[[[[[...]]]]]]]"),
    ],
    ids=["bool", "list", "text", "number", "inner", "long", "deep"],
)
def test_a_fact_of_any_length_is_printed(value: object, said: str) -> None:
    assert str(InputError("chunk", value, "more")) == f"chunk is {said}; expected more."


def test_a_fact_steers_no_terminal() -> None:
    assert str(UnreadableFile("a.geojson", "it is a \x1b[31m\x00\n", "Redraw it.")) == (
        "Could not read a.geojson: it is a ?[31m??. Redraw it."
    )
