"""A watch list is checked to its end before anything runs, and every fault has file, line, key."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest
from quick import world, write_site

from imagery.errors import ImageryError, UnreadableFile
from pipelines.batch.form import MOST_TOLD, read
from pipelines.batch.lines import lines_of

HEAD = '[defaults]\nimagery = "tiles"\n'
SITE = '[[site]]\nsite = "a.geojson"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tiles").mkdir()
    write_site(tmp_path / "a.geojson")
    return tmp_path


def refusal(folder: Path, text: str, **said: object) -> list[str]:
    path = folder / "w.toml"
    path.write_text(text)
    with pytest.raises(ImageryError) as caught:
        read(path, **said)
    return [str(caught.value), *(note.strip() for note in getattr(caught.value, "__notes__", []))]


def test_a_small_list_is_read(folder: Path) -> None:
    (folder / "w.toml").write_text(f"{HEAD}{SITE}")
    found = read(folder / "w.toml")
    assert [entry.name for entry in found.entries] == ["a"]
    assert found.store.folder == folder / "w-runs"
    assert found.entries[0].access.imagery == str(folder / "tiles")
    pickle.loads(pickle.dumps(found.entries[0]))  # it travels to workers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'stor = "x"\n{HEAD}{SITE}', "w.toml, line 1: a key is 'stor'; expected"),
        (f'{HEAD}metod = "cva"\n{SITE}', "line 3: a key is 'metod'"),
        (f"{HEAD}{SITE}histroy = 3\n", "line 5: a key is 'histroy'"),
        (f"{HEAD}{SITE}history = -3\n", "line 5: history is -3; expected whole days"),
        (f'{HEAD}{SITE}method = ["cva"]\n', "line 5: method is ['cva']; expected a text"),
        (f"{HEAD}method = 'rvca'\n{SITE}", "line 3: method is 'rvca'"),
        (f"{HEAD}{SITE}clear = nan\n", "line 5: clear is nan; expected a share"),
        (f"{HEAD}{SITE}clear = true\n", "line 5: clear is True"),
        (f"{HEAD}{SITE}rule = 'date'\n", "(nearest: dates)"),
        (f"{HEAD}[[site]]\nsite = '{'x' * 300}'\n", "line 4: site is"),
        (f"{HEAD}{SITE}imagery = '{'x' * 300}'\n", "line 5: imagery is"),
        (f"{HEAD}[[site]]\nrule = 'claims'\narticle = '{'x' * 300}'\n", "line 5: article is"),
        (f"{HEAD}{SITE}rule = 'dates'\nbefore = 2024-01-02\n", "line 3: after is None"),
        (
            f"{HEAD}{SITE}rule = 'dates'\nbefore = 2024-01-02\nafter = '2024-01-01'\n",
            "line 7: after is '2024-01-01'; expected later than before",
        ),
        (f"{HEAD}{SITE}before = 2024-01-02\n", "line 5: before is"),
        (f"{HEAD}{SITE}rule = 'claims'\narticle = 'no.txt'\n", "line 6: article is 'no.txt'"),
        (f"{HEAD}[[site]]\nsite = 'hmeimin'\n", "line 4: site is 'hmeimin'; expected one of"),
        (f"{HEAD}[[site]]\nsite = 'tiles'\n", "expected a folder with .geojson files"),
        (f"{HEAD}[[site]]\nsite = 'b.geojson'\n", "there is no such file"),
        (f"{HEAD}[[site]]\nname = 'x'\n", "line 3: site is None"),
        (f"{HEAD}{SITE}name = '../x'\n", "line 5: name is '../x'"),
        (f"{HEAD}{SITE}imagery = 'earth-serch'\n", "(nearest: earth-search)"),
        (f"{HEAD}{SITE}{SITE}", "line 5: name is 'a'; expected one of its own: line 3"),
        (f"{HEAD}{SITE}notify = ['x']\n", "line 5: notify is 'x'"),
        (f"{HEAD}{SITE}[notify.a]\nkind = 'fil'\nto = 'x'\n", "line 6: kind is 'fil'"),
        (f"{HEAD}{SITE}[notify.a]\nto = 'x'\n", "line 5: kind is None"),
        (f"{HEAD}{SITE}[notify.a]\nkind = 'webhook'\nto = 'ftp://x'\n", "line 7: to is 'ftp://x'"),
        (f"{HEAD}{SITE}[notify]\na = 3\n", "line 6: a is 3; expected a table [notify.a]"),
        ("defaults = 3\n", "line 1: defaults is 3; expected a table"),
        ("site = 3\n", "line 1: site is 'no list of tables'"),
        (HEAD, "no site is left"),
        (f"store = 3\n{HEAD}{SITE}", "line 1: store is 3; expected a path"),
    ],
)
def test_faults_are_told_with_line_and_key(folder: Path, text: str, expected: str) -> None:
    assert expected in " ".join(refusal(folder, text))


@pytest.mark.parametrize("text", ["a = ", "\xff\xfe"])
def test_what_is_no_toml_is_refused(folder: Path, text: str) -> None:
    (folder / "w.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UnreadableFile):
        read(folder / "w.toml")
    with pytest.raises(UnreadableFile, match="no such file"):
        read(folder / "nowhere.toml")


def test_every_fault_is_told_at_once(folder: Path) -> None:
    told = refusal(folder, f"{HEAD}metod = 1\n{SITE}looback = 1\n[[site]]\nsite = 'x'\n")
    assert [line.partition(":")[0] for line in told] == [
        "w.toml, line 3",
        "w.toml, line 6",
        "w.toml, line 8",
    ]
    many = refusal(folder, HEAD + "[[site]]\nsite = 'x'\n" * 50)
    assert len(many) == MOST_TOLD + 1
    assert many[-1] == "And 30 more."


def test_one_bad_site_of_thirty(tmp_path: Path) -> None:
    world(tmp_path, sites=30)
    tables = [f'[[site]]\nsite = "places/site{n:02}.geojson"\n' for n in range(30)]
    tables[17] += "look_bak = 3\n"
    path = tmp_path / "thirty.toml"
    path.write_text(HEAD + "".join(tables))
    with pytest.raises(ImageryError, match=r"thirty\.toml, line 39: a key is 'look_bak'"):
        read(path)
    found = read(path, skip_bad=True)
    assert len(found.entries) == 29
    assert len(found.bad) == 1
    assert "line 39" in found.bad[0]


def test_what_all_rests_on_is_not_skipped(folder: Path) -> None:
    assert "metod" in refusal(folder, f"{HEAD}metod = 1\n{SITE}", skip_bad=True)[0]


def test_secrets_must_be_there_and_are_never_told(folder: Path) -> None:
    channel = '[notify.a]\nkind = "webhook"\nto = "https://x"\nsecret_env = "TW_SECRET"\n'
    told = refusal(folder, HEAD + SITE + channel, environment={})
    assert "TW_SECRET" in told[0]
    assert read(folder / "w.toml", environment={"TW_SECRET": "s"}).channels
    pasted = channel.replace("TW_SECRET", "whsec_abc+/=")
    assert "whsec" not in refusal(folder, HEAD + SITE + pasted, environment={})[0]


def test_sites_come_in_lists_and_folders(tmp_path: Path) -> None:
    path = world(tmp_path, sites=3)
    assert [each.name for each in read(path).entries] == ["site00", "site01", "site02"]
    path.write_text(HEAD + '[[site]]\nsite = ["hmeimim", "tartus"]\nclear = 0.9\n')
    found = read(path).entries
    assert [(each.name, each.rule.clear) for each in found] == [("hmeimim", 0.9), ("tartus", 0.9)]
    told = refusal(tmp_path, HEAD + '[[site]]\nsite = ["hmeimim", "tartus"]\nname = "x"\n')
    assert "left out, as this names 2 sites" in told[0]


def test_lines_are_found_whatever_the_spelling() -> None:
    text = '# a\n[defaults]\n"rule" = """\n[[site]]\nx = 1\n"""\n[[site]]\n  a.b = 1\n'
    text += "[[ site ]]\n[site.x]\ny = 2\n"
    found = lines_of(text)
    assert found["defaults", "rule"] == 3
    assert found["site", 0] == 7
    assert found["site", 0, "a", "b"] == 8
    assert found["site", 1] == 9
    assert found["site", 1, "x", "y"] == 11
    assert ("x",) not in found


def test_a_store_in_s3_has_a_working_copy_beside_the_list(tmp_path: Path) -> None:
    pytest.importorskip("obstore", reason="the extra s3 is not installed")
    path = world(tmp_path)
    path.write_text(path.read_text().replace('"runs"', '"s3://newsroom/watch/"'))
    found = read(path)
    assert found.store.folder == tmp_path / "watch-runs"
    assert found.store.remote == pickle.loads(pickle.dumps(found.store.remote))
    assert found.store.remote is not None
    assert found.store.remote.url == "s3://newsroom/watch"


def test_without_the_extra_the_store_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pipelines.batch.remote", None)
    path = world(tmp_path)
    path.write_text(path.read_text().replace('"runs"', '"s3://newsroom/watch"'))
    with pytest.raises(ImageryError, match=r"line 1: store is .*pip install 'tilewitness\[s3\]'"):
        read(path)


def test_paths_hold_in_the_folder_of_any_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(tmp_path / "list")
    monkeypatch.chdir(tmp_path)
    found = read(Path("list") / "watch.toml")
    assert found.store.folder.is_absolute()
    (entry,) = {(Path(e.access.imagery), Path(e.places[0]).parent) for e in found.entries}
    assert entry == (tmp_path / "list" / "tiles", tmp_path / "list" / "places")
