"""Whatever is written to a Redis, in whatever order, a reset leaves nothing of it."""

from __future__ import annotations

import json
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from operating import operate

from juncture.services.redis import connect, flush
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Child

    from juncture.model import Endpoint
    from juncture.services.wire.redis import RedisConnection

WRITES = (
    "SET key{n} value",
    "SET key{n} value PX {n}1",
    "HSET hash{n} field {n}",
    "LPUSH list{n} a b c",
    "SADD set{n} a b",
    "ZADD scores{n} {n} member",
    "XADD stream{n} * field value",
    "XGROUP CREATE stream{n} group 0 MKSTREAM",
    "SETBIT bits{n} {n} 1",
    "PFADD unique{n} a",
    "GEOADD places{n} 13.4 52.5 here",
    "RENAME key{n} other",
    "MOVE key{n} 5",
    "SWAPDB 0 3",
    "EVAL return(redis.call('set','script{n}','x')) 0",
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH key{n}",
    "DEL key{n}",
    "FLUSHDB",
)

ENDLESS = """
import itertools, json, sys
from juncture.services.wire import WireError
from juncture.services.wire.redis import RedisConnection
where, commands = json.loads(sys.argv[1])
with RedisConnection(where["host"], where["port"], user=where["user"], password=where["password"]) as connection:
    print("ready", flush=True)
    for command in itertools.cycle(commands):
        try:
            connection.command(*command.split())
        except WireError:
            pass
"""
"""A worker that writes until it is killed."""

COMMANDS = st.builds(lambda text, n: text.replace("{n}", str(n)), st.sampled_from(WRITES), st.integers(0, 9))


class Operations(RuleBasedStateMachine):
    """One application, the workers that were killed, and a reset now and then."""

    cache: Endpoint
    crash: Callable[[list[str], float], None]
    count = 0

    def __init__(self) -> None:
        """Connect as an application does, and keep the connection over resets."""
        super().__init__()
        self.connection: RedisConnection = connect(self.cache).__enter__()

    def run(self, *words: str) -> None:
        """Run a command, which may be none in this place."""
        type(self).count += 1
        with suppress(WireError):
            self.connection.command(*words)

    @rule(command=COMMANDS)
    def write(self, command: str) -> None:
        """Write something."""
        self.run(*command.split())

    @rule(index=st.integers(0, 15))
    def select(self, index: int) -> None:
        """Go to another database."""
        self.run("SELECT", str(index))

    @rule(commands=st.lists(COMMANDS, min_size=1, max_size=4), milliseconds=st.integers(0, 20), dice=st.integers(0, 39))
    def kill(self, commands: list[str], milliseconds: int, dice: int) -> None:
        """Kill a process that writes, at any moment."""
        if dice == 0:
            type(self).count += 1
            self.crash(commands, milliseconds / 1000)

    @rule()
    def reset(self) -> None:
        """Reset, and look into each database."""
        type(self).count += 1
        flush(self.cache)
        with connect(self.cache) as connection:
            for index in range(16):
                connection.command("SELECT", str(index))
                assert connection.command("DBSIZE") == 0

    def teardown(self) -> None:
        """Check once more at the end."""
        with suppress(WireError):
            self.connection.command("DISCARD")
        self.reset()
        self.connection.__exit__()


@pytest.fixture
def crash(cache: Endpoint, child: Child) -> Callable[[list[str], float], None]:
    """Return a function that starts a process which writes, and kills it after some seconds."""

    def clients() -> int:
        with connect(cache) as connection:
            return str(connection.command("CLIENT", "LIST")).count("addr=")

    def killed(commands: list[str], seconds: float) -> None:
        before = clients()
        where = {name: getattr(cache, name) for name in ("host", "port", "user", "password")}
        process = child(ENDLESS, json.dumps([where, commands]))
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        deadline = time.monotonic() + 10
        while clients() > before:  # the server may still read what was sent
            assert time.monotonic() < deadline, "a killed process is still connected"
            time.sleep(0.002)

    return killed


@pytest.mark.soak
def test_redis_is_always_empty_after_a_reset(
    cache: Endpoint, crash: Callable[[list[str], float], None], rounds: Callable[[int, int], int]
) -> None:
    """Every type of value, databases that are swapped, and workers that are killed: 10,000 in `nox -s soak`."""

    class Here(Operations):
        """The operations on this test's server."""

    Here.cache = cache
    Here.crash = staticmethod(crash)
    operate(Here, operations=rounds(150, 10_000), steps=25)
