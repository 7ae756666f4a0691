"""The numbers of the sentences of a run: each is listed beside it, and follows from the record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.said import MONTHS, WORDS, Said

_DAY = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+")
_VALUES = {word: number for number, word in enumerate(WORDS) if number}


def unlisted(sentence: str, said: Mapping[str, float | str]) -> list[str]:
    """Numbers of a sentence, in figures or in words, that are not listed beside it.

    Args:
        sentence: As printed.
        said: What is listed. Texts in it stand in the sentence as they are, days in words.
    """
    texts = sorted((each for each in said.values() if isinstance(each, str)), key=len)
    numbers = {float(each) for each in said.values() if not isinstance(each, str)}
    for text in reversed(texts):
        sentence = sentence.replace(text, " ")
    missing = []
    for day, month, year in _DAY.findall(sentence):
        iso = f"{year}-{MONTHS.index(month) + 1:02d}-{int(day):02d}"
        missing += [] if iso in texts else [iso]
    for token in _TOKEN.findall(_DAY.sub(" ", sentence).lower()):
        value = _VALUES.get(token) if token.isalpha() else float(token)
        if value is not None and value not in numbers:
            missing.append(token)
    return missing


def unfounded(record: Mapping[str, Any]) -> Iterator[str]:
    """What the sentences of a record say that does not follow from it, a sentence each."""
    for verdict in record.get("verdicts", ()):
        name, said = verdict["claim_id"], verdict["said"]
        if said:  # without a list it is a fixed sentence, which measures nothing
            for number in unlisted(verdict["sentence"], said):
                yield f"the sentence of {name} says {number}, which is listed nowhere"
        for key, value in _founded(verdict).items():
            if said.get(key, value) != value:
                yield f"the sentence of {name} says {key} {said[key]}, and its fields say {value}"


def _founded(verdict: Mapping[str, Any]) -> Mapping[str, Any]:
    """Numbers that a sentence may say, as its fields have them."""
    said = Said()
    if verdict["power"] is not None:
        said.times("power", verdict["power"])
    if verdict["clear"] is not None:
        said.percent("clear", verdict["clear"])
    if verdict["n_null"] is not None:
        said.numbers |= {"false_dates": verdict["k_null"] + 1, "false_of": verdict["n_null"] + 1}
        said.numbers |= {"n_null": verdict["n_null"]}
    return said.numbers
