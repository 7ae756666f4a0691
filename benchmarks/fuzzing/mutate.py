"""Changes to bytes, JSON, TOML and articles, drawn from one generator of random numbers."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

SECRET = "fuzz5ecret7d1c"
"""Stands in the environment; it must never be printed or written."""

SIGNED = "fuzz5igned9b2e"
"""Stands in addresses; of what a catalogue says it must never be printed or written."""

MARKUP = "<img src=x onerror=fuzzed()>"
"""Must never reach a page as it is."""

TERMINAL = "\x1b[31mfuzz\x1b]0;owned\x07\r"
"""Would change a terminal."""

DEEP = 100_000


@dataclass(frozen=True, slots=True)
class Bait:
    """Places outside of what a command was given, which nothing may lead it to.

    Attributes:
        folder: Path of a folder beside the inputs, with readable files in it.
        port: Of a server on this machine that nobody named.
    """

    folder: str
    port: int

    def texts(self) -> tuple[str, ...]:
        """Paths and addresses that lead there, and names that mean more than they say."""
        there = f"127.0.0.1:{self.port}"
        name = "S2_L2A_2024-12-11.tif"
        return (
            f"{self.folder}/{name}",
            f"../outside/{name}",
            f"../../outside/{name}",
            f"../../../outside/{name}",
            "../outside/secret.txt",
            "../../outside/secret.txt",
            "../outside",
            f"{self.folder}/item.json",
            f"file://{self.folder}/{name}",
            f"/vsicurl/http://{there}/{name}",
            f"/vsigzip/{self.folder}/{name}",
            f"vrt://{self.folder}/{name}",
            f"GTIFF_DIR:1:{self.folder}/{name}",
            f"http://{there}/{name}",
            f"http://localhost:{self.port}/{name}",
            f"http://me:{SIGNED}@{there}/{name}",
            f"https://data.example/{name}?X-Amz-Signature={SIGNED}",
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1/x.tif",
            f"http://[::ffff:127.0.0.1]:{self.port}/{name}",
            "s3://bucket/key.tif",
            "../" * 40 + "etc/passwd",
        )


WORDS = (
    "",
    " ",
    ".",
    "..",
    "/",
    "a\x00b",
    "\ud800",
    "\u202etxt.exe\u2066",
    "NaT",
    "nan",
    "-0",
    "2024-13-45",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:60+99:99",
    "²",
    "٣",
    "%s%n",
    "{0.__class__}",
    "{{7*7}}",
    "${HOME}",
    "true",
    "null",
    "9" * 5000,
    "x" * 100_000,
    MARKUP,
    TERMINAL,
)
NUMBERS = (
    *(0, -1, 1, 2, 255, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63, 2**64),
    *(0.5, -0.0, 1e-320, 1e308, -1e308, 1e16, float("nan"), float("inf"), float("-inf")),
    *(10**30, 10**400, -(10**400), -90.5, 181),
)


def bytes_changed(data: bytes, random: Random) -> bytes:
    """Bits flipped, bytes set, pieces cut, doubled or moved: one to eight times."""
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        _change(found, random)
    return bytes(found)


def _change(found: bytearray, random: Random) -> None:
    size = len(found)
    at = random.randrange(size + 1)
    length = random.choice((1, 2, 4, 8, 64, size // 3 + 1))
    how = random.randrange(7)
    if how == 0 and size:
        found[at % size] ^= 1 << random.randrange(8)
    elif how == 1 and size:
        found[at % size] = random.choice((0, 1, 127, 128, 255, 34, 92, 60, 10))
    elif how == 2:
        del found[at:]
    elif how == 3:
        del found[at : at + length]
    elif how == 4:
        found[at:at] = found[at : at + length]
    elif how == 5:
        found[at : at + 4] = random.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x80"))
    else:
        found[at : at + length] = random.randbytes(length)


def odd_value(random: Random, bait: Bait) -> Any:
    """A JSON value that nobody expects."""
    simple: tuple[Callable[[], Any], ...] = (
        lambda: random.choice(NUMBERS),
        lambda: random.choice(WORDS),
        lambda: random.choice(bait.texts()),
        lambda: random.choice((None, True, False)),
        list,
        dict,
        lambda: [random.choice(NUMBERS), random.choice(WORDS)],
        lambda: {random.choice(WORDS): random.choice(NUMBERS)},
        lambda: [[[[None]]]],
        lambda: "".join(chr(random.randrange(32, 0x3000)) for _ in range(random.randrange(30))),
    )
    return random.choice(simple)()


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in parsed JSON, the whole apart."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [place for key, each in inner for place in ((*at, key), *places(each, (*at, key)))]


def value_changed(value: Any, random: Random, bait: Bait, *, times: int = 3) -> Any:
    """Parsed JSON with values replaced, removed, doubled or moved, one to ``times`` times."""
    said = copy.deepcopy(value)
    for _ in range(random.randint(1, times)):
        known = places(said)
        if not known:
            return odd_value(random, bait)
        *path, last = random.choice(known)
        part = said
        for key in path:
            part = part[key]
        how = random.randrange(8)
        if how == 0:
            del part[last]
        elif how == 1:
            other = said
            for key in random.choice(known)[: random.randint(1, 4)]:
                if isinstance(other, dict | list):
                    other = other[key]
            part[last] = copy.deepcopy(other)
        elif how == 2 and isinstance(part, list):
            part.extend(part[:40] * random.choice((1, 1, 1, 25)))
        elif how == 3 and isinstance(part, dict):
            part[random.choice((*WORDS, *bait.texts()))] = part.pop(last)
        else:
            part[last] = odd_value(random, bait)
    return said


def json_changed(value: Any, random: Random, bait: Bait) -> bytes:
    """A JSON text of changed values; one in six is then damaged as text."""
    said = value_changed(value, random, bait)
    text = json.dumps(said, ensure_ascii=random.random() < 0.8)
    data = text.encode("utf-8", "surrogatepass")
    return _damaged(data, random) if random.random() < 1 / 6 else data


def _damaged(data: bytes, random: Random) -> bytes:
    deep = random.choice((b"[", b'{"a":', b"[{"))
    at = random.randrange(len(data) + 1)
    return random.choice(
        (
            lambda: bytes_changed(data, random),
            lambda: deep * DEEP,
            lambda: data[:at] + deep * 2000 + data[at:],
            lambda: b"\xef\xbb\xbf" + data,
            lambda: data.decode("utf-8", "replace").encode("utf-16"),
            lambda: b"",
            lambda: data + data,
            lambda: re.sub(rb"\d+", b"9" * 5000, data, count=1),
        )
    )()


def toml_changed(text: str, random: Random, bait: Bait) -> bytes:
    """A TOML text with lines replaced, removed or doubled; one in six is damaged as text."""
    lines = text.splitlines()
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(lines))
        key = lines[at].partition("=")[0].strip()
        how = random.randrange(6)
        if how == 0:
            lines.insert(at, lines[at])
        elif how == 1 and len(lines) > 1:
            del lines[at]
        elif how == 2:
            lines.insert(random.randrange(len(lines) + 1), lines.pop(at))
        else:
            lines[at] = f"{key} = {_toml_value(random, bait)}"
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    return _damaged(data, random) if random.random() < 1 / 6 else data


def _toml_value(random: Random, bait: Bait) -> str:
    return random.choice(
        (
            lambda: json.dumps(random.choice((*WORDS, *bait.texts()))),
            lambda: str(random.choice(NUMBERS)),
            lambda: json.dumps([random.choice(WORDS), random.choice(bait.texts())]),
            lambda: "[" * 3000 + "]" * 3000,
            lambda: "{a = " * 500 + "1" + "}" * 500,
            lambda: "2024-12-10",
            lambda: "2024-12-10T06:00:00Z",
            lambda: "07:32:00",
            lambda: "0x" + "f" * 6000,
            lambda: "{ }",
            lambda: '[["a"]]',
            lambda: "1e9999",
            lambda: "true",
        )
    )()


FRAGMENTS = (
    "²³ aircraft",
    "٣ طائرات",
    "½ of 2,3,4.5.6,7 ships",
    "on 31 February 2024",
    "on 13 December 99999",
    "on 0/0/0000",
    "10000000000 years ago",
    "9" * 5000 + " aircraft",
    "between 5 and 3 aircraft",
    "minus twenty-thousand-million-and-a-half ships",
    "MMMMCMXCIX tanks",
    "<script>" + MARKUP,
    MARKUP,
    "<!--",
    "<pre><li><h1>" * 50,
    "</li>" * 3000,
    "&#x110000;&#0;&#xD800;&bogus;&amp",
    "[" * 300 + "](" * 300,
    "*_" * 2000,
    "`" * 501,
    "> " * 2000,
    "| a " * 2000,
    "“" * 400,
    "\u202e\u2066\u200b\ufeff",
    TERMINAL,
    "\x0b\x0c\x85\u2028\u2029",
    "a" * 20_000,
    "- " * 5000,
    "said " * 500,
    "Hmeimim " * 500,
    "two aircraft and " * 300,
    "not " * 500,
    "13 December 2024, " * 300,
    "(" * 2000,
    "https://a.example/" + "a/" * 3000,
    "{{7*7}} {0} %s",
)


def text_changed(data: bytes, random: Random, bait: Bait) -> bytes:
    """An article with words moved, odd fragments put in, or damaged as text."""
    if random.random() < 1 / 5:
        return bytes_changed(data, random)
    words = re.split(r"(\s+)", data.decode("utf-8", "replace"))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(words))
        how = random.randrange(5)
        if how == 0:
            words.insert(at, words[random.randrange(len(words))])
        elif how == 1:
            words[at : at + random.randint(1, 9)] = []
        elif how == 2:
            words[at:at] = [random.choice(bait.texts())]
        else:
            words[at:at] = [" ", random.choice(FRAGMENTS), " "]
        words = words or [" "]
    return "".join(words).encode("utf-8", "surrogatepass")
