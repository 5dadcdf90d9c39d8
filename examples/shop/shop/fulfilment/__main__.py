"""``python -m shop.fulfilment``: publish the events of the outbox and act on them, until SIGTERM.

``FULFILMENT_ACK_WAIT`` is after how many seconds the events of a process that died go to another one; 30 where it is
not set.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress

from sqlalchemy.orm import sessionmaker

from shop.database import engine
from shop.fulfilment.patience import ACK_WAIT, Patience
from shop.fulfilment.process import work
from shop.settings import settings

ANOTHER_TRY = 0.5
"""Seconds after which a task that does not end is cancelled again."""


async def _main() -> None:
    patience = Patience(ack_wait=float(os.environ.get("FULFILMENT_ACK_WAIT") or ACK_WAIT))
    task = asyncio.ensure_future(work(settings().nats_url, sessionmaker(engine()), patience))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    told = asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    while not task.done():
        # More than once: before Python 3.12 `wait_for` loses a cancellation that comes together with its result.
        # https://github.com/python/cpython/issues/86296
        task.cancel()
        await asyncio.wait({task}, timeout=ANOTHER_TRY)
    with suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_main())
