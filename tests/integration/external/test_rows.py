"""Tests of ``juncture.providers.rows``: what is one process's own on servers that were started by hand."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import hand
import pytest

from juncture.errors import LeaseError, StateError
from juncture.isolation import open_workspace
from juncture.isolation.workspace import reserve_workspace
from juncture.providers import external
from juncture.services import redis

if TYPE_CHECKING:
    from tests.integration.external.conftest import World


LEASE = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation import open_workspace
from juncture.services import schemas
environ = dict(os.environ, **json.loads(sys.argv[1]))
tables = {"cache": {"kind": "redis", "disposable": True}}
config = parse({"services": tables}, root=Path("/"), kinds=schemas(), project="x", environ=environ, overrides={})
try:
    with open_workspace(config, environ=environ) as workspace:
        print(json.dumps(workspace.endpoints["cache"].database), flush=True)
        sys.stdin.read()
except Exception as error:
    print(json.dumps(str(error)), flush=True)
"""
"""Leases a database of a Redis until its input ends, and prints its number, or the error."""


def test_twenty_processes_share_fifteen_databases(world: World, child: Any, programs: hand.Programs) -> None:
    """No two have the same one, none has database 0, and the others are told why they have none."""
    with hand.redis(programs) as server:
        environ = {"JUNCTURE_CACHE_PORT": str(server.port)} | world.environ
        processes = [child(LEASE, json.dumps(environ)) for _ in range(20)]
        answers = [json.loads(process.stdout.readline()) for process in processes]
        for process in processes:
            process.stdin.close()
            process.wait(timeout=30)
            process.stdout.close()
            process.stderr.close()
            process.stdin = process.stdout = process.stderr = None
        given = [answer for answer in answers if answer.isdigit()]
        refused = [answer for answer in answers if not answer.isdigit()]
        assert sorted(map(int, given)) == list(range(1, 16))
        assert len(refused) == 5
        for message in refused:
            assert "has 16 databases; 0 is never touched, and too few of the others are free" in message


def test_other_databases_are_not_emptied(world: World, cache: hand.Hand) -> None:
    """A reset reaches the one database that was leased, and no other."""
    world.environ |= {"JUNCTURE_REDIS_URL": hand.cache_url(cache), "JUNCTURE_REDIS_DISPOSABLE": "true"}
    admin = hand.endpoint(cache, password=hand.PASSWORD)
    with redis.connect(admin) as connection:
        for number in range(3):
            connection.command("SELECT", str(number))
            connection.command("SET", "theirs", "1")
    with world.open("redis") as workspace:
        assert workspace.endpoints["redis"].database == "1"
        workspace.reset("redis")
    with redis.connect(admin) as connection:
        left = [
            connection.command("SELECT", str(number)) and connection.command("EXISTS", "theirs") for number in (0, 1, 2)
        ]
    assert left == [1, 0, 1]


def test_another_machine_is_seen_by_its_claims(world: World, cache: hand.Hand) -> None:
    """Leases of another home are not seen, so that a claim in the server keeps us off its database."""
    admin = hand.endpoint(cache, password=hand.PASSWORD)
    world.environ |= {"JUNCTURE_REDIS_URL": hand.cache_url(cache), "JUNCTURE_REDIS_DISPOSABLE": "true"}
    assert redis.claim(admin, 1, "another machine", 60)
    with world.open("redis") as workspace:
        assert workspace.endpoints["redis"].database == "2"
        claim = workspace.servers["redis"].claim
        assert isinstance(claim, external._Claim)
        with redis.connect(admin) as connection:
            connection.command("SET", "juncture:database:2", "another machine")
        workspace.reset("redis")  # it was confirmed a moment ago
        claim._at -= external.CONFIRMED_FOR
        with pytest.raises(StateError, match=r"another machine took database 2 of .* over: it is not emptied"):
            workspace.reset("redis")
    with redis.connect(admin) as connection:
        assert connection.command("GET", "juncture:database:2") == "another machine"


