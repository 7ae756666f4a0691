"""The real servers that the service tests talk to, each a process of its own on a free port.

PostgreSQL with PostGIS and pgSTAC, stac-fastapi, nginx and moto's S3. Whoever lacks one of the
programs gets its name, so that a skipped test says what it needs.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

START_S = 60.0


class Absent(Exception):
    """A program or package that a server needs is not on this machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str, *folders: str) -> str:
    path = os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise Absent(f"{name} (Debian packages postgresql, postgresql-postgis, nginx)")
    return found


def package(name: str) -> None:
    if find_spec(name) is None:
        raise Absent(f"the Python package {name} (dependency group services)")


@contextmanager
def running(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process group that ends with the block."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **(env or {})}, process_group=0
        )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, number)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    continue


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers anything at all."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"{url} did not answer; its log ends: {log.read_text()[-2000:]}")


@contextmanager
def postgres(log: Path) -> Iterator[dict[str, str]]:
    """A new PostgreSQL cluster with pgSTAC's schema; its settings as PG* variables."""
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    initdb, server = (program(name, *folders) for name in ("initdb", "postgres"))
    if not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        raise Absent("PostGIS (Debian package postgresql-postgis)")
    package("pypgstac")
    # The server refuses to run as root, and pytest's folders are closed to everybody else.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="tilewitness-postgres-"))
    if as_user:
        shutil.chown(folder, "postgres")
    settings = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(free_port()),
        "PGUSER": "tilewitness",
        "PGPASSWORD": "local",
        "PGDATABASE": "postgres",
    }
    try:
        make = [initdb, "--auth=trust", "--username=tilewitness", "-D", str(folder / "data")]
        subprocess.run([*as_user, *make], check=True, capture_output=True, cwd="/")
        run = [server, "-D", str(folder / "data"), "-p", settings["PGPORT"], "-k", str(folder)]
        with running([*as_user, *run, "-c", "fsync=off"], log=log):
            _migrate(settings, log)
            yield settings
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _migrate(settings: Mapping[str, str], log: Path) -> None:
    end = time.monotonic() + START_S
    command = [sys.executable, "-m", "pypgstac.pypgstac"]
    while True:
        done = subprocess.run(
            [*command, "pgready"], env={**os.environ, **settings}, capture_output=True, check=False
        )
        if done.returncode == 0:
            break
        if time.monotonic() > end:
            raise RuntimeError(f"PostgreSQL did not start; its log ends: {log.read_text()[-2000:]}")
        time.sleep(0.3)
    subprocess.run(
        [*command, "migrate"], env={**os.environ, **settings}, check=True, capture_output=True
    )


def pgstac_load(settings: Mapping[str, str], table: str, file: Path) -> None:
    """Load collections or items from newline-delimited JSON."""
    command = [sys.executable, "-m", "pypgstac.pypgstac", "load", table, str(file)]
    command += ["--method", "upsert"]
    done = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@contextmanager
def stac_api(settings: Mapping[str, str], log: Path) -> Iterator[str]:
    """stac-fastapi on pgSTAC; its address."""
    for name in ("stac_fastapi.pgstac", "uvicorn"):
        package(name)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "stac_fastapi.pgstac.app:create_app"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with running(command, log=log, env=settings) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/_mgmt/ping", process, log)
        yield url


@contextmanager
def nginx(folder: Path, log: Path) -> Iterator[str]:
    """nginx serving a folder with byte ranges; its address.

    Beside ``log`` a file ending in ``.access`` gets a line for each answer: bytes of its body,
    then what was asked for.
    """
    binary, port = program("nginx"), free_port()
    state = Path(tempfile.mkdtemp(prefix="tilewitness-nginx-"))
    paths = "".join(
        f"{name}_temp_path {state}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = state / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(
        f"{user}pid {state}/pid;\ndaemon off;\nerror_log {state}/error.log;\nevents {{}}\n"
        f"http {{ log_format sent '$body_bytes_sent $request_uri';\n"
        f"access_log {log.with_suffix('.access')} sent;\n{paths}"
        f"server {{ listen 127.0.0.1:{port}; root {folder};\n"
        "autoindex off; types { image/tiff tif; application/geo+json json; } } }\n"
    )
    try:
        with running([binary, "-c", str(config), "-p", str(state)], log=log) as process:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process, log)
            yield url
    finally:
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def s3(log: Path) -> Iterator[str]:
    """moto's S3 API; its address."""
    package("moto")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, log=log) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, log)
        yield url
