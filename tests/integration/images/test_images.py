"""The test images keep the contracts of the official images whose place they take."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.request import urlopen

import engines
import psycopg
import pytest
import redis
from engines import container_log, docker
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")

POSTGRES, REDIS, NATS, APP = engines.IMAGES
PORTS = {POSTGRES: 5432, REDIS: 6379, NATS: 4222, APP: 8000}


class Run(Protocol):
    """Run a container with its port published on loopback; it is removed at the test's end."""

    def __call__(self, image: str, *command: str, files: Path | None = None, **environ: str) -> str:
        """Return its id; nothing is said of its being ready. ``files`` is copied over its root before."""
        ...


@pytest.fixture(scope="module", autouse=True)
def _images() -> None:
    if reason := engines.why_no_engine():
        pytest.skip(reason)
    engines.ensure_images()


@pytest.fixture
def run() -> Iterator[Run]:
    """Return a function that runs a container."""
    started: list[str] = []

    def start(image: str, *command: str, files: Path | None = None, **environ: str) -> str:
        variables = [word for name, value in environ.items() for word in ("--env", f"{name}={value}")]
        container = docker("create", "--publish", f"127.0.0.1::{PORTS[image]}", *variables, image, *command)
        started.append(container)
        if files is not None:
            docker("cp", f"{files}/.", f"{container}:/")
        docker("start", container)
        return container

    yield start
    if started:
        docker("rm", "--force", "--volumes", *started)


def test_postgres_serves_the_named_user_and_database(run: Run, tmp_path: Path) -> None:
    """The variables name user, password, database and options; a command's settings and the first files apply."""
    _write(tmp_path / "docker-entrypoint-initdb.d" / "1.sql", "CREATE TABLE loaded AS SELECT 7 AS number;")
    container = run(
        POSTGRES,
        *("postgres", "-c", "max_connections=31", "-c", "shared_preload_libraries=pg_stat_statements"),
        files=tmp_path,
        POSTGRES_USER="me",
        POSTGRES_PASSWORD="it's a secret",
        POSTGRES_DB="shop-1",
        POSTGRES_INITDB_ARGS="--data-checksums --encoding=UTF8",
    )
    with _postgres(container, user="me", password="it's a secret", dbname="shop-1") as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("SET timezone = 'Europe/Berlin'")
        row = connection.execute(
            "SELECT number, current_setting('max_connections'), current_setting('data_checksums') FROM loaded"
        ).fetchone()
    assert row == (7, "31", "on")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**_address(container), user="me", password="other", dbname="shop-1")
    assert _user(container, "postgres") != "0"


def test_postgres_is_ready_twice(run: Run) -> None:
    """The first server, which sets up, listens on a Unix socket alone; the log says ready before the port does.

    The first one and the script write to one stream, the second to the other: the engine keeps no order between them.
    """
    container = run(POSTGRES, POSTGRES_PASSWORD="x")
    _postgres(container, user="postgres", password="x", dbname="postgres").close()
    log = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=True)
    ready = "database system is ready to accept connections"
    assert "listening on Unix socket" in log.stdout
    assert "listening on IPv4" not in log.stdout
    assert ready in log.stdout
    assert log.stdout.endswith("\n\nPostgreSQL init process complete; ready for start up.\n\n")
    assert "listening on IPv4" in log.stderr
    assert ready in log.stderr


def test_postgres_keeps_its_data_and_stops_in_order(run: Run) -> None:
    """The data is in a volume that a restart finds again, and the stop signal ends it at once with success."""
    container = run(POSTGRES, POSTGRES_PASSWORD="x")
    with _postgres(container, user="postgres", password="x", dbname="postgres") as connection:
        connection.execute("CREATE TABLE kept ()")
    assert docker("inspect", "--format", "{{range .Mounts}}{{.Destination}}{{end}}", container) == (
        "/var/lib/postgresql/data"
    )
    docker("stop", "--time", "20", container)
    assert docker("inspect", "--format", "{{.State.ExitCode}}", container) == "0"
    docker("start", container)
    with _postgres(container, user="postgres", password="x", dbname="postgres") as connection:
        connection.execute("SELECT FROM kept")
    assert "Skipping initialization" in container_log(container)


