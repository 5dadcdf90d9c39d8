"""The whole way with real processes: shop, billing, JetStream and ``python -m shop.fulfilment``.

What one process is to see, the other has to commit; juncture takes it back after the test. Each test starts the
processes that it needs, because a consumer that ran all the time would compete with those that are to crash.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from juncture.testing import eventually
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from anyio.from_thread import BlockingPortal
    from fastapi.testclient import TestClient
    from juncture.model import Endpoint
    from nats.js import JetStreamContext
    from sqlalchemy import Engine

    from tests.integration.conftest import Messages, Neighbour
    from tests.integration.fulfilment.conftest import Progress, Publish

pytestmark = pytest.mark.timeout(180)  # up to three interpreters start, one after the other

PATIENCE = 30.0
"""Seconds that are more than enough on a machine that has other things to do."""

DIES_BEFORE_IT_ANSWERS = """
import os, runpy
from nats.aio.msg import Msg
Msg.ack = Msg.term = lambda message: os._exit(9)
runpy.run_module("shop.fulfilment", run_name="__main__")
"""
"""The consumer as it is, but for the moment of its death: all is done, and the server does not know."""


class Start(Protocol):
    """Start a consumer."""

    def __call__(self, code: str = "") -> subprocess.Popen[bytes]:
        """Return the process of ``python -m shop.fulfilment``, or of other code; the test's end stops it."""


@pytest.fixture
def start(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a consumer, which takes over from a dead one after half a second."""
    environment = {**os.environ, "FULFILMENT_ACK_WAIT": "0.5"}
    processes: list[subprocess.Popen[bytes]] = []
    log = tmp_path / "fulfilment.log"

    def run(code: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, *(("-c", code) if code else ("-m", "shop.fulfilment"))]
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - this very interpreter
                command, env=environment, cwd=pytestconfig.rootpath, stdout=output, stderr=subprocess.STDOUT
            )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.terminate()
    codes = [process.wait(PATIENCE) for process in processes]
    sys.stdout.write(log.read_text(encoding="utf-8") if processes else "")  # pytest shows it where a test failed
    assert set(codes) <= {0, 9, -9}


@asynccontextmanager
async def working(url: str, engine: Engine) -> AsyncIterator[None]:
    """Do what the process does, less patiently, until the end of the block."""
    from shop.fulfilment.patience import Patience
    from shop.fulfilment.process import work

    stop = asyncio.Event()
    task = asyncio.create_task(work(url, sessionmaker(engine), Patience(retry_after=0.01), stop))
    try:
        yield
    finally:
        stop.set()
        await task


def order(public: TestClient, *steps: str) -> int:
    """Order a spoon and take the steps; return the order's id."""
    placed = public.post("/orders", json={"user_id": 1, "lines": [{"product_id": 1, "quantity": 1}]})
    order_id: int = placed.json()["id"]
    for step in steps:
        assert public.post(f"/orders/{order_id}/{step}", json={"reason": "Bent"}).status_code == 200
    return order_id


def told(public: TestClient, order_id: int) -> list[str]:
    """Return what the customer was told of an order."""
    return [each["status"] for each in public.get(f"/orders/{order_id}/notifications").json()]


def shipment(public: TestClient, order_id: int) -> Any:
    """Return the state of an order's shipment, or None."""
    return public.get(f"/orders/{order_id}/shipment").json().get("state")


def outbox(engine: Engine) -> int:
    """Return how many events wait to be published."""
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM outbox")) or 0)


def test_a_payment_sets_everything_going(
    public: TestClient, db_engine: Engine, start: Start, neighbour: Neighbour, progress: Progress
) -> None:
    """An order that is paid in the shop is charged by billing, published, shipped by the other process, and shown."""
    start()
    order_id = order(public, "pay")
    assert eventually(lambda: shipment(public, order_id), timeout=PATIENCE) == "waiting"
    assert told(public, order_id) == ["placed", "paid"]
    assert [(charge["key"], charge["status"]) for charge in neighbour.charges()] == [(f"order-{order_id}", "charged")]
    eventually(lambda: progress() == (0, 0, 2), timeout=PATIENCE)
    eventually(lambda: outbox(db_engine) == 0, timeout=PATIENCE)


def test_a_refund_stops_the_shipment(public: TestClient, start: Start, neighbour: Neighbour) -> None:
    """What happened while nobody listened is made up for: the money is back, and nothing is sent."""
    order_id = order(public, "pay", "refund")
    start()
    eventually(lambda: shipment(public, order_id) == "stopped", timeout=PATIENCE)
    assert told(public, order_id) == ["placed", "paid", "refunded"]
    assert [charge["status"] for charge in neighbour.charges()] == ["refunded"]


def test_a_crash_after_the_commit_does_nothing_twice(public: TestClient, start: Start, progress: Progress) -> None:
    """A consumer that died before it acknowledged has its event delivered again, to no effect."""
    order_id = order(public, "pay")
    assert start(DIES_BEFORE_IT_ANSWERS).wait(PATIENCE) == 9
    assert told(public, order_id) == ["placed"]
    start()
    eventually(lambda: progress() == (0, 0, 3), timeout=PATIENCE)
    assert told(public, order_id) == ["placed", "paid"]
    assert shipment(public, order_id) == "waiting"


def test_a_crash_with_poison_sets_it_aside_once(start: Start, publish: Publish, messages: Messages) -> None:
    """A consumer that died before it put a message to rest leaves one dead letter, not two."""
    publish("events.order.paid", b"poison")
    assert start(DIES_BEFORE_IT_ANSWERS).wait(PATIENCE) == 9
    assert start(DIES_BEFORE_IT_ANSWERS).wait(PATIENCE) == 9
    assert [letter.body for letter in messages("shop-dead-letters")] == [b"poison"]


def test_a_crash_before_the_commit_loses_nothing(public: TestClient, db_engine: Engine, start: Start) -> None:
    """A consumer that is killed in the middle of its transaction leaves the event to the next one."""
    order_id = order(public)
    observer = db_engine.execution_options(isolation_level="AUTOCOMMIT")  # a transaction would see one moment for ever
    with db_engine.begin() as blocker, observer.connect() as observing:
        blocker.execute(text("LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE"))
        process = start()
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT%'"
        )
        eventually(lambda: observing.scalar(waiting), timeout=PATIENCE)
        process.kill()
        process.wait(PATIENCE)
    assert told(public, order_id) == []
    start()
    eventually(lambda: told(public, order_id) == ["placed"], timeout=PATIENCE)


