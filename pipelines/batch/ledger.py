"""The ledger: what was planned, tried and found, and who is still to be told.

SQLite in WAL mode. A run and the alerts that follow from it are written in one transaction, so that
neither is known without the other. The run folders remain the truth: all but plans and attempts can
be made again from them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagery.errors import UnreadableFile, WriteError
from pipelines.batch.states import Alert, Facts, step

NAME = "ledger.sqlite"
FORM = 1
"""``user_version`` of the file; another one is not read."""

WAIT_S = 60.0
"""Another batch may hold the file for a moment."""

TABLES = """
CREATE TABLE rounds (round INTEGER PRIMARY KEY, started TEXT NOT NULL);
CREATE TABLE sites (
  entry TEXT PRIMARY KEY, scene TEXT NOT NULL, scene_time TEXT NOT NULL);
CREATE TABLE plans (
  round INTEGER NOT NULL, entry TEXT NOT NULL, outcome TEXT NOT NULL, run TEXT,
  reason TEXT NOT NULL, PRIMARY KEY (entry, round));
CREATE TABLE runs (
  entry TEXT NOT NULL, run TEXT NOT NULL, round INTEGER NOT NULL, scene TEXT NOT NULL,
  scene_time TEXT NOT NULL, result TEXT NOT NULL, events TEXT NOT NULL,
  PRIMARY KEY (entry, run));
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY, round INTEGER NOT NULL, entry TEXT NOT NULL, run TEXT,
  outcome TEXT NOT NULL, reason TEXT NOT NULL, seconds REAL NOT NULL);
CREATE TABLE refusals (
  entry TEXT NOT NULL, run TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (entry, run));
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY, alert_id TEXT UNIQUE NOT NULL, entry TEXT NOT NULL,
  state TEXT NOT NULL, scene TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE deliveries (
  alert_id TEXT NOT NULL, channel TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0, error TEXT, PRIMARY KEY (alert_id, channel));
