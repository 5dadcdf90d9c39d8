"""Tests of ``juncture.providers.docker.custom`` and what it is made of, with a real engine."""

from __future__ import annotations

import re
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from built import images_of, moored

from juncture.config import parse
from juncture.errors import ProviderError, StartError
from juncture.host import leases, ports
from juncture.host.folders import lease_path
from juncture.providers.docker import blueprint, custom
from juncture.providers.docker.blueprint import Site
from juncture.providers.docker.places import Place
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from moorings import Moorings

    from juncture.host.engine import Engine
    from juncture.model import Endpoint
    from juncture.providers.docker.blueprint import Filled
    from juncture.providers.reservation import Server

APP: dict[str, Any] = {"image": "juncture-test/app:1", "ports": [8000]}


class Reserve(Protocol):
    """Reserve a container of a project; it is given back at the test's end."""

    def __call__(
        self, *, run: str = "r1", worker: str = "gw0", idle: float = 60.0, **keys: Any
    ) -> custom.CustomContainer:
        """Return it; ``keys`` are those of the declaration."""
        ...


@pytest.fixture
def told() -> list[str]:
    """Return the lines of progress."""
    return []


@pytest.fixture
def moorings(engine: Engine, bare_home: Path) -> Iterator[Moorings]:
    """Return what the home has on the engine; it is gone afterwards."""
    with moored(engine, bare_home) as found:
        yield found


@pytest.fixture
def home(moorings: Moorings) -> Path:
    """Return a home whose containers are gone afterwards."""
    return moorings.home


@pytest.fixture
def reserve(
    engine: Engine, home: Path, environment_of: Callable[[Path], dict[str, str]], root: Path, told: list[str]
) -> Iterator[Reserve]:
    """Return a function that reserves containers."""
    reserved: list[custom.CustomContainer] = []

    def make(*, run: str = "r1", worker: str = "gw0", idle: float = 60.0, **keys: Any) -> custom.CustomContainer:
        table = {"services": {"app": {"kind": "container"} | keys}}
        config = parse(table, root=root, kinds=schemas(), project="shop", environ={}, overrides={})
        (service,) = config.services
        environ = environment_of(home)

        def fill(own: Endpoint) -> Filled:
            texts = {name: template.text.replace("{port}", str(own.inside)) for name, template in service.env}
            return tuple(service.command.text.split()) if service.command else (), texts

        place = Place(home=home, engine=engine, environ=environ, idle=idle, run=run, tell=told.append)
        site = Site(root=root, project="shop", worker=worker, kept="", fill=fill)
        reserved.append(custom.reserve(service, place=place, site=site))
        return reserved[-1]

    yield make
    for each in reserved:
        each.release()


def get(server: Server, path: str = "/") -> str:
    """Return what a container's server answers."""
    connection = HTTPConnection(server.endpoint.host, server.endpoint.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "ready",
    [
        pytest.param(None, id="nothing declared"),
        pytest.param("/", id="path"),
        pytest.param({"http": "/env", "port": 8000}, id="http"),
        pytest.param({"tcp": 8000}, id="tcp"),
        pytest.param({"log": r"listening on port \d+"}, id="log"),
        pytest.param(
            {"command": "python3 -c \"import socket; socket.create_connection(('localhost', 8000))\""}, id="sh"
        ),
        pytest.param({"command": "grep -q 00000000:1F40 /proc/net/tcp"}, id="command"),
    ],
)
def test_every_sign_waits_for_what_listens_late(reserve: Reserve, ready: Any) -> None:
    """Whatever the sign is, a container that listens late is not ready before it does, and answers then."""
    late: dict[str, Any] = {"env": {"APP_DELAY": "0.7"}}
    server = reserve(**APP, **late, **({"ready": ready} if ready else {})).start(promised=False)
    assert get(server) == "ok\n"
    assert server.started
    assert server.seconds > 0.7


def test_published_port_without_a_server_is_not_ready(reserve: Reserve, moorings: Moorings) -> None:
    """The engine's proxy takes connections where nothing listens inside: that is none; the container is removed."""
    began = time.monotonic()
    with pytest.raises(StartError, match=r"not ready within 1 s, .*a connection on each of its ports") as raised:
        reserve(image="juncture-test/app:1", ports=[8000, 9999], timeout="1s").start(promised=False)
    assert time.monotonic() - began < 5
    assert "| listening on port 8000" in str(raised.value)
    assert moorings.containers == {}