def test_postgres_refuses_to_start_without_a_password(run: Run) -> None:
    """Without a password it ends with a message, as the official image does."""
    container = run(POSTGRES)
    assert docker("wait", container) == "1"
    assert "You must specify POSTGRES_PASSWORD to a non-empty value" in container_log(container)


def test_redis_takes_options_as_its_command(run: Run) -> None:
    """Options alone are options of redis-server, which lets others in and is not root."""
    container = run(REDIS, "--databases", "1024", "--requirepass", "x")
    with _redis(container, password="x") as client:
        assert _soon(client.ping, redis.ConnectionError)
        assert client.config_get("databases") == {"databases": "1024"}
    assert _user(container, "redis-server") != "0"
    with _redis(container) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.parametrize("wish", ["no", "yes"])
def test_redis_takes_a_file(run: Run, tmp_path: Path, wish: str) -> None:
    """A file's wish for protected mode counts, and its other settings do."""
    _write(tmp_path / "etc" / "my.conf", f"maxclients 77\nprotected-mode {wish}\n")
    with _redis(run(REDIS, "/etc/my.conf", files=tmp_path)) as client:
        if wish == "yes":
            with pytest.raises(redis.ResponseError, match="protected mode"):
                _soon(client.ping, redis.ConnectionError)
        else:
            assert _soon(client.ping, redis.ConnectionError)
            assert client.config_get("maxclients") == {"maxclients": "77"}


def test_nats_takes_flags_and_has_no_shell(run: Run) -> None:
    """Flags take the place of its own file, and there is nothing but the server in it."""
    container = run(NATS, "-js", "--user", "me", "--pass", "x")
    assert '"auth_required":true' in _soon(lambda: _greeting(container), ConnectionError)
    shell = subprocess.run(["docker", "exec", container, "sh"], capture_output=True, check=False)
    assert shell.returncode != 0
    plain = _soon(lambda: _greeting(run(NATS)), ConnectionError)
    assert "auth_required" not in plain


def test_app_answers(run: Run) -> None:
    """The server for containers of no kind says when it listens, and answers."""
    container = run(APP, APP_DELAY="0.2")
    port = _address(container)["port"]

    def ask() -> str:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return str(answer.read().decode())

    assert _soon(ask, OSError) == "ok\n"
    assert "listening on port 8000" in container_log(container)


def test_build_builds_once() -> None:
    """What is built already is not built again, and nothing is said of it."""
    done = subprocess.run([engines.SCRIPTS / "build"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o644)


def _address(container: str) -> dict[str, Any]:
    """Return where the container's port is published."""
    host, _, port = docker("port", container).rpartition(" ")[2].rpartition(":")
    return {"host": host, "port": int(port)}


def _user(container: str, program: str) -> str:
    """Return the number of the user that runs ``program``."""
    rows = [line.split() for line in docker("top", container, "-eo", "pid,uid,args").splitlines()]
    return next(row[1] for row in rows if row[2].endswith(program))


def _postgres(container: str, **who: Any) -> psycopg.Connection[Any]:
    return _soon(lambda: psycopg.connect(**_address(container), **who), psycopg.OperationalError)


def _redis(container: str, password: str | None = None) -> redis.Redis:
    return redis.Redis(**_address(container), password=password, decode_responses=True, retry=Retry(NoBackoff(), 0))


def _greeting(container: str) -> str:
    """Return the line that a NATS server sends first; docker-proxy accepts a connection before there is one."""
    with socket.create_connection(tuple(_address(container).values()), timeout=5) as connection:
        line = connection.recv(4096)
    if not line:
        raise ConnectionResetError
    return line.decode()


def _soon(attempt: Callable[[], T], *refusals: type[Exception]) -> T:
    """Return what ``attempt`` returns as soon as it is not refused any more."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(*refusals):
            return attempt()
        time.sleep(0.05)
    return attempt()
