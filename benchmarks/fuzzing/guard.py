"""What a watched process may touch: files and connections outside of it are noted and stopped.

Python's own calls are seen by an audit hook. GDAL, SQLite and libtiff open files without Python:
for those a folder of bait lies beside the inputs, which the kernel watches (inotify), and a server
that nobody named listens on this machine.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "catalogue.test"
"""Of the inputs' own server: the one host that the commands are given."""

_WATCHED = (
    0x1 | 0x2 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200
)  # access, modify, open, move, make, delete
_WRITES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.truncate"}
_READS = {"os.listdir", "os.scandir", "sqlite3.connect"}
_STARTS = {
    "subprocess.Popen",
    "os.exec",
    "os.system",
    "os.posix_spawn",
    "os.fork",
    "webbrowser.open",
}


@dataclass
class Guard:
    """One process under watch.

    Attributes:
        inside: Where the process may read and write now.
        readable: Folders that every program reads: its own code and that of Python.
        writable: Folders that a library writes for itself: numba's compiled code.
        port: Of the inputs' own server.
        noted: What was tried outside.
    """

    inside: str
    readable: tuple[str, ...]
    writable: tuple[str, ...] = ()
    port: int = 0
    noted: list[str] = field(default_factory=list)
    active: bool = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook."""
        if not self.active:
            return
        if event == "open":
            kept = bool((args[2] or 0) & os.O_NOFOLLOW)
            self._file(args[0], writing=_writes(args[1], args[2]), followed=not kept)
        elif event in _WRITES:
            for each in args[: 2 if event in ("os.rename", "os.link") else 1]:
                self._file(each, writing=True)
        elif event in _READS:
            self._file(args[0], writing=False)
        elif event == "socket.connect":
            self._connect(args[1])
        elif event in _STARTS:
            self.noted.append(f"{event} {args[0]!r:.80}")
            raise PermissionError(1, "stopped by the fuzzer")

    def _file(self, path: Any, *, writing: bool, followed: bool = True) -> None:
        if isinstance(path, int) or path is None:
            return
        text = os.fsdecode(path)
        if text in (":memory:", ""):
            return
        try:
            real = os.path.realpath(text if followed else Path(text).parent)
        except (OSError, ValueError):
            return
        if real == "/dev/null" or any(_within(real, e) for e in (self.inside, *self.writable)):
            return
        if not writing and any(_within(real, each) for each in self.readable):
            return
        self.noted.append(f"{'write' if writing else 'read'} {real[:200]}")
        raise PermissionError(1, "stopped by the fuzzer", text[:200])

    def _connect(self, address: Any) -> None:
        if address not in (("127.0.0.1", self.port), ("::1", self.port, 0, 0)):
            self.noted.append(f"connect {address!r:.80}")
            raise ConnectionRefusedError(111, "stopped by the fuzzer")


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return bool(set(mode) & set("wax+"))
    return bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def answer_names() -> None:
    """Let one name lead to this machine, addresses to themselves and every other name nowhere."""
    ask = socket.getaddrinfo

    def answer(host: Any, *args: Any, **said: Any) -> Any:
        name = host.decode("idna") if isinstance(host, bytes) else str(host)
        if name == HOST:
            return ask("127.0.0.1", *args, **said)
        if name == "localhost" or _numeric(name):
            return ask(host, *args, **said)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    socket.getaddrinfo = answer


def _numeric(name: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, name)
        except OSError:
            continue
        return True
    return False


class Bait:
    """A folder that nobody may open and a port that nobody may connect to."""

    def __init__(self, folder: Path) -> None:
        """Watch both from now on."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._watch = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._libc.inotify_add_watch(self._watch, os.fsencode(folder), _WATCHED) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self.port: int = self._server.getsockname()[1]

    def close(self) -> None:
        """Watch no more."""
        os.close(self._watch)
        self._server.close()

    def taken(self) -> list[str]:
        """What was opened or connected to since it was asked last."""
        found = [f"opened {name}" for name in self._events()]
        while True:
            try:
                self._server.accept()[0].close()
            except BlockingIOError:
                return found
            found.append("connected to a server that nobody named")

    def _events(self) -> Iterator[str]:
        try:
            data = os.read(self._watch, 1 << 16)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            _, mask, _, length = struct.unpack_from("iIII", data, at)
            yield f"{data[at + 16 : at + 16 + length].rstrip(bytes(1)).decode()} ({mask:#x})"
            at += 16 + length


def limit_memory(more: int) -> None:
    """No more address space than now and ``more`` bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@contextmanager
def peak_of_block() -> Iterator[list[float]]:
    """The largest resident memory in the block, MB, put into the list on leaving."""
    found: list[float] = []
    Path("/proc/self/clear_refs").write_text("5")
    yield found
    lines = Path("/proc/self/status").read_text().splitlines()
    found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]


def installed() -> tuple[str, ...]:
    """Where Python, its packages, this project and the system's tables are."""
    here = Path(__file__).resolve().parents[2]
    texts = {sys.prefix, sys.base_prefix, *(p for p in sys.path if p), str(here), "/proc", "/sys"}
    system = ("/usr/lib", "/usr/share", "/etc/ssl", "/etc/mime.types", "/etc/localtime", "/dev")
    return tuple(sorted({os.path.realpath(each) for each in (*texts, *system)}))
