"""The work of the second process: the outbox goes out, and what comes in is acted on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from shop.events.relay import relay_forever
from shop.events.stream import connected
from shop.fulfilment.consumer import consume_forever
from shop.fulfilment.ending import end

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from shop.fulfilment.patience import Patience


async def work(url: str, new_session: Callable[[], Session], patience: Patience, stop: asyncio.Event) -> None:
    """Relay and consume until *stop* is set, or one of the two fails. Any number of processes may do this at once."""
    tasks = [
        asyncio.create_task(_relay(url, new_session)),
        asyncio.create_task(_consume(url, new_session, patience)),
        asyncio.create_task(stop.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(tasks)
    for task in tasks:
        with suppress(asyncio.CancelledError):
            task.result()


async def _relay(url: str, new_session: Callable[[], Session]) -> None:
    async with connected(url) as js:
        await relay_forever(js, new_session)


async def _consume(url: str, new_session: Callable[[], Session], patience: Patience) -> None:
    async with connected(url) as js:
        await consume_forever(js, new_session, patience)
