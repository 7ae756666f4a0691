"""What goes to a store in S3, and in which order; the store itself is tried in tests/services."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagery.run_folder import SEAL

Remote = pytest.importorskip("pipelines.batch.remote", reason="needs the extra s3").Remote


def test_the_seal_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "place" / "run"
    (folder / "sites").mkdir(parents=True)
    for name in (SEAL, "run.json", "summary.md", "sites/z.txt", "a.txt"):
        (folder / name).write_text("")
    keys: list[str] = []
    monkeypatch.setattr(Remote, "_put", lambda self, path, key: keys.append(key))
    Remote("s3://abc").put_run(folder, "place", "run")
    assert keys[-1] == f"place/run/{SEAL}"
    assert sorted(keys[:-1]) == [
        f"place/run/{name}" for name in ("a.txt", "run.json", "sites/z.txt", "summary.md")
    ]