def test_each_process_has_a_server_of_a_list(world: World, programs: hand.Programs) -> None:
    """NATS has no databases: each process leases a server, and a shortage is told with the number that is needed."""
    with hand.nats(programs) as first, hand.nats(programs) as second:
        urls = [f"nats://127.0.0.1:{server.port}" for server in (first, second)]
        world.environ |= {"JUNCTURE_NATS_URL": ", ".join(urls), "JUNCTURE_NATS_DISPOSABLE": "true"}
        config = world.declared("nats")
        with ExitStack() as stack:
            controller = reserve_workspace(config, environ=world.environ, worker="main", passive=True)
            stack.enter_context(controller).prepare()
            kept = stack.enter_context(open_workspace(config, environ=world.environ, worker="dev", kept=True))
            assert kept.endpoints["nats"].url == urls[1]
            used = [stack.enter_context(world.open("nats")).endpoints["nats"].url for _ in urls]
            assert sorted(used) == sorted(urls)
            with pytest.raises(LeaseError) as raised:
                open_workspace(config, environ=world.environ | {"PYTEST_XDIST_WORKER_COUNT": "3"})
        assert str(raised.value) == (
            "service nats: JUNCTURE_NATS_URL names 2 servers, and each is used by one process at a time: "
            "3 workers need 3\n"
            "  name as many URLs as there are workers, with commas between, use fewer workers, or end other runs"
        )
        environ = world.environ | {"PYTEST_XDIST_WORKER_COUNT": "4"}
        with pytest.raises(LeaseError, match=r"names 2 servers, .* 4 workers need 4"):
            reserve_workspace(config, environ=environ, worker="main", passive=True)


def test_kept_database_is_found_again(world: World, cache: hand.Hand) -> None:
    """A checkout's database for work by hand is from the upper end, stays, and is nobody else's."""
    world.environ |= {"JUNCTURE_REDIS_URL": hand.cache_url(cache), "JUNCTURE_REDIS_DISPOSABLE": "true"}
    config = world.declared("redis")
    with open_workspace(config, environ=world.environ, worker="dev", kept=True) as first:
        assert first.endpoints["redis"].database == "15"
        with redis.connect(hand.endpoint(cache, password=hand.PASSWORD)) as connection:
            connection.command("SELECT", "15")
            connection.command("SET", "mine", "1")
        with open_workspace(config, environ=world.environ, worker="dev", kept=True) as second:
            assert second.endpoints["redis"].database == "15"
    with redis.connect(hand.endpoint(cache, password=hand.PASSWORD)) as connection:
        connection.command("SELECT", "15")
        assert connection.command("EXISTS", "mine") == 1


def test_kept_database_is_nobody_elses_for_long(world: World, cache: hand.Hand) -> None:
    """What is in it stays between two uses: other machines see the claim. A new one is none that they have."""
    admin = hand.endpoint(cache, password=hand.PASSWORD)
    world.environ |= {"JUNCTURE_REDIS_URL": hand.cache_url(cache), "JUNCTURE_REDIS_DISPOSABLE": "true"}
    config = world.declared("redis")
    for number in (15, 14):
        assert redis.claim(admin, number, "another machine", 60)
    with open_workspace(config, environ=world.environ, worker="dev", kept=True) as first:
        assert first.endpoints["redis"].database == "13"
    with redis.connect(admin) as connection:
        left = connection.command("TTL", "juncture:database:13")
        assert isinstance(left, int)
        assert left > 86400
        connection.command("DEL", "juncture:database:14", "juncture:database:15")
    with open_workspace(config, environ=world.environ, worker="dev", kept=True) as second:
        assert second.endpoints["redis"].database == "13"
    with redis.connect(admin) as connection:
        connection.command("SET", "juncture:database:13", "another machine")
    with pytest.raises(LeaseError, match="another machine uses database 13"):
        open_workspace(config, environ=world.environ, worker="dev", kept=True)
