"""The four ways in which an alert leaves: webhook, e-mail, file, command."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
import subprocess
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx

from pipelines.batch.healing import append_line
from pipelines.batch.watchlist import Channel

Body = Mapping[str, Any]

PREFIX = "whsec_"
"""Before a secret that is written in Base64, as Standard Webhooks does."""

PERMANENT = (400, 401, 403, 404, 405, 410, 413, 422)
"""Answers of a receiver that asking again at once does not change."""

LONGEST_REASON = 200


class NotTaken(Exception):
    """NotTaken(reason, whether to try again): a channel did not take an alert."""

    def __init__(self, reason: str, again: bool = True) -> None:
        super().__init__(reason, again)
        self.again = again

    def __str__(self) -> str:
        return str(self.args[0])[:LONGEST_REASON]


def send(
    channel: Channel, body: Body, number: int, *, environment: Mapping[str, str], now: float
) -> None:
    """Hand an alert to a channel, once.

    Args:
        channel: Where to.
        body: What to say.
        number: Of this try, from 1: the receiver may know from it that this is a repeat.
        environment: Holds the secret, which goes nowhere else.
        now: Seconds since 1970.

    Raises:
        NotTaken: it was not taken; a secret is never in the reason.
        WriteError: the file cannot be written.
    """
    secret = environment.get(channel.secret_env or "", "")
    if channel.secret_env and not secret:
        raise NotTaken(f"{channel.secret_env} is not set", False)
    SENDERS[channel.kind](channel, body, number, secret, now)


def signature(secret: str, alert_id: str, stamp: str, content: str) -> str:
    """``v1,`` and HMAC-SHA256 in Base64.

    Source: Standard Webhooks, https://www.standardwebhooks.com: what is signed is
    ``id.timestamp.body``; receivers have libraries for it.
    """
    own = secret.startswith(PREFIX)
    key = base64.b64decode(secret[len(PREFIX) :], validate=True) if own else secret.encode()
    signed = hmac.new(key, f"{alert_id}.{stamp}.{content}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _webhook(channel: Channel, body: Body, number: int, secret: str, now: float) -> None:
    content, stamp = _text(body), str(int(now))
    headers = {
        "content-type": "application/json",
        "user-agent": "tilewitness",
        "webhook-id": body["alert_id"],
        "webhook-timestamp": stamp,
        "tilewitness-try": str(number),
    }
    if secret:
        headers["webhook-signature"] = _signed(channel, secret, headers, content)
    try:
        answer = httpx.post(
            channel.to[0], content=content, headers=headers, timeout=channel.timeout_s
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Of the error only its kind: its words may hold the address, and that a token.
        raise NotTaken(f"the webhook did not answer ({type(error).__name__})") from None
    if not answer.is_success:
        again = answer.status_code not in PERMANENT
        raise NotTaken(f"the webhook answered {answer.status_code}", again)


def _signed(channel: Channel, secret: str, headers: Mapping[str, str], content: str) -> str:
    try:
        return signature(secret, headers["webhook-id"], headers["webhook-timestamp"], content)
    except ValueError:
        raise NotTaken(f"{channel.secret_env} is not Base64 after {PREFIX}", False) from None


def _email(channel: Channel, body: Body, number: int, secret: str, _now: float) -> None:
    message = EmailMessage()
    message["From"], message["To"] = str(channel.sender), ", ".join(channel.to)
    message["Subject"] = " ".join(f"[tilewitness] {body['site']}: {body['state']}".split())
    # Mail programs show a message of the same id once.
    message["Message-ID"] = f"<{body['alert_id']}@tilewitness>"
    message["X-Tilewitness-Alert"] = str(body["alert_id"])
    message["X-Tilewitness-Try"] = str(number)
    message.set_content(f"{body['sentence']}\n\n{json.dumps(body, indent=2, ensure_ascii=False)}\n")
    host, _, port = str(channel.server).rpartition(":")
    try:
        with _connected(channel, host, int(port)) as server:
            if channel.user is not None:
                server.login(channel.user, secret)
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        temporary = 400 <= error.smtp_code < 500
        raise NotTaken(f"the mail server answered {error.smtp_code}", temporary) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken(f"the mail server did not take it ({type(error).__name__})") from None


def _connected(channel: Channel, host: str, port: int) -> smtplib.SMTP:
    safe = ssl.create_default_context()
    if channel.tls == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=channel.timeout_s, context=safe)
    server = smtplib.SMTP(host, port, timeout=channel.timeout_s)
    if channel.tls == "starttls":
        try:
            server.starttls(context=safe)
        except BaseException:
            server.close()
            raise
    return server


def _file(channel: Channel, body: Body, _number: int, _secret: str, _now: float) -> None:
    append_line(Path(channel.to[0]), _text(body))


def _command(channel: Channel, body: Body, _number: int, _secret: str, _now: float) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
            list(channel.to),
            input=_text(body),
            text=True,
            encoding="utf-8",
            timeout=channel.timeout_s,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotTaken(f"the command took over {channel.timeout_s:g} s") from None
    except OSError as error:
        raise NotTaken(f"the command could not start: {error.strerror}", False) from None
    if done.returncode:
        raise NotTaken(f"the command ended with {done.returncode}")


def _text(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


SENDERS: Mapping[str, Callable[[Channel, Body, int, str, float], None]] = {
    "webhook": _webhook,
    "email": _email,
    "file": _file,
    "command": _command,
}
