"""A real HTTP server on this machine that serves byte ranges, and fails as it is told to."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler"], bool]
"""Answers a request itself and returns True, or leaves it to the server."""


@dataclass
class Site:
    """What is served: path to bytes, and how it goes wrong."""

    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    before: Reply | None = None
    ranges: bool = True
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    sent: int = 0
    url: str = ""
    lock: Any = field(default_factory=threading.Lock)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *facts: Any) -> None:
        pass

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.site.lock:
            self.site.requests.append((self.command, self.path, dict(self.headers), body))
        if self.site.before is not None and self.site.before(self):
            return
        path = self.path.partition("?")[0]
        data = self.site.files.get(path)
        if data is None:
            self.answer(404)
            return
        headers = {"ETag": self.site.etags.get(path, f'"{len(data)}"')}
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked and self.site.ranges:
            start, stop = int(asked[1]), min(int(asked[2]) + 1, len(data))
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            self.answer(206, data[start:stop], headers)
        else:
            self.answer(200, data, headers)

    def answer(
        self,
        status: int,
        data: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """Send; ``length`` other than that of ``data`` is a lie, and the connection ends."""
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            self.close_connection = True
        with self.site.lock:
            self.site.sent += len(data)
        if length is not None:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64  # with the default of 5, eight threads at once may have to try again

    def handle_error(self, *facts: Any) -> None:
        pass


@contextmanager
def serving(site: Site | None = None) -> Iterator[Site]:
    site = site or Site()
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = _Server(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def faults(share: float, seed: int, *, slow_s: float = 0.0) -> Reply:
    """Fail a share of the requests: 429, 503, reset, cut body, half an hour of silence."""
    draw = random.Random(seed)
    lock = threading.Lock()

    def fail(handler: Handler) -> bool:
        with lock:
            if draw.random() >= share:
                return False
            kind = draw.randrange(6)
        if kind == 0:
            handler.answer(429, headers={"Retry-After": "0"})
        elif kind == 1:
            handler.answer(503)
        elif kind == 2:
            handler.close_connection = True
            handler.connection.close()
        elif kind == 3:
            handler.answer(200, b"{", length=500)
        elif kind == 4:
            start = int(re.findall(r"\d+", handler.headers.get("Range", "0"))[0])
            extra = {"Content-Range": f"bytes {start}-{start + 499}/9999999"}
            handler.answer(206, b"cut", extra, length=500)
        else:
            time.sleep(slow_s)
            handler.close_connection = True
        return True

    return fail
