"""Whatever tests do to the streams and buckets of a NATS, a reset leaves what stood before, empty."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import nats
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.errors import Error
from nats.js.api import StorageType
from operating import LENGTH, OFTEN

from juncture.config import Service
from juncture.providers import embedded
from juncture.services import kind
from juncture.services.nats import empty, standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nats.js import JetStreamContext

    from juncture.model import Endpoint

VERBS = ("stream", "publish", "fetch", "bucket", "put", "object", "limit", "purge", "delete", "forget")
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.sampled_from(["a", "b", "jobs"]), st.integers(0, 2)),
    min_size=LENGTH,
    max_size=LENGTH,
)


@pytest.fixture(scope="module")
def events(shared_home: Path, environ: dict[str, str]) -> Iterator[Endpoint]:
    """Return the endpoint of a NATS of this module."""
    what = Service(name="events", kind="nats")
    server = embedded.start(embedded.reserve(what, kind("nats"), home=shared_home, environ=environ, idle=60.0))
    yield server.endpoint
    server.release()


async def begin(endpoint: Endpoint) -> None:
    """Make what an application has when it starts: a stream with a message, and a consumer of it."""
    client = await nats.connect(endpoint.url)
    js = client.jetstream()
    await js.add_stream(name="jobs", subjects=["jobs.>"], storage=StorageType.MEMORY)
    await js.pull_subscribe("jobs.>", durable="worker")
    await client.close()


async def operate(js: JetStreamContext, verb: str, name: str, number: int) -> None:
    """Do one thing, which may well be refused by now."""
    match verb:
        case "stream":
            storage = StorageType.FILE if number else StorageType.MEMORY
            await js.add_stream(name=name, subjects=[f"{name}.>"], storage=storage)
        case "publish":
            await js.publish(f"{name}.{number}", b"x" * number, timeout=1)
        case "fetch":
            durable = f"reader{number}" if number else "worker"
            await (await js.pull_subscribe(f"{name}.>", durable=durable)).fetch(1, timeout=0.1)
        case "bucket":
            await (await js.create_key_value(bucket=name, history=1 + number)).put("key", b"value")
        case "put":
            bucket = await js.key_value(name)
            await (bucket.delete("key") if number else bucket.put("key", b"other"))
        case "object":
            await (await js.create_object_store(bucket=name)).put("file", b"content")
        case "limit":
            await js.update_stream(name=name, subjects=[f"{name}.>"], max_msgs=1 + number)
        case "purge" | "delete":
            await (js.purge_stream(name) if verb == "purge" else js.delete_stream(name))
        case "forget":
            await js.delete_consumer(name, f"reader{number}" if number else "worker")


async def run(endpoint: Endpoint, done: list[tuple[str, str, int]]) -> None:
    """Do all of it by the usual client."""
    client = await nats.connect(endpoint.url)
    for verb, name, number in done:
        with suppress(Error, TimeoutError):
            await operate(client.jetstream(), verb, name, number)
    await client.close()


async def found(endpoint: Endpoint) -> dict[str, tuple[int, set[str]]]:
    """Return the streams with their messages and consumers, as the usual client sees them."""
    client = await nats.connect(endpoint.url)
    js = client.jetstream()
    streams = [str(info.config.name) for info in await js.streams_info()]
    told = {
        name: ((await js.stream_info(name)).state.messages, {each.name for each in await js.consumers_info(name)})
        for name in streams
    }
    await client.close()
    return told


@pytest.mark.soak
@given(OPERATIONS)
@OFTEN
def test_streams_are_as_they_stood_after_a_reset(events: Endpoint, done: list[tuple[str, str, int]]) -> None:
    """No message, consumer, stream or bucket of a test is left; the application's own stream is there, and empty."""
    empty(events, {})
    asyncio.run(begin(events))
    kept = standing(events)
    assert kept == {"jobs": frozenset({"worker"})}
    asyncio.run(run(events, done))
    empty(events, kept)
    after = asyncio.run(found(events))
    assert set(after) <= {"jobs"}
    for messages, consumers in after.values():
        assert messages == 0
        assert consumers <= {"worker"}
    empty(events, {})
    assert asyncio.run(found(events)) == {}
