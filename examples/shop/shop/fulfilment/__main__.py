"""``python -m shop.fulfilment``: publish the events of the outbox and act on them, until SIGTERM.

``FULFILMENT_ACK_WAIT`` is after how many seconds the events of a process that died go to another one; 30 where it is
not set.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal

from sqlalchemy.orm import sessionmaker

from shop.database import engine
from shop.fulfilment.patience import ACK_WAIT, Patience
from shop.fulfilment.process import work
from shop.settings import settings


async def _main() -> None:
    patience = Patience(ack_wait=float(os.environ.get("FULFILMENT_ACK_WAIT") or ACK_WAIT))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings().nats_url, sessionmaker(engine()), patience, stop)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_main())
