"""Tests of ``juncture.providers.external`` with servers that were started by hand, named by the environment alone."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import hand
import psycopg
import pytest
from redis import Redis

from juncture.errors import ProviderError, StartError
from juncture.isolation.workspace import reserve_workspace
from juncture.providers import external
from juncture.services import nats, redis

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.external.conftest import World


def test_urls_of_the_application_work_and_keep_their_parameters(
    world: World, database: hand.Hand, databases: Callable[..., Any], cache: hand.Hand
) -> None:
    """Passwords with every special character, and parameters that juncture does not know, reach the drivers."""
    url = hand.database_url(database, "?sslmode=disable&application_name=shop")
    world.environ |= {"JUNCTURE_POSTGRES_URL": url, "JUNCTURE_REDIS_URL": hand.cache_url(cache)}
    world.environ |= {"JUNCTURE_POSTGRES_DISPOSABLE": "true", "JUNCTURE_REDIS_DISPOSABLE": "true"}
    with world.open("postgres", "redis") as workspace:
        with closing(psycopg.connect(workspace.endpoints["postgres"].url)) as connection:
            row = connection.execute("SELECT current_database(), current_setting('application_name')").fetchone()
            assert row == (workspace.endpoints["postgres"].database, "shop")
        with Redis.from_url(workspace.endpoints["redis"].url) as client:
            assert client.ping()
    assert databases()


def test_wrong_password_is_told_at_once(world: World, database: hand.Hand, cache: hand.Hand) -> None:
    """Waiting would not help; the messages name the variable."""
    began = time.monotonic()
    world.environ["JUNCTURE_POSTGRES_URL"] = hand.database_url(database).replace(hand.ENCODED, "s3cr3t")
    message = world.refusal("postgres")
    assert (
        f'127.0.0.1:{database.port}: the server refuses the connection: password authentication failed for user "postg'
        in message
    )
    assert "check JUNCTURE_POSTGRES_URL, user and password" in message
    assert "s3cr3t" not in message
    world.environ["JUNCTURE_REDIS_URL"] = hand.cache_url(cache).replace(hand.ENCODED, "s3cr3t")
    message = world.refusal("redis")
    assert "WRONGPASS" in message
    assert "s3cr3t" not in message
    world.environ["JUNCTURE_REDIS_URL"] = f"redis://127.0.0.1:{cache.port}"
    assert "NOAUTH" in world.refusal("redis")
    assert time.monotonic() - began < 5


def test_server_that_comes_late_is_waited_for(
    world: World, programs: hand.Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job's service container may start after the tests; people are told what is waited for."""
    monkeypatch.setattr(external, "SAID_AFTER", 0.1)
    with hand.redis(programs, late=True) as server:
        world.environ |= {"JUNCTURE_REDIS_PORT": str(server.port), "JUNCTURE_REDIS_DISPOSABLE": "true"}
        said: list[str] = []
        timer = threading.Timer(0.5, server.start)
        timer.start()
        with reserve_workspace(world.declared("redis"), environ=world.environ, worker="main", tell=said.append) as late:
            late.start()
            assert late.servers["redis"].seconds > 0.3
        timer.join()
    (line,) = said
    assert line.startswith(f"redis: waits for 127.0.0.1:{server.port} (")


