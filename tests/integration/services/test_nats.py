"""Tests of ``juncture.services.nats`` with real servers and the client that applications use."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import nats
import pytest
from nats.js.api import KeyValueConfig, StorageType

from juncture.config import Service
from juncture.errors import StartError
from juncture.host import keeper
from juncture.host.folders import data_folder
from juncture.isolation.workspace import open_workspace
from juncture.providers import embedded
from juncture.services import kind
from juncture.services.kinds import NotReadyError
from juncture.services.nats import connect, empty, probe, standing, verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from nats.js import JetStreamContext
    from tests.integration.conftest import Declare

    from juncture.model import Endpoint
    from juncture.providers.embedded import Server
    from juncture.providers.launch import Reservation

EVENTS = Service(name="events", kind="nats")


@pytest.fixture(scope="module")
def reservation(shared_home: Path, environ: dict[str, str]) -> Reservation:
    """Return what the server of this module is started from."""
    return embedded.reserve(EVENTS, kind("nats"), home=shared_home, environ=environ, idle=60.0)


@pytest.fixture(scope="module")
def server(reservation: Reservation) -> Iterator[Server]:
    """Return a NATS server of this module."""
    started = embedded.start(reservation)
    yield started
    started.release()


@pytest.fixture
def pid(server: Server, shared_home: Path) -> int:
    """Return the server's process id."""
    return next(running.pid for running in keeper.running(shared_home) if running.key == server.key)


@pytest.fixture
def events(server: Server) -> Endpoint:
    """Return the endpoint of the server, empty."""
    empty(server.endpoint, {})
    return server.endpoint


