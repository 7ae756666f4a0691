from __future__ import annotations

import hashlib
import stat

import pytest

from imagery import keep as module
from imagery.errors import UnreadableFile, WriteError
from imagery.keep import Keep, sha256_of

DATA = b"original bytes"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def keep(tmp_path):
    return Keep(tmp_path / "kept")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "scene.tif"
    path.write_bytes(DATA)
    return path


def test_a_file_is_kept_once_read_only_by_its_hash(keep, file):
    assert keep.put(file) == keep.put(file) == keep.put_bytes(DATA) == DIGEST
    (path,) = (each for each in keep.root.rglob("*") if each.is_file())
    assert path == keep.path_of(DIGEST) == keep.get(DIGEST, name="scene")
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_what_happens_to_the_file_later_changes_nothing(keep, file, tmp_path):
    digest = keep.put(file)
    keep.lay([(0, len(DATA), digest)], tmp_path / "copy", size=len(DATA), name="scene")
    file.write_bytes(b"forged content")
    assert (tmp_path / "copy").read_bytes() == DATA
    file.unlink()
    assert (tmp_path / "copy").read_bytes() == DATA


def test_an_altered_original_is_refused_and_mended_by_the_same_bytes(keep, file):
    path = keep.path_of(keep.put(file))
    path.chmod(0o644)
    path.write_bytes(b"original bytez")
    with pytest.raises(UnreadableFile, match=r"scene.*was altered"):
        keep.get(DIGEST, name="scene")
    assert keep.put(file) == DIGEST
    assert keep.get(DIGEST, name="scene").read_bytes() == DATA


def test_what_is_not_kept_is_named_with_the_remedy(keep):
    with pytest.raises(UnreadableFile, match=r"scene.*not in .*--keep"):
        keep.get(DIGEST, name="scene")


def test_pieces_lie_where_they_lay(keep, tmp_path):
    pieces = [(4, 3, keep.put_bytes(b"abc")), (9, 2, keep.put_bytes(b"de"))]
    keep.lay(pieces, tmp_path / "copy", size=12, name="scene")
    assert (tmp_path / "copy").read_bytes() == b"\0\0\0\0abc\0\0de\0"


def test_a_file_that_changes_while_it_is_read_is_refused(keep, file, monkeypatch):
    monkeypatch.setattr(module, "sha256", lambda path: "0" * 64)
    monkeypatch.setattr(Keep, "holds", lambda self, digest: False)
    with pytest.raises(UnreadableFile, match="changes while it is read"):
        keep.put(file)
    assert not [each for each in keep.root.rglob("*") if each.is_file()]


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", DIGEST[:-1], DIGEST.upper(), "/"])
def test_what_is_no_hash_leads_nowhere(keep, tmp_path, name):
    with pytest.raises(UnreadableFile, match="no SHA-256"):
        keep.get(name, name="scene")
    with pytest.raises(UnreadableFile, match="no SHA-256"):
        keep.lay([(0, 1, name)], tmp_path / "copy", size=1, name="scene")


def test_a_file_that_vanished_is_named(keep, file, monkeypatch):
    monkeypatch.setattr(module, "sha256", lambda path: DIGEST)
    monkeypatch.setattr(Keep, "holds", lambda self, digest: False)
    file.unlink()
    with pytest.raises(UnreadableFile, match=r"scene.tif.*no such file"):
        keep.put(file)


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 10**6)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 10**6).hexdigest()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(WriteError, match="kept originals"):
        Keep(tmp_path / "kept").put_bytes(DATA)
