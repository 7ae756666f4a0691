"""What the command prints, logs and counts; the examples of the documentation, tried."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import quick
from quick import NOW, world
from typer.testing import CliRunner, Result

from pipelines import compare
from pipelines.batch.form import read
from pipelines.batch.told import LOGGER, JsonLines, TextLines, metrics_text
from pipelines.cli import app

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SCHEDULE = EXAMPLES / "schedule"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "compare", quick.compare)


def asked(*words: object) -> Result:
    return CliRunner().invoke(app, ["batch", *map(str, words), "--now", NOW])


def test_a_batch_ends_with_a_table_and_its_status_is_kept(tmp_path: Path) -> None:
    path = world(tmp_path)
    assert "No batch has run yet." in asked("status", path).stdout
    done = asked(path)
    assert done.exit_code == 0, done.output
    assert "2 done. 4 alerts, 0 deliveries." in done.stdout
    assert "2 kept. 0 alerts" in asked(path).stdout
    status = json.loads(asked("status", path, "--json").stdout)
    assert [row["site"] for row in status] == ["site00", "site01"]
    assert status[0]["states"] == ["first", "provisional"]
    assert (status[0]["runs"], status[0]["attempts"]) == (1, 2)
    rebuilt = asked("rebuild", path)
    assert "made again from 2 runs" in rebuilt.stdout
    after = json.loads(asked("status", path, "--json").stdout)
    assert [row["run"] for row in after] == [row["run"] for row in status]
    assert "site00" in asked("status", path).stdout


def test_a_dry_run_says_why(tmp_path: Path) -> None:
    path = world(tmp_path, sites=1)
    shown = asked(path, "--dry-run")
    assert re.search(
        r"site00\s+due\s+2024-03-06 2024-03-11\s+3\s+0\s+S2_L2A_2024-03-11 is new", shown.stdout
    )
    (plan,) = json.loads(asked(path, "--dry-run", "--json").stdout)["plans"]
    assert plan["due"]
    assert plan["bytes_to_fetch"] == 0
    assert plan["scenes"][1]["clear"] == 1.0


def test_one_bad_site_of_thirty(tmp_path: Path) -> None:
    path = world(tmp_path, sites=30)
    tables = [f'[[site]]\nsite = "places/site{n:02}.geojson"\n' for n in range(30)]
    tables[17] += "look_bak = 3\n"
    path.write_text('store = "runs"\n[defaults]\nimagery = "tiles"\n' + "".join(tables))
    refused = asked(path)
    assert refused.exit_code == 2
    assert "watch.toml, line 40: a key is 'look_bak'" in refused.stderr
    assert "(nearest: look_back)" in refused.stderr
    assert not (tmp_path / "runs").exists()
    done = asked(path, "--skip-bad")
    assert done.exit_code == 0
    assert "29 done, 1 left out." in done.stdout
    assert "look_bak" in done.stderr


def test_lines_are_json_and_quiet_is_quiet(tmp_path: Path) -> None:
    path = world(tmp_path)
    lines = [json.loads(line) for line in asked(path, "--log", "json").stderr.splitlines()]
    assert [line["event"] for line in lines] == ["batch begins", "site", "site", "batch ends"]
    assert lines[-1]["done"] == 2
    assert all(line["time"].endswith("+00:00") for line in lines)
    quiet = asked(path, "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert LOGGER.handlers == []


def test_a_failure_is_an_exit_code_and_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ValueError("some bug\x1b[31m")

    monkeypatch.setattr(compare, "compare", breaks)
    result = asked(world(tmp_path, sites=1), "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "site: site00, failed, ValueError: some bug?[31m" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statu", "x.toml"], "WATCHLIST, or status or rebuild WATCHLIST"),
        (["status"], "no such file"),
        (["x.toml", "--log", "xml"], "--log"),
        (["x.toml", "--workers", "0"], "--workers"),
    ],
)
def test_wrong_words_are_told(words: list[str], said: str) -> None:
    result = asked(*words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_clock_may_be_given_but_not_wrongly(tmp_path: Path) -> None:
    path = world(tmp_path, sites=1)
    result = CliRunner().invoke(app, ["batch", str(path), "--now", "yesterday"])
    assert result.exit_code == 2
    early = CliRunner().invoke(app, ["batch", str(path), "--dry-run", "--now", "2024-03-07"])
    assert "S2_L2A_2024-03-06 is new" in early.stdout


def test_metrics_are_what_a_collector_reads(tmp_path: Path) -> None:
    path = world(tmp_path, more='[notify.log]\nkind = "file"\nto = "alerts.jsonl"\n')
    path.write_text('metrics = "batch.prom"\n' + path.read_text())
    asked(path)
    asked(path)
    text = (tmp_path / "batch.prom").read_text()
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    assert found['tilewitness_batch_sites{outcome="kept"}'] == "2"
    assert found['tilewitness_batch_attempts_total{outcome="done"}'] == "2"
    assert found['tilewitness_batch_alerts_waiting{channel="log"}'] == "0"
    assert found['tilewitness_batch_alert_tries_total{channel="log"}'] == "4"
    assert float(found["tilewitness_batch_last_duration_seconds"]) > 0
    assert [path.name for path in tmp_path.glob(".batch.prom*")] == []
    sample = re.compile(r'^[a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"\})? [0-9.e+-]+$')
    assert [line for line in text.splitlines() if line[0] != "#" and not sample.match(line)] == []


def test_metrics_quote_names() -> None:
    counts = {"attempts": [], "alerts": [], "tries": [], "waiting": [('a"\\\n', 1)], "runs": [(0,)]}
    text = metrics_text(counts, Counter(), ended=0.0, seconds=1.0)
    assert r'alerts_waiting{channel="a\"\\\n"} 1' in text


def test_a_line_of_text_stays_one() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "site", None, None)
    record.facts = {"site": "a\nb", "outcome": "done"}
    assert TextLines().format(record) == "site: a?b, done"
    assert json.loads(JsonLines().format(record))["site"] == "a\nb"


def test_the_watch_list_of_the_documentation_is_right() -> None:
    found = read(EXAMPLES / "watchlist.toml", environment={})
    assert [entry.name for entry in found.entries] == [
        "hmeimim",
        "tartus",
        "hmeimim-december",
        "article",
    ]


def test_all_channels_of_the_documentation_are_right(tmp_path: Path) -> None:
    text = (EXAMPLES / "watchlist.toml").read_text()
    told = re.sub(r"^# (?=\[notify|kind|to =|s\w+ = |user)", "", text, flags=re.MULTILINE)
    shutil.copy(EXAMPLES / "article.txt", tmp_path)
    (tmp_path / "w.toml").write_text(told)
    secrets = {"PRESS_SECRET": "a", "MAIL_PASSWORD": "b"}
    found = read(tmp_path / "w.toml", environment=secrets)
    assert [channel.kind for channel in found.channels] == ["file", "webhook", "email", "command"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_units_pass_systemds_own_check(tmp_path: Path) -> None:
    units = [
        shutil.copy(SCHEDULE / f"tilewitness.{kind}", tmp_path) for kind in ("service", "timer")
    ]
    check = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr
    assert [line for line in check.stderr.splitlines() if "tilewitness" in line] == []


def test_examples_call_the_command_as_it_is(tmp_path: Path) -> None:
    path = world(tmp_path, sites=1)
    for name in ("tilewitness.service", "tilewitness.cron", "github-actions.yml", "cronjob.yaml"):
        text = (SCHEDULE / name).read_text()
        (words,) = re.findall(r"batch[\"', ]+\S*?watchlist\.toml(.*)", text)
        options = re.findall(r"--[a-z-]+(?:[\"', ]+json)?", words)
        given = [word for option in options for word in re.findall(r"[\w-]+", option)]
        assert given, name
        assert asked(path, *given).exit_code == 0
