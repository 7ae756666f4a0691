"""A time stamp by a real authority on this machine: ``openssl ts`` behind an HTTP server."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import invoke, run

from imagery.keep import Keep
from pipelines.audit import audit

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/cert.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    folder: Path
    url: str = ""
    fault: str = ""

    def answer(self, question: bytes) -> bytes:
        asked = self.folder / "asked.tsq"
        asked.write_bytes(question)
        if self.fault == "other":
            words = ["openssl", "ts", "-query", "-sha256", "-data", self.folder / "serial"]
            subprocess.run([*words, "-out", asked], check=True, capture_output=True)
        words = ["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf"]
        subprocess.run(
            [*words, "-queryfile", asked, "-out", self.folder / "answer.tsr"],
            check=True,
            capture_output=True,
        )
        return (self.folder / "answer.tsr").read_bytes()


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tsa")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    usage = "extendedKeyUsage=critical,timeStamping"
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(
        [*words, "-subj", "/CN=An authority of this test", "-addext", usage, *files],
        check=True,
        capture_output=True,
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    return folder


@pytest.fixture
def authority(signed: Path) -> Iterator[Authority]:
    here = Authority(signed)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *facts: object) -> None:
            pass

        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            data = b"no stamp" if here.fault == "rubbish" else here.answer(question)
            self.send_response(503 if here.fault == "busy" else 200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here.url = f"http://127.0.0.1:{server.server_port}/tsa"
    yield here
    server.shutdown()
    server.server_close()


def test_a_stamp_is_kept_and_others_can_check_it(copy, authority: Authority) -> None:
    folder = copy("diff")
    said = run("audit", folder, "--timestamp", f"{authority.url}?token=secret")
    assert "Time stamp of 20" in said
    words = ["openssl", "ts", "-verify", "-queryfile", "run.json.tsq", "-in", "run.json.tsr"]
    checked = subprocess.run(
        [*words, "-CAfile", authority.folder / "cert.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "Verification: OK" in checked.stdout + checked.stderr
    event = json.loads((folder / "custody.jsonl").read_text().splitlines()[-2])
    assert event["event"] == "time stamp"
    assert event["authority"] == authority.url, "without the token"
    assert "as the run left them" in run("audit", folder)
    assert "same to the last byte: all" in run("replay", folder)


@pytest.mark.parametrize("name", ["run.json.tsq", "run.json.tsr", "custody.jsonl"])
def test_an_altered_stamp_is_found(copy, authority: Authority, name: str, tmp_path: Path) -> None:
    folder = copy("diff")
    run("audit", folder, "--timestamp", authority.url)
    data = (folder / name).read_bytes()
    for place in (0, len(data) // 2, len(data) - 2):
        altered = bytearray(data)
        altered[place] ^= 1
        (folder / name).write_bytes(altered)
        assert name in {each.name for each in audit(folder, Keep(tmp_path)).findings}


@pytest.mark.parametrize(
    ("fault", "words"),
    [("rubbish", "no time stamp of what was asked"), ("other", "no time stamp"), ("busy", "503")],
)
def test_an_answer_that_is_none_leaves_nothing(
    copy, authority: Authority, fault: str, words: str
) -> None:
    folder = copy("diff")
    before = sorted(path.name for path in folder.iterdir())
    authority.fault = fault
    result = invoke("audit", folder, "--timestamp", authority.url)
    assert result.exit_code == 2
    assert words in result.output
    assert sorted(path.name for path in folder.iterdir()) == before


def test_what_was_altered_is_not_stamped(copy, authority: Authority) -> None:
    folder = copy("diff")
    (folder / "item.json").write_text("{}")
    assert invoke("audit", folder, "--timestamp", authority.url).exit_code == 1
    assert not (folder / "run.json.tsr").exists()


@pytest.mark.parametrize(
    "url", ["ftp://a.example/tsa", "a.example", "http://[::", "http://127.0.0.1:9/"]
)
def test_an_address_that_does_not_answer_is_one_sentence(copy, url: str) -> None:
    result = invoke("audit", copy("diff"), "--timestamp", url)
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1