@pytest.mark.parametrize(
    ("ready", "why"),
    [
        ({"http": "/", "port": 9999}, "GET / on port 9999: the connection was closed without an answer|reset"),
        ({"log": "never"}, "no line of its log has 'never'"),
        ({"command": "false"}, "'false' in it ended with exit code 1"),
        ({"command": "sleep 60"}, "'sleep 60' in it does not end"),
        ({"command": "nonsense --now"}, "'nonsense --now' (in it ended with exit code 12[67]|can't be run in it)"),
    ],
)
def test_sign_that_never_comes(reserve: Reserve, ready: Any, why: str) -> None:
    """After the timeout the error says what was waited for, and what there was instead."""
    with pytest.raises(StartError, match=why):
        reserve(image="juncture-test/app:1", ports=[8000, 9999], ready=ready, timeout="1s").start(promised=False)


def test_long_wait_is_told(reserve: Reserve, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """People see now and then what is waited for."""
    monkeypatch.setattr("juncture.providers.docker.readiness.TELL_EVERY", 0.2)
    reserve(**APP, env={"APP_DELAY": "0.8"}, ready="/").start(promised=False)
    assert re.search(
        r"^app: waits for an answer below 500 to GET / on port 8000, \d of 30 s$", "\n".join(told), re.MULTILINE
    )


def test_end_at_start_is_told_at_once(reserve: Reserve, moorings: Moorings) -> None:
    """A container that ends does not let us wait: the error has its exit code, the end of its log, and a copy of it."""
    began = time.monotonic()
    with pytest.raises(StartError, match="its container ended with exit code 7") as raised:
        reserve(**APP, env={"APP_FAIL": "7"}).start(promised=False)
    assert time.monotonic() - began < 10
    assert "  | failing with 7" in str(raised.value)
    log = raised.value.hint.removeprefix("its whole log is ")
    assert log.endswith(".log")
    assert moorings.containers == {}


def test_end_for_want_of_memory(reserve: Reserve, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What uses more memory than it may is ended, and the error says so."""
    monkeypatch.setattr(blueprint, "MEMORY", 64 * 1024**2)
    (root / "Dockerfile").write_text(
        'FROM juncture-test/app:1\nENTRYPOINT ["python3", "-c", "x = bytearray(300_000_000); input()"]\n'
    )
    with pytest.raises(StartError, match="exit code 137: out of memory"):
        reserve(build=".", ports=[8000]).start(promised=False)


def test_program_that_is_not_there(reserve: Reserve, root: Path, moorings: Moorings) -> None:
    """The engine's own words tell what can't be run; nothing is left of the attempt."""
    (root / "Dockerfile").write_text("FROM juncture-test/app:1\nENTRYPOINT []\n")
    with pytest.raises(ProviderError, match=r"(?s)service app.*can't be started.*no-such-program"):
        reserve(build=".", ports=[8000], command="no-such-program --port 1").start(promised=False)
    assert moorings.containers == {}


def test_image_that_is_nowhere(reserve: Reserve) -> None:
    """An image that neither the engine nor a registry has is named, with the next step."""
    with pytest.raises(ProviderError, match=r"(?s)service app: localhost:1/none:1 can't be pulled"):
        reserve(image="localhost:1/none:1", ports=[1]).start(promised=False)


def test_container_is_used_again(reserve: Reserve, moorings: Moorings) -> None:
    """What one run gave back the next one finds, at the same port, without a word to the SDK."""
    first = reserve(**APP)
    made = first.start(promised=False)
    first.release()
    second = reserve(run="r2", **APP)
    found = second.start(promised=True)
    assert (made.started, found.started) == (True, False)
    assert found.endpoint == made.endpoint
    assert list(moorings.containers) == [f"juncture-{made.key}"]


def test_each_user_has_a_container_alone(reserve: Reserve) -> None:
    """Two workers at once have two, unless it is shared; another port is another container."""
    one, other = (reserve(worker=worker, **APP).start(promised=False) for worker in ("gw0", "gw1"))
    assert one.key != other.key
    assert one.endpoint.port != other.endpoint.port
    shared = [reserve(worker=worker, shared=True, **APP).start(promised=False) for worker in ("gw0", "gw1")]
    assert shared[0].endpoint == shared[1].endpoint
    assert [server.started for server in shared] == [True, False]
    assert shared[0].endpoint.shared


def test_run_of_its_own(reserve: Reserve, moorings: Moorings, until: Callable[..., None]) -> None:
    """With ``reuse = "run"`` no other run finds the container, and it goes with the run."""
    keys = {**APP, "reuse": "run", "idle": 0.0}
    first, other = reserve(run="r1", **keys), reserve(run="r2", **keys)
    assert first.start(promised=False).key != other.start(promised=False).key
    for each in (first, other):
        each.release()
    until(lambda: not moorings.containers, within=30)


def test_idle_container_is_removed(reserve: Reserve, moorings: Moorings, until: Callable[..., None]) -> None:
    """The keeper removes what nobody uses, but nothing that somebody does."""
    reserved = reserve(idle=0.3, **APP)
    server = reserved.start(promised=False)
    time.sleep(1.0)
    assert get(server) == "ok\n"
    reserved.release()
    until(lambda: not moorings.containers, within=30)


def test_ended_container_is_replaced(reserve: Reserve, moorings: Moorings, engine: Engine) -> None:
    """What ended, or was killed, in the meantime is found out by a check, and made anew by the next user."""
    first = reserve(**APP)
    made = first.start(promised=False)
    first.check()
    engine.ask("POST", f"/containers/juncture-{made.key}/restart?t=0", patience=30)
    first.check()
    engine.ask("POST", f"/containers/juncture-{made.key}/kill")
    with pytest.raises(StartError, match=r"ended with exit code 137"):
        first.check()
    first.release()
    found = reserve(**APP).start(promised=False)
    assert found.started
    assert found.endpoint == made.endpoint
    assert get(found) == "ok\n"
    assert len(moorings.containers) == 1


def test_port_of_a_stranger_is_not_taken(reserve: Reserve, home: Path) -> None:
    """A port that somebody took in the meantime is chosen anew, unless it was given away: then the error says so."""
    import socket  # noqa: PLC0415

    reserved = reserve(**APP)
    with socket.create_server((ports.HOST, reserved.endpoint.port)):
        with pytest.raises(StartError, match="another program listens on one of its ports"):
            reserved.start(promised=True)
        again = reserve(**APP)
        assert again.endpoint.port != reserved.endpoint.port
        assert get(again.start(promised=False)) == "ok\n"
    assert leases.holders(lease_path(home, f"server-{reserved.key}")) <= 1


def test_image_is_built_once(reserve: Reserve, root: Path, engine: Engine, home: Path, told: list[str]) -> None:
    """The same files make no second image, whatever is ignored; another file makes another one, and a container."""
    (root / "Dockerfile").write_text("FROM juncture-test/app:1\nCOPY . /here\n")
    (root / ".dockerignore").write_text("*.log\n")
    (root / "a.txt").write_text("one")
    first = reserve(build=".", ports=[8000]).start(promised=False)
    assert [line.partition(" in ")[0] for line in told] == [
        "app: building project/Dockerfile",
        f"app: built {images_of(engine, home)[0]}",
    ]
    told.clear()
    (root / "x.log").write_text("noise")
    again = reserve(build=".", ports=[8000])
    assert again.blueprint.reference == images_of(engine, home)[0]
    assert not told
    (root / "a.txt").write_text("two")
    changed = reserve(build=".", ports=[8000]).start(promised=False)
    assert changed.key.rpartition("-")[0] != first.key.rpartition("-")[0]
    assert len(images_of(engine, home)) == 2


def test_build_that_fails(reserve: Reserve, root: Path) -> None:
    """The error has the end of the output, and how to see all of it."""
    (root / "Dockerfile").write_text(
        'FROM juncture-test/app:1\nRUN echo "so far so good" && echo "missing: x.h" && exit 3\n'
    )
    with pytest.raises(
        ProviderError, match=r"(?s)service app: its image can't be built.*returned a non-zero"
    ) as raised:
        reserve(build=".", ports=[8000]).start(promised=False)
    assert "  | missing: x.h" in str(raised.value)
    assert "docker build" in raised.value.hint


def test_folder_without_a_dockerfile(reserve: Reserve, root: Path) -> None:
    """Where there is nothing to build from, that is said before anything is asked of the engine."""
    (root / "empty").mkdir()
    with pytest.raises(ProviderError, match=r"there is no Dockerfile: .*empty"):
        reserve(build="empty", ports=[8000])
    with pytest.raises(ProviderError, match=r"there is no such folder to build from: .*nowhere"):
        reserve(build="nowhere", ports=[8000])


def test_ports_are_on_loopback_alone(reserve: Reserve, moorings: Moorings) -> None:
    """Each port is published at 127.0.0.1 and nowhere else, and has a field of its own."""
    server = reserve(image="juncture-test/app:1", ports=[8000, 8001], ready="/").start(promised=False)
    assert moorings.addresses == ["127.0.0.1", "127.0.0.1"]
    outside = dict(server.endpoint.ports)
    assert len(set(outside.values())) == len(outside)
    assert server.endpoint.attribute("port_8001") == str(outside[8001])
    assert server.endpoint.inside == (f"juncture-{server.key}", 8000)
