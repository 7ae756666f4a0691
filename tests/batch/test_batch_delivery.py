"""Alerts reach real servers: signed, tried again, under the same id, and no secret is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipelines.batch.channels import NotTaken, send, signature
from pipelines.batch.delivery import Delivery
from pipelines.batch.ledger import NAME, Ledger
from pipelines.batch.states import silence
from pipelines.batch.watchlist import Channel

SECRET = "whsec_" + base64.b64encode(b"not told to anybody").decode()
ALERT = silence("a", "s1", "2024-03-01T00:00:00Z", days=3)


class Receiver(BaseHTTPRequestHandler):
    """Answers by the list; keeps what it was sent."""

    answers: list[int]
    requests: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).requests.append((headers, body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def webhook(*answers: int) -> Iterator[tuple[str, list[Any]]]:
    kind = type("Own", (Receiver,), {"answers": list(answers), "requests": []})
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), kind)) as port:
        yield f"http://127.0.0.1:{port}/hook?key=told-to-nobody", kind.requests


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Callable[..., Delivery]]:
    ledger = Ledger(tmp_path / NAME)

    def of(*channels: Channel, down: dict[str, str] | None = None) -> Delivery:
        return Delivery(
            ledger=ledger,
            store=tmp_path,
            channels={channel.name: channel for channel in channels},
            environment={"HOOK": SECRET},
            now=lambda: 1_700_000_000.0,
            down={} if down is None else down,
        )

    yield of
    ledger.close()


def hook(address: str, **said: Any) -> Channel:
    return Channel("press", "webhook", (address,), secret_env="HOOK", wait_s=0.01, **said)


def test_a_webhook_that_fails_twice_is_asked_again(way: Callable[..., Delivery]) -> None:
    with webhook(503, 500) as (address, requests):
        delivery = way(hook(address))
        delivery.ledger.post(ALERT, ["press"])
        delivery.deliver()
        delivery.deliver()
    assert delivery.sent == 1
    assert delivery.down == {}
    assert [headers["tilewitness-try"] for headers, _ in requests] == ["1", "2", "3"]
    assert {headers["webhook-id"] for headers, _ in requests} == {ALERT.alert_id}
    for headers, body in requests:
        assert json.loads(body)["alert_id"] == ALERT.alert_id
        signed = f"{ALERT.alert_id}.1700000000.".encode() + body
        own = hmac.new(b"not told to anybody", signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(own).decode()}"
    assert delivery.ledger.waiting() == []


def test_a_webhook_that_stays_down_is_left_to_the_next_batch(
    way: Callable[..., Delivery], caplog: pytest.LogCaptureFixture
) -> None:
    with webhook(*[503] * 4) as (address, requests):
        first = way(hook(address))
        first.ledger.post(ALERT, ["press"])
        first.ledger.post(silence("b", "s1", None, days=3), ["press"])
        first.deliver()
        first.deliver()
        assert len(requests) == 4  # the second alert does not wait for the same again
        assert first.down == {"press": "the webhook answered 503"}
        (left, _) = first.ledger.waiting()
        assert left.tries == 4
        second = way(hook(address))
        second.deliver()
    assert second.sent == 2
    assert requests[-2][0]["tilewitness-try"] == "5"
    told = caplog.text + str(first.down)
    assert "told-to-nobody" not in told
    assert SECRET not in told


def test_a_refusal_for_good_is_not_repeated_at_once(way: Callable[..., Delivery]) -> None:
    with webhook(401) as (address, requests):
        delivery = way(hook(address))
        delivery.ledger.post(ALERT, ["press"])
        delivery.deliver()
    assert len(requests) == 1
    assert delivery.down == {"press": "the webhook answered 401"}


def test_nobody_there_is_told_without_the_address(way: Callable[..., Delivery]) -> None:
    with webhook() as (address, _):
        pass
    delivery = way(hook(address, attempts=2))
    delivery.ledger.post(ALERT, ["press"])
    delivery.deliver()
    assert delivery.down == {"press": "the webhook did not answer (ConnectError)"}


def test_a_repeat_after_a_death_has_the_same_id(
    way: Callable[..., Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as (address, requests):
        delivery = way(hook(address))
        delivery.ledger.post(ALERT, ["press"])
        with monkeypatch.context() as patch:
            patch.setattr("pipelines.batch.delivery.journal", dies)
            with pytest.raises(KeyboardInterrupt):
                delivery.deliver()
        way(hook(address)).deliver()
    ids = [headers["webhook-id"] for headers, _ in requests]
    assert ids == [ALERT.alert_id] * 2
    assert [headers["tilewitness-try"] for headers, _ in requests] == ["1", "2"]


def dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_signing_is_that_of_the_standard() -> None:
    # The example of https://github.com/standard-webhooks/standard-webhooks, made by its library.
    content = '{"test": 2432232314}'
    said = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        content,
    )
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_bad_secret_is_told_and_not_shown() -> None:
    channel = hook("http://127.0.0.1:9/")
    for value in ("whsec_???", ""):
        with pytest.raises(NotTaken) as caught:
            send(channel, ALERT.body, 1, environment={"HOOK": value}, now=0.0)
        assert not caught.value.again
        assert "???" not in str(caught.value)


class Mail(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as smtplib speaks; refuses so many messages at first."""

    messages: list[bytes]
    refusals: list[bytes]

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            word = line.split()[0].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                type(self).messages.append(b"".join(lines))
                self.wfile.write(b"250 taken\r\n")
            elif word == b"MAIL" and self.refusals:
                self.wfile.write(self.refusals.pop(0))
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@contextmanager
def mail(*refusals: bytes) -> Iterator[tuple[str, list[bytes]]]:
    kind = type("Own", (Mail,), {"messages": [], "refusals": list(refusals)})
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind)) as port:
        yield f"127.0.0.1:{port}", kind.messages


