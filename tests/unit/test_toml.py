"""A TOML file of a stranger is read or refused in one sentence, in little time and memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from imagery.errors import InputError, UnreadableFile
from pipelines.toml import toml_table, toml_text

PATH = Path("a.toml")


def test_a_table_is_read() -> None:
    text = 'a = 1\n[b.c]\n"d.e" = ["x.y.z", 1.5]\n# one.two\n'
    assert toml_table(PATH, text) == {"a": 1, "b": {"c": {"d.e": ["x.y.z", 1.5]}}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "[" * 40 + "]" * 40, "nested too deeply"),
        ("a = " + "{a = " * 5000, "nested too deeply"),
        ("a = " + "9" * 5000, "not TOML"),
        ("a" + ".a" * 100_000 + " = 1", "more than 32 names"),
        ('"a"' + ' . "b"' * 100_000 + " = 1", "more than 32 names"),
        ("[" + "a." * 100_000 + "a]", "more than 32 names"),
        ("b = {x" + ".a" * 100_000 + " = 1}", "more than 32 names"),
        ("a =", "not TOML"),
        ("a = 2024-13-45", "not TOML"),
    ],
)
def test_what_would_take_long_or_break_is_refused(text: str, reason: str) -> None:
    start = time.process_time()
    with pytest.raises(UnreadableFile, match=reason):
        toml_table(PATH, text)
    assert time.process_time() - start < 2


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="a number of 24000 bits"):
        toml_table(PATH, "a = [{b = 0x" + "f" * 6000 + "}]")


def test_a_long_text_in_quotes_is_no_key() -> None:
    words = "one.two." * 1000
    for quoted in (f'"{words}"', f"'{words}'", f'"""{words}\n{words}"""'):
        assert len(toml_table(PATH, f"a = {quoted}")["a"]) >= len(words)


def test_more_than_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"# " * 2**20)
    assert len(toml_text(path, what="a list", largest=2**21)) == 2**21
    with pytest.raises(UnreadableFile, match="larger than 1 MiB"):
        toml_text(path, what="a list", largest=2**20)


def test_a_mark_of_byte_order_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes("a = 1".encode("utf-16"))
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        toml_text(path, what="a list", largest=99)
