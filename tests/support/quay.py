"""A home whose containers a test makes, harms and looks at; nothing of it is left on the engine afterwards."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from juncture.config import Service
from juncture.host import keeper
from juncture.host.engine import EngineError
from juncture.providers.docker import server as docker
from juncture.providers.docker.containers import HOME_LABEL, network_of
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from juncture.host.engine import Engine
    from juncture.providers.docker.reach import Reach
    from juncture.providers.docker.server import ContainerServer
    from juncture.providers.reservation import Server

IMAGES = {
    "postgres": "juncture-test/postgres:15",
    "redis": "juncture-test/redis:7",
    "nats": "juncture-test/nats:2",
}

START = """
import json, os, sys
from pathlib import Path
from juncture.config import Service
from juncture.host.engine import locate
from juncture.providers.docker import server as docker
from juncture.services import kind
name, image = sys.argv[1:3]
place = docker.Place(
    home=Path(os.environ["JUNCTURE_HOME"]), engine=locate(os.environ), environ=os.environ, idle=60.0, run="run"
)
exec(sys.argv[3] if len(sys.argv) > 3 else "")
print("ready", flush=True)
sys.stdin.readline()
reserved = docker.reserve(Service(name=name, kind=name, image=image), kind(name), place=place)
server = reserved.start(promised=True)
found = place.engine.container(reserved.name)
print(json.dumps([found["Id"], server.endpoint.port, server.started, reserved.slot]), flush=True)
sys.stdin.read()
"""
"""Waits for a line, starts a server, tells of it in a line of JSON, and holds it until its input ends.

Its arguments are a kind, an image, and what to run before.
"""


@dataclass
class Quay:
    """One home, an engine, and the servers that were started here and are held until the test's end."""

    home: Path
    engine: Engine
    environ: Mapping[str, str]
    held: list[Server] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def reserve(self, name: str = "redis", *, idle: float = 60.0, run: str = "run", **changes: Any) -> ContainerServer:
        """Reserve a server of a kind; what else is given is the declaration's, but for ``reach`` and ``kept``."""
        reach: Reach | None = changes.pop("reach", None)
        kept: str = changes.pop("kept", "")
        place = docker.Place(
            home=self.home,
            engine=self.engine,
            environ=self.environ,
            idle=idle,
            run=run,
            tell=self.told.append,
            **({"reach": reach} if reach else {}),
        )
        service = Service(**{"name": name, "kind": name, "image": IMAGES[name]} | changes)
        return docker.reserve(service, kind(name), place=place, kept=kept)

    def hold(self, reserved: ContainerServer, *, promised: bool = False) -> Server:
        """Start what is reserved, and hold it."""
        server = reserved.start(promised=promised)
        self.held.append(server)
        return server

    def start(self, name: str = "redis", **changes: Any) -> Server:
        """Reserve a server, start it, and hold it."""
        return self.hold(self.reserve(name, **changes))

    def release(self) -> None:
        """Give back everything that is held."""
        while self.held:
            self.held.pop().release()

    def inspect(self, server: Server) -> Mapping[str, Any]:
        """Return what the engine knows of a server's container."""
        found = self.engine.container(f"juncture-{server.key}")
        assert found is not None
        return found

    def id(self, server: Server) -> str:
        """Return the id of a server's container."""
        return str(self.inspect(server)["Id"])

    def do(self, server: Server, verb: str) -> None:
        """Have the engine ``stop``, ``pause``, ``restart`` or ``kill`` a container."""
        self.engine.ask("POST", f"/containers/juncture-{server.key}/{verb}?t=1", patience=30.0)

    @property
    def names(self) -> set[str]:
        """The names of this home's containers, in any state."""
        return {str(row["Names"][0]).removeprefix("/") for row in self._containers()}

    def clean(self) -> None:
        """Remove every container and network of this home; an engine that is gone took them along."""
        self.release()
        with suppress(EngineError):
            for row in self._containers():
                keeper.stop(self.home, row["Labels"].get("juncture.key", ""))
                self.engine.remove(row["Id"])
            with suppress(EngineError):
                self.engine.ask("DELETE", f"/networks/{network_of(docker.home_id(self.home))}", patience=30.0)

    def _containers(self) -> list[Mapping[str, Any]]:
        return self.engine.containers(f"{HOME_LABEL}={docker.home_id(self.home)}")


def create(engine: Engine, name: str, image: str, *, labels: Mapping[str, str]) -> str:
    """Create a container as somebody would who knows nothing of leases; return its id."""
    import docker as sdk  # noqa: PLC0415 - it costs 82 ms

    client = sdk.DockerClient(base_url=engine.address)
    try:
        return str(client.containers.create(image, name=name, labels=dict(labels)).id)
    finally:
        client.close()


class Relay:
    """Pass on what comes to a bound socket to the engine's own, until it is closed: an engine that can go away."""

    def __init__(self, listener: socket.socket, target: Path, wrap: Callable[[socket.socket], socket.socket]) -> None:
        """Serve ``listener``; ``target`` is the path of the engine's socket, ``wrap`` makes one secure, say."""
        self._listener = listener
        self._target = target
        self._wrap = wrap
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Begin."""
        self._listener.listen(64)
        self._begin(self._serve)
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection, and take no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._open:
            each.close()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._listener.getsockname()[1])

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            self._open += [near, far]
            try:
                near = self._wrap(near)
            except OSError:
                continue
            far.connect(str(self._target))
            self._open.append(near)
            for source, sink in ((near, far), (far, near)):
                self._begin(_pass_on, source, sink)

    def _begin(self, what: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=what, args=arguments, daemon=True))
        self._threads[-1].start()


def relay(engine: Engine, *, path: Path | None = None, wrap: Callable[[Any], Any] = lambda plain: plain) -> Relay:
    """Return a relay to an engine, at the Unix socket ``path`` or at a free port of loopback."""
    listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    listener.bind(str(path) if path else ("127.0.0.1", 0))
    return Relay(listener, Path(engine.address.removeprefix("unix://")), wrap)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
