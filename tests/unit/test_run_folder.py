from __future__ import annotations

import hashlib
import json
import subprocess
import threading

import pytest

from imagery import custody
from imagery.errors import WriteError
from imagery.keep import Keep
from imagery.run_folder import fingerprint, is_complete
from imagery.run_folder import run_folder as opened

CUSTODY = {"host": "a-host", "clock": "2026-01-01T00:00:00Z"}


def run_folder(out, *, overwrite=False):
    return opened(out, keep=Keep(out.parent / "kept"), overwrite=overwrite)


def make(out, text="pixels", *, overwrite=False):
    with run_folder(out, overwrite=overwrite) as draft:
        (draft.scratch / "raw.bin").write_text("meanwhile")
        (draft.folder / "diff.tif").write_text(text)
        draft.seal({"config": {"method": "rcva"}}, custody=CUSTODY)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_sealed_run_becomes_out(tmp_path):
    out = tmp_path / "runs" / "one"
    make(out)
    assert names(out) == [
        "custody.jsonl",
        "diff.tif",
        "run.json",
        "run.json.sha256",
    ]
    assert names(out.parent) == ["one"], "nothing temporary is left"
    assert is_complete(out)
    record = json.loads((out / "run.json").read_text())
    digest = hashlib.sha256(b"pixels").hexdigest()
    assert record == {
        "config": {"method": "rcva"},
        "products": {"diff.tif": {"sha256": digest, "size": 6}},
    }
    subprocess.run(["sha256sum", "-c", "run.json.sha256"], cwd=out, check=True)


def test_clock_and_host_are_in_custody_alone_and_its_lines_are_chained(tmp_path):
    make(tmp_path / "out")
    log = tmp_path / "out" / "custody.jsonl"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["event"] for event in events] == ["run", "product", "sealed"]
    assert events[0]["host"] == "a-host"
    assert events[-1]["sha256"] == fingerprint(tmp_path / "out" / "run.json").sha256
    assert "a-host" not in (tmp_path / "out" / "run.json").read_text()
    sealed = events[-1]["sha256"]
    assert custody.broken(log.read_bytes(), record=sealed) is None
    log.write_text(log.read_text().replace("a-host", "b-host"))
    assert custody.broken(log.read_bytes(), record=sealed) is not None


def test_the_same_run_twice_gives_the_same_record(tmp_path):
    make(tmp_path / "a")
    make(tmp_path / "b")
    assert (tmp_path / "a/run.json").read_bytes() == (tmp_path / "b/run.json").read_bytes()


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_nothing(tmp_path, failure):
    def broken():
        with run_folder(tmp_path / "new" / "out") as draft:
            (draft.folder / "diff.tif").write_text("half")
            raise failure

    with pytest.raises(failure):
        broken()
    assert names(tmp_path) == []


def test_a_failure_leaves_the_old_run_under_overwrite(tmp_path):
    make(tmp_path / "out", "old")
    with pytest.raises(ValueError, match="broken"), run_folder(tmp_path / "out", overwrite=True):
        raise ValueError("broken")
    assert (tmp_path / "out/diff.tif").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_run_that_was_not_sealed_is_refused(tmp_path):
    with pytest.raises(WriteError, match="was not sealed"), run_folder(tmp_path / "out") as draft:
        (draft.folder / "diff.tif").write_text("pixels")
    assert names(tmp_path) == []


def test_an_empty_folder_is_filled_and_a_full_one_is_not(tmp_path):
    (tmp_path / "out").mkdir()
    make(tmp_path / "out")
    with pytest.raises(WriteError, match=r"exists and is not empty.*--overwrite"):
        make(tmp_path / "out")


def test_overwrite_replaces_a_run(tmp_path):
    make(tmp_path / "out", "old")
    (tmp_path / "out" / "report.html").write_text("of the old run")
    make(tmp_path / "out", "new", overwrite=True)
    assert (tmp_path / "out/diff.tif").read_text() == "new"
    assert not (tmp_path / "out/report.html").exists()
    assert names(tmp_path) == ["out"]


def test_overwrite_never_deletes_what_is_not_a_run(tmp_path):
    for turn in (1, 2):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.doc").write_text("years of work")
        make(tmp_path / "out", overwrite=True)
        assert is_complete(tmp_path / "out")
        assert (tmp_path / f"out.replaced-{turn}" / "thesis.doc").exists()
        (tmp_path / "out").rename(tmp_path / f"kept-{turn}")


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_file_in_the_way_is_said(tmp_path, overwrite):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(WriteError, match="a file of that name is there"):
        make(tmp_path / "out", overwrite=overwrite)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_parent_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"Could not write .*: file is not a folder\.$"):
        make(tmp_path / "file" / "out")
    with pytest.raises(WriteError, match="Could not write"):
        make(tmp_path / ("n" * 300))


def test_a_changed_record_is_not_a_result(tmp_path):
    make(tmp_path / "out")
    assert not is_complete(tmp_path)
    record = tmp_path / "out" / "run.json"
    record.write_text(record.read_text().replace("rcva", "cva"))
    assert not is_complete(tmp_path / "out")


def test_of_two_runs_at_once_the_first_to_end_wins_whole(tmp_path):
    def slow():
        with run_folder(tmp_path / "out") as draft:
            (draft.folder / "diff.tif").write_text("slow")
            make(tmp_path / "out", "quick")
            draft.seal({}, custody=CUSTODY)

    with pytest.raises(WriteError, match="exists and is not empty"):
        slow()
    assert (tmp_path / "out/diff.tif").read_text() == "quick"
    assert is_complete(tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_overwriting_runs_at_once_leave_one_complete_run(tmp_path):
    errors = []

    def overwrite(text):
        try:
            for _ in range(5):
                make(tmp_path / "out", text, overwrite=True)
        except WriteError as error:
            errors.append(error)

    threads = [threading.Thread(target=overwrite, args=(text,)) for text in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A crowded-out run may give up, with its sentence; what is there is whole.
    assert all("at the same time" in str(error) for error in errors)
    assert is_complete(tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_a_file_that_changed_is_hashed_again(tmp_path):
    path = tmp_path / "a"
    path.write_text("one")
    first = fingerprint(path)
    path.write_text("three")
    assert fingerprint(path) != first
    assert first.multihash == "1220" + hashlib.sha256(b"one").hexdigest()
