"""The work of the second process: the outbox goes out, and what comes in is acted on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from shop.events.relay import relay_forever
from shop.events.stream import connected
from shop.fulfilment.consumer import consume_forever

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from shop.fulfilment.patience import Patience


async def work(url: str, new_session: Callable[[], Session], patience: Patience) -> None:
    """Relay and consume until cancelled. Any number of processes may do this at once."""
    async with connected(url) as js, asyncio.TaskGroup() as group:
        group.create_task(relay_forever(js, new_session))
        group.create_task(consume_forever(js, new_session, patience))
