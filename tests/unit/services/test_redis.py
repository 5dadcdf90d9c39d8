"""Tests of ``juncture.services.redis`` as far as no server is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.services import redis

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup


def test_url_has_password_and_database(endpoint: Endpoint) -> None:
    """Clients read the index of the database from the path."""
    endpoint = replace(endpoint, database="0", user="")
    assert redis.url(endpoint) == "redis://:pass-word_1@127.0.0.1:5432/0"
    assert redis.url(replace(endpoint, user="me")) == "redis://me:pass-word_1@127.0.0.1:5432/0"
    assert redis.url(replace(endpoint, password="", parameters="protocol=3")) == "redis://127.0.0.1:5432/0?protocol=3"


def test_client_is_the_products_own(endpoint: Endpoint) -> None:
    """A Valkey behind a declared redis has valkey-cli beside it; the password goes by the environment."""
    endpoint = replace(endpoint, product="valkey", database="3", user="")
    argv, environment = redis.client(endpoint)
    assert argv == ("valkey-cli", "-h", "127.0.0.1", "-p", "5432", "-n", "3")
    assert environment == {"REDISCLI_AUTH": "pass-word_1"}
    assert redis.client(replace(endpoint, user="me", password="")) == ((*argv, "--user", "me"), {})


def test_configuration_is_private_and_holds_the_password(setup: Setup) -> None:
    """The arguments name the file alone; a file that was there, and its mode, are replaced."""
    setup.data.mkdir()
    (setup.data / "server.conf").write_text("port 1\n")
    (setup.data / "server.conf").chmod(0o644)
    redis.prepare(setup)
    assert redis.command(setup) == (str(setup.program), str(setup.data / "server.conf"))
    assert (setup.data / "server.conf").stat().st_mode & 0o777 == 0o600
    lines = (setup.data / "server.conf").read_text().splitlines()
    assert {"port 5432", "bind 127.0.0.1", "requirepass pass-word_1", 'save ""'} <= set(lines)
    assert f'dir "{setup.data}"' in lines