def test_server_that_never_comes_is_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says for how long it was waited, where, and which variable names it."""
    monkeypatch.setattr(external, "READY_WITHIN", 0.3)
    port = hand.free_port()
    world.environ["JUNCTURE_NATS_URL"] = f"nats://juncture:{hand.ENCODED}@127.0.0.1:{port}"
    with pytest.raises(StartError) as raised:
        world.open("nats")
    assert str(raised.value) == (
        f"service nats: 127.0.0.1:{port} did not answer within 0.3 s: [Errno 111] Connection refused\n"
        "  start it, or correct JUNCTURE_NATS_URL"
    )


def test_server_of_another_protocol_is_an_error(world: World, programs: hand.Programs) -> None:
    """Variables that were mixed up are told at once, where the server says anything at all."""
    with hand.nats(programs) as server:
        for name, product in (("postgres", "PostgreSQL"), ("redis", "Redis")):
            world.environ[f"JUNCTURE_{name.upper()}_PORT"] = str(server.port)
            assert (
                f"127.0.0.1:{server.port}: the server refuses the connection: not a {product} server"
                in world.refusal(name)
            )


def test_streams_go_and_the_marker_stays(world: World, programs: hand.Programs) -> None:
    """What a test left is deleted before the next one; the marker is no stream of theirs."""
    with hand.nats(programs) as server:
        admin = hand.endpoint(server, kind="nats")
        with nats.connect(admin) as connection:
            nats._ask(connection, "STREAM.CREATE.theirs", name="theirs", subjects=["theirs.*"])
        world.environ["JUNCTURE_NATS_PORT"] = str(server.port)
        assert "a run deletes every stream there" in world.refusal("nats")
        assert nats.standing(admin) == {"theirs": frozenset()}
        world.environ["JUNCTURE_NATS_DISPOSABLE"] = "true"
        world.open("nats").release()
        assert nats.standing(admin) == {}
        del world.environ["JUNCTURE_NATS_DISPOSABLE"]
        world.open("nats").release()
        assert nats.marked(admin)


def test_token_and_user_of_an_acl_are_enough(world: World, programs: hand.Programs) -> None:
    """NATS takes a token as its user; Redis a user with the rights that are needed, without CONFIG."""
    rights = f"user tester on >{hand.ENCODED} allkeys allchannels +@all -@admin -config"
    with hand.nats(programs, "--auth", "t0ken") as server, hand.redis(programs, rights) as cache:
        world.environ["JUNCTURE_NATS_URL"] = f"nats://t0ken@127.0.0.1:{server.port}"
        world.environ["JUNCTURE_NATS_DISPOSABLE"] = world.environ["JUNCTURE_REDIS_DISPOSABLE"] = "true"
        world.environ |= {"JUNCTURE_REDIS_PORT": str(cache.port), "JUNCTURE_REDIS_USER": "tester"}
        world.environ["JUNCTURE_REDIS_PASSWORD"] = hand.ENCODED
        with world.open("nats", "redis") as workspace:
            assert workspace.endpoints["nats"].url == f"nats://t0ken@127.0.0.1:{server.port}"
            workspace.reset("redis")
        with redis.connect(hand.endpoint(cache)) as connection:
            connection.command("ACL", "SETUSER", "tester", "-flushdb")
        assert world.refusal("redis") == (
            "service redis: it could not be started, or its namespace not be made: "
            "NOPERM User tester has no permissions to run the 'flushdb' command"
        )
        with redis.connect(hand.endpoint(cache)) as connection:
            connection.command("ACL", "SETUSER", "tester", "-select")
        assert "each worker needs a database of its own, and database 1 can't be used: NOPERM" in world.refusal("redis")


@pytest.mark.parametrize("auth", ["trust", "md5", "password"])
def test_every_way_of_authentication_is_spoken(world: World, programs: hand.Programs, auth: str) -> None:
    """A server may want no password, one in clear, or a digest of it."""
    with hand.postgres(programs, auth=auth) as server:
        secret = "" if auth == "trust" else f":{hand.ENCODED}"
        world.environ["JUNCTURE_POSTGRES_URL"] = f"postgres://postgres{secret}@127.0.0.1:{server.port}/"
        world.environ["JUNCTURE_POSTGRES_DISPOSABLE"] = "true"
        with world.open("postgres") as workspace:
            assert workspace.endpoints["postgres"].version[0].isdigit()


def test_server_that_speaks_tls_alone_is_told(world: World, programs: hand.Programs) -> None:
    """It is an error at once, not a wait of a minute."""
    with hand.tls_port() as port:
        world.environ["JUNCTURE_REDIS_URL"] = f"redis://:{hand.ENCODED}@127.0.0.1:{port}"
        assert "it speaks TLS alone, which juncture does not" in world.refusal("redis")
    with hand.nats(programs, tls=True) as server:
        world.environ["JUNCTURE_NATS_URL"] = f"nats://127.0.0.1:{server.port}"
        assert "it speaks TLS alone, which juncture does not" in world.refusal("nats")


def test_external_without_a_server_says_what_to_set(world: World) -> None:
    """Who asks for the provider has to say where the servers are."""
    with pytest.raises(ProviderError) as raised:
        world.open("postgres", provider="external")
    assert str(raised.value) == (
        "pyproject.toml: nothing says where the server of postgres runs\n  set JUNCTURE_POSTGRES_URL"
    )