def test_poison_does_not_stop_the_process(
    public: TestClient, start: Start, publish: Publish, messages: Messages
) -> None:
    """A message that makes no sense is set aside, and the process goes on with those that do."""
    publish("events.order.paid", b"poison")
    process = start()
    order_id = order(public, "pay")
    assert eventually(lambda: shipment(public, order_id), timeout=PATIENCE) == "waiting"
    assert [letter.body for letter in messages("shop-dead-letters")] == [b"poison"]
    assert process.poll() is None


def test_two_processes_share_the_work(
    public: TestClient, start: Start, db_engine: Engine, portal: BlockingPortal, js: JetStreamContext
) -> None:
    """However many consume, each event is acted on once."""
    from nats.js.errors import NotFoundError

    for _ in range(2):
        start()
    consumer = partial(portal.call, js.consumer_info, "shop-events", "fulfilment")
    eventually(lambda: consumer().num_waiting == 2, timeout=PATIENCE, ignore=NotFoundError)
    for order_id in [order(public, "pay") for _ in range(5)]:
        assert eventually(lambda: shipment(public, order_id), timeout=PATIENCE) == "waiting"  # noqa: B023
        # That it was placed is told by the other process, perhaps, which may be slower.
        eventually(lambda: told(public, order_id) == ["placed", "paid"], timeout=PATIENCE)  # noqa: B023
    with db_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM notifications WHERE order_id > 4")) == 10


def test_streams_that_vanished_are_made_again(
    public: TestClient,
    db_engine: Engine,
    portal: BlockingPortal,
    js: JetStreamContext,
    services: Mapping[str, Endpoint],
) -> None:
    """A server that lost its streams while everything runs costs no event that is still in the outbox.

    What the process does is done beside the test here, which does not have to wait for another interpreter.
    """
    with portal.wrap_async_context_manager(working(services["events"].url, db_engine)):
        first = order(public)
        eventually(lambda: told(public, first) == ["placed"], timeout=PATIENCE)
        portal.call(js.delete_stream, "shop-events")
        second = order(public, "pay")
        assert eventually(lambda: shipment(public, second), timeout=PATIENCE) == "waiting"


def test_the_process_ends_when_it_is_told_to(public: TestClient, start: Start) -> None:
    """SIGTERM ends the process in good order, with what it did in the books."""
    process = start()
    order_id = order(public)
    eventually(lambda: told(public, order_id) == ["placed"], timeout=PATIENCE)
    process.terminate()
    assert process.wait(PATIENCE) == 0
