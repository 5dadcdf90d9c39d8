"""What the tests of fulfilment have in common."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal
    from nats.js import JetStreamContext


class Publish(Protocol):
    """Publish past the shop."""

    def __call__(self, subject: str, body: bytes) -> None:
        """Publish a message without an id, so that the stream drops none."""


class Progress(Protocol):
    """Ask the server how far the consumer is."""

    def __call__(self) -> tuple[int, int, int]:
        """Return how many messages wait, how many are not acknowledged, and how many deliveries there were."""


@pytest.fixture
def publish(portal: BlockingPortal, js: JetStreamContext) -> Publish:
    """Return a function that publishes a message."""

    def send(subject: str, body: bytes) -> None:
        portal.call(partial(js.publish, subject, body))

    return send


@pytest.fixture
def progress(portal: BlockingPortal, js: JetStreamContext) -> Progress:
    """Return a function that looks at the durable consumer."""

    def ask() -> tuple[int, int, int]:
        info = portal.call(js.consumer_info, "shop-events", "fulfilment")
        assert info.delivered is not None
        return info.num_pending or 0, info.num_ack_pending or 0, info.delivered.consumer_seq

    return ask
