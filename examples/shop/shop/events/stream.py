"""The streams of events on NATS JetStream."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import nats
from nats.js.api import StreamConfig
from nats.js.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.js import JetStreamContext

EVENTS = "shop-events"
DEAD_LETTERS = "shop-dead-letters"

_WEEK = 7 * 24 * 3600.0
_STREAMS = {EVENTS: ("events.>", _WEEK), DEAD_LETTERS: ("dead.>", 4 * _WEEK)}
"""Subjects and age of what each stream keeps. Within two minutes, JetStream's default, it drops what it has already."""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[JetStreamContext]:
    """Connect, and stay connected: a server that went away is tried again until it is back."""
    connection = await nats.connect(url, name="shop", max_reconnect_attempts=-1)
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


async def ensure_streams(js: JetStreamContext) -> None:
    """Make the streams, or bring those that are there up to date; whoever needs them may call this at any time."""
    for name, (subjects, age) in _STREAMS.items():
        config = StreamConfig(name=name, subjects=[subjects], max_age=age)
        try:
            await js.add_stream(config)
        except BadRequestError:  # it is there, with other settings
            await js.update_stream(config)
