"""Placing, paying, cancelling and refunding orders; each is one transaction.

What happened to an order goes into the outbox in the same transaction. Where money moves, it moves while the order is
locked and before the commit: what is not committed can be asked for again, and the money moves once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from shop.catalogue import repository as catalogue
from shop.catalogue.service import TOPIC
from shop.errors import BillingFailedError, ConflictError, NotFoundError
from shop.events import outbox
from shop.events.messages import OrderEvent
from shop.invoices import service as invoices
from shop.orders import pricing, repository
from shop.orders.models import Order, OrderLine, Refund
from shop.orders.states import Status, Step, advance
from shop.users import service as users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from shop.cache import Cache
    from shop.invoices.store import InvoiceStore
    from shop.orders.schemas import NewOrder
    from shop.payments.billing import Billing


def place(session: Session, cache: Cache, new: NewOrder) -> Order:
    """Take the goods from the stock and settle what they cost: all lines or none.

    ``NotFoundError`` where the user or a product does not exist, ``ConflictError`` where the stock does not suffice.
    """
    user = users.find(session, new.user_id)
    quantities = {line.product_id: line.quantity for line in new.lines}
    prices = catalogue.prices(session, quantities)
    for product_id, quantity in sorted(quantities.items()):  # in one order for all: two orders never wait crosswise
        if product_id not in prices:
            raise NotFoundError(f"there is no product {product_id}")
        if not catalogue.take(session, product_id, quantity):
            raise ConflictError(f"product {product_id} is out of stock: {quantity} are not available")
    goods = pricing.goods((quantity, prices[product_id]) for product_id, quantity in quantities.items())
    shipping = pricing.shipping(goods)
    order = Order(user_id=user.id, status=Status.PLACED, shipping_cents=shipping, total_cents=goods + shipping)
    order.lines = [
        OrderLine(product_id=product_id, quantity=quantity, unit_price_cents=prices[product_id])
        for product_id, quantity in quantities.items()
    ]
    repository.add(session, order)
    _tell(session, order)
    session.commit()
    cache.invalidate(TOPIC)
    return order


def find(session: Session, order_id: int) -> Order:
    """Return an order; ``NotFoundError`` where there is none."""
    return _known(repository.get(session, order_id), order_id)


def of_user(session: Session, user_id: int) -> Sequence[Order]:
    """Return the orders of a user, the latest first; ``NotFoundError`` where there is no such user."""
    return repository.of_user(session, users.find(session, user_id).id)


def pay(session: Session, billing: Billing, store: InvoiceStore, order_id: int) -> Order:
    """Have the money taken and write the invoice.

    ``ConflictError`` where the order is not to be paid, the errors of ``Billing.charge`` where there is no money; the
    order stays as it was, and may be paid again.
    """
    order = _locked(session, order_id)
    paid = advance(order.status, Step.PAY)
    billing.charge(order.id, order.total_cents)
    order.status = paid
    order.paid_at = paid_at = datetime.now(UTC)
    invoices.issue(session, store, order, paid_at.date())
    _tell(session, order)
    session.commit()
    return order


def cancel(session: Session, billing: Billing, cache: Cache, order_id: int) -> Order:
    """Give an unpaid order up and put the goods back; ``ConflictError`` where it is too late for that.

    A payment whose answer was lost may have been taken, so billing is asked to give back whatever it took.
    """
    order = _locked(session, order_id)
    cancelled = advance(order.status, Step.CANCEL)
    billing.refund(order.id, order.total_cents)
    order.status = cancelled
    _put_back(session, order)
    _tell(session, order)
    session.commit()
    cache.invalidate(TOPIC)
    return order


def refund(session: Session, billing: Billing, cache: Cache, order_id: int, reason: str) -> Order:
    """Have the money given back and put the goods back.

    ``ConflictError`` where nothing was paid or it is back already, ``BillingFailedError`` and its like where the money
    does not go back.
    """
    order = _locked(session, order_id)
    refunded = advance(order.status, Step.REFUND)
    if billing.refund(order.id, order.total_cents) is None:
        raise BillingFailedError(f"billing knows no charge of order {order.id}")
    order.status = refunded
    order.refund = Refund(amount_cents=order.total_cents, reason=reason)
    _put_back(session, order)
    _tell(session, order)
    session.commit()
    cache.invalidate(TOPIC)
    return order


def _tell(session: Session, order: Order) -> None:
    event = OrderEvent(
        id=uuid4(),
        status=order.status,
        order_id=order.id,
        user_id=order.user_id,
        total_cents=order.total_cents,
        at=datetime.now(UTC),
    )
    outbox.record(session, event)


def _put_back(session: Session, order: Order) -> None:
    for line in order.lines:
        catalogue.put(session, line.product_id, line.quantity)


def _locked(session: Session, order_id: int) -> Order:
    return _known(repository.get_locked(session, order_id), order_id)


def _known(order: Order | None, order_id: int) -> Order:
    if order is None:
        raise NotFoundError(f"there is no order {order_id}")
    return order