def post(server: str) -> Channel:
    to = ("desk@example.org", "night@example.org")
    more = {"sender": "watch@example.org", "tls": "none", "wait_s": 0.01}
    return Channel("desk", "email", to, server=server, **more)


def test_a_mail_server_takes_it_at_last(way: Callable[..., Delivery]) -> None:
    with mail(b"451 later\r\n", b"421 busy\r\n") as (server, messages):
        delivery = way(post(server))
        delivery.ledger.post(ALERT, ["desk"])
        delivery.deliver()
    assert delivery.down == {}
    (found,) = (message_from_bytes(each, policy=policy.default) for each in messages)
    assert found["Message-ID"] == f"<{ALERT.alert_id}@tilewitness>"
    assert found["To"] == "desk@example.org, night@example.org"
    assert found["Subject"] == "[tilewitness] a: silence"
    assert found["X-Tilewitness-Try"] == "3"
    assert "no usable scene for 3 days" in found.get_content()
    assert ALERT.alert_id in found.get_content()


def test_a_mail_server_that_refuses_for_good_is_not_asked_again(
    way: Callable[..., Delivery],
) -> None:
    with mail(*[b"550 no\r\n"] * 4) as (server, messages):
        delivery = way(post(server))
        delivery.ledger.post(ALERT, ["desk"])
        delivery.deliver()
    assert messages == []
    assert delivery.down == {"desk": "the mail server answered 550"}
    assert delivery.ledger.waiting()[0].tries == 1


def test_mail_is_not_sent_in_the_clear_unless_asked(way: Callable[..., Delivery]) -> None:
    with mail() as (server, messages):
        to = ("desk@example.org",)
        channel = Channel("desk", "email", to, server=server, sender="a@b", wait_s=0, attempts=1)
        delivery = way(channel)
        delivery.ledger.post(ALERT, ["desk"])
        delivery.deliver()
    assert messages == []
    assert "did not take it (SMTPNotSupportedError)" in delivery.down["desk"]


def test_a_command_gets_the_alert_on_its_input(
    way: Callable[..., Delivery], tmp_path: Path
) -> None:
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    words = (sys.executable, "-c", code, str(tmp_path / "got"))
    delivery = way(Channel("own", "command", words))
    delivery.ledger.post(ALERT, ["own"])
    delivery.deliver()
    assert json.loads((tmp_path / "got").read_text()) == ALERT.body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((sys.executable, "-c", "raise SystemExit(3)"), "the command ended with 3"),
        ((sys.executable, "-c", "import time; time.sleep(60)"), "the command took over 0.3 s"),
        (("/no/such/program",), "the command could not start: No such file or directory"),
    ],
)
def test_a_command_that_fails_is_told(
    words: tuple[str, ...], said: str, way: Callable[..., Delivery]
) -> None:
    delivery = way(Channel("own", "command", words, attempts=1, timeout_s=0.3))
    if "sleep" not in words[-1]:
        delivery = way(Channel("own", "command", words, attempts=1))
    delivery.ledger.post(ALERT, ["own"])
    delivery.deliver()
    assert delivery.down == {"own": said}


def test_one_channel_down_does_not_stop_the_other(
    way: Callable[..., Delivery], tmp_path: Path
) -> None:
    channels = [
        Channel("bad", "command", ("/no/such/program",)),
        Channel("log", "file", (str(tmp_path / "out" / "alerts.jsonl"),)),
    ]
    delivery = way(*channels)
    delivery.ledger.post(ALERT, ["bad", "log"])
    delivery.deliver()
    assert list(delivery.down) == ["bad"]
    lines = (tmp_path / "out" / "alerts.jsonl").read_text().splitlines()
    assert [json.loads(line)["alert_id"] for line in lines] == [ALERT.alert_id]
