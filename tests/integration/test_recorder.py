"""Tests of ``juncture.testing.Recorder`` with real brokers and the clients that applications use."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import nats
import pytest
import redis

from juncture.config import Service
from juncture.providers import embedded
from juncture.services import kind
from juncture.testing import Recorder, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint


@pytest.fixture
def endpoint(request: pytest.FixtureRequest, shared_home: Path, environ: dict[str, str]) -> Iterator[Endpoint]:
    """Return a server of the kind that the test names."""
    name = str(request.param)
    service = Service(name=name, kind=name)
    server = embedded.start(embedded.reserve(service, kind(name), home=shared_home, environ=environ, idle=60.0))
    yield server.endpoint
    server.release()


@pytest.mark.parametrize("endpoint", ["nats"], indirect=True)
def test_asynchronous_client(endpoint: Endpoint) -> None:
    """A subscription of nats-py calls a coroutine function, on the loop that waits."""

    async def run() -> None:
        received = Recorder[bytes](lambda message: message.data)
        client = await nats.connect(endpoint.url)
        try:
            await client.subscribe("orders.>", cb=received.callback)
            for word in (b"new", b"paid"):
                await client.publish(f"orders.{word.decode()}", word)
            assert await received.wait_for_async(b"paid") == b"paid"
            assert received.received == (b"new", b"paid")
            with pytest.raises(AssertionError, match="2 others came"):
                await received.wait_for_async(b"sent", timeout=0.05)
        finally:
            await client.close()

    asyncio.run(run())


@pytest.mark.parametrize("endpoint", ["redis"], indirect=True)
def test_client_with_a_thread(endpoint: Endpoint) -> None:
    """A subscription of redis-py is read by a thread, which ends as soon as the wanted message is there."""
    received = Recorder[bytes](lambda message: message["data"])
    ended = threading.Event()
    received.when(b"last", lambda _: ended.set())
    with redis.Redis.from_url(endpoint.url) as client, client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(orders=received)

        def read() -> None:
            while not ended.is_set():
                subscription.get_message(timeout=0.1)

        thread = threading.Thread(target=read)
        thread.start()
        eventually(lambda: client.pubsub_numsub("orders")[0][1], message="the server knows the subscription")
        for word in ("new", "last"):
            client.publish("orders", word)
        assert received.wait_for_count(2) == (b"new", b"last")
        thread.join()
