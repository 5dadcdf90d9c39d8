"""Tests of ``juncture.services.nats_activity`` with a server that has something to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import nats
import pytest

from juncture.config import Service
from juncture.providers import embedded
from juncture.services import kind
from juncture.services.nats import activity, empty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint


@pytest.fixture
def events(shared_home: Path, environ: dict[str, str]) -> Iterator[Endpoint]:
    """Return the endpoint of a server that is empty, whatever an earlier user of it left."""
    what = Service(name="events", kind="nats")
    server = embedded.start(embedded.reserve(what, kind("nats"), home=shared_home, environ=environ, idle=60.0))
    empty(server.endpoint, {})
    yield server.endpoint
    server.release()


def test_what_clients_and_consumers_do_is_told(events: Endpoint) -> None:
    """Each other connection has a line, each stream and each of its consumers, with what waits for it."""

    async def use() -> list[str]:
        client = await nats.connect(events.url, name="shop")
        js = client.jetstream()
        await js.add_stream(name="orders", subjects=["orders.*"])
        pulled = await js.pull_subscribe("orders.*", durable="billing")
        for each in range(3):
            await js.publish("orders.placed", str(each).encode())
        await pulled.fetch(1)
        told = await asyncio.to_thread(activity, events)
        await client.close()
        return told

    connection, *rest = asyncio.run(use())
    assert connection.startswith("connection ")
    assert " (shop) has been idle for " in connection
    assert rest[0] == "stream orders has 3 messages"
    assert rest[1].startswith("consumer billing of orders has 2 to deliver, 1 not acknowledged, 0 delivered again")
