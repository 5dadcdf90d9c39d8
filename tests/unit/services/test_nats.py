"""Tests of ``juncture.services.nats`` as far as no server is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services import nats

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup


def test_url_has_user_and_password(endpoint: Endpoint) -> None:
    """Every client reads its credentials from the URL."""
    assert nats.url(endpoint) == "nats://juncture:pass-word_1@127.0.0.1:5432"


def test_client_gets_its_credentials_by_the_environment(endpoint: Endpoint) -> None:
    """A command line can be read by every user of the machine."""
    argv, environment = nats.client(endpoint)
    assert argv == ("nats",)
    assert environment == {
        "NATS_URL": "nats://127.0.0.1:5432",
        "NATS_USER": "juncture",
        "NATS_PASSWORD": "pass-word_1",
    }


def test_configuration_is_private_and_holds_the_password(setup: Setup) -> None:
    """The arguments name the file alone; a file that was there, and its mode, are replaced."""
    setup.data.mkdir()
    (setup.data / "server.conf").write_text("port: 1\n")
    (setup.data / "server.conf").chmod(0o644)
    nats.prepare(setup)
    assert nats.command(setup) == (str(setup.program), "--config", str(setup.data / "server.conf"))
    assert (setup.data / "server.conf").stat().st_mode & 0o777 == 0o600
    text = (setup.data / "server.conf").read_text()
    assert 'listen: "127.0.0.1:5432"\n' in text
    assert 'authorization { user: juncture, password: "pass-word_1" }' in text
    assert f'jetstream {{ store_dir: "{setup.data}" }}' in text
    assert "http" not in text


def test_database_is_no_attribute() -> None:
    """A declaration may name the user and the password of a NATS server; the whole server is the namespace."""
    assert nats.KIND.schema().attributes == {"url", "host", "port", "user", "password"}
