"""From the outbox to the stream."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NoReturn

import nats.errors
from sqlalchemy.exc import OperationalError

from shop.events import outbox
from shop.events.stream import ensure_streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.js import JetStreamContext
    from sqlalchemy.orm import Session

BATCH = 100
PAUSE = 0.2
"""Seconds between two looks into an empty outbox."""

MESSAGE_ID = "Nats-Msg-Id"
"""The header by which JetStream knows what it has already."""

_log = logging.getLogger(__name__)


async def relay(js: JetStreamContext, new_session: Callable[[], Session]) -> int:
    """Publish what waits in the outbox and remove what the stream has; return how much that was.

    Who dies between the two publishes again, and the stream drops it. The same goes for two who do this at once.
    """
    waiting = await asyncio.to_thread(_waiting, new_session)
    for _, event_id, subject, body in waiting:
        await js.publish(subject, body.encode(), headers={MESSAGE_ID: event_id})
    if waiting:
        await asyncio.to_thread(_remove, new_session, [row[0] for row in waiting])
    return len(waiting)


async def relay_forever(js: JetStreamContext, new_session: Callable[[], Session]) -> NoReturn:
    """Relay until cancelled; what can't be published now waits in the outbox."""
    while True:
        try:
            while await relay(js, new_session):
                pass
        except (nats.errors.Error, OperationalError) as error:
            _log.warning("the outbox waits: %s", error)
            await _repair(js)
        await asyncio.sleep(PAUSE)


async def _repair(js: JetStreamContext) -> None:
    try:
        await ensure_streams(js)
    except nats.errors.Error as error:
        _log.warning("there are no streams: %s", error)


def _waiting(new_session: Callable[[], Session]) -> list[tuple[int, str, str, str]]:
    with new_session() as session:
        return [(row.id, str(row.event_id), row.subject, row.body) for row in outbox.oldest(session, BATCH)]


def _remove(new_session: Callable[[], Session], ids: list[int]) -> None:
    with new_session() as session:
        outbox.remove(session, ids)
        session.commit()