@asynccontextmanager
async def jetstream(endpoint: Endpoint) -> AsyncIterator[JetStreamContext]:
    """Give the usual client's JetStream."""
    client = await nats.connect(endpoint.url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def names(endpoint: Endpoint) -> list[str]:
    """Return the names of the streams as the usual client sees them."""
    async with jetstream(endpoint) as js:
        return sorted(str(info.config.name) for info in await js.streams_info())


def test_probe_tells_product_and_version(events: Endpoint) -> None:
    """The version is the server's own word."""
    product, version = probe(events)
    assert (product, events.product, events.version) == ("nats", "nats", version)
    assert version[0].isdigit()


def test_usual_client_connects_by_the_url(events: Endpoint) -> None:
    """A message that is published is stored and read again."""

    async def roundtrip() -> bytes:
        async with jetstream(events) as js:
            await js.add_stream(name="orders", subjects=["orders.>"])
            await js.publish("orders.new", b"one")
            subscription = await js.pull_subscribe("orders.>", durable="worker")
            (message,) = await subscription.fetch(1, timeout=5)
            await message.ack()
            return message.data

    assert asyncio.run(roundtrip()) == b"one"


def test_probe_of_a_wrong_password_is_an_error_at_once(events: Endpoint) -> None:
    """Waiting would not help."""
    with pytest.raises(StartError, match="refuses the connection: Authorization Violation"):
        probe(replace(events, password="wrong"))


def test_server_that_does_not_greet_is_not_taken_for_ready(events: Endpoint, pid: int) -> None:
    """The kernel accepts a connection for a server that is stopped; a greeting it can't make up."""
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            connect(events, timeout=0.3)
    finally:
        os.kill(pid, signal.SIGCONT)
    probe(events)


def test_probe_of_nobody_is_not_ready(events: Endpoint) -> None:
    """A port that nobody listens on yet is asked again."""
    with socket.create_server((events.host, 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotReadyError, match="refused"):
        probe(replace(events, port=port))


def test_server_without_jetstream_is_noticed(events: Endpoint, reservation: Reservation) -> None:
    """A server that answers, but stores nothing, is not what was declared."""
    with socket.create_server((events.host, 0)) as listener:
        port = listener.getsockname()[1]
    argv = [str(reservation.binary.program), "--addr", events.host, "--port", str(port)]
    process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    try:
        plain = replace(events, port=port, user="", password="", provider="external")
        deadline = time.monotonic() + 10
        while not answers(plain):
            assert time.monotonic() < deadline
        with pytest.raises(StartError, match=r"JetStream is not enabled: nobody answers \$JS\.API\.INFO"):
            verify(plain)
    finally:
        process.kill()
        process.wait()
    verify(events)


def test_emptying_takes_streams_buckets_and_objects(events: Endpoint) -> None:
    """Key-value and object buckets are streams too; what lies in memory goes as well. Nothing to take is no error."""

    async def fill() -> None:
        async with jetstream(events) as js:
            await js.add_stream(name="disk", subjects=["disk"])
            await js.add_stream(name="memory", subjects=["memory"], storage=StorageType.MEMORY)
            bucket = await js.create_key_value(KeyValueConfig(bucket="settings"))
            await bucket.put("colour", b"blue")
            files = await js.create_object_store(bucket="files")
            await files.put("invoice", b"pdf")

    asyncio.run(fill())
    assert asyncio.run(names(events)) == ["KV_settings", "OBJ_files", "disk", "memory"]
    empty(events, {})
    assert asyncio.run(names(events)) == []
    empty(events, {})


def test_emptying_goes_through_all_pages(events: Endpoint) -> None:
    """The server tells 1,024 names at a time."""
    with connect(events) as connection:
        for number in range(1030):
            config = {"name": f"s{number}", "subjects": [f"s{number}"], "storage": "memory"}
            connection.request(f"$JS.API.STREAM.CREATE.s{number}", json.dumps(config).encode())
    assert len(standing(events)) == 1030
    empty(events, {})
    assert standing(events) == {}


def test_what_stands_stays_but_is_empty(events: Endpoint) -> None:
    """A stream that the application made when it started survives a test, with its consumer; a test's own does not."""

    async def made_by_the_application() -> None:
        async with jetstream(events) as js:
            await js.add_stream(name="orders", subjects=["orders"])
            await js.add_consumer("orders", durable_name="billing")

    async def made_by_a_test() -> None:
        async with jetstream(events) as js:
            await js.add_stream(name="mine", subjects=["mine"])
            await js.add_consumer("orders", durable_name="spy")
            for _ in range(3):
                await js.publish("orders", b"x")

    async def left() -> tuple[int, int, int]:
        async with jetstream(events) as js:
            subscription = await js.pull_subscribe("orders", durable="billing")
            waiting = (await subscription.consumer_info()).num_pending or 0
            await js.publish("orders", b"new")
            (message,) = await subscription.fetch(1, timeout=5)
            return (await js.stream_info("orders")).state.messages, waiting, len(message.data)

    asyncio.run(made_by_the_application())
    before = standing(events)
    assert before == {"orders": {"billing"}}
    asyncio.run(made_by_a_test())
    assert standing(events) == {"orders": {"billing", "spy"}, "mine": frozenset()}
    empty(events, before)
    assert standing(events) == before
    assert asyncio.run(left()) == (1, 0, 3)


def test_emptying_nothing_is_cheap(events: Endpoint) -> None:
    """It is paid before each test: less than a millisecond where the machine is not busy with something else."""
    seconds = []
    for _ in range(50):
        began = time.perf_counter()
        empty(events, {})
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.001


def test_workers_do_not_see_each_other(declare: Declare, environ: dict[str, str]) -> None:
    """Each has a server: a stream of one is not there for the other, and emptying the one leaves the other alone."""
    config = declare({"events": {"kind": "nats"}})

    async def made(endpoint: Endpoint) -> None:
        async with jetstream(endpoint) as js:
            await js.add_stream(name="orders", subjects=["orders"])

    with open_workspace(config, environ=environ) as first, open_workspace(config, environ=environ) as second:
        assert first.endpoints["events"].port != second.endpoints["events"].port
        asyncio.run(made(first.endpoints["events"]))
        second.reset("events")
        assert asyncio.run(names(second.endpoints["events"])) == []
        assert asyncio.run(names(first.endpoints["events"])) == ["orders"]


def test_server_of_a_run_before_is_empty(declare: Declare, environ: dict[str, str]) -> None:
    """A warm server is emptied when it is taken: the run before may have been killed."""
    config = declare({"events": {"kind": "nats"}})

    async def made(endpoint: Endpoint) -> None:
        async with jetstream(endpoint) as js:
            await js.add_stream(name="left", subjects=["left"])

    with open_workspace(config, environ=environ) as first:
        port = first.endpoints["events"].port
        asyncio.run(made(first.endpoints["events"]))
    with open_workspace(config, environ=environ) as second:
        assert second.endpoints["events"].port == port
        assert asyncio.run(names(second.endpoints["events"])) == []


def test_kept_streams_survive_the_server(
    declare: Declare,
    own_home: Path,
    environment_of: Callable[[Path], dict[str, str]],
    alive: Callable[[int], bool],
    until: Callable[..., None],
) -> None:
    """What a developer stored is there after the server was stopped, even by force."""
    environ = environment_of(own_home)
    config = declare({"events": {"kind": "nats"}})

    async def made(endpoint: Endpoint) -> None:
        async with jetstream(endpoint) as js:
            await js.add_stream(name="mine", subjects=["mine"])
            await js.publish("mine", b"kept")

    with open_workspace(config, environ=environ, worker="dev", kept=True) as first:
        asyncio.run(made(first.endpoints["events"]))
    (running,) = keeper.running(own_home)
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: not alive(running.pid))
    with open_workspace(config, environ=environ, worker="dev", kept=True) as second:
        assert asyncio.run(names(second.endpoints["events"])) == ["mine"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_server_is_private(server: Server, pid: int, shared_home: Path) -> None:
    """It listens on one port of loopback alone, is not root, and its arguments hold no secret."""
    inodes = {path.readlink().name for path in Path(f"/proc/{pid}/fd").iterdir() if "socket" in str(path.readlink())}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    listening = [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    assert listening == [f"0100007F:{server.endpoint.port:04X}"]
    assert server.endpoint.password.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    owner = Path(f"/proc/{pid}").stat().st_uid
    assert owner == (65534 if os.getuid() == 0 else os.getuid())
    assert (data_folder(shared_home) / server.key / "server.conf").stat().st_mode & 0o777 == 0o600


def answers(endpoint: Endpoint) -> bool:
    """Tell whether a server answers the probe."""
    try:
        probe(endpoint)
    except NotReadyError:
        return False
    return True
