"""From the stream to the rows: one message at a time, each acknowledged once its transaction is committed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NoReturn

import nats.errors
from nats.js.api import ConsumerConfig
from sqlalchemy.exc import OperationalError

from shop.events.messages import RejectedError, read_event
from shop.events.relay import MESSAGE_ID
from shop.events.stream import EVENTS, ensure_streams
from shop.fulfilment import service

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.msg import Msg
    from nats.js import JetStreamContext
    from sqlalchemy.orm import Session

    from shop.fulfilment.patience import Patience

    Subscription = JetStreamContext.PullSubscription

DURABLE = "fulfilment"
SUBJECT = "events.order.*"
REASON = "Shop-Reason"
"""The header of a dead letter that says why it is one."""

_log = logging.getLogger(__name__)


async def subscribe(js: JetStreamContext, patience: Patience) -> Subscription:
    """Subscribe to the orders' events, making the streams and the durable consumer where they are missing."""
    await ensure_streams(js)
    config = ConsumerConfig(
        durable_name=DURABLE, filter_subject=SUBJECT, ack_wait=patience.ack_wait, max_deliver=-1, max_ack_pending=100
    )
    await js.add_consumer(EVENTS, config)
    return await js.pull_subscribe_bind(durable=DURABLE, stream=EVENTS)


async def consume(
    js: JetStreamContext,
    subscription: Subscription,
    new_session: Callable[[], Session],
    patience: Patience,
    *,
    seconds: float = 1.0,
) -> bool:
    """Wait for one message and see it through: done, put off, or set aside. False where none came within *seconds*."""
    try:
        (message,) = await subscription.fetch(timeout=seconds)
    except nats.errors.TimeoutError:
        return False
    try:
        await asyncio.to_thread(_act, message, new_session)
    except RejectedError as error:
        await _set_aside(js, message, str(error))
    except OperationalError as error:
        await _put_off(message, error, patience)
    except Exception as error:  # noqa: BLE001 - a bug, or a table that is not there yet: what comes behind must go on
        _log.exception("no way to act on message %s", message.metadata.sequence.stream)
        if patience.ends_with(message.metadata.num_delivered):
            await _set_aside(js, message, f"{type(error).__name__} at every try")
        else:
            await _put_off(message, error, patience)
    else:
        await message.ack()
    return True


async def consume_forever(js: JetStreamContext, new_session: Callable[[], Session], patience: Patience) -> NoReturn:
    """Consume until cancelled; a server that went away, or lost its streams, is waited for."""
    while True:
        try:
            await _consume(js, new_session, patience)
        except nats.errors.Error as error:
            _log.warning("no events for now: %s", error)
        await asyncio.sleep(patience.retry_after)


async def _consume(js: JetStreamContext, new_session: Callable[[], Session], patience: Patience) -> NoReturn:
    subscription = await subscribe(js, patience)
    try:
        while True:
            await consume(js, subscription, new_session, patience)
    finally:
        await subscription.unsubscribe()


def _act(message: Msg, new_session: Callable[[], Session]) -> None:
    event = read_event(message.subject, message.data)
    with new_session() as session:
        service.act(session, event)


async def _put_off(message: Msg, error: Exception, patience: Patience) -> None:
    _log.warning("message %s is put off: %s", message.metadata.sequence.stream, error)
    await message.nak(delay=patience.rest(message.metadata.num_delivered))


async def _set_aside(js: JetStreamContext, message: Msg, reason: str) -> None:
    """Keep a message for people to look at, and have it delivered no more."""
    metadata = message.metadata
    _log.error("message %s is set aside: %s", metadata.sequence.stream, reason)
    letter = {
        REASON: " ".join(reason.split()).encode("ascii", "replace").decode()[:200],
        # Who dies before the last line sets it aside again; a stream that was made anew counts from 1 again.
        MESSAGE_ID: f"{metadata.stream}-{metadata.sequence.stream}-{metadata.timestamp.timestamp()}",
    }
    await js.publish(f"dead.{message.subject}", message.data, headers=letter)
    await message.term()
