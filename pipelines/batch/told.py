"""How a batch tells of itself: lines for people or machines, and a Prometheus textfile."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagery.errors import WriteError

LOGGER = logging.getLogger("tilewitness.batch")
FORMS = ("text", "json")
FACTS = "facts"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, event, and the facts of the event."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"time": at, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps({**head, **getattr(record, FACTS, {})}, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """One line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        facts: Mapping[str, Any] = getattr(record, FACTS, {})
        words = [str(facts[key]) for key in ("site", "outcome", "reason") if facts.get(key)]
        line = f"{record.getMessage()}: {', '.join(words)}" if words else record.getMessage()
        return "".join(each if each.isprintable() else "?" for each in line)


@contextmanager
def logging_to_stderr(form: str, *, quiet: bool) -> Iterator[None]:
    """Lines of the batch on stderr while the block lasts; ``quiet`` keeps those of trouble."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    level, propagate = LOGGER.level, LOGGER.propagate
    LOGGER.setLevel(logging.WARNING if quiet else logging.INFO)
    LOGGER.propagate = False
    LOGGER.addHandler(handler)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        LOGGER.propagate = propagate


def say(event: str, facts: Mapping[str, object], *, level: int = logging.INFO) -> None:
    """Tell of an event."""
    LOGGER.log(level, event, extra={FACTS: facts})


def metrics_text(
    counts: Mapping[str, Sequence[tuple[Any, ...]]],
    outcomes: Mapping[str, int],
    *,
    ended: float,
    seconds: float,
) -> str:
    """The text of the Prometheus textfile collector.

    Args:
        counts: See ``Ledger.counts``.
        outcomes: Sites of this batch, by outcome.
        ended: When it ended, seconds since 1970.
        seconds: What it took.
    """
    attempts, alerts = counts["attempts"], counts["alerts"]
    families = [
        ("sites", "gauge", "Sites of the last batch", _by("outcome", outcomes.items())),
        ("attempts_total", "counter", "Attempts", _by("outcome", [(o, n) for o, n, _ in attempts])),
        (
            "attempt_seconds_total",
            "counter",
            "Seconds of attempts",
            _by("outcome", [(o, s) for o, _, s in attempts]),
        ),
        ("runs", "gauge", "Whole runs in the store", [("", counts["runs"][0][0])]),
        ("alerts_total", "counter", "Alerts", _by("state", alerts)),
        ("alert_tries_total", "counter", "Tries to deliver", _by("channel", counts["tries"])),
        ("alerts_waiting", "gauge", "Not delivered yet", _by("channel", counts["waiting"])),
        ("last_end_timestamp_seconds", "gauge", "End of the last batch", [("", ended)]),
        ("last_duration_seconds", "gauge", "What the last batch took", [("", seconds)]),
    ]
    lines = []
    for name, kind, text, samples in families:
        full = f"tilewitness_batch_{name}"
        lines += [f"# HELP {full} {text}.", f"# TYPE {full} {kind}"]
        lines += [f"{full}{labels} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def write_metrics(path: Path, text: str) -> None:
    """Put the file in place in one step: a collector never reads half of it.

    Raises:
        WriteError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise WriteError(path.name, error.strerror) from None


def _by(label: str, pairs: Any) -> list[tuple[str, Any]]:
    escaped = {"\\": r"\\", '"': r"\"", "\n": r"\n"}
    return [
        (f'{{{label}="{"".join(escaped.get(c, c) for c in str(name))}"}}', value)
        for name, value in sorted(pairs)
    ]
