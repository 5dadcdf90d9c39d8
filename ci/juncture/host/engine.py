"""The Docker engine at its socket: a few plain requests, for those who can't wait for the SDK or have none.

Importing the SDK costs a process some 80 ms, more than everything else that finding a warm container takes.
"""

from __future__ import annotations

import hashlib
import json
import socket
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Engine", "EngineError", "address_of", "certificates_of", "locate"]

PATIENCE = 5.0
"""Seconds for the engine's answer to a question; a removal may take longer."""

SOCKETS = (
    "/var/run/docker.sock",
    "{XDG_RUNTIME_DIR}/docker.sock",
    "{HOME}/.docker/run/docker.sock",
    "{HOME}/.docker/desktop/docker.sock",
)
"""Where an engine listens: the system's, a rootless one, Docker Desktop's on macOS and on Linux."""

PORT, TLS_PORT = 2375, 2376
"""Where an engine listens on TCP, without TLS and with it, unless its address says otherwise."""

NOT_FOUND = 404
REFUSALS = 400
"""The first status that is no success."""


class EngineError(Exception):
    """The engine refuses, or does not answer; ``status`` is 0 where there was no HTTP answer at all."""

    def __init__(self, message: str, status: int = 0) -> None:
        """Keep the engine's own words."""
        super().__init__(message)
        self.status = status


