"""The work of the second process: the outbox goes out, and what comes in is acted on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from shop.events.relay import relay_forever
from shop.events.stream import connected
from shop.fulfilment.consumer import consume_forever

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.orm import Session

    from shop.fulfilment.patience import Patience

ANOTHER_TRY = 1.0
"""Seconds after which a task that does not end is cancelled again."""


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
        await _end(tasks)
    for task in tasks:
        with suppress(asyncio.CancelledError):
            task.result()


async def _relay(url: str, new_session: Callable[[], Session]) -> None:
    async with connected(url) as js:
        await relay_forever(js, new_session)


async def _consume(url: str, new_session: Callable[[], Session], patience: Patience) -> None:
    async with connected(url) as js:
        await consume_forever(js, new_session, patience)


async def _end(tasks: Collection[asyncio.Task[object]]) -> None:
    """Cancel tasks and see them end.

    Each by itself, and more than once: before Python 3.12 ``asyncio.wait_for``, which waits for messages, loses a
    cancellation that comes together with its result, and a ``TaskGroup`` cancels only once.
    https://github.com/python/cpython/issues/86296
    """
    while left := {task for task in tasks if not task.done()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=ANOTHER_TRY)
