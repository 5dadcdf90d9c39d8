"""Tests of ``juncture.services.rabbitmq`` as far as no server is needed."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from juncture.errors import ProviderError, StartError
from juncture.services import rabbitmq, rabbitmq_process
from juncture.services.kinds import NotReadyError
from juncture.services.wire.http import HttpError
from juncture.stubs import HttpStubs

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.kinds import Setup

PORTS = ((15672, 1), (4369, 2), (25672, 3))


def test_url_names_the_virtual_host(endpoint: Endpoint) -> None:
    """The path is the virtual host; the one that is called / is encoded, as clients want it."""
    assert rabbitmq.url(replace(endpoint, database="/")) == "amqp://juncture:pass-word_1@127.0.0.1:5432/%2F"
    assert rabbitmq.at(endpoint, 7).url == "amqp://juncture:pass-word_1@127.0.0.1:5432/juncture-7"


def test_attributes_of_a_declaration() -> None:
    """People name a virtual host, and the management API's port."""
    assert rabbitmq.KIND.schema().attributes == {"url", "host", "port", "user", "password", "vhost", "port_15672"}


def test_configuration_is_private_and_on_loopback(setup: Setup) -> None:
    """Password and cookie are in files that their owner alone reads, and in no argument."""
    setup = replace(setup, ports=PORTS)
    rabbitmq_process.prepare(setup)
    assert {path.stat().st_mode & 0o777 for path in setup.data.iterdir()} == {0o600}
    text = (setup.data / "server.conf").read_text()
    assert "listeners.tcp.local = 127.0.0.1:5432\n" in text
    assert "management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = 1\n" in text
    assert f"default_pass = {setup.password}\n" in text
    words = " ".join(rabbitmq_process.command(setup))
    assert setup.password not in words
    assert (setup.data / ".erlang.cookie").read_text() not in words


def test_version_is_read_and_not_asked(tmp_path: Path) -> None:
    """A server that is asked for its version starts: its plugins tell it. A wrapper elsewhere is no such program."""
    program = tmp_path / "rabbitmq" / "sbin" / "rabbitmq-server"
    program.parent.mkdir(parents=True)
    program.touch()
    assert rabbitmq_process.version(program) == ""
    (tmp_path / "rabbitmq" / "plugins" / "rabbit-4.1.2").mkdir(parents=True)
    (tmp_path / "rabbitmq" / "plugins" / "rabbit_common-4.1.2").mkdir()
    assert rabbitmq_process.version(program) == "4.1.2"


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (503, NotReadyError, "the management API is not ready"),
        (404, NotReadyError, "the management API is not ready"),
        (401, StartError, "the management API refuses the user"),
    ],
)
def test_management_api_has_the_first_word(endpoint: Endpoint, status: int, error: type[Exception], words: str) -> None:
    """AMQP is not even tried while it says that a virtual host does not run."""

    class Says(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Says) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        place = replace(endpoint, provider="external", ports=((5672, 9), (15672, server.server_port)))
        with pytest.raises(error, match=words):
            rabbitmq.probe(place)
        thread.join()


@pytest.mark.parametrize(
    ("tags", "error", "words"),
    [
        ("management", ProviderError, "only an administrator makes one"),
        ("administrator", HttpError, "answered with 401"),
    ],
)
def test_refusal_is_no_marker(endpoint: Endpoint, tags: str, error: type[Exception], words: str) -> None:
    """A parameter that the user may not see does not allow anything; who needs another right is told which."""
    with HttpStubs() as stubs:
        stubs.stub("GET", "/api/global-parameters/juncture-marker", status=401, json={"error": "not_authorised"})
        stubs.stub("GET", "/api/whoami", json={"tags": tags})
        with pytest.raises(error, match=words):
            rabbitmq.marked(replace(endpoint, provider="external", ports=((5672, 9), (15672, stubs.port))))