CREATE INDEX waiting ON deliveries (alert_id) WHERE done = 0;
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that a channel has not taken yet."""

    alert_id: str
    channel: str
    tries: int
    body: Mapping[str, Any]


class Ledger:
    """The file, open. Every method is one transaction.

    Any of them raises ``WriteError`` where the disk is full or the file was damaged meanwhile.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            sqlite3.DatabaseError: it is no ledger, or damaged: see ``healing``.
        """
        self._db = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
        try:
            self._open()
        except sqlite3.Error:
            self._db.close()
            raise

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (form,) = self._db.execute("PRAGMA user_version").fetchone()
        if form == 0:
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if tables:
                raise sqlite3.DatabaseError("it is another database")
            self._db.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {FORM}; COMMIT;")
        elif form != FORM:
            raise sqlite3.DatabaseError(f"it is of form {form}, and not {FORM}")
        (sound,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(str(sound))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise WriteError(NAME, str(error)) from None

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with closing(self._db.execute(query, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise WriteError(NAME, str(error)) from None

    def begin(self, started: str) -> int:
        """The number of a new round, above all that are known."""
        with self._writing() as db:
            (last,) = db.execute(
                "SELECT max(n) FROM (SELECT max(round) AS n FROM rounds"
                " UNION SELECT max(round) FROM runs)"
            ).fetchone()
            number = int(last or 0) + 1
            db.execute("INSERT INTO rounds (round, started) VALUES (?, ?)", (number, started))
        return number

    def known(self) -> set[tuple[str, str]]:
        """Entry and run of every run that is written down."""
        return set(self._rows("SELECT entry, run FROM runs"))

    def forget(self, entry: str, run: str) -> None:
        """Of a run whose folder is gone; what was told of it stays."""
        with self._writing() as db:
            db.execute("DELETE FROM runs WHERE entry = ? AND run = ?", (entry, run))

    def latest_scene_time(self) -> str | None:
        """UTC text of the newest scene that any run or plan has seen."""
        found = self._rows(
            "SELECT max(t) FROM (SELECT max(scene_time) AS t FROM runs"
            " UNION SELECT max(scene_time) FROM sites)"
        )[0][0]
        return None if found is None else str(found)

    def last_usable(self, entry: str) -> tuple[str, str] | None:
        """Scene and time of the newest usable scene that a site is known to have had."""
        rows = self._rows(
            "SELECT scene, scene_time FROM (SELECT entry, scene, scene_time FROM sites"
            " UNION SELECT entry, scene, scene_time FROM runs)"
            " WHERE entry = ? ORDER BY scene_time DESC, scene LIMIT 1",
            entry,
        )
        return rows[0] if rows else None

    def refusals(self, entry: str) -> dict[str, str]:
        """Runs of a site that were refused, with the reason."""
        return dict(self._rows("SELECT run, reason FROM refusals WHERE entry = ?", entry))

    def record(self, facts: Facts, channels: Sequence[str]) -> tuple[Alert, ...]:
        """Write a whole run down, and the alerts that follow from it; a second time does nothing.

        Args:
            facts: Of the run.
            channels: Who is told.
        """
        with self._writing() as db:
            key = (facts.entry, facts.run)
            if db.execute("SELECT 1 FROM runs WHERE entry = ? AND run = ?", key).fetchone():
                return ()
            row = db.execute(
                "SELECT events FROM runs WHERE entry = ? AND (scene_time, round, run) < (?, ?, ?)"
                " ORDER BY scene_time DESC, round DESC, run DESC LIMIT 1",
                (facts.entry, facts.scene_time, facts.round, facts.run),
            ).fetchone()
            events, alerts = step(_events(row[0]) if row else {}, facts)
            db.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *key,
                    facts.round,
                    facts.scene,
                    facts.scene_time,
                    facts.result,
                    json.dumps(events, ensure_ascii=False, sort_keys=True),
                ),
            )
            return tuple(alert for alert in alerts if _post(db, alert, channels))

    def post(self, alert: Alert, channels: Sequence[str]) -> bool:
        """Put an alert that follows from no run into the outbox; False where it is there."""
        with self._writing() as db:
            return _post(db, alert, channels)

    def note_scene(self, entry: str, scene: str, scene_time: str) -> None:
        """Remember the newest usable scene of a site."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO sites VALUES (?, ?, ?) ON CONFLICT (entry) DO UPDATE SET"
                " scene = excluded.scene, scene_time = excluded.scene_time"
                " WHERE excluded.scene_time > scene_time",
                (entry, scene, scene_time),
            )

    def note_plan(self, number: int, entry: str, outcome: str, run: str | None, why: str) -> None:
        """Write down what a round came to at a site; a refused run is not tried again."""
        with self._writing() as db:
            row = (number, entry, outcome, run, why)
            db.execute("INSERT OR REPLACE INTO plans VALUES (?, ?, ?, ?, ?)", row)
            if outcome == "refused" and run is not None:
                db.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?)", (entry, run, why))

    def note_attempts(
        self, number: int, entry: str, run: str | None, tried: Sequence[tuple[str, str, float]]
    ) -> None:
        """Write down every attempt of a round at a site: outcome, reason, seconds."""
        with self._writing() as db:
            db.executemany(
                "INSERT INTO attempts (round, entry, run, outcome, reason, seconds)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(number, entry, run, *each) for each in tried],
            )

    def waiting(self) -> list[Waiting]:
        """What is still to be delivered, in the order in which it came up."""
        rows = self._rows(
            "SELECT alert_id, channel, tries, body FROM deliveries JOIN outbox USING (alert_id)"
            " WHERE done = 0 ORDER BY number, channel"
        )
        return [Waiting(name, to, tries, _table(body)) for name, to, tries, body in rows]

    def trying(self, alert_id: str, channel: str) -> int:
        """Count a try before it is made: how many there are with this one."""
        with self._writing() as db:
            found = db.execute(
                "UPDATE deliveries SET tries = tries + 1 WHERE alert_id = ? AND channel = ?"
                " RETURNING tries",
                (alert_id, channel),
            )
            (tries,) = found.fetchone()
        return int(tries)

    def told(self, alert_id: str, channel: str, error: str | None) -> None:
        """Write down that a channel took an alert, or why it did not."""
        with self._writing() as db:
            db.execute(
                "UPDATE deliveries SET done = ?, error = ? WHERE alert_id = ? AND channel = ?",
                (error is None, error, alert_id, channel),
            )

    def mark_told(self, alert_id: str, channel: str) -> None:
        """Take over from the journal that a channel has an alert."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO deliveries (alert_id, channel, tries, done)"
                " VALUES (?, ?, 1, 1)",
                (alert_id, channel),
            )

    def status(self) -> list[dict[str, Any]]:
        """The newest plan, the newest run and the standing of each site, by name."""
        rows = self._rows(
            "SELECT e.entry, p.outcome, p.reason, r.run, r.scene_time, r.result, r.events,"
            " (SELECT count(*) FROM runs WHERE entry = e.entry),"
            " (SELECT count(*) FROM attempts WHERE entry = e.entry)"
            " FROM (SELECT entry FROM plans UNION SELECT entry FROM runs) e"
            " LEFT JOIN plans p ON p.entry = e.entry AND p.round = (SELECT max(round) FROM plans"
            " WHERE entry = e.entry)"
            " LEFT JOIN runs r ON r.entry = e.entry AND r.run = (SELECT run FROM runs"
            " WHERE entry = e.entry ORDER BY scene_time DESC, round DESC, run DESC LIMIT 1)"
            " ORDER BY e.entry"
        )
        keys = ("site", "outcome", "reason", "run", "scene_time", "result", "states", "runs")
        found = []
        for *facts, events, number, attempts in rows:
            states = sorted({each["state"] for each in _events(events or "{}").values()})
            said = dict(zip(keys, (*facts, states, number), strict=True))
            found.append(said | {"attempts": attempts})
        return found

    def counts(self) -> dict[str, list[tuple[Any, ...]]]:
        """For the metrics: attempts with their seconds by outcome; alerts by state; deliveries."""
        return {
            "attempts": self._rows(
                "SELECT outcome, count(*), sum(seconds) FROM attempts GROUP BY outcome"
            ),
            "alerts": self._rows("SELECT state, count(*) FROM outbox GROUP BY state"),
            "tries": self._rows("SELECT channel, sum(tries) FROM deliveries GROUP BY channel"),
            "waiting": self._rows("SELECT channel, sum(done = 0) FROM deliveries GROUP BY channel"),
            "runs": self._rows("SELECT count(*) FROM runs"),
        }


def _table(text: Any) -> dict[str, Any]:
    """What was written down as JSON; SQLite notices no byte that changed inside a value.

    Raises:
        UnreadableFile: it is none any more.
    """
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise UnreadableFile(NAME, "a value in it was damaged", "Make it again: batch rebuild.")


def _events(text: Any) -> dict[str, Any]:
    found = _table(text)
    if all(isinstance(e, dict) and isinstance(e.get("state"), str) for e in found.values()):
        return found
    raise UnreadableFile(NAME, "a state in it was damaged", "Make it again: batch rebuild.")


def _post(db: sqlite3.Connection, alert: Alert, channels: Sequence[str]) -> bool:
    body = json.dumps(alert.body, ensure_ascii=False, sort_keys=True)
    new = db.execute(
        "INSERT OR IGNORE INTO outbox (alert_id, entry, state, scene, body) VALUES (?, ?, ?, ?, ?)",
        (alert.alert_id, alert.site, alert.state, alert.scene, body),
    )
    if not new.rowcount:
        return False
    rows = [(alert.alert_id, channel) for channel in channels]
    db.executemany("INSERT OR IGNORE INTO deliveries (alert_id, channel) VALUES (?, ?)", rows)
    return True
