"""WireMock: a server per worker, because stubs and received requests are for whoever asks."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError, StartError
from juncture.services.addresses import bracketed
from juncture.services.data_folder import write_private
from juncture.services.kinds import OBTAINED, Address, Embedded, Image, Jar, Kind, NotReadyError, Outside, Setup
from juncture.services.wire.http import HttpClient, HttpError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KIND", "MARKER", "ask", "connect", "empty"]

USER = "juncture"

PORT = 8080

VERSION = "3.13.2"

ADMIN = "/__admin"

MARKER = "6a756e63-7475-4265-8d61-726b65720001"
"""The id of the stub that marks a server as one for tests."""

UNAUTHORIZED, NOT_FOUND, SERVER_ERRORS = 401, 404, 500

INITIAL = {"proxyPassThrough": True}
"""The global settings of a server that nobody changed: no delay."""

SETTINGS = {"heap": "256m", "admin": "basic"}

ARGUMENTS = "/etc/juncture/wiremock.arguments"

JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx256m")
"""A server that lives for a few stubs starts faster so, and takes less memory; it writes no file into /tmp."""


def connect(endpoint: Endpoint) -> HttpClient:
    """Return a connection to the server's interface of administration."""
    return HttpClient(endpoint.host, endpoint.port, user=endpoint.user, password=endpoint.password)


def ask(client: HttpClient, method: str, path: str, value: object = None) -> Any:
    """Return what the server answers as JSON; None where that is empty. Raise `HttpError` where it refuses."""
    answer = client.json(method, path, value)
    return answer.json() if answer.body else None


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("wiremock", version)`` as soon as the server says that it is healthy, and lets us in alone."""
    try:
        if endpoint.provider != "external":
            _see_guarded(endpoint)
        with connect(endpoint) as connection:
            try:
                health = ask(connection, "GET", f"{ADMIN}/health")
            except HttpError as error:
                if error.status != NOT_FOUND:
                    raise
                health = (
                    {} if "mappings" in ask(connection, "GET", f"{ADMIN}/mappings?limit=0") else None
                )  # before 3.10
    except HttpError as error:
        if error.status >= SERVER_ERRORS:
            raise NotReadyError(str(error)) from None
        raise StartError(f"what answers is no WireMock that can be used: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if not isinstance(health, dict):
        raise StartError("what answers is no WireMock", where=endpoint.service)
    return "wiremock", str(health.get("version", ""))


def _see_guarded(endpoint: Endpoint) -> None:
    """Raise `StartError` where the server lets in whoever comes: it is none of ours."""
    with HttpClient(endpoint.host, endpoint.port) as nobody:
        try:
            ask(nobody, "GET", f"{ADMIN}/health")
        except HttpError as error:
            if error.status == UNAUTHORIZED:
                return
            raise
    raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)


def empty(endpoint: Endpoint, _standing: Standing | None = None) -> None:
    """Remove stubs, received requests and the states of scenarios; what was loaded from files is as it was then.

    On a server of ours a stub that was made persistent, and the global settings, go too. On one of somebody else's that
    would remove its files.
    """
    with connect(endpoint) as connection:
        ask(connection, "POST", f"{ADMIN}/reset")
        if endpoint.provider == "external":
            _mark(connection)
            return
        for mapping in ask(connection, "GET", f"{ADMIN}/mappings")["mappings"]:
            if mapping.get("persistent"):
                ask(connection, "DELETE", f"{ADMIN}/mappings/{mapping['id']}")
        ask(connection, "POST", f"{ADMIN}/settings", INITIAL)


def url(endpoint: Endpoint) -> str:
    """Return the base URL of what is stubbed, without a slash at its end; it needs no password."""
    return f"http://{bracketed(endpoint.host)}:{endpoint.port}"


def files(password: str) -> Mapping[str, str]:
    """Return the arguments of a server in a container: those of its image's entry point, and who may administrate."""
    started = "-cp /var/wiremock/lib/*:/var/wiremock/extensions/*\nwiremock.Run"
    return {ARGUMENTS: _arguments(started, f"--port {PORT}", password)}


