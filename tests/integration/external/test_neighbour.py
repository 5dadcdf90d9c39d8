"""Tests of ``juncture.isolation.neighbour`` with a process that somebody else runs."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import hand
import pytest

from juncture.errors import ProviderError, StartError
from juncture.isolation import open_workspace
from juncture.providers import external
from juncture.reporting.services import service_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.external.conftest import World


@pytest.fixture
def serving() -> Iterator[Callable[[], int]]:
    """Return a function that starts an HTTP server which knows one path, and returns its port."""
    started: list[ThreadingHTTPServer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/health" else 500)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    def start() -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return int(server.server_address[1])

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_neighbour_that_runs_already_is_not_started(
    world: World, monkeypatch: pytest.MonkeyPatch, serving: Callable[[], int]
) -> None:
    """An http service that is named is asked for its path until it answers; its command is never run."""
    port = serving()
    billing = {"kind": "http", "command": "no-such-program {port}", "ready": "/health"}
    config = world.declared(
        services={"billing": billing}, env={"URL": "{billing.url}/accounts", "PORT": "{billing.port}"}
    )
    world.environ["JUNCTURE_BILLING_URL"] = f"http://localhost:{port}/api/"
    with open_workspace(config, environ=world.environ) as workspace:
        expected = {"URL": f"http://localhost:{port}/api/accounts", "PORT": str(port)}
        assert workspace.environment == expected
        assert workspace.servers["billing"].endpoint.provider == "external"
        (line,) = service_lines(workspace, controller=False)
        assert line.split() == ["services", "billing", "http", "external", "warm", "(JUNCTURE_BILLING_URL)"]
    embedded = replace(config, provider="embedded")
    with pytest.raises(StartError, match="there is no program no-such-program"):
        open_workspace(embedded, environ=world.environ)
    with pytest.raises(ProviderError, match=r'names the host "localhost", which "local\*" in `deny` keeps tests off'):
        open_workspace(replace(config, deny=("local*",)), environ=world.environ)
    monkeypatch.setattr(external, "READY_WITHIN", 0.1)
    world.environ["JUNCTURE_BILLING_URL"] = f"http://localhost:{hand.free_port()}"
    with pytest.raises(
        StartError, match=r"localhost:.* did not answer within 0.1 s: .*\n  start it, or correct JUNCTURE_B"
    ):
        open_workspace(config, environ=world.environ)


def test_container_that_runs_already_is_not_made(world: World, serving: Callable[[], int]) -> None:
    """The URL leads to its first port; the environment of the tests has all of them."""
    port = serving()
    mail = {"kind": "container", "image": "none/such:1", "ports": [8025, 1025], "ready": "/health"}
    config = world.declared(services={"mail": mail}, env={"URL": "{mail.url}", "SMTP": "{mail.port_1025}"})
    world.environ |= {"JUNCTURE_MAIL_URL": f"http://127.0.0.1:{port}/api", "JUNCTURE_MAIL_PORT_1025": "2525"}
    with open_workspace(config, environ=world.environ) as workspace:
        assert workspace.environment == {"URL": f"http://127.0.0.1:{port}/api", "SMTP": "2525"}
