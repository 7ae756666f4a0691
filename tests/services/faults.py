"""A proxy that breaks a share of the answers of the server behind it, the ways that archives do."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KINDS = ("429", "503", "truncated", "reset", "slow", "expired")
SLOW_S = 0.3


class FaultProxy(ThreadingHTTPServer):
    """Passes requests on; every answer is spoiled with a given probability.

    Attributes:
        share: Probability of a fault, 0 to 1; may be changed while it runs.
        kinds: The faults that may happen, of ``KINDS``.
        told: How often each happened, and ``passed``.
    """

    daemon_threads = True

    def __init__(self, behind: str, *, share: float, kinds: tuple[str, ...], seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.share = share
        self.kinds = kinds
        self.told: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def draw(self) -> str:
        """Fate of the next answer."""
        with self._lock:
            fate = "passed"
            if self._random.random() < self.share:
                fate = self._random.choice(self.kinds)
            self.told[fate] += 1
            return fate

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is none of the proxy's errors."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultProxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """The tests read ``told`` instead."""

    def _answer(self, body: bytes | None) -> None:
        fate = self.server.draw()
        if fate in ("429", "503", "expired"):
            self._refuse(403 if fate == "expired" else int(fate))
            return
        if fate == "reset":
            # Zero linger: the kernel sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        status, headers, data = self._behind(body)
        self.send_response(status)
        for name in ("Content-Type", "Content-Range", "ETag", "Accept-Ranges", "Last-Modified"):
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self._send(data, fate)

    def _send(self, data: bytes, fate: str) -> None:
        half = len(data) // 2
        self.wfile.write(data[:half])
        if fate == "truncated":
            self.close_connection = True
            return
        if fate == "slow":
            self.wfile.flush()
            time.sleep(SLOW_S)
        self.wfile.write(data[half:])

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _behind(self, body: bytes | None) -> tuple[int, Any, bytes]:
        kept = {
            name: self.headers[name]
            for name in ("Range", "If-Range", "If-Match", "Content-Type", "Accept")
            if name in self.headers
        }
        request = urllib.request.Request(self.server.behind + self.path, data=body, headers=kept)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()


@contextmanager
def fault_proxy(
    behind: str, *, share: float = 0.3, kinds: tuple[str, ...] = KINDS, seed: int = 0
) -> Iterator[FaultProxy]:
    proxy = FaultProxy(behind, share=share, kinds=kinds, seed=seed)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