def prepare(setup: Setup) -> None:
    """Write the arguments, password included, where only the server's user can read them."""
    root = setup.data / "root"
    folders = f"-Djava.io.tmpdir={setup.data}"
    place = f"--port {setup.port}\n--bind-address {setup.host}\n--root-dir {_quoted(str(root))}"
    text = _arguments(f"{_quoted(folders)}\n-jar {_quoted(str(setup.jar))}", place, setup.password)
    write_private(setup, {"arguments": text}, folders=("root", "root/mappings", "root/__files"))


def command(setup: Setup) -> tuple[str, ...]:
    """Return the arguments of Java, which reads the rest from a file."""
    return (str(setup.program), *JVM, f"@{setup.data / 'arguments'}")


def verify(endpoint: Endpoint) -> None:
    """Check that received requests are kept, by which tests see what was asked."""
    with connect(endpoint) as connection:
        if ask(connection, "GET", f"{ADMIN}/requests?limit=0").get("requestJournalDisabled"):
            raise StartError("the server keeps no received requests", where=f"service {endpoint.service}")


def admit(endpoint: Endpoint) -> None:
    """Check that the stubs may be administrated."""
    try:
        with connect(endpoint) as connection:
            ask(connection, "GET", f"{ADMIN}/mappings?limit=0")
    except HttpError as error:
        raise ProviderError(f"its stubs can't be seen: {error}", where=f"service {endpoint.service}") from None


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's stub is there."""
    with connect(endpoint) as connection:
        try:
            ask(connection, "GET", f"{ADMIN}/mappings/{MARKER}")
        except HttpError as error:
            if error.status == NOT_FOUND:
                return False
            raise
    return True


def mark(endpoint: Endpoint) -> None:
    """Make the marker's stub; nobody asks for its path."""
    try:
        with connect(endpoint) as connection:
            _mark(connection)
    except HttpError as error:
        what = f"the stub {MARKER}, which marks it as one for tests, could not be made: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def _mark(connection: HttpClient) -> None:
    said = "tests may remove every other stub here"
    request, response = {"method": "TRACE", "urlPath": "/juncture-marker"}, {"status": 204}
    stub = {"id": MARKER, "name": said, "priority": 1000, "request": request, "response": response}
    ask(connection, "POST", f"{ADMIN}/mappings", stub)


def _arguments(started: str, place: str, password: str) -> str:
    """Return the text of a file that Java reads its arguments from: a command line is for all to see."""
    admin = f"--admin-api-basic-auth {_quoted(f'{USER}:{password}')}"
    return f"{started}\n{place}\n{admin}\n--disable-banner\n"


def _quoted(text: str) -> str:
    """Return a word as such a file has it."""
    return json.dumps(text, ensure_ascii=False)


KIND = Kind(
    name="wiremock",
    namespace="server",
    options=OBTAINED,
    attributes=frozenset({"url", "host", "port", "user", "password"}),
    user=USER,
    database="",
    probe=probe,
    url=url,
    client=None,
    empty=empty,
    embedded=Embedded(
        jar=Jar(
            package="wiremock",
            version=VERSION,
            integrity="sha512-YkqP6qQhVS45/SjG1sz5rQXQp19NCWkEKygb2OJ5zGKsS5DYZTLYodkH6x5IFG43QtVyeSv1C5oes4Whg31flg==",
            member=f"package/build/wiremock-standalone-{VERSION}.jar",
            variable="JUNCTURE_WIREMOCK_JAR",
            java=11,
        ),
        programs=("java",),
        sharing="worker",
        unprivileged=True,
        stop_signal=signal.SIGTERM,
        crash_signal=signal.SIGKILL,
        settings=SETTINGS,
        prepare=prepare,
        command=command,
        verify=verify,
    ),
    image=Image(
        repository="wiremock/wiremock",
        version=VERSION,
        suffix="",
        port=PORT,
        command=("java", *JVM, f"@{ARGUMENTS}"),
        files=files,
        health=("curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{PORT}{ADMIN}/health"),
        memory=768 * 1024**2,
        sharing="worker",
        settle=verify,
    ),
    address=Address(schemes=("http",), encrypted=frozenset({"https"}), port=PORT, path="nothing", several=True),
    outside=Outside(does="removes every stub and received request", admit=admit, marked=marked, mark=mark),
)