class Engine(Value):
    """An engine at ``address``: ``unix:///var/run/docker.sock``, or ``tcp://host:2375``.

    ``certificates`` is the folder of those that TLS needs; empty where it is not spoken. Each method raises
    `EngineError`, and ``PermissionError`` where this user may not use the socket.
    """

    address: str
    certificates: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it listens on a Unix socket: on this host then, as a rule."""
        return self.address.startswith("unix://")

    @property
    def host(self) -> str:
        """The host that it listens on."""
        return "127.0.0.1" if self.is_local else self._place()[0]

    def version(self) -> str:
        """Return the engine's version."""
        answer = self.ask("GET", "/version")
        if not isinstance(answer, dict) or "Version" not in answer:
            raise EngineError("what answers is no Docker engine")
        return str(answer["Version"])

    def identity(self) -> str:
        """Return what tells the engine from any other, and stays as long as its data."""
        return _identity(self)

    def image(self, reference: str) -> Mapping[str, Any] | None:
        """Return what the engine knows of an image that it has; None where it has none."""
        return self._known(f"/images/{quote(reference, safe='/:@')}/json")

    def container(self, name: str) -> Mapping[str, Any] | None:
        """Return the state of a container, by name or id; None where there is none."""
        return self._known(f"/containers/{quote(name, safe='')}/json")

    def containers(self, label: str) -> list[Mapping[str, Any]]:
        """Return all containers, running or not, with a label (``name=value``)."""
        filters = quote(json.dumps({"label": [label]}))
        found: list[Mapping[str, Any]] = self.ask("GET", f"/containers/json?all=1&filters={filters}")
        return found

    def remove(self, name: str, *, patience: float = 30.0) -> None:
        """Kill and remove a container with its anonymous volumes; one that is gone is no error."""
        try:
            self.ask("DELETE", f"/containers/{quote(name, safe='')}?force=1&v=1", patience=patience)
        except EngineError as error:
            if error.status != NOT_FOUND:
                raise

    def log(self, name: str, *, since: float | str, last: int | None = None, dated: bool = False) -> bytes:
        """Return a container's output since a moment (seconds since the epoch), as the engine frames it.

        ``last`` is how many lines of it, ``dated`` puts the moment before each.
        """
        moment = since if isinstance(since, str) else f"{since:.9f}"
        more = f"&timestamps={int(dated)}" + (f"&tail={last}" if last is not None else "")
        path = f"/containers/{quote(name, safe='')}/logs?stdout=1&stderr=1&since={moment}{more}"
        status, body = self._answer("GET", path)
        if status >= REFUSALS:
            raise EngineError(_message(body) or f"status {status}", status)
        return body

    def ask(self, method: str, path: str, *, patience: float = PATIENCE) -> Any:
        """Return the JSON of an answer; None where it has no body."""
        status, body = self._answer(method, path, patience)
        if status >= REFUSALS:
            raise EngineError(_message(body) or f"status {status}", status)
        try:
            return json.loads(body) if body.strip() else None
        except ValueError:
            raise EngineError(f"what answers is no Docker engine: {body[:40]!r}", status) from None

    def _answer(self, method: str, path: str, patience: float = PATIENCE) -> tuple[int, bytes]:
        """Return status and body.

        HTTP/1.0 by hand: the answer comes unchunked and ends with the connection; http.client costs 19 ms at import.
        """
        question = f"{method} {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode("ascii")
        try:
            with self._connection(patience) as connection:
                connection.sendall(question)
                with connection.makefile("rb") as stream:
                    head, _, body = stream.read().partition(b"\r\n\r\n")
        except PermissionError:
            raise
        except OSError as error:
            raise EngineError(str(error) or type(error).__name__) from None
        return _status(head), body

    def _known(self, path: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self.ask("GET", path)
        except EngineError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return found

    @contextmanager
    def _connection(self, patience: float) -> Iterator[socket.socket]:
        if self.is_local:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(patience)
                connection.connect(self.address.removeprefix("unix://"))
                yield connection
            return
        host, port = self._place()
        with socket.create_connection((host, port), patience) as connection:
            if not self.certificates:
                yield connection
                return
            with _tls(self.certificates, connection, host) as secured:
                yield secured

    def _place(self) -> tuple[str, int]:
        """Return host and port of an engine that listens on TCP."""
        try:
            parts = urlsplit(self.address)
            scheme, host, port = parts.scheme, parts.hostname, parts.port
        except ValueError as error:
            what = f"the address {self.address!r} makes no sense: {error}"
            raise EngineError(f"{what}; correct DOCKER_HOST, or the context of the docker program") from None
        if scheme not in {"tcp", "http", "https"} or not host:
            raise EngineError(f"an address that begins with {self.address.partition('://')[0]}:// is not supported")
        return host, port or (TLS_PORT if self.certificates else PORT)


@cache  # the engine takes 10 ms for this answer, twenty times as long as for any other
def _identity(engine: Engine) -> str:
    # The folder, too: older engines of one host have one id together, which is kept in /etc/docker.
    facts = engine.ask("GET", "/info")
    return f"{facts['ID']} {facts.get('DockerRootDir', '')}".rstrip()


def _tls(folder: str, connection: socket.socket, host: str) -> socket.socket:
    """Return the connection with TLS around it, both sides proven by the files that the ``docker`` program uses."""
    import ssl  # noqa: PLC0415 - it costs 10 ms, and few engines need it

    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context.wrap_socket(connection, server_hostname=host)


def _status(head: bytes) -> int:
    words = head.partition(b"\r\n")[0].split(b" ")
    if not words[0].startswith(b"HTTP/") or len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004 - version, status
        raise EngineError(f"what answers is no Docker engine: {head[:40]!r}")
    return int(words[1])


def _message(body: bytes) -> str:
    """Return the engine's own words in the body of a refusal; empty where there are none."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def address_of(environ: Mapping[str, str]) -> str:
    """Return the engine's address that is asked for, or that is usual here; the engine may not be there.

    As for the ``docker`` program: ``DOCKER_HOST`` decides, else the context that ``DOCKER_CONTEXT`` or its
    configuration names, else the first of the usual sockets that is there.
    """
    if named := environ.get("DOCKER_HOST"):
        return named
    home = environ.get("HOME", "/")
    folder = Path(environ.get("DOCKER_CONFIG") or Path(home, ".docker"))
    context = environ.get("DOCKER_CONTEXT") or _current_context(folder)
    if context and context != "default" and (address := _address_of_context(folder, context)):
        return address
    known = {"XDG_RUNTIME_DIR": environ.get("XDG_RUNTIME_DIR", "/run"), "HOME": home}
    paths = [path.format(**known) for path in SOCKETS]
    return f"unix://{next((path for path in paths if Path(path).exists()), paths[0])}"


def locate(environ: Mapping[str, str]) -> Engine | None:
    """Return the engine where there may be one: its socket is there, or it is named; None where there is none."""
    address = address_of(environ)
    if address.startswith("unix://") and not Path(address.removeprefix("unix://")).exists():
        return None
    return Engine(address, certificates_of(environ, address))


def certificates_of(environ: Mapping[str, str], address: str) -> str:
    """Return the folder of TLS certificates for an address, as the ``docker`` program finds it; empty for none."""
    wanted = environ.get("DOCKER_TLS_VERIFY") or environ.get("DOCKER_TLS")
    if address.startswith("unix://") or not wanted:
        return ""
    return environ.get("DOCKER_CERT_PATH") or str(Path(environ.get("HOME", "/"), ".docker"))


def _current_context(folder: Path) -> str:
    try:
        settings = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return ""
    return str(settings.get("currentContext", "")) if isinstance(settings, dict) else ""


def _address_of_context(folder: Path, name: str) -> str:
    """Return a context's address, from where the docker program keeps it; empty where it knows none."""
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    try:
        return str(json.loads(meta.read_text())["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
